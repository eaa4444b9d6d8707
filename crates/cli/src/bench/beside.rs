//! Two servers in turn, under the same load: what access control and signed checkpoints cost.
//!
//! | side | identities | record of accesses | seals | Merkle tree |
//! |---|---|---|---|---|
//! | without | none: a trial | none | on each entry | there, nobody asks |
//! | with | Ed25519 tokens, a directory | each call, sealed | on each entry | a signed checkpoint each second |
//!
//! Seals cannot be turned off. Each round measures each side once, and starts with the other side than the round
//! before: a machine that slows down slows both.

use super::badge::{ADMINISTRATOR, AUDITOR, Badge, Issuer, OFFICER};
use super::child::Child;
use super::figures::{Audit, Figure, median, microseconds};
use super::lane::{self, Door, Lane};
use super::machine::Machine;
use super::parties::Parties;
use crate::failure::Failure;
use crate::look::{cell, count, table};
use crate::report;
use anyhow::Context as _;
use chambre_api::{Client, v1};
use chambre_server::access::log;
use serde::Serialize;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// What is compared: calls of one event, and batches.
const LANES: [Lane; 4] = [
    Lane::unary("appel simple, 32 appelants", 32, 4),
    Lane::unary("appel simple, 256 appelants", 256, 8),
    Lane::batch("lot de 100, 4 en vol", 100, 4),
    Lane::batch("lot de 1000, 4 en vol", 1000, 4),
];

/// Between two checkpoints asked for.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(1);

/// A server under measure, and what it acknowledged.
struct Side {
    child: Child,
    data: PathBuf,
    parties: Arc<Parties>,
    badges: Vec<Badge>,
    auditor: Option<Client>,
    acknowledged: u64,
    checkpoints: u64,
}

/// What one side did, round by round.
#[derive(Debug, Clone, Default, Serialize)]
struct Rounds {
    events_per_second: Vec<u64>,
    server_cpu_ns_per_event: Vec<u64>,
}

/// One way of sending, on both sides.
#[derive(Debug, Clone, Serialize)]
struct Line {
    lane: &'static str,
    without: Rounds,
    with: Rounds,
    /// Median with, over median without, in thousandths.
    ratio_per_mille: u64,
}

/// Everything that was compared.
#[derive(Debug, Clone, Serialize)]
pub struct Comparison {
    machine: Machine,
    rounds: u32,
    seconds_per_round: u64,
    lines: Vec<Line>,
    /// Journals verified afterwards: without, with.
    audits: [Audit; 2],
    /// Lines of the record of accesses, seals checked.
    accesses: u64,
    /// Checkpoints signed during the rounds.
    checkpoints: u64,
}

/// Measures both sides in turn, then verifies both journals and the record of accesses.
///
/// # Errors
/// As a measure of one server; a record of accesses that does not verify, or misses a call (exit code 3).
pub async fn compare(
    data: &Path,
    span: Duration,
    rounds: u32,
    machine: Machine,
) -> anyhow::Result<Comparison> {
    let issuer = Issuer::new(&data.join("identites"))?;
    let mut sides =
        [Side::without(&data.join("sans")).await?, Side::with(&data.join("avec"), &issuer).await?];
    for side in &mut sides {
        side.run(&Lane::batch("mise en route", 100, 4), span / 4).await?;
    }
    let mut lines = Vec::with_capacity(LANES.len());
    for lane in LANES {
        let mut taken = [Rounds::default(), Rounds::default()];
        for round in 0..rounds {
            let order = if round % 2 == 0 { [0, 1] } else { [1, 0] };
            for side in order {
                let figure = sides[side].run(&lane, span).await;
                taken[side].add(&figure.with_context(|| format!("mesure « {} »", lane.name))?);
            }
        }
        let [without, with] = taken;
        let line = Line::new(lane.name, without, with);
        report::warn(&format!("· {} : {}", lane.name, tenths(line.ratio_per_mille)));
        lines.push(line);
    }
    let checkpoints = sides[1].checkpoints;
    let [without, with] = sides;
    let folder = with.data.clone();
    let audits = [without.close().await?, with.close().await?];
    let record = log::verify(&folder).map_err(|error| Failure::infrastructure(error.to_string()))?;
    let seconds_per_round = span.as_secs();
    Ok(Comparison { machine, rounds, seconds_per_round, lines, audits, accesses: record.lines, checkpoints })
}

impl Side {
    async fn without(data: &Path) -> anyhow::Result<Self> {
        let child = Child::spawn(data, &[])?;
        let client = Client::connect(&child.uri()).await?;
        Self::registered(child, data, [&client, &client], Badge::all(), None).await
    }

    async fn with(data: &Path, issuer: &Issuer) -> anyhow::Result<Self> {
        let child = Child::spawn(data, &issuer.options())?;
        let administrator = issuer.connect(&child.uri(), ADMINISTRATOR).await?;
        let officer = issuer.connect(&child.uri(), OFFICER).await?;
        let auditor = issuer.connect(&child.uri(), AUDITOR).await?;
        Self::registered(child, data, [&administrator, &officer], issuer.badges()?, Some(auditor)).await
    }

    async fn registered(
        child: Child,
        data: &Path,
        [administrator, officer]: [&Client; 2],
        badges: Vec<Badge>,
        auditor: Option<Client>,
    ) -> anyhow::Result<Self> {
        let parties = Arc::new(Parties::register(administrator, officer).await?);
        let (data, acknowledged) = (data.to_owned(), parties.entries);
        Ok(Self { child, data, parties, badges, auditor, acknowledged, checkpoints: 0 })
    }

    /// One round.
    async fn run(&mut self, lane: &Lane, span: Duration) -> anyhow::Result<Figure> {
        let door = Door { child: &self.child, parties: &self.parties, badges: &self.badges };
        let mut signed = 0;
        let figure = tokio::select! {
            figure = lane::run(lane, door, span) => figure?,
            failed = ask(self.auditor.clone(), &mut signed) => failed?,
        };
        self.acknowledged += figure.events;
        self.checkpoints += signed;
        Ok(figure)
    }

    /// Stops the server, and verifies that its journal holds what it acknowledged.
    async fn close(self) -> anyhow::Result<Audit> {
        self.child.stop().await?;
        super::audit(&self.data, self.acknowledged)
    }
}

/// Asks for a checkpoint again and again, and counts those that are signed; without anybody to ask, waits for ever.
///
/// # Errors
/// A checkpoint that is refused, or not signed: what is measured would not be what is said.
async fn ask(auditor: Option<Client>, signed: &mut u64) -> anyhow::Result<Figure> {
    let Some(auditor) = auditor else { return std::future::pending().await };
    loop {
        let request = v1::GetCheckpointRequest::default();
        let answer = auditor.audit().get_checkpoint(request).await.context("point de contrôle")?;
        anyhow::ensure!(!answer.into_inner().note.is_empty(), "le point de contrôle n’est pas signé");
        *signed += 1;
        tokio::time::sleep(CHECKPOINT_EVERY).await;
    }
}

impl Rounds {
    fn add(&mut self, figure: &Figure) {
        self.events_per_second.push(figure.events_per_second);
        self.server_cpu_ns_per_event.push(figure.server_cpu_ns_per_event);
    }

    fn speed(&self) -> u64 {
        median(self.events_per_second.iter().copied())
    }

    fn cpu(&self) -> String {
        microseconds(median(self.server_cpu_ns_per_event.iter().copied()))
    }

    /// The slowest and the fastest round.
    fn spread(&self) -> String {
        let (least, most) = (self.events_per_second.iter().min(), self.events_per_second.iter().max());
        format!("{} à {}", count(least.copied().unwrap_or(0)), count(most.copied().unwrap_or(0)))
    }
}

impl Line {
    fn new(lane: &'static str, without: Rounds, with: Rounds) -> Self {
        let ratio_per_mille = (with.speed() * 1000).checked_div(without.speed()).unwrap_or(0);
        Self { lane, without, with, ratio_per_mille }
    }
}

impl Comparison {
    /// For a person.
    pub fn text(&self) -> String {
        let mut table = table(&[
            "Mesure",
            ">sans, médiane",
            ">avec, médiane",
            ">avec / sans",
            ">sans, étendue",
            ">avec, étendue",
            ">CPU sans",
            ">CPU avec",
        ]);
        for Line { lane, without, with, ratio_per_mille } in &self.lines {
            table.add_row([
                cell(lane),
                cell(count(without.speed())),
                cell(count(with.speed())),
                cell(tenths(*ratio_per_mille)),
                cell(without.spread()),
                cell(with.spread()),
                cell(without.cpu()),
                cell(with.cpu()),
            ]);
        }
        let machine = &self.machine;
        let mut out = format!(
            "Machine : {} cœurs {}, {} Mio, Linux {}, {}\nDurabilité : {}\n\
             Compilation : {} ; client et serveurs se partagent la machine ; {} tours de {} s, à tour de rôle\n\
             Sans : ni identités ni points de contrôle ; les sceaux ne s’éteignent pas.\n\
             Avec : jetons Ed25519, annuaire, journal des accès, point de contrôle signé demandé chaque seconde.\n\n\
             {table}\nÉvénements acquittés par seconde ; CPU du serveur par événement.\n\n",
            machine.cores,
            machine.cpu,
            count(machine.memory_mib),
            machine.kernel,
            machine.file_system,
            machine.durability,
            machine.profile,
            self.rounds,
            self.seconds_per_round,
        );
        let [without, with] = &self.audits;
        let _ = writeln!(
            out,
            "Journaux vérifiés : {} et {} écritures, autant qu’acquittées\n\
             Journal des accès : {} appels, sceaux vérifiés ; points de contrôle signés : {}",
            count(without.entries),
            count(with.entries),
            count(self.accesses),
            count(self.checkpoints),
        );
        out
    }
}

/// `97,3 %`.
fn tenths(per_mille: u64) -> String {
    format!("{},{} %", per_mille / 10, per_mille % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounds(events_per_second: &[u64]) -> Rounds {
        Rounds { events_per_second: events_per_second.to_vec(), ..Rounds::default() }
    }

    #[test]
    fn the_ratio_is_of_the_medians() {
        let line = Line::new("", rounds(&[100, 300, 200]), rounds(&[1, 197, 900]));
        assert_eq!((line.ratio_per_mille, tenths(line.ratio_per_mille)), (985, "98,5 %".to_owned()));
        assert_eq!(line.without.spread(), "100 à 300");
        assert_eq!(Line::new("", rounds(&[]), rounds(&[])).ratio_per_mille, 0);
    }
}
