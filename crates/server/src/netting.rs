//! NettingService: proposes, approves and settles runs.

use crate::desk::{Desk, refused};
use crate::page;
use crate::status;
use chambre_api::convert::netting::{self as wire, ProposalAsked};
use chambre_api::convert::words;
use chambre_api::v1::{self, netting_service_server::NettingService};
use chambre_domain::convention::FairShare;
use chambre_domain::measure::{EffortLine, LineKind, MeasuredRelogement};
use chambre_domain::netting::PaymentState;
use chambre_domain::{
    Cents, Compte, Convention, Event, EventId, NettingId, NettingProposal, NettingRun, NettingStatus, Reason,
    Refusal, Seq, Siren, TerritoryId,
};
use chambre_ledger::{Books, Command, Mode};
use chambre_settlement::NettingInput;
use std::collections::BTreeMap;
use tonic::{Request, Response, Status};

/// How often a closing starts again because events came in between.
const CLOSING_TRIES: usize = 5;

/// Accruals in one transaction.
const ACCRUALS_AT_ONCE: usize = 5_000;

/// Nettings, over the books.
pub struct Netting(pub Desk);

#[tonic::async_trait]
impl NettingService for Netting {
    async fn propose_netting(
        &self,
        request: Request<v1::ProposeNettingRequest>,
    ) -> Result<Response<v1::ProposeNettingResponse>, Status> {
        let asked = wire::propose(request.into_inner()).map_err(refused)?;
        let run = self.propose(asked.command, asked.validate_only).await?;
        Ok(Response::new(v1::ProposeNettingResponse { run: Some(wire::wire_run(&run)) }))
    }

    async fn get_netting(
        &self,
        request: Request<v1::GetNettingRequest>,
    ) -> Result<Response<v1::GetNettingResponse>, Status> {
        let id = NettingId::parse("netting_id", &request.into_inner().netting_id).map_err(refused)?;
        let run = self.run(&id)?;
        Ok(Response::new(v1::GetNettingResponse { run: Some(wire::wire_run(&run)) }))
    }

    async fn list_nettings(
        &self,
        request: Request<v1::ListNettingsRequest>,
    ) -> Result<Response<v1::ListNettingsResponse>, Status> {
        let request = request.into_inner();
        let size = words::page_size(request.page_size).map_err(refused)?;
        let territory =
            words::optional_territory("territory_siren", &request.territory_siren).map_err(refused)?;
        let question = ("nettings", territory);
        let after = page::last(&question, &request.page_token).map_err(refused)?;
        let after = after.and_then(|text| text.parse::<u64>().ok()).map_or(Seq::new(u64::MAX), Seq::new);
        self.0.books(|books| {
            let wanted = |run: &&NettingRun| {
                run.proposed_seq < after
                    && territory.is_none_or(|territory| run.proposal.territory == territory)
            };
            let mut found = books.nettings().rev().filter(wanted);
            let runs: Vec<&NettingRun> = found.by_ref().take(size).collect();
            let more = found.next().is_some();
            let next =
                runs.last().filter(|_| more).map(|run| page::token(&question, &run.proposed_seq.to_string()));
            Response::new(v1::ListNettingsResponse {
                runs: runs.into_iter().map(wire::wire_run).collect(),
                next_page_token: next.unwrap_or_default(),
            })
        })
    }

    async fn approve_netting(
        &self,
        request: Request<v1::ApproveNettingRequest>,
    ) -> Result<Response<v1::ApproveNettingResponse>, Status> {
        let asked = wire::approve(request.into_inner()).map_err(refused)?;
        let id = asked.command.netting.clone();
        let event_id = EventId::of_chamber("netting-approved", &id);
        self.0.book(event_id, Event::NettingApproved(asked.command), asked.validate_only).await?;
        Ok(Response::new(v1::ApproveNettingResponse { run: Some(wire::wire_run(&self.run(&id)?)) }))
    }

    async fn reject_netting(
        &self,
        request: Request<v1::RejectNettingRequest>,
    ) -> Result<Response<v1::RejectNettingResponse>, Status> {
        let asked = wire::reject(request.into_inner()).map_err(refused)?;
        let id = asked.command.netting.clone();
        let event_id = EventId::of_chamber("netting-rejected", &id);
        self.0.book(event_id, Event::NettingRejected(asked.command), asked.validate_only).await?;
        Ok(Response::new(v1::RejectNettingResponse { run: Some(wire::wire_run(&self.run(&id)?)) }))
    }

    async fn confirm_payment(
        &self,
        request: Request<v1::ConfirmPaymentRequest>,
    ) -> Result<Response<v1::ConfirmPaymentResponse>, Status> {
        let asked = wire::confirm(request.into_inner()).map_err(refused)?;
        let id = asked.command.netting.clone();
        let event_id = EventId::of_chamber("payment", &asked.command.payment);
        let receipt =
            self.0.book(event_id, Event::PaymentConfirmed(asked.command), asked.validate_only).await?;
        let run = wire::wire_run(&self.run(&id)?);
        Ok(Response::new(v1::ConfirmPaymentResponse {
            receipt: Some(words::wire_receipt(&receipt)),
            run: Some(run),
        }))
    }
}

impl Netting {
    fn run(&self, id: &NettingId) -> Result<NettingRun, Status> {
        let run = self.0.books(|books| books.netting(id).cloned())?;
        run.ok_or_else(|| status::refuse(Reason::NettingUnknown, "netting_id", id))
    }

    async fn propose(&self, asked: ProposalAsked, validate_only: bool) -> Result<NettingRun, Status> {
        let today = self.0.today();
        if asked.period.to > today {
            let refusal =
                Refusal::new(Reason::DateInFuture, "period.to", asked.period.to).with("today", today);
            return Err(refused(refusal));
        }
        if let Some(run) = self.already_proposed(&asked)? {
            return Ok(run);
        }
        if !validate_only {
            self.book_accruals(&asked).await?;
        }
        let snapshot = self.0.books(|books| Snapshot::take(books, &asked))?.map_err(refused)?;
        let computed = tokio::task::spawn_blocking(move || snapshot.propose()).await;
        let proposal =
            computed.map_err(|_| status::unavailable("the computation was cut short"))?.map_err(refused)?;
        let id = proposal.id.clone();
        if validate_only {
            let payments = vec![PaymentState::Awaited; proposal.plan.payments.len()];
            let status = NettingStatus::Proposed;
            return Ok(NettingRun { proposal, proposed_seq: Seq::ZERO, status, approved: None, payments });
        }
        let event_id = EventId::of_chamber("netting-proposed", &id);
        self.0.book(event_id, Event::NettingProposed(Box::new(proposal)), false).await?;
        self.run(&id)
    }

    /// The run of this id, when the same proposal is asked for again.
    fn already_proposed(&self, asked: &ProposalAsked) -> Result<Option<NettingRun>, Status> {
        let Some(id) = &asked.id else { return Ok(None) };
        let Some(run) = self.0.books(|books| books.netting(id).cloned())? else { return Ok(None) };
        let known = &run.proposal;
        let same = known.territory == asked.territory
            && known.period == asked.period
            && known.officer == asked.officer
            && known.held == asked.held;
        if same { Ok(Some(run)) } else { Err(status::refuse(Reason::EventIdReused, "netting_id", id)) }
    }

    /// Books the rent gaps run up to the cut-off; starts again when the books moved meanwhile.
    async fn book_accruals(&self, asked: &ProposalAsked) -> Result<(), Status> {
        for _ in 0..CLOSING_TRIES {
            let due = self
                .0
                .books(|books| chambre_ledger::accruals_due(books, asked.territory, asked.period.to))?;
            let due: Vec<Command> = due.map_err(refused)?;
            if due.is_empty() {
                return Ok(());
            }
            let mut outdated = false;
            for group in due.chunks(ACCRUALS_AT_ONCE) {
                let outcomes = self.0.ledger.record(group.to_vec(), Mode::Each).await;
                for outcome in outcomes.map_err(|error| status::failed(&error))? {
                    match outcome {
                        Ok(_) => {}
                        Err(refusal)
                            if matches!(refusal.reason, Reason::NettingOutdated | Reason::EventIdReused) =>
                        {
                            outdated = true;
                        }
                        Err(refusal) => return Err(refused(*refusal)),
                    }
                }
            }
            if !outdated {
                return Ok(());
            }
        }
        Err(status::refuse(Reason::NettingOutdated, "territory_siren", asked.territory))
    }
}

/// What a run reads of the books, frozen at one seq.
struct Snapshot {
    id: NettingId,
    asked: ProposalAsked,
    at_seq: Seq,
    conventions: Vec<Convention>,
    relogements: Vec<MeasuredRelogement>,
    carried_over: BTreeMap<Siren, Cents>,
}

impl Snapshot {
    fn take(books: &Books, asked: &ProposalAsked) -> Result<Self, Refusal> {
        let territory = asked.territory;
        let conventions = books.parties().conventions(territory);
        let mut relogements: Vec<MeasuredRelogement> =
            books.relogements_of(territory).map(|file| file.measured.clone()).collect();
        for command in chambre_ledger::accruals_due(books, territory, asked.period.to)? {
            add_accrual(&mut relogements, &command.event);
        }
        Ok(Self {
            id: asked.id.clone().map_or_else(|| free_id(books, asked), Ok)?,
            asked: asked.clone(),
            at_seq: books.head().seq,
            conventions: conventions.iter().map(|convention| with_heirs(books, convention)).collect(),
            relogements,
            carried_over: carried_over(books, territory),
        })
    }

    fn propose(self) -> Result<NettingProposal, Refusal> {
        chambre_settlement::propose(&NettingInput {
            id: self.id,
            territory: self.asked.territory,
            period: self.asked.period,
            at_seq: self.at_seq,
            officer: self.asked.officer,
            held: self.asked.held,
            conventions: &self.conventions,
            relogements: &self.relogements,
            carried_over: self.carried_over,
        })
    }
}

/// `N-20251231-200057867-1`: the cut-off, the territory, and the first number not yet taken.
fn free_id(books: &Books, asked: &ProposalAsked) -> Result<NettingId, Refusal> {
    let stem = format!("N-{}-{}", asked.period.to.strftime("%Y%m%d"), asked.territory);
    let mut number = 1;
    loop {
        let id = NettingId::parse("netting_id", &format!("{stem}-{number}"))?;
        if books.netting(&id).is_none() {
            return Ok(id);
        }
        number += 1;
    }
}

fn carried_over(books: &Books, territory: TerritoryId) -> BTreeMap<Siren, Cents> {
    let positions = books.balances().iter().filter(|(account, _)| {
        account.territory == territory && account.compte == Compte::PositionDuBailleur
    });
    positions
        .filter_map(|(account, balance)| Some((account.bailleur?, Cents::new(balance.credit_balance()))))
        .filter(|(_, carried)| *carried != Cents::ZERO)
        .collect()
}

/// A preview counts the rent gaps that the closing would book.
fn add_accrual(relogements: &mut [MeasuredRelogement], event: &Event) {
    let Event::RentGapAccrued(accrual) = event else { return };
    let found = relogements.iter_mut().find(|measured| measured.recorded_seq == accrual.recorded_seq);
    if let Some(measured) = found {
        let amount = Cents::new(accrual.due.get() - accrual.booked_before.get());
        let line =
            EffortLine { seq: Seq::ZERO, occurred_on: accrual.through, kind: LineKind::RentGap, amount };
        measured.lines.push(line);
    }
}

/// The same rules, with the bailleurs that stand today for those absorbed since: weights add up, and the cap of
/// an absorbed bailleur falls with it, since no text says what becomes of it.
fn with_heirs(books: &Books, convention: &Convention) -> Convention {
    let heir = |siren: Siren| books.parties().current(siren);
    let mut convention = convention.clone();
    match &mut convention.fair_share {
        FairShare::Causal => {}
        FairShare::Key { weights, .. } => *weights = merged(weights, heir),
        FairShare::Roles { weights, demolishers, .. } => {
            *weights = merged(weights, heir);
            for siren in demolishers.iter_mut() {
                *siren = heir(*siren);
            }
            demolishers.sort_unstable();
            demolishers.dedup();
        }
    }
    convention
}

fn merged(weights: &BTreeMap<Siren, u64>, heir: impl Fn(Siren) -> Siren) -> BTreeMap<Siren, u64> {
    let mut merged = BTreeMap::new();
    for (siren, weight) in weights {
        *merged.entry(heir(*siren)).or_default() += weight;
    }
    merged
}
