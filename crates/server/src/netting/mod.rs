//! NettingService: the life of a run, step by step.
//!
//! | file | what it holds |
//! |---|---|
//! | `closing` | rent gaps booked before a run is cut off |
//! | `comparing` | conventions compared on the same relogements |
//! | [`documents`] | the relevé, the arrêté, the comparison, on paper |
//! | `explaining` | why a bailleur stands where it stands |
//! | `disputing` | what is contested |
//! | `listing` | the list of runs and regional plans |
//! | `proposing` | what a run reads of the books, and the proposal |
//! | `regional` | one payment plan for the runs of several territories |
//! | `steps` | who may take which step, and the step booked |
//! | `review` | what an officer looks at before a run |

mod closing;
mod comparing;
mod disputing;
mod documents;
mod explaining;
mod listing;
mod proposing;
mod regional;
mod review;
mod steps;

use crate::access::Caller;
use crate::desk::{Desk, refused};
use chambre_api::convert::words::{self, Asked};
use chambre_api::convert::{
    disputes as wire_disputes, documents as wire_documents, explanation as wire_explanation, netting as wire,
    regional as wire_regional,
};
use chambre_api::v1::{self, netting_service_server::NettingService};
use chambre_domain::netting_run::NettingOpening;
use chambre_domain::{Event, EventId, NettingId, NettingRun, Seq};
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
        let asked = wire::publish(request).map_err(refused)?;
        let run = Some(self.publish(&caller, asked).await?);
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
        self.list(&caller, &request).map(Response::new)
    }

    async fn approve_netting(
        &self,
        request: Request<v1::ApproveNettingRequest>,
    ) -> Result<Response<v1::ApproveNettingResponse>, Status> {
        let (caller, request) = Caller::enter(request);
        let v1::ApproveNettingRequest { netting_id, officer_id, validate_only } = request;
        let decision = (netting_id, officer_id, validate_only);
        let run = self.decided(&caller, "netting-approved", decision, Event::NettingApproved).await?;
        if !validate_only {
            self.keep_checkpoint(NettingId::parse("netting_id", &run.netting_id).map_err(refused)?).await?;
        }
        Ok(Response::new(v1::ApproveNettingResponse { run: Some(run) }))
    }

    async fn reject_netting(
        &self,
        request: Request<v1::RejectNettingRequest>,
    ) -> Result<Response<v1::RejectNettingResponse>, Status> {
        let (caller, request) = Caller::enter(request);
        let v1::RejectNettingRequest { netting_id, officer_id, validate_only } = request;
        let decision = (netting_id, officer_id, validate_only);
        let run = Some(self.decided(&caller, "netting-rejected", decision, Event::NettingRejected).await?);
        Ok(Response::new(v1::RejectNettingResponse { run }))
    }

    async fn instruct_netting(
        &self,
        request: Request<v1::InstructNettingRequest>,
    ) -> Result<Response<v1::InstructNettingResponse>, Status> {
        let (caller, mut request) = Caller::enter(request);
        caller.sign(&mut request.officer_id)?;
        let asked = wire::instruct(request).map_err(refused)?;
        let step = (Event::NettingInstructed(asked.command), asked.validate_only);
        let run = Some(self.stepped(&caller, "netting-instructed", step).await?);
        Ok(Response::new(v1::InstructNettingResponse { run }))
    }

    async fn cancel_netting(
        &self,
        request: Request<v1::CancelNettingRequest>,
    ) -> Result<Response<v1::CancelNettingResponse>, Status> {
        let (caller, mut request) = Caller::enter(request);
        caller.sign(&mut request.officer_id)?;
        let asked = wire::cancel(request).map_err(refused)?;
        let step = (Event::NettingCancelled(asked.command), asked.validate_only);
        let run = Some(self.stepped(&caller, "netting-cancelled", step).await?);
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
        let (caller, request) = Caller::enter(request);
        let v1::CloseNettingRequest { netting_id, officer_id, validate_only } = request;
        let decision = (netting_id, officer_id, validate_only);
        let run = Some(self.decided(&caller, "netting-closed", decision, Event::NettingClosed).await?);
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
        let receipt = Some(self.settle(&caller, request).await?);
        Ok(Response::new(v1::SettleDisputeResponse { receipt }))
    }

    async fn list_disputes(
        &self,
        request: Request<v1::ListDisputesRequest>,
    ) -> Result<Response<v1::ListDisputesResponse>, Status> {
        let (caller, request) = Caller::enter(request);
        self.list_of_disputes(&caller, &request).map(Response::new)
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
