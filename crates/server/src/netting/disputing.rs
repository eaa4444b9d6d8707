//! What is contested: the end of a dispute, and the list of them.

use super::Netting;
use crate::access::Caller;
use crate::access::check::Scope;
use crate::desk::refused;
use crate::page;
use chambre_api::convert::disputes as wire_disputes;
use chambre_api::convert::words::{self, Asked};
use chambre_api::v1;
use chambre_domain::dispute::{Dispute, DisputeParty, DisputeSubject};
use chambre_domain::{Event, EventId, Siren};
use chambre_ledger::Books;
use tonic::Status;

impl Netting {
    /// Ends a dispute.
    pub(super) async fn settle(
        &self,
        caller: &Caller,
        request: v1::SettleDisputeRequest,
    ) -> Result<v1::Receipt, Status> {
        let Asked { command, validate_only } = wire_disputes::settle(request).map_err(refused)?;
        let territory = self.0.books(|books| {
            let mut disputes = books.disputes().iter();
            disputes.find(|dispute| dispute.id == command.dispute).map(|dispute| dispute.territory)
        })?;
        caller.check(territory.map_or(Scope::Unknown, |territory| Scope::Here(territory, &[])))?;
        let event_id = EventId::of_chamber("dispute-settled", &command.dispute);
        let receipt = self.0.book(event_id, Event::DisputeSettled(command), validate_only).await?;
        Ok(words::wire_receipt(&receipt))
    }

    pub(super) fn list_of_disputes(
        &self,
        caller: &Caller,
        request: &v1::ListDisputesRequest,
    ) -> Result<v1::ListDisputesResponse, Status> {
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
            v1::ListDisputesResponse {
                disputes: page.into_iter().map(wire_disputes::wire_dispute).collect(),
                next_page_token: next.unwrap_or_default(),
            }
        })
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
