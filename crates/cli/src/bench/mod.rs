//! `chambre bench`: how many events a server takes in, each safe on disk when it is answered.
//!
//! | file | what it holds |
//! |---|---|
//! | [`machine`] | what it runs on |
//! | [`beside`] | two servers in turn: with access control and signed checkpoints, and without |
//! | [`badge`] | who the callers are, for the one that asks |
//! | [`child`] | the server: a process of its own, its memory and CPU time |
//! | [`parties`] | bailleurs, operations and conventions registered beforehand |
//! | [`maker`] | events in a cheap form |
//! | [`lane`] | one way of sending, measured |
//! | [`figures`] | rates and delays, printed |

mod badge;
mod beside;
mod child;
mod figures;
mod lane;
mod machine;
mod maker;
mod parties;

use crate::failure::Failure;
use crate::look::count;
use crate::report;
use anyhow::Context as _;
use chambre_api::Client;
use chambre_ledger::{Reader, verify};
use child::Child;
use figures::{Audit, Document};
use lane::{Door, Lane};
use machine::Machine;
use parties::Parties;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Arguments of `chambre bench`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Mesure courte : une seconde par ligne
    #[arg(long)]
    quick: bool,
    /// Durée de chaque mesure, en secondes
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Compare deux serveurs à tour de rôle : avec contrôle d’accès et points de contrôle signés, et sans
    #[arg(long)]
    with_access: bool,
    /// Avec --with-access : nombre de tours, chaque serveur mesuré une fois par tour
    #[arg(long, value_name = "N", default_value_t = 5, requires = "with_access",
        value_parser = clap::value_parser!(u32).range(1..=99))]
    rounds: u32,
    /// Dossier vide où écrire le journal, conservé ensuite (défaut : un dossier temporaire ici même)
    #[arg(long, value_name = "DOSSIER")]
    data: Option<PathBuf>,
    /// Répond en JSON, pour un programme
    #[arg(long)]
    json: bool,
}

/// Measures a server started for that only.
///
/// # Errors
/// A folder that is not empty (exit code 2); a server that does not start, refuses or loses an event, a journal
/// that does not verify (exit code 3).
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let here = std::env::current_dir().context("dossier courant")?;
    let temporary;
    let data = match &args.data {
        Some(data) => vacant(data)?,
        None => {
            temporary = tempfile::Builder::new().prefix("chambre-bench-").tempdir_in(&here)?;
            temporary.path().join("data")
        }
    };
    std::fs::create_dir_all(&data).with_context(|| data.display().to_string())?;
    let span = Duration::from_secs(if args.quick { 1 } else { args.seconds });
    let machine = Machine::read(&data);
    if args.with_access {
        let found = beside::compare(&data, span, args.rounds, machine).await?;
        let text = if args.json { serde_json::to_string(&found)? } else { found.text() };
        report::print(&text);
        return Ok(ExitCode::SUCCESS);
    }
    let mut document = measure(&data, span, machine).await?;
    document.audit = Some(audit(&data, document.acknowledged())?);
    let text = if args.json { serde_json::to_string(&document)? } else { document.text() };
    report::print(&text);
    Ok(ExitCode::SUCCESS)
}

async fn measure(data: &Path, span: Duration, machine: Machine) -> anyhow::Result<Document> {
    let child = Child::spawn(data, &[])?;
    let client = Client::connect(&child.uri()).await?;
    let parties = Arc::new(Parties::register(&client, &client).await?);
    let door = Door { child: &child, parties: &parties, badges: &[] };
    let mut document = Document::new(machine, span, parties.entries);
    // One short lane first: connections, caches and the write-ahead log grow outside the figures.
    let warm_up = lane::run(&Lane::batch("mise en route", 100, 4), door, span / 4).await?;
    document.warm_up_events = warm_up.events;
    for lane in lane::LANES {
        let figure = lane::run(&lane, door, span).await;
        let figure = figure.with_context(|| format!("mesure « {} »", lane.name))?;
        report::warn(&format!("· {} : {} événements/s", lane.name, count(figure.events_per_second)));
        document.figures.push(figure);
    }
    document.server = Some(child.usage());
    let stopping = Instant::now();
    child.stop().await?;
    document.stop_ms = u64::try_from(stopping.elapsed().as_millis())?;
    Ok(document)
}

/// A folder that is empty, or does not exist yet.
fn vacant(data: &Path) -> anyhow::Result<PathBuf> {
    let occupied = std::fs::read_dir(data).is_ok_and(|mut entries| entries.next().is_some());
    if occupied {
        let reason = format!("{} n’est pas vide : la mesure écrit un journal neuf", data.display());
        return Err(Failure::usage(reason).into());
    }
    Ok(data.to_owned())
}

/// Verifies the journal, and that it holds every event that was acknowledged, once.
fn audit(data: &Path, acknowledged: u64) -> anyhow::Result<Audit> {
    report::warn("· vérification du journal");
    let started = Instant::now();
    let read = Reader::open(data).and_then(|reader| verify(&reader, |_| {}));
    let found = read.map_err(|error| Failure::of_books(data, error))?;
    let elapsed = started.elapsed();
    if let Some(fault) = found.fault {
        return Err(Failure::infrastructure(format!("écriture {} : {}", fault.seq, fault.what)).into());
    }
    if found.entries != acknowledged {
        let (held, told) = (count(found.entries), count(acknowledged));
        return Err(Failure::infrastructure(format!("{told} événements acquittés, {held} au journal")).into());
    }
    let bytes = std::fs::metadata(data.join(chambre_ledger::store::FILE_NAME))?.len();
    Ok(Audit {
        entries: found.entries,
        transfers: found.transfers,
        events_per_second: figures::per_second(found.entries, elapsed),
        bytes_per_event: bytes.checked_div(found.entries).unwrap_or(0),
        elapsed_ms: u64::try_from(elapsed.as_millis())?,
    })
}
