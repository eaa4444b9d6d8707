//! LedgerService: records what bailleurs declare, reads the books.

use crate::access::Caller;
use crate::batch::{Batch, Submitted, take_chunks};
use crate::desk::{Desk, refused};
use crate::door::Deadline;
use crate::import::Import;
use crate::watch::{Answers, find, watch, within};
use crate::{page, status};
use chambre_api::convert::{books as wire_books, ledger as wire, words};
use chambre_api::v1::{self, ledger_service_server::LedgerService};
use chambre_domain::{Event, Reason, Refusal, RelogementId};
use chambre_ledger::{Ledger, Mode};
use tokio::sync::mpsc;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

/// Chunks of a stream that may wait for their answer at once.
const CHUNKS_IN_FLIGHT: usize = 4;

/// The ledger, over the books.
pub struct LedgerDoor(pub Desk);

#[tonic::async_trait]
impl LedgerService for LedgerDoor {
    type StreamEventsStream = Answers<v1::StreamEventsResponse>;
    type WatchEntriesStream = Answers<v1::WatchEntriesResponse>;

    async fn record_relogement(
        &self,
        request: Request<v1::RecordRelogementRequest>,
    ) -> Result<Response<v1::RecordRelogementResponse>, Status> {
        let (caller, request) = Caller::enter(request);
        let asked = wire::record_relogement(request).map_err(refused)?;
        let receipt = self.0.declare(&caller, asked).await?;
        Ok(Response::new(v1::RecordRelogementResponse { receipt }))
    }

    async fn record_works(
        &self,
        request: Request<v1::RecordWorksRequest>,
    ) -> Result<Response<v1::RecordWorksResponse>, Status> {
        let (caller, request) = Caller::enter(request);
        let asked = wire::record_works(request).map_err(refused)?;
        let receipt = self.0.declare(&caller, asked).await?;
        Ok(Response::new(v1::RecordWorksResponse { receipt }))
    }

    async fn record_vacancy(
        &self,
        request: Request<v1::RecordVacancyRequest>,
    ) -> Result<Response<v1::RecordVacancyResponse>, Status> {
        let (caller, request) = Caller::enter(request);
        let asked = wire::record_vacancy(request).map_err(refused)?;
        let receipt = self.0.declare(&caller, asked).await?;
        Ok(Response::new(v1::RecordVacancyResponse { receipt }))
    }

    async fn record_indemnity(
        &self,
        request: Request<v1::RecordIndemnityRequest>,
    ) -> Result<Response<v1::RecordIndemnityResponse>, Status> {
        let (caller, request) = Caller::enter(request);
        let asked = wire::record_indemnity(request).map_err(refused)?;
        let receipt = self.0.declare(&caller, asked).await?;
        Ok(Response::new(v1::RecordIndemnityResponse { receipt }))
    }

    async fn record_rent_revision(
        &self,
        request: Request<v1::RecordRentRevisionRequest>,
    ) -> Result<Response<v1::RecordRentRevisionResponse>, Status> {
        let (caller, request) = Caller::enter(request);
        let asked = wire::record_rent_revision(request).map_err(refused)?;
        let receipt = self.0.declare(&caller, asked).await?;
        Ok(Response::new(v1::RecordRentRevisionResponse { receipt }))
    }

    async fn end_lease(
        &self,
        request: Request<v1::EndLeaseRequest>,
    ) -> Result<Response<v1::EndLeaseResponse>, Status> {
        let (caller, request) = Caller::enter(request);
        let asked = wire::end_lease(request).map_err(refused)?;
        let receipt = self.0.declare(&caller, asked).await?;
        Ok(Response::new(v1::EndLeaseResponse { receipt }))
    }

    async fn record_land_counterpart(
        &self,
        request: Request<v1::RecordLandCounterpartRequest>,
    ) -> Result<Response<v1::RecordLandCounterpartResponse>, Status> {
        let (caller, mut request) = Caller::enter(request);
        if let Some(counterpart) = &mut request.land_counterpart {
            caller.sign(&mut counterpart.officer_id)?;
        }
        let asked = wire::record_land_counterpart(request).map_err(refused)?;
        let receipt = self.0.declare(&caller, asked).await?;
        Ok(Response::new(v1::RecordLandCounterpartResponse { receipt }))
    }

    async fn reverse_event(
        &self,
        request: Request<v1::ReverseEventRequest>,
    ) -> Result<Response<v1::ReverseEventResponse>, Status> {
        let (caller, request) = Caller::enter(request);
        let asked = wire::reverse_event(request).map_err(refused)?;
        let receipt = self.0.declare(&caller, asked).await?;
        Ok(Response::new(v1::ReverseEventResponse { receipt }))
    }

    async fn record_events(
        &self,
        request: Request<v1::RecordEventsRequest>,
    ) -> Result<Response<v1::RecordEventsResponse>, Status> {
        let (caller, request) = Caller::enter(request);
        let batch = Batch::read(&caller, request.events)?;
        let mode = if request.validate_only { Mode::Validate } else { Mode::Each };
        let outcomes = batch.submit(&self.0, mode).await?.answers().await?;
        Ok(Response::new(v1::RecordEventsResponse { outcomes }))
    }

    async fn stream_events(
        &self,
        request: Request<Streaming<v1::StreamEventsRequest>>,
    ) -> Result<Response<Self::StreamEventsStream>, Status> {
        let deadline = request.extensions().get::<Deadline>().copied();
        let (caller, chunks) = Caller::enter(request);
        caller.guard();
        let (sender, answers) = mpsc::channel(CHUNKS_IN_FLIGHT);
        tokio::spawn(take_chunks(self.0.clone(), caller, chunks, sender));
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
        let (caller, mut chunks) = Caller::enter(request);
        let mut import = Import::of(&caller);
        while let Some(chunk) = chunks.message().await.map_err(status::readable)? {
            import.add(chunk)?;
        }
        import.record(&self.0).await.map(Response::new)
    }

    async fn get_relogement(
        &self,
        request: Request<v1::GetRelogementRequest>,
    ) -> Result<Response<v1::GetRelogementResponse>, Status> {
        let (caller, request) = Caller::enter(request);
        let id = RelogementId::parse("relogement_id", &request.relogement_id).map_err(refused)?;
        self.0.books(|books| caller.relogement(books.relogement(&id).map(|file| &file.measured)))??;
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
        let seq = measured.recorded_seq;
        let read = move |ledger: &Ledger| Ok((ledger.entries(&[seq.get()])?.pop(), ledger.opening(seq)?));
        let (entry, opening) = self.0.read(read).await?;
        let entry = entry.ok_or_else(unknown)?;
        let Event::RelogementRecorded(mut declared) = entry.event else { return Err(unknown()) };
        if let Some(opening) = opening {
            declared.household = opening.pseudonym.into();
        }
        Ok(Response::new(wire_books::wire_measured(&measured, &declared, entry.booked_at, &rule)))
    }

    async fn list_entries(
        &self,
        request: Request<v1::ListEntriesRequest>,
    ) -> Result<Response<v1::ListEntriesResponse>, Status> {
        let (caller, request) = Caller::enter(request);
        let (mut filter, size, token) = wire_books::entries_asked(request).map_err(refused)?;
        self.0.narrow(&caller, &mut filter)?;
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
            entries: entries.into_iter().map(|entry| words::wire_entry(&caller.shown_entry(entry))).collect(),
            next_page_token: next.unwrap_or_default(),
        }))
    }

    async fn get_positions(
        &self,
        request: Request<v1::GetPositionsRequest>,
    ) -> Result<Response<v1::GetPositionsResponse>, Status> {
        let (caller, request) = Caller::enter(request);
        let mut asked = wire_books::positions_asked(request).map_err(refused)?;
        caller.narrow(&mut asked.territory, &mut asked.bailleur)?;
        let (balances, seq) = self.0.read(move |ledger| ledger.balances(&asked.as_of)).await?;
        let wanted = balances.into_iter().filter(|(account, _)| {
            asked.territory.is_none_or(|territory| account.territory == territory)
                && asked.bailleur.is_none_or(|bailleur| account.bailleur == Some(bailleur))
        });
        let positions = wire_books::positions(caller.shown_balances(wanted.collect()));
        Ok(Response::new(v1::GetPositionsResponse { positions, as_of_seq: words::wire_seq(seq) }))
    }

    async fn watch_entries(
        &self,
        request: Request<v1::WatchEntriesRequest>,
    ) -> Result<Response<Self::WatchEntriesStream>, Status> {
        let deadline = request.extensions().get::<Deadline>().copied();
        let (caller, request) = Caller::enter(request);
        let (mut filter, cursor) = wire_books::watch_asked(request).map_err(refused)?;
        self.0.narrow(&caller, &mut filter)?;
        let head = self.0.books(|books| books.head().seq)?;
        if cursor > head {
            return Err(refused(Refusal::new(Reason::SeqBeyondHead, "cursor", cursor).with("head", head)));
        }
        let (sender, entries) = mpsc::channel(2);
        tokio::spawn(watch(self.0.clone(), caller, filter, cursor, sender));
        Ok(Response::new(within(deadline, ReceiverStream::new(entries))))
    }
}
