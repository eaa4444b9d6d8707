//! The ledger: opens the books of a folder, takes events in, answers questions.

use crate::books::{Applied, Books, JournalHead};
use crate::disk::DiskGate;
use crate::error::LedgerError;
use crate::reader::Reader;
use crate::salts::{Salter, Salts};
use crate::store::{Durability, Store};
use crate::writer::{Clock, Command, Job, Mode, Outcome, Served, Writer};
use chambre_domain::{
    Account, AsOf, Balance, Entry, EventId, Opening, Reason, Refusal, Seal, Seq, Siren, TerritoryId,
};
use rusqlite::Connection;
use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, RwLock, RwLockReadGuard};
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};

/// How to open the books.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Events that may wait in the queue; beyond, callers wait, then are refused.
    pub queue_events: u32,
    /// How long a caller waits for room in the queue.
    pub queue_wait: Duration,
    /// Free space below which writing stops.
    pub disk_reserve_bytes: u64,
    /// Until when a commit is safe.
    pub durability: Durability,
    /// Where the salts of commitments come from.
    pub salts: Salts,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            queue_events: 65_536,
            queue_wait: Duration::from_secs(2),
            disk_reserve_bytes: 64 << 20,
            durability: Durability::Full,
            salts: Salts::default(),
        }
    }
}

/// The open books of a folder. Cheap to clone; the writer stops when the last clone is gone.
#[derive(Debug, Clone)]
pub struct Ledger {
    shared: Arc<Shared>,
}

/// Events in the queue, whose outcomes come once they are on disk.
#[derive(Debug)]
pub struct Pending(oneshot::Receiver<Result<Served, LedgerError>>);

impl Pending {
    /// One outcome for each event, in their order.
    ///
    /// # Errors
    /// As [`Ledger::record`].
    pub async fn outcomes(self) -> Result<Vec<Outcome>, LedgerError> {
        self.0.await.map_err(|_| LedgerError::Closed)?.map(|served| served.outcomes)
    }
}

#[derive(Debug)]
struct Shared {
    folder: PathBuf,
    settings: Settings,
    books: Arc<RwLock<Books>>,
    jobs: Mutex<Option<mpsc::UnboundedSender<Job>>>,
    room: Arc<Semaphore>,
    head: watch::Receiver<JournalHead>,
    readers: Mutex<Vec<Reader<Connection>>>,
    writer: Mutex<Option<std::thread::JoinHandle<Result<(), LedgerError>>>>,
    _lock: File,
}

impl Ledger {
    /// Opens the books of a folder, creating it when it is not there, and replays the journal.
    ///
    /// # Errors
    /// A folder that cannot be used or is already open; a journal that is damaged, or whose balances do not
    /// agree with its entries.
    pub fn open(folder: &Path, settings: Settings, clock: Clock) -> Result<Self, LedgerError> {
        std::fs::create_dir_all(folder)?;
        let lock = lock(folder)?;
        let store = Store::open(folder, settings.durability)?;
        let books = Arc::new(RwLock::new(replay(&store.reader())?));
        let (sender, jobs) = mpsc::unbounded_channel();
        let now = books.read().map_err(|_| LedgerError::Closed)?.head();
        let (head_sender, head) = watch::channel(now);
        let gate = DiskGate::new(folder, settings.disk_reserve_bytes);
        let writer = Writer { store, books: Arc::clone(&books), jobs, head: head_sender, clock, gate };
        let thread = std::thread::Builder::new().name("journal".to_owned()).spawn(move || writer.run())?;
        let shared = Shared {
            folder: folder.to_owned(),
            settings,
            books,
            jobs: Mutex::new(Some(sender)),
            room: Arc::new(Semaphore::new(settings.queue_events as usize)),
            head,
            readers: Mutex::new(Vec::new()),
            writer: Mutex::new(Some(thread)),
            _lock: lock,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Asks for events to be booked; answers once they are on disk, one outcome for each, in their order.
    ///
    /// # Errors
    /// [`Reason::QueueFull`] when there is no room in time, [`Reason::DiskFull`] when the disk is nearly full,
    /// [`LedgerError::Closed`] when the writer has stopped. Nothing was then recorded, except that after
    /// `Closed` it may have been: send the same events again.
    pub async fn record(&self, commands: Vec<Command>, mode: Mode) -> Result<Vec<Outcome>, LedgerError> {
        self.submit(commands, mode).await?.outcomes().await
    }

    /// Puts events in the queue and returns: what is submitted first is booked first.
    ///
    /// # Errors
    /// As [`Ledger::record`].
    pub async fn submit(&self, commands: Vec<Command>, mode: Mode) -> Result<Pending, LedgerError> {
        let limit = self.shared.settings.queue_events;
        let wanted = u32::try_from(commands.len()).unwrap_or(u32::MAX).min(limit);
        let room = Arc::clone(&self.shared.room).acquire_many_owned(wanted);
        let room = tokio::time::timeout(self.shared.settings.queue_wait, room)
            .await
            .map_err(|_| {
                Refusal::new(Reason::QueueFull, "events", commands.len()).with("queue_events", limit)
            })?
            .map_err(|_| LedgerError::Closed)?;
        let (reply, answer) = oneshot::channel();
        let sender = self.shared.jobs.lock().map_err(|_| LedgerError::Closed)?.clone();
        let sender = sender.ok_or(LedgerError::Closed)?;
        let mut salts = Salter::new(self.shared.settings.salts, commands.len());
        let sealed = commands.into_iter().map(|command| command.sealed(&mut salts));
        let commands = sealed.collect::<Result<_, _>>()?;
        sender.send(Job { commands, mode, reply, room }).map_err(|_| LedgerError::Closed)?;
        Ok(Pending(answer))
    }

    /// The books in memory, as of the last commit. Hold it briefly: the writer waits meanwhile.
    ///
    /// # Errors
    /// [`LedgerError::Closed`] when the writer has panicked.
    pub fn books(&self) -> Result<RwLockReadGuard<'_, Books>, LedgerError> {
        self.shared.books.read().map_err(|_| LedgerError::Closed)
    }

    /// Follows the head of the journal.
    #[must_use]
    pub fn watch_head(&self) -> watch::Receiver<JournalHead> {
        self.shared.head.clone()
    }

    /// Whether events can still be booked: not after [`Ledger::close`], nor after a write failed.
    #[must_use]
    pub fn is_writing(&self) -> bool {
        self.shared.jobs.lock().is_ok_and(|jobs| jobs.as_ref().is_some_and(|sender| !sender.is_closed()))
    }

    /// Reads with a connection of its own; blocking.
    ///
    /// # Errors
    /// What opening or `read` meets.
    pub fn read<T>(
        &self,
        read: impl FnOnce(&Reader<Connection>) -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        let kept = self.shared.readers.lock().map_err(|_| LedgerError::Closed)?.pop();
        let reader = kept.map_or_else(|| Reader::open(&self.shared.folder), Ok)?;
        let result = read(&reader);
        let mut readers = self.shared.readers.lock().map_err(|_| LedgerError::Closed)?;
        if readers.len() < 8 {
            readers.push(reader);
        }
        result
    }

    /// Up to `limit` entries after a number that moved an account of the territory, of the bailleur, or of
    /// both; every entry without them. Blocking.
    ///
    /// # Errors
    /// The storage error, or an entry that cannot be read.
    pub fn entries_after(
        &self,
        after: Seq,
        limit: u32,
        territory: Option<TerritoryId>,
        bailleur: Option<Siren>,
    ) -> Result<Vec<Entry>, LedgerError> {
        if territory.is_none() && bailleur.is_none() {
            return self.read(|reader| decode_all(reader.page(after, limit)?));
        }
        let seqs = self.books()?.balances().entries_after(territory, bailleur, after.get(), limit as usize);
        self.entries(&seqs)
    }

    /// The seals of the entries after `after`, up to `up_to` included, in order; from memory when they are among the
    /// latest. Blocking.
    ///
    /// # Errors
    /// The storage error.
    pub fn seals(&self, after: Seq, up_to: Seq) -> Result<Vec<Seal>, LedgerError> {
        if let Some(seals) = self.books()?.latest_seals(after, up_to) {
            return Ok(seals);
        }
        self.read(|reader| Ok(reader.seals(after, up_to)?))
    }

    /// The entries of these numbers. Blocking.
    ///
    /// # Errors
    /// The storage error, or an entry that cannot be read.
    pub fn entries(&self, seqs: &[u64]) -> Result<Vec<Entry>, LedgerError> {
        self.read(|reader| {
            let stored = seqs.iter().filter_map(|seq| reader.entry(Seq::new(*seq)).transpose());
            decode_all(stored.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The entry booked under an event id. Blocking.
    ///
    /// # Errors
    /// The storage error, or an entry that cannot be read.
    pub fn entry_of(&self, id: &EventId) -> Result<Option<Entry>, LedgerError> {
        self.read(|reader| Ok(reader.entry_of(id)?.map(|stored| stored.decode()).transpose()?))
    }

    /// What the commitment of an entry stands for; nothing once it is destroyed, or when the entry holds none.
    /// Blocking.
    ///
    /// # Errors
    /// The storage error.
    pub fn opening(&self, seq: Seq) -> Result<Option<Opening>, LedgerError> {
        self.read(|reader| Ok(reader.opening(seq)?))
    }

    /// Balances of every account, now or as they were; with the last number taken into account. Blocking:
    /// a state of the past is added up from the entries.
    ///
    /// # Errors
    /// [`Reason::SeqBeyondHead`]; the storage error.
    pub fn balances(&self, as_of: &AsOf) -> Result<(BTreeMap<Account, Balance>, Seq), LedgerError> {
        let head = {
            let books = self.books()?;
            if *as_of == AsOf::default() {
                return Ok((books.balances().iter().collect(), books.head().seq));
            }
            books.head().seq
        };
        let up_to = as_of.seq.unwrap_or(head);
        if up_to > head {
            return Err(Refusal::new(Reason::SeqBeyondHead, "as_of.seq", up_to).with("head", head).into());
        }
        let mut balances: BTreeMap<Account, Balance> = BTreeMap::new();
        let latest = as_of.occurred_by.map(chambre_domain::calendar::day_number);
        let late = |stored: &chambre_domain::StoredEntry| {
            let booked = chambre_domain::BookedAt::from_millis(stored.booked_at);
            latest.is_some_and(|latest| stored.occurred_on > latest)
                || as_of.booked_by.is_some_and(|day| booked.day_in_paris() > day)
        };
        self.read(|reader| {
            reader.scan(Seq::ZERO, up_to, |stored| {
                if late(&stored) {
                    return Ok(());
                }
                let damaged = |_| LedgerError::Damaged {
                    seq: stored.seq,
                    what: "a transfer cannot be read".to_owned(),
                };
                for transfer in chambre_domain::seal::unpack_transfers(&stored.transfers).map_err(damaged)? {
                    balances.entry(transfer.debit()).or_default().debit += transfer.amount().get();
                    balances.entry(transfer.credit()).or_default().credit += transfer.amount().get();
                }
                Ok(())
            })
        })?;
        Ok((balances, up_to))
    }

    /// Stops taking events, writes what was accepted, and closes the journal. Blocking.
    ///
    /// # Errors
    /// What the writer met.
    pub fn close(&self) -> Result<(), LedgerError> {
        drop(self.shared.jobs.lock().map_err(|_| LedgerError::Closed)?.take());
        self.shared.readers.lock().map_err(|_| LedgerError::Closed)?.clear();
        let writer = self.shared.writer.lock().map_err(|_| LedgerError::Closed)?.take();
        writer.map_or(Ok(()), |thread| thread.join().unwrap_or(Err(LedgerError::Closed)))
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Ok(mut jobs) = self.jobs.lock() {
            jobs.take();
        }
        if let Some(thread) = self.writer.lock().ok().and_then(|mut writer| writer.take()) {
            let _ = thread.join();
        }
    }
}

fn decode_all(stored: Vec<chambre_domain::StoredEntry>) -> Result<Vec<Entry>, LedgerError> {
    stored.iter().map(|entry| Ok(entry.decode()?)).collect()
}

/// One process writes to a folder: the lock goes with the process, however it ends.
pub(crate) fn lock(folder: &Path) -> Result<File, LedgerError> {
    let file = File::options().create(true).truncate(false).write(true).open(folder.join("chambre.lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(LedgerError::AlreadyOpen),
        Err(std::fs::TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Builds the books from the journal, checking numbers, seals and stored balances on the way.
pub(crate) fn replay<C: Borrow<Connection>>(reader: &Reader<C>) -> Result<Books, LedgerError> {
    let mut books = Books::default();
    reader.scan(Seq::ZERO, Seq::new(u64::MAX), |stored| {
        let head = books.head();
        let damaged = |what: &str| LedgerError::Damaged { seq: stored.seq, what: what.to_owned() };
        if stored.seq != head.seq.next() {
            return Err(damaged("the numbering has a hole before it"));
        }
        if stored.seal_after(head.seal) != stored.seal {
            return Err(damaged("its seal does not match its content"));
        }
        apply_stored(&mut books, reader, &stored)?;
        let booked_at = Some(chambre_domain::BookedAt::from_millis(stored.booked_at));
        books.set_head(JournalHead { seq: stored.seq, seal: stored.seal, booked_at });
        books.end_group();
        Ok(())
    })?;
    check_balances(&books, reader)?;
    Ok(books)
}

fn apply_stored<C: Borrow<Connection>>(
    books: &mut Books,
    reader: &Reader<C>,
    stored: &chambre_domain::StoredEntry,
) -> Result<(), LedgerError> {
    let entry = stored.decode()?;
    let target = match &entry.event {
        chambre_domain::Event::EventReversed(reversal) => reader.entry_of(&reversal.reverses)?,
        _ => None,
    };
    let target = target.map(|stored| stored.decode()).transpose()?;
    if target.is_none() && matches!(entry.event, chambre_domain::Event::EventReversed(_)) {
        let what = "what it reverses is not in the journal".to_owned();
        return Err(LedgerError::Damaged { seq: entry.seq, what });
    }
    if books.check_room(&entry.transfers).is_err() {
        let what = "an account would leave the range of its counters".to_owned();
        return Err(LedgerError::Damaged { seq: entry.seq, what });
    }
    books.apply(&Applied {
        seq: entry.seq,
        event_id: &entry.event_id,
        occurred_on: entry.occurred_on,
        event: &entry.event,
        transfers: &entry.transfers,
        target: target.as_ref().map(|entry| (entry.seq, &entry.event)),
    });
    Ok(())
}

fn check_balances<C: Borrow<Connection>>(books: &Books, reader: &Reader<C>) -> Result<(), LedgerError> {
    let damaged = |what: String| LedgerError::Damaged { seq: books.head().seq, what };
    let stored = reader.balances()?;
    if stored.len() != books.balances().len() {
        return Err(damaged("the balance table does not hold the accounts that the entries move".to_owned()));
    }
    for row in stored {
        let (account, balance) =
            row.ok_or_else(|| damaged("a row of the balance table is not an account".to_owned()))?;
        if books.balances().of(account) != balance {
            return Err(damaged(format!("the stored balance of {account} is not the sum of its entries")));
        }
    }
    Ok(())
}
