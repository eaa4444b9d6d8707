//! What the books hold of one relogement: its effort lines since the lease, and what runs already shared.

use crate::calendar::Date;
use crate::entry::Seq;
use crate::ids::RelogementId;
use crate::money::Cents;
use crate::rent::RentHistory;
use crate::siren::Siren;
use crate::territory::TerritoryId;

/// One relogement as a netting sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeasuredRelogement {
    /// Seq under which it was recorded: its name inside a run.
    pub recorded_seq: Seq,
    /// Its identifier.
    pub id: RelogementId,
    /// Territory of its operation.
    pub territory: TerritoryId,
    /// Bailleur of the operation.
    pub origin: Siren,
    /// Bailleur of the lease.
    pub host: Siren,
    /// Version of the territory's convention it follows for ever: the one in force on the lease date.
    pub convention_version: u32,
    /// Its rents.
    pub rents: RentHistory,
    /// Its effort lines, in the order of the journal; a reversed line stands twice, once with each sign.
    pub lines: Vec<EffortLine>,
    /// Rent gap booked so far by closings.
    pub accrued: Cents,
    /// Effort that approved runs have shared so far.
    pub shared: Cents,
    /// Set when the relogement itself was reversed.
    pub reversed: bool,
}

impl MeasuredRelogement {
    /// Origin and host are one: measured and counted, but nobody helped anybody.
    #[must_use]
    pub fn is_internal(&self) -> bool {
        self.origin == self.host
    }
}

/// One amount of a relogement's effort.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EffortLine {
    /// Seq of the écriture that booked it.
    pub seq: Seq,
    /// When it happened: lease, invoice, last empty day, receipt.
    pub occurred_on: Date,
    /// Which line.
    pub kind: LineKind,
    /// Costs above zero, costs given back below.
    pub amount: Cents,
}

/// Lines of effort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineKind {
    /// Rent gap, capitalised or accrued.
    RentGap,
    /// Adaptation works.
    Works,
    /// Vacancy, with its days (negative in a reversal).
    Vacancy {
        /// Days empty.
        days: i32,
    },
    /// ANRU indemnity received: above zero when received, below when reclaimed.
    Indemnity,
}
