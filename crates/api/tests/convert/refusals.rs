//! What is wrong is refused with its reason, by the path of its field in the request.

use crate::examples::{self, day, siren};
use chambre_api::convert::{audit, books, ledger, netting, registry, words};
use chambre_api::v1::{self, event::Body};
use chambre_domain::{Reason, Refusal};

type Case = (&'static str, Reason, Result<(), Refusal>);

fn check(cases: impl IntoIterator<Item = Case>) {
    for (field, reason, read) in cases {
        let refusal = read.expect_err(field);
        assert_eq!((refusal.field.as_str(), refusal.reason), (field, reason), "{refusal}");
    }
}

fn event(body: Body) -> Result<(), Refusal> {
    ledger::event(v1::Event { event_id: "E-1".to_owned(), body: Some(body) }).map(drop)
}

/// The example with one thing spoilt.
macro_rules! spoilt {
    ($example:ident, $read:expr, $($field:literal $reason:ident: $($name:ident = $value:expr),+;)+) => {
        check([$((
            $field,
            Reason::$reason,
            $read({
                let mut wire = examples::$example();
                $(wire.$name = $value;)+
                wire
            }),
        ),)+])
    };
}

#[test]
fn of_an_event() {
    let body = Some(Body::Works(examples::works()));
    check([
        ("event_id", Reason::IdEmpty, ledger::event(v1::Event { event_id: String::new(), body }).map(drop)),
        (
            "body",
            Reason::FieldMissing,
            ledger::event(v1::Event { event_id: "E-1".to_owned(), body: None }).map(drop),
        ),
        (
            "works",
            Reason::FieldMissing,
            ledger::record_works(v1::RecordWorksRequest { event_id: "E-1".to_owned(), ..Default::default() })
                .map(drop),
        ),
        ("event_id", Reason::IdEmpty, ledger::end_lease(v1::EndLeaseRequest::default()).map(drop)),
    ]);
}

#[test]
fn of_a_relogement() {
    spoilt! { relogement, |wire| event(Body::Relogement(wire)),
        "relogement.relogement_id" IdEmpty: relogement_id = String::new();
        "relogement.operation_id" IdCharacters: operation_id = "a b".to_owned();
        "relogement.household" HouseholdNir: household = "1850578006084".to_owned();
        "relogement.household" HouseholdNur: household = "075011999999910001".to_owned();
        "relogement.host_siren" SirenFormat: host_siren = String::new();
        "relogement.host_siren" SirenCheckDigit: host_siren = "200057868".to_owned();
        "relogement.lease_date" FieldMissing: lease_date = None;
        "relogement.lease_date" DateInvalid: lease_date = day(2025, 2, 29);
        "relogement.lease_date" DateInvalid: lease_date = Some(v1::Date::default());
        "relogement.commune_insee" CommuneUnknown: commune_insee = "93200".to_owned();
        "relogement.commune_insee" CommuneUnknown: lease_date = day(2025, 1, 1);
        "relogement.typology" FieldMissing: typology = 0;
        "relogement.typology" ValueUnknown: typology = 7;
        "relogement.reference_rent_cents" AmountNegative: reference_rent_cents = -1;
        "relogement.practised_rent_cents" RentSentinel: practised_rent_cents = 999_900;
        "relogement.practised_rent_cents" AmountTooLarge: practised_rent_cents = i64::MAX;
        "relogement.reference_charges_cents" ChargesIncomplete: reference_charges_cents = None;
        "relogement.practised_charges_cents" ChargesIncomplete: practised_charges_cents = None;
        "relogement.practised_charges_cents" AmountNegative: practised_charges_cents = Some(-1);
        "relogement.contingent" ValueUnknown: contingent = -1;
    }
}

#[test]
fn of_what_follows_a_relogement() {
    spoilt! { works, |wire| event(Body::Works(wire)),
        "works.relogement_id" IdEmpty: relogement_id = String::new();
        "works.amount_cents" AmountNotPositive: amount_cents = 0;
        "works.amount_cents" AmountTooLarge: amount_cents = 100_000_000_001;
        "works.invoiced_on" FieldMissing: invoiced_on = None;
        "works.voucher" IdEmpty: voucher = String::new();
    }
    spoilt! { vacancy, |wire| event(Body::Vacancy(wire)),
        "vacancy.from" FieldMissing: from = None;
        "vacancy.to" DatesOutOfOrder: to = day(2024, 12, 31);
        "vacancy.amount_cents" AmountNotPositive: amount_cents = -5;
    }
    spoilt! { indemnity, |wire| event(Body::Indemnity(wire)),
        "indemnity.status" FieldMissing: status = 0;
        "indemnity.status" ValueUnknown: status = 99;
        "indemnity.occurred_on" DateInvalid: occurred_on = day(1989, 12, 31);
    }
    spoilt! { rent_revision, |wire| event(Body::RentRevision(wire)),
        "rent_revision.from" DateInvalid: from = day(2026, 1, 2);
        "rent_revision.reference_rent_cents" RentSentinel: reference_rent_cents = 999_900;
        "rent_revision.practised_rent_cents" AmountNegative: practised_rent_cents = -1;
    }
    spoilt! { lease_end, |wire| event(Body::LeaseEnd(wire)),
        "lease_end.ended_on" FieldMissing: ended_on = None;
    }
    spoilt! { land_counterpart, |wire| event(Body::LandCounterpart(wire)),
        "land_counterpart.territory_siren" TerritoryUnknown: territory_siren = "200054781".to_owned();
        "land_counterpart.bailleur_siren" SirenFormat: bailleur_siren = String::new();
        "land_counterpart.step" FieldMissing: step = 0;
        "land_counterpart.unit" UnitWrong: unit = 0;
        "land_counterpart.unit" UnitWrong: unit = v1::Unit::EurCents.into();
        "land_counterpart.unit" UnitWrong: unit = 42;
        "land_counterpart.quantity" AmountNotPositive: quantity = 0;
        "land_counterpart.officer_id" IdEmpty: officer_id = String::new();
    }
    spoilt! { reversal, |wire| event(Body::Reversal(wire)),
        "reversal.reverses_event_id" IdTooLong: reverses_event_id = "x".repeat(65);
        "reversal.reason" FieldMissing: reason = 0;
    }
}

#[test]
fn of_a_batch() {
    let good = v1::Event { event_id: "E-1".to_owned(), body: Some(Body::Works(examples::works())) };
    let works = v1::Works { amount_cents: 0, ..examples::works() };
    let bad = v1::Event { event_id: "E-2".to_owned(), body: Some(Body::Works(works)) };
    let mut outcomes = ledger::events(vec![good.clone(), bad]).unwrap();
    check([
        ("events[1].works.amount_cents", Reason::AmountNotPositive, outcomes.pop().unwrap().map(drop)),
        ("events", Reason::BatchEmpty, ledger::events(vec![]).map(drop)),
        ("events", Reason::BatchTooLarge, ledger::events(vec![good; 1001]).map(drop)),
    ]);
    assert!(outcomes.pop().unwrap().is_ok(), "a bad event never sinks the others");
}

#[test]
fn of_the_registry() {
    spoilt! { bailleur, |wire| registry::bailleur(Some(wire)).map(drop),
        "bailleur.siren" SirenFormat: siren = "1".to_owned();
        "bailleur.name" FieldMissing: name = " ".to_owned();
        "bailleur.kind" FieldMissing: kind = 0;
    }
    spoilt! { succession, |wire| registry::succession(wire).map(drop),
        "event_id" IdEmpty: event_id = String::new();
        "absorbing_siren" SuccessionToSelf: absorbing_siren = siren(1);
        "effective_on" FieldMissing: effective_on = None;
    }
    spoilt! { bank_account, |wire| registry::bank_account(Some(wire)).map(drop),
        "bank_account.bailleur_siren" SirenFormat: bailleur_siren = String::new();
        "bank_account.iban" IbanCheckDigits: iban = "FR1520041010050500013M02606".to_owned();
        "bank_account.bic" BicFormat: bic = "AAAA".to_owned();
        "bank_account.holder" TextTooLong: holder = "é".repeat(71);
        "bank_account.valid_from" FieldMissing: valid_from = None;
        "bank_account.officer_id" IdEmpty: officer_id = String::new();
    }
    spoilt! { operation, |wire| registry::operation(Some(wire)).map(drop),
        "operation.name" TextTooLong: name = "é".repeat(121);
        "operation.kind" ValueUnknown: kind = 9;
        "operation.planned_relogements" AmountNegative: planned_relogements = -1;
        "operation.anru_convention" FieldMissing: anru_convention = String::new();
        "operation.anru_signatories[1]" SirenFormat: anru_signatories = vec![siren(1), "x".to_owned()];
    }
    check([
        ("bailleur", Reason::FieldMissing, registry::bailleur(None).map(drop)),
        ("bank_account", Reason::FieldMissing, registry::bank_account(None).map(drop)),
        ("operation", Reason::FieldMissing, registry::operation(None).map(drop)),
        ("convention", Reason::FieldMissing, registry::convention(None).map(drop)),
        (
            "insee",
            Reason::FieldMissing,
            registry::commune_asked(v1::ResolveCommuneRequest::default()).map(drop),
        ),
    ]);
}

#[test]
fn of_a_convention() {
    let weight = |n, weight| v1::Weight { bailleur_siren: siren(n), weight };
    let cap = |n, cap_cents| v1::DebtorCap { bailleur_siren: siren(n), cap_cents };
    spoilt! { convention, |wire| registry::convention(Some(wire)).map(drop),
        "convention.territory_siren" TerritoryUnknown: territory_siren = siren(1);
        "convention.version" ConventionRange: version = 0;
        "convention.version" ConventionRange: version = -1;
        "convention.in_force_from" FieldMissing: in_force_from = None;
        "convention.title" FieldMissing: title = String::new();
        "convention.rent_gap_mode" FieldMissing: rent_gap_mode = 0;
        "convention.rent_gap_months" ConventionRange: rent_gap_months = 601;
        "convention.rent_gap_months" ConventionRange: rent_gap_months = -1;
        "convention.rent_gap_revise_with_irl" ConventionRange: rent_gap_revise_with_irl = true;
        "convention.rent_gap_claw_back" ConventionRange: rent_gap_mode = v1::RentGapMode::Accrued.into();
        "convention.counted_lines[1]" FieldMissing: counted_lines = vec![1, 0];
        "convention.counted_lines[2]" ConventionRange: counted_lines = vec![1, 2, 1];
        "convention.share_bp" ConventionRange: share_bp = 10_001;
        "convention.works_cap_cents" ConventionRange: works_cap_cents = Some(-1);
        "convention.vacancy_days_cap" ConventionRange: vacancy_days_cap = Some(-1);
        "convention.vacancy_days_cap" ConventionRange: vacancy_days_cap = Some(3_651);
        "convention.total_cap_cents" ConventionRange: total_cap_cents = Some(i64::MAX);
        "convention.de_minimis_cents" ConventionRange: de_minimis_cents = -1;
        "convention.debtor_caps" ConventionRange: debtor_caps = vec![cap(1, -1)];
        "convention.debtor_caps[1].bailleur_siren" ConventionRange: debtor_caps = vec![cap(1, 1), cap(1, 2)];
    }
    spoilt! { convention, |wire| registry::convention(Some(wire)).map(drop),
        "convention.fair_share_rule" FieldMissing: fair_share_rule = 0;
        "convention.fair_share_rule" ValueUnknown: fair_share_rule = 7;
        "convention.key_basis" FieldMissing: key_basis = 0;
        "convention.weights" ConventionWeights: weights = vec![];
        "convention.weights[0].weight" ConventionRange: weights = vec![weight(1, -1)];
        "convention.weights" ConventionRange: weights = vec![weight(2, 1_000_000_001)];
        "convention.weights[1].bailleur_siren" ConventionWeights: weights = vec![weight(2, 1), weight(2, 1)];
        "convention.demolishers_pct" ConventionRange: demolishers_pct = 101;
        "convention.demolisher_sirens" ConventionRoles: demolisher_sirens = vec![siren(9)];
        "convention.demolisher_sirens[1]" ConventionRoles: demolisher_sirens = vec![siren(2), siren(2)];
        "convention.key_source.as_of" FieldMissing: key_source = Some(v1::KeySource { as_of: None, ..examples::key_source() });
        // A field of another rule is never dropped in silence.
        "convention.tariff_cents" ConventionRange: tariff_cents = 1;
        "convention.rents" ConventionRange: rents = vec![v1::YearlyRent::default()];
        "convention.stock_bp" ConventionRange: stock_bp = 1;
        "convention.other_weights" ConventionRange: other_weights = vec![weight(1, 1)];
        "convention.tariff_cents" ConventionRange: fair_share_rule = v1::FairShareRule::Units.into(), units_by_roles = true;
        "convention.demolishers_pct" ConventionRange: fair_share_rule = v1::FairShareRule::Units.into(), tariff_cents = 5;
        "convention.share_bp" ConventionRange: fair_share_rule = v1::FairShareRule::Units.into(),
            units_by_roles = true, tariff_cents = 5;
        "convention.rents" ConventionWeights: fair_share_rule = v1::FairShareRule::Rent.into(), weights = vec![],
            demolishers_pct = 0, demolisher_sirens = vec![], key_basis = 0;
        "convention.outside.payer_siren" SirenFormat: fair_share_rule = v1::FairShareRule::Rent.into(), weights = vec![],
            demolishers_pct = 0, demolisher_sirens = vec![], key_basis = 0, outside = Some(v1::OutsideMoney::default());
        "convention.other_weights" ConventionWeights: fair_share_rule = v1::FairShareRule::Blend.into(),
            demolishers_pct = 0, demolisher_sirens = vec![];
        "convention.demolishers_pct" ConventionRange: fair_share_rule = v1::FairShareRule::Key.into();
        "convention.weights" ConventionRange: fair_share_rule = v1::FairShareRule::Causal.into(),
            demolishers_pct = 0, demolisher_sirens = vec![], key_basis = 0;
    }
}

#[test]
fn of_a_settlement_and_of_commitments() {
    let with = |change: fn(&mut v1::Commitment)| {
        let mut commitment = examples::commitment();
        change(&mut commitment);
        vec![commitment]
    };
    spoilt! { convention, |wire| registry::convention(Some(wire)).map(drop),
        "convention.in_kind_only" ConventionRange: in_kind_only = true;
        "convention.netting_level" ValueUnknown: netting_level = 9;
        "convention.netting_level" ConventionRange: netting_level = v1::NettingLevel::Cyclic.into();
        "convention.effort_article" TextTooLong: effort_article = "é".repeat(121);
        "convention.cap_per_dwelling_cents" ConventionRange: cap_per_dwelling_cents = Some(-1);
        "convention.cap_rents_bp" ConventionRange: cap_rents_bp = Some(10_001);
        "convention.cap_rents_bp" ConventionRange: cap_rents_bp = Some(-1);
        "convention.cap_growth_bp" ConventionRange: cap_growth_bp = Some(100_001);
        "convention.capacities.dwellings" ConventionRange: capacities = vec![];
        "convention.capacities[0].dwellings" ConventionRange: capacities = vec![v1::Capacity { dwellings: Some(-1), ..examples::capacity(1) }];
        "convention.capacities[1].bailleur_siren" ConventionRange: capacities = vec![examples::capacity(1), examples::capacity(1)];
        "convention.exempt_sirens[1]" ConventionRange: exempt_sirens = vec![siren(3), siren(3)];
        "convention.dispute_days" ConventionRange: dispute_days = Some(366);
        "convention.dispute_days" ConventionRange: dispute_days = Some(-1);
        "convention.smoothing.numerator" ConventionRange: smoothing = Some(v1::Fraction { numerator: 2, denominator: 1 });
        "convention.smoothing.denominator" ConventionRange: smoothing = Some(v1::Fraction { numerator: 2, denominator: -1 });
        "convention.commitments[0].party" FieldMissing: commitments = with(|one| one.party = None);
        "convention.commitments[0].unit" FieldMissing: commitments = with(|one| one.unit = 0);
        "convention.commitments[0].min" ConventionRange: commitments = with(|one| one.min = 0);
        "convention.commitments[0].min" ConventionRange: commitments = with(|one| one.min = -1);
        "convention.commitments[0].max" ConventionRange: commitments = with(|one| one.max = Some(499));
        "convention.commitments[0].period" FieldMissing: commitments = with(|one| one.period = None);
    }
}

#[test]
fn of_a_run() {
    spoilt! { proposal, |wire| netting::propose(wire).map(drop),
        "netting_id" IdTooLong: netting_id = "x".repeat(31);
        "netting_id" IdCharacters: netting_id = "N 1".to_owned();
        "territory_siren" SirenFormat: territory_siren = "12".to_owned();
        "territory_siren" SirenFormat: netting_id = String::new(), territory_siren = String::new();
        "period" FieldMissing: netting_id = String::new(), period = None;
        "period.from" FieldMissing: period = Some(v1::Period { from: None, to: day(2025, 1, 1) });
        "period.to" DatesOutOfOrder: period = Some(v1::Period { from: day(2025, 1, 2), to: day(2025, 1, 1) });
        "officer_id" IdEmpty: officer_id = String::new();
        "held_sirens[0]" SirenCheckDigit: held_sirens = vec!["200057868".to_owned()];
    }
    spoilt! { confirmation, |wire| netting::confirm(wire).map(drop),
        "netting_id" IdEmpty: netting_id = String::new();
        "payment_id" IdEmpty: payment_id = String::new();
        "paid_on" FieldMissing: paid_on = None;
        "amount_cents" AmountNotPositive: amount_cents = 0;
        "officer_id" IdEmpty: officer_id = String::new();
    }
    let limit =
        netting::propose(v1::ProposeNettingRequest { netting_id: "x".repeat(31), ..examples::proposal() });
    assert_eq!(limit.unwrap_err().facts, [("limit", "30".to_owned())]);
    check([
        ("netting_id", Reason::IdEmpty, netting::decision("", "", false).map(drop)),
        ("netting_id", Reason::IdEmpty, netting::publish(v1::PublishNettingRequest::default()).map(drop)),
    ]);
}

#[test]
fn of_a_question() {
    spoilt! { export, |wire| audit::export_asked(wire).map(drop),
        "format" FieldMissing: format = 0;
        "format" ValueUnknown: format = 99;
        "territory_siren" ExportWhole: format = v1::ExportFormat::Journal.into();
        "bailleur_siren" SirenFormat: bailleur_siren = "x".to_owned();
        "up_to_seq" SeqBeyondHead: up_to_seq = -1;
        "closing_date" DateInvalid: closing_date = day(2025, 13, 1);
    }
    let as_of = Some(v1::AsOf { seq: -1, ..v1::AsOf::default() });
    let booked = Some(v1::AsOf { booked_by: day(0, 0, 0), ..v1::AsOf::default() });
    let asked =
        |as_of| books::positions_asked(v1::GetPositionsRequest { as_of, ..Default::default() }).map(drop);
    check([
        ("as_of.seq", Reason::SeqBeyondHead, asked(as_of)),
        ("as_of.booked_by", Reason::DateInvalid, asked(booked)),
        ("page_size", Reason::PageSize, words::page_size(-1).map(drop)),
        (
            "cursor",
            Reason::SeqBeyondHead,
            books::watch_asked(v1::WatchEntriesRequest { cursor: -1, ..Default::default() }).map(drop),
        ),
        (
            "relogement_id",
            Reason::IdCharacters,
            books::entries_asked(v1::ListEntriesRequest {
                relogement_id: "é".to_owned(),
                ..Default::default()
            })
            .map(drop),
        ),
    ]);
}
