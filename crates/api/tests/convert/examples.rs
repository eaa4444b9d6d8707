//! One right message of each kind, for the tests to read back or to spoil.

use chambre_api::v1;
use chambre_domain::{Siren, TerritoryId};

pub const PLAINE_COMMUNE: &str = "200057867";

pub fn territory() -> TerritoryId {
    TerritoryId::parse("t", PLAINE_COMMUNE).expect("Plaine Commune is a netting territory")
}

pub fn siren(n: u32) -> String {
    Siren::fictitious(n).to_string()
}

pub fn day(year: i32, month: i32, day: i32) -> Option<v1::Date> {
    Some(v1::Date { year, month, day })
}

pub fn relogement() -> v1::Relogement {
    v1::Relogement {
        relogement_id: "R-1".to_owned(),
        operation_id: "OP-1".to_owned(),
        household: "h-7f3a9c2e41".to_owned(),
        host_siren: siren(1),
        lease_date: day(2024, 3, 15),
        // Pierrefitte-sur-Seine, merged into Saint-Denis since: the code stays as declared.
        commune_insee: "93059".to_owned(),
        typology: v1::Typology::T3.into(),
        reference_rent_cents: 84_000,
        practised_rent_cents: 51_999,
        reference_charges_cents: Some(12_000),
        practised_charges_cents: Some(0),
        contingent: v1::Contingent::LocalAuthorities.into(),
        out_of_flow: true,
        sne_motive_ru: true,
    }
}

pub fn works() -> v1::Works {
    v1::Works {
        relogement_id: "R-1".to_owned(),
        amount_cents: 120_000,
        invoiced_on: day(2025, 4, 2),
        voucher: "F-17".to_owned(),
    }
}

pub fn vacancy() -> v1::Vacancy {
    v1::Vacancy {
        relogement_id: "R-1".to_owned(),
        from: day(2025, 1, 1),
        to: day(2025, 1, 31),
        amount_cents: 50_000,
    }
}

pub fn indemnity() -> v1::Indemnity {
    v1::Indemnity {
        relogement_id: "R-1".to_owned(),
        status: v1::IndemnityStatus::Received.into(),
        amount_cents: 400_000,
        occurred_on: day(2025, 6, 30),
    }
}

pub fn rent_revision() -> v1::RentRevision {
    v1::RentRevision {
        relogement_id: "R-1".to_owned(),
        from: day(2026, 1, 1),
        reference_rent_cents: 85_000,
        practised_rent_cents: 52_500,
    }
}

pub fn lease_end() -> v1::LeaseEnd {
    v1::LeaseEnd { relogement_id: "R-1".to_owned(), ended_on: day(2026, 5, 31) }
}

pub fn land_counterpart() -> v1::LandCounterpart {
    v1::LandCounterpart {
        territory_siren: PLAINE_COMMUNE.to_owned(),
        bailleur_siren: siren(1),
        step: v1::CounterpartStep::Due.into(),
        quantity: 1_200,
        unit: v1::Unit::SquareMetres.into(),
        occurred_on: day(2025, 9, 1),
        voucher: "ACTE-3".to_owned(),
        officer_id: "alice".to_owned(),
    }
}

pub fn reversal() -> v1::Reversal {
    v1::Reversal { reverses_event_id: "E-1".to_owned(), reason: v1::ReversalReason::Duplicate.into() }
}

pub fn bailleur() -> v1::Bailleur {
    v1::Bailleur { siren: siren(1), name: "Bailleur A".to_owned(), kind: v1::BailleurKind::Coop.into() }
}

pub fn succession() -> v1::RecordSuccessionRequest {
    v1::RecordSuccessionRequest {
        event_id: "E-1".to_owned(),
        absorbed_siren: siren(1),
        absorbing_siren: siren(2),
        effective_on: day(2025, 12, 31),
        officer_id: "alice".to_owned(),
        validate_only: true,
    }
}

pub fn bank_account() -> v1::BankAccount {
    v1::BankAccount {
        bailleur_siren: siren(1),
        iban: "FR1420041010050500013M02606".to_owned(),
        bic: "AAAAFRPPXXX".to_owned(),
        holder: "Bailleur A".to_owned(),
        valid_from: day(2026, 1, 1),
        officer_id: "alice".to_owned(),
    }
}

pub fn operation() -> v1::Operation {
    v1::Operation {
        operation_id: "OP-1".to_owned(),
        name: "Francs-Moisins".to_owned(),
        kind: v1::OperationKind::Anru.into(),
        territory_siren: PLAINE_COMMUNE.to_owned(),
        origin_siren: siren(2),
        planned_relogements: 320,
        anru_convention: "NPNRU-93-2020".to_owned(),
        anru_signatories: vec![siren(2), siren(1)],
    }
}

/// Roles, with every option set.
pub fn convention() -> v1::Convention {
    let weight = |n, weight| v1::Weight { bailleur_siren: siren(n), weight };
    v1::Convention {
        territory_siren: PLAINE_COMMUNE.to_owned(),
        version: 2,
        in_force_from: day(2025, 1, 1),
        title: "Charte fictive".to_owned(),
        rent_gap_mode: v1::RentGapMode::Capitalised.into(),
        rent_gap_months: 120,
        rent_gap_claw_back: true,
        rent_gap_revise_with_irl: false,
        rent_gap_include_charges: true,
        counted_lines: vec![v1::CostLine::RentGap.into(), v1::CostLine::Vacancy.into()],
        deduct_indemnity: true,
        return_surplus: true,
        share_bp: 7_500,
        include_internal: true,
        works_cap_cents: Some(300_000),
        vacancy_days_cap: Some(90),
        total_cap_cents: Some(2_000_000),
        fair_share_rule: v1::FairShareRule::Roles.into(),
        key_basis: v1::KeyBasis::Stock.into(),
        weights: vec![weight(1, 4_000), weight(2, 0), weight(3, 1_000_000_000)],
        demolishers_pct: 60,
        demolisher_sirens: vec![siren(2)],
        carry_over_only: true,
        de_minimis_cents: 5_000,
        debtor_caps: vec![v1::DebtorCap { bailleur_siren: siren(4), cap_cents: 0 }],
        effort_article: "article 4".to_owned(),
        fair_share_article: "article 5".to_owned(),
        settlement_article: "article 6".to_owned(),
        key_source: Some(key_source()),
        netting_level: v1::NettingLevel::Multilateral.into(),
        cap_per_dwelling_cents: Some(500),
        cap_rents_bp: Some(1_300),
        cap_growth_bp: Some(1_000),
        capacities: vec![capacity(1), capacity(2), capacity(3)],
        exempt_sirens: vec![siren(3)],
        smoothing: Some(v1::Fraction { numerator: 1, denominator: 3 }),
        dispute_days: Some(15),
        commitments: vec![commitment()],
        ..v1::Convention::default()
    }
}

pub fn key_source() -> v1::KeySource {
    v1::KeySource { label: "Table fictive".to_owned(), as_of: day(2024, 1, 1) }
}

pub fn capacity(n: u32) -> v1::Capacity {
    v1::Capacity {
        bailleur_siren: siren(n),
        dwellings: Some(12_000),
        rents_cents: Some(6_000_000_000),
        last_payment_cents: Some(0),
    }
}

pub fn commitment() -> v1::Commitment {
    v1::Commitment {
        party: Some(v1::commitment::Party::Reserver("Commune A".to_owned())),
        unit: v1::CommitmentUnit::AttributionsBp.into(),
        min: 500,
        max: Some(1_500),
        period: Some(v1::Period { from: day(2025, 1, 1), to: day(2025, 12, 31) }),
    }
}

pub fn proposal() -> v1::ProposeNettingRequest {
    v1::ProposeNettingRequest {
        netting_id: "N-2025".to_owned(),
        territory_siren: PLAINE_COMMUNE.to_owned(),
        period: Some(v1::Period { from: day(2025, 1, 1), to: day(2025, 12, 31) }),
        officer_id: "alice".to_owned(),
        held_sirens: vec![siren(3), siren(1), siren(3)],
        refuser_sirens: Vec::new(),
        validate_only: true,
    }
}

pub fn confirmation() -> v1::ConfirmPaymentRequest {
    v1::ConfirmPaymentRequest {
        netting_id: "N-2025".to_owned(),
        payment_id: "N-2025-001".to_owned(),
        paid_on: day(2026, 2, 3),
        amount_cents: 78_209,
        officer_id: "bruno".to_owned(),
        validate_only: false,
    }
}

pub fn export() -> v1::ExportJournalRequest {
    v1::ExportJournalRequest {
        format: v1::ExportFormat::CsvFrench.into(),
        territory_siren: PLAINE_COMMUNE.to_owned(),
        bailleur_siren: siren(1),
        period: Some(v1::Period { from: day(2025, 1, 1), to: day(2025, 1, 1) }),
        up_to_seq: 12,
        closing_date: day(2025, 12, 31),
    }
}
