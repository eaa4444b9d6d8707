//! The entry of the journal: one event, with its transfers, its number and its seal.

use crate::account::Transfer;
use crate::calendar::{BookedAt, Date};
use crate::event::Event;
use crate::ids::EventId;
use crate::seal::Seal;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use std::fmt;

/// Number of an entry: 1 for the first, then one more each time, without hole. 0 is *before the first*.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seq(u64);

impl Seq {
    /// Before the first entry.
    pub const ZERO: Self = Self(0);

    /// The number `seq`.
    #[must_use]
    pub const fn new(seq: u64) -> Self {
        Self(seq)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The number of the next entry.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// The transfers of one entry; most have at most two.
pub type Transfers = SmallVec<[Transfer; 2]>;

/// One entry of the journal. With transfers it is an *écriture*; a registration or a proposal has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub seq: Seq,
    /// The caller's identifier.
    pub event_id: EventId,
    /// When it happened.
    pub occurred_on: Date,
    /// When the chamber booked it.
    pub booked_at: BookedAt,
    /// What happened.
    pub event: Event,
    /// What it moves.
    pub transfers: Transfers,
    /// Its seal, which commits to the seal of the entry before.
    pub seal: Seal,
}

/// Proof that an event is on disk: what the caller keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// Number of the entry.
    pub seq: Seq,
    /// When it was booked.
    pub booked_at: BookedAt,
    /// Its seal.
    pub seal: Seal,
    /// The event was already there with the same content: this is the first receipt again.
    pub replayed: bool,
}

/// Which state of the books a reading wants; nothing means now. Several bounds apply together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AsOf {
    /// Entries up to this number.
    pub seq: Option<Seq>,
    /// Only what had happened by this day.
    pub occurred_by: Option<Date>,
    /// Only what was booked by this day, in Paris.
    pub booked_by: Option<Date>,
}
