//! LedgerService: records what bailleurs declare, reads the books.

use crate::desk::{Desk, refused};
use crate::door::Deadline;
use crate::page;
use crate::status;
use chambre_api::convert::ledger as wire;
use chambre_api::convert::words::{self, Declaration};
use chambre_api::v1::{self, ledger_service_server::LedgerService};
use chambre_domain::{Event, Reason, Refusal, RelogementId, Seq};
use chambre_ledger::{Command, LedgerError, Mode, Outcome, Pending};
use std::pin::Pin;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt};
use tonic::{Request, Response, Status, Streaming};

/// Most events of an import: one transaction, one answer.
const MOST_IMPORTED: usize = 50_000;

/// Most events of one message of an import.
const MOST_IN_A_CHUNK: usize = 1_000;

/// Refusals told of an import, at most.
const MOST_REFUSALS_TOLD: usize = 1_000;

/// Chunks of a stream that may wait for their answer at once.
const CHUNKS_IN_FLIGHT: usize = 4;

/// Entries in one message of a watch.
const WATCH_CHUNK: u32 = 500;

/// The ledger, over the books.
pub struct LedgerDoor(pub Desk);

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl LedgerService for LedgerDoor {
    type StreamEventsStream = Answers<v1::StreamEventsResponse>;
    type WatchEntriesStream = Answers<v1::WatchEntriesResponse>;

    async fn record_relogement(
        &self,
        request: Request<v1::RecordRelogementRequest>,
    ) -> Result<Response<v1::RecordRelogementResponse>, Status> {
        let asked = wire::record_relogement(request.into_inner()).map_err(refused)?;
        let receipt = self.0.declare(asked).await?;
        Ok(Response::new(v1::RecordRelogementResponse { receipt }))
    }

    async fn record_works(
        &self,
        request: Request<v1::RecordWorksRequest>,
    ) -> Result<Response<v1::RecordWorksResponse>, Status> {
        let asked = wire::record_works(request.into_inner()).map_err(refused)?;
        let receipt = self.0.declare(asked).await?;
        Ok(Response::new(v1::RecordWorksResponse { receipt }))
    }

    async fn record_vacancy(
        &self,
        request: Request<v1::RecordVacancyRequest>,
    ) -> Result<Response<v1::RecordVacancyResponse>, Status> {
        let asked = wire::record_vacancy(request.into_inner()).map_err(refused)?;
        let receipt = self.0.declare(asked).await?;
        Ok(Response::new(v1::RecordVacancyResponse { receipt }))
    }

    async fn record_indemnity(
        &self,
        request: Request<v1::RecordIndemnityRequest>,
    ) -> Result<Response<v1::RecordIndemnityResponse>, Status> {
        let asked = wire::record_indemnity(request.into_inner()).map_err(refused)?;
        let receipt = self.0.declare(asked).await?;
        Ok(Response::new(v1::RecordIndemnityResponse { receipt }))
    }

    async fn record_rent_revision(
        &self,
        request: Request<v1::RecordRentRevisionRequest>,
    ) -> Result<Response<v1::RecordRentRevisionResponse>, Status> {
        let asked = wire::record_rent_revision(request.into_inner()).map_err(refused)?;
        let receipt = self.0.declare(asked).await?;
        Ok(Response::new(v1::RecordRentRevisionResponse { receipt }))
    }

    async fn end_lease(
        &self,
        request: Request<v1::EndLeaseRequest>,
    ) -> Result<Response<v1::EndLeaseResponse>, Status> {
        let asked = wire::end_lease(request.into_inner()).map_err(refused)?;
        let receipt = self.0.declare(asked).await?;
        Ok(Response::new(v1::EndLeaseResponse { receipt }))
    }

    async fn record_land_counterpart(
        &self,
        request: Request<v1::RecordLandCounterpartRequest>,
    ) -> Result<Response<v1::RecordLandCounterpartResponse>, Status> {
        let asked = wire::record_land_counterpart(request.into_inner()).map_err(refused)?;
        let receipt = self.0.declare(asked).await?;
        Ok(Response::new(v1::RecordLandCounterpartResponse { receipt }))
    }

    async fn reverse_event(
        &self,
        request: Request<v1::ReverseEventRequest>,
    ) -> Result<Response<v1::ReverseEventResponse>, Status> {
        let asked = wire::reverse_event(request.into_inner()).map_err(refused)?;
        let receipt = self.0.declare(asked).await?;
        Ok(Response::new(v1::ReverseEventResponse { receipt }))
    }

    async fn record_events(
        &self,
        request: Request<v1::RecordEventsRequest>,
    ) -> Result<Response<v1::RecordEventsResponse>, Status> {
        let request = request.into_inner();
        let batch = Batch::read(request.events)?;
        let mode = if request.validate_only { Mode::Validate } else { Mode::Each };
        let outcomes = batch.submit(&self.0, mode).await?.answers().await?;
        Ok(Response::new(v1::RecordEventsResponse { outcomes }))
    }

    async fn stream_events(
        &self,
        request: Request<Streaming<v1::StreamEventsRequest>>,
    ) -> Result<Response<Self::StreamEventsStream>, Status> {
        let deadline = request.extensions().get::<Deadline>().copied();
        let chunks = request.into_inner();
        let (sender, answers) = mpsc::channel(CHUNKS_IN_FLIGHT);
        tokio::spawn(take_chunks(self.0.clone(), chunks, sender));
        let answers = ReceiverStream::new(answers).then(|submitted: Result<Submitted, Status>| async {
            let outcomes = submitted?.answers().await?;
            Ok(v1::StreamEventsResponse { outcomes })
        });
        Ok(Response::new(within(deadline, answers)))
    }

    async fn import_events(
        &self,
        request: Request<Streaming<v1::ImportEventsRequest>>,
    ) -> Result<Response<v1::ImportEventsResponse>, Status> {
        let mut chunks = request.into_inner();
        let mut import = Import::default();
        while let Some(chunk) = chunks.message().await.map_err(status::readable)? {
            import.add(chunk)?;
        }
        import.record(&self.0).await.map(Response::new)
    }

    async fn get_relogement(
        &self,
        request: Request<v1::GetRelogementRequest>,
    ) -> Result<Response<v1::GetRelogementResponse>, Status> {
        let id =
            RelogementId::parse("relogement_id", &request.into_inner().relogement_id).map_err(refused)?;
        let unknown = || status::refuse(Reason::RelogementUnknown, "relogement_id", &id);
        let (measured, rule) = self
            .0
            .books(|books| {
                let measured = books.relogement(&id)?.measured.clone();
                let convention =
                    books.parties().convention(measured.territory, measured.convention_version)?;
                Some((measured, convention.rent_gap.clone()))
            })?
            .ok_or_else(unknown)?;
        let seq = measured.recorded_seq.get();
        let entry = self.0.read(move |ledger| ledger.entries(&[seq])).await?.pop().ok_or_else(unknown)?;
        let Event::RelogementRecorded(declared) = &entry.event else { return Err(unknown()) };
        Ok(Response::new(wire::wire_measured(&measured, declared, entry.booked_at, &rule)))
    }

    async fn list_entries(
        &self,
        request: Request<v1::ListEntriesRequest>,
    ) -> Result<Response<v1::ListEntriesResponse>, Status> {
        let (filter, size, token) = wire::entries_asked(request.into_inner()).map_err(refused)?;
        let question = ("entries", filter.territory, filter.bailleur, filter.relogement.clone());
        let after = page::last(&question, &token).map_err(refused)?;
        let after = after.map_or(Ok(0), |text| text.parse::<u64>());
        let after = after.map_err(|_| status::refuse(Reason::PageToken, "page_token", &token))?;
        // One more than asked tells whether there is a next page.
        let limit = u32::try_from(size).unwrap_or(u32::MAX - 1) + 1;
        let mut entries = self.0.read(move |ledger| find(ledger, &filter, after, limit)).await?;
        let more = entries.len() > size;
        entries.truncate(size);
        let next = entries.last().filter(|_| more).map(|last| page::token(&question, &last.seq.to_string()));
        Ok(Response::new(v1::ListEntriesResponse {
            entries: entries.iter().map(words::wire_entry).collect(),
            next_page_token: next.unwrap_or_default(),
        }))
    }

    async fn get_positions(
        &self,
        request: Request<v1::GetPositionsRequest>,
    ) -> Result<Response<v1::GetPositionsResponse>, Status> {
        let asked = wire::positions_asked(request.into_inner()).map_err(refused)?;
        let (balances, seq) = self.0.read(move |ledger| ledger.balances(&asked.as_of)).await?;
        let wanted = balances.into_iter().filter(|(account, _)| {
            asked.territory.is_none_or(|territory| account.territory == territory)
                && asked.bailleur.is_none_or(|bailleur| account.bailleur == Some(bailleur))
        });
        let positions = wire::positions(wanted);
        Ok(Response::new(v1::GetPositionsResponse { positions, as_of_seq: words::wire_seq(seq) }))
    }

    async fn watch_entries(
        &self,
        request: Request<v1::WatchEntriesRequest>,
    ) -> Result<Response<Self::WatchEntriesStream>, Status> {
        let deadline = request.extensions().get::<Deadline>().copied();
        let (filter, cursor) = wire::watch_asked(request.into_inner()).map_err(refused)?;
        let head = self.0.books(|books| books.head().seq)?;
        if cursor > head {
            return Err(refused(Refusal::new(Reason::SeqBeyondHead, "cursor", cursor).with("head", head)));
        }
        let (sender, entries) = mpsc::channel(2);
        tokio::spawn(watch(self.0.clone(), filter, cursor, sender));
        Ok(Response::new(within(deadline, ReceiverStream::new(entries))))
    }
}

/// A long answer that ends when its caller gives up.
fn within<T: Send + 'static>(
    deadline: Option<Deadline>,
    answers: impl Stream<Item = Result<T, Status>> + Send + 'static,
) -> Answers<T> {
    let Some(Deadline(deadline)) = deadline else { return Box::pin(answers) };
    let over = async move {
        tokio::time::sleep_until(deadline).await;
        Err(status::deadline_exceeded())
    };
    let over = futures_once(over);
    // The first error ends the answer: whatever comes after it is never asked for.
    let mut ended = false;
    let until_error = answers.map(Some).chain(tokio_stream::once(None)).merge(over.map(Some));
    Box::pin(
        until_error
            .take_while(move |item| {
                let go_on = !ended && item.is_some();
                ended = ended || item.as_ref().is_some_and(Result::is_err);
                go_on
            })
            .filter_map(|item| item),
    )
}

fn futures_once<T: Send + 'static>(
    future: impl Future<Output = T> + Send + 'static,
) -> impl Stream<Item = T> + Send {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        tokio::select! {
            item = future => drop(sender.send(item).await),
            () = sender.closed() => {}
        }
    });
    ReceiverStream::new(receiver)
}

/// A batch as read from the wire: what can be booked, and what is refused already, each at its place.
struct Batch {
    places: Vec<Result<(), Box<Refusal>>>,
    commands: Vec<Command>,
}

impl Batch {
    fn read(events: Vec<v1::Event>) -> Result<Self, Status> {
        let read: Vec<Result<Declaration, Refusal>> = wire::events(events).map_err(refused)?;
        let mut batch =
            Self { places: Vec::with_capacity(read.len()), commands: Vec::with_capacity(read.len()) };
        for declaration in read {
            let place = declaration.map(|(id, event)| batch.commands.push(Command::new(id, event)));
            batch.places.push(place.map_err(Box::new));
        }
        Ok(batch)
    }

    async fn submit(self, desk: &Desk, mode: Mode) -> Result<Submitted, Status> {
        let pending = match self.commands.is_empty() {
            true => None,
            false => {
                Some(desk.ledger.submit(self.commands, mode).await.map_err(|error| status::failed(&error))?)
            }
        };
        Ok(Submitted { places: self.places, pending })
    }
}

/// A batch in the queue.
struct Submitted {
    places: Vec<Result<(), Box<Refusal>>>,
    pending: Option<Pending>,
}

impl Submitted {
    /// One answer for each event, in their order, once they are on disk.
    async fn answers(self) -> Result<Vec<v1::EventOutcome>, Status> {
        let mut booked = match self.pending {
            Some(pending) => pending.outcomes().await.map_err(|error| status::failed(&error))?,
            None => Vec::new(),
        }
        .into_iter();
        let lost = || Err(Box::new(Refusal::new(Reason::QueueFull, "event_id", "")));
        let places = self.places.into_iter().enumerate();
        Ok(places
            .map(|(index, place)| match place {
                Err(refusal) => answer(Err(refusal)),
                Ok(()) => answer(booked.next().unwrap_or_else(lost).map_err(|refusal| at(index, *refusal))),
            })
            .collect())
    }
}

fn at(index: usize, refusal: Refusal) -> Box<Refusal> {
    Box::new(refusal.within(&format!("events[{index}]")))
}

fn answer(outcome: Outcome) -> v1::EventOutcome {
    use v1::event_outcome::Outcome as Wire;
    let outcome = match outcome {
        Ok(receipt) => Wire::Receipt(words::wire_receipt(&receipt)),
        Err(refusal) => Wire::Error(status::refused_item(&refusal)),
    };
    v1::EventOutcome { outcome: Some(outcome) }
}

/// Submits the chunks of a stream in their order; the bounded channel makes a fast client wait.
async fn take_chunks(
    desk: Desk,
    mut chunks: Streaming<v1::StreamEventsRequest>,
    answers: mpsc::Sender<Result<Submitted, Status>>,
) {
    let mut stopping = desk.stopping.clone();
    loop {
        let chunk = tokio::select! {
            chunk = chunks.message() => chunk,
            _ = stopping.wait_for(|stopping| *stopping) => Err(status::unavailable("the service is stopping")),
            () = answers.closed() => return,
        };
        let submitted = match chunk {
            Ok(None) => return,
            Ok(Some(chunk)) => match Batch::read(chunk.events) {
                Ok(batch) => batch.submit(&desk, Mode::Each).await,
                Err(refused) => Err(refused),
            },
            Err(error) => Err(status::readable(error)),
        };
        let ended = submitted.is_err();
        if answers.send(submitted).await.is_err() || ended {
            return;
        }
    }
}

/// An import under way: all of it, or none.
#[derive(Default)]
struct Import {
    events: usize,
    validate_only: bool,
    commands: Vec<(usize, Command)>,
    refused: Vec<(usize, Box<Refusal>)>,
}

impl Import {
    fn add(&mut self, chunk: v1::ImportEventsRequest) -> Result<(), Status> {
        self.validate_only |= chunk.validate_only;
        if chunk.events.len() > MOST_IN_A_CHUNK {
            let count = chunk.events.len();
            return Err(refused(
                Refusal::new(Reason::BatchTooLarge, "events", count).with("limit", MOST_IN_A_CHUNK),
            ));
        }
        if self.events + chunk.events.len() > MOST_IMPORTED {
            let count = self.events + chunk.events.len();
            return Err(refused(
                Refusal::new(Reason::BatchTooLarge, "events", count).with("limit", MOST_IMPORTED),
            ));
        }
        for event in chunk.events {
            match wire::event(event) {
                Ok((id, event)) => self.commands.push((self.events, Command::new(id, event))),
                Err(refusal) => self.refused.push((self.events, at(self.events, refusal))),
            }
            self.events += 1;
        }
        Ok(())
    }

    async fn record(self, desk: &Desk) -> Result<v1::ImportEventsResponse, Status> {
        let mut answer = v1::ImportEventsResponse::default();
        let mut refused_lines = self.refused;
        if !self.commands.is_empty() {
            // With a malformed line nothing will be recorded: the others are checked, so that all is told at once.
            let check_only = self.validate_only || !refused_lines.is_empty();
            let mode = if check_only { Mode::Validate } else { Mode::AllOrNone };
            let (places, commands): (Vec<usize>, Vec<Command>) = self.commands.into_iter().unzip();
            let outcomes =
                desk.ledger.record(commands, mode).await.map_err(|error| status::failed(&error))?;
            for (place, outcome) in places.into_iter().zip(outcomes) {
                match outcome {
                    Ok(receipt) if receipt.replayed => answer.replayed_count += 1,
                    Ok(_) => answer.recorded_count += 1,
                    // Sound lines that fell with the others are not worth a word each.
                    Err(refusal) if refusal.reason == Reason::AllOrNothing => {}
                    Err(refusal) => refused_lines.push((place, at(place, *refusal))),
                }
            }
        }
        if self.validate_only || !refused_lines.is_empty() {
            answer.recorded_count = 0;
        }
        refused_lines.sort_by_key(|(place, _)| *place);
        answer.refused_count = i32::try_from(refused_lines.len()).unwrap_or(i32::MAX);
        let told = refused_lines.into_iter().take(MOST_REFUSALS_TOLD);
        answer.refused = told
            .map(|(place, refusal)| v1::RefusedEvent {
                index: i32::try_from(place).unwrap_or(i32::MAX),
                error: Some(status::refused_item(&refusal)),
            })
            .collect();
        Ok(answer)
    }
}

fn find(
    ledger: &chambre_ledger::Ledger,
    filter: &wire::EntryFilter,
    after: u64,
    limit: u32,
) -> Result<Vec<chambre_domain::Entry>, LedgerError> {
    let Some(id) = &filter.relogement else {
        return ledger.entries_after(Seq::new(after), limit, filter.territory, filter.bailleur);
    };
    let seqs = ledger.books()?.entries_of(id);
    let seqs: Vec<u64> = seqs.into_iter().filter(|seq| *seq > after).collect();
    let mut entries = ledger.entries(&seqs)?;
    entries.retain(|entry| concerns(entry, filter));
    entries.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(entries)
}

fn concerns(entry: &chambre_domain::Entry, filter: &wire::EntryFilter) -> bool {
    let unfiltered = filter.territory.is_none() && filter.bailleur.is_none();
    unfiltered
        || entry.transfers.iter().flat_map(|transfer| [transfer.debit(), transfer.credit()]).any(|account| {
            filter.territory.is_none_or(|territory| account.territory == territory)
                && filter.bailleur.is_none_or(|bailleur| account.bailleur == Some(bailleur))
        })
}

/// Sends what is there, then what comes, until the caller goes away or the service stops.
async fn watch(
    desk: Desk,
    filter: wire::EntryFilter,
    cursor: Seq,
    sender: mpsc::Sender<Result<v1::WatchEntriesResponse, Status>>,
) {
    let mut cursor = cursor.get();
    let mut head = desk.ledger.watch_head();
    let mut stopping = desk.stopping.clone();
    loop {
        let seen = head.borrow_and_update().seq.get();
        let asked = filter.clone();
        let found = desk.read(move |ledger| find(ledger, &asked, cursor, WATCH_CHUNK)).await;
        let entries = match found {
            Ok(entries) => entries,
            Err(error) => return drop(sender.send(Err(error)).await),
        };
        let last = entries.last().map(|entry| entry.seq.get());
        let full = entries.len() >= WATCH_CHUNK as usize;
        let next = if full { last.unwrap_or(cursor) } else { last.unwrap_or(cursor).max(seen) };
        if next > cursor {
            cursor = next;
            let entries = entries.iter().map(words::wire_entry).collect();
            let message = v1::WatchEntriesResponse { entries, cursor: words::wire_seq(Seq::new(cursor)) };
            if sender.send(Ok(message)).await.is_err() {
                return;
            }
        }
        if full {
            continue;
        }
        tokio::select! {
            changed = head.changed() => if changed.is_err() { break },
            _ = stopping.wait_for(|stopping| *stopping) => break,
            () = sender.closed() => return,
        }
    }
    let _ =
        sender.send(Err(status::unavailable("the service is stopping: resume from the last cursor"))).await;
}
