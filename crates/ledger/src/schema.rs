//! The schema of a file: whose it is, and how an older one is brought to the last version.

use crate::error::LedgerError;
use rusqlite::{Connection, Transaction, TransactionBehavior};

/// What a kind of file is known by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Schema<'a> {
    /// In the header of the file: tells it from any other SQLite file.
    pub application_id: i64,
    /// The first first; each runs once, in one transaction. Never edit one that was released.
    pub migrations: &'a [&'a str],
}

impl Schema<'_> {
    /// Makes a new file, or brings an older one to the last version.
    ///
    /// # Errors
    /// A file that is not ours, which is left as it is; one of a later version; the storage error.
    pub fn bring(&self, connection: &Connection) -> Result<(), LedgerError> {
        let known = i64::try_from(self.migrations.len()).unwrap_or(i64::MAX);
        let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if found > known {
            return Err(LedgerError::LaterSchema { found, known });
        }
        if found > 0 {
            self.check_ours(connection)?;
        } else {
            let tables: i64 =
                connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
            if tables > 0 {
                return Err(LedgerError::NotAJournal);
            }
        }
        for (version, migration) in (1_i64..).zip(self.migrations).filter(|(version, _)| *version > found) {
            let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
            transaction.execute_batch(migration)?;
            transaction.pragma_update(None, "application_id", self.application_id)?;
            transaction.pragma_update(None, "user_version", version)?;
            transaction.commit()?;
        }
        Ok(())
    }

    /// Whether the file is of this kind.
    ///
    /// # Errors
    /// It is not; the storage error.
    pub fn check_ours(&self, connection: &Connection) -> Result<(), LedgerError> {
        let id: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
        if id == self.application_id { Ok(()) } else { Err(LedgerError::NotAJournal) }
    }
}
