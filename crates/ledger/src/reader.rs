//! Reading the journal: by number, by page, by event id, or all of it.

use crate::error::LedgerError;
use crate::key::{Key, key_text, number};
use crate::retention::Destruction;
use crate::store::{FILE_NAME, MIGRATIONS, check_ours};
use chambre_domain::{
    Account, Balance, BookedAt, Compte, Date, EventId, HouseholdId, Opening, Salt, Seal, Seq, Siren,
    StoredEntry, TerritoryId, calendar,
};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, params};
use std::path::Path;

/// Reads the journal.
#[derive(Debug)]
pub struct Reader<C> {
    pub(crate) connection: C,
    /// Migrations that the file has had: a reader changes nothing, so it reads older files as they are.
    pub(crate) schema: usize,
}

/// The schema from which openings lie beside the journal.
const WITH_OPENINGS: usize = 2;

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
        Ok(Self { connection, schema: usize::try_from(found).unwrap_or(0) })
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

    /// The seals of the entries after `after`, up to `up_to` included, in order.
    ///
    /// # Errors
    /// The storage error.
    pub fn seals(&self, after: Seq, up_to: Seq) -> rusqlite::Result<Vec<Seal>> {
        let mut statement = self
            .connection
            .borrow()
            .prepare_cached("SELECT seal FROM journal WHERE seq > ?1 AND seq <= ?2 ORDER BY seq")?;
        let seal = |row: &Row<'_>| Ok(Seal::from_bytes(row.get_ref(0)?.as_bytes()?).unwrap_or_default());
        statement.query_map(params![number(after.get()), number(up_to.get())], seal)?.collect()
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

    /// What the commitment of an entry stands for; nothing when it is destroyed, unreadable, or was never there.
    ///
    /// # Errors
    /// The storage error.
    pub fn opening(&self, seq: Seq) -> rusqlite::Result<Option<Opening>> {
        if self.schema < WITH_OPENINGS {
            return Ok(None);
        }
        let connection = self.connection.borrow();
        let mut statement =
            connection.prepare_cached("SELECT salt, pseudonym FROM opening WHERE seq = ?1")?;
        let read = |row: &Row<'_>| {
            let salt = row.get_ref(0)?.as_bytes()?.try_into().ok().map(Salt::new);
            let pseudonym = HouseholdId::parse("household", row.get_ref(1)?.as_str()?).ok();
            Ok(salt.zip(pseudonym).map(|(salt, pseudonym)| Opening { salt, pseudonym }))
        };
        Ok(statement.query_row([number(seq.get())], read).optional()?.flatten())
    }

    /// How many openings lie beside the journal.
    ///
    /// # Errors
    /// The storage error.
    pub fn opening_count(&self) -> rusqlite::Result<u64> {
        if self.schema < WITH_OPENINGS {
            return Ok(0);
        }
        let sql = "SELECT count(*) FROM opening";
        let count: i64 = self.connection.borrow().query_row(sql, [], |row| row.get(0))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Every destruction of openings, in order.
    ///
    /// # Errors
    /// The storage error.
    pub fn destructions(&self) -> rusqlite::Result<Vec<Destruction>> {
        if self.schema < WITH_OPENINGS {
            return Ok(Vec::new());
        }
        let mut statement = self.connection.borrow().prepare_cached(
            "SELECT done_at, due_on, openings, first_seq, last_seq FROM destruction ORDER BY number",
        )?;
        let unsigned =
            |row: &Row<'_>, column| row.get(column).map(|number: i64| u64::try_from(number).unwrap_or(0));
        let read = |row: &Row<'_>| {
            Ok(Destruction {
                done_at: BookedAt::from_millis(row.get(0)?),
                due_on: calendar::date_of_day_number(row.get(1)?).unwrap_or(Date::MIN),
                openings: unsigned(row, 2)?,
                first: Seq::new(unsigned(row, 3)?),
                last: Seq::new(unsigned(row, 4)?),
            })
        };
        statement.query_map([], read)?.collect()
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
