//! Conventions compared on the same relogements; writes nothing.

use super::{Netting, proposing};
use crate::desk::refused;
use crate::status;
use chambre_api::convert::explanation::SimulationAsked;
use chambre_api::convert::netting as wire;
use chambre_api::convert::words;
use chambre_api::v1;
use chambre_domain::{Reason, Refusal};
use chambre_ledger::books::JournalHead;
use chambre_settlement::{Outcome, Scenario};
use tonic::Status;

/// Outcomes, with what they were computed on.
pub(super) struct Compared {
    /// The rules tried.
    pub scenarios: Vec<Scenario>,
    /// What each gives, in the same order.
    pub outcomes: Vec<Outcome>,
    /// How many relogements were read.
    pub relogement_count: usize,
    /// The journal as it was read.
    pub head: JournalHead,
}

impl Netting {
    /// Compares conventions on the relogements of a territory; reads only.
    pub(super) async fn compare(&self, asked: SimulationAsked) -> Result<Compared, Status> {
        let (territory, period) = (asked.territory, asked.period);
        let read = |books: &chambre_ledger::Books| {
            (proposing::measured_until(books, territory, period.to), books.head())
        };
        let (relogements, head) = self.0.books(read)?;
        let relogements = relogements.map_err(refused)?;
        let relogement_count = relogements.len();
        let scenarios: Vec<Scenario> =
            asked.scenarios.into_iter().map(|(name, versions)| Scenario { name, versions }).collect();
        let computed = tokio::task::spawn_blocking(move || {
            let outcomes = chambre_settlement::simulate(territory, &relogements, period, &scenarios);
            outcomes.map(|outcomes| (scenarios, outcomes))
        });
        let computed = computed.await.map_err(|_| status::unavailable("the computation was cut short"))?;
        let (scenarios, outcomes) = computed.map_err(refused)?;
        Ok(Compared { scenarios, outcomes, relogement_count, head })
    }
}

/// The comparison on the wire.
///
/// # Errors
/// [`Reason::NettingOverflow`] when more money moves than a cent counter holds.
pub(super) fn wire_compared(compared: &Compared) -> Result<v1::SimulateNettingResponse, Refusal> {
    Ok(v1::SimulateNettingResponse {
        outcomes: compared.outcomes.iter().map(wire_outcome).collect::<Result<_, _>>()?,
        relogement_count: i32::try_from(compared.relogement_count).unwrap_or(i32::MAX),
        at_seq: words::wire_seq(compared.head.seq),
    })
}

fn wire_outcome(outcome: &Outcome) -> Result<v1::ScenarioOutcome, Refusal> {
    let moved = i64::try_from(outcome.moved)
        .map_err(|_| Refusal::new(Reason::NettingOverflow, "scenarios", outcome.moved))?;
    Ok(v1::ScenarioOutcome {
        name: outcome.name.clone(),
        total_cents: outcome.total.get(),
        positions: outcome.positions.values().map(wire::wire_position).collect(),
        payment_count: i32::try_from(outcome.payments).unwrap_or(i32::MAX),
        moved_cents: moved,
    })
}
