//! The SQLite file of the matching: what it decided, and what the ledger has to be told of it.
//!
//! A record and the messages that follow from it are written in one transaction, on disk when it returns: a
//! message is never lost and never sent for a decision that was not kept. The file stands beside the journal and
//! has nothing of it: the matching knows households that the ledger never names.

use crate::error::LedgerError;
use crate::key::number;
use crate::ledger::lock;
use crate::schema::Schema;
use chambre_domain::{BookedAt, TerritoryId};
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, Row, TransactionBehavior, params};
use std::path::Path;

/// Name of the file inside the data folder.
pub const FILE_NAME: &str = "matching.db";

/// `CHMM`, in the header of the file.
const APPLICATION_ID: i64 = 0x4348_4D4D;

/// The file, as this program knows it.
pub(crate) const SCHEMA: Schema<'static> =
    Schema { application_id: APPLICATION_ID, migrations: &[include_str!("sql/matching/001_record.sql")] };

/// The name of the secret under which households are told to the ledger.
const SALT: &str = "ledger_salt";

/// The store, opened by one process at a time: whoever holds the data folder.
#[derive(Debug)]
pub struct MatchingStore {
    connection: Connection,
}

/// What was decided, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The caller's identifier of its request.
    pub request_id: String,
    /// SHA-256 of what it asked.
    pub digest: [u8; 32],
    /// When.
    pub booked_at: BookedAt,
    /// Who.
    pub author: String,
    /// What, in JSON.
    pub payload: String,
}

/// What the ledger has to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The placement.
    pub placement: String,
    /// 1 for the placement, 2 for its reversal.
    pub revision: u32,
    /// Territory of its operation.
    pub territory: TerritoryId,
    /// A `RecordEventsRequest`, encoded.
    pub request: Vec<u8>,
}

/// A message on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // each as in `proto/chambre/v1/matching.proto`
pub struct Posted {
    /// Its number, in the order of the decisions.
    pub number: u64,
    pub placement: String,
    pub revision: u32,
    pub territory: TerritoryId,
    pub created_at: BookedAt,
    pub delivered_at: Option<BookedAt>,
    pub journal_seq: Option<u64>,
    pub attempts: u32,
    pub last_error: String,
    pub next_attempt_at: BookedAt,
}

impl MatchingStore {
    /// Opens the store of a folder, creating it when it is not there.
    ///
    /// # Errors
    /// The storage error; a file that is not ours, or of a later version.
    pub fn open(folder: &Path) -> Result<Self, LedgerError> {
        let connection = Connection::open(folder.join(FILE_NAME))?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        connection.pragma_update(None, "trusted_schema", false)?;
        SCHEMA.bring(&connection)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        Ok(Self { connection })
    }

    /// The secret under which households are told to the ledger: that of the file, or the one given when the file
    /// has none yet.
    ///
    /// # Errors
    /// The storage error.
    pub fn salt_or(&mut self, fresh: [u8; 32]) -> Result<Vec<u8>, LedgerError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let insert = "INSERT INTO setting (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING";
        transaction.execute(insert, params![SALT, fresh])?;
        let select = "SELECT value FROM setting WHERE name = ?1";
        let salt = transaction.query_row(select, params![SALT], |row| row.get(0))?;
        transaction.commit()?;
        Ok(salt)
    }

    /// Opens the store of a folder for reading, even while a service runs. Nothing when the folder has none.
    ///
    /// # Errors
    /// The storage error; a file that is not ours.
    pub fn read_only(folder: &Path) -> Result<Option<Self>, LedgerError> {
        let file = folder.join(FILE_NAME);
        if !file.exists() {
            return Ok(None);
        }
        let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        SCHEMA.check_ours(&connection)?;
        Ok(Some(Self { connection }))
    }

    /// Every record with its number, in order.
    ///
    /// # Errors
    /// The storage error, or what `take` refuses.
    pub fn records<E: From<LedgerError>>(
        &self,
        mut take: impl FnMut(u64, Record) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql = "SELECT request_id, digest, booked_at, author, payload, seq FROM record ORDER BY seq";
        let mut statement = self.connection.prepare(sql).map_err(LedgerError::from)?;
        let mut rows = statement.query([]).map_err(LedgerError::from)?;
        while let Some(row) = rows.next().map_err(LedgerError::from)? {
            let seq: i64 = row.get(5).map_err(LedgerError::from)?;
            take(u64::try_from(seq).unwrap_or_default(), record(row).map_err(LedgerError::from)?)?;
        }
        Ok(())
    }

    /// Rewrites what records say, and empties the messages of placements that were delivered: to destroy what they
    /// hold of a household. The file is written anew; cut off at any moment, it is finished by doing it again.
    ///
    /// # Errors
    /// [`LedgerError::AlreadyOpen`] while a service runs; [`LedgerError::Read`] when somebody reads the file: what
    /// was destroyed may still be on the disk until it is done again; the storage error.
    pub fn rewrite(
        folder: &Path,
        payloads: &[(u64, String)],
        placements: &[String],
    ) -> Result<(), LedgerError> {
        let _lock = lock(folder)?;
        let mut store = Self::open(folder)?;
        store.connection.pragma_update(None, "secure_delete", true)?;
        let transaction = store.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute("INSERT INTO setting (name, value) VALUES ('forgetting', x'')", [])?;
        for (seq, payload) in payloads {
            let sql = "UPDATE record SET payload = ?2 WHERE seq = ?1";
            transaction.prepare_cached(sql)?.execute(params![number(*seq), payload])?;
        }
        for placement in placements {
            let sql = "UPDATE outbox SET request = x'' WHERE placement = ?1 AND delivered_at IS NOT NULL";
            transaction.prepare_cached(sql)?.execute(params![placement])?;
        }
        transaction.execute("DELETE FROM setting WHERE name = 'forgetting'", [])?;
        transaction.commit()?;
        store.connection.execute_batch("VACUUM")?;
        let busy: i64 =
            store.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if busy == 0 { Ok(()) } else { Err(LedgerError::Read) }
    }

    /// Writes records, and the messages that follow from the last of them: all on disk when it returns, or nothing.
    ///
    /// # Errors
    /// The storage error. The store must then be opened again.
    pub fn append(&mut self, records: &[Record], messages: &[Message]) -> Result<(), LedgerError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for record in records {
            transaction
                .prepare_cached(
                    "INSERT INTO record (request_id, digest, booked_at, author, payload) VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute(params![
                    record.request_id,
                    record.digest,
                    record.booked_at.millis(),
                    record.author,
                    record.payload
                ])?;
        }
        let seq = transaction.last_insert_rowid();
        let booked_at = records.last().map(|record| record.booked_at.millis());
        for message in messages {
            transaction
                .prepare_cached(
                    "INSERT INTO outbox (placement, revision, territory, record, request, created_at, next_attempt_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
                )?
                .execute(params![
                    message.placement,
                    message.revision,
                    message.territory.siren().number(),
                    seq,
                    message.request,
                    booked_at,
                ])?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// The first message that was never tried, with its bytes. A later revision waits for the ones before.
    ///
    /// # Errors
    /// The storage error.
    pub fn fresh(&self) -> Result<Option<(Posted, Vec<u8>)>, LedgerError> {
        self.first("attempts = 0 AND ?1 IS NULL", None)
    }

    /// The first message that failed before and whose hour has come, with its bytes.
    ///
    /// # Errors
    /// The storage error.
    pub fn due(&self, now: BookedAt) -> Result<Option<(Posted, Vec<u8>)>, LedgerError> {
        self.first("attempts > 0 AND next_attempt_at <= ?1", Some(now))
    }

    fn first(&self, which: &str, now: Option<BookedAt>) -> Result<Option<(Posted, Vec<u8>)>, LedgerError> {
        let sql = format!(
            "SELECT {POSTED}, request FROM outbox WHERE delivered_at IS NULL AND {which}
             AND NOT EXISTS (SELECT 1 FROM outbox AS before WHERE before.placement = outbox.placement
                 AND before.revision < outbox.revision AND before.delivered_at IS NULL)
             ORDER BY next_attempt_at, number LIMIT 1"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let found =
            statement.query_row(params![now.map(BookedAt::millis)], |row| Ok((posted(row)?, row.get(10)?)));
        Ok(found.optional()?)
    }

    /// Whether a message that failed before waits for its hour.
    ///
    /// # Errors
    /// The storage error.
    pub fn has_failed(&self) -> Result<bool, LedgerError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM outbox WHERE delivered_at IS NULL AND attempts > 0)";
        Ok(self.connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
    }

    /// The ledger acknowledged a message.
    ///
    /// # Errors
    /// The storage error.
    pub fn delivered(&mut self, number: u64, at: BookedAt, journal_seq: u64) -> Result<(), LedgerError> {
        let sql =
            "UPDATE outbox SET delivered_at = ?2, journal_seq = ?3, attempts = attempts + 1, last_error = ''
                   WHERE number = ?1 AND delivered_at IS NULL";
        self.connection.prepare_cached(sql)?.execute(params![
            self::number(number),
            at.millis(),
            self::number(journal_seq)
        ])?;
        Ok(())
    }

    /// A delivery failed: why, and when the next one is due.
    ///
    /// # Errors
    /// The storage error.
    pub fn failed(&mut self, number: u64, why: &str, next: BookedAt) -> Result<(), LedgerError> {
        let sql = "UPDATE outbox SET attempts = attempts + 1, last_error = ?2, next_attempt_at = ?3
                   WHERE number = ?1 AND delivered_at IS NULL";
        self.connection.prepare_cached(sql)?.execute(params![self::number(number), why, next.millis()])?;
        Ok(())
    }

    /// Messages after a number, the earliest first.
    ///
    /// # Errors
    /// The storage error.
    pub fn outbox(
        &self,
        after: u64,
        territory: Option<TerritoryId>,
        waiting_only: bool,
        limit: usize,
    ) -> Result<Vec<Posted>, LedgerError> {
        let sql = format!(
            "SELECT {POSTED} FROM outbox WHERE number > ?1 AND (?2 IS NULL OR territory = ?2)
             AND (NOT ?3 OR delivered_at IS NULL) ORDER BY number LIMIT ?4"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let territory = territory.map(|territory| territory.siren().number());
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows =
            statement.query_map(params![self::number(after), territory, waiting_only, limit], posted)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

/// The columns that [`posted`] reads, in order.
const POSTED: &str = "number, placement, revision, territory, created_at, delivered_at, journal_seq, attempts, \
                      last_error, next_attempt_at";

fn posted(row: &Row<'_>) -> rusqlite::Result<Posted> {
    let count = |place| row.get::<_, i64>(place).map(|number| u64::try_from(number).unwrap_or_default());
    let small = |place| row.get::<_, u32>(place);
    let instant = |place| row.get::<_, i64>(place).map(BookedAt::from_millis);
    let territory = small(3)?;
    let siren = TerritoryId::from_number(territory)
        .ok_or_else(|| rusqlite::Error::IntegralValueOutOfRange(3, i64::from(territory)))?;
    Ok(Posted {
        number: count(0)?,
        placement: row.get(1)?,
        revision: small(2)?,
        territory: siren,
        created_at: instant(4)?,
        delivered_at: row.get::<_, Option<i64>>(5)?.map(BookedAt::from_millis),
        journal_seq: row.get::<_, Option<i64>>(6)?.and_then(|seq| u64::try_from(seq).ok()),
        attempts: small(7)?,
        last_error: row.get(8)?,
        next_attempt_at: instant(9)?,
    })
}

fn record(row: &Row<'_>) -> rusqlite::Result<Record> {
    Ok(Record {
        request_id: row.get(0)?,
        digest: row.get(1)?,
        booked_at: BookedAt::from_millis(row.get(2)?),
        author: row.get(3)?,
        payload: row.get(4)?,
    })
}

#[cfg(test)]
mod tests;
