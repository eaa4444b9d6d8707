//! `chambre convention`: checks a file, publishes it, lists the versions of a territory.

use crate::chamber::{self, Contact, Names, ServerOptions};
use crate::failure::Failure;
use crate::look::{self, cell};
use crate::report::Report;
use chambre_api::convert::registry::{convention as read_wire, wire_convention};
use chambre_api::v1;
use chambre_domain::convention::{
    CostLine, EffortRule, FairShare, KeyBasis, RentGapMode, RentGapRule, SettlementMode, SettlementRule,
    Surplus,
};
use chambre_domain::{Convention, Refusal, Siren, TerritoryId, french};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
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

impl Command {
    /// Its options about the server; a check needs none.
    pub fn server(&self) -> Option<&ServerOptions> {
        match self {
            Self::Check(_) => None,
            Self::Publish(args) => Some(&args.server),
            Self::List(args) => Some(&args.server),
        }
    }

    /// Whether `--json` stands after the command.
    pub fn json(&self) -> bool {
        match self {
            Self::Check(args) => args.json,
            Self::Publish(args) => args.server.json,
            Self::List(args) => args.server.json,
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
        (Command::Check(args), _) => {
            let convention = read(&args.file)?;
            let text = format!("Convention valable.\n\n{}", explain(&convention, &Names::default()));
            Ok(Report::new(text, json!({ "valid": true, "convention": as_json(&convention) })))
        }
        (Command::Publish(_) | Command::List(_), None) => Err(Failure::usage("--server manque.")),
    }
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
        "seal": look::hexadecimal(&receipt.seal),
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

/// The convention as an officer would tell it.
fn explain(convention: &Convention, names: &Names) -> String {
    let Convention { territory, version, in_force_from, title, rent_gap, effort, fair_share, settlement } =
        convention;
    let mut text = format!(
        "{title}\n{}, version {version}, pour les baux signés à partir du {}.\n\n",
        chamber::territory_name(&territory.to_string()),
        french::long_date(*in_force_from),
    );
    let paragraphs = [
        ("Écart de loyer", rent_gap_sentence(rent_gap)),
        ("Effort", effort_sentence(effort)),
        ("Répartition", share_sentence(fair_share, names)),
        ("Règlement", settlement_sentence(settlement, names)),
    ];
    for (heading, sentence) in paragraphs {
        let _ = writeln!(text, "{heading} : {sentence}");
    }
    text
}

fn rent_gap_sentence(rule: &RentGapRule) -> String {
    let gap = if rule.include_charges { "loyers et charges" } else { "loyers, hors charges" };
    let mut text = match rule.mode {
        RentGapMode::Capitalised => {
            format!("compté en une fois à la date du bail, pour {} mois ({gap}).", rule.months)
        }
        RentGapMode::Accrued => {
            format!("compté à chaque arrêté pour les mois courus, au plus {} mois ({gap}).", rule.months)
        }
    };
    if rule.claw_back {
        text += " Si le bail finit avant, les mois non commencés sont repris.";
    }
    if rule.revise_with_irl {
        text += " Les deux loyers suivent l’IRL chaque 1er janvier.";
    }
    text
}

fn effort_sentence(rule: &EffortRule) -> String {
    let line = |line: &CostLine| match line {
        CostLine::RentGap => "l’écart de loyer",
        CostLine::Works => "les travaux d’adaptation",
        CostLine::Vacancy => "la vacance organisée",
    };
    let counted: Vec<&str> = rule.count.iter().map(line).collect();
    let mut text = match counted.as_slice() {
        [] => "rien n’est compté".to_owned(),
        lines => format!("sont comptés {}", lines.join(", ")),
    };
    text += if rule.deduct_indemnity {
        ", moins l’indemnité ANRU reçue."
    } else {
        " ; l’indemnité ANRU reçue n’est pas déduite."
    };
    if rule.deduct_indemnity {
        text += match rule.surplus {
            Surplus::Keep => " Un excédent d’indemnité reste au bailleur d’accueil.",
            Surplus::Return => " Un excédent d’indemnité est réparti lui aussi.",
        };
    }
    let _ = write!(text, " Part répartie : {},{:02} %.", rule.share_bp / 100, rule.share_bp % 100);
    if rule.include_internal {
        text += " Les relogements internes à un bailleur sont répartis aussi.";
    }
    let caps = [("travaux", rule.works_cap_cents), ("effort total", rule.total_cap_cents)];
    for (what, cap) in caps {
        if let Some(cap) = cap {
            let _ = write!(text, " Plafond par relogement, {what} : {}.", french::euros(cap));
        }
    }
    if let Some(days) = rule.vacancy_days_cap {
        let _ = write!(text, " Vacance comptée : au plus {days} jours par relogement.");
    }
    text
}

fn share_in_short(rule: &FairShare) -> String {
    match rule {
        FairShare::Causal => "à la charge du bailleur d’origine".to_owned(),
        FairShare::Key { basis, weights } => {
            format!("clé entre {} bailleurs ({})", weights.len(), basis_name(*basis))
        }
        FairShare::Roles { demolishers_pct, .. } => {
            format!("{demolishers_pct} % démolisseurs, {} % autres", 100 - demolishers_pct.min(&100))
        }
    }
}

fn share_sentence(rule: &FairShare, names: &Names) -> String {
    match rule {
        FairShare::Causal => {
            "chaque bailleur d’origine supporte ce que ses relogements ont coûté aux bailleurs d’accueil."
                .to_owned()
        }
        FairShare::Key { basis, weights } => {
            format!(
                "l’effort est partagé entre tous selon {} :\n{}",
                basis_name(*basis),
                weight_lines(weights, &[], names)
            )
        }
        FairShare::Roles { demolishers_pct, demolishers, basis, weights } => {
            format!(
                "{demolishers_pct} % pour les bailleurs démolisseurs, {} % pour les autres, et dans chaque \
                 groupe selon {} :\n{}",
                100 - demolishers_pct.min(&100),
                basis_name(*basis),
                weight_lines(weights, demolishers, names)
            )
        }
    }
}

fn basis_name(basis: KeyBasis) -> &'static str {
    match basis {
        KeyBasis::Stock => "le parc social sur le territoire",
        KeyBasis::Attributions => "les attributions annuelles",
        KeyBasis::Equal => "parts égales",
        KeyBasis::Fixed => "une table de la charte",
    }
}

fn weight_lines(weights: &BTreeMap<Siren, u64>, demolishers: &[Siren], names: &Names) -> String {
    let line = |(siren, weight): (&Siren, &u64)| {
        let role = if demolishers.contains(siren) { ", démolisseur" } else { "" };
        format!("  - {} : {}{role}", names.of(&siren.to_string()), french::count(*weight))
    };
    weights.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn settlement_sentence(rule: &SettlementRule, names: &Names) -> String {
    let mut text = match rule.mode {
        SettlementMode::Monetary => "les positions sont payées à chaque arrêté.".to_owned(),
        SettlementMode::CarryOver => {
            "rien n’est payé : les positions sont reportées d’un arrêté à l’autre.".to_owned()
        }
    };
    if rule.de_minimis_cents.get() > 0 {
        let _ =
            write!(text, " En dessous de {}, le montant est reporté.", french::euros(rule.de_minimis_cents));
    }
    for (siren, cap) in &rule.debtor_caps_cents {
        let _ = write!(
            text,
            " {} paie au plus {} par arrêté.",
            names.of(&siren.to_string()),
            french::euros(*cap)
        );
    }
    text
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
