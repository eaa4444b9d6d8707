//! What the chamber answers: positions, measured relogements, entries, receipts, runs.

use crate::examples::{self, day, siren, territory};
use chambre_api::convert::{audit, books, ledger, netting, words};
use chambre_api::{FILE_DESCRIPTOR_SET, v1};
use chambre_domain::convention::RentGapRule;
use chambre_domain::measure::{EffortLine, LineKind, MeasuredRelogement};
use chambre_domain::netting::{NetPosition, Payment, PaymentPlan, SharedEffort};
use chambre_domain::netting_run::{NettingOpening, PaymentState, Proposed};
use chambre_domain::rent::RentHistory;
use chambre_domain::{
    Account, Amount, Balance, BookedAt, Cents, Compte, Date, Entry, Event, EventId, NettingId,
    NettingProposal, NettingRun, NettingStatus, OfficerId, PaymentId, Period, Receipt, Seal, Seq, Siren,
    TerritoryId, Transfer,
};
use prost::Message as _;

const MARCH: Date = Date::constant(2025, 3, 15);

fn account(compte: Compte, n: u32) -> Account {
    Account::of(compte, territory(), Siren::fictitious(n))
}

#[test]
fn balances_become_positions_by_territory_then_bailleur_then_compte() {
    let paris = TerritoryId::parse("t", "217500016").unwrap();
    let balance = |debit, credit| Balance { debit, credit };
    let positions = books::positions([
        (Account::of(Compte::PositionDuBailleur, paris, Siren::fictitious(1)), balance(0, 0)),
        (account(Compte::Travaux, 2), balance(120_000, 0)),
        (account(Compte::EffortMesure, 2), balance(400_000, 504_012)),
        (account(Compte::PositionDuBailleur, 1), balance(77_407, 0)),
        (Account::shared_out(territory()), balance(0, 129_012)),
        (account(Compte::RelogementsConfies, 1), balance(1, 0)),
    ]);

    let seen: Vec<_> = positions
        .iter()
        .map(|p| {
            (p.territory_siren.as_str(), p.bailleur_siren.as_str(), p.position_cents, p.unshared_effort_cents)
        })
        .collect();
    let (one, two) = (siren(1), siren(2));
    assert_eq!(
        seen,
        [
            (examples::PLAINE_COMMUNE, "", 0, 0),
            (examples::PLAINE_COMMUNE, one.as_str(), -77_407, 0),
            (examples::PLAINE_COMMUNE, two.as_str(), 0, 104_012),
            ("217500016", one.as_str(), 0, 0),
        ]
    );
    let comptes = |p: &v1::Position| -> Vec<_> {
        p.balances.iter().map(|b| (b.account.clone().unwrap().compte, b.unit(), b.debit, b.credit)).collect()
    };
    assert_eq!(comptes(&positions[0]), [(709_900, v1::Unit::EurCents, 0, 129_012)]);
    assert_eq!(
        comptes(&positions[1]),
        [(467_100, v1::Unit::EurCents, 77_407, 0), (801_100, v1::Unit::Placements, 1, 0)]
    );
    assert_eq!(
        comptes(&positions[2]),
        [(467_900, v1::Unit::EurCents, 400_000, 504_012), (615_900, v1::Unit::EurCents, 120_000, 0)]
    );
    assert_eq!(comptes(&positions[3]), [(467_100, v1::Unit::EurCents, 0, 0)]);
}

#[test]
fn no_balance_is_no_position() {
    assert_eq!(books::positions([]), []);
}

#[test]
fn a_measured_relogement_tells_both_territories_its_gap_and_its_lines() {
    let declared = ledger::relogement(examples::relogement()).unwrap();
    let line = |seq, kind, amount| EffortLine {
        seq: Seq::new(seq),
        occurred_on: MARCH,
        kind,
        amount: Cents::new(amount),
    };
    let measured = MeasuredRelogement {
        recorded_seq: Seq::new(4),
        id: declared.id.clone(),
        territory: TerritoryId::parse("t", "217500016").unwrap(),
        origin: Siren::fictitious(2),
        host: declared.host,
        convention_version: 3,
        rents: RentHistory { ended_on: Some(MARCH), ..RentHistory::of(&declared) },
        lines: vec![line(5, LineKind::Vacancy { days: 31 }, 50_000), line(6, LineKind::Indemnity, -400_000)],
        accrued: Cents::ZERO,
        shared: Cents::new(-7),
        reversed: true,
    };
    let rule = RentGapRule { include_charges: true, ..RentGapRule::default() };
    let answer = books::wire_measured(&measured, &declared, BookedAt::from_millis(1_500), &rule);

    assert_eq!(answer.relogement, Some(examples::relogement()));
    assert_eq!((answer.recorded_seq, answer.convention_version, answer.shared_cents), (4, 3, -7));
    assert_eq!(answer.territory_siren, "217500016");
    assert_eq!(answer.host_territory_siren, examples::PLAINE_COMMUNE);
    assert_eq!((answer.origin_siren.clone(), answer.reversed), (siren(2), true));
    assert_eq!(answer.monthly_gap_cents, 32_001 + 12_000);
    assert_eq!(answer.ended_on, day(2025, 3, 15));
    let lines: Vec<_> = answer.lines.iter().map(|line| (line.seq, line.kind(), line.amount_cents)).collect();
    assert_eq!(
        lines,
        [(5, v1::EffortLineKind::Vacancy, 50_000), (6, v1::EffortLineKind::Indemnity, -400_000)]
    );
}

#[test]
fn an_entry_carries_its_transfers_and_its_payload() {
    let event = Event::WorksRecorded(ledger::works(examples::works()).unwrap());
    let amount = Amount::new("a", 120_000).unwrap();
    let transfer =
        Transfer::new(account(Compte::Travaux, 1), account(Compte::EffortMesure, 1), amount).unwrap();
    let entry = Entry {
        seq: Seq::new(9),
        event_id: EventId::parse("e", "E-9").unwrap(),
        occurred_on: MARCH,
        booked_at: BookedAt::from_millis(-1),
        event,
        transfers: [transfer].into_iter().collect(),
        seal: Seal::from_bytes(&[7; 32]).unwrap(),
    };
    let wire = words::wire_entry(&entry);
    assert_eq!((wire.seq, wire.event_id.as_str(), wire.kind.as_str()), (9, "E-9", "works_recorded"));
    assert_eq!(wire.payload_json.as_bytes(), entry.event.to_payload());
    assert_eq!((wire.seal, wire.occurred_on), (vec![7; 32], day(2025, 3, 15)));
    // One millisecond before 1970 is a whole second before, and 999 milliseconds.
    assert_eq!(wire.booked_at, Some(prost_types::Timestamp { seconds: -1, nanos: 999_000_000 }));
    let v1::Transfer { debit, credit, amount, .. } = wire.transfers[0].clone();
    assert_eq!((debit.unwrap().compte, credit.unwrap().compte, amount), (615_900, 467_900, 120_000));
    assert_eq!(wire.transfers[0].unit(), v1::Unit::EurCents);
}

#[test]
fn a_validation_proves_nothing() {
    let receipt = Receipt {
        seq: Seq::ZERO,
        booked_at: BookedAt::from_millis(1_500),
        seal: Seal::GENESIS,
        replayed: false,
    };
    assert_eq!(words::wire_receipt(&receipt), v1::Receipt::default());
    let real = words::wire_receipt(&Receipt { seq: Seq::new(3), replayed: true, ..receipt });
    let booked_at = Some(prost_types::Timestamp { seconds: 1, nanos: 500_000_000 });
    assert_eq!(real, v1::Receipt { seq: 3, booked_at, seal: vec![0; 32], replayed: true });
}

fn run() -> NettingRun {
    let payment = |id: &str, from, to, cents| Payment {
        id: PaymentId::parse("p", id).expect("an id"),
        from: Siren::fictitious(from),
        to: Siren::fictitious(to),
        amount: Amount::new("a", cents).expect("above zero"),
    };
    let position = NetPosition {
        bailleur: Siren::fictitious(1),
        effort: Cents::new(104_012),
        fair_share: Cents::new(25_803),
        carried_over: Cents::new(1),
        position: Cents::new(78_210),
        settled: Cents::new(78_209),
    };
    let plan =
        PaymentPlan { payments: vec![payment("P-1", 3, 1, 78_209), payment("P-2", 2, 1, 1)], lower_bound: 2 };
    let proposal = NettingProposal {
        id: NettingId::parse("n", "N-2025").expect("an id"),
        territory: territory(),
        period: Period::new(Date::constant(2025, 1, 1), Date::constant(2025, 12, 31)).expect("in order"),
        at_seq: Seq::new(40),
        officer: OfficerId::parse("o", "alice").expect("an id"),
        revision: 2,
        input_sha256: "ab".into(),
        held: vec![Siren::fictitious(4)],
        disputed: vec![Seq::new(7)],
        refusers: Vec::new(),
        left: Vec::new(),
        shared: vec![SharedEffort { recorded_seq: Seq::new(4), amount: Cents::new(104_012) }],
        positions: vec![position],
        plan,
    };
    let opening = NettingOpening {
        id: proposal.id.clone(),
        territory: proposal.territory,
        period: proposal.period,
        officer: OfficerId::parse("o", "agathe").expect("an id"),
    };
    NettingRun {
        cut_off: Some(Seq::new(40)),
        proposed: Some(Proposed { proposal, seq: Seq::new(41) }),
        status: NettingStatus::Approved,
        disputes_until: Some(MARCH),
        approved: Some((OfficerId::parse("o", "bruno").expect("an id"), Seq::new(42))),
        payments: vec![PaymentState::Confirmed { paid_on: MARCH, seq: Seq::new(43) }, PaymentState::Lapsed],
        ..NettingRun::open(opening, Seq::new(39))
    }
}

#[test]
fn a_run_tells_positions_and_what_became_of_each_payment() {
    let wire = netting::wire_run(&run());
    assert_eq!(wire.status(), v1::NettingStatus::Approved);
    assert_eq!((wire.proposed_by.as_str(), wire.approved_by.as_str()), ("alice", "bruno"));
    assert_eq!(
        (wire.at_seq, wire.relogement_count, wire.payments_lower_bound, wire.payments_optimal),
        (40, 1, 2, true)
    );
    assert_eq!((wire.opened_by.as_str(), wire.revision, wire.approved_seq), ("agathe", 2, 42));
    assert_eq!(
        (wire.disputed_count, wire.disputes_until, wire.pay_on),
        (1, Some(words::wire_date(MARCH)), None)
    );
    assert_eq!((wire.held_sirens, wire.input_sha256.as_str()), (vec![siren(4)], "ab"));
    assert_eq!(
        wire.positions,
        [v1::NetPosition {
            bailleur_siren: siren(1),
            effort_cents: 104_012,
            fair_share_cents: 25_803,
            carried_over_cents: 1,
            position_cents: 78_210,
            settled_cents: 78_209,
        }]
    );
    let payments: Vec<_> =
        wire.payments.iter().map(|p| (p.payment_id.as_str(), p.amount_cents, p.status())).collect();
    assert_eq!(
        payments,
        [("P-1", 78_209, v1::PaymentStatus::Confirmed), ("P-2", 1, v1::PaymentStatus::Lapsed)]
    );
}

#[test]
fn a_run_not_approved_names_no_approver() {
    let wire = netting::wire_run(&NettingRun { approved: None, status: NettingStatus::Proposed, ..run() });
    assert_eq!((wire.approved_by.as_str(), wire.status()), ("", v1::NettingStatus::Proposed));
}

#[test]
fn the_head_of_an_empty_journal_is_zero() {
    assert_eq!(audit::wire_head(None), v1::GetJournalHeadResponse::default());
    let head = audit::wire_head(Some((Seq::new(3), Seal::GENESIS, BookedAt::from_millis(2_000))));
    assert_eq!((head.seq, head.seal.len(), head.booked_at.unwrap().seconds), (3, 32, 2));
}

#[test]
fn the_descriptor_set_describes_the_six_services_and_what_they_import() {
    let set = prost_types::FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).unwrap();
    let mut services: Vec<_> =
        set.file.iter().flat_map(|file| &file.service).map(|service| service.name()).collect();
    services.sort_unstable();
    assert_eq!(
        services,
        [
            "AccessService",
            "AuditService",
            "LedgerService",
            "MatchingService",
            "NettingService",
            "RegistryService"
        ]
    );
    let files: Vec<_> = set.file.iter().map(|file| file.name()).collect();
    for import in set.file.iter().flat_map(|file| &file.dependency) {
        assert!(files.contains(&import.as_str()), "{import}");
    }
}
