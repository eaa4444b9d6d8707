//! What the matching answers: its nouns as messages.

use super::book::Book;
use super::fact::{Cost, Transfer};
use super::office::stage_until;
use chambre_api::convert::matching::{
    wire_direction, wire_mode, wire_need, wire_offer, wire_poster, wire_withdrawal,
};
use chambre_api::convert::words::{wire_booked_at, wire_date};
use chambre_api::v1;
use chambre_domain::{Refusal, TerritoryId};
use chambre_ledger::matching_store::Posted;
use chambre_matching::exchange::stages::End;
use chambre_matching::exchange::{Proposal, ProposalTerms};
use chambre_matching::trade::policy::OnUnknown;
use chambre_matching::trade::{Edge, Indemnity, Policy, Reject};

fn small(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// A pair that every rule allows.
pub fn pair(edge: &Edge) -> v1::PossiblePair {
    let (expected, checks) = match &edge.indemnity {
        Indemnity::Expected(sum) => (Some(sum.get()), Vec::new()),
        Indemnity::NoScale { .. } => (None, vec!["NO_SCALE".to_owned()]),
        Indemnity::NotExpected(failed) => {
            (None, failed.iter().map(|check| check.code().to_owned()).collect())
        }
    };
    v1::PossiblePair {
        household: edge.household.as_str().to_owned(),
        offer_id: edge.offer.to_string(),
        score: small(edge.score.total()),
        components: edge
            .score
            .components()
            .iter()
            .map(|earned| v1::ScoreComponent {
                name: earned.component.french().to_owned(),
                points: small(earned.points),
                most: small(earned.most),
            })
            .collect(),
        rent_cents: edge.rent.get(),
        monthly_gap_cents: edge.monthly_gap.get(),
        effort_bp: edge.effort_bp,
        expected_indemnity_cents: expected,
        indemnity_checks: checks,
        urgent: edge.urgent,
        inter_landlord: edge.inter_landlord,
        widened: edge.widened,
        labelled: edge.labelled,
        warnings: edge.warnings.iter().map(broken).collect(),
    }
}

/// A rule that does not hold.
pub fn broken(reject: &Reject) -> v1::BrokenRule {
    let figures = reject.figures.iter().map(|(name, figure)| ((*name).to_owned(), figure.clone()));
    v1::BrokenRule { code: reject.code(), sentence: reject.french(), figures: figures.collect() }
}

/// A transfer as it was declared.
pub fn transfer(transfer: &Transfer) -> v1::TenantTransfer {
    v1::TenantTransfer {
        need: Some(wire_need(transfer.listed.need.declared())),
        frees: Some(wire_offer(transfer.frees.declared())),
        agreed: transfer.agreed,
    }
}

/// Rules, complete; `version` is zero for the documented defaults.
pub fn policy(territory: TerritoryId, policy: &Policy, version: u32) -> v1::MatchingPolicy {
    let terms = policy.terms();
    let weights = terms.weights;
    let admitted = terms.on_unknown.iter().filter(|(_, does)| **does == OnUnknown::AdmitWithWarning);
    v1::MatchingPolicy {
        territory_siren: territory.to_string(),
        version: small(version),
        in_force_from: Some(wire_date(terms.in_force_from)),
        effort_cap_bp: Some(small(terms.effort_cap_bp)),
        rpv_floor_cents_per_day: Some(terms.rpv_floor_cents_per_day),
        pls_ceiling_bp_of_plus: terms.pls_ceiling_bp_of_plus.map(small),
        own_stock_skips_ceiling: Some(terms.own_stock_skips_ceiling),
        late_is_out: Some(terms.late_is_out),
        poster: wire_poster(terms.poster),
        admit_unknown: admitted.map(|(rule, _)| rule.code().to_owned()).collect(),
        clocks: Some(v1::MatchingClocks {
            window_days: Some(terms.clocks.window_days.into()),
            extension_days: Some(terms.clocks.extension_days.into()),
            turn_days: Some(terms.clocks.turn_days.into()),
            answer_days: Some(terms.clocks.answer_days.into()),
            hold_days: Some(terms.clocks.hold_days.into()),
        }),
        weights: Some(v1::ScoreWeights {
            geography: small(weights.geography),
            typology: small(weights.typology),
            affordability: small(weights.affordability),
            rent_change: small(weights.rent_change),
            waiting: small(weights.waiting),
            mix: small(weights.mix),
            quality: small(weights.quality),
        }),
        least_cell: Some(small(terms.least_cell)),
        hash: policy.hash().to_owned(),
        rotation: terms.rotation.iter().map(ToString::to_string).collect(),
    }
}

/// A proposal as it stands.
///
/// # Errors
/// A proposal that is not there.
pub fn proposal(book: &Book, proposal: &Proposal) -> Result<v1::Proposal, Refusal> {
    let terms = proposal.terms();
    let (_, project) = book.proposal(&terms.id)?;
    let offers = book.desk().formal_offers(&terms.household);
    let placement = match (proposal.placement(), proposal.end()) {
        (Some(placement), _) => Some(&placement.placement),
        (None, Some(End::Reversed(reversal))) => Some(&reversal.placement),
        _ => None,
    };
    let direction = book.direction(&terms.id);
    let stage = format!("PROPOSAL_STAGE_{}", proposal.stage().to_uppercase());
    Ok(v1::Proposal {
        proposal_id: terms.id.to_string(),
        household: terms.household.as_str().to_owned(),
        operation_id: terms.operation.to_string(),
        territory_siren: project.territory.to_string(),
        origin_siren: terms.origin.map_or_else(String::new, |siren| siren.to_string()),
        offer_id: terms.offer.to_string(),
        dwelling_ref: terms.dwelling.dwelling.to_string(),
        host_siren: terms.dwelling.host.to_string(),
        mode: wire_mode(terms.mode),
        rank: terms.rank.into(),
        rent_cents: terms.rent.get(),
        formal_offer_id: terms.formal_offer.as_ref().map_or_else(String::new, ToString::to_string),
        stage: v1::ProposalStage::from_str_name(&stage).unwrap_or_default().into(),
        since: Some(wire_date(proposal.since())),
        until: stage_until(proposal).map(wire_date),
        end: proposal.end().map_or(v1::ProposalEnd::Unspecified, end).into(),
        placement_id: placement.map_or_else(String::new, ToString::to_string),
        formal_offers_used: offers.map_or(0, |offers| offers.used().into()),
        formal_offers_left: offers.map_or(0, |offers| offers.left().into()),
        policy_hash: terms.policy_hash.to_string(),
        direction_reason: wire_direction(direction.map(|direction| direction.reason)),
        direction_cost: direction.and_then(|direction| direction.cost).map(cost),
        chain_id: terms.chain.as_ref().map_or_else(String::new, ToString::to_string),
        chain_rank: chain_rank(book, terms),
        withdrawn_for: wire_withdrawal(match proposal.end() {
            Some(End::Withdrawn(reason)) => Some(*reason),
            _ => None,
        }),
    })
}

/// The place of a proposal in its chain: the household to rehouse comes after the transfers.
fn chain_rank(book: &Book, terms: &ProposalTerms) -> i32 {
    let transfers =
        terms.chain.as_ref().and_then(|chain| book.desk().chain(chain)).map(|chain| chain.links().len());
    let last = transfers.and_then(|transfers| i32::try_from(transfers).ok()).map(|transfers| transfers + 1);
    terms.link.map(i32::from).or(last).unwrap_or_default()
}

/// What choices cost the whole.
pub const fn cost(cost: Cost) -> v1::ChoiceCost {
    v1::ChoiceCost { urgent: cost.urgent, placed: cost.placed, points: cost.points }
}

const fn end(end: &End) -> v1::ProposalEnd {
    match end {
        End::Declined(_) => v1::ProposalEnd::Declined,
        End::Expired => v1::ProposalEnd::Expired,
        End::CaleolRefused(_) => v1::ProposalEnd::CaleolRefused,
        End::Refused(_) => v1::ProposalEnd::Refused,
        End::Withdrawn(_) => v1::ProposalEnd::Withdrawn,
        End::Reversed(_) => v1::ProposalEnd::Reversed,
    }
}

/// A message to the ledger, and what became of it.
pub fn message(posted: &Posted) -> v1::OutboxMessage {
    let waits = posted.delivered_at.is_none();
    v1::OutboxMessage {
        placement_id: posted.placement.clone(),
        revision: small(posted.revision),
        territory_siren: posted.territory.to_string(),
        created_at: Some(wire_booked_at(posted.created_at)),
        delivered_at: posted.delivered_at.map(wire_booked_at),
        seq: posted.journal_seq.and_then(|seq| i64::try_from(seq).ok()).unwrap_or_default(),
        attempts: small(posted.attempts),
        last_error: posted.last_error.clone(),
        next_attempt_at: waits.then(|| wire_booked_at(posted.next_attempt_at)),
    }
}
