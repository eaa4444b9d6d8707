//! Ten damages to a statement: each is refused with its reason and its place, and nothing is concluded.

#![allow(clippy::unwrap_used, clippy::panic)]

mod bank;

use bank::camt::{DAILY, MESSAGES, file, other, paid, received};
use bank::{expected, register};
use chambre_audit::bank::{read_statements, reconcile};
use chambre_domain::{Iban, Refusal};

/// A statement on which payment 1 would be confirmed: an entry of another matter, then its own.
struct Sound(String);

impl Sound {
    fn new() -> Self {
        let entries = [other("CRDT", "512.30"), paid("N-2025-1-0001", 1, 3, "3939.99")];
        Self(file(DAILY, "S-1", &Iban::fictitious(1), &entries))
    }

    fn anywhere(&self, from: &str, to: &str) -> String {
        assert!(self.0.contains(from), "{from}");
        self.0.replace(from, to)
    }

    /// The first place of the second entry only.
    fn in_second(&self, from: &str, to: &str) -> String {
        let (before, second) = self.0.split_at(self.0.find("<NtryRef>2").unwrap());
        assert!(second.contains(from), "{from}");
        format!("{before}{}", second.replacen(from, to, 1))
    }
}

fn refused(cases: Vec<(&str, String, &str)>) {
    assert_eq!(told(&Sound::new().0), "confirms N-2025-1-0001");
    for (damage, xml, expected) in cases {
        assert_eq!(told(&xml), expected, "{damage}");
    }
}

#[test]
fn damages_one_to_five_to_the_document_are_refused_with_their_reason_and_place() {
    let sound = Sound::new();
    refused(vec![
        ("1 truncated", sound.0[..sound.0.len() / 2].to_owned(), "STATEMENT_XML file"),
        ("1 a tag too few", sound.anywhere("</Stmt>", ""), "STATEMENT_XML file"),
        (
            "2 a payment order",
            sound.anywhere("camt.053.001.08", "pain.001.001.09"),
            "STATEMENT_SCHEMA Document",
        ),
        (
            "2 an unknown version",
            sound.anywhere("camt.053.001.08", "camt.053.001.99"),
            "STATEMENT_SCHEMA Document",
        ),
        (
            "2 no namespace",
            sound.anywhere(" xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"", ""),
            "STATEMENT_SCHEMA Document",
        ),
        ("2 a long name", format!("<{} xmlns=\"u\"/>", "N".repeat(9_000)), "STATEMENT_SCHEMA Document"),
        ("2 another body", sound.anywhere("BkToCstmrStmt", "BkToCstmrAcctRpt"), "STATEMENT_SCHEMA Document"),
        (
            "3 a document type",
            sound.anywhere("<Document", "<!DOCTYPE Document SYSTEM \"x\"><Document"),
            "STATEMENT_ENTITY DOCTYPE",
        ),
        ("3 an entity", sound.in_second("Bailleur &amp; Cie", "&secret;"), "STATEMENT_ENTITY entity"),
        ("4 an entry altered", sound.anywhere("512.30", "512.31"), "STATEMENT_BALANCE Stmt[1]/Bal[CLBD]"),
        (
            "4 a balance altered",
            sound.anywhere("10000.00", "10000.01"),
            "STATEMENT_BALANCE Stmt[1]/Bal[CLBD]",
        ),
        ("4 no closing balance", sound.anywhere("CLBD", "CLAV"), "STATEMENT_FIELD Stmt[1]/Bal[CLBD]"),
        (
            "5 an entry in dollars",
            sound.in_second("Ccy=\"EUR\"", "Ccy=\"USD\""),
            "STATEMENT_CURRENCY Stmt[1]/Ntry[2]/Amt/@Ccy",
        ),
        (
            "5 an account in francs",
            sound.anywhere("<Ccy>EUR</Ccy>", "<Ccy>CHF</Ccy>"),
            "STATEMENT_CURRENCY Stmt[1]/Acct/Ccy",
        ),
        ("5 no currency", sound.in_second(" Ccy=\"EUR\"", ""), "STATEMENT_CURRENCY Stmt[1]/Ntry[2]/Amt/@Ccy"),
    ]);
}

#[test]
fn damages_six_and_seven_to_an_entry_are_refused_with_their_reason_and_place() {
    let sound = Sound::new();
    let reference = "<EndToEndId>N-2025-1-0001</EndToEndId>";
    let unnamed = sound.in_second(reference, "<PmtInfId>N-2025-1-000000026</PmtInfId>");
    refused(vec![
        (
            "6 a negative amount",
            sound.in_second(">3939.99<", ">-3939.99<"),
            "STATEMENT_VALUE Stmt[1]/Ntry[2]/Amt",
        ),
        (
            "6 three decimals",
            sound.in_second(">3939.99<", ">3939.990<"),
            "AMOUNT_SUB_CENT Stmt[1]/Ntry[2]/Amt",
        ),
        ("6 a comma", sound.in_second(">3939.99<", ">3939,99<"), "STATEMENT_VALUE Stmt[1]/Ntry[2]/Amt"),
        ("6 an exponent", sound.in_second(">3939.99<", ">3.9e3<"), "STATEMENT_VALUE Stmt[1]/Ntry[2]/Amt"),
        (
            "6 beyond any counter",
            sound.in_second(">3939.99<", ">99999999999999999999.99<"),
            "AMOUNT_TOO_LARGE Stmt[1]/Ntry[2]/Amt",
        ),
        (
            "7 our order without its reference",
            unnamed,
            "STATEMENT_FIELD Stmt[1]/Ntry[2]/TxDtls[1]/EndToEndId",
        ),
        (
            "7 no day",
            sound.in_second("<BookgDt><Dt>2026-02-03</Dt></BookgDt>", ""),
            "STATEMENT_FIELD Stmt[1]/Ntry[2]/BookgDt",
        ),
        (
            "7 a day that does not exist",
            sound.in_second("<Dt>2026-02-03<", "<Dt>2026-02-30<"),
            "DATE_INVALID Stmt[1]/Ntry[2]/BookgDt",
        ),
        (
            "7 a French day",
            sound.in_second("<Dt>2026-02-03<", "<Dt>03/02/2026<"),
            "DATE_INVALID Stmt[1]/Ntry[2]/BookgDt",
        ),
    ]);
}

#[test]
fn damages_eight_to_ten_to_accounts_references_and_ways_are_refused_with_their_reason_and_place() {
    let (sound, account) = (Sound::new(), Iban::fictitious(1));
    let notice = file(MESSAGES[3], "S-1", &account, &[received("N-2025-1-0001", 1, 3, "3939.99")]);
    let twice = [paid("N-2025-1-0001", 1, 3, "3939.99"), paid("N-2025-1-0001", 1, 3, "3939.99")];
    let twice = file(DAILY, "S-1", &account, &twice);
    refused(vec![
        (
            "8 an account of nobody",
            sound.anywhere(account.as_str(), Iban::fictitious(50).as_str()),
            "STATEMENT_ACCOUNT Stmt[1]/Acct/Id/IBAN",
        ),
        (
            "8 an account mistyped",
            sound.anywhere(account.as_str(), "FR7600000000000000000000195"),
            "IBAN_CHECK_DIGITS Stmt[1]/Acct/Id/IBAN",
        ),
        (
            "9 an entry reference twice",
            sound.in_second("<NtryRef>2<", "<NtryRef>1<"),
            "STATEMENT_DUPLICATE Stmt[1]/Ntry[2]/NtryRef",
        ),
        (
            "9 an end-to-end reference twice",
            twice,
            "STATEMENT_DUPLICATE Stmt[1]/Ntry[2]/TxDtls[1]/EndToEndId",
        ),
        (
            "10 pending",
            sound.in_second("<Cd>BOOK</Cd>", "<Cd>PDNG</Cd>"),
            "STATEMENT_PENDING Stmt[1]/Ntry[2]/Sts",
        ),
        (
            "10 an unknown status",
            sound.in_second("<Cd>BOOK</Cd>", "<Cd>BUCH</Cd>"),
            "STATEMENT_VALUE Stmt[1]/Ntry[2]/Sts",
        ),
        (
            "10 no status",
            sound.in_second("<Sts><Cd>BOOK</Cd></Sts>", ""),
            "STATEMENT_FIELD Stmt[1]/Ntry[2]/Sts",
        ),
        ("10 an unknown way", sound.in_second("DBIT", "CREDIT"), "STATEMENT_VALUE Stmt[1]/Ntry[2]/CdtDbtInd"),
        ("10 the wrong way", notice, "STATEMENT_DIRECTION Ntfctn[1]/Ntry[1]/TxDtls[1]/CdtDbtInd"),
    ]);
}

/// What comes of a file: the refusal, or what it confirms.
fn told(xml: &str) -> String {
    let concluded = read_statements(xml.as_bytes())
        .and_then(|statements| reconcile(&expected()[..1], &register(), &statements));
    match concluded {
        Ok(report) => report
            .confirmations()
            .map(|(payment, ..)| format!("confirms {payment}"))
            .collect::<Vec<_>>()
            .join(" "),
        Err(Refusal { reason, field, .. }) => format!("{reason} {field}"),
    }
}
