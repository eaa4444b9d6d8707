//! Messages ready to send: the smallest one of each kind that the chamber accepts.

use chambre_api::v1::{self, event::Body};
use chambre_domain::Siren;

/// Plaine Commune: the netting territory of every scenario.
pub const TERRITORY: &str = "200057867";

/// Saint-Denis, in Plaine Commune.
pub const COMMUNE: &str = "93066";

/// The SIREN of the bailleur of this number: visibly fictitious, and in the order of the numbers.
#[must_use]
pub fn siren(number: u32) -> String {
    Siren::fictitious(number).to_string()
}

/// A day, as the wire carries it.
#[must_use]
pub const fn day(year: i32, month: i32, day: i32) -> Option<v1::Date> {
    Some(v1::Date { year, month, day })
}

/// A participant: an OPH.
#[must_use]
pub fn bailleur(number: u32) -> v1::Bailleur {
    let name = format!("Bailleur {number} (fictif)");
    v1::Bailleur { siren: siren(number), name, kind: v1::BailleurKind::Oph.into() }
}

/// Operation `OP-<origin>` of the bailleur of this number.
#[must_use]
pub fn operation(origin: u32) -> v1::Operation {
    v1::Operation {
        operation_id: format!("OP-{origin}"),
        name: format!("Opération {origin} (fictive)"),
        kind: v1::OperationKind::Anru.into(),
        territory_siren: TERRITORY.to_owned(),
        origin_siren: siren(origin),
        ..v1::Operation::default()
    }
}

/// First convention: the gap capitalised over 12 months, every line counted, the origin bears.
#[must_use]
pub fn causal() -> v1::Convention {
    use v1::CostLine::{RentGap, Vacancy, Works};
    v1::Convention {
        territory_siren: TERRITORY.to_owned(),
        version: 1,
        in_force_from: day(2025, 1, 1),
        title: "Charte fictive".to_owned(),
        rent_gap_mode: v1::RentGapMode::Capitalised.into(),
        rent_gap_months: 12,
        counted_lines: [RentGap, Works, Vacancy].map(i32::from).to_vec(),
        deduct_indemnity: true,
        share_bp: 10_000,
        fair_share_rule: v1::FairShareRule::Causal.into(),
        ..v1::Convention::default()
    }
}

/// The same, shared on a key: bailleur 1 has the first weight, and so on.
#[must_use]
pub fn key(basis: v1::KeyBasis, weights: &[i64]) -> v1::Convention {
    let weights = (1_u32..).zip(weights);
    v1::Convention {
        fair_share_rule: v1::FairShareRule::Key.into(),
        key_basis: basis.into(),
        weights: weights
            .map(|(number, weight)| v1::Weight { bailleur_siren: siren(number), weight: *weight })
            .collect(),
        ..causal()
    }
}

/// The same, shared between demolishers, who bear a percentage, and the others.
#[must_use]
pub fn roles(demolishers_pct: i32, demolishers: &[u32], weights: &[i64]) -> v1::Convention {
    v1::Convention {
        fair_share_rule: v1::FairShareRule::Roles.into(),
        demolishers_pct,
        demolisher_sirens: demolishers.iter().map(|number| siren(*number)).collect(),
        ..key(v1::KeyBasis::Stock, weights)
    }
}

/// A household of `OP-<origin>` taken in by a host on 2025-03-15, with this monthly rent gap.
#[must_use]
pub fn relogement(relogement_id: &str, origin: u32, host: u32, monthly_gap_cents: i64) -> v1::Relogement {
    v1::Relogement {
        relogement_id: relogement_id.to_owned(),
        operation_id: format!("OP-{origin}"),
        household: format!("h-{relogement_id}"),
        host_siren: siren(host),
        lease_date: day(2025, 3, 15),
        commune_insee: COMMUNE.to_owned(),
        typology: v1::Typology::T3.into(),
        reference_rent_cents: 51_999 + monthly_gap_cents,
        practised_rent_cents: 51_999,
        ..v1::Relogement::default()
    }
}

/// Works invoiced on 2025-04-02.
#[must_use]
pub fn works(relogement_id: &str, amount_cents: i64) -> v1::Works {
    v1::Works {
        relogement_id: relogement_id.to_owned(),
        amount_cents,
        invoiced_on: day(2025, 4, 2),
        voucher: "F-2025-17".to_owned(),
    }
}

/// A dwelling kept empty in February 2025.
#[must_use]
pub fn vacancy(relogement_id: &str, amount_cents: i64) -> v1::Vacancy {
    let relogement_id = relogement_id.to_owned();
    v1::Vacancy { relogement_id, from: day(2025, 2, 1), to: day(2025, 2, 28), amount_cents }
}

/// An indemnity received on 2025-05-05.
#[must_use]
pub fn indemnity(relogement_id: &str, amount_cents: i64) -> v1::Indemnity {
    v1::Indemnity {
        relogement_id: relogement_id.to_owned(),
        status: v1::IndemnityStatus::Received.into(),
        amount_cents,
        occurred_on: day(2025, 5, 5),
    }
}

/// Cancels a declaration.
#[must_use]
pub fn reversal(reverses_event_id: &str) -> v1::Reversal {
    v1::Reversal { reverses_event_id: reverses_event_id.to_owned(), reason: v1::ReversalReason::Error.into() }
}

/// One event of a batch.
#[must_use]
pub fn event(event_id: &str, body: Body) -> v1::Event {
    v1::Event { event_id: event_id.to_owned(), body: Some(body) }
}

/// `officer-1` proposes a run from 2025-01-01 to a day.
#[must_use]
pub fn proposal(netting_id: &str, to: (i32, i32, i32)) -> v1::ProposeNettingRequest {
    let to = day(to.0, to.1, to.2);
    v1::ProposeNettingRequest {
        netting_id: netting_id.to_owned(),
        territory_siren: TERRITORY.to_owned(),
        period: Some(v1::Period { from: day(2025, 1, 1), to }),
        officer_id: "officer-1".to_owned(),
        ..v1::ProposeNettingRequest::default()
    }
}

/// An officer approves a run.
#[must_use]
pub fn approval(netting_id: &str, officer_id: &str) -> v1::ApproveNettingRequest {
    v1::ApproveNettingRequest {
        netting_id: netting_id.to_owned(),
        officer_id: officer_id.to_owned(),
        validate_only: false,
    }
}
