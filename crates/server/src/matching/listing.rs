//! Lists, page by page: needs, transfers, offers, proposals, messages.

use super::paging::{after, paged, question};
use super::{Matching, shown};
use crate::access::Caller;
use crate::desk::refused;
use crate::status;
use chambre_api::convert::matching::{self as wire, ListAsked};
use chambre_api::v1;
use chambre_domain::rehousing::DwellingOffer;
use chambre_domain::{Reason, Refusal};
use std::sync::Arc;
use tonic::Status;

impl Matching {
    /// Needs, in the order of their pseudonyms.
    pub(super) fn listed_needs(
        &self,
        caller: &Caller,
        request: v1::ListNeedsRequest,
    ) -> Result<v1::ListNeedsResponse, Status> {
        let mut asked = ListAsked::needs(request).map_err(refused)?;
        caller.narrow(&mut asked.territory, &mut asked.bailleur)?;
        let question = question("needs", &asked);
        let from = after(&asked, &question)?;
        let found = self.0.read(|book| {
            let wanted = book.needs_after(&from).filter(|listed| {
                asked.territory.is_none_or(|territory| listed.project.territory == territory)
                    && asked.bailleur.is_none_or(|siren| listed.project.origin == siren)
            });
            let shown = wanted.map(|listed| {
                let need = listed.need.declared();
                (need.household.as_str().to_owned(), wire::wire_need(need))
            });
            shown.take(asked.size + 1).collect()
        })?;
        let (needs, next_page_token) = paged(&asked, found, &question);
        Ok(v1::ListNeedsResponse { needs, next_page_token })
    }

    /// Transfers, in the order of the pseudonyms of their tenants.
    pub(super) fn listed_transfers(
        &self,
        caller: &Caller,
        request: v1::ListTransfersRequest,
    ) -> Result<v1::ListTransfersResponse, Status> {
        let mut asked = ListAsked::transfers(request).map_err(refused)?;
        caller.narrow(&mut asked.territory, &mut asked.bailleur)?;
        let question = question("transfers", &asked);
        let from = after(&asked, &question)?;
        let found = self.0.read(|book| {
            let wanted = book.transfers_after(&from).filter(|transfer| {
                let project = &transfer.listed.project;
                asked.territory.is_none_or(|territory| project.territory == territory)
                    && asked.bailleur.is_none_or(|siren| project.origin == siren)
            });
            let shown = wanted.map(|transfer| {
                let need = transfer.listed.need.declared();
                (need.household.as_str().to_owned(), shown::transfer(transfer))
            });
            shown.take(asked.size + 1).collect()
        })?;
        let (transfers, next_page_token) = paged(&asked, found, &question);
        Ok(v1::ListTransfersResponse { transfers, next_page_token })
    }

    /// Offers, in the order of their ids.
    pub(super) fn listed_offers(
        &self,
        request: v1::ListOffersRequest,
    ) -> Result<v1::ListOffersResponse, Status> {
        let asked = ListAsked::offers(request).map_err(refused)?;
        let question = question("offers", &asked);
        let from = after(&asked, &question)?;
        let found = self.0.read(|book| {
            let wanted = book.offers_after(&from).map(DwellingOffer::declared).filter(|offer| {
                asked.territory.is_none_or(|territory| offer.commune.territory() == territory)
                    && asked.bailleur.is_none_or(|siren| offer.landlord == siren)
            });
            let shown = wanted.map(|offer| (offer.offer.to_string(), wire::wire_offer(offer)));
            shown.take(asked.size + 1).collect()
        })?;
        let (offers, next_page_token) = paged(&asked, found, &question);
        Ok(v1::ListOffersResponse { offers, next_page_token })
    }

    /// Proposals, in the order of their ids.
    pub(super) fn listed_proposals(
        &self,
        caller: &Caller,
        request: v1::ListProposalsRequest,
    ) -> Result<v1::ListProposalsResponse, Status> {
        let (mut asked, live_only) = ListAsked::proposals(request).map_err(refused)?;
        caller.narrow(&mut asked.territory, &mut asked.bailleur)?;
        let question = format!("{}/{live_only}", question("proposals", &asked));
        let from = after(&asked, &question)?;
        let found = self.0.read(|book| {
            let wanted = book.desk().proposals().filter(|proposal| {
                let terms = proposal.terms();
                let Ok((_, project)) = book.proposal(&terms.id) else { return false };
                terms.id.as_str() > from.as_str()
                    && (!live_only || proposal.is_live())
                    && asked.territory.is_none_or(|territory| project.territory == territory)
                    && asked
                        .bailleur
                        .is_none_or(|siren| [project.origin, terms.dwelling.host].contains(&siren))
            });
            let shown = wanted
                .map(|proposal| Ok((proposal.terms().id.to_string(), shown::proposal(book, proposal)?)));
            shown.take(asked.size + 1).collect::<Result<Vec<_>, Refusal>>()
        })?;
        let (proposals, next_page_token) = paged(&asked, found.map_err(refused)?, &question);
        Ok(v1::ListProposalsResponse { proposals, next_page_token })
    }

    /// Messages to the ledger, the earliest first.
    pub(super) async fn listed_messages(
        &self,
        caller: &Caller,
        request: v1::ListOutboxRequest,
    ) -> Result<v1::ListOutboxResponse, Status> {
        let (mut asked, waiting_only) = ListAsked::outbox(request).map_err(refused)?;
        caller.narrow(&mut asked.territory, &mut None)?;
        let question = format!("{}/{waiting_only}", question("outbox", &asked));
        let from = after(&asked, &question)?;
        let bad = |_| refused(Refusal::new(Reason::PageToken, "page_token", &asked.after));
        let from: u64 = if from.is_empty() { 0 } else { from.parse().map_err(bad)? };
        let (office, territory, limit) = (Arc::clone(&self.0), asked.territory, asked.size + 1);
        let found =
            tokio::task::spawn_blocking(move || office.outbox(from, territory, waiting_only, limit)).await;
        let found = found.map_err(|_| status::unavailable("the reading was cut short"))??;
        let found = found.iter().map(|posted| (posted.number.to_string(), shown::message(posted))).collect();
        let (messages, next_page_token) = paged(&asked, found, &question);
        Ok(v1::ListOutboxResponse { messages, next_page_token })
    }
}
