//! What the binary `chambre` does: the chamber for officers, bailleurs and operators. What it says is in French.
//!
//! | file | what it holds |
//! |---|---|
//! | `commands` | one file for each command |
//! | `file` | spreadsheets: how they are read, how a line becomes a declaration |
//! | `chamber` | the server that commands speak to, and the names it knows |
//! | `failure`, `report` | why a command fails, what it answers, with which exit code |
//! | `french_help` | help and usage errors in French |
//! | `look` | tables, amounts and dates on the screen |
//! | `demo`, `bench` | the guided demonstration, the measure of speed |

mod bench;
mod chamber;
mod commands;
mod demo;
mod failure;
mod file;
mod french_help;
mod look;
mod report;

use chamber::Contact;
use clap::{FromArgMatches as _, Parser, Subcommand};
use commands::{
    access_log, backup, convention, export, identity, import, keys, matching, netting, pki, plan, positions,
    pseudonym, receipt, register, retention, serve, verify,
};
use failure::Failure;
use file::BadLines;
use file::declaration::{COLUMNS, declarations};
use report::Report;
use std::path::PathBuf;
use std::process::ExitCode;

pub use file::BadLine;

/// Chambre de compensation entre bailleurs sociaux : enregistrer les relogements, arrêter et compenser les
/// positions, exporter et vérifier le journal.
#[derive(Debug, Parser)]
#[command(name = "chambre", version)]
struct Cli {
    #[command(flatten)]
    shared: Shared,
    #[command(subcommand)]
    command: Command,
}

/// Options that may also stand before the command.
#[derive(Debug, clap::Args)]
struct Shared {
    /// Adresse du serveur, pour les commandes qui lui parlent (défaut : http://127.0.0.1:50051)
    #[arg(long, value_name = "ADRESSE", env = "CHAMBRE_SERVER")]
    server: Option<String>,
    /// Dossier des données, pour les commandes qui le lisent (défaut : ./chambre-data)
    #[arg(long, value_name = "DOSSIER", env = "CHAMBRE_DATA")]
    data: Option<PathBuf>,
    /// Répond en JSON, pour un programme
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Démarre le serveur de la chambre
    Serve(serve::Args),
    /// Importe un fichier de déclarations : tout ou rien
    Import(import::Args),
    /// Inscrit des bailleurs ou des opérations
    #[command(subcommand)]
    Register(register::Command),
    /// Contrôle, publie et liste les conventions des territoires
    #[command(subcommand)]
    Convention(convention::Command),
    /// Propose, approuve et règle les arrêtés de compensation
    #[command(subcommand)]
    Netting(netting::Command),
    /// Montre où en est chaque bailleur
    Positions(positions::Args),
    /// Exporte le journal : avec ses sceaux, FEC, hledger, beancount, CSV, XLSX ou Parquet
    Export(export::Args),
    /// Vérifie le journal, même pendant que le serveur tourne, ou un export, sans serveur
    Verify(verify::Args),
    /// Écrit les preuves que garde un bailleur : chacune de ses écritures est au journal signé
    Receipt(receipt::Args),
    /// Crée les clés qui signent et vérifient les points de contrôle du journal
    #[command(subcommand)]
    Keys(keys::Command),
    /// Sauvegarde le journal, même pendant que le serveur tourne
    Backup(backup::BackupArgs),
    /// Remet une sauvegarde dans un dossier vide
    Restore(backup::RestoreArgs),
    /// Détruit les pseudonymes de ménages dont la durée de conservation est passée
    #[command(subcommand)]
    Retention(retention::Command),
    /// Inscrit, révoque et liste les identités des appelants
    #[command(subcommand)]
    Identity(identity::Command),
    /// Consulte ou vérifie le journal des accès
    AccessLog(access_log::Args),
    /// Crée une autorité d’essai et des certificats
    #[command(subcommand)]
    Pki(pki::Command),
    /// Calcule les pseudonymes de ménages, sans serveur : un numéro par ligne sur l’entrée standard
    Pseudonym(pseudonym::Args),
    /// Apparie les ménages et les logements : d’un dossier ou d’un fichier, sans serveur ; ou ceux du serveur
    Match(matching::Args),
    /// Cherche le plus petit nombre de paiements qui règle des positions, sans serveur
    Plan(plan::Args),
    /// Joue une démonstration complète sur des données fictives
    Demo(demo::Args),
    /// Mesure le débit et les délais d’un serveur
    Bench(bench::Args),
}

/// Reads an import file already in memory: each declaration with its line. What the books hold is not compared.
///
/// # Errors
/// Every line that is wrong, and why; a wrong heading, or bytes that are no text, as line 1 alone.
pub fn read_declarations(bytes: &[u8]) -> Result<Vec<(u64, chambre_api::v1::Event)>, Vec<BadLine>> {
    let mut bad = BadLines::default();
    let rows = file::sheet::rows(bytes, &COLUMNS, &["event_id", "type"], &mut bad).map_err(|french| {
        vec![BadLine { line: 1, field: String::new(), reason: "FILE".to_owned(), french }]
    })?;
    let found = declarations(&rows, &mut bad);
    if bad.is_empty() {
        Ok(found.into_iter().map(|declaration| (declaration.line, declaration.event)).collect())
    } else {
        Err(bad.first().into_iter().cloned().collect())
    }
}

/// Runs the command that the arguments of the program ask for.
pub async fn main() -> ExitCode {
    let matches = match french_help::command::<Cli>().try_get_matches() {
        Ok(matches) => matches,
        Err(error) => return french_help::say(&error),
    };
    match Cli::from_arg_matches(&matches) {
        Ok(cli) => run(cli).await,
        Err(error) => french_help::say(&error),
    }
}

async fn run(Cli { shared, command }: Cli) -> ExitCode {
    let asked_json = shared.json || command.json();
    let done = match command {
        Command::Demo(args) => return foreign(demo::run(args).await),
        Command::Bench(args) => return foreign(bench::run(args).await),
        command => dispatch(shared, command, asked_json).await,
    };
    match done {
        Ok(report) => report.print(asked_json),
        Err(failure) => failure.print(asked_json),
    }
}

async fn dispatch(shared: Shared, command: Command, json: bool) -> Result<Report, Failure> {
    let contact = |own: &chamber::ServerOptions| Contact::new(own, shared.server.as_ref());
    let data = || shared.data.clone();
    match command {
        Command::Serve(args) => serve::run(args, data(), json).await,
        Command::Import(args) => import::run(&args, &contact(&args.server), json).await,
        Command::Register(command) => register::run(&command, &contact(command.server())).await,
        Command::Convention(command) => convention::run(&command, command.server().map(contact)).await,
        Command::Netting(command) => netting::run(&command, &contact(command.server()), json).await,
        Command::Positions(args) => positions::run(&args, &contact(&args.server)).await,
        Command::Export(args) => export::run(&args, &contact(&args.server), json).await,
        Command::Verify(args) => verify::run(&args, data(), json),
        Command::Receipt(args) => receipt::run(&args, &contact(&args.server)).await,
        Command::Keys(command) => keys::run(&command),
        Command::Backup(args) => backup::backup(&args, data()),
        Command::Restore(args) => backup::restore(&args, data()),
        Command::Retention(command) => retention::run(&command, data()),
        Command::Identity(command) => identity::run(&command, &contact(command.server())).await,
        Command::AccessLog(args) => access_log::run(&args, data()),
        Command::Pki(command) => pki::run(&command),
        Command::Pseudonym(args) => pseudonym::run(&args),
        Command::Match(args) => match &args.command {
            Some(command) => matching::service::run(command, &contact(command.server())).await,
            None => matching::run(&args, json),
        },
        Command::Plan(args) => plan::run(&args),
        Command::Demo(_) | Command::Bench(_) => Ok(Report::default()),
    }
}

impl Command {
    /// Whether `--json` stands after the command.
    fn json(&self) -> bool {
        match self {
            Self::Serve(args) => args.data.json,
            Self::Import(args) => args.server.json,
            Self::Register(command) => command.server().json,
            Self::Convention(command) => command.json(),
            Self::Netting(command) => command.server().json,
            Self::Positions(args) => args.server.json,
            Self::Export(args) => args.server.json,
            Self::Verify(args) => args.data.json,
            Self::Receipt(args) => args.server.json,
            Self::Keys(command) => command.json(),
            Self::Backup(args) => args.data.json,
            Self::Restore(args) => args.data.json,
            Self::Retention(command) => command.json(),
            Self::Identity(command) => command.server().json,
            Self::AccessLog(args) => args.data.json,
            Self::Pki(command) => command.json(),
            Self::Pseudonym(_) => false,
            Self::Match(args) => args.json(),
            Self::Plan(_) => true,
            Self::Demo(_) | Self::Bench(_) => false,
        }
    }
}

/// The demonstration and the measure print for themselves; only their error is ours to say.
fn foreign(done: anyhow::Result<ExitCode>) -> ExitCode {
    done.unwrap_or_else(|error| Failure::from(error).print(false))
}
