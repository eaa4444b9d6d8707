//! `chambre convention`: checks a file, publishes it, lists the versions of a territory, prints models.
//!
//! | file | what it holds |
//! |---|---|
//! | `commitments` | achieved against committed |
//! | `plain` | a convention told in French |
//! | `example` | a worked example, computed by the engine from it |
//! | `templates` | the models of `docs/exemples/conventions` |

mod commitments;
mod example;
mod plain;
mod templates;

use crate::chamber::{self, Contact, Names, ServerOptions};
use crate::failure::Failure;
use crate::look::{self, cell};
use crate::report::Report;
use chambre_api::convert::registry::{convention as read_wire, wire_convention};
use chambre_api::v1;
use chambre_domain::{Convention, Date, Refusal, Siren, TerritoryId, french};
use data_encoding::HEXLOWER;
use plain::{explain, share_in_short};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// What is done with conventions.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Contrôle un fichier de convention et l’explique en clair, sans serveur
    Check(CheckArgs),
    /// Publie une version de convention
    Publish(PublishArgs),
    /// Liste les versions d’un territoire
    List(ListArgs),
    /// Compare les engagements de la convention aux relogements accueillis
    Commitments(CommitmentsArgs),
    /// Liste les modèles de convention, sans serveur
    Templates(TemplatesArgs),
    /// Écrit un modèle de convention, à compléter, sans serveur
    Template(TemplateArgs),
}

/// Which file is checked.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// Fichier de convention (exemple annoté : docs/conventions.md)
    #[arg(value_name = "FICHIER.toml")]
    file: PathBuf,
    /// Répond en JSON, pour un programme
    #[arg(long)]
    json: bool,
}

/// Which file is published.
#[derive(Debug, clap::Args)]
pub struct PublishArgs {
    /// Fichier de convention (exemple annoté : docs/conventions.md)
    #[arg(value_name = "FICHIER.toml")]
    file: PathBuf,
    /// Contrôle seulement : rien n’est enregistré
    #[arg(long)]
    validate_only: bool,
    #[command(flatten)]
    server: ServerOptions,
}

/// Which territory is listed.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// Territoire : SIREN ou nom
    #[arg(value_name = "TERRITOIRE", value_parser = chamber::territory)]
    territory: TerritoryId,
    #[command(flatten)]
    server: ServerOptions,
}

/// Whose commitments are compared.
#[derive(Debug, clap::Args)]
pub struct CommitmentsArgs {
    /// Territoire : SIREN ou nom
    #[arg(value_name = "TERRITOIRE", value_parser = chamber::territory)]
    pub territory: TerritoryId,
    /// Jour dont la convention est lue (défaut : aujourd’hui)
    #[arg(long, value_name = "DATE", value_parser = look::typed_day)]
    pub on: Option<Date>,
    /// Attributions d’un bailleur sur la période, pour un engagement en part ; peut être répété
    #[arg(long, value_name = "SIREN=NOMBRE", value_parser = commitments::attributions)]
    pub attributions: Vec<(Siren, i64)>,
    #[command(flatten)]
    pub server: ServerOptions,
}

/// How the models are listed.
#[derive(Debug, clap::Args)]
pub struct TemplatesArgs {
    /// Répond en JSON, pour un programme
    #[arg(long)]
    json: bool,
}

/// Which model is written.
#[derive(Debug, clap::Args)]
pub struct TemplateArgs {
    /// Nom du modèle (liste : chambre convention templates)
    #[arg(value_name = "MODÈLE")]
    name: String,
    /// Version du modèle, quand il en a plusieurs (défaut : 1)
    #[arg(long, value_name = "N", default_value_t = 1)]
    number: u32,
    /// Répond en JSON, pour un programme
    #[arg(long)]
    json: bool,
}

impl Command {
    /// Its options about the server; a check and models need none.
    pub fn server(&self) -> Option<&ServerOptions> {
        match self {
            Self::Check(_) | Self::Templates(_) | Self::Template(_) => None,
            Self::Publish(args) => Some(&args.server),
            Self::List(args) => Some(&args.server),
            Self::Commitments(args) => Some(&args.server),
        }
    }

    /// Whether `--json` stands after the command.
    pub fn json(&self) -> bool {
        match self {
            Self::Check(args) => args.json,
            Self::Publish(args) => args.server.json,
            Self::List(args) => args.server.json,
            Self::Commitments(args) => args.server.json,
            Self::Templates(args) => args.json,
            Self::Template(args) => args.json,
        }
    }
}

/// Does what is asked.
///
/// # Errors
/// A file that cannot be read or that a rule refuses; the server.
pub async fn run(command: &Command, contact: Option<Contact>) -> Result<Report, Failure> {
    match (command, contact) {
        (Command::Publish(args), Some(contact)) => publish(args, &contact).await,
        (Command::List(args), Some(contact)) => list(args.territory, &contact).await,
        (Command::Commitments(args), Some(contact)) => commitments::report(args, &contact).await,
        (Command::Check(args), _) => check(&read(&args.file)?),
        (Command::Templates(_), _) => Ok(templates::list()),
        (Command::Template(args), _) => templates::one(&args.name, args.number),
        (Command::Publish(_) | Command::List(_) | Command::Commitments(_), None) => {
            Err(Failure::usage("--server manque."))
        }
    }
}

/// The convention in plain French, with a worked example that the engine computes from it.
fn check(convention: &Convention) -> Result<Report, Failure> {
    let example = example::Example::of(convention)?;
    let text = format!(
        "Convention valable.\n\n{}\n{}",
        explain(convention, &Names::default()),
        example.text(convention)
    );
    let json = json!({ "valid": true, "convention": as_json(convention), "example": example.json() });
    Ok(Report::new(text, json))
}

async fn publish(args: &PublishArgs, contact: &Contact) -> Result<Report, Failure> {
    let convention = read(&args.file)?;
    let chamber = contact.open().await?;
    let request = v1::PublishConventionRequest {
        convention: Some(wire_convention(&convention)),
        validate_only: args.validate_only,
    };
    let receipt =
        chamber.registry().publish_convention(request).await?.into_inner().receipt.unwrap_or_default();
    let names = Names::read(&chamber).await?;
    let first = match (args.validate_only, receipt.replayed) {
        (_, true) => format!("Déjà publiée, à l’identique (écriture n° {}).", receipt.seq),
        (true, false) => "Convention publiable. Rien n’a été écrit.".to_owned(),
        (false, false) => format!("Convention publiée (écriture n° {}).", receipt.seq),
    };
    let json = json!({
        "seq": receipt.seq,
        "seal": HEXLOWER.encode(&receipt.seal),
        "replayed": receipt.replayed,
        "validate_only": args.validate_only,
    });
    Ok(Report::new(format!("{first}\n\n{}", explain(&convention, &names)), json))
}

async fn list(territory: TerritoryId, contact: &Contact) -> Result<Report, Failure> {
    let chamber = contact.open().await?;
    let request = v1::ListConventionsRequest { territory_siren: territory.to_string() };
    let found = chamber.registry().list_conventions(request).await?.into_inner().conventions;
    let name = chamber::territory_name(&territory.to_string());
    let versions: Vec<Convention> =
        found.into_iter().map(|wire| read_wire(Some(wire))).collect::<Result<_, Refusal>>()?;
    let json = json!({ "conventions": versions.iter().map(as_json).collect::<Vec<_>>() });
    let Some(last) = versions.last() else {
        return Ok(Report::new(format!("{name} : aucune convention publiée."), json));
    };
    let mut table = look::table(&[">Version", "En vigueur à partir du", "Titre", "Répartition"]);
    for version in &versions {
        table.add_row([
            cell(version.version),
            cell(french::long_date(version.in_force_from)),
            cell(&version.title),
            cell(share_in_short(&version.fair_share)),
        ]);
    }
    let names = Names::read(&chamber).await?;
    Ok(Report::new(format!("{name}\n{table}\n\nDernière version :\n\n{}", explain(last, &names)), json))
}

fn read(file: &Path) -> Result<Convention, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| match error.kind() {
        std::io::ErrorKind::InvalidData => {
            Failure::usage(format!("{} n’est pas un texte en UTF-8.", file.display()))
        }
        _ => Failure::of_file(file, &error),
    })?;
    Convention::from_toml(&text).map_err(|refusal| {
        let line = refusal.facts.iter().find(|(name, _)| *name == "line");
        let place = line.map_or_else(String::new, |(_, line)| format!(", ligne {line}"));
        Failure::usage(format!("{}{place} : {}", file.display(), refusal.french()))
    })
}

fn as_json(convention: &Convention) -> Value {
    serde_json::to_value(convention).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLES: &str = r#"
        territory = "200057867"
        version = 1
        in_force_from = "2025-01-01"
        title = "Charte de Plaine Commune"
        [rent_gap]
        mode = "capitalised"
        months = 12
        claw_back = true
        revise_with_irl = false
        [effort]
        works_cap_cents = 500000
        [fair_share]
        rule = "roles"
        demolishers_pct = 60
        demolishers = ["000000018"]
        basis = "stock"
        weights = { "000000018" = 1200, "000000026" = 800 }
        [settlement]
        de_minimis_cents = 10000
    "#;

    #[test]
    fn a_convention_is_told_in_plain_french() {
        let convention = Convention::from_toml(ROLES).unwrap();
        let names: Names = [("000000018".to_owned(), "Bailleur A".to_owned())].into_iter().collect();
        let text = explain(&convention, &names);
        for sentence in [
            "Plaine Commune (200057867), version 1, pour les baux signés à partir du 1er janvier 2025.",
            "compté en une fois à la date du bail, pour 12 mois",
            "les mois non commencés sont repris",
            "Part répartie : 100,00 %.",
            "travaux : 5\u{202f}000,00\u{a0}€.",
            "60 % pour les bailleurs démolisseurs, 40 % pour les autres",
            "  - Bailleur A (000000018) : 1\u{202f}200, démolisseur",
            "En dessous de 100,00\u{a0}€, le montant est reporté.",
        ] {
            assert!(text.contains(sentence), "{sentence}\n{text}");
        }
    }

    #[test]
    fn a_wrong_file_is_refused_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("c.toml");
        std::fs::write(&file, "territory = \"200057867\"\nversion = \"un\"\n").unwrap();
        let failure = read(&file).unwrap_err();
        assert_eq!(failure.exit(), crate::report::Exit::Usage);
        assert!(failure.to_string().contains("ligne 2"), "{failure}");
    }
}
