//! The SQLite file: every line of SQL of the project is here and in `sql/`.

use crate::error::LedgerError;
use chambre_domain::{Account, Balance, Compte, EventId, Seal, Seq, Siren, StoredEntry, TerritoryId};
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{CachedStatement, Connection, OpenFlags, OptionalExtension, Row, ToSql, params};
use std::path::Path;

/// Name of the journal's file inside the data folder.
pub const FILE_NAME: &str = "chambre.db";

/// `CHMB`, in the header of the file: tells our files from any other SQLite file.
const APPLICATION_ID: i64 = 0x4348_4D42;

/// Migrations, the first first; each runs once, in one transaction. Never edit one that was released.
const MIGRATIONS: [&str; 1] = [include_str!("sql/001_journal.sql")];

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
        let mut store = Self { connection };
        // First: a file that is not ours is left as it is.
        store.migrate()?;
        let connection = &store.connection;
        // Takes effect in a new file only: fewer, larger pages halve the calls that append a batch.
        connection.pragma_update(None, "page_size", 8_192)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", synchronous)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "wal_autocheckpoint", 2_000)?;
        connection.pragma_update(None, "cache_size", -65_536)?;
        connection.set_prepared_statement_cache_capacity(32);
        Ok(store)
    }

    fn migrate(&mut self) -> Result<(), LedgerError> {
        let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
        let found: i64 = self.connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if found > known {
            return Err(LedgerError::LaterSchema { found, known });
        }
        if found > 0 {
            return check_ours(&self.connection);
        }
        let tables: i64 =
            self.connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        if tables > 0 {
            return Err(LedgerError::NotAJournal);
        }
        for (version, migration) in (1_i64..).zip(MIGRATIONS) {
            let transaction = self.connection.transaction()?;
            transaction.execute_batch(migration)?;
            transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
            transaction.pragma_update(None, "user_version", version)?;
            transaction.commit()?;
        }
        Ok(())
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

    /// Reads through the writing connection: sees the open transaction.
    #[must_use]
    pub fn reader(&self) -> Reader<&Connection> {
        Reader { connection: &self.connection }
    }

    /// Moves the write-ahead log into the file and empties it, when nobody reads.
    ///
    /// # Errors
    /// The storage error.
    pub fn checkpoint(&self) -> rusqlite::Result<()> {
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
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

/// What became of an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inserted {
    /// The entry is in the transaction.
    New,
    /// The journal holds an entry under this event id already.
    Duplicate,
}

/// Reads the journal.
#[derive(Debug)]
pub struct Reader<C> {
    connection: C,
}

impl Reader<Connection> {
    /// Opens the journal of a folder for reading only.
    ///
    /// # Errors
    /// The storage error; a file that is not ours, or of a later version.
    pub fn open(folder: &Path) -> Result<Self, LedgerError> {
        Self::open_file(&folder.join(FILE_NAME))
    }

    /// Opens a journal file for reading only.
    ///
    /// # Errors
    /// As [`Reader::open`].
    pub fn open_file(file: &Path) -> Result<Self, LedgerError> {
        let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        connection.pragma_update(None, "trusted_schema", false)?;
        let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
        let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if found > known {
            return Err(LedgerError::LaterSchema { found, known });
        }
        check_ours(&connection)?;
        Ok(Self { connection })
    }

    /// Copies the journal, as it is now, into a new file.
    ///
    /// # Errors
    /// The storage error; the file must not exist.
    pub fn copy_to(&self, file: &Path) -> Result<(), LedgerError> {
        let path = file.to_str().ok_or_else(|| std::io::Error::other("the path is not UTF-8"))?;
        self.connection.execute("VACUUM INTO ?1", [path])?;
        Ok(())
    }

    /// Holds one state of the file through several readings.
    ///
    /// # Errors
    /// The storage error.
    pub fn freeze(&self) -> rusqlite::Result<()> {
        self.connection.execute_batch("BEGIN; SELECT count(*) FROM balance")
    }

    /// Lets go of the state held.
    ///
    /// # Errors
    /// The storage error.
    pub fn thaw(&self) -> rusqlite::Result<()> {
        self.connection.execute_batch("COMMIT")
    }

    /// Whether SQLite itself finds its file sound.
    ///
    /// # Errors
    /// The storage error.
    pub fn quick_check(&self) -> rusqlite::Result<String> {
        self.connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
    }
}

impl<C: std::borrow::Borrow<Connection>> Reader<C> {
    /// Gives each stored entry after `after`, up to `up_to` included, to `visit`, in order; stops at its error.
    ///
    /// # Errors
    /// The storage error, or the error of `visit`.
    pub fn scan<E: From<rusqlite::Error>>(
        &self,
        after: Seq,
        up_to: Seq,
        mut visit: impl FnMut(StoredEntry) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut statement = self.connection.borrow().prepare_cached(
            "SELECT seq, event_id, booked_at, occurred_on, payload, transfers, seal FROM journal
             WHERE seq > ?1 AND seq <= ?2 ORDER BY seq",
        )?;
        let mut rows = statement.query(params![number(after.get()), number(up_to.get())])?;
        while let Some(row) = rows.next()? {
            visit(stored(row)?)?;
        }
        Ok(())
    }

    /// Up to `limit` entries after `after`.
    ///
    /// # Errors
    /// The storage error.
    pub fn page(&self, after: Seq, limit: u32) -> rusqlite::Result<Vec<StoredEntry>> {
        let mut statement = self.connection.borrow().prepare_cached(
            "SELECT seq, event_id, booked_at, occurred_on, payload, transfers, seal FROM journal
             WHERE seq > ?1 ORDER BY seq LIMIT ?2",
        )?;
        statement.query_map(params![number(after.get()), limit], stored)?.collect()
    }

    /// One entry by its number.
    ///
    /// # Errors
    /// The storage error.
    pub fn entry(&self, seq: Seq) -> rusqlite::Result<Option<StoredEntry>> {
        let mut statement = self.connection.borrow().prepare_cached(
            "SELECT seq, event_id, booked_at, occurred_on, payload, transfers, seal FROM journal WHERE seq = ?1",
        )?;
        statement.query_row([number(seq.get())], stored).optional()
    }

    /// One entry by its event id.
    ///
    /// # Errors
    /// The storage error.
    pub fn entry_of(&self, event_id: &EventId) -> rusqlite::Result<Option<StoredEntry>> {
        let mut statement = self.connection.borrow().prepare_cached(
            "SELECT seq, event_id, booked_at, occurred_on, payload, transfers, seal FROM journal WHERE event_id = ?1",
        )?;
        statement.query_row([Key::of(event_id)], stored).optional()
    }

    /// The entry marked as the reversal of an entry.
    ///
    /// # Errors
    /// The storage error.
    pub fn reversed_by(&self, seq: Seq) -> rusqlite::Result<Option<Seq>> {
        let mut statement =
            self.connection.borrow().prepare_cached("SELECT seq FROM journal WHERE reverses = ?1")?;
        let by: Option<i64> = statement.query_row([number(seq.get())], |row| row.get(0)).optional()?;
        Ok(by.and_then(|by| u64::try_from(by).ok()).map(Seq::new))
    }

    /// How many entries are marked as reversals.
    ///
    /// # Errors
    /// The storage error.
    pub fn reversal_count(&self) -> rusqlite::Result<u64> {
        let sql = "SELECT count(*) FROM journal WHERE reverses IS NOT NULL";
        let count: i64 = self.connection.borrow().query_row(sql, [], |row| row.get(0))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Number of the last entry; zero when there is none.
    ///
    /// # Errors
    /// The storage error.
    pub fn last_seq(&self) -> rusqlite::Result<Seq> {
        let last: i64 =
            self.connection
                .borrow()
                .query_row("SELECT coalesce(max(seq), 0) FROM journal", [], |row| row.get(0))?;
        Ok(Seq::new(u64::try_from(last).unwrap_or(0)))
    }

    /// Every stored balance, by account; nothing for a row that is not an account.
    ///
    /// # Errors
    /// The storage error.
    pub fn balances(&self) -> rusqlite::Result<Vec<Option<(Account, Balance)>>> {
        let mut statement = self.connection.borrow().prepare_cached(
            "SELECT compte, territory, bailleur, debit, credit FROM balance ORDER BY compte, territory, bailleur",
        )?;
        statement.query_map([], |row| Ok(balance(row)))?.collect()
    }
}

fn check_ours(connection: &Connection) -> Result<(), LedgerError> {
    let id: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if id == APPLICATION_ID { Ok(()) } else { Err(LedgerError::NotAJournal) }
}

fn stored(row: &Row<'_>) -> rusqlite::Result<StoredEntry> {
    let seal: Vec<u8> = row.get(6)?;
    Ok(StoredEntry {
        seq: Seq::new(u64::try_from(row.get::<_, i64>(0)?).unwrap_or(0)),
        event_id: key_text(row.get_ref(1)?),
        booked_at: row.get(2)?,
        occurred_on: row.get(3)?,
        payload: row.get_ref(4)?.as_bytes()?.to_vec(),
        transfers: row.get(5)?,
        seal: Seal::from_bytes(&seal).unwrap_or_default(),
    })
}

fn balance(row: &Row<'_>) -> Option<(Account, Balance)> {
    let number = |column| row.get::<_, u32>(column).ok();
    let bailleur = match number(2)? {
        0 => None,
        siren => Some(Siren::from_number(siren)?),
    };
    let account = Account {
        compte: Compte::from_number(number(0)?)?,
        territory: TerritoryId::from_number(number(1)?)?,
        bailleur,
    };
    Some((account, Balance { debit: row.get(3).ok()?, credit: row.get(4).ok()? }))
}

/// Sequence numbers beyond the range of SQLite's integers never meet: the greatest stands for them in a bound.
fn number(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

/// An event id as stored: 16 bytes for a lower-case UUID, so that time-ordered ids fill the index in order.
enum Key<'a> {
    Uuid([u8; 16]),
    Text(&'a str),
}

impl<'a> Key<'a> {
    fn of(id: &'a EventId) -> Self {
        let text = id.as_str();
        match uuid::Uuid::try_parse_ascii(text.as_bytes()) {
            Ok(uuid) if is_usual_uuid(text.as_bytes()) => Self::Uuid(*uuid.as_bytes()),
            _ => Self::Text(text),
        }
    }
}

/// The length and case of the usual form of a UUID.
fn is_usual_uuid(text: &[u8]) -> bool {
    text.len() == 36 && !text.iter().any(u8::is_ascii_uppercase)
}

impl ToSql for Key<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Uuid(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
            Self::Text(text) => ToSqlOutput::Owned(Value::Text((*text).to_owned())),
        })
    }
}

fn key_text(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Blob(bytes) => {
            uuid::Uuid::from_slice(bytes).map(|uuid| uuid.to_string()).unwrap_or_default()
        }
        // A UUID stored as text would not be found by its id again: it reads as no id, and its seal fails.
        ValueRef::Text(text) => match uuid::Uuid::try_parse_ascii(text) {
            Ok(_) if is_usual_uuid(text) => String::new(),
            _ => String::from_utf8_lossy(text).into_owned(),
        },
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_lower_case_uuid_is_packed_and_every_id_comes_back_as_sent() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t (id ANY UNIQUE) STRICT").unwrap();
        for (text, packed) in [
            ("0192f0c1-7d3e-7cc2-9f6a-0d5b1f3f8f01", true),
            ("0192F0C1-7D3E-7CC2-9F6A-0D5B1F3F8F01", false),
            ("0192f0c17d3e7cc29f6a0d5b1f3f8f01", false),
            ("facture-17", false),
            ("1234567890123456", false),
        ] {
            let id = EventId::parse("event_id", text).unwrap();
            assert_eq!(matches!(Key::of(&id), Key::Uuid(_)), packed, "{text}");
            connection.execute("INSERT INTO t VALUES (?1)", [Key::of(&id)]).unwrap();
            let back: String = connection
                .query_row("SELECT id FROM t WHERE id = ?1", [Key::of(&id)], |row| {
                    Ok(key_text(row.get_ref(0)?))
                })
                .unwrap();
            assert_eq!(back, text);
        }
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
            Err(LedgerError::LaterSchema { found: 99, known: 1 })
        ));
        let other = tempfile::tempdir().unwrap();
        Connection::open(other.path().join(FILE_NAME)).unwrap().execute_batch("CREATE TABLE x (a)").unwrap();
        assert!(matches!(Store::open(other.path(), Durability::Full), Err(LedgerError::NotAJournal)));
    }
}
