//! Conventions side by side, from the outcomes of a comparison.

use super::cited::party;
use super::{Names, Unmade, wording};
use crate::netting::comparing::Compared;
use chambre_audit::report::{Simulated, SimulatedPosition, Simulation};
use chambre_domain::convention::FairShare;
use chambre_domain::{Convention, Date, Period, Siren, TerritoryId};
use chambre_settlement::{Outcome, Scenario};
use std::collections::BTreeSet;

/// The figures of a comparison.
pub(super) fn simulation(
    (territory, period): (TerritoryId, Period),
    compared: &Compared,
    names: &Names,
    issued_on: Date,
) -> Result<Simulation, Unmade> {
    let bailleurs: BTreeSet<Siren> =
        compared.outcomes.iter().flat_map(|outcome| outcome.positions.keys()).copied().collect();
    Ok(Simulation {
        territory,
        period,
        at_seq: compared.head.seq,
        seal: compared.head.seal,
        issued_on,
        bailleurs: bailleurs.into_iter().map(|siren| party(names, siren)).collect(),
        conventions: compared.scenarios.iter().zip(&compared.outcomes).map(simulated).collect(),
    })
}

fn simulated((scenario, outcome): (&Scenario, &Outcome)) -> Simulated {
    let positions = outcome.positions.iter().map(|(siren, one)| {
        let position =
            SimulatedPosition { effort: one.effort, fair_share: one.fair_share, position: one.position };
        (*siren, position)
    });
    Simulated {
        title: outcome.name.clone(),
        rule: scenario.versions.iter().map(rule).collect::<Vec<_>>().join(" ; puis "),
        positions: positions.collect(),
        payments: u32::try_from(outcome.payments).ok(),
    }
}

/// The rule, and what it counts: conventions compared often differ by that alone.
fn rule(version: &Convention) -> String {
    let shared = wording::rule(&version.fair_share);
    match version.fair_share {
        FairShare::Units { .. } => shared,
        _ => format!("{shared} ({})", wording::effort(&version.effort)),
    }
}
