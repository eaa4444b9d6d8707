//! Payments between bailleurs: orders for their banks, and what their banks say came of them.
//!
//! The chamber writes orders that each debtor signs at its own bank; it never holds the money.
//!
//! | file | noun |
//! |---|---|
//! | [`mod@reference`] | the end-to-end reference of a payment, and its parts when one transfer cannot carry it |
//! | [`order`] | one pain.001.001.09 file for each debtor |
//! | [`statement`] | what a bank says: camt.053 and camt.054, read strictly |
//! | [`reconciliation`], [`outcome`] | what statements say of the payments of a run |
//! | `xml` | one piece of a document at a time, bounded |
//!
//! Rules, states and refusals are described in `docs/paiements.md`.

pub mod order;
pub mod outcome;
pub mod reconciliation;
pub mod reference;
pub mod statement;
mod xml;

pub use order::{Instruction, PaymentFile, Subject, payment_files};
pub use outcome::{Outcome, Reconciliation};
pub use reconciliation::{Expectation, Expected, reconcile};
pub use reference::Transfer;
pub use statement::{Statement, read_statements};
