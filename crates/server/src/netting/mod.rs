//! NettingService: the life of a run, step by step.
//!
//! | file | what it holds |
//! |---|---|
//! | `closing` | rent gaps booked before a run is cut off |
//! | `comparing` | conventions compared on the same relogements |
//! | [`documents`] | the relevé, the arrêté, the comparison, on paper |
//! | `explaining` | why a bailleur stands where it stands |
//! | `proposing` | what a run reads of the books, and the proposal |
//! | `regional` | one payment plan for the runs of several territories |
//! | `review` | what an officer looks at before a run |

mod closing;
mod comparing;
mod documents;
mod explaining;
mod proposing;
mod regional;
mod review;

use crate::access::Caller;
use crate::access::check::{Scope, parties};
use crate::desk::{Desk, refused};
use crate::page;
use crate::status;
use chambre_api::convert::words::{self, Asked};
use chambre_api::convert::{
    disputes as wire_disputes, documents as wire_documents, explanation as wire_explanation, netting as wire,
    regional as wire_regional,
};
use chambre_api::v1::{self, netting_service_server::NettingService};
use chambre_domain::dispute::{Dispute, DisputeParty, DisputeSubject};
use chambre_domain::netting_run::{NettingDecision, NettingOpening};
use chambre_domain::{
    Event, EventId, NettingId, NettingRun, Reason, Refusal, RegionalNetting, Seq, Siren, TerritoryId,
};
use chambre_ledger::Books;
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// Nettings, over the books.
pub struct Netting(pub Desk);

#[tonic::async_trait]
impl NettingService for Netting {
    async fn open_netting(
        &self,
        request: Request<v1::OpenNettingRequest>,
    ) -> Result<Response<v1::OpenNettingResponse>, Status> {
        let (caller, mut request) = Caller::enter(request);
        caller.sign(&mut request.officer_id)?;
        let asked = wire::open(request).map_err(refused)?;
        caller.territory(asked.command.territory)?;
        let Asked { command: opening, validate_only } = asked;
        let (territory, period, officer) = (opening.territory, opening.period, opening.officer);
        let id = match opening.id {
            Some(id) => id,
            None => self.0.books(|books| proposing::free_id(books, territory, period))?.map_err(refused)?,
        };
        let opening = NettingOpening { id: id.clone(), territory, period, officer };
        let run = NettingRun::open(opening.clone(), Seq::ZERO);
        let event_id = EventId::of_chamber("netting-opened", &id);
        self.0.book(event_id, Event::NettingOpened(opening), validate_only).await?;
        let run = if validate_only { run } else { self.run(&id)? };
        Ok(Response::new(v1::OpenNettingResponse { run: Some(wire::wire_run(&run)) }))
    }

    async fn review_netting(
        &self,
        request: Request<v1::ReviewNettingRequest>,
    ) -> Result<Response<v1::ReviewNettingResponse>, Status> {
        let (caller, request) = Caller::enter(request);
        let (territory, period) = wire::review(request).map_err(refused)?;
        caller.territory(territory)?;
        self.0.books(|books| review::review(books, territory, period))?.map(Response::new).map_err(refused)
    }

    async fn cut_off_netting(
        &self,
        request: Request<v1::CutOffNettingRequest>,
    ) -> Result<Response<v1::CutOffNettingResponse>, Status> {
        let (caller, mut request) = Caller::enter(request);
        caller.sign(&mut request.officer_id)?;
        let v1::CutOffNettingRequest { netting_id, officer_id, validate_only } = request;
        let asked = wire::decision(&netting_id, &officer_id, validate_only).map_err(refused)?;
        self.may(&caller, &asked.command.netting)?;
        let run = self.cut_off(asked.command, asked.validate_only).await?;
        Ok(Response::new(v1::CutOffNettingResponse { run: Some(wire::wire_run(&run)) }))
    }

    async fn propose_netting(
        &self,
        request: Request<v1::ProposeNettingRequest>,
    ) -> Result<Response<v1::ProposeNettingResponse>, Status> {
        let (caller, mut request) = Caller::enter(request);
        caller.sign(&mut request.officer_id)?;
        let asked = wire::propose(request).map_err(refused)?;
        self.may_propose(&caller, asked.command.id.as_ref(), asked.command.territory)?;
        let run = self.propose(asked.command, asked.validate_only).await?;
        Ok(Response::new(v1::ProposeNettingResponse { run: Some(wire::wire_run(&run)) }))
    }

    async fn propose_regional_netting(
        &self,
        request: Request<v1::ProposeRegionalNettingRequest>,
    ) -> Result<Response<v1::ProposeRegionalNettingResponse>, Status> {
        let (caller, mut request) = Caller::enter(request);
        caller.sign(&mut request.officer_id)?;
        let Asked { command, validate_only } = wire_regional::propose(request).map_err(refused)?;
        let plan = self.propose_regional(&caller, command, validate_only).await?;
        let run = Some(wire_regional::wire_regional(&plan));
        Ok(Response::new(v1::ProposeRegionalNettingResponse { run }))
    }

    async fn publish_netting(
        &self,
        request: Request<v1::PublishNettingRequest>,
    ) -> Result<Response<v1::PublishNettingResponse>, Status> {
        let (caller, mut request) = Caller::enter(request);
        caller.sign(&mut request.officer_id)?;
        let mut asked = wire::publish(request).map_err(refused)?;
        let id = asked.command.netting.clone();
        self.may(&caller, &id)?;
        let run = self.run(&id)?;
        if asked.command.disputes_until.is_none() {
            let today = self.0.today();
            // Asked again on a later day, it is the same publication: its window stays.
            asked.command.disputes_until = match run.disputes_until {
                Some(until) => Some(until),
                None => self.0.books(|books| books.disputes_until_at_least(&run.opening, today))?,
            };
        }
        let revision = run.proposal().map_or(0, |proposal| proposal.revision);
        let event_id = EventId::of_chamber("netting-published", format!("{id}/{revision}"));
        let event = Event::NettingPublished(asked.command);
        let run = Some(self.step(&id, event_id, event, asked.validate_only).await?);
        Ok(Response::new(v1::PublishNettingResponse { run }))
    }

    async fn get_netting(
        &self,
        request: Request<v1::GetNettingRequest>,
    ) -> Result<Response<v1::GetNettingResponse>, Status> {
        let (caller, request) = Caller::enter(request);
        let id = NettingId::parse("netting_id", &request.netting_id).map_err(refused)?;
        self.may(&caller, &id)?;
        let run = match self.regional(&id)? {
            Some(plan) => wire_regional::wire_regional(&caller.shown_regional(plan)),
            None => wire::wire_run(&caller.shown_run(self.run(&id)?)),
        };
        Ok(Response::new(v1::GetNettingResponse { run: Some(run) }))
    }

    async fn list_nettings(
        &self,
        request: Request<v1::ListNettingsRequest>,
    ) -> Result<Response<v1::ListNettingsResponse>, Status> {
        let (caller, request) = Caller::enter(request);
        let size = words::page_size(request.page_size).map_err(refused)?;
        let mut territory =
            words::optional_territory("territory_siren", &request.territory_siren).map_err(refused)?;
        let mut party = None;
        caller.narrow(&mut territory, &mut party)?;
        let question = ("nettings", territory, party);
        let after = page::last(&question, &request.page_token).map_err(refused)?;
        let after = after.and_then(|text| text.parse::<u64>().ok()).map_or(Seq::new(u64::MAX), Seq::new);
        self.0.books(|books| {
            let before = |seq: Seq| seq < after;
            let runs = books.nettings().rev().filter(|run| {
                before(run.opened_seq)
                    && territory.is_none_or(|territory| run.opening.territory == territory)
                    && party.is_none_or(|party| parties(run).contains(&party))
            });
            let plans = books
                .regionals()
                .rev()
                .filter(|plan| before(plan.opened_seq) && territory.is_none() && caller.sees_regional(plan));
            let mut found: Vec<Listed<'_>> = runs
                .take(size + 1)
                .map(Listed::Run)
                .chain(plans.take(size + 1).map(Listed::Region))
                .collect();
            found.sort_by_key(|one| std::cmp::Reverse(one.opened_seq()));
            let more = found.len() > size;
            found.truncate(size);
            let last = found.last().filter(|_| more);
            let next = last.map(|one| page::token(&question, &one.opened_seq().to_string()));
            Response::new(v1::ListNettingsResponse {
                runs: found.iter().map(|one| one.wire(&caller)).collect(),
                next_page_token: next.unwrap_or_default(),
            })
        })
    }

    async fn approve_netting(
        &self,
        request: Request<v1::ApproveNettingRequest>,
    ) -> Result<Response<v1::ApproveNettingResponse>, Status> {
        let (caller, mut request) = Caller::enter(request);
        caller.sign(&mut request.officer_id)?;
        let v1::ApproveNettingRequest { netting_id, officer_id, validate_only } = request;
        let asked = wire::decision(&netting_id, &officer_id, validate_only).map_err(refused)?;
        self.may(&caller, &asked.command.netting)?;
        let id = asked.command.netting.clone();
        let run = Some(self.decide("netting-approved", asked, Event::NettingApproved).await?);
        if !validate_only {
            self.keep_checkpoint(id).await?;
        }
        Ok(Response::new(v1::ApproveNettingResponse { run }))
    }

    async fn reject_netting(
        &self,
        request: Request<v1::RejectNettingRequest>,
    ) -> Result<Response<v1::RejectNettingResponse>, Status> {
        let (caller, mut request) = Caller::enter(request);
        caller.sign(&mut request.officer_id)?;
        let v1::RejectNettingRequest { netting_id, officer_id, validate_only } = request;
        let asked = wire::decision(&netting_id, &officer_id, validate_only).map_err(refused)?;
        self.may(&caller, &asked.command.netting)?;
        let run = Some(self.decide("netting-rejected", asked, Event::NettingRejected).await?);
        Ok(Response::new(v1::RejectNettingResponse { run }))
    }

    async fn instruct_netting(
        &self,
        request: Request<v1::InstructNettingRequest>,
    ) -> Result<Response<v1::InstructNettingResponse>, Status> {
        let (caller, mut request) = Caller::enter(request);
        caller.sign(&mut request.officer_id)?;
        let asked = wire::instruct(request).map_err(refused)?;
        let id = asked.command.netting.clone();
        self.may(&caller, &id)?;
        let event_id = EventId::of_chamber("netting-instructed", &id);
        let event = Event::NettingInstructed(asked.command);
        let run = Some(self.step(&id, event_id, event, asked.validate_only).await?);
        Ok(Response::new(v1::InstructNettingResponse { run }))
    }

    async fn cancel_netting(
        &self,
        request: Request<v1::CancelNettingRequest>,
    ) -> Result<Response<v1::CancelNettingResponse>, Status> {
        let (caller, mut request) = Caller::enter(request);
        caller.sign(&mut request.officer_id)?;
        let asked = wire::cancel(request).map_err(refused)?;
        let id = asked.command.netting.clone();
        self.may(&caller, &id)?;
        let event_id = EventId::of_chamber("netting-cancelled", &id);
        let event = Event::NettingCancelled(asked.command);
        let run = Some(self.step(&id, event_id, event, asked.validate_only).await?);
        Ok(Response::new(v1::CancelNettingResponse { run }))
    }

    async fn confirm_payment(
        &self,
        request: Request<v1::ConfirmPaymentRequest>,
    ) -> Result<Response<v1::ConfirmPaymentResponse>, Status> {
        let (caller, mut request) = Caller::enter(request);
        caller.sign(&mut request.officer_id)?;
        let asked = wire::confirm(request).map_err(refused)?;
        let id = asked.command.netting.clone();
        self.may(&caller, &id)?;
        let event_id = EventId::of_chamber("payment", &asked.command.payment);
        let receipt =
            self.0.book(event_id, Event::PaymentConfirmed(asked.command), asked.validate_only).await?;
        let run = self.standing(&id)?;
        Ok(Response::new(v1::ConfirmPaymentResponse {
            receipt: Some(words::wire_receipt(&receipt)),
            run: Some(run),
        }))
    }

    async fn return_payment(
        &self,
        request: Request<v1::ReturnPaymentRequest>,
    ) -> Result<Response<v1::ReturnPaymentResponse>, Status> {
        let (caller, mut request) = Caller::enter(request);
        caller.sign(&mut request.officer_id)?;
        let asked = wire::send_back(request).map_err(refused)?;
        let id = asked.command.netting.clone();
        self.may(&caller, &id)?;
        let event_id = EventId::of_chamber("payment-returned", &asked.command.payment);
        let receipt =
            self.0.book(event_id, Event::PaymentReturned(asked.command), asked.validate_only).await?;
        let run = self.standing(&id)?;
        Ok(Response::new(v1::ReturnPaymentResponse {
            receipt: Some(words::wire_receipt(&receipt)),
            run: Some(run),
        }))
    }

    async fn close_netting(
        &self,
        request: Request<v1::CloseNettingRequest>,
    ) -> Result<Response<v1::CloseNettingResponse>, Status> {
        let (caller, mut request) = Caller::enter(request);
        caller.sign(&mut request.officer_id)?;
        let v1::CloseNettingRequest { netting_id, officer_id, validate_only } = request;
        let asked = wire::decision(&netting_id, &officer_id, validate_only).map_err(refused)?;
        self.may(&caller, &asked.command.netting)?;
        let run = Some(self.decide("netting-closed", asked, Event::NettingClosed).await?);
        Ok(Response::new(v1::CloseNettingResponse { run }))
    }

    async fn raise_dispute(
        &self,
        request: Request<v1::RaiseDisputeRequest>,
    ) -> Result<Response<v1::RaiseDisputeResponse>, Status> {
        let (caller, mut request) = Caller::enter(request);
        if let Some(v1::raise_dispute_request::RaisedBy::OfficerId(officer)) = &mut request.raised_by {
            caller.sign(officer)?;
        }
        let asked = wire_disputes::raise(request).map_err(refused)?;
        let receipt = self.0.declare(&caller, asked).await?;
        Ok(Response::new(v1::RaiseDisputeResponse { receipt }))
    }

    async fn settle_dispute(
        &self,
        request: Request<v1::SettleDisputeRequest>,
    ) -> Result<Response<v1::SettleDisputeResponse>, Status> {
        let (caller, mut request) = Caller::enter(request);
        caller.sign(&mut request.officer_id)?;
        let Asked { command, validate_only } = wire_disputes::settle(request).map_err(refused)?;
        let territory = self.0.books(|books| {
            let mut disputes = books.disputes().iter();
            disputes.find(|dispute| dispute.id == command.dispute).map(|dispute| dispute.territory)
        })?;
        caller.check(territory.map_or(Scope::Unknown, |territory| Scope::Here(territory, &[])))?;
        let event_id = EventId::of_chamber("dispute-settled", &command.dispute);
        let receipt = self.0.book(event_id, Event::DisputeSettled(command), validate_only).await?;
        Ok(Response::new(v1::SettleDisputeResponse { receipt: Some(words::wire_receipt(&receipt)) }))
    }

    async fn list_disputes(
        &self,
        request: Request<v1::ListDisputesRequest>,
    ) -> Result<Response<v1::ListDisputesResponse>, Status> {
        let (caller, request) = Caller::enter(request);
        let size = words::page_size(request.page_size).map_err(refused)?;
        let mut territory =
            words::optional_territory("territory_siren", &request.territory_siren).map_err(refused)?;
        let mut party = None;
        caller.narrow(&mut territory, &mut party)?;
        let question = ("disputes", territory, request.open_only, party);
        let after = page::last(&question, &request.page_token).map_err(refused)?;
        self.0.books(|books| {
            let mut found = books.disputes().iter().filter(|dispute| {
                after.as_ref().is_none_or(|after| dispute.id.as_str() > after.as_str())
                    && territory.is_none_or(|territory| dispute.territory == territory)
                    && party.is_none_or(|party| concerns(books, dispute, party))
                    && !(request.open_only && dispute.settled.is_some())
            });
            let page: Vec<_> = found.by_ref().take(size).collect();
            let more = found.next().is_some();
            let next = page.last().filter(|_| more).map(|last| page::token(&question, last.id.as_str()));
            Response::new(v1::ListDisputesResponse {
                disputes: page.into_iter().map(wire_disputes::wire_dispute).collect(),
                next_page_token: next.unwrap_or_default(),
            })
        })
    }

    async fn explain_position(
        &self,
        request: Request<v1::ExplainPositionRequest>,
    ) -> Result<Response<v1::ExplainPositionResponse>, Status> {
        let (caller, request) = Caller::enter(request);
        let (id, bailleur) = wire_explanation::explain(&request).map_err(refused)?;
        self.0.books(|books| caller.position(books.netting(&id), bailleur))??;
        let run = self.run(&id)?;
        let frozen = self.0.books(|books| explaining::Frozen::take(books, &run))?.map_err(refused)?;
        let explained = frozen.explain(bailleur).map_err(refused)?;
        let explanation = Some(wire_explanation::wire_explanation(&explained));
        Ok(Response::new(v1::ExplainPositionResponse { explanation }))
    }

    async fn simulate_netting(
        &self,
        request: Request<v1::SimulateNettingRequest>,
    ) -> Result<Response<v1::SimulateNettingResponse>, Status> {
        let (caller, request) = Caller::enter(request);
        // Who may not ask is told so before what is wrong with the question.
        caller.territory(wire_explanation::territory(&request.territory_siren).map_err(refused)?)?;
        let asked = wire_explanation::simulate(request).map_err(refused)?;
        let compared = self.compare(asked).await?;
        comparing::wire_compared(&compared).map(Response::new).map_err(refused)
    }

    async fn get_statement(
        &self,
        request: Request<v1::GetStatementRequest>,
    ) -> Result<Response<v1::GetStatementResponse>, Status> {
        let (caller, request) = Caller::enter(request);
        let asked = wire_documents::statement(&request).map_err(refused)?;
        self.0.books(|books| caller.position(books.netting(&asked.netting), asked.bailleur))??;
        let file = self.statement(asked).await?;
        Ok(Response::new(wire_documents::wire_statement(file)))
    }

    async fn get_run_document(
        &self,
        request: Request<v1::GetRunDocumentRequest>,
    ) -> Result<Response<v1::GetRunDocumentResponse>, Status> {
        let (caller, request) = Caller::enter(request);
        let id = NettingId::parse("netting_id", &request.netting_id).map_err(refused)?;
        self.may(&caller, &id)?;
        let file = self.run_document(&id).await?;
        Ok(Response::new(wire_documents::wire_run_document(file)))
    }

    async fn get_comparison(
        &self,
        request: Request<v1::GetComparisonRequest>,
    ) -> Result<Response<v1::GetComparisonResponse>, Status> {
        let (caller, request) = Caller::enter(request);
        caller.territory(wire_explanation::territory(&request.territory_siren).map_err(refused)?)?;
        let (asked, format) = wire_documents::comparison(request).map_err(refused)?;
        let file = self.comparison(asked, format).await?;
        Ok(Response::new(wire_documents::wire_comparison(file)))
    }
}

impl Netting {
    /// Whether the caller may touch a run: its territory never changes.
    fn may(&self, caller: &Caller, id: &NettingId) -> Result<(), Status> {
        self.0.books(|books| match books.regional(id) {
            Some(plan) => caller.regional(plan),
            None => caller.run(books.netting(id)),
        })?
    }

    fn regional(&self, id: &NettingId) -> Result<Option<RegionalNetting>, Status> {
        self.0.books(|books| books.regional(id).cloned())
    }

    /// A run or a regional plan as it stands, whole.
    fn standing(&self, id: &NettingId) -> Result<v1::NettingRun, Status> {
        Ok(match self.regional(id)? {
            Some(plan) => wire_regional::wire_regional(&plan),
            None => wire::wire_run(&self.run(id)?),
        })
    }

    /// The same for a proposal, which names a run, or the territory of one to come.
    fn may_propose(
        &self,
        caller: &Caller,
        id: Option<&NettingId>,
        territory: Option<TerritoryId>,
    ) -> Result<(), Status> {
        self.0.books(|books| match (id.and_then(|id| books.netting(id)), territory) {
            (Some(run), None) => caller.run(Some(run)),
            (Some(run), Some(territory)) => caller.run(Some(run)).and_then(|()| caller.territory(territory)),
            (None, Some(territory)) => caller.territory(territory),
            (None, None) => caller.run(None),
        })?
    }

    fn run(&self, id: &NettingId) -> Result<NettingRun, Status> {
        if let Some(plan) = self.regional(id)? {
            return Err(refused(not_a_run(&plan)));
        }
        let run = self.0.books(|books| books.netting(id).cloned())?;
        run.ok_or_else(|| status::refuse(Reason::NettingUnknown, "netting_id", id))
    }

    /// Books one step of a run; the run as it stands then.
    async fn step(
        &self,
        id: &NettingId,
        event_id: EventId,
        event: Event,
        validate_only: bool,
    ) -> Result<v1::NettingRun, Status> {
        self.0.book(event_id, event, validate_only).await?;
        self.standing(id)
    }

    /// The journal as it stands, approval included, signed and kept beside it when the chamber has a key.
    async fn keep_checkpoint(&self, netting: NettingId) -> Result<(), Status> {
        let size = self.0.books(|books| books.head().seq)?;
        let notary = Arc::clone(&self.0.notary);
        let kept = tokio::task::spawn_blocking(move || notary.approved(&netting, size)).await;
        if let Err(error) = kept {
            tracing::error!(%error, "the checkpoint of an approved run was cut short");
        }
        Ok(())
    }

    /// A step that names nothing but the run and the officer.
    async fn decide(
        &self,
        name: &str,
        asked: Asked<NettingDecision>,
        event: fn(NettingDecision) -> Event,
    ) -> Result<v1::NettingRun, Status> {
        let id = asked.command.netting.clone();
        let event_id = EventId::of_chamber(name, &id);
        self.step(&id, event_id, event(asked.command), asked.validate_only).await
    }
}

/// A line of the list of runs.
enum Listed<'a> {
    Run(&'a NettingRun),
    Region(&'a RegionalNetting),
}

impl Listed<'_> {
    fn opened_seq(&self) -> Seq {
        match self {
            Self::Run(run) => run.opened_seq,
            Self::Region(plan) => plan.opened_seq,
        }
    }

    fn wire(&self, caller: &Caller) -> v1::NettingRun {
        match self {
            Self::Run(run) => wire::wire_run(&caller.shown_run((*run).clone())),
            Self::Region(plan) => wire_regional::wire_regional(&caller.shown_regional((*plan).clone())),
        }
    }
}

/// Whether a dispute is a bailleur's own: it raised it, is held by it, or is a party to its relogement.
fn concerns(books: &Books, dispute: &Dispute, own: Siren) -> bool {
    let raised = dispute.raising.raised_by == DisputeParty::Bailleur { siren: own };
    raised
        || match &dispute.raising.subject {
            DisputeSubject::Bailleur { siren, .. } => *siren == own,
            DisputeSubject::Relogement { id } => books
                .relogement(id)
                .is_some_and(|file| [file.measured.host, file.measured.origin].contains(&own)),
        }
}

/// A refusal of what only the run of a territory has.
fn not_a_run(plan: &RegionalNetting) -> Refusal {
    Refusal::new(Reason::NettingStatus, "netting_id", &plan.proposal.id)
        .with("status", plan.status.code())
        .with("regional", true)
}

/// A refusal of a run that lies elsewhere than asked.
fn elsewhere(run: &NettingRun) -> Refusal {
    Refusal::new(Reason::NettingElsewhere, "netting_id", &run.opening.id)
        .with("territory", run.opening.territory)
        .with("from", run.opening.period.from)
        .with("to", run.opening.period.to)
}
