//! A bank's file: camt.053 or camt.054.

use super::is_told;
use chambre_audit::bank::outcome::Outcome;
use chambre_audit::bank::reconciliation::{Expectation, Expected, Holders};
use chambre_audit::bank::statement::{Direction, Kind};
use chambre_audit::bank::{Statement, read_statements, reconcile};
use chambre_domain::{Amount, Iban, PaymentId, Siren};
use std::collections::{BTreeMap, BTreeSet};

/// Reads a bank's file, then compares it with payments that its own lines name.
pub fn camt(bytes: &[u8]) {
    let statements = match read_statements(bytes) {
        Ok(statements) => statements,
        Err(refusal) => return is_told(&refusal),
    };
    assert!(!statements.is_empty(), "a file without a statement is refused");
    statements.iter().for_each(adds_up);
    let whole = bytes.trim_ascii_end();
    let marked = [whole, b"<!-- again -->\n"].concat();
    assert_eq!(read_statements(&marked).as_ref(), Ok(&statements), "a comment at its end changes nothing");
    is_told(&read_statements(&whole[..whole.len() - 1]).expect_err("cut short, it is refused"));
    confirms_once(&statements);
}

fn adds_up(statement: &Statement) {
    let moved = statement.entries.iter().map(|entry| {
        let size = i128::from(entry.amount.get());
        assert!(size >= 0 && !entry.lines.is_empty(), "{}", entry.place);
        if entry.direction == Direction::Credit { size } else { -size }
    });
    let moved: i128 = moved.sum();
    match (statement.kind, statement.opening, statement.closing) {
        (Kind::Statement, Some(opening), Some(closing)) => {
            assert_eq!(i128::from(opening.get()) + moved, i128::from(closing.get()), "{}", statement.place);
        }
        (kind, ..) => assert_eq!(kind, Kind::Notification, "a statement has both balances"),
    }
    let read = Iban::parse("account", statement.account.as_str());
    assert_eq!(read.as_ref(), Ok(&statement.account));
}

/// The chamber awaits every payment that a line names, between the holder of the first account and a stranger.
fn confirms_once(statements: &[Statement]) {
    let (own, other) = (Siren::fictitious(1), Siren::fictitious(2));
    let holders: Holders =
        statements.iter().map(|statement| (statement.account.clone(), BTreeSet::from([own]))).collect();
    let mut awaited = BTreeMap::new();
    for line in statements.iter().flat_map(|statement| &statement.entries).flat_map(|entry| &entry.lines) {
        let id = line.end_to_end.as_ref().and_then(|text| PaymentId::parse("payment", text).ok());
        let amount = line.amount.and_then(|amount| Amount::new("amount", amount.get()).ok());
        if let (Some(id), Some(amount)) = (id, amount) {
            let (from, to) = if line.direction == Direction::Debit { (own, other) } else { (other, own) };
            let order = "ORDER".to_owned();
            let state = Expectation::Awaited;
            awaited.entry(id.clone()).or_insert(Expected { payment: id, from, to, amount, state, order });
        }
    }
    let expected: Vec<Expected> = awaited.into_values().collect();
    let found = match reconcile(&expected, &holders, statements) {
        Ok(found) => found,
        Err(refusal) => return is_told(&refusal),
    };
    assert_eq!(found.payments.len(), expected.len(), "each payment has one outcome");
    for ((payment, outcome), awaited) in found.payments.iter().zip(&expected) {
        assert_eq!(payment, awaited);
        let of_it = found.lines.iter().filter(|line| line.payment == payment.payment).count();
        match outcome {
            Outcome::Confirms { .. } => assert!(of_it > 0, "{}: confirmed without a line", payment.payment),
            Outcome::AlreadyConfirmed | Outcome::AlreadyReturned | Outcome::Lapsed { .. } => {
                unreachable!("{}: {outcome:?} of a payment that is awaited", payment.payment)
            }
            _ => {}
        }
    }
    // The same files once more: nothing more is confirmed, whatever they hold.
    let again = reconcile(&expected, &holders, &[statements, statements].concat());
    let again = again.expect("what is read once is read twice");
    let sums = [&found, &again]
        .map(|found| found.confirmations().map(|(id, day, _)| (id.clone(), day)).collect::<Vec<_>>());
    assert_eq!(sums[0], sums[1], "a file given twice confirms nothing more");
}
