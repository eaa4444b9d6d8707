//! Statements: what confirms a payment, what an officer must look at, and what is refused whole.

#![allow(clippy::unwrap_used, clippy::panic)]

mod bank;

use bank::camt::{Booking, DAILY, MESSAGES, Message, file, other, paid, received, returned};
use bank::{accounts, day, expected, register};
use chambre_audit::bank::outcome::{Difference, Verdict};
use chambre_audit::bank::reconciliation::holders;
use chambre_audit::bank::{
    Expectation, Expected, Outcome, Reconciliation, Statement, read_statements, reconcile,
};
use chambre_domain::{Amount, Cents, Iban, Reason, Siren};
use std::path::Path;

fn read(message: Message, account: u32, bookings: &[Booking]) -> Vec<Statement> {
    let xml = file(message, "S-1", &Iban::fictitious(account), bookings);
    read_statements(xml.as_bytes()).unwrap_or_else(|refusal| panic!("{refusal}\n{xml}"))
}

fn judge(expected: &[Expected], statements: &[Statement]) -> Reconciliation {
    reconcile(expected, &register(), statements).unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn outcomes(report: &Reconciliation) -> Vec<Outcome> {
    report.payments.iter().map(|(_, outcome)| outcome.clone()).collect()
}

fn verdicts(report: &Reconciliation) -> Vec<Verdict> {
    report.lines.iter().map(|line| line.verdict.clone()).collect()
}

const PAID: Outcome = Outcome::Confirms { paid_on: chambre_domain::Date::constant(2026, 2, 3) };

#[test]
fn a_payment_is_confirmed_by_the_statement_of_either_side_in_every_message() {
    for message in MESSAGES {
        let debtor = read(message, 1, &[paid("N-2025-1-0001", 1, 3, "3939.99"), other("CRDT", "512.30")]);
        let creditor = read(message, 3, &[received("N-2025-1-0001", 1, 3, "3939.99")]);
        for statements in [debtor, creditor] {
            let report = judge(&expected()[..1], &statements);
            assert_eq!(outcomes(&report), [PAID], "{}", message.name());
            assert_eq!(verdicts(&report), [Verdict::Matches]);
            assert_eq!(report.unknown, statements[0].entries.len() - 1);
            let confirmed: Vec<_> =
                report.confirmations().map(|(id, on, amount)| (id.as_str(), on, amount.get())).collect();
            assert_eq!(confirmed, [("N-2025-1-0001", day(2026, 2, 3), 393_999)]);
        }
    }
}

#[test]
fn what_no_statement_shows_is_missing_or_not_covered() {
    let report = judge(&expected(), &read(DAILY, 1, &[paid("N-2025-1-0001", 1, 3, "3939.99")]));
    assert_eq!(outcomes(&report), [PAID, Outcome::Missing, Outcome::NotCovered]);
    assert_eq!(outcomes(&judge(&expected()[..1], &[])), [Outcome::NotCovered]);
}

#[test]
fn the_statements_of_both_sides_confirm_once() {
    let mut statements = read(DAILY, 1, &[paid("N-2025-1-0001", 1, 3, "3939.99")]);
    statements.extend(read(DAILY, 3, &[received("N-2025-1-0001", 1, 3, "3939.99")]));
    let report = judge(&expected()[..1], &statements);
    assert_eq!(verdicts(&report), [Verdict::Matches, Verdict::Duplicate]);
    assert_eq!((outcomes(&report), report.confirmations().count()), (vec![PAID], 1));
}

#[test]
fn the_same_statement_twice_confirms_once() {
    let mut statements = read(DAILY, 1, &[paid("N-2025-1-0001", 1, 3, "3939.99")]);
    statements.extend(statements.clone());
    let report = judge(&expected()[..1], &statements);
    assert_eq!(verdicts(&report), [Verdict::Matches, Verdict::Duplicate]);
    // A notification, then the statement of the day.
    let mut statements = read(MESSAGES[3], 1, &[paid("N-2025-1-0001", 1, 3, "3939.99")]);
    statements.extend(read(DAILY, 1, &[paid("N-2025-1-0001", 1, 3, "3939.99")]));
    assert_eq!(verdicts(&judge(&expected()[..1], &statements)), [Verdict::Matches, Verdict::Duplicate]);
}

#[test]
fn what_the_journal_holds_is_never_confirmed_again() {
    let mut expected = expected();
    expected[0].state = Expectation::Confirmed;
    expected[1].state = Expectation::Lapsed;
    let lines = [paid("N-2025-1-0001", 1, 3, "3939.99"), paid("N-2025-1-0002", 1, 4, "0.01")];
    let report = judge(&expected[..2], &read(DAILY, 1, &lines));
    assert_eq!(verdicts(&report), [Verdict::AlreadyConfirmed, Verdict::Lapsed]);
    assert_eq!(outcomes(&report), [Outcome::AlreadyConfirmed, Outcome::Lapsed { seen: true }]);
    assert_eq!(report.confirmations().count(), 0);
    let nothing = judge(&expected[..2], &read(DAILY, 1, &[]));
    assert_eq!(outcomes(&nothing), [Outcome::AlreadyConfirmed, Outcome::Lapsed { seen: false }]);
}

#[test]
fn another_amount_or_another_party_is_reported_and_not_confirmed() {
    let amount = |booked| Difference::Amount { ordered: Cents::new(393_999), booked: Cents::new(booked) };
    let stranger = Booking { creditor: Some(Iban::fictitious(99)), ..paid("N-2025-1-0001", 1, 3, "3939.99") };
    let cases = [
        (1, paid("N-2025-1-0001", 1, 3, "3939.98"), amount(393_998)),
        (1, paid("N-2025-1-0001", 1, 2, "3939.99"), Difference::Party),
        (1, stranger, Difference::Party),
        (3, received("N-2025-1-0001", 2, 3, "3939.99"), Difference::Party),
        (4, received("N-2025-1-0001", 1, 3, "3939.99"), Difference::Account),
    ];
    for (account, booking, difference) in cases {
        let report = judge(&expected()[..1], &read(DAILY, account, std::slice::from_ref(&booking)));
        assert_eq!(outcomes(&report), [Outcome::Differs(difference)], "{booking:?}");
        assert_eq!(report.confirmations().count(), 0);
    }
}

#[test]
fn a_bank_that_does_not_say_who_is_on_the_other_side_is_believed() {
    let line = Booking { debtor: None, creditor: None, ..paid("N-2025-1-0001", 1, 3, "3939.99") };
    assert_eq!(outcomes(&judge(&expected()[..1], &read(DAILY, 1, &[line]))), [PAID]);
}

fn back() -> Outcome {
    Outcome::Returned { reason: "AC04".to_owned(), returned_on: day(2026, 2, 3) }
}

#[test]
fn money_that_came_back_is_not_paid_even_when_its_way_out_is_there() {
    for message in MESSAGES {
        let lines = [paid("N-2025-1-0001", 1, 3, "3939.99"), returned("N-2025-1-0001", 1, 3, "3939.99")];
        let report = judge(&expected()[..1], &read(message, 1, &lines));
        assert_eq!(verdicts(&report), [Verdict::Matches, Verdict::Returned("AC04".to_owned())]);
        assert_eq!(outcomes(&report), [back()]);
        assert_eq!((report.confirmations().count(), report.returns().count()), (0, 0));
    }
    // Days later, when the journal holds the confirmation: the officer must still hear of it.
    let mut expected = expected();
    expected[0].state = Expectation::Confirmed;
    let late = read(DAILY, 1, &[returned("N-2025-1-0001", 1, 3, "3939.99")]);
    let report = judge(&expected[..1], &late);
    assert_eq!(outcomes(&report), [back()]);
    let booked: Vec<_> = report.returns().map(|(payment, on)| (payment.as_str(), on)).collect();
    assert_eq!(booked, [("N-2025-1-0001", day(2026, 2, 3))]);
    // Once the journal holds the return, there is nothing left to say.
    expected[0].state = Expectation::Returned;
    let report = judge(&expected[..1], &late);
    assert_eq!(outcomes(&report), [Outcome::AlreadyReturned]);
    assert_eq!(verdicts(&report), [Verdict::AlreadyConfirmed]);
}

#[test]
fn a_payment_in_two_transfers_is_confirmed_when_both_are_there() {
    let mut expected = expected();
    expected.truncate(1);
    expected[0].amount = Amount::size_of(Cents::new(120_000_000_000)).unwrap();
    let first = paid("N-2025-1-0001/1", 1, 3, "999999999.99");
    let second =
        Booking { booked_on: "<Dt>2026-02-05</Dt>", ..paid("N-2025-1-0001/2", 1, 3, "200000000.01") };
    let alone = judge(&expected, &read(DAILY, 1, std::slice::from_ref(&first)));
    assert_eq!(outcomes(&alone), [Outcome::Incomplete { seen: 1, ordered: 2 }]);
    let both = judge(&expected, &read(DAILY, 1, &[first.clone(), second]));
    assert_eq!(outcomes(&both), [Outcome::Confirms { paid_on: day(2026, 2, 5) }]);
    assert_eq!(both.confirmations().map(|(.., amount)| amount.get()).sum::<i64>(), 120_000_000_000);
    // One of the two on each side's statement is as good.
    let mut mixed = read(DAILY, 1, &[first]);
    mixed.extend(read(DAILY, 3, &[received("N-2025-1-0001/2", 1, 3, "200000000.01")]));
    assert_eq!(outcomes(&judge(&expected, &mixed)), [PAID]);
}

#[test]
fn a_payment_booked_on_an_account_replaced_since_is_recognised() {
    let mut old = accounts();
    let before = bank::account(1, "Bailleur A");
    old.get_mut(&Siren::fictitious(1)).unwrap().iban = Iban::fictitious(77);
    let register = holders(old.values().chain([&before]));
    for account in [1, 77] {
        let line = Booking { debtor: None, ..paid("N-2025-1-0001", 1, 3, "3939.99") };
        let report = reconcile(&expected()[..1], &register, &read(DAILY, account, &[line])).unwrap();
        assert_eq!(outcomes(&report), [PAID]);
    }
}

#[test]
fn a_batch_of_our_transfers_confirms_each_of_them() {
    let xml = file(DAILY, "S-1", &Iban::fictitious(1), &[paid("N-2025-1-0001", 1, 3, "3939.99")]);
    let second = "<TxDtls><Refs><EndToEndId>N-2025-1-0002</EndToEndId></Refs><Amt Ccy=\"EUR\">0.01</Amt>\
        <CdtDbtInd>DBIT</CdtDbtInd></TxDtls></NtryDtls>";
    let batch = xml
        .replace(
            "<Amt Ccy=\"EUR\">3939.99</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>",
            "<Amt Ccy=\"EUR\">3940.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>",
        )
        .replace("<Amt Ccy=\"EUR\">6060.01</Amt>", "<Amt Ccy=\"EUR\">6060.00</Amt>")
        .replace("<NtryDtls>", "<NtryDtls><Btch><NbOfTxs>2</NbOfTxs></Btch>")
        .replace("</NtryDtls>", second);
    let report = judge(&expected()[..2], &read_statements(batch.as_bytes()).unwrap());
    assert_eq!(outcomes(&report), [PAID, PAID]);
    // A transfer less than the bank says, or a cent more: nothing is concluded.
    for damaged in [batch.replace("<NbOfTxs>2", "<NbOfTxs>3"), batch.replace(">0.01<", ">0.02<")] {
        let statements = read_statements(damaged.as_bytes()).unwrap();
        let refusal = reconcile(&expected()[..2], &register(), &statements).unwrap_err();
        assert_eq!((refusal.reason, refusal.field.as_str()), (Reason::StatementBalance, "Stmt[1]/Ntry[1]"));
    }
}

#[test]
fn totals_that_the_bank_announces_are_checked() {
    let xml = file(DAILY, "S-1", &Iban::fictitious(1), &[paid("P", 1, 3, "10.00"), other("CRDT", "3.00")]);
    let with = |totals: &str| xml.replacen("<Ntry>", &format!("<TxsSummry>{totals}</TxsSummry><Ntry>"), 1);
    let right = with(
        "<TtlNtries><NbOfNtries>2</NbOfNtries><Sum>13.00</Sum></TtlNtries>\
         <TtlCdtNtries><NbOfNtries>1</NbOfNtries><Sum>3.00</Sum></TtlCdtNtries>\
         <TtlDbtNtries><NbOfNtries>1</NbOfNtries><Sum>10.00</Sum></TtlDbtNtries>",
    );
    assert!(read_statements(right.as_bytes()).is_ok());
    for (wrong, field) in [
        ("<TtlNtries><NbOfNtries>3</NbOfNtries></TtlNtries>", "Stmt[1]/TxsSummry/TtlNtries/NbOfNtries"),
        ("<TtlCdtNtries><Sum>3.01</Sum></TtlCdtNtries>", "Stmt[1]/TxsSummry/TtlCdtNtries/Sum"),
        (
            "<TtlDbtNtries><NbOfNtries>0</NbOfNtries></TtlDbtNtries>",
            "Stmt[1]/TxsSummry/TtlDbtNtries/NbOfNtries",
        ),
    ] {
        let refusal = read_statements(with(wrong).as_bytes()).unwrap_err();
        assert_eq!((refusal.reason, refusal.field.as_str()), (Reason::StatementBalance, field));
    }
}

#[test]
fn two_statements_of_one_id_in_a_file_are_refused() {
    let xml = file(DAILY, "S-1", &Iban::fictitious(1), &[]);
    let statement = &xml[xml.find("<Stmt>").unwrap()..xml.find("</Stmt>").unwrap() + "</Stmt>".len()];
    let twice = xml.replace(statement, &format!("{statement}{statement}"));
    let refusal = read_statements(twice.as_bytes()).unwrap_err();
    assert_eq!((refusal.reason, refusal.field.as_str()), (Reason::StatementDuplicate, "Stmt[2]/Id"));
    let other = twice.replacen("<Id>S-1</Id>", "<Id>S-0</Id>", 1);
    assert_eq!(read_statements(other.as_bytes()).unwrap().len(), 2);
}

#[test]
fn the_refusal_of_an_account_hides_its_middle() {
    let statements = read(DAILY, 50, &[]);
    let refusal = reconcile(&expected(), &register(), &statements).unwrap_err();
    assert!(!refusal.to_string().contains(Iban::fictitious(50).as_str()), "{refusal}");
}

#[test]
fn any_cut_of_a_statement_is_refused() {
    let xml = file(DAILY, "S-1", &Iban::fictitious(1), &[paid("N-2025-1-0001", 1, 3, "3939.99")]);
    let end = xml.trim_end().len();
    for cut in 0..end {
        assert!(read_statements(&xml.as_bytes()[..cut]).is_err(), "{cut}");
    }
}

/// The statements that the official schemas are tried on. `GOLDEN=write cargo test -p chambre-audit` takes them anew.
#[test]
fn the_statements_of_the_tests_are_kept_for_the_schemas() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/camt");
    for message in MESSAGES {
        let lines = [
            paid("N-2025-1-0001", 1, 3, "3939.99"),
            returned("N-2025-1-0001", 1, 3, "3939.99"),
            other("CRDT", "512.30"),
        ];
        let xml = file(message, "S-1", &Iban::fictitious(1), &lines);
        let path = folder.join(format!("{}.xml", message.name()));
        if std::env::var_os("GOLDEN").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, &xml).unwrap();
        }
        assert_eq!(xml, std::fs::read_to_string(&path).unwrap(), "{}", path.display());
    }
}
