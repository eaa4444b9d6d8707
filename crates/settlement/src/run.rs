//! A netting run: from the input frozen at a seq of the journal to the proposal an officer signs.

use crate::check::check;
use crate::effort::effort;
use crate::fingerprint::fingerprint;
use crate::plan::plan;
use crate::settle::settle_amounts;
use crate::share::{Delta, VersionShare, find, share};
use crate::sum::{Sums, add, to_cents};
use chambre_domain::measure::MeasuredRelogement;
use chambre_domain::netting::{NetPosition, SharedEffort};
use chambre_domain::{
    Cents, Convention, NettingId, NettingProposal, OfficerId, Period, Reason, Refusal, Seq, Siren,
    TerritoryId,
};
use std::collections::{BTreeMap, BTreeSet};

/// Everything a run reads: the books of a territory as they stand at a seq.
#[derive(Debug, Clone)]
pub struct NettingInput<'a> {
    /// Identifier of the run; the ids of its payments come from it.
    pub id: NettingId,
    /// The territory; relogements and conventions of another one are left out.
    pub territory: TerritoryId,
    /// What happened up to its last day counts, if it was not shared before.
    pub period: Period,
    /// The last seq of the journal that the rest takes into account.
    pub at_seq: Seq,
    /// The officer who proposes.
    pub officer: OfficerId,
    /// Bailleurs whose position is carried over whole (dispute).
    pub held: Vec<Siren>,
    /// Every version of the territory's convention.
    pub conventions: &'a [Convention],
    /// Every relogement of the territory, in any order, with what approved runs shared of it.
    pub relogements: &'a [MeasuredRelogement],
    /// The 467100 of each bailleur before the run; together they sum to zero.
    pub carried_over: BTreeMap<Siren, Cents>,
}

impl<'a> NettingInput<'a> {
    pub(crate) fn conventions_of_territory(&self) -> impl Iterator<Item = &'a Convention> {
        let territory = self.territory;
        self.conventions.iter().filter(move |convention| convention.territory == territory)
    }
}

/// Computes a run: efforts, fair shares, positions, amounts settled, payments.
///
/// Each relogement follows the convention of its lease date; what is paid at once follows the version in force
/// on the last day of the period. The result has passed [`check()`].
///
/// # Errors
/// - [`Reason::NoConvention`]: none is in force on the last day of the period;
/// - [`Reason::ConventionUnknown`]: a relogement follows a version that is not in the input;
/// - [`Reason::NettingNothing`]: nothing to share and nothing carried over;
/// - [`Reason::NettingWeights`]: every weight of a key is zero and the effort is not;
/// - [`Reason::NettingOverflow`]: amounts beyond a cent counter, or (fact `invariant`) inconsistent input, such
///   as carry-overs that do not sum to zero.
pub fn propose(input: &NettingInput<'_>) -> Result<NettingProposal, Refusal> {
    let settling = in_force(input)?;
    let conventions: Vec<Convention> = input.conventions_of_territory().cloned().collect();
    let relogements = in_journal_order(input);
    let deltas = deltas(&relogements, &conventions, input.period)?;
    if deltas.is_empty() && input.carried_over.values().all(|cents| *cents == Cents::ZERO) {
        return Err(Refusal::new(Reason::NettingNothing, "territory_siren", input.territory)
            .with("to", input.period.to));
    }
    let mut positions = positions(&share(&deltas, &conventions)?, &input.carried_over)?;
    let held: BTreeSet<Siren> = input.held.iter().copied().collect();
    let input_sha256 = fingerprint(input, settling, &relogements, &held);
    let held: Vec<Siren> = held.into_iter().collect();
    let rule = &settling.settlement;
    let settled = settle_amounts(
        &positions.iter().map(|position| (position.bailleur, position.position)).collect(),
        &rule.debtor_caps_cents,
        &held,
        rule.de_minimis_cents,
        rule.mode,
    )?;
    for position in &mut positions {
        position.settled = settled.get(&position.bailleur).copied().unwrap_or_default();
    }
    let shared = deltas
        .iter()
        .map(|delta| SharedEffort { recorded_seq: delta.relogement.recorded_seq, amount: delta.amount });
    let proposal = NettingProposal {
        id: input.id.clone(),
        territory: input.territory,
        period: input.period,
        at_seq: input.at_seq,
        officer: input.officer.clone(),
        revision: 1,
        input_sha256,
        held,
        disputed: Vec::new(),
        shared: shared.collect(),
        positions,
        plan: plan(&input.id, &settled)?,
    };
    check(&proposal)?;
    Ok(proposal)
}

/// The version in force on the last day of the period.
fn in_force<'a>(input: &NettingInput<'a>) -> Result<&'a Convention, Refusal> {
    input
        .conventions_of_territory()
        .filter(|convention| convention.in_force_from <= input.period.to)
        .max_by_key(|convention| (convention.in_force_from, convention.version))
        .ok_or_else(|| Refusal::new(Reason::NoConvention, "period.to", input.period.to))
}

fn in_journal_order<'a>(input: &NettingInput<'a>) -> Vec<&'a MeasuredRelogement> {
    let mut relogements: Vec<&MeasuredRelogement> =
        input.relogements.iter().filter(|relogement| relogement.territory == input.territory).collect();
    relogements.sort_by_key(|relogement| relogement.recorded_seq);
    relogements
}

/// Effort now less effort shared before, where they differ.
fn deltas<'a>(
    relogements: &[&'a MeasuredRelogement],
    conventions: &[Convention],
    period: Period,
) -> Result<Vec<Delta<'a>>, Refusal> {
    let mut deltas = Vec::new();
    for relogement in relogements {
        let now = effort(relogement, find(conventions, relogement.convention_version)?, period.to)?;
        let amount = to_cents("effort", i128::from(now.get()) - i128::from(relogement.shared.get()))?;
        if amount != Cents::ZERO {
            deltas.push(Delta { relogement, amount });
        }
    }
    Ok(deltas)
}

/// Effort − fair share + carry-over of each bailleur that has any of them; nothing settled yet.
fn positions(
    shares: &[VersionShare],
    carried_over: &BTreeMap<Siren, Cents>,
) -> Result<Vec<NetPosition>, Refusal> {
    let (mut efforts, mut fair_shares, mut bailleurs) = (Sums::new(), Sums::new(), BTreeSet::new());
    for version in shares {
        version.effort.iter().for_each(|(bailleur, cents)| add(&mut efforts, *bailleur, *cents));
        version.fair_share.iter().for_each(|(bailleur, cents)| add(&mut fair_shares, *bailleur, *cents));
    }
    bailleurs.extend(efforts.keys().chain(fair_shares.keys()).chain(carried_over.keys()).copied());
    let mut positions = Vec::new();
    for bailleur in bailleurs {
        let effort = efforts.get(&bailleur).copied().unwrap_or_default();
        let fair_share = fair_shares.get(&bailleur).copied().unwrap_or_default();
        let carried = carried_over.get(&bailleur).copied().unwrap_or_default();
        if effort != 0 || fair_share != 0 || carried != Cents::ZERO {
            positions.push(NetPosition {
                bailleur,
                effort: to_cents("effort", effort)?,
                fair_share: to_cents("fair_share", fair_share)?,
                carried_over: carried,
                position: to_cents("position", effort - fair_share + i128::from(carried.get()))?,
                settled: Cents::ZERO,
            });
        }
    }
    Ok(positions)
}
