//! The closing: rent gaps run so far are booked, then the run is cut off.

use super::Netting;
use crate::desk::refused;
use crate::status;
use chambre_domain::netting_run::NettingDecision;
use chambre_domain::{Date, Event, EventId, NettingRun, Reason, Refusal, TerritoryId};
use chambre_ledger::{Command, Mode};
use tonic::Status;

/// How often a closing starts again because events came in between.
const CLOSING_TRIES: usize = 5;

/// Accruals in one transaction.
const ACCRUALS_AT_ONCE: usize = 5_000;

impl Netting {
    /// Freezes a run: what comes later falls into the next one.
    pub(super) async fn cut_off(
        &self,
        decision: NettingDecision,
        validate_only: bool,
    ) -> Result<NettingRun, Status> {
        let run = self.run(&decision.netting)?;
        let (id, opening) = (decision.netting.clone(), &run.opening);
        self.in_the_past(opening.period.to)?;
        if !validate_only && run.cut_off.is_none() {
            self.book_accruals(opening.territory, opening.period.to).await?;
        }
        let event_id = EventId::of_chamber("netting-cut-off", &id);
        self.0.book(event_id, Event::NettingCutOff(decision), validate_only).await?;
        self.run(&id)
    }

    /// A period is over before it is netted.
    pub(super) fn in_the_past(&self, last: Date) -> Result<(), Status> {
        let today = self.0.today();
        if last > today {
            return Err(refused(Refusal::new(Reason::DateInFuture, "period.to", last).with("today", today)));
        }
        Ok(())
    }

    /// Books the rent gaps run up to the cut-off; starts again when the books moved meanwhile.
    pub(super) async fn book_accruals(&self, territory: TerritoryId, through: Date) -> Result<(), Status> {
        for _ in 0..CLOSING_TRIES {
            let due = self.0.books(|books| chambre_ledger::accruals_due(books, territory, through))?;
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
        Err(status::refuse(Reason::NettingOutdated, "territory_siren", territory))
    }
}
