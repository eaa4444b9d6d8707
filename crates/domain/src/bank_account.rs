//! The bank account of a bailleur, and the register of them: a replacement is a new line, nothing is edited.

use crate::bailleur::Text;
use crate::calendar::Date;
use crate::iban::{Bic, Iban};
use crate::ids::OfficerId;
use crate::refusal::{Reason, Refusal};
use crate::siren::Siren;
use serde::{Deserialize, Serialize};

/// The account on which a bailleur pays and is paid, from a day on, until another one replaces it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BankAccount {
    /// Whose it is.
    pub bailleur: Siren,
    /// The account.
    pub iban: Iban,
    /// Its bank; not needed inside the SEPA.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bic: Option<Bic>,
    /// Name under which the bank knows the holder, at most [`BankAccount::HOLDER_LIMIT`] characters: the bank of
    /// the payer compares it with the account before it pays (verification of payee).
    pub holder: Text,
    /// First day on which it is used.
    pub valid_from: Date,
    /// Officer who recorded it.
    pub officer: OfficerId,
}

impl BankAccount {
    /// The most characters that a payment order carries for a name (EPC132-08).
    pub const HOLDER_LIMIT: usize = 70;

    /// Reads the name of a holder.
    ///
    /// # Errors
    /// What [`Text::parse`] refuses, and more characters than an order carries.
    pub fn parse_holder(field: &str, text: &str) -> Result<Text, Refusal> {
        let holder = Text::parse(field, text)?;
        if holder.as_str().chars().count() > Self::HOLDER_LIMIT {
            return Err(Refusal::new(Reason::TextTooLong, field, text).with("limit", Self::HOLDER_LIMIT));
        }
        Ok(holder)
    }

    /// Checks what its parts do not check by themselves.
    ///
    /// # Errors
    /// [`Reason::TextTooLong`] when the holder does not fit a payment order.
    pub fn check(&self) -> Result<(), Refusal> {
        Self::parse_holder("holder", self.holder.as_str()).map(|_| ())
    }

    /// The account in use on a day, among those of one bailleur in the order in which they were recorded.
    #[must_use]
    pub fn in_use(history: &[Self], day: Date) -> Option<&Self> {
        history.iter().rev().find(|account| account.valid_from <= day)
    }

    /// The accounts in use on a day or later, among those of one bailleur: what is replaced already is left out.
    #[must_use]
    pub fn standing(history: &[Self], day: Date) -> &[Self] {
        let from = history.iter().rposition(|account| account.valid_from <= day).unwrap_or(0);
        history.get(from..).unwrap_or_default()
    }

    /// Checks that it may follow the accounts already recorded for its bailleur.
    ///
    /// # Errors
    /// [`Reason::DatesOutOfOrder`] when it starts before the last one, [`Reason::BankAccountExists`] when it says
    /// nothing new.
    pub fn check_follows(&self, history: &[Self]) -> Result<(), Refusal> {
        let Some(last) = history.last() else { return Ok(()) };
        if self.valid_from < last.valid_from {
            return Err(Refusal::new(Reason::DatesOutOfOrder, "valid_from", self.valid_from)
                .with("latest_valid_from", last.valid_from));
        }
        if (&self.iban, &self.bic, &self.holder) == (&last.iban, &last.bic, &last.holder) {
            return Err(Refusal::new(Reason::BankAccountExists, "iban", &self.iban)
                .with("valid_from", last.valid_from));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(n: u32, day: i8) -> BankAccount {
        BankAccount {
            bailleur: Siren::fictitious(1),
            iban: Iban::fictitious(n),
            bic: None,
            holder: Text::parse("holder", "Bailleur A").unwrap(),
            valid_from: Date::constant(2026, 1, day),
            officer: OfficerId::parse("officer", "agent-1").unwrap(),
        }
    }

    fn used_on(history: &[BankAccount], day: i8) -> Option<Iban> {
        BankAccount::in_use(history, Date::constant(2026, 1, day)).map(|account| account.iban.clone())
    }

    #[test]
    fn an_account_is_used_from_its_first_day_until_another_replaces_it() {
        let history = [account(1, 5), account(2, 5), account(3, 20)];
        assert_eq!(used_on(&history, 4), None);
        assert_eq!(
            used_on(&history, 5),
            Some(Iban::fictitious(2)),
            "the later record of the day corrects the first"
        );
        assert_eq!(used_on(&history, 19), Some(Iban::fictitious(2)));
        assert_eq!(used_on(&history, 31), Some(Iban::fictitious(3)));
    }

    #[test]
    fn an_account_stands_until_it_is_replaced() {
        let history = [account(1, 5), account(2, 10), account(3, 20)];
        for (day, first) in [(1, 1), (9, 1), (10, 2), (31, 3)] {
            let standing = BankAccount::standing(&history, Date::constant(2026, 1, day));
            assert_eq!(
                standing.first().map(|account| &account.iban),
                Some(&Iban::fictitious(first)),
                "{day}"
            );
            assert_eq!(standing.last().map(|account| &account.iban), Some(&Iban::fictitious(3)));
        }
        assert!(BankAccount::standing(&[], Date::constant(2026, 1, 1)).is_empty());
    }

    #[test]
    fn a_record_out_of_order_or_without_news_is_refused() {
        let history = [account(1, 5)];
        assert_eq!(account(2, 4).check_follows(&history).unwrap_err().reason, Reason::DatesOutOfOrder);
        assert_eq!(account(1, 9).check_follows(&history).unwrap_err().reason, Reason::BankAccountExists);
        assert!(account(2, 5).check_follows(&history).is_ok());
        assert!(account(1, 1).check_follows(&[]).is_ok());
    }

    #[test]
    fn a_holder_that_no_order_can_carry_is_refused() {
        let long = BankAccount { holder: Text::parse("holder", &"é".repeat(71)).unwrap(), ..account(1, 1) };
        let refusal = long.check().unwrap_err();
        assert_eq!((refusal.reason, refusal.field.as_str()), (Reason::TextTooLong, "holder"));
        assert!(account(1, 1).check().is_ok());
    }

    #[test]
    fn its_journal_form_leaves_out_what_is_absent() {
        assert_eq!(
            serde_json::to_string(&account(1, 5)).unwrap(),
            format!(
                r#"{{"bailleur":"{}","iban":"{}","holder":"Bailleur A","valid_from":"2026-01-05","officer":"agent-1"}}"#,
                Siren::fictitious(1),
                Iban::fictitious(1).as_str()
            )
        );
    }
}
