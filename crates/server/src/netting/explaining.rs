//! Why a bailleur stands where it stands in a run, from the books as they are today.

use super::proposing::{carried_obligations, conventions};
use chambre_domain::explanation::Explanation;
use chambre_domain::measure::MeasuredRelogement;
use chambre_domain::netting_run::Proposed;
use chambre_domain::{Cents, Convention, NettingRun, NettingStatus, Reason, Refusal, Seq, Siren};
use chambre_ledger::Books;
use chambre_settlement::{Delta, ExplainInput, Obligations, SharedBefore, VersionShare, without};
use std::collections::{BTreeMap, BTreeSet};

/// A proposed run with all that it read, taken out of the books: explained without holding the writer up.
pub(super) struct Frozen {
    /// The run.
    pub run: NettingRun,
    /// Its proposal.
    pub proposed: Proposed,
    /// Every version of the convention, for the bailleurs that stand today.
    pub conventions: Vec<Convention>,
    /// Effort that the runs approved before had shared, by version.
    pub shared_before: SharedBefore,
    relogements: Vec<MeasuredRelogement>,
    carried_obligations: Obligations,
}

impl Frozen {
    /// Reads what a run had read.
    ///
    /// # Errors
    /// [`Reason::NettingStatus`] before the first proposal.
    pub fn take(books: &Books, run: &NettingRun) -> Result<Self, Refusal> {
        let not_proposed = || {
            Refusal::new(Reason::NettingStatus, "netting_id", &run.opening.id)
                .with("status", run.status.code())
                .with("step", "EXPLAIN")
        };
        let proposed = run.proposed.clone().ok_or_else(not_proposed)?;
        let territory = proposed.proposal.territory;
        let before = approved_before(books, run, proposed.seq);
        let overflow = |amount: Cents| Refusal::new(Reason::NettingOverflow, "shared_before", amount);
        let mut by_version = SharedBefore::new();
        let mut by_relogement: BTreeMap<Seq, Cents> = BTreeMap::new();
        for share in before.iter().filter_map(|run| run.proposal()).flat_map(|proposal| &proposal.shared) {
            let Some(file) = books.relogement_at(share.recorded_seq) else { continue };
            for sum in [
                by_version.entry(file.measured.convention_version).or_default(),
                by_relogement.entry(share.recorded_seq).or_default(),
            ] {
                *sum = sum.checked_add(share.amount).ok_or_else(|| overflow(share.amount))?;
            }
        }
        let as_then = |measured: &MeasuredRelogement| {
            // What later runs shared is not part of this one.
            let shared = by_relogement.get(&measured.recorded_seq).copied().unwrap_or_default();
            MeasuredRelogement { shared, ..measured.clone() }
        };
        Ok(Self {
            run: run.clone(),
            conventions: conventions(books, territory),
            relogements: books.relogements_of(territory).map(|file| as_then(&file.measured)).collect(),
            carried_obligations: carried_obligations(books, before.last().copied())?,
            shared_before: by_version,
            proposed,
        })
    }

    /// Explains the position of a bailleur. The figures are computed again from the lines and compared with those
    /// that were frozen: an explanation that no longer gives them is refused.
    ///
    /// # Errors
    /// What [`chambre_settlement::explain`] refuses.
    pub fn explain(&self, bailleur: Siren) -> Result<Explanation, Refusal> {
        let proposal = &self.proposed.proposal;
        let held_relogements: BTreeSet<Seq> = proposal.disputed.iter().copied().collect();
        let input = ExplainInput {
            proposal,
            conventions: &self.conventions,
            relogements: &self.relogements,
            held_relogements: &held_relogements,
            refusers: &self.refusers(),
            shared_before: &self.shared_before,
            carried_obligations: &self.carried_obligations,
        };
        chambre_settlement::explain(&input, bailleur)
    }

    /// Efforts, fair shares and the divisions behind them, by version.
    ///
    /// # Errors
    /// What [`chambre_settlement::share`] refuses; [`Reason::RelogementUnknown`] when the books lack a relogement.
    pub fn shares(&self) -> Result<Vec<VersionShare>, Refusal> {
        let by_seq: BTreeMap<Seq, &MeasuredRelogement> =
            self.relogements.iter().map(|one| (one.recorded_seq, one)).collect();
        let mut deltas = Vec::new();
        for shared in &self.proposed.proposal.shared {
            let one = by_seq.get(&shared.recorded_seq).ok_or_else(|| {
                Refusal::new(Reason::RelogementUnknown, "shared.recorded_seq", shared.recorded_seq)
            })?;
            deltas.push(Delta {
                recorded_seq: shared.recorded_seq,
                version: one.convention_version,
                origin: one.origin,
                host: one.host,
                amount: shared.amount,
            });
        }
        let refusers = self.refusers();
        let conventions: Vec<Convention> =
            self.conventions.iter().map(|one| without(one, &refusers)).collect();
        chambre_settlement::share(&deltas, &conventions, &self.shared_before)
    }

    fn refusers(&self) -> BTreeSet<Siren> {
        self.proposed.proposal.refusers.iter().copied().collect()
    }
}

/// The runs of the territory approved before a proposal, the earliest first.
fn approved_before<'a>(books: &'a Books, run: &NettingRun, proposed: Seq) -> Vec<&'a NettingRun> {
    let approved_seq = |other: &NettingRun| other.approved.as_ref().map(|(_, seq)| *seq);
    let mut before: Vec<&NettingRun> = books
        .nettings()
        .filter(|other| {
            other.opening.territory == run.opening.territory
                && other.status != NettingStatus::Cancelled
                && approved_seq(other).is_some_and(|seq| seq < proposed)
        })
        .collect();
    before.sort_by_key(|other| approved_seq(other));
    before
}
