//! `chambre retention run`: destroys the pseudonyms of households whose relogement has been closed for a year.

use super::DataOptions;
use crate::failure::Failure;
use crate::look;
use crate::report::Report;
use chambre_domain::{BookedAt, Date};
use chambre_ledger::books::RelogementFile;
use chambre_ledger::retention::{Kept, Retention, destroy, survey};
use chambre_ledger::{Books, LedgerError};
use chambre_server::Forgotten;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

/// What is done about retention.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Détruit les pseudonymes des relogements clos depuis un an ; serveur arrêté, sauf avec --dry-run
    Run(Args),
}

/// What is due.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Jour auquel l’année est comptée (défaut : aujourd’hui) ; jamais après aujourd’hui
    #[arg(long, value_name = "DATE", value_parser = look::typed_day)]
    on: Option<Date>,
    /// Dit ce qui serait détruit, sans rien changer, même pendant que le serveur tourne
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    pub data: DataOptions,
}

impl Command {
    /// Whether `--json` stands after the command.
    pub fn json(&self) -> bool {
        let Self::Run(args) = self;
        args.data.json
    }
}

/// Destroys what is due, or only tells it.
///
/// # Errors
/// A day to come, a folder without journal (2); the server runs, somebody reads, the disk, a damaged journal (3).
pub fn run(command: &Command, before: Option<PathBuf>) -> Result<Report, Failure> {
    let Command::Run(args) = command;
    run_at((chambre_server::system_clock())(), args, before)
}

fn run_at(now: BookedAt, args: &Args, before: Option<PathBuf>) -> Result<Report, Failure> {
    let folder = args.data.folder(before);
    let today = now.day_in_paris();
    let on = args.on.unwrap_or(today);
    if on > today {
        return Err(Failure::usage(format!(
            "--on : le {} est après aujourd’hui ; une destruction ne se fait pas d’avance.",
            look::french_day(on)
        )));
    }
    let done = if args.dry_run { survey } else { destroy };
    let found = done(&folder, on, now, &unshared).map_err(|error| why(&folder, error))?;
    let matching = chambre_server::forget(&folder, on, args.dry_run).map_err(|error| why(&folder, error))?;
    let text = told(&folder, args.dry_run, &found) + &told_of_matching(args.dry_run, matching);
    let mut value = as_json(&folder, args.dry_run, &found);
    value["matching"] = json!({ "due": matching.due, "kept": matching.kept });
    Ok(Report::new(text, value))
}

/// Nothing when the folder has no matching.
fn told_of_matching(dry_run: bool, found: Forgotten) -> String {
    if found == Forgotten::default() {
        return String::new();
    }
    let due = look::counted(found.due, "ménage");
    let what = if dry_run { "à oublier" } else { "oubliés, besoins et propositions" };
    format!("\nAppariement : {due} {what} ; {} gardés.", look::count(found.kept as u64))
}

/// Whether its effort, with all that is declared of it, is not what approved runs shared. An effort that cannot be
/// computed is not shared.
fn unshared(books: &Books, file: &RelogementFile) -> bool {
    let measured = &file.measured;
    let convention = books.parties().convention(measured.territory, measured.convention_version);
    convention.and_then(|convention| chambre_settlement::effort(measured, convention, Date::MAX).ok())
        != Some(measured.shared)
}

fn why(folder: &Path, error: LedgerError) -> Failure {
    match error {
        LedgerError::AlreadyOpen => Failure::infrastructure(format!(
            "{} : le serveur tourne. Arrêtez-le, détruisez, puis redémarrez-le ; --dry-run se passe de l’arrêt.",
            folder.display()
        )),
        LedgerError::Read => Failure::infrastructure(format!(
            "{} : le journal est lu par un autre programme. Relancez la commande quand il aura fini : tant qu’elle \
                 n’a pas réussi, le disque peut encore porter ce qui est à détruire.",
            folder.display()
        )),
        LedgerError::Folder(error) => Failure::of_file(folder, &error),
        error => Failure::of_books(folder, error),
    }
}

fn told(folder: &Path, dry_run: bool, found: &Retention) -> String {
    let day = look::french_day(found.on);
    let due = found.due.len();
    let what = match (due, dry_run) {
        (0, _) => format!("aucun pseudonyme à détruire au {day}"),
        (_, true) => format!("{} à détruire au {day}", look::counted(due, "pseudonyme")),
        (1, false) => format!("1 pseudonyme détruit au {day}, avec son sel"),
        (_, false) => format!("{} détruits au {day}, avec leur sel", look::counted(due, "pseudonyme")),
    };
    let mut text = format!("{} : {what}.", folder.display());
    if let (Some(first), Some(last)) = (found.due.first(), found.due.last()) {
        text += &format!("\nÉcritures de relogement n° {first} à {last}.");
    }
    if dry_run {
        text += "\nRien n’a été changé.";
    }
    if found.destroyed_before > 0 {
        text += &format!("\nDétruits auparavant : {}.", look::count(found.destroyed_before));
    }
    if !found.kept.is_empty() {
        text += "\nGardés :";
    }
    for (reason, count) in &found.kept {
        text += &format!("\n  - {} : {}", look::count(*count), french(*reason));
    }
    if due > 0 && !dry_run {
        text += "\nLes sauvegardes faites avant portent encore ces pseudonymes : supprimez-les. « chambre verify » vérifie \
                 le journal.";
    }
    text
}

const fn french(reason: Kept) -> &'static str {
    match reason {
        Kept::InClear => "scellés en clair, avant les empreintes salées : les détruire casserait le journal",
        Kept::Open => "relogement en cours",
        Kept::Disputed => "contestation ouverte sur le relogement ou sur l’un de ses bailleurs",
        Kept::Unshared => "effort pas encore entièrement réparti par un arrêté approuvé",
        Kept::InRun => "arrêté en cours, ni soldé ni clos",
        Kept::Recent => "clos depuis moins d’un an",
    }
}

const fn code(reason: Kept) -> &'static str {
    match reason {
        Kept::InClear => "in_clear",
        Kept::Open => "open",
        Kept::Disputed => "disputed",
        Kept::Unshared => "unshared",
        Kept::InRun => "in_run",
        Kept::Recent => "recent",
    }
}

fn as_json(folder: &Path, dry_run: bool, found: &Retention) -> Value {
    let kept: Map<String, Value> =
        found.kept.iter().map(|(reason, count)| (code(*reason).to_owned(), json!(count))).collect();
    json!({
        "data": folder.display().to_string(),
        "on": found.on.to_string(),
        "dry_run": dry_run,
        "due": found.due.len(),
        "first_seq": found.due.first().map(|seq| seq.get()),
        "last_seq": found.due.last().map(|seq| seq.get()),
        "kept": kept,
        "destroyed_before": found.destroyed_before,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::verify;
    use crate::report::Exit;
    use chambre_domain::convention::{EffortRule, FairShare, RentGapMode, RentGapRule, SettlementRule};
    use chambre_domain::follow_up::LeaseEnd;
    use chambre_domain::operation::OperationKind;
    use chambre_domain::relogement::Typology;
    use chambre_domain::{
        Bailleur, BailleurKind, Cents, Convention, Event, EventId, HouseholdId, Operation, OperationId,
        Relogement, RelogementId, Siren, TerritoryId, bailleur::Text,
    };
    use chambre_ledger::{Ledger, Mode, Reader, Settings};
    use std::sync::Arc;

    const BOOKED: Date = Date::constant(2025, 7, 1);

    fn text(text: &str) -> Text {
        Text::parse("name", text).unwrap()
    }

    fn registry() -> Vec<Event> {
        let territory = TerritoryId::parse("territory", "200057867").unwrap();
        let bailleur =
            |n| Bailleur { siren: Siren::fictitious(n), name: text("Fictif"), kind: BailleurKind::Oph };
        let mode = RentGapMode::Capitalised;
        let rent_gap = RentGapRule {
            mode,
            months: 12,
            claw_back: false,
            revise_with_irl: false,
            include_charges: false,
        };
        vec![
            Event::BailleurRegistered(bailleur(1)),
            Event::BailleurRegistered(bailleur(2)),
            Event::OperationRegistered(Operation {
                id: OperationId::parse("operation", "OP").unwrap(),
                name: text("Fictive"),
                kind: OperationKind::Anru,
                territory,
                origin: Siren::fictitious(1),
                planned_relogements: 10,
                anru: None,
            }),
            Event::ConventionPublished(Box::new(Convention {
                territory,
                version: 1,
                in_force_from: Date::constant(2024, 1, 1),
                title: text("Charte fictive"),
                articles: Default::default(),
                rent_gap,
                effort: EffortRule::default(),
                fair_share: FairShare::Causal,
                settlement: SettlementRule::default(),
                commitments: Vec::new(),
            })),
        ]
    }

    /// A relogement with this monthly rent gap, in cents, whose lease has ended.
    fn ended(id: &str, gap: i64) -> [Event; 2] {
        let relogement = Relogement {
            id: RelogementId::parse("id", id).unwrap(),
            operation: OperationId::parse("operation", "OP").unwrap(),
            household: HouseholdId::parse("household", &format!("h-{id}")).unwrap().into(),
            host: Siren::fictitious(2),
            lease_date: Date::constant(2025, 1, 15),
            commune: "93066".into(),
            typology: Typology::T3,
            reference_rent: Cents::new(60_000 + gap),
            practised_rent: Cents::new(60_000),
            charges: None,
            contingent: None,
            out_of_flow: false,
            sne_motive_ru: false,
        };
        let end = LeaseEnd { relogement: relogement.id.clone(), ended_on: Date::constant(2025, 5, 31) };
        [Event::RelogementRecorded(Box::new(relogement)), Event::LeaseEnded(end)]
    }

    /// Entries 5 to 8: a relogement that nothing keeps, and one whose effort no run has shared.
    async fn journal() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(|| BookedAt::noon_in_paris(BOOKED));
        let ledger = Ledger::open(folder.path(), Settings::default(), clock).unwrap();
        let events = registry().into_iter().chain(ended("R-1", 0)).chain(ended("R-2", 10_000));
        let command = |(n, event)| {
            chambre_ledger::Command::new(EventId::parse("id", &format!("e-{n}")).unwrap(), event)
        };
        let outcomes =
            ledger.record((1..).zip(events).map(command).collect(), Mode::AllOrNone).await.unwrap();
        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
        ledger.close().unwrap();
        folder
    }

    fn asked(folder: &Path, on: Option<Date>, dry_run: bool) -> Result<Report, Failure> {
        let data = DataOptions { data: Some(folder.to_owned()), json: false };
        run_at(BookedAt::noon_in_paris(Date::constant(2026, 11, 24)), &Args { on, dry_run, data }, None)
    }

    #[tokio::test]
    async fn a_dry_run_tells_and_a_run_destroys_what_is_a_year_old_and_shared() {
        let folder = journal().await;
        let told = asked(folder.path(), None, true).unwrap();
        let shown = folder.path().display();
        assert_eq!(
            told.text,
            format!(
                "{shown} : 1 pseudonyme à détruire au 24 novembre 2026.\nÉcritures de relogement n° 5 à 5.\n\
                 Rien n’a été changé.\nGardés :\n  - 1 : effort pas encore entièrement réparti par un arrêté approuvé"
            )
        );
        assert_eq!((&told.json["due"], &told.json["kept"]), (&json!(1), &json!({ "unshared": 1 })));
        let done = asked(folder.path(), None, false).unwrap();
        assert!(
            done.text.contains("1 pseudonyme détruit au 24 novembre 2026, avec son sel."),
            "{}",
            done.text
        );
        let again = asked(folder.path(), None, false).unwrap();
        assert!(again.text.contains("aucun pseudonyme à détruire"), "{}", again.text);
        assert_eq!(again.json["destroyed_before"], 1);
        let found = chambre_ledger::verify(&Reader::open(folder.path()).unwrap(), |_| {}).unwrap();
        let summary = verify::summary(folder.path(), &found);
        let told = "Pseudonymes : 1 gardés, 1 détruits. Dernière destruction : le 24 novembre 2026, 1, écritures n° 5 à 5.";
        assert!(summary.contains(told), "{summary}");
        let households = json!({ "kept": 1, "destroyed": 1, "in_clear": 0 });
        assert_eq!(verify::as_json(folder.path(), &found)["households"], households);
    }

    #[tokio::test]
    async fn the_year_is_counted_to_the_day_asked_which_is_never_to_come() {
        let folder = journal().await;
        let due = |on| asked(folder.path(), Some(on), true).map(|report| report.json["due"].clone());
        assert_eq!(due(Date::constant(2026, 6, 30)).unwrap(), 0);
        assert_eq!(due(Date::constant(2026, 7, 1)).unwrap(), 1);
        let failure = due(Date::constant(2026, 11, 25)).unwrap_err();
        assert_eq!(failure.exit(), Exit::Usage);
        assert!(failure.to_string().contains("25 novembre 2026 est après aujourd’hui"), "{failure}");
    }

    #[tokio::test]
    async fn a_server_that_runs_is_told_of_and_a_folder_without_journal_is_a_mistake() {
        let folder = journal().await;
        let open = Ledger::open(folder.path(), Settings::default(), chambre_server::system_clock()).unwrap();
        let failure = asked(folder.path(), None, false).unwrap_err();
        assert_eq!(failure.exit(), Exit::Infrastructure);
        assert!(failure.to_string().contains("le serveur tourne"), "{failure}");
        assert_eq!(asked(folder.path(), None, true).unwrap().json["due"], 1);
        open.close().unwrap();
        let empty = tempfile::tempdir().unwrap();
        assert_eq!(asked(empty.path(), None, false).unwrap_err().exit(), Exit::Usage);
    }
}
