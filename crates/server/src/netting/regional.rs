//! The regional plan: what it reads of the books, frozen at one seq, and the proposal made of it.

use super::Netting;
use crate::access::Caller;
use crate::desk::refused;
use crate::status;
use chambre_api::convert::regional::RegionalAsked;
use chambre_domain::netting::Payment;
use chambre_domain::netting_run::PaymentState;
use chambre_domain::regional::{OptOuts, RegionalDue, RegionalShare};
use chambre_domain::{
    Cents, Event, EventId, NettingId, NettingRun, NettingStatus, NettingStep, Reason, Refusal,
    RegionalNetting, RegionalProposal, Seq, Siren, TerritoryId,
};
use chambre_ledger::Books;
use chambre_settlement::{LocalPlans, compress};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use tonic::Status;

/// Changes whenever the same input may give other figures.
const ENGINE: &str = "chambre-regional 1";

impl Netting {
    /// Proposes a regional plan; the same figures again change nothing.
    pub(super) async fn propose_regional(
        &self,
        caller: &Caller,
        asked: RegionalAsked,
        validate_only: bool,
    ) -> Result<RegionalNetting, Status> {
        match self.0.books(|books| territories(books, &asked))? {
            Some(territories) => caller.region(&territories)?,
            None => caller.run(None)?,
        }
        let snapshot = self.0.books(|books| Snapshot::take(books, asked))?.map_err(refused)?;
        let computed = tokio::task::spawn_blocking(move || snapshot.propose()).await;
        let proposal =
            computed.map_err(|_| status::unavailable("the computation was cut short"))?.map_err(refused)?;
        let id = proposal.id.clone();
        let same = |last: &RegionalNetting| {
            (&last.proposal.input_sha256, &last.proposal.officer)
                == (&proposal.input_sha256, &proposal.officer)
                && last.status != NettingStatus::Cancelled
                && last.status != NettingStatus::Rejected
        };
        if let Some(plan) = self.0.books(|books| books.regional(&id).cloned())?.filter(same) {
            return Ok(plan);
        }
        let noun =
            if proposal.revision == 1 { id.to_string() } else { format!("{id}/{}", proposal.revision) };
        let event_id = EventId::of_chamber("regional-proposed", noun);
        let preview = preview(&proposal);
        self.0.book(event_id, Event::RegionalProposed(Box::new(proposal)), validate_only).await?;
        if validate_only {
            return Ok(preview);
        }
        let plan = self.0.books(|books| books.regional(&id).cloned())?;
        plan.ok_or_else(|| status::refuse(Reason::NettingUnknown, "netting_id", &id))
    }
}

/// A plan that nobody wrote.
fn preview(proposal: &RegionalProposal) -> RegionalNetting {
    RegionalNetting {
        opened_seq: Seq::ZERO,
        status: NettingStatus::Proposed,
        approved: None,
        pay_on: None,
        payments: vec![PaymentState::Awaited; proposal.payments.len()],
        proposal: proposal.clone(),
    }
}

/// The runs asked for, or every one whose payments were not ordered and that no other plan took over; in the order of
/// their territories.
fn runs<'a>(books: &'a Books, asked: &RegionalAsked) -> Result<Vec<&'a NettingRun>, Refusal> {
    let mut runs: Vec<&NettingRun> = if asked.runs.is_empty() {
        let waits = |run: &&NettingRun| run.allows(NettingStep::Group) && run.regional.is_none();
        books.nettings().filter(waits).collect()
    } else {
        let known =
            |id| books.netting(id).ok_or_else(|| Refusal::new(Reason::NettingUnknown, "run_netting_ids", id));
        asked.runs.iter().map(known).collect::<Result<_, _>>()?
    };
    runs.sort_by_key(|run| (run.opening.territory, run.opened_seq));
    Ok(runs)
}

/// The territories that a plan would touch; nothing when a run asked for is unknown.
fn territories(books: &Books, asked: &RegionalAsked) -> Option<Vec<TerritoryId>> {
    let due = unpaid(books).into_iter().flat_map(|due| [due.paid_in, due.received_in]);
    let runs = runs(books, asked).ok()?.into_iter().map(|run| run.opening.territory);
    Some(runs.chain(due).collect())
}

/// What is due again of the last approved plan, between the bailleurs that stand today.
fn unpaid(books: &Books) -> Vec<RegionalDue> {
    let current = |siren| books.parties().current(siren);
    let unpaid = books.last_regional().map(RegionalNetting::unpaid).unwrap_or_default();
    unpaid
        .into_iter()
        .map(|due| RegionalDue { from: current(due.from), to: current(due.to), ..due })
        .collect()
}

/// What a regional plan is computed from.
struct Snapshot {
    asked: RegionalAsked,
    id: NettingId,
    revision: u32,
    at_seq: Seq,
    nettings: Vec<NettingId>,
    local: LocalPlans,
    carried: Vec<RegionalDue>,
}

impl Snapshot {
    fn take(books: &Books, asked: RegionalAsked) -> Result<Self, Refusal> {
        let under_way = books.regionals().find(|plan| plan.status.is_under_way());
        let id = match (&asked.id, under_way) {
            (Some(id), _) => id.clone(),
            (None, Some(plan)) => plan.proposal.id.clone(),
            (None, None) => free_id(books)?,
        };
        let runs = runs(books, &asked)?;
        // Who stays out is named as the run knows it; what moves is between the bailleurs that stand today.
        let planned = runs.iter().map(|run| {
            let payments = run.proposal().map_or(&[][..], |run| &run.plan.payments);
            (run.opening.territory, payments.to_vec())
        });
        let planned: LocalPlans = planned.collect();
        every_opt_out_is_met(&planned, &asked.out)?;
        let local = moving(books, &planned, &asked.out);
        let carried = unpaid(books);
        if carried.is_empty() && local.values().all(Vec::is_empty) {
            return Err(Refusal::new(Reason::RegionalNothing, "run_netting_ids", ""));
        }
        Ok(Self {
            revision: books.regional(&id).map_or(1, |plan| plan.proposal.revision + 1),
            at_seq: books.head().seq,
            nettings: runs.iter().map(|run| run.opening.id.clone()).collect(),
            id,
            local,
            carried,
            asked,
        })
    }

    fn propose(self) -> Result<RegionalProposal, Refusal> {
        let Self { asked, id, revision, at_seq, nettings, local, carried } = self;
        let RegionalAsked { officer, compression, out, .. } = asked;
        let plan = compress(&id, &local, &carried, compression)?;
        let read = (ENGINE, &nettings, &local, &carried, compression, &out);
        let bytes = serde_json::to_vec(&read).expect("plain values with text keys are always written");
        let input_sha256 = HEXLOWER.encode(&Sha256::digest(bytes));
        Ok(RegionalProposal {
            moved: moved(&local),
            id,
            nettings,
            compression,
            out,
            at_seq,
            officer,
            revision,
            input_sha256: input_sha256.into(),
            carried_over: carried,
            set_off: plan.set_off,
            payments: plan.payments,
            lower_bound: plan.lower_bound,
        })
    }
}

/// The payments that a plan takes over.
fn moving(books: &Books, planned: &LocalPlans, out: &OptOuts) -> LocalPlans {
    let current = |siren| books.parties().current(siren);
    let of_territory = |(territory, payments): (&TerritoryId, &Vec<Payment>)| {
        let taken = payments.iter().filter(|one| !out.keep(*territory, one));
        let heirs = taken.map(|one| Payment { from: current(one.from), to: current(one.to), ..one.clone() });
        (*territory, heirs.filter(|one| one.from != one.to).collect())
    };
    planned.iter().map(of_territory).collect()
}

/// What the payments that the plan takes over settle in each territory.
fn moved(local: &LocalPlans) -> Vec<RegionalShare> {
    let mut sums: BTreeMap<(TerritoryId, Siren), i64> = BTreeMap::new();
    for (territory, payments) in local {
        for payment in payments {
            *sums.entry((*territory, payment.from)).or_default() -= payment.amount.get();
            *sums.entry((*territory, payment.to)).or_default() += payment.amount.get();
        }
    }
    let moving = sums.into_iter().filter(|(_, cents)| *cents != 0);
    moving
        .map(|((territory, bailleur), cents)| RegionalShare {
            territory,
            bailleur,
            amount: Cents::new(cents),
        })
        .collect()
}

/// Who stays out of something it is not in is a mistake in the request.
fn every_opt_out_is_met(local: &LocalPlans, out: &OptOuts) -> Result<(), Refusal> {
    let unmet = |field, value: String| Err(Refusal::new(Reason::OptOutUnknown, field, value));
    if let Some(territory) = out.territories.iter().find(|territory| !local.contains_key(territory)) {
        return unmet("out_territory_sirens", territory.to_string());
    }
    let pays = |(territory, siren): &&(TerritoryId, Siren)| {
        local
            .get(territory)
            .is_some_and(|payments| payments.iter().any(|one| one.from == *siren || one.to == *siren))
    };
    match out.bailleurs.iter().find(|one| !pays(one)) {
        Some((territory, siren)) => unmet("out_bailleurs", format!("{territory}:{siren}")),
        None => Ok(()),
    }
}

/// `R-1`, `R-2`…: the first number not yet taken.
fn free_id(books: &Books) -> Result<NettingId, Refusal> {
    let mut number = 1;
    loop {
        let id = NettingId::parse("netting_id", &format!("R-{number}"))?;
        if books.regional(&id).is_none() && books.netting(&id).is_none() {
            return Ok(id);
        }
        number += 1;
    }
}
