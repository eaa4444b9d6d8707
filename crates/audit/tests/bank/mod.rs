//! Parties, payments and statements that every test of payments uses. All fictitious.

#![allow(dead_code, clippy::unwrap_used, clippy::panic)] // each test file uses its part

pub mod camt;
pub mod strict;

use chambre_audit::bank::reconciliation::{Expectation, Expected, Holders, holders};
use chambre_audit::bank::reference::message_id;
use chambre_domain::netting::{Payment, Period};
use chambre_domain::{
    Amount, BankAccount, BookedAt, Date, Iban, NettingId, OfficerId, PaymentId, Siren, TerritoryId, Text,
};
use std::collections::BTreeMap;

/// The files of [`payments`].
pub const ORDERS: [&str; 2] = ["pain001_N-2025-1_000000026.xml", "pain001_N-2025-1_000000034.xml"];

pub fn plaine_commune() -> TerritoryId {
    TerritoryId::parse("t", "200057867").unwrap()
}

pub fn netting() -> NettingId {
    NettingId::parse("n", "N-2025-1").unwrap()
}

pub fn day(year: i16, month: i8, day: i8) -> Date {
    Date::constant(year, month, day)
}

pub fn period() -> Period {
    Period::new(day(2025, 1, 1), day(2025, 12, 31)).unwrap()
}

/// 1 February 2026, noon in Paris.
pub fn made_at() -> BookedAt {
    BookedAt::noon_in_paris(day(2026, 2, 1))
}

pub fn account(n: u32, holder: &str) -> BankAccount {
    BankAccount {
        bailleur: Siren::fictitious(n),
        iban: Iban::fictitious(n),
        bic: None,
        holder: Text::parse("holder", holder).unwrap(),
        valid_from: day(2025, 1, 1),
        officer: OfficerId::parse("officer", "agent-1").unwrap(),
    }
}

pub fn accounts() -> BTreeMap<Siren, BankAccount> {
    let named =
        [(1, "Bailleur d’Élan & Fils"), (2, "Bailleur B"), (3, "Bailleur C [OPH]"), (4, "Bailleur D")];
    named.into_iter().map(|(n, holder)| (Siren::fictitious(n), account(n, holder))).collect()
}

/// Payment number `number` of the run.
pub fn order(number: u32, from: u32, to: u32, cents: i64) -> Payment {
    Payment {
        id: PaymentId::parse("id", &format!("N-2025-1-{number:04}")).unwrap(),
        from: Siren::fictitious(from),
        to: Siren::fictitious(to),
        amount: Amount::new("amount", cents).unwrap(),
    }
}

/// A pays C 3 939,99 € and D one cent; B pays C one cent.
pub fn payments() -> Vec<Payment> {
    vec![order(1, 1, 3, 393_999), order(2, 1, 4, 1), order(3, 2, 3, 1)]
}

/// The payments of the run: 1 pays 3 and 4, 2 pays 3.
pub fn expected() -> Vec<Expected> {
    let payments = payments().into_iter();
    let expected = payments.map(|payment| Expected {
        order: message_id(&netting(), payment.from),
        payment: payment.id,
        from: payment.from,
        to: payment.to,
        amount: payment.amount,
        state: Expectation::Awaited,
    });
    expected.collect()
}

pub fn register() -> Holders {
    holders(accounts().values())
}
