//! The office: the one place where a decision of the matching is checked, written down and applied.

use super::book::Book;
use super::fact::Fact;
use super::line::LedgerLine;
use super::rotation;
use crate::desk::Desk;
use crate::running::ServerError;
use crate::status;
use chambre_api::convert::ledger::wire_event;
use chambre_api::convert::matching::{RESERVED, RequestHead};
use chambre_api::v1;
use chambre_domain::rehousing::Step;
use chambre_domain::rehousing::ids::AuthorId;
use chambre_domain::{BookedAt, Date, EventId, Reason, Refusal};
use chambre_ledger::matching_store::{Message, Posted, Record};
use chambre_ledger::{LedgerError, MatchingStore};
use chambre_matching::exchange::stages::End;
use chambre_matching::exchange::{Cause, CompletedPlacement, Effect, Proposal, Stamp};
use data_encoding::HEXLOWER;
use prost::Message as _;
use sha2::{Digest as _, Sha256};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::Notify;
use tonic::Status;

/// Shared by the calls and by whoever delivers.
pub struct Office {
    /// The time, and when the service stops.
    pub desk: Desk,
    /// Where the ledger is.
    pub line: LedgerLine,
    /// A message was written.
    pub posted: Notify,
    salt: Vec<u8>,
    state: Mutex<State>,
}

struct State {
    book: Book,
    store: MatchingStore,
    /// A write failed: what is in memory may be ahead of the disk, so that nothing more is answered.
    broken: bool,
    /// What had changed, and the day, when dwellings were last looked for that may go along an order.
    looked: Option<(u64, Date)>,
}

/// What a caller asked, under its identifier.
pub struct Asked {
    pub head: RequestHead,
    pub digest: [u8; 32],
}

impl Asked {
    /// What was asked: its identifier and its content. The content decides whether a repetition is the same.
    pub fn new(head: RequestHead, request: &impl prost::Message) -> Self {
        Self { head, digest: Sha256::digest(request.encode_to_vec()).into() }
    }
}

/// What became of it.
pub struct Done {
    pub replayed: bool,
    /// What was decided, or would be; nothing for a repetition.
    pub fact: Option<Fact>,
    pub effects: Vec<Effect>,
}

impl Office {
    /// Opens the store of a folder and rebuilds the state from it. Blocking.
    ///
    /// # Errors
    /// A store that cannot be read, or that holds what could not have happened.
    pub fn open(desk: Desk, folder: &Path, line: LedgerLine) -> Result<Arc<Self>, ServerError> {
        let mut store = MatchingStore::open(folder)?;
        let mut fresh = [0; 32];
        getrandom::fill(&mut fresh).map_err(|error| ServerError::Setup(error.to_string()))?;
        let salt = store.salt_or(fresh)?;
        let mut book = Book::default();
        store.records(|place, record| {
            replay(&mut book, record).map_err(|why| {
                ServerError::Setup(format!("record {place} of the matching cannot be replayed: {why}"))
            })
        })?;
        let state = Mutex::new(State { book, store, broken: false, looked: None });
        Ok(Arc::new(Self { desk, line, posted: Notify::new(), salt, state }))
    }

    fn state(&self) -> Result<MutexGuard<'_, State>, Status> {
        let broken = || {
            status::unavailable("the matching cannot be written at the moment; the service must start again")
        };
        let state = self.state.lock().map_err(|_| broken())?;
        if state.broken { Err(broken()) } else { Ok(state) }
    }

    /// Reads the state.
    pub fn read<T>(&self, read: impl FnOnce(&Book) -> T) -> Result<T, Status> {
        self.state().map(|state| read(&state.book))
    }

    /// When, by whom: a day not after today.
    pub fn stamp(&self, author: AuthorId, on: Option<Date>) -> Result<Stamp, Refusal> {
        let today = self.desk.today();
        let on = on.unwrap_or(today);
        if on > today {
            return Err(Refusal::new(Reason::DateInFuture, "on", on).with("today", today));
        }
        Ok(Stamp { on, author, cause: Cause::Decision })
    }

    /// Takes a decision: `decide` says which fact follows from the state, then the fact is checked, written on disk
    /// with the messages that follow from it, and applied.
    ///
    /// The same request again is answered without deciding again.
    ///
    /// # Errors
    /// [`Reason::EventIdReused`] for an identifier that stood for something else; what `decide` and the rules
    /// refuse; a store that cannot be written.
    pub async fn decide(
        self: &Arc<Self>,
        asked: Asked,
        decide: impl FnOnce(&Book) -> Result<Fact, Refusal> + Send + 'static,
    ) -> Result<Done, Status> {
        let office = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || office.decide_now(asked, decide)).await;
        done.unwrap_or_else(|error| {
            tracing::error!(%error, "a decision was cut short");
            Err(status::unavailable("the decision was cut short"))
        })
    }

    fn decide_now(
        &self,
        asked: Asked,
        decide: impl FnOnce(&Book) -> Result<Fact, Refusal>,
    ) -> Result<Done, Status> {
        let Asked { head, digest } = asked;
        self.tick_now()?;
        let mut state = self.state()?;
        if let Some(known) = state.book.request(&head.request_id) {
            if *known == digest {
                return Ok(Done { replayed: true, fact: None, effects: Vec::new() });
            }
            return Err(status::refuse(Reason::EventIdReused, "request_id", &head.request_id));
        }
        let refused = |refusal: Refusal| status::refused(&refusal);
        let fact = decide(&state.book).map_err(refused)?;
        let messages = self.messages(&state.book, &fact).map_err(refused)?;
        if head.validate_only {
            let effects = state.book.clone().apply(&fact).map_err(refused)?;
            return Ok(Done { replayed: false, fact: Some(fact), effects });
        }
        let effects = state.book.apply(&fact).map_err(refused)?;
        let decided = [(head.request_id, digest, fact)];
        let written = state.write(&head.author, (self.desk.clock)(), &decided, &messages);
        written.map_err(|error| status::failed(&error))?;
        let [(_, _, fact)] = decided;
        if let Err(error) = self.turn(&mut state) {
            // What was asked is done; the next call says what is wrong.
            tracing::error!(%error, "the rotations could not be moved on");
        }
        drop(state);
        if !messages.is_empty() {
            self.posted.notify_one();
        }
        Ok(Done { replayed: false, fact: Some(fact), effects })
    }

    /// Ends what nobody answered in time, and moves the rotations on; the clock is read only when somebody has to
    /// answer. Blocking.
    pub fn tick_now(&self) -> Result<(), Status> {
        let mut state = self.state()?;
        if state.book.awaits_an_answer() {
            let on = self.desk.today();
            let stamp = rotation::stamp(on, Cause::Clock).map_err(|refusal| status::refused(&refusal))?;
            let tick = |proposal| Fact::Stepped { proposal, stamp: stamp.clone(), step: Step::Tick };
            let over = state.book.overdue(on).into_iter().map(tick).collect();
            self.clocked(&mut state, over)?;
        }
        self.turn(&mut state)
    }

    /// Settles the turns that were answered or are over, then opens the dwellings that may go along an order.
    fn turn(&self, state: &mut State) -> Result<(), Status> {
        let refused = |refusal: Refusal| status::refused(&refusal);
        if !state.book.rotates() {
            return Ok(());
        }
        let on = self.desk.today();
        loop {
            let moves = rotation::settled(&state.book, on).map_err(refused)?;
            if moves.is_empty() {
                break;
            }
            self.clocked(state, moves)?;
        }
        let seen = (state.book.changes(), on);
        if state.looked != Some(seen) {
            let opened = rotation::openings(&state.book, on).map_err(refused)?;
            self.clocked(state, opened)?;
            state.looked = Some(seen);
        }
        Ok(())
    }

    /// Applies what the clock decides, and writes it down together. Where something is refused, what comes before it
    /// is kept.
    fn clocked(&self, state: &mut State, facts: Vec<Fact>) -> Result<(), Status> {
        if facts.is_empty() {
            return Ok(());
        }
        let refused = |refusal: Refusal| status::refused(&refusal);
        let author = rotation::clock().map_err(refused)?;
        let (mut decided, mut ended) = (Vec::with_capacity(facts.len()), Ok(()));
        for fact in facts {
            let applied = clocked_id(&state.book, &fact)
                .and_then(|id| state.book.apply(&fact).map(|_| id))
                .map_err(refused);
            match applied {
                Ok(id) => decided.push((id.clone(), Sha256::digest(id.as_str()).into(), fact)),
                Err(error) => {
                    ended = Err(error);
                    break;
                }
            }
        }
        let written = state.write(&author, (self.desk.clock)(), &decided, &[]);
        written.map_err(|error| status::failed(&error))?;
        ended
    }

    /// What the ledger has to be told of a fact: a placement that another bailleur made, or its reversal.
    fn messages(&self, book: &Book, fact: &Fact) -> Result<Vec<Message>, Refusal> {
        let Fact::Stepped { proposal, stamp, step: step @ (Step::Sign(_) | Step::Reverse(_)) } = fact else {
            return Ok(Vec::new());
        };
        let (before, project) = book.proposal(proposal)?;
        let after = before.clone().take(step, stamp)?;
        let placement = match (after.placement(), after.end()) {
            (Some(placement), _) => placement,
            (None, Some(End::Reversed(reversal))) => reversal,
            _ => return Ok(Vec::new()),
        };
        if !placement.is_inter_landlord() {
            return Ok(Vec::new());
        }
        let request = self.declared(placement)?;
        Ok(vec![Message {
            placement: placement.placement.to_string(),
            revision: placement.revision,
            territory: project.territory,
            request: request.encode_to_vec(),
        }])
    }

    fn declared(&self, placement: &CompletedPlacement) -> Result<v1::RecordEventsRequest, Refusal> {
        let events = placement.declarations(&self.salt)?;
        let events = events.iter().filter_map(|(id, event)| wire_event(id, event)).collect();
        Ok(v1::RecordEventsRequest { events, validate_only: false })
    }

    /// The first message to deliver, with its bytes; the clock is read only when one waits for its hour. Blocking.
    pub fn due(&self) -> Result<Option<(Posted, Vec<u8>)>, Status> {
        let state = self.state()?;
        let failed = |error| status::failed(&error);
        if let Some(fresh) = state.store.fresh().map_err(failed)? {
            return Ok(Some(fresh));
        }
        if !state.store.has_failed().map_err(failed)? {
            return Ok(None);
        }
        state.store.due((self.desk.clock)()).map_err(failed)
    }

    /// Writes down what became of a delivery. Blocking.
    pub fn acknowledge(
        &self,
        posted: &Posted,
        outcome: Result<(u64, BookedAt), String>,
    ) -> Result<(), Status> {
        let mut state = self.state()?;
        let kept = match outcome {
            Ok((seq, booked_at)) => state.store.delivered(posted.number, booked_at, seq),
            Err(why) => {
                let now = (self.desk.clock)();
                let why: String = why.chars().take(500).collect();
                tracing::warn!(
                    placement = posted.placement,
                    attempts = posted.attempts + 1,
                    why,
                    "not delivered"
                );
                state.store.failed(posted.number, &why, later(now, posted.attempts))
            }
        };
        kept.map_err(|error| status::failed(&error))
    }

    /// Messages after a number. Blocking.
    pub fn outbox(
        &self,
        after: u64,
        territory: Option<chambre_domain::TerritoryId>,
        waiting_only: bool,
        limit: usize,
    ) -> Result<Vec<Posted>, Status> {
        let page = self.state()?.store.outbox(after, territory, waiting_only, limit);
        page.map_err(|error| status::failed(&error))
    }
}

impl State {
    /// Writes facts that the state holds already, together: when that fails, nothing more is answered. The messages
    /// follow from the last one.
    fn write(
        &mut self,
        author: &AuthorId,
        booked_at: BookedAt,
        decided: &[(EventId, [u8; 32], Fact)],
        messages: &[Message],
    ) -> Result<(), LedgerError> {
        let record = |(id, digest, fact): &(EventId, [u8; 32], Fact)| {
            let payload = serde_json::to_string(fact).map_err(|error| LedgerError::Folder(error.into()))?;
            let (request_id, author) = (id.to_string(), author.to_string());
            Ok(Record { request_id, digest: *digest, booked_at, author, payload })
        };
        let records: Result<Vec<Record>, LedgerError> = decided.iter().map(record).collect();
        let written = records.and_then(|records| self.store.append(&records, messages));
        match &written {
            Ok(()) => decided.iter().for_each(|(id, digest, fact)| {
                self.book.remember(id.clone(), *digest, fact);
            }),
            Err(_) => self.broken = true,
        }
        written
    }
}

/// Applies a stored record.
pub fn replay(book: &mut Book, record: Record) -> Result<(), String> {
    let fact: Fact = serde_json::from_str(&record.payload).map_err(|error| error.to_string())?;
    book.apply(&fact).map_err(|refusal| refusal.to_string())?;
    let id = EventId::parse("request_id", &record.request_id).map_err(|refusal| refusal.to_string())?;
    book.remember(id, record.digest, &fact);
    Ok(())
}

/// The name of what the clock decides, before it is applied.
fn clocked_id(book: &Book, fact: &Fact) -> Result<EventId, Refusal> {
    let id = match fact {
        Fact::Stepped { proposal, stamp, .. } => tick_id(&format!("{proposal}:{}", stamp.on), TICK),
        _ => tick_id(&rotation::name(book, fact), TURN),
    };
    EventId::parse("request_id", &id)
}

/// What the clock decides: a time that is over, a move of a rotation. No caller's identifier begins so.
const TICK: &str = RESERVED[0];
const TURN: &str = RESERVED[1];

/// The kind and 40 hexadecimal digits: what the clock decides has one name, so that it is written once.
fn tick_id(what: &str, kind: &str) -> String {
    let digest = Sha256::digest(what);
    format!("{kind}{}", HEXLOWER.encode(&digest[..20]))
}

/// One second after the first failure, then twice as long each time, a quarter of an hour at most.
fn later(now: BookedAt, attempts: u32) -> BookedAt {
    let seconds = 1_i64.checked_shl(attempts.min(20)).unwrap_or(900).min(900);
    BookedAt::from_millis(now.millis() + seconds * 1_000)
}

/// Last day for the answer that a proposal waits for, if it waits for one.
pub fn stage_until(proposal: &Proposal) -> Option<Date> {
    match proposal {
        Proposal::Proposed(at) => Some(at.stage.until),
        Proposal::Offered(at) => Some(at.stage.until),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_and_never_passes_a_quarter_of_an_hour() {
        let waits: Vec<i64> = [0, 1, 2, 9, 10, 40, u32::MAX]
            .map(|attempts| later(BookedAt::from_millis(0), attempts).millis() / 1_000)
            .into();
        assert_eq!(waits, [1, 2, 4, 512, 900, 900, 900]);
    }
}
