//! What is proposed, the steps, the lease.

use super::need::household_refusal;
use super::offer::works_kind;
use super::{cents, count, known, optional_id};
use crate::convert::ledger::reversal_reason;
use crate::convert::words::{date, each, missing, optional_date, required, same_names};
use crate::v1;
use chambre_domain::rehousing::ids::{FormalOfferId, MousId, OfferId, PlacementId, ProposalId};
use chambre_domain::rehousing::step::{ChoiceReason as DirectionReason, Mode as ProposalMode};
use chambre_domain::rehousing::{
    CaleolDecision, DeclineReason, DoneWorks, Lease, OrganisedVacancy, Step, WithdrawReason,
};
use chambre_domain::{Amount, Cents, Date, HouseholdId, Reason, Refusal, VoucherRef};

/// A pair to propose.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // each as in `proto/chambre/v1/matching.proto`
pub struct ProposalAsked {
    pub id: ProposalId,
    pub household: HouseholdId,
    pub offer: OfferId,
    pub mode: ProposalMode,
    /// For a directed one, and for no other.
    pub reason: Option<DirectionReason>,
    pub formal_offer: Option<FormalOfferId>,
    pub rank: u8,
}

/// Reads a pair to propose.
///
/// # Errors
/// The field that is missing or wrong; a direction without its reason, a reason without a direction.
pub fn proposal(wire: &v1::ProposeRequest) -> Result<ProposalAsked, Refusal> {
    let mode = mode("mode", wire.mode)?;
    let reason = known(wire.direction_reason, |number| direction("direction_reason", number))?;
    match (mode, reason) {
        (ProposalMode::Directed, None) => return Err(missing("direction_reason")),
        (ProposalMode::Directed, Some(_)) | (_, None) => {}
        (_, Some(_)) => {
            let refusal = Refusal::new(Reason::ValueUnknown, "direction_reason", wire.direction_reason);
            return Err(refusal.with("mode", "DIRECTED"));
        }
    }
    Ok(ProposalAsked {
        id: ProposalId::parse("proposal_id", &wire.proposal_id)?,
        household: HouseholdId::parse("household", &wire.household)?,
        offer: OfferId::parse("offer_id", &wire.offer_id)?,
        mode,
        reason,
        formal_offer: optional_id("formal_offer_id", &wire.formal_offer_id, FormalOfferId::parse)?,
        rank: if wire.rank == 0 { 1 } else { count("rank", wire.rank)? },
    })
}

/// A turn to let pass.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // each as in `proto/chambre/v1/matching.proto`
pub struct TurnDeclined {
    pub offer: OfferId,
    pub team: MousId,
    pub reason: DeclineReason,
}

/// Reads a turn to let pass.
///
/// # Errors
/// The field that is missing or wrong.
pub fn turn_declined(wire: &v1::DeclineTurnRequest) -> Result<TurnDeclined, Refusal> {
    Ok(TurnDeclined {
        offer: OfferId::parse("offer_id", &wire.offer_id)?,
        team: MousId::parse("mous_id", &wire.mous_id)?,
        reason: decline("reason", wire.reason)?,
    })
}

/// A step to take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepAsked {
    /// The proposal.
    pub proposal: ProposalId,
    /// The step.
    pub step: Step,
    /// The day it was taken; today when not said.
    pub on: Option<Date>,
}

/// Reads a step to take.
///
/// # Errors
/// The field that is missing or wrong: `step.sign.rent_cents`.
pub fn step(wire: v1::StepProposalRequest) -> Result<StepAsked, Refusal> {
    use v1::proposal_step::Step as Wire;
    let wired = required("step", wire.step.and_then(|step| step.step))?;
    let step = match wired {
        Wire::Position(()) => Step::Position,
        Wire::Decline(reason) => Step::Decline(decline("step.decline", reason)?),
        Wire::Submit(()) => Step::Submit,
        Wire::Decide(decided) => {
            Step::Decide(decision(decided).map_err(|refusal: Refusal| refusal.within("step.decide"))?)
        }
        Wire::Reach(()) => Step::Reach,
        Wire::Meet(()) => Step::Meet,
        Wire::Notify(()) => Step::Notify,
        Wire::Accept(()) => Step::Accept,
        Wire::Refuse(reason) => Step::Refuse(household_refusal("step.refuse", reason)?),
        Wire::InformCaleol(()) => Step::InformCaleol,
        Wire::Sign(signed) => {
            let signed = lease(signed).map_err(|refusal: Refusal| refusal.within("step.sign"))?;
            Step::Sign(Box::new(signed))
        }
        Wire::Withdraw(reason) => Step::Withdraw(withdrawn("step.withdraw", reason)?),
        Wire::Reverse(reason) => Step::Reverse(reversal_reason("step.reverse", reason)?),
    };
    Ok(StepAsked {
        proposal: ProposalId::parse("proposal_id", &wire.proposal_id)?,
        step,
        on: optional_date("on", wire.on)?,
    })
}

/// A reason that a person gives: the others follow from what became of another proposal, and are only told.
fn withdrawn(field: &str, number: i32) -> Result<WithdrawReason, Refusal> {
    match withdraw(field, number)? {
        WithdrawReason::SiblingAccepted | WithdrawReason::GivenToAnother | WithdrawReason::ChainBroken => {
            Err(Refusal::new(Reason::ValueUnknown, field, number).with("why", "only the service gives it"))
        }
        given @ (WithdrawReason::HouseholdLeft | WithdrawReason::DwellingLost | WithdrawReason::Mistake) => {
            Ok(given)
        }
    }
}

fn decision(wire: v1::CaleolDecision) -> Result<CaleolDecision, Refusal> {
    use v1::CaleolVerdict as Verdict;
    match Verdict::try_from(wire.verdict) {
        Ok(Verdict::Allocated) => Ok(CaleolDecision::Allocated),
        Ok(Verdict::Ranked) => Ok(CaleolDecision::Ranked(count("rank", wire.rank)?)),
        Ok(Verdict::Conditional) => Ok(CaleolDecision::Conditional),
        Ok(Verdict::NotAllocated) => Ok(CaleolDecision::NotAllocated),
        Ok(Verdict::Inadmissible) => Ok(CaleolDecision::Inadmissible),
        Ok(Verdict::Unspecified) => Err(missing("verdict")),
        Err(_) => Err(Refusal::new(Reason::ValueUnknown, "verdict", wire.verdict)),
    }
}

fn lease(wire: v1::Lease) -> Result<Lease, Refusal> {
    let works = each("works", wire.works, |works| {
        Ok(DoneWorks {
            kind: works_kind("kind", works.kind)?,
            amount: Amount::new("amount_cents", works.amount_cents)?,
            invoiced_on: date("invoiced_on", works.invoiced_on)?,
            voucher: VoucherRef::parse("voucher", &works.voucher)?,
        })
    })?;
    let vacancy = wire.vacancy.map(|vacancy| {
        Ok(OrganisedVacancy {
            from: date("from", vacancy.from)?,
            to: date("to", vacancy.to)?,
            rent_lost: Amount::new("rent_lost_cents", vacancy.rent_lost_cents)?,
        })
    });
    Ok(Lease {
        placement: PlacementId::parse("placement_id", &wire.placement_id)?,
        lease_date: date("lease_date", wire.lease_date)?,
        rent: Cents::new(wire.rent_cents),
        charges: cents(wire.charges_cents),
        works,
        vacancy: vacancy.transpose().map_err(|refusal: Refusal| refusal.within("vacancy"))?,
        sne_motive_ru: wire.sne_motive_ru,
    })
}

same_names! {
    mode, mode_number: ProposalMode { Exchange, Rotating, Directed, Batch, First, SelfPositioned }
    direction, direction_number: DirectionReason { Territory, SupraTerritory, Calendar, Household, Balance }
    decline, decline_number: DeclineReason { NoHousehold, TooDear, WrongPlace, WrongSize, Other }
    withdraw, withdraw_number: WithdrawReason {
        HouseholdLeft, DwellingLost, SiblingAccepted, GivenToAnother, Mistake, ChainBroken,
    }
}

/// How a pair was brought together.
#[must_use]
pub fn wire_mode(mode: ProposalMode) -> i32 {
    mode_number(mode)
}

/// Why a proposal was withdrawn, when it was.
#[must_use]
pub fn wire_withdrawal(reason: Option<WithdrawReason>) -> i32 {
    super::need::wire_known(reason, withdraw_number)
}

/// Why a team declined, when it said.
#[must_use]
pub fn wire_decline(reason: Option<DeclineReason>) -> i32 {
    super::need::wire_known(reason, decline_number)
}

/// Why a dwelling was directed, when it was.
#[must_use]
pub fn wire_direction(reason: Option<DirectionReason>) -> i32 {
    super::need::wire_known(reason, direction_number)
}

/// A pair that an officer imposes on a run, or forbids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChoiceAsked {
    /// It must be; else it must not.
    pub pinned: bool,
    /// The household.
    pub household: HouseholdId,
    /// The offer.
    pub offer: OfferId,
}

/// Most choices in one run.
const MOST_CHOICES: usize = 100;

/// Reads choices.
///
/// # Errors
/// [`Reason::BatchTooLarge`] beyond a hundred; the field that is missing or wrong, at its place: `choices[2].kind`.
pub fn choices(wire: Vec<v1::MatchingChoice>) -> Result<Vec<ChoiceAsked>, Refusal> {
    if wire.len() > MOST_CHOICES {
        return Err(Refusal::new(Reason::BatchTooLarge, "choices", wire.len()).with("limit", MOST_CHOICES));
    }
    each("choices", wire, |choice| {
        let pinned = match v1::ChoiceKind::try_from(choice.kind) {
            Ok(v1::ChoiceKind::Pin) => true,
            Ok(v1::ChoiceKind::Ban) => false,
            Ok(v1::ChoiceKind::Unspecified) => return Err(missing("kind")),
            Err(_) => return Err(Refusal::new(Reason::ValueUnknown, "kind", choice.kind)),
        };
        Ok(ChoiceAsked {
            pinned,
            household: HouseholdId::parse("household", &choice.household)?,
            offer: OfferId::parse("offer_id", &choice.offer_id)?,
        })
    })
}
