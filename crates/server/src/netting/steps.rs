//! Who may take which step of a run, and the step booked.

use super::Netting;
use crate::access::Caller;
use crate::desk::refused;
use crate::status;
use chambre_api::convert::words::Asked;
use chambre_api::convert::{netting as wire, regional as wire_regional};
use chambre_api::v1;
use chambre_domain::netting_run::{NettingDecision, NettingPublication};
use chambre_domain::{Event, EventId, NettingId, NettingRun, Reason, Refusal, RegionalNetting, TerritoryId};
use std::sync::Arc;
use tonic::Status;

impl Netting {
    /// Whether the caller may touch a run: its territory never changes.
    pub(super) fn may(&self, caller: &Caller, id: &NettingId) -> Result<(), Status> {
        self.0.books(|books| match books.regional(id) {
            Some(plan) => caller.regional(plan),
            None => caller.run(books.netting(id)),
        })?
    }

    pub(super) fn regional(&self, id: &NettingId) -> Result<Option<RegionalNetting>, Status> {
        self.0.books(|books| books.regional(id).cloned())
    }

    /// A run or a regional plan as it stands, whole.
    pub(super) fn standing(&self, id: &NettingId) -> Result<v1::NettingRun, Status> {
        Ok(match self.regional(id)? {
            Some(plan) => wire_regional::wire_regional(&plan),
            None => wire::wire_run(&self.run(id)?),
        })
    }

    /// The same for a proposal, which names a run, or the territory of one to come.
    pub(super) fn may_propose(
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

    pub(super) fn run(&self, id: &NettingId) -> Result<NettingRun, Status> {
        if let Some(plan) = self.regional(id)? {
            return Err(refused(not_a_run(&plan)));
        }
        let run = self.0.books(|books| books.netting(id).cloned())?;
        run.ok_or_else(|| status::refuse(Reason::NettingUnknown, "netting_id", id))
    }

    /// Books one step of a run; the run as it stands then.
    pub(super) async fn step(
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
    pub(super) async fn keep_checkpoint(&self, netting: NettingId) -> Result<(), Status> {
        let size = self.0.books(|books| books.head().seq)?;
        let notary = Arc::clone(&self.0.notary);
        let kept = tokio::task::spawn_blocking(move || notary.approved(&netting, size)).await;
        if let Err(error) = kept {
            tracing::error!(%error, "the checkpoint of an approved run was cut short");
        }
        Ok(())
    }

    /// A step taken once, by who may touch the run.
    pub(super) async fn stepped(
        &self,
        caller: &Caller,
        name: &str,
        (event, validate_only): (Event, bool),
    ) -> Result<v1::NettingRun, Status> {
        let id =
            event.netting().cloned().ok_or_else(|| status::unavailable("this event is no step of a run"))?;
        self.may(caller, &id)?;
        self.step(&id, EventId::of_chamber(name, &id), event, validate_only).await
    }

    /// A step that names nothing but the run and the officer.
    pub(super) async fn decided(
        &self,
        caller: &Caller,
        name: &str,
        (netting_id, mut officer_id, validate_only): (String, String, bool),
        event: fn(NettingDecision) -> Event,
    ) -> Result<v1::NettingRun, Status> {
        caller.sign(&mut officer_id)?;
        let asked = wire::decision(&netting_id, &officer_id, validate_only).map_err(refused)?;
        self.stepped(caller, name, (event(asked.command), asked.validate_only)).await
    }

    /// Shows a proposal to the bailleurs, until the day asked for or the one that the rules give.
    pub(super) async fn publish(
        &self,
        caller: &Caller,
        mut asked: Asked<NettingPublication>,
    ) -> Result<v1::NettingRun, Status> {
        let id = asked.command.netting.clone();
        self.may(caller, &id)?;
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
        self.step(&id, event_id, Event::NettingPublished(asked.command), asked.validate_only).await
    }
}

/// A refusal of what only the run of a territory has.
pub(super) fn not_a_run(plan: &RegionalNetting) -> Refusal {
    Refusal::new(Reason::NettingStatus, "netting_id", &plan.proposal.id)
        .with("status", plan.status.code())
        .with("regional", true)
}

/// A refusal of a run that lies elsewhere than asked.
pub(super) fn elsewhere(run: &NettingRun) -> Refusal {
    Refusal::new(Reason::NettingElsewhere, "netting_id", &run.opening.id)
        .with("territory", run.opening.territory)
        .with("from", run.opening.period.from)
        .with("to", run.opening.period.to)
}
