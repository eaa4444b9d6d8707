//! What must hold after any sequence of commands, right or wrong.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests may stop

#[path = "support/honest.rs"]
mod honest;
mod support;

use chambre_domain::convention::RentGapRule;
use chambre_domain::follow_up::{CounterpartStep, IndemnityStatus};
use chambre_domain::measure::LineKind;
use chambre_domain::{
    Account, AsOf, Balance, Compte, Date, Entry, Event, EventId, Reason, RegionalNetting, Seq, Unit,
};
use chambre_ledger::{Books, Command, Mode, Outcome, accruals_due};
use honest::{honest_plan, honest_run};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use support::*;

/// Dice from which one command is made: what, three choices, and which event id.
type Dice = (u8, u8, u8, u8, u16);

/// One request: its commands, how they stand together, by how many days the clock moves first.
type Request = (Vec<Dice>, u8, i8);

fn pick<T: Copy>(among: &[T], die: u8) -> T {
    among[usize::from(die) % among.len()]
}

const DAYS: [Date; 8] = [
    day(2023, 12, 31),
    day(2025, 1, 1),
    day(2025, 3, 15),
    day(2025, 6, 1),
    day(2025, 10, 31),
    day(2026, 1, 1),
    day(2026, 3, 31),
    day(2027, 6, 1),
];

fn event(books: &Books, (what, a, b, c, which): Dice) -> Event {
    let party = |die| pick(&['O', 'H', 'H', 'X', 'X', 'N', 'E', 'A'], die);
    let name = format!("R-{}", a % 6);
    let cents = pick(&[1, 7, 100, 12_345, 400_000], b);
    let on = pick(&DAYS, c);
    match what % 44 {
        0 => registered(pick(&['A', 'B', 'O'], a)),
        1 if b.is_multiple_of(8) => succeeded(party(a), party(c)),
        2 => operation(pick(&["OP-V", "OP-W", "OP-T"], a), plaine(), party(b)),
        3 => {
            let territory = if a.is_multiple_of(2) { plaine() } else { ensemble() };
            let rule =
                if b.is_multiple_of(2) { RentGapRule { months: 24, ..capitalised() } } else { accrued() };
            published(convention(territory, u32::from(b % 3) + 2, on, rule))
        }
        1 | 4..=6 => {
            let operation = pick(&["OP-T", "OP-T", "OP-U", "OP-V"], b);
            recorded(&name, operation, party(c), pick(&DAYS, c / 8), i64::from(b) * 100 - 9_000)
        }
        7 | 8 => works_on(&name, cents, on),
        9 => vacancy(&name, pick(&DAYS, b), on, cents),
        10 | 11 => {
            use IndemnityStatus::{Expected, Notified, Received, Reclaimed, Requested};
            let steps = [Received, Received, Reclaimed, Reclaimed, Expected, Requested, Notified];
            indemnity(&name, pick(&steps, c), cents)
        }
        12 => revised(&name, on.first_of_month(), i64::from(b) * 10),
        13 => ended(&name, on),
        14 => {
            let step = if b.is_multiple_of(2) { CounterpartStep::Due } else { CounterpartStep::Honoured };
            land(party(a), step, i64::from(c) + 1)
        }
        15..=18 => reversed(&booked_name(books, which)),
        19 => Event::NettingProposed(Box::new(honest_run(books, a, b, c))),
        20 => rejected(&run_name(books, a.wrapping_mul(4))),
        21 => approved(&run_name(books, a), pick(&["alice", "bob", "carol"], b)),
        24 => opened(&format!("N-{}", a % 16), day(2026, 3, 31)),
        25 => cut_off(&run_name(books, a)),
        26 => publication(&run_name(books, a), pick(&[None, None, Some(on)], b)),
        27 | 28 => instructed(&run_name(books, a), pick(&[on, day(2027, 6, 1)], b)),
        29 => cancelled(&run_name(books, a)),
        30 => closed(&run_name(books, a)),
        31 => payment_back(books, a, b),
        32 => dispute(&name, pick(&['O', 'H', 'X', '!'], b), run_name(books, a)),
        33 => dispute_settled(books.disputes().iter().next_back().map_or("d", |last| last.id.as_str())),
        34..=43 => next_step(books, (a, b, c)),
        _ => payment(books, a, b),
    }
}

/// A step that the state of the last run allows, mostly: without it, chance would rarely lead to the end of one.
fn next_step(books: &Books, (a, b, c): (u8, u8, u8)) -> Event {
    use chambre_domain::NettingStep::{
        Approve, Cancel, Close, Confirm, CutOff, Group, Instruct, Propose, Publish, Reject, Return,
    };
    if let Some(plan) =
        books.regionals().next_back().filter(|plan| a.is_multiple_of(2) && !plan.status.steps().is_empty())
    {
        return regional_step(books, plan, (a, b, c));
    }
    let Some(run) = books.nettings().rev().find(|run| !run.status.steps().is_empty()) else {
        return opened(&format!("N-{}", a % 16), day(2026, 3, 31));
    };
    let name = run.opening.id.as_str();
    match pick(run.status.steps(), b) {
        CutOff => cut_off(name),
        Propose => Event::NettingProposed(Box::new(honest_run(books, a, 0, 1))),
        Publish => publication(name, None),
        Reject => rejected(name),
        Approve => approved(name, "carol"),
        Instruct => instructed(name, day(2027, 6, 1)),
        Confirm => payment(books, a, c),
        Return => payment_back(books, a, c),
        Group => Event::RegionalProposed(Box::new(honest_plan(books, a))),
        Close => closed(name),
        Cancel if c.is_multiple_of(4) => cancelled(name),
        Cancel => approved(name, "carol"),
    }
}

/// A step of a regional plan, allowed or not.
fn regional_step(books: &Books, plan: &RegionalNetting, (a, b, c): (u8, u8, u8)) -> Event {
    use chambre_domain::NettingStep::{Approve, Cancel, Close, Confirm, Instruct, Reject, Return};
    let name = plan.proposal.id.as_str();
    let paid_one = || match plan.proposal.payments.get(usize::from(c) % plan.payments.len().max(1)) {
        Some(one) => (one.payment.id.as_str(), one.payment.amount.get()),
        None => ("R-0-0", 1),
    };
    match pick(plan.status.steps(), b) {
        Reject if c.is_multiple_of(4) => rejected(name),
        Approve | Reject => approved(name, "carol"),
        Instruct => instructed(name, day(2027, 6, 1)),
        Confirm => paid(name, paid_one().0, paid_one().1),
        Return => sent_back(name, paid_one().0),
        Cancel => cancelled(name),
        Close => closed(name),
        _ => Event::RegionalProposed(Box::new(honest_plan(books, a))),
    }
}

/// Mostly the id of an entry that a bailleur declared.
fn booked_name(books: &Books, which: u16) -> String {
    let files: Vec<_> = books.relogements_of(plaine()).chain(books.relogements_of(ensemble())).collect();
    match files.get(usize::from(which) % (files.len() + 1)) {
        Some(file) => format!("seq-{}", file.entries[usize::from(which / 7) % file.entries.len()]),
        None => event_name(which.wrapping_mul(31)),
    }
}

fn event_name(which: u16) -> String {
    format!("e-{}", which % 220)
}

/// Mostly the last run proposed.
fn run_name(books: &Books, a: u8) -> String {
    match books.nettings().next_back() {
        Some(run) if !a.is_multiple_of(4) => run.opening.id.to_string(),
        _ => format!("N-{}", a % 16),
    }
}

/// A payment seen at the bank and sent back, when there is one.
fn payment_back(books: &Books, a: u8, b: u8) -> Event {
    let Event::PaymentConfirmed(paid) = payment(books, a, b) else { unreachable!() };
    sent_back(paid.netting.as_str(), paid.payment.as_str())
}

/// Confirms a payment of a run, when there is one.
fn payment(books: &Books, a: u8, b: u8) -> Event {
    let runs: Vec<_> =
        books.nettings().filter_map(|run| run.proposal()).filter(|p| !p.plan.payments.is_empty()).collect();
    if runs.is_empty() {
        return paid("N-0", "N-0-0", 1);
    }
    let run = runs[usize::from(a) % runs.len()];
    let payments = &run.plan.payments;
    let instructed = &payments[usize::from(b) % payments.len()];
    paid(run.id.as_str(), instructed.id.as_str(), instructed.amount.get())
}

fn commands_of(chamber: &Chamber, dice: &[Dice]) -> Vec<Command> {
    let books = chamber.ledger().books().unwrap();
    let mut commands = Vec::new();
    for die in dice {
        if die.0 == 249 {
            let seq = u64::from(die.4) % books.head().seq.get() + 1;
            let entry = chamber.ledger().entries(&[seq]).unwrap().remove(0);
            commands.push(Command::new(entry.event_id, entry.event));
        } else if die.0 == 250 {
            for territory in [plaine(), ensemble()] {
                commands.extend(accruals_due(&books, territory, pick(&DAYS[..7], die.1)).unwrap());
            }
        } else {
            let mut event = event(&books, *die);
            if let Event::EventReversed(reversal) = &mut event
                && let Some(seq) = reversal.reverses.as_str().strip_prefix("seq-")
            {
                reversal.reverses =
                    chamber.ledger().entries(&[seq.parse().unwrap()]).unwrap().remove(0).event_id;
            }
            commands.push(Command::new(id(&event_name(die.4)), event));
        }
    }
    commands
}

fn shape(outcomes: &[Outcome]) -> Vec<Result<(), (Reason, String)>> {
    let shape = |outcome: &Outcome| match outcome {
        Ok(_) => Ok(()),
        Err(refusal) => Err((refusal.reason, refusal.field.clone())),
    };
    outcomes.iter().map(shape).collect()
}

/// An independent sum of the transfers of some entries.
fn oracle<'a>(entries: impl Iterator<Item = &'a Entry>) -> BTreeMap<Account, Balance> {
    let mut sums: BTreeMap<Account, Balance> = BTreeMap::new();
    for transfer in entries.flat_map(|entry| &entry.transfers) {
        sums.entry(transfer.debit()).or_default().debit += transfer.amount().get();
        sums.entry(transfer.credit()).or_default().credit += transfer.amount().get();
    }
    sums
}

fn check_conservation(chamber: &Chamber) {
    let books = chamber.ledger().books().unwrap();
    let mut sums: BTreeMap<Unit, i64> = BTreeMap::new();
    let mut positions = 0;
    let mut regional = 0;
    for (account, balance) in books.balances().iter() {
        if matches!(account.compte, Compte::PositionRegionale | Compte::Liaison) {
            regional += balance.credit_balance();
        }
        *sums.entry(account.compte.unit()).or_default() += balance.credit_balance();
        if account.compte == Compte::PositionDuBailleur {
            positions += balance.credit_balance();
        }
    }
    assert!(sums.values().all(|sum| *sum == 0), "debits are not credits: {sums:?}");
    assert_eq!(positions, 0, "the positions of a territory do not sum to zero");
    assert_eq!(
        regional, 0,
        "what is due under the regional plan is not what went through the liaison account"
    );
}

/// The lines of each relogement are its euros in the books, and its follow-ups are counted right.
fn check_files(chamber: &Chamber, entries: &[Entry]) {
    let books = chamber.ledger().books().unwrap();
    for territory in [plaine(), ensemble()] {
        let mut measured = 0;
        for file in books.relogements_of(territory) {
            let sign = |kind| if kind == LineKind::Indemnity { -1 } else { 1 };
            measured +=
                file.measured.lines.iter().map(|line| sign(line.kind) * line.amount.get()).sum::<i64>();
            measured -= file.measured.shared.get();
            assert!(file.live_follow_ups >= 0);
            assert!(file.entries.is_sorted());
            let about: BTreeSet<Seq> = file.measured.lines.iter().map(|line| line.seq).collect();
            assert!(about.iter().all(|seq| file.entries.contains(&seq.get())));
        }
        let effort: i64 = books
            .balances()
            .iter()
            .filter(|(account, _)| account.compte == Compte::EffortMesure && account.territory == territory)
            .map(|(_, balance)| balance.credit_balance())
            .sum();
        assert_eq!(effort, measured, "467900 is not what the relogements say");
    }
    for entry in entries {
        let by = books.reversed_by(entry.seq);
        let named = entries.iter().find(|other| match &other.event {
            Event::EventReversed(reversal) => reversal.reverses == entry.event_id,
            _ => false,
        });
        assert_eq!(by, named.map(|other| other.seq));
    }
}

/// Every reading agrees with the oracle: pages, filters, states of the past.
fn check_readings(chamber: &Chamber, entries: &[Entry]) {
    let ledger = chamber.ledger();
    let seqs: Vec<u64> = entries.iter().map(|entry| entry.seq.get()).collect();
    assert_eq!(seqs, (1..=chamber.head()).collect::<Vec<_>>(), "a hole in the numbering");
    assert!(entries.is_sorted_by_key(|entry| entry.booked_at));
    assert_eq!(ledger.balances(&AsOf::default()).unwrap().0, oracle(entries.iter()));
    for at in [0, chamber.head() / 3, chamber.head()] {
        let as_of = AsOf { seq: Some(Seq::new(at)), ..AsOf::default() };
        let until = entries.iter().filter(|entry| entry.seq.get() <= at);
        assert_eq!(ledger.balances(&as_of).unwrap(), (oracle(until), Seq::new(at)));
    }
    for occurred_by in DAYS {
        let as_of = AsOf { occurred_by: Some(occurred_by), ..AsOf::default() };
        let until = entries.iter().filter(|entry| entry.occurred_on <= occurred_by);
        assert_eq!(ledger.balances(&as_of).unwrap().0, oracle(until), "occurred by {occurred_by}");
    }
    let days: BTreeSet<Date> = entries.iter().map(|entry| entry.booked_at.day_in_paris()).collect();
    for booked_by in days {
        let as_of = AsOf { booked_by: Some(booked_by), occurred_by: Some(DAYS[4]), ..AsOf::default() };
        let until = entries.iter().filter(|entry| entry.booked_at.day_in_paris() <= booked_by);
        let until = until.filter(|entry| entry.occurred_on <= DAYS[4]);
        assert_eq!(ledger.balances(&as_of).unwrap().0, oracle(until), "booked by {booked_by}");
    }
    for (territory, siren) in
        [(Some(plaine()), None), (None, Some(bailleur('H'))), (Some(ensemble()), Some(bailleur('O')))]
    {
        let ours = |account: Account| {
            territory.is_none_or(|territory| account.territory == territory)
                && siren.is_none_or(|siren| account.bailleur == Some(siren))
        };
        let wanted = entries
            .iter()
            .filter(|entry| entry.transfers.iter().any(|t| ours(t.debit()) || ours(t.credit())));
        let mut paged: Vec<Entry> = Vec::new();
        loop {
            let after = paged.last().map_or(Seq::ZERO, |entry| entry.seq);
            let page = ledger.entries_after(after, 3, territory, siren).unwrap();
            if page.is_empty() {
                break;
            }
            paged.extend(page);
        }
        assert!(wanted.eq(paged.iter()));
    }
}

/// Serves one request, with all that must hold around it; the kinds it booked and the reasons it met.
fn serve(chamber: &Chamber, (dice, mode, days): &Request, seen: &RefCell<BTreeMap<String, u32>>) {
    let now = chamber.ledger().books().unwrap().head().booked_at.unwrap().day_in_paris();
    chamber.set_now(now.checked_add(jiff_days(*days)).unwrap());
    let commands = commands_of(chamber, dice);
    let mode = pick(&[Mode::Each, Mode::Each, Mode::Each, Mode::AllOrNone, Mode::Validate], *mode);
    let before = chamber.state();
    let asked = chamber.record(commands.clone(), Mode::Validate);
    assert_eq!(chamber.state(), before, "a validation leaves a trace");
    let outcomes = chamber.record(commands.clone(), mode);
    let refused = outcomes.iter().any(Result::is_err);
    if mode == Mode::Validate || (mode == Mode::AllOrNone && refused) {
        assert_eq!(chamber.state(), before, "{mode:?} leaves a trace");
    }
    let (mut expected, mut met) = (shape(&asked), shape(&outcomes));
    if mode == Mode::AllOrNone && refused {
        expected.retain(Result::is_err);
        met.retain(|outcome| outcome.as_ref().is_err_and(|(reason, _)| *reason != Reason::AllOrNothing));
    }
    assert_eq!(expected, met, "validation and recording differ");
    let mut seen = seen.borrow_mut();
    for (command, outcome) in commands.iter().zip(&outcomes) {
        let what = match outcome {
            Ok(receipt) if receipt.replayed => "replayed".to_owned(),
            Ok(receipt) if receipt.seq == Seq::ZERO => "validated".to_owned(),
            Ok(_) => command.event.kind().to_owned(),
            Err(refusal) => refusal.reason.code().to_owned(),
        };
        *seen.entry(what).or_default() += 1;
    }
}

fn jiff_days(days: i8) -> std::time::Duration {
    std::time::Duration::from_secs(u64::from(days.unsigned_abs()) * 86_400)
}

#[test]
fn any_sequence_of_commands_leaves_sound_books() {
    let config = Config { cases: 160, failure_persistence: None, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let what = prop_oneof![40 => 0_u8..44, 1 => Just(249_u8), 1 => Just(250_u8)];
    let dice = (what, any::<u8>(), any::<u8>(), any::<u8>(), 0_u16..220);
    let request = (prop::collection::vec(dice, 1..8), any::<u8>(), 0_i8..3);
    let life = prop::collection::vec(request, 10..45);
    let seen = RefCell::new(BTreeMap::new());
    let run = TestRunner::new_with_rng(config, rng).run(&life, |requests| {
        let mut chamber = Chamber::with_registry();
        for (name, host, operation) in [("R-0", 'H', "OP-T"), ("R-1", 'X', "OP-T"), ("R-2", 'H', "OP-U")] {
            chamber.booked(name, recorded(name, operation, host, DAYS[1], 5_000));
        }
        for request in &requests {
            serve(&chamber, request, &seen);
            check_conservation(&chamber);
        }
        let entries = chamber.ledger().entries_after(Seq::ZERO, u32::MAX, None, None).unwrap();
        check_readings(&chamber, &entries);
        check_files(&chamber, &entries);
        chamber.check_sound();
        check_readings(&chamber, &entries);
        Ok(())
    });
    run.unwrap_or_else(|failure| panic!("{failure}"));
    check_coverage(&seen.borrow());
}

/// The dice are only worth what they reach.
fn check_coverage(seen: &BTreeMap<String, u32>) {
    for kind in
        story().iter().map(|(_, event)| event.kind()).chain(["regional_proposed", "replayed", "validated"])
    {
        assert!(seen.get(kind).is_some_and(|count| *count >= 5), "{kind} is not reached: {seen:?}");
    }
    let reasons = Reason::ALL.iter().filter(|reason| seen.contains_key(reason.code())).count();
    assert!(reasons >= 25, "{reasons} reasons are reached: {seen:?}");
}

#[test]
fn a_state_beyond_the_head_is_refused() {
    let chamber = told();
    let as_of = AsOf { seq: Some(Seq::new(chamber.head() + 1)), ..AsOf::default() };
    let error = chamber.ledger().balances(&as_of).unwrap_err();
    let chambre_ledger::LedgerError::Refused(refusal) = error else { panic!("{error}") };
    assert_eq!(said(&refusal), format!("SEQ_BEYOND_HEAD as_of.seq head={}", chamber.head()));
}

#[test]
fn entries_are_found_by_their_number_and_by_their_id() {
    let chamber = told();
    let ledger = chamber.ledger();
    let found: Vec<u64> =
        ledger.entries(&[3, 1, 9_999, 2]).unwrap().iter().map(|entry| entry.seq.get()).collect();
    assert_eq!(found, [3, 1, 2], "what does not exist is left out");
    assert_eq!(ledger.entry_of(&id("s-10")).unwrap().unwrap().seq, Seq::new(10));
    assert_eq!(ledger.entry_of(&EventId::parse("e", "nobody").unwrap()).unwrap(), None);
    let page = ledger.entries_after(Seq::new(5), 2, None, None).unwrap();
    assert_eq!(page.iter().map(|entry| entry.seq.get()).collect::<Vec<_>>(), [6, 7]);
    assert!(ledger.entries_after(Seq::new(u64::MAX), 2, None, None).unwrap().is_empty());
    assert!(ledger.entries_after(Seq::ZERO, 0, Some(plaine()), None).unwrap().is_empty());
}
