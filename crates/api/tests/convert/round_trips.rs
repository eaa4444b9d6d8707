//! Read, then written: the same message; nothing the wire says is lost on the way.

use crate::examples::{self, siren};
use chambre_api::convert::{audit, disputes, ledger, netting, registry, words};
use chambre_api::v1::{self, event::Body};
use chambre_domain::{Event, EventId, Refusal};

fn check(body: Body) {
    let wire = v1::Event { event_id: "E-1".to_owned(), body: Some(body) };
    let (id, event) = ledger::event(wire.clone()).expect("a right message is read");
    assert_eq!(ledger::wire_event(&id, &event), Some(wire));
}

#[test]
fn every_declaration() {
    check(Body::Relogement(examples::relogement()));
    check(Body::Works(examples::works()));
    check(Body::Vacancy(examples::vacancy()));
    check(Body::Indemnity(examples::indemnity()));
    check(Body::RentRevision(examples::rent_revision()));
    check(Body::LeaseEnd(examples::lease_end()));
    check(Body::LandCounterpart(examples::land_counterpart()));
    check(Body::Reversal(examples::reversal()));
}

#[test]
fn a_relogement_with_nothing_optional() {
    check(Body::Relogement(v1::Relogement {
        reference_charges_cents: None,
        practised_charges_cents: None,
        contingent: 0,
        out_of_flow: false,
        sne_motive_ru: false,
        ..examples::relogement()
    }));
}

#[test]
fn every_value_of_every_list_of_declarations() {
    for typology in 1..=6 {
        check(Body::Relogement(v1::Relogement { typology, contingent: typology, ..examples::relogement() }));
    }
    for status in 1..=5 {
        check(Body::Indemnity(v1::Indemnity { status, ..examples::indemnity() }));
    }
    for step in 1..=2 {
        check(Body::LandCounterpart(v1::LandCounterpart { step, ..examples::land_counterpart() }));
    }
    for reason in 1..=3 {
        check(Body::Reversal(v1::Reversal { reason, ..examples::reversal() }));
    }
}

#[test]
fn the_commune_stays_as_declared() {
    let relogement = ledger::relogement(examples::relogement()).unwrap();
    assert_eq!(&*relogement.commune, "93059");
}

#[test]
fn a_unary_recording_reads_as_its_event_does() {
    let (event_id, validate_only) = ("E-1".to_owned(), true);
    let cases = [
        (
            ledger::record_relogement(v1::RecordRelogementRequest {
                event_id: event_id.clone(),
                relogement: Some(examples::relogement()),
                validate_only,
            }),
            Body::Relogement(examples::relogement()),
        ),
        (
            ledger::record_works(v1::RecordWorksRequest {
                event_id: event_id.clone(),
                works: Some(examples::works()),
                validate_only,
            }),
            Body::Works(examples::works()),
        ),
        (
            ledger::reverse_event(v1::ReverseEventRequest {
                event_id: event_id.clone(),
                reversal: Some(examples::reversal()),
                validate_only,
            }),
            Body::Reversal(examples::reversal()),
        ),
    ];
    for (asked, body) in cases {
        let asked = asked.unwrap();
        assert!(asked.validate_only);
        assert_eq!(
            asked.command,
            ledger::event(v1::Event { event_id: event_id.clone(), body: Some(body) }).unwrap()
        );
    }
}

#[test]
fn an_event_that_is_never_declared_has_no_wire_form() {
    let event = Event::BailleurRegistered(registry::bailleur(Some(examples::bailleur())).unwrap());
    assert_eq!(ledger::wire_event(&EventId::parse("e", "E-1").unwrap(), &event), None);
}

#[test]
fn a_bailleur_of_each_kind() {
    for kind in 1..=5 {
        let wire = v1::Bailleur { kind, ..examples::bailleur() };
        assert_eq!(registry::wire_bailleur(&registry::bailleur(Some(wire.clone())).unwrap()), wire);
    }
}

#[test]
fn a_succession() {
    let wire = examples::succession();
    let asked = registry::succession(wire.clone()).unwrap();
    let (id, Event::BailleurSucceeded(succession)) = asked.command else { panic!("a succession") };
    assert_eq!(registry::wire_succession(&id, &succession, asked.validate_only), wire);
}

#[test]
fn a_bank_account_with_and_without_bic() {
    for wire in [v1::BankAccount { bic: String::new(), ..examples::bank_account() }, examples::bank_account()]
    {
        assert_eq!(registry::wire_bank_account(&registry::bank_account(Some(wire.clone())).unwrap()), wire);
    }
    let bank_account = Some(examples::bank_account());
    let request =
        v1::RegisterBankAccountRequest { event_id: "E-1".to_owned(), bank_account, validate_only: true };
    let asked = registry::bank_account_registered(request).unwrap();
    let (id, Event::BankAccountRegistered(account)) = asked.command else { panic!("a bank account") };
    assert_eq!((id.as_str(), asked.validate_only), ("E-1", true));
    assert_eq!(registry::wire_bank_account(&account), examples::bank_account());
}

#[test]
fn an_operation_of_each_kind_with_and_without_anru() {
    let without =
        v1::Operation { anru_convention: String::new(), anru_signatories: vec![], ..examples::operation() };
    for wire in [examples::operation(), without] {
        for kind in 1..=4 {
            let wire = v1::Operation { kind, ..wire.clone() };
            assert_eq!(registry::wire_operation(&registry::operation(Some(wire.clone())).unwrap()), wire);
        }
    }
}

#[test]
fn a_convention_of_each_rule() {
    let roles = examples::convention();
    let key = v1::Convention {
        fair_share_rule: v1::FairShareRule::Key.into(),
        demolishers_pct: 0,
        demolisher_sirens: vec![],
        rent_gap_mode: v1::RentGapMode::Accrued.into(),
        rent_gap_claw_back: false,
        rent_gap_revise_with_irl: true,
        ..roles.clone()
    };
    let causal = v1::Convention {
        fair_share_rule: v1::FairShareRule::Causal.into(),
        key_basis: 0,
        weights: vec![],
        key_source: None,
        netting_level: v1::NettingLevel::Cyclic.into(),
        in_kind_only: true,
        capacities: vec![],
        cap_per_dwelling_cents: None,
        cap_rents_bp: None,
        cap_growth_bp: None,
        smoothing: None,
        dispute_days: None,
        exempt_sirens: vec![],
        effort_article: String::new(),
        works_cap_cents: None,
        vacancy_days_cap: None,
        total_cap_cents: None,
        counted_lines: vec![],
        carry_over_only: false,
        return_surplus: false,
        debtor_caps: vec![],
        ..key.clone()
    };
    // The rules in units and on rents cap nothing of the effort, or no weight.
    let units = v1::Convention {
        fair_share_rule: v1::FairShareRule::Units.into(),
        tariff_cents: 350_000,
        share_bp: 10_000,
        works_cap_cents: None,
        vacancy_days_cap: None,
        total_cap_cents: None,
        ..key.clone()
    };
    let units_by_roles = v1::Convention {
        units_by_roles: true,
        demolishers_pct: 60,
        demolisher_sirens: vec![siren(2)],
        ..units.clone()
    };
    let rent = v1::Convention {
        fair_share_rule: v1::FairShareRule::Rent.into(),
        key_basis: 0,
        weights: vec![],
        rents: vec![v1::YearlyRent { bailleur_siren: siren(1), rents_cents: 6_000_000_000 }],
        outside: Some(v1::OutsideMoney { payer_siren: siren(9), amount_cents: 100_000_000 }),
        ..key.clone()
    };
    let blend = v1::Convention {
        fair_share_rule: v1::FairShareRule::Blend.into(),
        stock_bp: 5_000,
        other_weights: vec![v1::Weight { bailleur_siren: siren(1), weight: 3 }],
        other_source: Some(examples::key_source()),
        commitments: vec![v1::Commitment {
            party: Some(v1::commitment::Party::BailleurSiren(siren(1))),
            unit: v1::CommitmentUnit::Placements.into(),
            max: None,
            ..examples::commitment()
        }],
        ..key.clone()
    };
    let of_basis = (1..=4).map(|key_basis| v1::Convention { key_basis, ..roles.clone() });
    let bilateral = v1::Convention { netting_level: v1::NettingLevel::Bilateral.into(), ..causal.clone() };
    let all = [key, causal, bilateral, units, units_by_roles, rent, blend];
    for wire in all.into_iter().chain(of_basis) {
        assert_eq!(registry::wire_convention(&registry::convention(Some(wire.clone())).unwrap()), wire);
    }
}

#[test]
fn an_export_of_each_format_with_and_without_filters() {
    for format in 1..=8 {
        let bare = v1::ExportJournalRequest { format, ..v1::ExportJournalRequest::default() };
        assert_eq!(audit::wire_export(&audit::export_asked(bare.clone()).unwrap()), bare);
        let wire = v1::ExportJournalRequest { format, ..examples::export() };
        if format != i32::from(v1::ExportFormat::Journal) {
            assert_eq!(audit::wire_export(&audit::export_asked(wire.clone()).unwrap()), wire);
        }
    }
}

#[test]
fn a_proposal_holds_each_bailleur_once_in_order() {
    let asked = netting::propose(examples::proposal()).unwrap();
    assert!(asked.validate_only);
    assert_eq!(asked.command.id.unwrap().as_str(), "N-2025");
    assert_eq!(
        asked.command.held.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [examples::siren(1), examples::siren(3)]
    );
    let chosen_by_the_chamber =
        v1::ProposeNettingRequest { netting_id: String::new(), ..examples::proposal() };
    assert_eq!(netting::propose(chosen_by_the_chamber).unwrap().command.id, None);
}

#[test]
fn a_confirmation() {
    let asked = netting::confirm(examples::confirmation()).unwrap();
    assert!(!asked.validate_only);
    assert_eq!((asked.command.payment.as_str(), asked.command.amount.get()), ("N-2025-001", 78_209));
}

#[test]
fn a_state_of_the_books() -> Result<(), Refusal> {
    assert_eq!(words::as_of("as_of", None)?, chambre_domain::AsOf::default());
    assert_eq!(words::as_of("as_of", Some(v1::AsOf::default()))?, chambre_domain::AsOf::default());
    let wire =
        v1::AsOf { seq: 7, occurred_by: examples::day(2025, 1, 31), booked_by: examples::day(2025, 2, 28) };
    let read = words::as_of("as_of", Some(wire))?;
    let written = v1::AsOf {
        seq: read.seq.map_or(0, words::wire_seq),
        occurred_by: read.occurred_by.map(words::wire_date),
        booked_by: read.booked_by.map(words::wire_date),
    };
    assert_eq!(written, wire);
    Ok(())
}

#[test]
fn a_page_has_100_items_unless_said_and_at_most_1000() {
    assert_eq!([0, 1, 1000, 1001].map(|size| words::page_size(size).unwrap()), [100, 1, 1000, 1000]);
}

#[test]
fn a_dispute_and_its_end() {
    use chambre_domain::Event;
    use v1::raise_dispute_request::{RaisedBy, Subject};
    let by_officer = v1::RaiseDisputeRequest {
        event_id: "d-1".to_owned(),
        subject: Some(Subject::RelogementId("R-1".to_owned())),
        netting_id: "N-2025".to_owned(),
        reason: v1::DisputeReason::AmountWrong.into(),
        raised_by: Some(RaisedBy::OfficerId("alice".to_owned())),
        validate_only: true,
    };
    let asked = disputes::raise(by_officer.clone()).unwrap();
    let (id, Event::DisputeRaised(raising)) = asked.command else { panic!("a dispute") };
    let dispute = chambre_domain::dispute::Dispute {
        id,
        seq: chambre_domain::Seq::new(9),
        raised_on: chambre_domain::Date::constant(2025, 3, 1),
        raising,
        territory: examples::territory(),
        settled: None,
    };
    let wire = disputes::wire_dispute(&dispute);
    assert_eq!(wire.subject, Some(v1::dispute::Subject::RelogementId("R-1".to_owned())));
    assert_eq!(wire.raised_by, Some(v1::dispute::RaisedBy::OfficerId("alice".to_owned())));
    assert_eq!(
        (wire.reason(), wire.outcome()),
        (v1::DisputeReason::AmountWrong, v1::DisputeOutcome::Unspecified)
    );
    let end = v1::SettleDisputeRequest {
        dispute_id: "d-1".to_owned(),
        outcome: v1::DisputeOutcome::Corrected.into(),
        officer_id: "bruno".to_owned(),
        validate_only: false,
    };
    let settled = disputes::settle(end).unwrap().command;
    let seq = chambre_domain::Seq::new(12);
    let ended = chambre_domain::dispute::Dispute {
        settled: Some((settled.outcome, settled.officer, seq)),
        ..dispute
    };
    let wire = disputes::wire_dispute(&ended);
    assert_eq!((wire.outcome(), wire.settled_by.as_str()), (v1::DisputeOutcome::Corrected, "bruno"));
    for (field, wrong) in [
        ("event_id", v1::RaiseDisputeRequest { event_id: String::new(), ..by_officer.clone() }),
        ("subject", v1::RaiseDisputeRequest { subject: None, ..by_officer.clone() }),
        ("raised_by", v1::RaiseDisputeRequest { raised_by: None, ..by_officer.clone() }),
        ("reason", v1::RaiseDisputeRequest { reason: 0, ..by_officer.clone() }),
        ("reason", v1::RaiseDisputeRequest { reason: 99, ..by_officer }),
    ] {
        assert_eq!(disputes::raise(wrong).unwrap_err().field, field);
    }
}
