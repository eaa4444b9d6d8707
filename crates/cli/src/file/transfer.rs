//! The transfers of a matching: one line of `mutations.csv`, one tenant who moves. The columns are documented in
//! docs/appariement.md.

use super::cells::{Cells, Form};
use super::declaration::YES_NO;
use chambre_domain::HouseholdId;
use chambre_matching::trade::ids::OfferId;

/// Columns, and the field that each feeds.
pub const FORM: Form = Form {
    name: "mutations",
    columns: &[("menage", "need.household"), ("offre", "frees.offer_id"), ("accord", "agreed")],
};

/// Columns that the heading must have: all.
pub const REQUIRED: [&str; 3] = ["menage", "offre", "accord"];

/// A tenant who asks for another dwelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Its pseudonym.
    pub household: HouseholdId,
    /// The offer that the dwelling it leaves would be.
    pub offer: OfferId,
    /// Whether its landlord agreed.
    pub agreed: bool,
}

/// Reads a transfer; nothing when something in the line is wrong, which is told.
pub fn read(cells: &mut Cells<'_>) -> Option<Transfer> {
    let household = cells.value("menage", HouseholdId::parse);
    let offer = cells.value("offre", OfferId::parse);
    let agreed = cells.word("accord", &YES_NO);
    Some(Transfer { household: household?, offer: offer?, agreed: agreed? })
}
