//! The inverse of each change to the books.

use chambre_domain::dispute::Dispute;
use chambre_domain::{
    Cents, Date, EventId, NettingId, NettingRun, OperationId, RegionalNetting, Seq, Siren, TerritoryId,
    Transfer,
};

/// Who an indexed entry belongs to.
pub type Owner = (TerritoryId, Option<Siren>);

/// What to do to take one change back; a number is the place of a relogement in the books.
#[derive(Debug)]
pub enum Undo {
    /// Subtract what the transfer added.
    Transfer(Transfer),
    /// Drop the last entry of an owner's index.
    Indexed(Owner),
    /// Remove a bailleur.
    Bailleur(Siren),
    /// A bailleur is not absorbed any more.
    Absorbed(Siren),
    /// Remove the last bank account of a bailleur.
    BankAccount(Siren),
    /// Remove an operation.
    Operation(OperationId),
    /// Remove the last convention of a territory.
    Convention(TerritoryId),
    /// An entry is not reversed any more.
    Reversed(Seq),
    /// Set a run again, or remove it.
    Run(NettingId, Option<Box<NettingRun>>),
    /// Set the last approved run of a territory again.
    LastApproved(TerritoryId, Option<NettingId>),
    /// Set a regional plan again, or remove it.
    Regional(NettingId, Option<Box<RegionalNetting>>),
    /// Set the last approved regional plan again.
    LastRegional(Option<NettingId>),
    /// Set a dispute again, or remove it.
    Dispute(EventId, Option<Box<Dispute>>),
    /// Remove the last relogement.
    File,
    /// Remove the last entry of a relogement.
    FileEntry(u32),
    /// A relogement is not reversed any more.
    FileReversed(u32),
    /// Remove the last line.
    Line(u32),
    /// Set what was shared again.
    Shared(u32, Cents),
    /// Set what was accrued again.
    Accrued(u32, Cents),
    /// Set origin and host again.
    Parties(u32, Siren, Siren),
    /// Set the end of the lease again.
    EndedOn(u32, Option<Date>),
    /// Remove the last revision.
    RevisionAdded(u32),
    /// Put a revision back in its place, with the entry that declared it.
    RevisionRemoved(u32, usize, Seq, (Date, Cents, Cents)),
    /// Subtract from the count of live follow-ups.
    LiveFollowUps(u32, i32),
}
