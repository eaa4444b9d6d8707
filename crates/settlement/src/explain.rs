//! Why a bailleur stands where it stands: from its position to the lines, the key, the cent and the payments.

use crate::divide::Division;
use crate::effort::{Measured, effort_steps, shares_internal};
use crate::obligations::{self, Obligations};
use crate::pairs::settle_pairs;
use crate::partial::{deferred, without};
use crate::settle::settle_amounts;
use crate::share::{Delta, SharedBefore, VersionShare, find, share};
use crate::sum::to_cents;
use chambre_domain::convention::{CostLine, FairShare};
use chambre_domain::explanation::{
    ExplainedKey, ExplainedPart, ExplainedPayment, ExplainedRelogement, ExplainedSettlement, ExplainedShare,
    Explanation, LeftOut, LimitedBy,
};
use chambre_domain::measure::{EffortLine, LineKind, MeasuredRelogement};
use chambre_domain::netting::{NetPosition, Payment};
use chambre_domain::{Cents, Convention, Date, NettingProposal, Reason, Refusal, Seq, Siren};
use std::collections::{BTreeMap, BTreeSet};

/// A proposal with what it read, to explain it long after.
#[derive(Debug, Clone)]
pub struct ExplainInput<'a> {
    /// The run, as it was frozen.
    pub proposal: &'a NettingProposal,
    /// Every version of the convention, for the bailleurs that stood when it was proposed.
    pub conventions: &'a [Convention],
    /// The relogements of the territory as they stand today: lines after the run are left out by their seq.
    pub relogements: &'a [MeasuredRelogement],
    /// Relogements that were in dispute.
    pub held_relogements: &'a BTreeSet<Seq>,
    /// Bailleurs that refused the run.
    pub refusers: &'a BTreeSet<Siren>,
    /// Effort that the runs approved before this one had shared, by version; read by units and outside money.
    pub shared_before: &'a SharedBefore,
    /// The pairs that were carried over, for the levels that pay between pairs.
    pub carried_obligations: &'a Obligations,
}

/// Explains the position of one bailleur.
///
/// Everything is computed again from the lines and compared with the frozen figures: an explanation that would
/// give other figures is refused, never shown.
///
/// # Errors
/// [`Reason::BailleurUnknown`] for a bailleur without a position in the run; [`Reason::RelogementUnknown`],
/// [`Reason::ConventionUnknown`], [`Reason::NoConvention`] when the input lacks what the run read;
/// [`Reason::NettingOutdated`] when today's input no longer gives the frozen figures.
pub fn explain(input: &ExplainInput<'_>, bailleur: Siren) -> Result<Explanation, Refusal> {
    let proposal = input.proposal;
    let position = *proposal
        .positions
        .iter()
        .find(|position| position.bailleur == bailleur)
        .ok_or_else(|| Refusal::new(Reason::BailleurUnknown, "bailleur_siren", bailleur))?;
    let of_territory = |one: &&Convention| one.territory == proposal.territory;
    let original: Vec<Convention> = input.conventions.iter().filter(of_territory).cloned().collect();
    let conventions: Vec<Convention> = original.iter().map(|one| without(one, input.refusers)).collect();
    let deltas = deltas(input)?;
    let shares = share(&deltas, &conventions, input.shared_before)?;
    let relogements = explained_relogements(input, &conventions, &deltas, bailleur)?;
    let shares_of_it = explained_shares(&conventions, &shares, bailleur)?;
    agrees("effort", shares.iter().filter_map(|one| one.effort.get(&bailleur)), position.effort)?;
    agrees("fair_share", shares_of_it.iter().map(|one| &one.share), position.fair_share)?;
    let settlement = explained_settlement(input, &original, &conventions, &deltas, &shares, &position)?;
    Ok(Explanation {
        netting: proposal.id.clone(),
        territory: proposal.territory,
        period: proposal.period,
        position,
        relogements,
        shares: shares_of_it,
        settlement,
        payments: explained_payments(&proposal.plan.payments, bailleur),
    })
}

fn agrees<'a>(field: &str, parts: impl Iterator<Item = &'a Cents>, frozen: Cents) -> Result<(), Refusal> {
    let sum: i128 = parts.map(|cents| i128::from(cents.get())).sum();
    if sum == i128::from(frozen.get()) {
        return Ok(());
    }
    Err(Refusal::new(Reason::NettingOutdated, field, sum).with("frozen", frozen))
}

/// What the run shared, with the parties of each relogement.
fn deltas(input: &ExplainInput<'_>) -> Result<Vec<Delta>, Refusal> {
    let by_seq: BTreeMap<Seq, &MeasuredRelogement> =
        input.relogements.iter().map(|one| (one.recorded_seq, one)).collect();
    let delta = |shared: &chambre_domain::netting::SharedEffort| {
        let one = by_seq.get(&shared.recorded_seq).ok_or_else(|| {
            Refusal::new(Reason::RelogementUnknown, "shared.recorded_seq", shared.recorded_seq)
        })?;
        let MeasuredRelogement { origin, host, convention_version: version, .. } = **one;
        Ok(Delta { recorded_seq: shared.recorded_seq, version, origin, host, amount: shared.amount })
    };
    input.proposal.shared.iter().map(delta).collect()
}

fn explained_relogements(
    input: &ExplainInput<'_>,
    conventions: &[Convention],
    deltas: &[Delta],
    bailleur: Siren,
) -> Result<Vec<ExplainedRelogement>, Refusal> {
    let proposal = input.proposal;
    let shared: BTreeMap<Seq, Cents> =
        deltas.iter().map(|delta| (delta.recorded_seq, delta.amount)).collect();
    let mut explained = Vec::new();
    for one in input.relogements.iter().filter(|one| one.territory == proposal.territory) {
        let Some(role) = one.role_of(bailleur) else { continue };
        let known = one.recorded_seq <= proposal.at_seq && one.rents.lease_date <= proposal.period.to;
        let convention = find(conventions, one.convention_version)?;
        let counts = one.host == bailleur || convention.fair_share.is_causal();
        if known && counts {
            let shared_now = shared.get(&one.recorded_seq).copied().unwrap_or_default();
            explained.push(explained_relogement(input, convention, one, role, shared_now)?);
        }
    }
    explained.sort_unstable_by_key(|one| one.recorded_seq);
    Ok(explained)
}

fn explained_relogement(
    input: &ExplainInput<'_>,
    convention: &Convention,
    one: &MeasuredRelogement,
    role: chambre_domain::explanation::RelogementRole,
    shared_now: Cents,
) -> Result<ExplainedRelogement, Refusal> {
    let NettingProposal { at_seq, period, .. } = *input.proposal;
    // The books as they stood: what was declared after the run is not part of it.
    let lines: Vec<EffortLine> = one.lines.iter().filter(|line| line.seq <= at_seq).copied().collect();
    let reversed = one.reversed && lines.len() == one.lines.len();
    let then = MeasuredRelogement { lines, reversed, ..one.clone() };
    let steps = effort_steps(&Measured::at(&then, period.to), convention)?;
    let delta = Delta {
        recorded_seq: one.recorded_seq,
        version: one.convention_version,
        origin: one.origin,
        host: one.host,
        amount: shared_now,
    };
    let left_out = whole_left_out(input, convention, &delta);
    let before = match left_out {
        None => to_cents("shared", i128::from(steps.to_date.get()) - i128::from(shared_now.get()))?,
        Some(_) => one.shared,
    };
    let reason = |line: &EffortLine| line_left_out(line, convention, period.to);
    Ok(ExplainedRelogement {
        recorded_seq: one.recorded_seq,
        id: one.id.clone(),
        role,
        origin: one.origin,
        host: one.host,
        lease_date: one.rents.lease_date,
        version: one.convention_version,
        article: convention.articles.effort.clone(),
        lines: then.lines.iter().map(|line| (*line, reason(line))).collect(),
        steps,
        left_out,
        shared_before: before,
        shared_now,
    })
}

fn whole_left_out(input: &ExplainInput<'_>, convention: &Convention, delta: &Delta) -> Option<LeftOut> {
    if input.held_relogements.contains(&delta.recorded_seq) {
        Some(LeftOut::Disputed)
    } else if deferred(delta, convention, input.held_relogements, input.refusers) {
        Some(LeftOut::Refused)
    } else if delta.origin == delta.host && !shares_internal(convention) {
        Some(LeftOut::Internal)
    } else {
        None
    }
}

fn line_left_out(line: &EffortLine, convention: &Convention, cut_off: Date) -> Option<LeftOut> {
    let counts = |cost: CostLine| convention.effort.count.contains(&cost);
    let counted = match line.kind {
        LineKind::RentGap => counts(CostLine::RentGap),
        LineKind::Works => counts(CostLine::Works),
        LineKind::Vacancy { .. } => counts(CostLine::Vacancy),
        LineKind::Indemnity => convention.effort.deduct_indemnity,
    };
    if matches!(convention.fair_share, FairShare::Units { .. }) {
        Some(LeftOut::CountedInUnits)
    } else if line.occurred_on > cut_off {
        Some(LeftOut::AfterCutOff)
    } else if counted {
        None
    } else if line.kind == LineKind::Indemnity {
        Some(LeftOut::IndemnityNotDeducted)
    } else {
        Some(LeftOut::NotCounted)
    }
}

fn explained_shares(
    conventions: &[Convention],
    shares: &[VersionShare],
    bailleur: Siren,
) -> Result<Vec<ExplainedShare>, Refusal> {
    let mut explained = Vec::new();
    for one in shares {
        let convention = find(conventions, one.version)?;
        let outside = one.division.as_ref().and_then(|division| division.outside);
        let key = one.division.as_ref().and_then(|division| explained_key(convention, division, bailleur));
        let share = one.fair_share.get(&bailleur).copied().unwrap_or_default();
        let has_a_part = share != Cents::ZERO || key.is_some() || one.effort.contains_key(&bailleur);
        if has_a_part {
            explained.push(ExplainedShare {
                version: one.version,
                title: convention.title.clone(),
                article: convention.articles.fair_share.clone(),
                total: one.total,
                outside: outside.map_or(Cents::ZERO, |(_, brought)| brought),
                key,
                share,
            });
        }
    }
    Ok(explained)
}

fn explained_key(convention: &Convention, division: &Division, bailleur: Siren) -> Option<ExplainedKey> {
    let part = |(of, group): &(_, crate::apportion::Apportionment<Siren>)| {
        let part = group.parts.get(&bailleur)?;
        Some(ExplainedPart {
            of: *of,
            amount: group.amount,
            weight: part.weight,
            weights: group.weights,
            quotient: part.quotient,
            remainder: part.remainder,
            takes_one: part.takes_one,
            part: part.part,
        })
    };
    let parts: Vec<ExplainedPart> = division.groups.iter().filter_map(part).collect();
    let (basis, source) = match &convention.fair_share {
        FairShare::Key { basis, source, .. }
        | FairShare::Roles { basis, source, .. }
        | FairShare::Units { basis, source, .. } => (Some(*basis), source.clone()),
        FairShare::Rent { source, .. } => (None, source.clone()),
        FairShare::Causal | FairShare::Blend { .. } => (None, None),
    };
    (!parts.is_empty()).then_some(ExplainedKey { basis, source, parts })
}

fn explained_settlement(
    input: &ExplainInput<'_>,
    original: &[Convention],
    conventions: &[Convention],
    deltas: &[Delta],
    shares: &[VersionShare],
    position: &NetPosition,
) -> Result<ExplainedSettlement, Refusal> {
    let proposal = input.proposal;
    let settling = original
        .iter()
        .filter(|one| one.in_force_from <= proposal.period.to)
        .max_by_key(|one| (one.in_force_from, one.version))
        .ok_or_else(|| Refusal::new(Reason::NoConvention, "period.to", proposal.period.to))?;
    let held: BTreeSet<Siren> = proposal.held.iter().copied().collect();
    let rule = &settling.settlement;
    let settled = if rule.level.is_multilateral() {
        let by_siren = proposal.positions.iter().map(|one| (one.bailleur, one.position)).collect();
        settle_amounts(&by_siren, rule, &held)?
    } else {
        let carried = input.carried_obligations;
        let gross = crate::run::owed(&proposal.id, carried, conventions, deltas, shares)?;
        let due = obligations::net(&gross, rule.level)?;
        settle_pairs(&proposal.id, &due, rule.level, rule, &held)?.settled
    };
    let own = settled.get(&position.bailleur).copied().unwrap_or_default();
    agrees("settled", [own.amount].iter(), position.settled)?;
    let limited_by: Option<LimitedBy> = own.limited_by;
    let carried = i128::from(position.position.get()) - i128::from(position.settled.get());
    Ok(ExplainedSettlement {
        version: settling.version,
        article: settling.articles.settlement.clone(),
        level: rule.level,
        limited_by,
        carried_forward: to_cents("carried_over", carried)?,
    })
}

/// Payments of a bailleur, each with its group: bailleurs that payments link, numbered from 1 in the order of
/// their smallest SIREN.
fn explained_payments(payments: &[Payment], bailleur: Siren) -> Vec<ExplainedPayment> {
    let mut groups: Vec<BTreeSet<Siren>> = Vec::new();
    for payment in payments {
        let linked = |group: &BTreeSet<Siren>| group.contains(&payment.from) || group.contains(&payment.to);
        let (touched, rest): (Vec<_>, Vec<_>) = groups.into_iter().partition(linked);
        groups = rest;
        groups.push(touched.into_iter().flatten().chain([payment.from, payment.to]).collect());
    }
    groups.sort_unstable();
    let own = payments.iter().filter(|payment| payment.from == bailleur || payment.to == bailleur);
    own.filter_map(|payment| {
        let (number, group) = (1..).zip(&groups).find(|(_, group)| group.contains(&payment.from))?;
        Some(ExplainedPayment {
            payment: payment.clone(),
            group: number,
            members: group.iter().copied().collect(),
        })
    })
    .collect()
}
