//! Help and usage errors in French: clap speaks English only.

use crate::report::{self, Exit};
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command, CommandFactory, Error};
use std::net::AddrParseError;
use std::num::{IntErrorKind, ParseIntError};
use std::process::ExitCode;

const TEMPLATE: &str = "{about-with-newline}\nUsage : {usage}\n\n{all-args}{after-help}";

/// The command line of a program, with French headings and options.
pub fn command<C: CommandFactory>() -> Command {
    let version =
        Arg::new("version").short('V').long("version").action(ArgAction::Version).help("Affiche la version");
    in_french(C::command().disable_version_flag(true).arg(version))
}

fn in_french(command: Command) -> Command {
    let help = Arg::new("help").short('h').long("help").action(ArgAction::Help).help("Affiche cette aide");
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    let command = names.into_iter().fold(command, |command, name| command.mut_subcommand(name, in_french));
    command
        .help_template(TEMPLATE)
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .subcommand_help_heading("Commandes\u{a0}")
        .subcommand_value_name("COMMANDE")
        .arg(help)
        .mut_args(headed)
}

/// Puts an argument under its French heading (clap adds the colon), and clap's English notes into its text.
fn headed(arg: Arg) -> Arg {
    let heading = if arg.is_positional() { "Arguments\u{a0}" } else { "Options\u{a0}" };
    let words = |values: &[clap::builder::OsStr]| {
        values.iter().map(|value| value.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
    };
    let takes_value = arg.get_action().takes_values();
    let choices: Vec<String> = arg
        .get_possible_values()
        .iter()
        .filter(|value| takes_value && !value.is_hide_set())
        .map(|value| value.get_name().to_owned())
        .collect();
    let mut notes = String::new();
    if !choices.is_empty() {
        notes += &format!(" [choix : {}]", choices.join(", "));
    }
    if takes_value && !arg.get_default_values().is_empty() {
        notes += &format!(" [défaut : {}]", words(arg.get_default_values()));
    }
    if let Some(variable) = arg.get_env() {
        notes += &format!(" [variable : {}]", variable.to_string_lossy());
    }
    let text = arg.get_help().map(StyledStr::to_string).unwrap_or_default();
    let arg = arg.help_heading(heading).help(format!("{text}{notes}")).hide_env(true);
    if takes_value { arg.hide_possible_values(true).hide_default_value(true) } else { arg }
}

/// Prints what clap met: help on the standard output, a mistake on the standard error.
pub fn say(error: &Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            report::print(&error.render().to_string());
            Exit::Done.into()
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            report::warn(&error.render().to_string());
            Exit::Usage.into()
        }
        _ => {
            report::warn(&format!("Erreur : {}\nVoyez l’aide avec --help.", sentence(error)));
            Exit::Usage.into()
        }
    }
}

fn sentence(error: &Error) -> String {
    let about = |kind: ContextKind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        _ => String::new(),
    };
    let argument = about(ContextKind::InvalidArg);
    let value = about(ContextKind::InvalidValue);
    match error.kind() {
        ErrorKind::UnknownArgument => format!("option ou argument inconnu : {argument}."),
        ErrorKind::InvalidSubcommand => {
            format!("commande inconnue : {}.", about(ContextKind::InvalidSubcommand))
        }
        ErrorKind::MissingSubcommand => "il manque une commande.".to_owned(),
        ErrorKind::MissingRequiredArgument => format!("il manque : {argument}."),
        ErrorKind::InvalidValue if value.is_empty() => format!("{argument} attend une valeur."),
        ErrorKind::InvalidValue => {
            let choices = about(ContextKind::ValidValue);
            let choices = if choices.is_empty() { String::new() } else { format!(" Choix : {choices}.") };
            format!("{argument} : valeur « {value} » refusée.{choices}")
        }
        ErrorKind::ValueValidation => {
            let cause = std::error::Error::source(error).map(cause).unwrap_or_default();
            format!("{argument} : valeur « {value} » refusée : {cause}.")
        }
        ErrorKind::ArgumentConflict => {
            format!("{argument} ne va pas avec {}.", about(ContextKind::PriorArg))
        }
        ErrorKind::TooManyValues | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => {
            format!("{argument} n’a pas le bon nombre de valeurs.")
        }
        ErrorKind::NoEquals => format!("{argument} attend une valeur après =."),
        ErrorKind::InvalidUtf8 => "un argument n’est pas en UTF-8.".to_owned(),
        _ => error.to_string(),
    }
}

/// Why a value is refused. Our own readers say it in French; the library and the standard library do not.
fn cause(source: &(dyn std::error::Error + 'static)) -> String {
    if let Some(error) = source.downcast_ref::<ParseIntError>() {
        let beyond = matches!(error.kind(), IntErrorKind::PosOverflow | IntErrorKind::NegOverflow);
        return if beyond { "ce nombre est hors des limites" } else { "ce n’est pas un nombre entier" }
            .to_owned();
    }
    if source.is::<AddrParseError>() {
        return "ce n’est pas une adresse et son port ; écrivez 127.0.0.1:50051".to_owned();
    }
    let text = source.to_string();
    text.split_once(" is not in ").and_then(|(_, range)| bounds(range)).unwrap_or(text)
}

/// `0..=5`, or `1..` and one more than the largest number of the type.
fn bounds(range: &str) -> Option<String> {
    let (least, most) = range.split_once("..")?;
    let (least, most): (i128, i128) = match most.strip_prefix('=') {
        Some(most) => (least.parse().ok()?, most.parse().ok()?),
        None => (least.parse().ok()?, most.parse::<i128>().ok()? - 1),
    };
    let open = most >= i128::from(u32::MAX) - 1;
    Some(if open { format!("au moins {least}") } else { format!("de {least} à {most}") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cli;

    fn check(line: &str, sentence_holds: &str) {
        let words = std::iter::once("chambre").chain(line.split(' ').filter(|word| !word.is_empty()));
        let error = command::<Cli>().try_get_matches_from(words).unwrap_err();
        let text = sentence(&error);
        assert!(text.contains(sentence_holds), "{line}: {text}");
    }

    #[test]
    fn mistakes_are_told_in_french() {
        check("inconnue", "commande inconnue : inconnue");
        check("positions --nimporte", "option ou argument inconnu : --nimporte");
        check("netting propose", "il manque : ");
        check("positions --territory Lyon", "aucun des 63 territoires");
        check("positions --as-of-seq x", "valeur « x » refusée : ce n’est pas un nombre entier.");
        check("positions --as-of-seq 0", "valeur « 0 » refusée : au moins 1.");
        check("serve --listen là", "ce n’est pas une adresse et son port");
        check("serve --calls-per-second 0", "refusée : au moins 1.");
        check("match run Paris --transfers 9", "refusée : de 0 à 5.");
        check("pki server --ca c --name n --days 4000", "refusée : de 1 à 3650.");
        check("pki server --ca c --name n --days 99999", "refusée : de 1 à 3650.");
        check("export pdf --out d", "Choix : fec, hledger, csv");
    }

    #[test]
    fn the_command_line_is_sound() {
        command::<Cli>().debug_assert();
    }

    #[test]
    fn every_help_text_is_there_and_free_of_clap_headings() {
        fn walk(command: &mut Command) {
            let help = command.render_help().to_string();
            for english in
                ["Usage:", "Options:", "Commands:", "Arguments:", "[default", "[possible", "Print help"]
            {
                assert!(!help.contains(english), "{}: {english}", command.get_name());
            }
            for arg in command.get_arguments() {
                assert!(arg.get_help().is_some_and(|text| !text.to_string().is_empty()), "{arg:?}");
            }
            command.get_subcommands_mut().for_each(walk);
        }
        let mut command = command::<Cli>();
        command.build();
        walk(&mut command);
    }
}
