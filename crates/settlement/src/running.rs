//! Running totals of a territory: each line is counted once, and a run reads only what moved since the last one.

use crate::effort::Measured;
use crate::run::{Computation, NettingInput, Read, conclude, in_force, read};
use crate::share::SharedBefore;
use crate::sum::to_cents;
use crate::tally::Tally;
use chambre_domain::measure::{EffortLine, MeasuredRelogement};
use chambre_domain::{Cents, Convention, Date, NettingProposal, Reason, Refusal, Seq, Siren};
use std::collections::{BTreeMap, BTreeSet};

/// The relogements of one territory with the running totals of their lines.
///
/// [`RunningTerritory::compute`] gives the same bytes as [`crate::compute`] on the same relogements, in the time
/// of those that moved since the last approved run.
#[derive(Debug, Clone, Default)]
pub struct RunningTerritory {
    files: BTreeMap<Seq, File>,
    /// Relogements whose effort may differ from what approved runs shared.
    open: BTreeSet<Seq>,
    shared: SharedBefore,
}

/// One relogement. Invariant: every line is either in `tally` or in `recent`.
#[derive(Debug, Clone)]
struct File {
    version: u32,
    origin: Siren,
    host: Siren,
    lease_date: Date,
    reversed: bool,
    /// Lines that no later cut-off can leave out.
    tally: Tally,
    /// Lines since the last approved run.
    recent: Vec<EffortLine>,
    shared: Cents,
}

impl File {
    fn at(&self, cut_off: Date) -> Measured {
        let mut tally = self.tally;
        self.recent.iter().filter(|line| line.occurred_on <= cut_off).for_each(|line| tally.add(line));
        Measured {
            origin: self.origin,
            host: self.host,
            placed: !self.reversed && self.lease_date <= cut_off,
            tally,
        }
    }
}

impl RunningTerritory {
    /// A territory without relogements.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Records a relogement with the lines and the shared effort it has so far.
    ///
    /// # Errors
    /// [`Reason::RelogementExists`] when its seq is taken; [`Reason::NettingOverflow`].
    pub fn record(&mut self, relogement: &MeasuredRelogement) -> Result<(), Refusal> {
        let seq = relogement.recorded_seq;
        if self.files.contains_key(&seq) {
            return Err(Refusal::new(Reason::RelogementExists, "recorded_seq", seq));
        }
        self.add_shared(relogement.convention_version, relogement.shared)?;
        let file = File {
            version: relogement.convention_version,
            origin: relogement.origin,
            host: relogement.host,
            lease_date: relogement.rents.lease_date,
            reversed: relogement.reversed,
            tally: Tally::default(),
            recent: relogement.lines.clone(),
            shared: relogement.shared,
        };
        self.files.insert(seq, file);
        self.open.insert(seq);
        Ok(())
    }

    /// Counts one more line of a relogement.
    ///
    /// # Errors
    /// [`Reason::RelogementUnknown`].
    pub fn add(&mut self, recorded_seq: Seq, line: EffortLine) -> Result<(), Refusal> {
        self.file(recorded_seq)?.recent.push(line);
        self.open.insert(recorded_seq);
        Ok(())
    }

    /// Marks a relogement as reversed; its mirrored lines are added one by one.
    ///
    /// # Errors
    /// [`Reason::RelogementUnknown`].
    pub fn reverse(&mut self, recorded_seq: Seq) -> Result<(), Refusal> {
        self.file(recorded_seq)?.reversed = true;
        self.open.insert(recorded_seq);
        Ok(())
    }

    /// Relogements that the next run reads.
    #[must_use]
    pub fn open_count(&self) -> usize {
        self.open.len()
    }

    /// Computes a run on the running totals; `relogements` and `shared_before` of the input are not read.
    ///
    /// # Errors
    /// What [`crate::propose`] refuses.
    pub fn compute(&self, input: &NettingInput<'_>) -> Result<Computation, Refusal> {
        let conventions: Vec<&Convention> = input.conventions_of_territory().collect();
        in_force(input)?;
        let mut reads: Vec<Read> = Vec::new();
        for seq in &self.open {
            if let Some(file) = self.files.get(seq) {
                let facts = (*seq, file.version, file.shared);
                reads.extend(read(&conventions, facts, file.at(input.period.to))?);
            }
        }
        conclude(input, &reads, &self.shared)
    }

    /// Books an approved run: what it shared is shared, and its lines will not be read again.
    ///
    /// # Errors
    /// [`Reason::RelogementUnknown`], [`Reason::ConventionUnknown`], [`Reason::NettingOverflow`].
    pub fn approve(&mut self, proposal: &NettingProposal, conventions: &[Convention]) -> Result<(), Refusal> {
        let cut_off = proposal.period.to;
        for shared in &proposal.shared {
            let file = self.file(shared.recorded_seq)?;
            let sum = i128::from(file.shared.get()) + i128::from(shared.amount.get());
            file.shared = to_cents("shared", sum)?;
            let version = file.version;
            self.add_shared(version, shared.amount)?;
        }
        let conventions: Vec<&Convention> =
            conventions.iter().filter(|convention| convention.territory == proposal.territory).collect();
        let mut still_open = BTreeSet::new();
        for seq in &self.open {
            let Some(file) = self.files.get_mut(seq) else { continue };
            let (passed, later): (Vec<EffortLine>, Vec<EffortLine>) =
                std::mem::take(&mut file.recent).into_iter().partition(|line| line.occurred_on <= cut_off);
            passed.iter().for_each(|line| file.tally.add(line));
            file.recent = later;
            file.recent.shrink_to_fit();
            let facts = (*seq, file.version, file.shared);
            let waits = !file.recent.is_empty() || file.lease_date > cut_off;
            // Disputed, refused, or declared while the run waited for its approval.
            if waits || read(&conventions, facts, file.at(cut_off))?.is_some() {
                still_open.insert(*seq);
            }
        }
        self.open = still_open;
        Ok(())
    }

    fn file(&mut self, recorded_seq: Seq) -> Result<&mut File, Refusal> {
        let file = self.files.get_mut(&recorded_seq);
        file.ok_or_else(|| Refusal::new(Reason::RelogementUnknown, "recorded_seq", recorded_seq))
    }

    fn add_shared(&mut self, version: u32, cents: Cents) -> Result<(), Refusal> {
        let sum = self.shared.entry(version).or_default();
        *sum = to_cents("shared", i128::from(sum.get()) + i128::from(cents.get()))?;
        Ok(())
    }
}
