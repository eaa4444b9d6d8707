//! What can go wrong in the books.

use chambre_domain::seal::DecodeError;
use chambre_domain::{Refusal, Seq};

/// Why the books could not do what was asked.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum LedgerError {
    /// The rules of the trade do not allow it; the caller can act on it.
    #[error(transparent)]
    Refused(#[from] Box<Refusal>),
    /// The journal could not be read or written. After a failed write the process must stop and reopen.
    #[error("the journal could not be read or written")]
    Storage(#[from] rusqlite::Error),
    /// Its write-ahead log cannot be emptied meanwhile: try again once the reader is done.
    #[error("the journal is read by another program")]
    Read,
    #[error("the data folder could not be used: {0}")]
    Folder(#[from] std::io::Error),
    #[error("another process already writes to this data folder")]
    AlreadyOpen,
    #[error(
        "the journal was written by a later version of this program (schema {found}, this one knows {known})"
    )]
    LaterSchema { found: i64, known: i64 },
    #[error("this file is not a journal of the chamber")]
    NotAJournal,
    #[error("a stored entry cannot be read")]
    Decode(#[from] DecodeError),
    #[error("the journal is damaged at entry {seq}: {what}")]
    Damaged { seq: Seq, what: String },
    #[error("the system gives no randomness: {0}")]
    Randomness(String),
    /// The writer has stopped: the service is closing, or a write failed.
    #[error("the writer of the journal has stopped")]
    Closed,
}

impl From<Refusal> for LedgerError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}
