//! A netting run: from the input frozen at a seq of the journal to the proposal an officer signs.

use crate::check::check;
use crate::effort::{Measured, effort_of};
use crate::fingerprint::fingerprint;
use crate::obligations::{self, Obligations};
use crate::pairs::settle_pairs;
use crate::partial::{deferred, without};
use crate::plan::plan;
use crate::settle::{Settled, settle_amounts};
use crate::share::{Delta, SharedBefore, VersionShare, find, share};
use crate::sum::{Sums, add, to_cents};
use chambre_domain::explanation::LimitedBy;
use chambre_domain::measure::MeasuredRelogement;
use chambre_domain::netting::{NetPosition, PairObligation, PaymentPlan, SharedEffort};
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
    /// Relogements in dispute, by their seq: they wait for the run that follows its settlement.
    pub held_relogements: BTreeSet<Seq>,
    /// Bailleurs that refuse the run: their relogements wait, they leave the keys, their position is held.
    pub refusers: BTreeSet<Siren>,
    /// Every version of the territory's convention, for the bailleurs that stand today
    /// ([`Convention::for_heirs`]).
    pub conventions: &'a [Convention],
    /// Relogements of the territory, in any order, with what approved runs shared of them. Those without a line
    /// since the last approved run may be left out, if `shared_before` is given.
    pub relogements: &'a [MeasuredRelogement],
    /// Effort shared by approved runs, by version; when none, the sum over `relogements`.
    pub shared_before: Option<SharedBefore>,
    /// The 467100 of each bailleur before the run; together they sum to zero.
    pub carried_over: BTreeMap<Siren, Cents>,
    /// The pairs behind `carried_over`, for the levels that pay between pairs only: what earlier runs left
    /// due, and payments that lapsed. A carry-over without its pair is not paid at those levels.
    pub carried_obligations: Obligations,
}

impl<'a> NettingInput<'a> {
    /// A run without relogements, conventions, holds or carry-over; the caller fills in what there is.
    #[must_use]
    pub const fn new(
        id: NettingId,
        territory: TerritoryId,
        period: Period,
        at_seq: Seq,
        officer: OfficerId,
    ) -> Self {
        Self {
            id,
            territory,
            period,
            at_seq,
            officer,
            held: Vec::new(),
            held_relogements: BTreeSet::new(),
            refusers: BTreeSet::new(),
            conventions: &[],
            relogements: &[],
            shared_before: None,
            carried_over: BTreeMap::new(),
            carried_obligations: Obligations::new(),
        }
    }

    pub(crate) fn conventions_of_territory(&self) -> impl Iterator<Item = &'a Convention> {
        let territory = self.territory;
        self.conventions.iter().filter(move |convention| convention.territory == territory)
    }
}

/// A run with what stands behind its proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Computation {
    /// What an officer signs.
    pub proposal: NettingProposal,
    /// Efforts and fair shares, by version of the convention.
    pub shares: Vec<VersionShare>,
    /// What keeps positions from being settled whole.
    pub limited_by: BTreeMap<Siren, LimitedBy>,
    /// Gross obligations of this run and before, when the convention pays between pairs.
    pub gross: Obligations,
    /// What this run leaves due between pairs: the `carried_obligations` of the next one.
    pub left: Obligations,
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
    Ok(compute(input)?.proposal)
}

/// The same, with the shares, limits and obligations behind the proposal.
///
/// # Errors
/// What [`propose`] refuses.
pub fn compute(input: &NettingInput<'_>) -> Result<Computation, Refusal> {
    in_force(input)?;
    let reads = reads_of(input, input.relogements)?;
    let shared_before = match &input.shared_before {
        Some(shared) => shared.clone(),
        None => shared_by_version(input.relogements.iter().filter(|one| one.territory == input.territory))?,
    };
    conclude(input, &reads, &shared_before)
}

/// Effort that approved runs shared, by version of the convention.
///
/// # Errors
/// [`Reason::NettingOverflow`].
pub fn shared_by_version<'a>(
    relogements: impl IntoIterator<Item = &'a MeasuredRelogement>,
) -> Result<SharedBefore, Refusal> {
    let mut sums: BTreeMap<u32, i128> = BTreeMap::new();
    for one in relogements {
        *sums.entry(one.convention_version).or_default() += i128::from(one.shared.get());
    }
    sums.into_iter().map(|(version, sum)| Ok((version, to_cents("shared", sum)?))).collect()
}

/// One relogement as a run reads it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Read {
    pub(crate) delta: Delta,
    pub(crate) shared: Cents,
    pub(crate) measured: Measured,
}

/// Relogements whose effort is not what earlier runs shared, in the order of the journal.
fn reads_of(input: &NettingInput<'_>, relogements: &[MeasuredRelogement]) -> Result<Vec<Read>, Refusal> {
    let conventions: Vec<&Convention> = input.conventions_of_territory().collect();
    let mut reads = Vec::new();
    for one in relogements.iter().filter(|one| one.territory == input.territory) {
        let measured = Measured::at(one, input.period.to);
        let facts = (one.recorded_seq, one.convention_version, one.shared);
        reads.extend(read(&conventions, facts, measured)?);
    }
    reads.sort_unstable_by_key(|read| read.delta.recorded_seq);
    Ok(reads)
}

/// What a run shares of one relogement, from (seq, version, shared before) and its running totals.
pub(crate) fn read(
    conventions: &[&Convention],
    (recorded_seq, version, shared): (Seq, u32, Cents),
    measured: Measured,
) -> Result<Option<Read>, Refusal> {
    let convention = conventions.iter().find(|convention| convention.version == version);
    let convention =
        convention.ok_or_else(|| Refusal::new(Reason::ConventionUnknown, "convention_version", version))?;
    let now = effort_of(&measured, convention)?;
    let amount = to_cents("effort", i128::from(now.get()) - i128::from(shared.get()))?;
    let delta = Delta { recorded_seq, version, origin: measured.origin, host: measured.host, amount };
    Ok((amount != Cents::ZERO).then_some(Read { delta, shared, measured }))
}

/// From what each relogement shares to the proposal.
pub(crate) fn conclude(
    input: &NettingInput<'_>,
    reads: &[Read],
    shared_before: &SharedBefore,
) -> Result<Computation, Refusal> {
    let settling = in_force(input)?;
    let conventions: Vec<Convention> =
        input.conventions_of_territory().map(|one| without(one, &input.refusers)).collect();
    let mut kept = Vec::new();
    for read in reads {
        let convention = find(&conventions, read.delta.version)?;
        if !deferred(&read.delta, convention, &input.held_relogements, &input.refusers) {
            kept.push(*read);
        }
    }
    if kept.is_empty() && input.carried_over.values().all(|cents| *cents == Cents::ZERO) {
        return Err(Refusal::new(Reason::NettingNothing, "territory_siren", input.territory)
            .with("to", input.period.to));
    }
    let deltas: Vec<Delta> = kept.iter().map(|read| read.delta).collect();
    let shares = share(&deltas, &conventions, shared_before)?;
    let mut positions = positions(&shares, &input.carried_over)?;
    let held: BTreeSet<Siren> = input.held.iter().chain(&input.refusers).copied().collect();
    let input_sha256 = fingerprint(input, settling.version, &conventions, &kept, &held, shared_before);
    let settlement = settle(input, settling, &conventions, &deltas, &shares, &positions, &held)?;
    let mut limited_by = BTreeMap::new();
    for position in &mut positions {
        let settled = settlement.settled.get(&position.bailleur).copied().unwrap_or_default();
        position.settled = settled.amount;
        limited_by.extend(settled.limited_by.map(|limit| (position.bailleur, limit)));
    }
    let shared = deltas
        .iter()
        .map(|delta| SharedEffort { recorded_seq: delta.recorded_seq, amount: delta.amount })
        .collect();
    let proposal = NettingProposal {
        id: input.id.clone(),
        territory: input.territory,
        period: input.period,
        at_seq: input.at_seq,
        officer: input.officer.clone(),
        revision: 1,
        input_sha256,
        held: held.into_iter().collect(),
        disputed: input.held_relogements.iter().copied().collect(),
        refusers: input.refusers.iter().copied().collect(),
        left: settlement.left.iter().map(pair_obligation).collect(),
        shared,
        positions,
        plan: settlement.plan,
    };
    check(&proposal, settling.settlement.level)?;
    Ok(Computation { proposal, shares, limited_by, gross: settlement.gross, left: settlement.left })
}

fn pair_obligation(((debtor, creditor), amount): (&(Siren, Siren), &Cents)) -> PairObligation {
    PairObligation { debtor: *debtor, creditor: *creditor, amount: *amount }
}

/// The version in force on the last day of the period.
pub(crate) fn in_force<'a>(input: &NettingInput<'a>) -> Result<&'a Convention, Refusal> {
    input
        .conventions_of_territory()
        .filter(|convention| convention.in_force_from <= input.period.to)
        .max_by_key(|convention| (convention.in_force_from, convention.version))
        .ok_or_else(|| Refusal::new(Reason::NoConvention, "period.to", input.period.to))
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

/// What a run settles, and between whom.
struct Settlement {
    settled: BTreeMap<Siren, Settled>,
    plan: PaymentPlan,
    gross: Obligations,
    left: Obligations,
}

fn settle(
    input: &NettingInput<'_>,
    settling: &Convention,
    conventions: &[Convention],
    deltas: &[Delta],
    shares: &[VersionShare],
    positions: &[NetPosition],
    held: &BTreeSet<Siren>,
) -> Result<Settlement, Refusal> {
    let rule = &settling.settlement;
    if rule.level.is_multilateral() {
        let by_siren = positions.iter().map(|position| (position.bailleur, position.position)).collect();
        let settled = settle_amounts(&by_siren, rule, held)?;
        let amounts = settled.iter().map(|(bailleur, settled)| (*bailleur, settled.amount)).collect();
        let plan = plan(&input.id, &amounts)?;
        return Ok(Settlement { settled, plan, gross: Obligations::new(), left: Obligations::new() });
    }
    let gross = owed(&input.id, &input.carried_obligations, conventions, deltas, shares)?;
    let due = obligations::net(&gross, rule.level)?;
    let pairs = settle_pairs(&input.id, &due, rule.level, rule, held)?;
    Ok(Settlement { settled: pairs.settled, plan: pairs.plan, gross, left: pairs.left })
}

/// Who owes whom: carried obligations, those of causal versions, and those of older versions with a key, whose
/// only pairs are the payments that settle them.
pub(crate) fn owed(
    id: &NettingId,
    carried: &Obligations,
    conventions: &[Convention],
    deltas: &[Delta],
    shares: &[VersionShare],
) -> Result<Obligations, Refusal> {
    let mut causal = Vec::new();
    for delta in deltas {
        if find(conventions, delta.version)?.fair_share.is_causal() {
            causal.push(delta);
        }
    }
    let mut keyed = Sums::new();
    for version in shares.iter().filter(|version| version.division.is_some()) {
        version.effort.iter().for_each(|(bailleur, cents)| add(&mut keyed, *bailleur, *cents));
        let parts = version.fair_share.iter();
        parts.for_each(|(siren, cents)| *keyed.entry(*siren).or_default() -= i128::from(cents.get()));
    }
    let keyed = plan(id, &crate::sum::all_to_cents("positions", keyed)?)?;
    let pairs = obligations::gross(causal)?;
    let known = pairs.iter().chain(carried);
    let known = known.map(|((from, to), cents)| (*from, *to, i128::from(cents.get())));
    let paid = keyed.payments.iter().map(|one| (one.from, one.to, i128::from(one.amount.get())));
    obligations::sum(known.chain(paid))
}
