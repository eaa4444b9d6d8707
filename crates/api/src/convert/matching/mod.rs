//! Who goes where: rules, needs, offers, steps.
//!
//! | file | words of |
//! |---|---|
//! | [`policy`](mod@policy) | the rules of a territory, its pooled contingents |
//! | [`need`], [`offer`] | the need of a household, the offer of a dwelling |
//! | [`step`](mod@step) | what is proposed, the steps, the lease |
//! | [`transfer`] | tenants who ask for a transfer, chains of transfers |
//! | [`asked`] | who asks, under which identifier; which page is asked for |

pub mod asked;
pub mod need;
pub mod offer;
pub mod policy;
pub mod step;
pub mod transfer;

pub use asked::{ListAsked, RESERVED, RequestHead};
pub use need::{NeedAsked, needs, wire_need};
pub use offer::{offers, wire_offer};
pub use policy::{ClocksAsked, PolicyAsked, contingents, policy, wire_contingent, wire_poster};
pub use step::{
    ChoiceAsked, ProposalAsked, StepAsked, TurnDeclined, choices, proposal, step, turn_declined,
    wire_decline, wire_direction, wire_mode, wire_withdrawal,
};
pub use transfer::{ChainAsked, TransferAsked, chain, max_transfers, transfers};

use crate::convert::words::{self, optional};
use chambre_domain::rehousing::dwelling::Financing;
use chambre_domain::relogement::{Contingent as ReserverKind, Typology};
use chambre_domain::{Cents, Date, Reason, Refusal};

/// A typology.
#[must_use]
pub fn wire_typology(typology: Typology) -> i32 {
    crate::convert::ledger::wire_typology(typology)
}

/// A financing, when it is known.
#[must_use]
pub fn wire_financing(financing: Option<Financing>) -> i32 {
    need::wire_known(financing, need::financing_number)
}

/// A reserver in the RPLS list, when it is known.
#[must_use]
pub fn wire_reserver(reserver: Option<ReserverKind>) -> i32 {
    need::wire_known(reserver, crate::convert::ledger::wire_contingent)
}

/// A count of the wire, where it is signed.
fn count<T: TryFrom<i32>>(field: &str, number: i32) -> Result<T, Refusal> {
    T::try_from(number).map_err(|_| Refusal::new(Reason::ValueRange, field, number).with("min", 0))
}

/// An enum of which "not said" means "not known".
fn known<T>(number: i32, read: impl FnOnce(i32) -> Result<T, Refusal>) -> Result<Option<T>, Refusal> {
    if number == 0 { Ok(None) } else { read(number).map(Some) }
}

fn cents(amount: Option<i64>) -> Option<Cents> {
    amount.map(Cents::new)
}

fn wire_cents(amount: Option<Cents>) -> Option<i64> {
    amount.map(Cents::get)
}

fn wire_day(day: Option<Date>) -> Option<crate::v1::Date> {
    day.map(words::wire_date)
}

/// An identifier that may be left out.
fn optional_id<T>(
    field: &str,
    text: &str,
    parse: impl FnOnce(&str, &str) -> Result<T, Refusal>,
) -> Result<Option<T>, Refusal> {
    optional(text, |text| parse(field, text))
}
