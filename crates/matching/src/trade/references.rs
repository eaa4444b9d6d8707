//! What a pair is read against: the day, the tables, the contingents, what is already under way.

use crate::trade::contingent::Contingent;
use crate::trade::ids::{AuthorId, ContingentId, OfferId};
use crate::trade::tables::Tables;
use chambre_domain::{Date, HouseholdId, OperationId};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// The state of the world on a day, as far as one pair needs it.
#[derive(Debug, Clone)]
pub struct References<'a> {
    /// The day of the question, in Paris.
    pub on: Date,
    /// Public tables.
    pub tables: &'a Tables,
    /// Contingents, with the places left in each.
    pub contingents: BTreeMap<ContingentId, (Contingent, u32)>,
    /// Operations financed by ANRU.
    pub anru_operations: BTreeSet<OperationId>,
    /// Households in a live proposal.
    pub engaged_households: HashSet<HouseholdId>,
    /// Offers in a live proposal.
    pub engaged_offers: BTreeSet<OfferId>,
    /// Pairs ruled out by a person.
    pub frozen: Vec<Freeze>,
    /// The pair is looked at for the exchange: the poster rule applies.
    pub on_exchange: bool,
}

/// A pair ruled out by a person, for a reason, until a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freeze {
    /// The household.
    pub household: HouseholdId,
    /// The offer.
    pub offer: OfferId,
    /// Who decided.
    pub author: AuthorId,
    /// Why.
    pub reason: FreezeReason,
    /// Last day of the freeze.
    pub until: Date,
}

/// Why a pair is ruled out by a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FreezeReason {
    /// A conflict of neighbourhood or a measure of protection.
    Protection,
    /// A relative would be left alone, or a school year broken.
    Family,
    /// The balance of the building.
    Balance,
}

impl FreezeReason {
    /// Stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Protection => "PROTECTION",
            Self::Family => "FAMILY",
            Self::Balance => "BALANCE",
        }
    }
}

impl<'a> References<'a> {
    /// A day on which nothing is under way and nothing is reserved.
    #[must_use]
    pub fn bare(on: Date, tables: &'a Tables) -> Self {
        Self {
            on,
            tables,
            contingents: BTreeMap::new(),
            anru_operations: BTreeSet::new(),
            engaged_households: HashSet::new(),
            engaged_offers: BTreeSet::new(),
            frozen: Vec::new(),
            on_exchange: false,
        }
    }
}
