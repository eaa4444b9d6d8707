//! What a reconciliation finds: of each payment, of each line that has its reference.

use super::reconciliation::{Expectation, Expected};
use chambre_domain::{Amount, Cents, Date, PaymentId};

/// What becomes of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Every transfer of it is booked: it may be confirmed, as paid on this day.
    Confirms {
        /// Day of its last transfer.
        paid_on: Date,
    },
    /// The journal holds its confirmation already; it is not confirmed again.
    AlreadyConfirmed,
    /// The journal holds its return already.
    AlreadyReturned,
    /// Some of its transfers are booked, not all.
    Incomplete {
        /// Transfers seen.
        seen: usize,
        /// Transfers ordered.
        ordered: usize,
    },
    /// A line with its reference disagrees with it.
    Differs(Difference),
    /// The bank gave the money back, or says that it will.
    Returned {
        /// Reason code of the bank, such as AC04 (account closed); empty when it gives none.
        reason: String,
        /// Day on the account.
        returned_on: Date,
    },
    /// Its account is in the statements, and it is not.
    Missing,
    /// No statement of either side was given.
    NotCovered,
    /// A later run took its amount over.
    Lapsed {
        /// It was paid all the same: to be settled with the parties.
        seen: bool,
    },
}

/// How a line disagrees with its payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// Another amount.
    Amount {
        /// Ordered.
        ordered: Cents,
        /// Booked.
        booked: Cents,
    },
    /// It is on the account of a bailleur that is neither payer nor payee.
    Account,
    /// The account on the other side is not the one of the other party.
    Party,
}

/// What a line of a statement is, when it has the reference of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// A transfer of the payment, booked as ordered.
    Matches,
    /// The same transfer again: the other side's statement, a notification after a statement, a file given twice.
    Duplicate,
    /// A transfer of a payment that the journal holds as confirmed, or its return as returned.
    AlreadyConfirmed,
    /// A transfer of a payment that lapsed.
    Lapsed,
    /// It disagrees.
    Differs(Difference),
    /// It gives the money back; the reason code of the bank.
    Returned(String),
}

/// A line with the reference of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenLine {
    /// The statement, by its identifier at the bank.
    pub statement: String,
    /// Where it stands in its file.
    pub place: String,
    /// Its end-to-end reference.
    pub end_to_end: String,
    /// The payment.
    pub payment: PaymentId,
    /// What it is.
    pub verdict: Verdict,
}

/// What statements say of payments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reconciliation {
    /// What becomes of each payment, in the order given.
    pub payments: Vec<(Expected, Outcome)>,
    /// The lines about them, in the order of the statements.
    pub lines: Vec<SeenLine>,
    /// Lines of other matters, which are counted and not looked at.
    pub unknown: usize,
}

impl Reconciliation {
    /// What may be booked: payment, day, amount.
    pub fn confirmations(&self) -> impl Iterator<Item = (&PaymentId, Date, Amount)> {
        self.payments.iter().filter_map(|(expected, outcome)| match outcome {
            Outcome::Confirms { paid_on } => Some((&expected.payment, *paid_on, expected.amount)),
            _ => None,
        })
    }

    /// Confirmed payments that came back: payment and day, to book as returns.
    pub fn returns(&self) -> impl Iterator<Item = (&PaymentId, Date)> {
        self.payments.iter().filter_map(|(expected, outcome)| match outcome {
            Outcome::Returned { returned_on, .. } if expected.state == Expectation::Confirmed => {
                Some((&expected.payment, *returned_on))
            }
            _ => None,
        })
    }
}
