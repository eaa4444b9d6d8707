//! Netting runs: proposed, approved by a second officer, paid, settled.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests may stop

mod support;

use chambre_domain::netting::NettingProposal;
use chambre_domain::netting_run::PaymentState::{self, Awaited, Confirmed, Lapsed};
use chambre_domain::{Cents, Compte, Date, Event, NettingStatus, Seq, calendar};
use support::*;

const YEAR_END: Date = day(2025, 12, 31);

/// The worked figure: R-1 (entry 10) left H an effort of 1 040.12, R-2 (13) left X 250.00.
fn open() -> Chamber {
    let chamber = Chamber::with_registry();
    chamber.booked("r-1", recorded("R-1", "OP-T", 'H', day(2025, 3, 15), 32_001));
    chamber.booked("w-1", works("R-1", 120_000));
    chamber.booked("i-1", received("R-1", 400_000));
    chamber.booked("r-2", recorded("R-2", "OP-T", 'X', day(2025, 5, 1), 0));
    chamber.booked("w-2", works("R-2", 25_000));
    chamber
}

fn worked(id: &str, at_seq: u64) -> Event {
    worked_run(id, at_seq, YEAR_END, (10, 13))
}

fn run(chamber: &Chamber, id: &str) -> (NettingStatus, Vec<PaymentState>) {
    let books = chamber.ledger().books().unwrap();
    let run = books.netting(&netting_id(id)).unwrap();
    (run.status, run.payments.clone())
}

fn positions(chamber: &Chamber) -> [i64; 3] {
    ['H', 'X', 'O'].map(|letter| chamber.balance(Compte::PositionDuBailleur, letter))
}

#[test]
fn an_approval_turns_measured_efforts_into_positions_that_sum_to_zero() {
    let mut chamber = open();
    chamber.booked("p", worked("N-1", 14));
    assert_eq!(positions(&chamber), [0, 0, 0], "a proposal moves nothing");
    let seq = chamber.booked("a", approved("N-1", "bob"));
    assert_eq!(positions(&chamber), [78_209, -802, -77_407]);
    assert_eq!(chamber.balance(Compte::EffortMesure, 'H'), 0);
    assert_eq!(
        chamber.moves(seq),
        [
            "467100 O > 709900 77407",
            "467900 H > 467100 H 104012",
            "467100 H > 709900 25803",
            "467900 X > 467100 X 25000",
            "467100 X > 709900 25802",
        ]
    );
    let shared =
        |seq| chamber.ledger().books().unwrap().relogement_at(Seq::new(seq)).unwrap().measured.shared;
    assert_eq!((shared(10), shared(13)), (Cents::new(104_012), Cents::new(25_000)));
    chamber.check_sound();
}

#[test]
fn payments_settle_the_run_one_by_one() {
    let mut chamber = open();
    chamber.booked("p", worked("N-1", 14));
    chamber.booked("a", approved("N-1", "bob"));
    assert_eq!(run(&chamber, "N-1"), (NettingStatus::Approved, vec![Awaited, Awaited]));
    let seq = chamber.booked("pay-1", paid("N-1", "N-1-1", 77_407));
    assert_eq!(chamber.moves(seq), ["467100 H > 467100 O 77407"]);
    assert_eq!(positions(&chamber), [802, -802, 0]);
    let confirmed = |seq| Confirmed { paid_on: day(2026, 2, 10), seq: Seq::new(seq) };
    assert_eq!(run(&chamber, "N-1"), (NettingStatus::PartlySettled, vec![confirmed(17), Awaited]));
    chamber.booked("pay-2", paid("N-1", "N-1-2", 802));
    assert_eq!(run(&chamber, "N-1"), (NettingStatus::Settled, vec![confirmed(17), confirmed(18)]));
    assert_eq!(positions(&chamber), [0, 0, 0]);
    assert_eq!(chamber.refused("again", paid("N-1", "N-1-1", 77_407)), "PAYMENT_CONFIRMED payment_id seq=17");
    chamber.check_sound();
}

#[test]
fn a_run_without_payments_is_settled_once_approved() {
    let mut chamber = open();
    let carried = Run {
        id: "N-1",
        at_seq: 14,
        to: YEAR_END,
        shared: &[(10, 104_012)],
        positions: &[('O', 0, 104_012, 0, 0), ('H', 104_012, 0, 0, 0)],
        payments: &[],
    };
    chamber.booked("p", carried.proposed());
    chamber.booked("a", approved("N-1", "bob"));
    assert_eq!(run(&chamber, "N-1").0, NettingStatus::Settled);
    assert_eq!(positions(&chamber), [104_012, 0, -104_012]);
    chamber.check_sound();
}

#[test]
fn a_second_officer_signs() {
    let chamber = open();
    chamber.booked("p", worked("N-1", 14));
    assert_eq!(chamber.refused("a", approved("N-1", "alice")), "SAME_OFFICER officer_id");
    chamber.booked("a", approved("N-1", "bob"));
}

#[test]
fn each_step_needs_its_state() {
    let chamber = open();
    let status = |is: &str, step: &str| format!("NETTING_STATUS netting_id status={is} step={step}");
    for event in [approved("N-1", "bob"), rejected("N-1"), paid("N-1", "N-1-1", 77_407)] {
        assert_eq!(chamber.refused("x", event), "NETTING_UNKNOWN netting_id");
    }
    chamber.booked("p", worked("N-1", 14));
    assert_eq!(chamber.refused("x", paid("N-1", "N-1-1", 77_407)), status("PROPOSED", "CONFIRM"));
    chamber.booked("no", rejected("N-1"));
    assert_eq!(chamber.refused("x", approved("N-1", "bob")), status("REJECTED", "APPROVE"));
    assert_eq!(chamber.refused("x", rejected("N-1")), status("REJECTED", "REJECT"));
    assert_eq!(chamber.refused("x", paid("N-1", "N-1-1", 77_407)), status("REJECTED", "CONFIRM"));
    assert_eq!(chamber.refused("x", worked("N-1", 14)), status("REJECTED", "PROPOSE"));
    chamber.booked("p2", worked("N-2", 14));
    chamber.booked("a2", approved("N-2", "bob"));
    assert_eq!(chamber.refused("x", approved("N-2", "carol")), status("APPROVED", "APPROVE"));
    assert_eq!(chamber.refused("x", rejected("N-2")), status("APPROVED", "REJECT"));
    assert_eq!(chamber.refused("x", paid("N-2", "N-2-9", 1)), "PAYMENT_UNKNOWN payment_id");
    assert_eq!(
        chamber.refused("x", paid("N-2", "N-2-1", 77_408)),
        "PAYMENT_DIFFERS amount_cents instructed_cents=77407"
    );
}

#[test]
fn a_territory_has_one_run_under_way() {
    let chamber = open();
    chamber.booked("p1", worked("N-1", 14));
    let under_way = "NETTING_UNDER_WAY territory_siren netting_id=N-1 status=PROPOSED";
    assert_eq!(chamber.refused("p2", worked("N-2", 14)), under_way);
    chamber.booked("no", rejected("N-1"));
    chamber.booked("p2", worked("N-2", 14));
    let order: Vec<_> =
        chamber.ledger().books().unwrap().nettings().map(|run| run.opening.id.clone()).collect();
    assert_eq!(order, [netting_id("N-1"), netting_id("N-2")]);
}

#[test]
fn later_declarations_do_not_stop_an_approval() {
    let chamber = open();
    chamber.booked("p", worked("N-1", 14));
    chamber.booked("late", works("R-1", 7));
    chamber.booked("a", approved("N-1", "bob"));
    assert_eq!(chamber.balance(Compte::EffortMesure, 'H'), 7, "left for the next run");
}

#[test]
fn a_payment_between_proposal_and_approval_outdates_the_proposal() {
    let chamber = open();
    chamber.booked("p1", worked("N-1", 14));
    chamber.booked("a1", approved("N-1", "bob"));
    let carried = Run {
        id: "N-2",
        at_seq: 16,
        to: YEAR_END,
        shared: &[],
        positions: &[('O', 0, 0, -77_407, 0), ('H', 0, 0, 78_209, 0), ('X', 0, 0, -802, 0)],
        payments: &[],
    };
    chamber.booked("p2", carried.proposed());
    chamber.booked("pay", paid("N-1", "N-1-2", 802));
    assert_eq!(
        chamber.refused("a2", approved("N-2", "bob")),
        "NETTING_OUTDATED netting_id changed=positions"
    );
}

#[test]
fn another_run_approved_since_outdates_the_proposal() {
    let chamber = open();
    chamber.booked("p1", worked("N-1", 14));
    chamber.booked("a1", approved("N-1", "bob"));
    // Computed before the approval, queued after it.
    chamber.booked("p2", worked("N-2", 14));
    assert_eq!(
        chamber.refused("a2", approved("N-2", "bob")),
        "NETTING_OUTDATED netting_id changed=approved runs"
    );
}

#[test]
fn a_merger_since_outdates_the_proposal() {
    let chamber = open();
    chamber.booked("p", worked("N-1", 14));
    chamber.booked("m", succeeded('X', 'N'));
    assert_eq!(chamber.refused("a", approved("N-1", "bob")), "NETTING_OUTDATED netting_id changed=positions");
}

#[test]
fn what_is_unpaid_lapses_into_the_next_run() {
    let mut chamber = open();
    chamber.booked("p1", worked("N-1", 14));
    chamber.booked("a1", approved("N-1", "bob"));
    chamber.booked("pay", paid("N-1", "N-1-1", 77_407));
    let next = Run {
        id: "N-2",
        at_seq: 17,
        to: YEAR_END,
        shared: &[],
        positions: &[('H', 0, 0, 802, 802), ('X', 0, 0, -802, -802)],
        payments: &[("N-2-1", 'X', 'H', 802)],
    };
    chamber.booked("p2", next.proposed());
    chamber.booked("a2", approved("N-2", "carol"));
    let (status, payments) = run(&chamber, "N-1");
    assert_eq!(status, NettingStatus::Closed);
    assert!(matches!(payments[..], [Confirmed { .. }, Lapsed]));
    assert_eq!(chamber.refused("x", paid("N-1", "N-1-2", 802)), "PAYMENT_LAPSED payment_id");
    assert_eq!(positions(&chamber), [802, -802, 0]);
    chamber.booked("pay-2", paid("N-2", "N-2-1", 802));
    assert_eq!(positions(&chamber), [0, 0, 0]);
    assert_eq!(
        chamber.ledger().books().unwrap().last_approved(plaine()).unwrap().opening.id,
        netting_id("N-2")
    );
    chamber.check_sound();
}

#[test]
fn a_period_never_ends_before_the_last_approved_one() {
    let chamber = open();
    chamber.booked("p1", worked("N-1", 14));
    chamber.booked("a1", approved("N-1", "bob"));
    assert_eq!(
        chamber.refused("p2", worked_run("N-2", 16, day(2025, 12, 30), (10, 13))),
        "PERIOD_ORDER period.to last_approved_to=2025-12-31"
    );
}

#[test]
fn a_proposal_rests_on_entries_and_names_that_the_books_hold() {
    let chamber = open();
    assert_eq!(chamber.refused("p", worked("N-1", 15)), "SEQ_BEYOND_HEAD at_seq head=14");
    let unknown = "RELOGEMENT_UNKNOWN shared.recorded_seq";
    assert_eq!(chamber.refused("p", worked_run("N-1", 14, YEAR_END, (10, 11))), unknown);
    assert_eq!(chamber.refused("p", worked_run("N-1", 14, YEAR_END, (13, 10))), unknown);
    assert_eq!(chamber.refused("p", worked_run("N-1", 14, YEAR_END, (10, 10))), unknown);
    chamber.booked("r-3", recorded("R-3", "OP-U", 'X', day(2025, 5, 1), 0));
    assert_eq!(chamber.refused("p", worked_run("N-1", 14, YEAR_END, (10, 15))), unknown);
    let run = Run {
        id: "N-1",
        at_seq: 14,
        to: YEAR_END,
        shared: &[],
        positions: &[('A', 0, 0, 0, 0)],
        payments: &[],
    };
    assert_eq!(chamber.refused("p", run.proposed()), "BAILLEUR_UNKNOWN positions.bailleur");
}

/// The worked proposal, damaged: refused by name, and nothing is left of it.
fn unbalanced(damage: impl FnOnce(&mut NettingProposal), field: &str) {
    let chamber = open();
    let Event::NettingProposed(mut proposal) = worked("N-1", 14) else { unreachable!() };
    damage(&mut proposal);
    let before = chamber.state();
    let refusal = chamber.refused("p", Event::NettingProposed(proposal));
    assert_eq!(refusal, format!("NETTING_OVERFLOW {field}"));
    assert_eq!(chamber.state(), before);
}

#[test]
fn an_unbalanced_proposal_is_refused() {
    let one = Cents::new(1);
    unbalanced(|p| p.shared[0].amount = one, "positions.fair_share_cents");
    unbalanced(|p| p.positions[0].effort = one, "positions.fair_share_cents");
    unbalanced(|p| p.positions[0].fair_share = one, "positions.fair_share_cents");
    unbalanced(|p| p.positions[0].position = one, "positions.position_cents");
    unbalanced(|p| p.positions[0].carried_over = one, "positions.position_cents");
    unbalanced(|p| p.positions[0].settled = one, "positions.settled_cents");
    unbalanced(|p| p.plan.payments[0].amount = amount(1), "payments.amount_cents");
    unbalanced(|p| p.plan.payments[0].to = bailleur('X'), "payments.amount_cents");
    unbalanced(|p| p.plan.payments.truncate(1), "payments.amount_cents");
}

#[test]
fn a_payment_names_two_bailleurs_of_the_run_once() {
    unbalanced(|p| p.plan.payments[0].from = bailleur('H'), "payments.payment_id");
    unbalanced(|p| p.plan.payments[1].id = p.plan.payments[0].id.clone(), "payments.payment_id");
    // Through a third party that has no position.
    unbalanced(|p| p.plan.payments[1].to = bailleur('N'), "payments.amount_cents");
}

#[test]
fn a_bailleur_has_one_position_in_a_run() {
    let twice = |p: &mut NettingProposal| {
        let copy = p.positions[0];
        p.positions.push(chambre_domain::netting::NetPosition {
            effort: Cents::ZERO,
            fair_share: Cents::ZERO,
            position: Cents::ZERO,
            settled: Cents::ZERO,
            ..copy
        });
    };
    unbalanced(twice, "positions.bailleur");
}

#[test]
fn figures_beyond_a_cent_counter_are_refused_and_stop_nothing() {
    let huge = i64::MAX - 5;
    for (shared, positions) in [
        ([(10, huge)], [('O', 0, huge, 0, 0), ('H', huge, 0, 0, 0)]),
        ([(10, i64::MIN)], [('O', 0, i64::MIN, 0, 0), ('H', i64::MIN, 0, 0, 0)]),
        ([(10, 0)], [('O', huge, 0, 0, 0), ('H', -huge, 0, 0, 0)]),
    ] {
        let mut chamber = open();
        let run = Run {
            id: "N-1",
            at_seq: 14,
            to: YEAR_END,
            shared: &shared,
            positions: &positions,
            payments: &[],
        };
        assert!(chamber.refused("p", run.proposed()).starts_with("NETTING_OVERFLOW"));
        assert!(chamber.ledger().is_writing());
        chamber.check_sound();
    }
}

fn status(chamber: &Chamber) -> NettingStatus {
    run(chamber, "N-1").0
}

#[test]
fn a_convention_may_want_a_proposal_published_some_days_before_it_is_approved() {
    let chamber = open();
    let mut rules = convention(plaine(), 2, day(2025, 10, 1), capitalised());
    rules.settlement.dispute_days = Some(15);
    chamber.booked("c-2", published(rules));
    chamber.booked("p", worked("N-1", 15));
    let today = chamber_day(&chamber);
    let last = calendar::date_of_day_number(calendar::day_number(today) + 15).unwrap();
    assert_eq!(
        chamber.refused("a", approved("N-1", "bob")),
        "NETTING_UNPUBLISHED netting_id status=PROPOSED"
    );
    let short = format!("DISPUTE_WINDOW_SHORT disputes_until at_least={last}");
    for until in [None, Some(today), last.yesterday().ok()] {
        assert_eq!(chamber.refused("pub", publication("N-1", until)), short);
    }
    chamber.booked("pub", publication("N-1", Some(last)));
    chamber.set_now(last);
    assert!(chamber.refused("a", approved("N-1", "bob")).starts_with("DISPUTE_WINDOW_OPEN netting_id"));
    chamber.set_now(last.tomorrow().unwrap());
    chamber.booked("a", approved("N-1", "bob"));
}

#[test]
fn a_run_goes_through_every_step_to_its_end() {
    let mut chamber = open();
    chamber.booked("o", opened("N-1", YEAR_END));
    assert_eq!(status(&chamber), NettingStatus::Open);
    let cut = chamber.booked("c", cut_off("N-1"));
    chamber.booked("late", works("R-1", 7));
    assert_eq!(
        chamber.refused("p", worked("N-1", 14)),
        format!("NETTING_OUTDATED at_seq cut_off={cut}"),
        "what is computed is what was cut off"
    );
    chamber.booked("p", worked("N-1", cut));
    chamber.booked("pub", publication("N-1", Some(chamber_day(&chamber))));
    assert_eq!(status(&chamber), NettingStatus::Published);
    assert!(chamber.refused("a", approved("N-1", "bob")).starts_with("DISPUTE_WINDOW_OPEN netting_id"));
    chamber.set_now(chamber_day(&chamber).tomorrow().unwrap());
    chamber.booked("a", approved("N-1", "bob"));
    chamber.booked("i", instructed("N-1", chamber_day(&chamber)));
    assert_eq!(status(&chamber), NettingStatus::Instructed);
    chamber.booked("pay-1", paid("N-1", "N-1-1", 77_407));
    assert_eq!(status(&chamber), NettingStatus::PartlySettled);
    chamber.booked("end", closed("N-1"));
    assert!(matches!(run(&chamber, "N-1"), (NettingStatus::Closed, payments) if payments[1] == Lapsed));
    assert_eq!(positions(&chamber), [802, -802, 0], "what is unpaid is carried over, nothing is unwound");
    for event in
        [cut_off("N-1"), worked("N-1", cut), approved("N-1", "carol"), cancelled("N-1"), closed("N-1")]
    {
        assert!(chamber.refused("x", event).starts_with("NETTING_STATUS netting_id status=CLOSED"));
    }
    chamber.check_sound();
}

fn chamber_day(chamber: &Chamber) -> Date {
    chamber.ledger().books().unwrap().head().booked_at.unwrap().day_in_paris()
}

#[test]
fn a_proposal_is_made_again_with_the_next_revision() {
    let chamber = open();
    chamber.booked("p1", worked("N-1", 14));
    let again = |revision| {
        let Event::NettingProposed(mut proposal) = worked("N-1", 14) else { unreachable!() };
        proposal.revision = revision;
        Event::NettingProposed(proposal)
    };
    assert_eq!(chamber.refused("p2", again(3)), "NETTING_OUTDATED revision expected=2");
    chamber.booked("pub", publication("N-1", None));
    chamber.booked("p2", again(2));
    assert_eq!(status(&chamber), NettingStatus::Proposed, "it must be published again");
    assert_eq!(
        chamber.refused("p3", worked_run("N-1", 14, day(2026, 1, 1), (10, 13))),
        "NETTING_ELSEWHERE netting_id territory=200057867 from=2025-01-01 to=2025-12-31"
    );
    chamber.booked("a", approved("N-1", "bob"));
}

#[test]
fn a_cancelled_approval_leaves_nothing_shared() {
    let mut chamber = open();
    chamber.booked("p", worked("N-1", 14));
    let seq = chamber.booked("a", approved("N-1", "bob"));
    let approval = chamber.moves(seq);
    let cancelled_seq = chamber.booked("c", cancelled("N-1"));
    assert_eq!(chamber.moves(cancelled_seq).len(), approval.len());
    assert_eq!(positions(&chamber), [0, 0, 0]);
    assert_eq!(chamber.balance(Compte::EffortMesure, 'H'), 104_012);
    let shared = chamber.ledger().books().unwrap().relogement_at(Seq::new(10)).unwrap().measured.shared;
    assert_eq!(shared, Cents::ZERO);
    assert!(chamber.ledger().books().unwrap().last_approved(plaine()).is_none());
    chamber.booked("p2", worked("N-2", 17));
    chamber.booked("a2", approved("N-2", "bob"));
    chamber.booked("i2", instructed("N-2", day(2027, 1, 1)));
    let ordered = "NETTING_STATUS netting_id status=INSTRUCTED step=CANCEL";
    assert_eq!(chamber.refused("c2", cancelled("N-2")), ordered);
    chamber.check_sound();
}

#[test]
fn a_payment_that_comes_back_is_due_again() {
    let mut chamber = open();
    chamber.booked("p", worked("N-1", 14));
    chamber.booked("a", approved("N-1", "bob"));
    let not_seen = "PAYMENT_NOT_CONFIRMED payment_id";
    assert_eq!(chamber.refused("b", sent_back("N-1", "N-1-1")), not_seen);
    chamber.booked("pay", paid("N-1", "N-1-1", 77_407));
    let seq = chamber.booked("b", sent_back("N-1", "N-1-1"));
    assert_eq!(chamber.moves(seq), ["467100 O > 467100 H 77407"]);
    assert_eq!(positions(&chamber), [78_209, -802, -77_407]);
    assert_eq!(status(&chamber), NettingStatus::PartlySettled);
    assert_eq!(chamber.refused("b2", sent_back("N-1", "N-1-1")), not_seen);
    chamber.check_sound();
}

#[test]
fn what_is_disputed_is_not_approved_until_it_is_settled() {
    let mut chamber = open();
    let window = Some(chamber_day(&chamber));
    assert!(chamber.refused("d", dispute("R-1", 'O', "N-1")).starts_with("NETTING_UNKNOWN"));
    chamber.booked("p", worked("N-1", 14));
    let closed = "DISPUTE_WINDOW_CLOSED netting_id status=PROPOSED";
    assert_eq!(chamber.refused("d", dispute("R-1", 'O', "N-1")), closed);
    chamber.booked("pub", publication("N-1", window));
    let foreign = "DISPUTE_NOT_CONCERNED raised_by.bailleur_siren";
    assert_eq!(chamber.refused("d", dispute("R-1", 'X', "N-1")), foreign);
    assert_eq!(chamber.refused("d", dispute("R-9", 'O', "N-1")), "RELOGEMENT_UNKNOWN subject.relogement_id");
    let seq = chamber.booked("d", dispute("R-1", 'O', "N-1"));
    assert_eq!(chamber.refused("d2", dispute("R-1", '!', "")), format!("DISPUTE_EXISTS subject seq={seq}"));
    chamber.set_now(chamber_day(&chamber).tomorrow().unwrap());
    assert_eq!(chamber.refused("a", approved("N-1", "bob")), "NETTING_DISPUTED netting_id dispute_id=d");
    chamber.booked("s", dispute_settled("d"));
    assert!(chamber.refused("s2", dispute_settled("d")).starts_with("DISPUTE_SETTLED dispute_id seq="));
    assert_eq!(chamber.refused("s3", dispute_settled("nobody")), "DISPUTE_UNKNOWN dispute_id");
    chamber.booked("hold", hold('X'));
    assert_eq!(chamber.refused("a", approved("N-1", "bob")), "NETTING_DISPUTED netting_id dispute_id=hold");
    chamber.booked("unhold", dispute_settled("hold"));
    chamber.booked("a", approved("N-1", "bob"));
    chamber.check_sound();
}
