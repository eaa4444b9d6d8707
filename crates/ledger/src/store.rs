//! The SQLite file, written. All the SQL of the project is here, in `reader.rs` and in `sql/`.

use crate::error::LedgerError;
use crate::key::{Key, number};
use crate::reader::Reader;
use crate::retention::Destruction;
use crate::schema::Schema;
use chambre_domain::{Account, Balance, EventId, Opening, Seal, Seq, Siren, calendar};
use rusqlite::{CachedStatement, Connection, Transaction, TransactionBehavior, params};
use std::path::Path;

/// Name of the journal's file inside the data folder.
pub const FILE_NAME: &str = "chambre.db";

/// `CHMB`, in the header of the file: tells our files from any other SQLite file.
const APPLICATION_ID: i64 = 0x4348_4D42;

/// Migrations, the first first; each runs once, in one transaction. Never edit one that was released.
pub(crate) const MIGRATIONS: [&str; 2] =
    [include_str!("sql/001_journal.sql"), include_str!("sql/002_openings.sql")];

/// Until when a commit is safe from a power cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Each commit is on disk before it is acknowledged.
    #[default]
    Full,
    /// A power cut may undo acknowledged commits: only for showing that the power-cut test sees it, and for
    /// telling the cost of the disk apart in a bench.
    Relaxed,
}

/// Size of a page of a new file.
const PAGE_BYTES: u32 = 8_192;

/// The one connection that writes.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
}

impl Store {
    /// Opens the journal of a folder for writing, creating it when it is not there.
    ///
    /// # Errors
    /// The storage error; a file that is not ours; a file of a later version.
    pub fn open(folder: &Path, durability: Durability) -> Result<Self, LedgerError> {
        let connection = Connection::open(folder.join(FILE_NAME))?;
        let synchronous = match durability {
            Durability::Full => "FULL",
            Durability::Relaxed => "NORMAL",
        };
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        connection.pragma_update(None, "trusted_schema", false)?;
        // Takes effect in a new file only, before its first table: fewer, larger pages halve the calls that append a
        // batch.
        connection.pragma_update(None, "page_size", PAGE_BYTES)?;
        // Before anything is written: a file that is not ours is left as it is.
        SCHEMA.bring(&connection)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", synchronous)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "wal_autocheckpoint", 2_000)?;
        connection.pragma_update(None, "cache_size", -65_536)?;
        connection.set_prepared_statement_cache_capacity(32);
        Ok(Self { connection })
    }

    /// Begins a transaction.
    ///
    /// # Errors
    /// The storage error.
    pub fn begin(&self) -> rusqlite::Result<()> {
        self.connection.prepare_cached("BEGIN IMMEDIATE")?.execute([]).map(drop)
    }

    /// Commits: with [`Durability::Full`], on disk when it returns.
    ///
    /// # Errors
    /// The storage error; the transaction is then taken back with [`Store::rollback`].
    pub fn commit(&self) -> rusqlite::Result<()> {
        self.connection.prepare_cached("COMMIT")?.execute([]).map(drop)
    }

    /// Takes the transaction back, if SQLite has not done so itself.
    ///
    /// # Errors
    /// The storage error.
    pub fn rollback(&self) -> rusqlite::Result<()> {
        if self.connection.is_autocommit() { Ok(()) } else { self.connection.execute_batch("ROLLBACK") }
    }

    /// Marks a place inside the transaction.
    ///
    /// # Errors
    /// The storage error.
    pub fn savepoint(&self) -> rusqlite::Result<()> {
        self.connection.prepare_cached("SAVEPOINT job")?.execute([]).map(drop)
    }

    /// Keeps what came after the mark.
    ///
    /// # Errors
    /// The storage error.
    pub fn release(&self) -> rusqlite::Result<()> {
        self.connection.prepare_cached("RELEASE job")?.execute([]).map(drop)
    }

    /// Drops what came after the mark.
    ///
    /// # Errors
    /// The storage error.
    pub fn rollback_to_savepoint(&self) -> rusqlite::Result<()> {
        self.connection.execute_batch("ROLLBACK TO job; RELEASE job")
    }

    /// Readies what a group of entries is appended with.
    ///
    /// # Errors
    /// The storage error.
    pub fn appender(&self) -> rusqlite::Result<Appender<'_>> {
        const SQL: &str =
            "INSERT INTO journal (seq, event_id, booked_at, occurred_on, payload, transfers, seal, reverses)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (event_id) DO NOTHING";
        self.connection.prepare_cached(SQL).map(Appender)
    }

    /// Readies what openings are kept with, beside a group of entries.
    ///
    /// # Errors
    /// The storage error.
    pub fn keeper(&self) -> rusqlite::Result<Keeper<'_>> {
        const SQL: &str = "INSERT INTO opening (seq, salt, pseudonym) VALUES (?1, ?2, ?3)";
        self.connection.prepare_cached(SQL).map(Keeper)
    }

    /// Writes the new balances of accounts.
    ///
    /// # Errors
    /// The storage error.
    pub fn put_balances(&self, balances: impl Iterator<Item = (Account, Balance)>) -> rusqlite::Result<()> {
        let mut statement = self.connection.prepare_cached(
            "INSERT INTO balance (compte, territory, bailleur, debit, credit) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (compte, territory, bailleur) DO UPDATE SET debit = excluded.debit, credit = excluded.credit",
        )?;
        for (account, balance) in balances {
            let bailleur = account.bailleur.map_or(0, Siren::number);
            let (compte, territory) = (account.compte.number(), account.territory.siren().number());
            statement.execute(params![compte, territory, bailleur, balance.debit, balance.credit])?;
        }
        Ok(())
    }

    /// Destroys openings and records it, in one transaction; what they held is overwritten in the file.
    ///
    /// # Errors
    /// The storage error; nothing was then destroyed.
    pub fn destroy_openings(&self, seqs: &[Seq], record: &Destruction) -> rusqlite::Result<()> {
        self.connection.pragma_update(None, "secure_delete", true)?;
        let transaction = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
        let mut destroy = transaction.prepare("DELETE FROM opening WHERE seq = ?1")?;
        for seq in seqs {
            destroy.execute([number(seq.get())])?;
        }
        drop(destroy);
        transaction.execute(
            "INSERT INTO destruction (done_at, due_on, openings, first_seq, last_seq) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                record.done_at.millis(),
                calendar::day_number(record.due_on),
                number(record.openings),
                number(record.first.get()),
                number(record.last.get()),
            ],
        )?;
        transaction.commit()
    }

    /// Writes the file anew and empties the write-ahead log: neither holds what was destroyed any more.
    ///
    /// # Errors
    /// The storage error; `DatabaseBusy` when somebody reads.
    pub fn rewrite(&self) -> rusqlite::Result<()> {
        self.connection.execute_batch("VACUUM")?;
        self.checkpoint()
    }

    /// Reads through the writing connection: sees the open transaction.
    #[must_use]
    pub fn reader(&self) -> Reader<&Connection> {
        Reader { connection: &self.connection, schema: MIGRATIONS.len() }
    }

    /// Moves the write-ahead log into the file and empties it.
    ///
    /// # Errors
    /// The storage error; `DatabaseBusy` when somebody reads, and the log is not empty.
    pub fn checkpoint(&self) -> rusqlite::Result<()> {
        // SQLite tells in a row, not as an error, that a reader kept it from finishing.
        let busy: i64 = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if busy == 0 {
            return Ok(());
        }
        let held = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
        Err(rusqlite::Error::SqliteFailure(held, Some("the write-ahead log is still read".to_owned())))
    }
}

/// An entry about to be appended.
#[derive(Debug, Clone, Copy)]
pub struct NewEntry<'a> {
    /// Number and dates.
    pub head: chambre_domain::seal::Head,
    /// The caller's identifier.
    pub event_id: &'a EventId,
    /// Canonical JSON.
    pub payload: &'a str,
    /// Packed transfers.
    pub transfers: &'a [u8],
    /// Its seal.
    pub seal: Seal,
    /// For a reversal, the entry it cancels.
    pub reverses: Option<Seq>,
}

/// Appends entries, with a statement that is prepared once for a group.
pub struct Appender<'a>(CachedStatement<'a>);

impl Appender<'_> {
    /// Appends an entry.
    ///
    /// # Errors
    /// [`Inserted::Duplicate`] is not an error; anything else that SQLite refuses is.
    pub fn append(&mut self, entry: &NewEntry<'_>) -> rusqlite::Result<Inserted> {
        let changed = self.0.execute(params![
            number(entry.head.seq.get()),
            Key::of(entry.event_id),
            entry.head.booked_at,
            entry.head.occurred_on,
            entry.payload,
            entry.transfers,
            entry.seal.bytes(),
            entry.reverses.map(|seq| number(seq.get())),
        ])?;
        Ok(if changed == 1 { Inserted::New } else { Inserted::Duplicate })
    }
}

/// A prepared insertion of openings.
pub struct Keeper<'a>(CachedStatement<'a>);

impl Keeper<'_> {
    /// Keeps what the commitment of an entry stands for.
    ///
    /// # Errors
    /// The storage error.
    pub fn keep(&mut self, seq: Seq, opening: &Opening) -> rusqlite::Result<()> {
        let (salt, pseudonym) = (opening.salt.bytes(), opening.pseudonym.as_str());
        self.0.execute(params![number(seq.get()), salt, pseudonym]).map(drop)
    }
}

/// What became of an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inserted {
    /// The entry is in the transaction.
    New,
    /// The journal holds an entry under this event id already.
    Duplicate,
}

/// The journal's file, as this program knows it.
const SCHEMA: Schema<'static> = Schema { application_id: APPLICATION_ID, migrations: &MIGRATIONS };

/// Whether the file was made by this program.
pub(crate) fn check_ours(connection: &Connection) -> Result<(), LedgerError> {
    SCHEMA.check_ours(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brought(connection: &Connection, migrations: &[&str]) -> Result<(), LedgerError> {
        Schema { application_id: APPLICATION_ID, migrations }.bring(connection)
    }

    #[test]
    fn a_new_file_has_large_pages() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), Durability::Full).unwrap();
        store.begin().unwrap();
        store.commit().unwrap();
        let pages: u32 = store.connection.pragma_query_value(None, "page_size", |row| row.get(0)).unwrap();
        assert_eq!(pages, PAGE_BYTES);
    }

    #[test]
    fn the_schema_itself_forbids_to_change_or_shorten_the_journal() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), Durability::Full).unwrap();
        let insert = "INSERT INTO journal VALUES (1, 'e', 0, 0, '{}', x'', zeroblob(32), NULL)";
        store.connection.execute_batch(insert).unwrap();
        for sql in ["UPDATE journal SET payload = '{ }'", "DELETE FROM journal"] {
            assert!(
                store.connection.execute_batch(sql).unwrap_err().to_string().contains("append-only"),
                "{sql}"
            );
        }
        let unbalanced = "INSERT INTO journal VALUES (2, 'f', 0, 0, '{}', x'01', zeroblob(32), NULL)";
        assert!(store.connection.execute_batch(unbalanced).is_err());
    }

    #[test]
    fn a_later_schema_and_a_foreign_file_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        drop(Store::open(folder.path(), Durability::Full).unwrap());
        let raw = Connection::open(folder.path().join(FILE_NAME)).unwrap();
        raw.pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(
            Store::open(folder.path(), Durability::Full),
            Err(LedgerError::LaterSchema { found: 99, known: 2 })
        ));
        let other = tempfile::tempdir().unwrap();
        Connection::open(other.path().join(FILE_NAME)).unwrap().execute_batch("CREATE TABLE x (a)").unwrap();
        assert!(matches!(Store::open(other.path(), Durability::Full), Err(LedgerError::NotAJournal)));
    }

    #[test]
    fn a_file_gets_the_migrations_it_lacks_in_order_and_whole() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE_NAME);
        let version = |connection: &Connection| -> i64 {
            connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
        };
        let first = MIGRATIONS[0];
        let second = "CREATE TABLE b (x)";
        // Each open is another run of the program; the third migration needs what the second made.
        let third = "ALTER TABLE b ADD COLUMN y; INSERT INTO b VALUES (1, 2)";
        brought(&Connection::open(&file).unwrap(), &[first]).unwrap();
        for _again in 0..2 {
            let connection = Connection::open(&file).unwrap();
            brought(&connection, &[first, second, third]).unwrap();
            assert_eq!(version(&connection), 3);
            let rows: i64 = connection.query_row("SELECT count(*) FROM b", [], |row| row.get(0)).unwrap();
            assert_eq!(rows, 1, "a migration ran twice");
        }
        let connection = Connection::open(&file).unwrap();
        let broken = "CREATE TABLE c (x); CREATE TABLE c (x)";
        brought(&connection, &[first, second, third, broken]).unwrap_err();
        assert_eq!(version(&connection), 3);
        connection.prepare("SELECT * FROM c").unwrap_err();
    }

    #[test]
    fn a_log_that_somebody_reads_is_not_said_to_be_empty() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), Durability::Full).unwrap();
        store.connection.busy_timeout(std::time::Duration::ZERO).unwrap();
        let insert = "INSERT INTO journal VALUES (1, 'e', 0, 0, '{}', x'', zeroblob(32), NULL)";
        store.connection.execute_batch(insert).unwrap();
        let reader = Reader::open(folder.path()).unwrap();
        reader.freeze().unwrap();
        let error = store.checkpoint().unwrap_err();
        assert_eq!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::DatabaseBusy));
        reader.thaw().unwrap();
        store.checkpoint().unwrap();
        assert_eq!(std::fs::metadata(folder.path().join("chambre.db-wal")).unwrap().len(), 0);
    }
}
