//! The matching service: needs, offers, proposals, and their way into the ledger.
//!
//! | file | what it holds |
//! |---|---|
//! | `fact`, `book` | each decision as stored; the state they add up to |
//! | `office` | where a decision is checked, written down with its messages, and applied |
//! | `rules`, `proposing`, `run` | a territory's rules; a pair proposed; the best assignment |
//! | `chaining` | tenants who ask for a transfer, chains found and proposed |
//! | `rotation` | whose turn a dwelling is at, where teams have an order |
//! | `signed` | which bailleur signed the convention of which operation |
//! | `report` | where a territory stands |
//! | `line`, `dispatcher` | the line to the ledger; who delivers what the outbox holds |
//! | `forgetting` | the destruction of what is kept of households that it is done with |
//! | `seeing` | what is found for a caller, and whether it is its own |
//! | `listing`, `paging` | the lists, page by page |
//! | `shown` | the answers |

mod book;
mod chaining;
mod dispatcher;
mod fact;
mod forgetting;
mod line;
mod listing;
mod office;
mod paging;
mod proposing;
mod report;
mod rotation;
mod rules;
mod run;
mod seeing;
mod shown;
mod signed;

pub use dispatcher::deliver;
pub use forgetting::{Forgotten, forget};
pub use line::{LedgerLine, Remote};
pub use office::Office;

use crate::access::Caller;
use crate::access::check::{Scope, denied};
use crate::access::identity::Rights;
use crate::desk::refused;
use crate::status;
use book::Book;
use chambre_api::convert::matching::{self as wire, RequestHead};
use chambre_api::convert::words::{optional_date, wire_date};
use chambre_api::v1::{self, matching_service_server::MatchingService};
use chambre_domain::rehousing::ids::{OfferId, ProposalId};
use chambre_domain::rehousing::step::Mode;
use chambre_domain::{HouseholdId, TerritoryId};
use chambre_matching::exchange::Effect;
use fact::{Fact, Pooled};
use office::{Asked, Done};
use seeing::{own_offer, seen_need};
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// The matching, over its office.
pub struct Matching(pub Arc<Office>);

macro_rules! asked {
    ($request:ident) => {{
        let head = RequestHead::read(&$request.request_id, &$request.author_id, $request.validate_only);
        $request.validate_only = false;
        Asked::new(head.map_err(refused)?, &$request)
    }};
}

#[tonic::async_trait]
impl MatchingService for Matching {
    async fn publish_policy(
        &self,
        request: Request<v1::PublishPolicyRequest>,
    ) -> Result<Response<v1::PublishPolicyResponse>, Status> {
        let (caller, mut request) = Caller::enter(request);
        caller.sign(&mut request.author_id)?;
        let asked = asked!(request);
        let wanted = wire::policy(request.policy).map_err(refused)?;
        caller.territory(wanted.territory)?;
        self.policy_published(asked, wanted).await.map(Response::new)
    }

    async fn get_policy(
        &self,
        request: Request<v1::GetPolicyRequest>,
    ) -> Result<Response<v1::GetPolicyResponse>, Status> {
        let request = request.into_inner();
        let territory = TerritoryId::parse("territory_siren", &request.territory_siren).map_err(refused)?;
        let on = optional_date("on", request.on).map_err(refused)?.unwrap_or_else(|| self.0.desk.today());
        let policy = self.0.read(|book| book.policy(territory, on))?;
        let published = policy.terms().in_force_from != book::DEFAULTS_FROM;
        let version = if published { policy.terms().version } else { 0 };
        let policy = Some(shown::policy(territory, &policy, version));
        Ok(Response::new(v1::GetPolicyResponse { policy }))
    }

    async fn declare_contingents(
        &self,
        request: Request<v1::DeclareContingentsRequest>,
    ) -> Result<Response<v1::DeclareContingentsResponse>, Status> {
        let (caller, mut request) = Caller::enter(request);
        caller.sign(&mut request.author_id)?;
        let asked = asked!(request);
        let (territory, contingents) =
            wire::contingents(&request.territory_siren, request.contingents).map_err(refused)?;
        caller.territory(territory)?;
        let pooled = |(contingent, taken_before)| Pooled { contingent, taken_before };
        let contingents = contingents.into_iter().map(pooled).collect();
        let fact = Fact::ContingentsDeclared { territory, contingents };
        let Done { replayed, .. } = self.0.decide(asked, move |_| Ok(fact)).await?;
        let contingents = self.0.read(|book| {
            let pooled = book.contingents(territory);
            pooled
                .map(|(pooled, taken)| wire::wire_contingent(&pooled.contingent, taken, pooled.taken_before))
                .collect()
        })?;
        Ok(Response::new(v1::DeclareContingentsResponse { contingents, replayed }))
    }

    async fn declare_needs(
        &self,
        request: Request<v1::DeclareNeedsRequest>,
    ) -> Result<Response<v1::DeclareNeedsResponse>, Status> {
        let (caller, mut request) = Caller::enter(request);
        caller.sign(&mut request.author_id)?;
        let asked = asked!(request);
        let needs = wire::needs(request.needs).map_err(refused)?;
        let needs = self.listed(&caller, needs).await?;
        let declared = i32::try_from(needs.len()).unwrap_or(i32::MAX);
        let decide = move |book: &Book| {
            book.may_list_needs(&needs)?;
            Ok(Fact::NeedsDeclared { needs })
        };
        let Done { replayed, .. } = self.0.decide(asked, decide).await?;
        Ok(Response::new(v1::DeclareNeedsResponse { declared, replayed }))
    }

    async fn withdraw_need(
        &self,
        request: Request<v1::WithdrawNeedRequest>,
    ) -> Result<Response<v1::WithdrawNeedResponse>, Status> {
        let (caller, mut request) = Caller::enter(request);
        caller.sign(&mut request.author_id)?;
        let asked = asked!(request);
        let household = HouseholdId::parse("household", &request.household).map_err(refused)?;
        // Off the list, it still answers to whom it belonged: the same request again is answered.
        match self.0.read(|book| book.project(&household).cloned())? {
            Some(project) => caller.check(Scope::Here(project.territory, &[project.origin]))?,
            None => caller.check(Scope::Unknown)?,
        }
        let decide = move |book: &Book| {
            book.need(&household).map(drop).or_else(|_| book.transfer(&household).map(drop))?;
            Ok(Fact::NeedWithdrawn { household })
        };
        let Done { replayed, .. } = self.0.decide(asked, decide).await?;
        Ok(Response::new(v1::WithdrawNeedResponse { replayed }))
    }

    async fn list_needs(
        &self,
        request: Request<v1::ListNeedsRequest>,
    ) -> Result<Response<v1::ListNeedsResponse>, Status> {
        let (caller, request) = Caller::enter(request);
        self.listed_needs(&caller, request).map(Response::new)
    }

    async fn declare_offers(
        &self,
        request: Request<v1::DeclareOffersRequest>,
    ) -> Result<Response<v1::DeclareOffersResponse>, Status> {
        let (caller, mut request) = Caller::enter(request);
        caller.sign(&mut request.author_id)?;
        let asked = asked!(request);
        let offers = wire::offers(request.offers).map_err(refused)?;
        for offer in &offers {
            own_offer(&caller, offer)?;
        }
        self.check_own_ids(&caller, offers.iter())?;
        let declared = i32::try_from(offers.len()).unwrap_or(i32::MAX);
        let decide = move |book: &Book| {
            book.may_list_offers(&offers)?;
            Ok(Fact::OffersDeclared { offers })
        };
        let Done { replayed, .. } = self.0.decide(asked, decide).await?;
        Ok(Response::new(v1::DeclareOffersResponse { declared, replayed }))
    }

    async fn withdraw_offer(
        &self,
        request: Request<v1::WithdrawOfferRequest>,
    ) -> Result<Response<v1::WithdrawOfferResponse>, Status> {
        let (caller, mut request) = Caller::enter(request);
        caller.sign(&mut request.author_id)?;
        let asked = asked!(request);
        let offer = OfferId::parse("offer_id", &request.offer_id).map_err(refused)?;
        match self.0.read(|book| book.offer_ever(&offer).cloned())? {
            Some(known) => own_offer(&caller, &known)?,
            None => caller.check(Scope::Unknown)?,
        }
        let fact = Fact::OfferWithdrawn { offer };
        let Done { replayed, .. } = self.0.decide(asked, move |_| Ok(fact)).await?;
        Ok(Response::new(v1::WithdrawOfferResponse { replayed }))
    }

    async fn list_offers(
        &self,
        request: Request<v1::ListOffersRequest>,
    ) -> Result<Response<v1::ListOffersResponse>, Status> {
        self.listed_offers(request.into_inner()).map(Response::new)
    }

    async fn explain_pair(
        &self,
        request: Request<v1::ExplainPairRequest>,
    ) -> Result<Response<v1::ExplainPairResponse>, Status> {
        let (caller, request) = Caller::enter(request);
        let household = HouseholdId::parse("household", &request.household).map_err(refused)?;
        let offer = OfferId::parse("offer_id", &request.offer_id).map_err(refused)?;
        self.see(&caller, |book| seen_need(book, &household))?;
        let on = self.0.desk.today();
        let said = self.0.read(|book| proposing::explain(book, (&household, &offer), on))?;
        Ok(Response::new(match said.map_err(refused)? {
            Ok(edge) => v1::ExplainPairResponse { pair: Some(shown::pair(&edge)), broken: Vec::new() },
            Err(rejects) => {
                v1::ExplainPairResponse { pair: None, broken: rejects.iter().map(shown::broken).collect() }
            }
        }))
    }

    async fn run_matching(
        &self,
        request: Request<v1::RunMatchingRequest>,
    ) -> Result<Response<v1::RunMatchingResponse>, Status> {
        let (caller, request) = Caller::enter(request);
        let territory = TerritoryId::parse("territory_siren", &request.territory_siren).map_err(refused)?;
        caller.territory(territory)?;
        self.best(territory, request).await.map(Response::new)
    }

    async fn report_matching(
        &self,
        request: Request<v1::ReportMatchingRequest>,
    ) -> Result<Response<v1::ReportMatchingResponse>, Status> {
        let (caller, request) = Caller::enter(request);
        let territory = TerritoryId::parse("territory_siren", &request.territory_siren).map_err(refused)?;
        caller.territory(territory)?;
        let all = !matches!(caller.identity().rights, Rights::Coordinator(_));
        let (office, on) = (Arc::clone(&self.0), self.0.desk.today());
        let told =
            tokio::task::spawn_blocking(move || office.read(|book| report::report(book, territory, on, all)));
        let told = told.await.map_err(|_| status::unavailable("the report was cut short"))??;
        told.map(Response::new).map_err(refused)
    }

    async fn propose(
        &self,
        request: Request<v1::ProposeRequest>,
    ) -> Result<Response<v1::ProposeResponse>, Status> {
        let (caller, mut request) = Caller::enter(request);
        caller.sign(&mut request.author_id)?;
        let asked = asked!(request);
        let wanted = wire::proposal(&request).map_err(refused)?;
        self.see(&caller, |book| seen_need(book, &wanted.household))?;
        if wanted.mode == Mode::Directed && caller.siren().is_some() {
            // Whoever directs a dwelling answers for the territory.
            return Err(denied());
        }
        let stamp = self.0.stamp(asked.head.author.clone(), None).map_err(refused)?;
        let cost = if wanted.mode == Mode::Directed { self.cost(&wanted).await? } else { None };
        let (id, validate_only) = (wanted.id.clone(), asked.head.validate_only);
        let Done { replayed, .. } =
            self.0.decide(asked, move |book| proposing::propose(book, &wanted, cost, stamp)).await?;
        let proposal = if validate_only { None } else { Some(self.proposal(&id)?) };
        Ok(Response::new(v1::ProposeResponse { proposal, replayed }))
    }

    async fn step_proposal(
        &self,
        request: Request<v1::StepProposalRequest>,
    ) -> Result<Response<v1::StepProposalResponse>, Status> {
        let (caller, mut request) = Caller::enter(request);
        caller.sign(&mut request.author_id)?;
        let asked = asked!(request);
        let wanted = wire::step(request).map_err(refused)?;
        self.see(&caller, |book| {
            let (proposal, project) = book.proposal(&wanted.proposal)?;
            let host = proposal.terms().dwelling.host;
            Ok((project.clone(), proposing::who_steps(&wanted.step, project.origin, host), ()))
        })?;
        let stamp = self.0.stamp(asked.head.author.clone(), wanted.on).map_err(refused)?;
        let (id, step, validate_only) = (wanted.proposal, wanted.step, asked.head.validate_only);
        let fact = Fact::Stepped { proposal: id.clone(), stamp, step };
        let Done { replayed, effects, .. } = self.0.decide(asked, move |_| Ok(fact)).await?;
        let mut answer = v1::StepProposalResponse { replayed, ..v1::StepProposalResponse::default() };
        if !validate_only {
            answer.proposal = Some(self.proposal(&id)?);
        }
        for effect in effects {
            match effect {
                Effect::TitleLost { on, .. } => answer.title_lost_on = Some(wire_date(on)),
                Effect::PassesOn { next, offer } => {
                    answer.next_proposal_id = next.map_or_else(String::new, |next| next.to_string());
                    let round =
                        |book: &Book| book.round(&offer).and_then(|(_, round)| round.turn.asked().cloned());
                    answer.next_mous_id =
                        self.0.read(round)?.map_or_else(String::new, |team| team.to_string());
                }
                Effect::FormalOffer { .. } | Effect::ToLedger(_) => {}
            }
        }
        Ok(Response::new(answer))
    }

    async fn declare_transfers(
        &self,
        request: Request<v1::DeclareTransfersRequest>,
    ) -> Result<Response<v1::DeclareTransfersResponse>, Status> {
        let (caller, mut request) = Caller::enter(request);
        caller.sign(&mut request.author_id)?;
        let asked = asked!(request);
        self.transfers_declared(&caller, asked, request.transfers).await.map(Response::new)
    }

    async fn list_transfers(
        &self,
        request: Request<v1::ListTransfersRequest>,
    ) -> Result<Response<v1::ListTransfersResponse>, Status> {
        let (caller, request) = Caller::enter(request);
        self.listed_transfers(&caller, request).map(Response::new)
    }

    async fn propose_chain(
        &self,
        request: Request<v1::ProposeChainRequest>,
    ) -> Result<Response<v1::ProposeChainResponse>, Status> {
        let (caller, mut request) = Caller::enter(request);
        caller.sign(&mut request.author_id)?;
        let asked = asked!(request);
        let wanted = wire::chain(&request).map_err(refused)?;
        caller.territory(wanted.territory)?;
        self.chain_proposed(asked, wanted).await.map(Response::new)
    }

    async fn get_rotation(
        &self,
        request: Request<v1::GetRotationRequest>,
    ) -> Result<Response<v1::GetRotationResponse>, Status> {
        let request = request.into_inner();
        let territory = TerritoryId::parse("territory_siren", &request.territory_siren).map_err(refused)?;
        self.rotation(territory).await.map(Response::new)
    }

    async fn decline_turn(
        &self,
        request: Request<v1::DeclineTurnRequest>,
    ) -> Result<Response<v1::DeclineTurnResponse>, Status> {
        let (caller, mut request) = Caller::enter(request);
        caller.sign(&mut request.author_id)?;
        let asked = asked!(request);
        let wanted = wire::turn_declined(&request).map_err(refused)?;
        self.turn_declined(&caller, asked, wanted).await.map(Response::new)
    }

    async fn get_proposal(
        &self,
        request: Request<v1::GetProposalRequest>,
    ) -> Result<Response<v1::GetProposalResponse>, Status> {
        let (caller, request) = Caller::enter(request);
        let id = ProposalId::parse("proposal_id", &request.proposal_id).map_err(refused)?;
        let proposal = self.see(&caller, |book| {
            let (proposal, project) = book.proposal(&id)?;
            let parties = vec![project.origin, proposal.terms().dwelling.host];
            Ok((project.clone(), parties, shown::proposal(book, proposal)?))
        })?;
        Ok(Response::new(v1::GetProposalResponse { proposal: Some(proposal) }))
    }

    async fn list_proposals(
        &self,
        request: Request<v1::ListProposalsRequest>,
    ) -> Result<Response<v1::ListProposalsResponse>, Status> {
        let (caller, request) = Caller::enter(request);
        self.listed_proposals(&caller, request).map(Response::new)
    }

    async fn list_outbox(
        &self,
        request: Request<v1::ListOutboxRequest>,
    ) -> Result<Response<v1::ListOutboxResponse>, Status> {
        let (caller, request) = Caller::enter(request);
        self.listed_messages(&caller, request).await.map(Response::new)
    }
}
