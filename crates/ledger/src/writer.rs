//! The one thread that writes: it takes what is queued, decides, appends, commits once, then answers all.

use crate::books::{Applied, Books, JournalHead};
use crate::decide::{Context, decide};
use crate::disk::DiskGate;
use crate::error::LedgerError;
use crate::salts::Salter;
use crate::store::{Appender, Inserted, Keeper, NewEntry, Store};
use chambre_domain::seal::{self, Head};
use chambre_domain::{
    BookedAt, Entry, Event, EventId, Household, HouseholdCommitment, Opening, Reason, Receipt, Refusal,
    Relogement, Seal, Seq, StoredEntry,
};
use std::sync::{Arc, RwLock};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot, watch};

/// Tells the instant; the books never read a clock of their own.
pub type Clock = Arc<dyn Fn() -> BookedAt + Send + Sync>;

/// Whether the caller may declare an event, given the books at the instant of booking and, for a reversal, the
/// entry it names.
type GuardRule = dyn Fn(&Books, &Event, Option<&Entry>) -> Result<(), Refusal> + Send + Sync;

/// A condition on who declares.
///
/// It is decided by the writer, just before the rules of the trade: what the caller may do then cannot change
/// between the check and the booking, and a caller who may not learns nothing of what the journal holds.
#[derive(Clone)]
pub struct Guard(Arc<GuardRule>);

impl Guard {
    /// A condition.
    pub fn new(
        rule: impl Fn(&Books, &Event, Option<&Entry>) -> Result<(), Refusal> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(rule))
    }
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Guard(…)")
    }
}

/// An event that asks to be booked.
#[derive(Debug, Clone)]
pub struct Command {
    /// The caller's identifier.
    pub event_id: EventId,
    /// What happened.
    pub event: Event,
    /// Who may declare it; anyone when there is none.
    guard: Option<Guard>,
}

impl Command {
    /// Prepares an event.
    #[must_use]
    pub fn new(event_id: EventId, event: Event) -> Self {
        Self { event_id, event, guard: None }
    }

    /// Books it only if this condition holds.
    #[must_use]
    pub fn guarded(self, guard: Option<Guard>) -> Self {
        Self { guard, ..self }
    }

    /// Puts the commitment in the place of the pseudonym, and writes the canonical JSON: in the caller's thread, to
    /// spare the writer's.
    pub(crate) fn sealed(self, salts: &mut Salter) -> Result<Sealed, LedgerError> {
        let Self { event_id, mut event, guard } = self;
        let mut opening = None;
        if let Event::RelogementRecorded(relogement) = &mut event
            && let Household::Pseudonym(pseudonym) = &relogement.household
        {
            let kept = Opening { salt: salts.salt(&event_id)?, pseudonym: pseudonym.clone() };
            relogement.household = Household::Commitment(kept.commitment());
            opening = Some(kept);
        }
        let payload = String::from_utf8(event.to_payload()).unwrap_or_default();
        Ok(Sealed { event_id, event, payload, opening, guard })
    }
}

/// A command as the journal may hold it.
#[derive(Debug)]
pub(crate) struct Sealed {
    event_id: EventId,
    /// Without pseudonym.
    event: Event,
    /// Its canonical JSON.
    payload: String,
    /// What its commitment stands for, if it holds one.
    opening: Option<Opening>,
    guard: Option<Guard>,
}

impl Sealed {
    /// Whether a stored entry is this event. `kept` is the opening of the entry; once it is destroyed, everything
    /// but the household is compared.
    fn is(&self, first: &StoredEntry, kept: Option<&Opening>) -> bool {
        let (Event::RelogementRecorded(declared), Some(opening)) = (&self.event, &self.opening) else {
            return first.payload == self.payload.as_bytes();
        };
        let Ok(Event::RelogementRecorded(stored)) = Event::from_payload(&first.payload) else { return false };
        let household = match (&stored.household, kept) {
            (Household::Pseudonym(_), _) => Household::Pseudonym(opening.pseudonym.clone()),
            (Household::Commitment(_), Some(kept)) => {
                Household::Commitment(HouseholdCommitment::of(&kept.salt, &opening.pseudonym))
            }
            (destroyed, None) => destroyed.clone(),
        };
        *stored == Relogement { household, ..declared.as_ref().clone() }
    }
}

/// How the events of one request stand together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Each on its own: a refused one leaves the others.
    Each,
    /// One refused, none recorded.
    AllOrNone,
    /// The same decisions, and nothing recorded.
    Validate,
}

/// What became of one event: its receipt, or why it was refused.
pub type Outcome = Result<Receipt, Box<Refusal>>;

/// What the writer answers to a request.
#[derive(Debug)]
pub(crate) struct Served {
    pub outcomes: Vec<Outcome>,
    /// Given back so that the caller's thread frees them, not the one that everybody waits for.
    pub _spent: Vec<Sealed>,
}

/// One request in the queue.
pub(crate) struct Job {
    pub commands: Vec<Sealed>,
    pub mode: Mode,
    pub reply: oneshot::Sender<Result<Served, LedgerError>>,
    pub room: OwnedSemaphorePermit,
}

/// Most events in one transaction: bounds the wait of those that come meanwhile.
const GROUP_EVENTS: usize = 8_192;

pub(crate) struct Writer {
    pub store: Store,
    pub books: Arc<RwLock<Books>>,
    pub jobs: mpsc::UnboundedReceiver<Job>,
    pub head: watch::Sender<JournalHead>,
    pub clock: Clock,
    pub gate: DiskGate,
}

impl Writer {
    /// Serves the queue until every sender is gone, or a write fails for good.
    pub fn run(mut self) -> Result<(), LedgerError> {
        while let Some(first) = self.jobs.blocking_recv() {
            let mut events = first.commands.len();
            let mut group = vec![first];
            while events < GROUP_EVENTS {
                let Ok(job) = self.jobs.try_recv() else { break };
                events += job.commands.len();
                group.push(job);
            }
            self.serve(group)?;
        }
        // The log is replayed at the next opening as well: a disk that is full does not make a bad end.
        if let Err(error) = self.store.checkpoint() {
            tracing::warn!(%error, "the write-ahead log stays beside the journal");
        }
        Ok(())
    }

    fn serve(&mut self, group: Vec<Job>) -> Result<(), LedgerError> {
        if !self.gate.is_open() {
            return self.answer_full(group);
        }
        let books = Arc::clone(&self.books);
        let mut books = books.write().map_err(|_| LedgerError::Closed)?;
        let mark = books.mark();
        match self.write_group(&mut books, &group) {
            Ok(outcomes) => {
                books.end_group();
                let head = books.head();
                drop(books);
                // A group that booked nothing wakes nobody.
                self.head.send_if_modified(|known| std::mem::replace(known, head) != head);
                for (job, outcomes) in group.into_iter().zip(outcomes) {
                    drop(job.room);
                    // A caller that went away finds its events by sending them again.
                    let _ = job.reply.send(Ok(Served { outcomes, _spent: job.commands }));
                }
                Ok(())
            }
            Err(error) => {
                books.rollback_to(mark);
                books.end_group();
                drop(books);
                let taken_back = self.store.rollback();
                if taken_back.is_ok() && is_full(&error) {
                    tracing::error!(%error, "the disk is full");
                    return self.answer_full(group);
                }
                // A failed write or fsync: what the disk holds is unknown until the journal is opened again.
                tracing::error!(%error, "the journal could not be written");
                // Before the answers: who is told already sees that nothing is written any more.
                self.jobs.close();
                for job in group {
                    let _ = job.reply.send(Err(LedgerError::Closed));
                }
                Err(error.into())
            }
        }
    }

    fn answer_full(&self, group: Vec<Job>) -> Result<(), LedgerError> {
        for job in group {
            let refused = Refusal::new(Reason::DiskFull, "event_id", "").into();
            let _ = job.reply.send(Err(refused));
        }
        Ok(())
    }

    fn write_group(&self, books: &mut Books, group: &[Job]) -> rusqlite::Result<Vec<Vec<Outcome>>> {
        let started = std::time::Instant::now();
        let booked_at = (self.clock)().max(books.head().booked_at.unwrap_or(BookedAt::from_millis(0)));
        let today = booked_at.day_in_paris();
        let (appender, keeper) = (self.store.appender()?, self.store.keeper()?);
        let mut desk = Desk { store: &self.store, appender, keeper, booked_at, today };
        self.store.begin()?;
        let outcomes: rusqlite::Result<Vec<_>> = group.iter().map(|job| desk.serve(books, job)).collect();
        let outcomes = outcomes?;
        let touched = books.touched().into_iter();
        self.store.put_balances(touched.map(|account| (account, books.balances().of(account))))?;
        self.store.commit()?;
        metrics::histogram!("chambre_commit_seconds").record(started.elapsed());
        let events: usize = outcomes.iter().map(Vec::len).sum();
        metrics::histogram!("chambre_group_events").record(u32::try_from(events).unwrap_or(u32::MAX));
        Ok(outcomes)
    }
}

/// The disk has no room left: nothing is damaged, and writing can go on once there is.
fn is_full(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull)
}

/// Where the events of one transaction are booked.
struct Desk<'a> {
    store: &'a Store,
    appender: Appender<'a>,
    keeper: Keeper<'a>,
    booked_at: BookedAt,
    today: chambre_domain::Date,
}

impl Desk<'_> {
    fn serve(&mut self, books: &mut Books, job: &Job) -> rusqlite::Result<Vec<Outcome>> {
        if job.mode == Mode::Each {
            return job.commands.iter().map(|command| self.book(books, command)).collect();
        }
        let (mark, before) = (books.mark(), books.head().seq);
        self.store.savepoint()?;
        let outcomes: Vec<Outcome> =
            job.commands.iter().map(|command| self.book(books, command)).collect::<rusqlite::Result<_>>()?;
        let refused = outcomes.iter().any(Result::is_err);
        if job.mode == Mode::AllOrNone && !refused {
            self.store.release()?;
            return Ok(outcomes);
        }
        self.store.rollback_to_savepoint()?;
        books.rollback_to(mark);
        Ok(job
            .commands
            .iter()
            .zip(outcomes)
            .map(|(command, outcome)| unrecorded(job.mode, before, command, outcome))
            .collect())
    }

    fn book(&mut self, books: &mut Books, command: &Sealed) -> rusqlite::Result<Outcome> {
        let target = match &command.event {
            Event::EventReversed(reversal) => self.target(&reversal.reverses)?,
            _ => None,
        };
        if let Some(Guard(allows)) = &command.guard
            && let Err(refusal) = allows(books, &command.event, target.as_ref())
        {
            return Ok(Err(Box::new(refusal)));
        }
        let context = Context { today: self.today, target: target.as_ref() };
        let decision = match decide(books, &command.event, &context) {
            Ok(decision) => decision,
            Err(refusal) => return self.replay_or(command, refusal),
        };
        let before = books.head();
        let head = Head::new(before.seq.next(), self.booked_at, decision.occurred_on);
        let packed = seal::pack_transfers(&decision.transfers);
        let event_id = command.event_id.as_str();
        let sealed = seal::seal(before.seal, &head, event_id, command.payload.as_bytes(), &packed);
        let inserted = self.appender.append(&NewEntry {
            head,
            event_id: &command.event_id,
            payload: &command.payload,
            transfers: &packed,
            seal: sealed,
            reverses: target.as_ref().map(|entry| entry.seq),
        })?;
        if inserted == Inserted::Duplicate {
            return self
                .replay_or(command, Refusal::new(Reason::EventIdReused, "event_id", &command.event_id));
        }
        if let Some(opening) = &command.opening {
            self.keeper.keep(head.seq, opening)?;
        }
        books.apply(&Applied {
            seq: head.seq,
            event_id: &command.event_id,
            occurred_on: decision.occurred_on,
            event: &command.event,
            transfers: &decision.transfers,
            target: target.as_ref().map(|entry| (entry.seq, &entry.event)),
        });
        books.set_head(JournalHead { seq: head.seq, seal: sealed, booked_at: Some(self.booked_at) });
        Ok(Ok(Receipt { seq: head.seq, booked_at: self.booked_at, seal: sealed, replayed: false }))
    }

    fn target(&self, id: &EventId) -> rusqlite::Result<Option<Entry>> {
        let stored = self.store.reader().entry_of(id)?;
        Ok(stored.and_then(|stored| stored.decode().ok()))
    }

    /// The first receipt, when the journal holds this very event; otherwise the refusal.
    fn replay_or(&self, command: &Sealed, refusal: Refusal) -> rusqlite::Result<Outcome> {
        let Some(first) = self.store.reader().entry_of(&command.event_id)? else {
            return Ok(Err(Box::new(refusal)));
        };
        let kept = if command.opening.is_some() { self.store.reader().opening(first.seq)? } else { None };
        if command.is(&first, kept.as_ref()) {
            let booked_at = BookedAt::from_millis(first.booked_at);
            return Ok(Ok(Receipt { seq: first.seq, booked_at, seal: first.seal, replayed: true }));
        }
        let refusal = if named_by_chamber(&command.event) {
            refusal
        } else {
            Refusal::new(Reason::EventIdReused, "event_id", &command.event_id)
        };
        let named = refusal.facts.iter().any(|(fact, _)| *fact == "first_seq");
        Ok(Err(Box::new(if named { refusal } else { refusal.with("first_seq", first.seq) })))
    }
}

/// Events whose id the chamber makes from what they name: a caller who never chose an id is told the rule.
fn named_by_chamber(event: &Event) -> bool {
    matches!(
        event,
        Event::BailleurRegistered(_)
            | Event::OperationRegistered(_)
            | Event::ConventionPublished(_)
            | Event::RentGapAccrued(_)
            | Event::DisputeSettled(_)
            | Event::NettingOpened(_)
            | Event::NettingCutOff(_)
            | Event::NettingProposed(_)
            | Event::RegionalProposed(_)
            | Event::NettingPublished(_)
            | Event::NettingRejected(_)
            | Event::NettingApproved(_)
            | Event::NettingInstructed(_)
            | Event::NettingCancelled(_)
            | Event::PaymentConfirmed(_)
            | Event::PaymentReturned(_)
            | Event::NettingClosed(_)
    )
}

/// What to answer for an event that was decided and then taken back, with all that came after `before`.
fn unrecorded(mode: Mode, before: Seq, command: &Sealed, outcome: Outcome) -> Outcome {
    match (mode, outcome) {
        (_, Ok(receipt)) if receipt.replayed && receipt.seq <= before => Ok(receipt),
        (Mode::Validate, Ok(receipt)) => Ok(Receipt { seq: Seq::ZERO, seal: Seal::GENESIS, ..receipt }),
        (_, Ok(_)) => Err(Box::new(Refusal::new(Reason::AllOrNothing, "event_id", &command.event_id))),
        (_, refused) => refused,
    }
}
