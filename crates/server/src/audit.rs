//! AuditService: the head of the journal, and its exports.

use crate::desk::Desk;
use chambre_api::convert::audit as wire;
use chambre_api::v1::{self, audit_service_server::AuditService};
use std::pin::Pin;
use tokio_stream::Stream;
use tonic::{Request, Response, Status};

/// The audit, over the books.
pub struct Audit(pub Desk);

#[tonic::async_trait]
impl AuditService for Audit {
    type ExportJournalStream = Pin<Box<dyn Stream<Item = Result<v1::ExportJournalResponse, Status>> + Send>>;

    async fn get_journal_head(
        &self,
        _: Request<v1::GetJournalHeadRequest>,
    ) -> Result<Response<v1::GetJournalHeadResponse>, Status> {
        let head = self.0.books(chambre_ledger::Books::head)?;
        let known = head.booked_at.map(|booked_at| (head.seq, head.seal, booked_at));
        Ok(Response::new(wire::wire_head(known)))
    }

    async fn export_journal(
        &self,
        _request: Request<v1::ExportJournalRequest>,
    ) -> Result<Response<Self::ExportJournalStream>, Status> {
        Err(Status::unimplemented("soon"))
    }
}
