//! Why a bailleur stands where it stands in a run, from the books as they are today.

use super::proposing::{carried_obligations, conventions};
use chambre_domain::explanation::Explanation;
use chambre_domain::measure::MeasuredRelogement;
use chambre_domain::{NettingRun, NettingStatus, Reason, Refusal, Seq, Siren};
use chambre_ledger::Books;
use chambre_settlement::{ExplainInput, SharedBefore};
use std::collections::BTreeSet;

/// Explains the position of a bailleur. The figures are computed again from the lines and compared with those that
/// were frozen: an explanation that no longer gives them is refused.
///
/// # Errors
/// [`Reason::NettingStatus`] before the first proposal, and what [`chambre_settlement::explain`] refuses.
pub(super) fn explain(books: &Books, run: &NettingRun, bailleur: Siren) -> Result<Explanation, Refusal> {
    let not_proposed = || {
        Refusal::new(Reason::NettingStatus, "netting_id", &run.opening.id)
            .with("status", run.status.code())
            .with("step", "EXPLAIN")
    };
    let proposed = run.proposed.as_ref().ok_or_else(not_proposed)?;
    let proposal = &proposed.proposal;
    let territory = proposal.territory;
    let relogements: Vec<MeasuredRelogement> =
        books.relogements_of(territory).map(|file| file.measured.clone()).collect();
    let before = approved_before(books, run, proposed.seq);
    let mut shared_before = SharedBefore::new();
    for share in before.iter().filter_map(|run| run.proposal()).flat_map(|proposal| &proposal.shared) {
        let Some(file) = books.relogement_at(share.recorded_seq) else { continue };
        let sum = shared_before.entry(file.measured.convention_version).or_default();
        *sum = sum
            .checked_add(share.amount)
            .ok_or_else(|| Refusal::new(Reason::NettingOverflow, "shared_before", share.amount))?;
    }
    let held_relogements: BTreeSet<Seq> = proposal.disputed.iter().copied().collect();
    let refusers: BTreeSet<Siren> = proposal.refusers.iter().copied().collect();
    let input = ExplainInput {
        proposal,
        conventions: &conventions(books, territory),
        relogements: &relogements,
        held_relogements: &held_relogements,
        refusers: &refusers,
        shared_before: &shared_before,
        carried_obligations: &carried_obligations(books, before.last().copied())?,
    };
    chambre_settlement::explain(&input, bailleur)
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
