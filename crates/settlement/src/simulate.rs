//! Several conventions on the same relogements: what each bailleur would pay or receive under each.

use crate::run::{NettingInput, compute};
use chambre_domain::measure::MeasuredRelogement;
use chambre_domain::netting::NetPosition;
use chambre_domain::{
    Cents, Convention, NettingId, OfficerId, Period, Reason, Refusal, Seq, Siren, TerritoryId,
};
use std::collections::BTreeMap;

/// Rules to try: one convention, or several versions that follow each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// Its name in the comparison.
    pub name: String,
    /// Its versions, by their dates; a lease before the first one follows the first one.
    pub versions: Vec<Convention>,
}

/// What a scenario would give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Name of the scenario.
    pub name: String,
    /// Effort that would be shared.
    pub total: Cents,
    /// Each bailleur, in the order of SIRENs: effort, fair share, position; `settled` is what it would pay
    /// (below zero) or receive at once. Nothing is carried over from before.
    pub positions: BTreeMap<Siren, NetPosition>,
    /// How many payments, and the money that moves.
    pub payments: usize,
    /// Sum of the payments.
    pub moved: i128,
}

/// Compares conventions on the relogements of a territory, as if nothing had been shared before `cut_off`.
///
/// Reads measured lines only: the same rent gaps, works, vacancies and indemnities under every rule (the rule
/// of the rent gap itself, capitalised or accrued, is that under which they were booked). Writes nothing.
///
/// # Errors
/// What [`crate::propose`] refuses of a scenario, its name as the fact `scenario`; [`Reason::NoConvention`]
/// for a scenario without a version. A scenario that shares nothing gives an outcome without positions.
pub fn simulate(
    territory: TerritoryId,
    relogements: &[MeasuredRelogement],
    period: Period,
    scenarios: &[Scenario],
) -> Result<Vec<Outcome>, Refusal> {
    let one = |scenario: &Scenario| {
        outcome(territory, relogements, period, scenario)
            .map_err(|refusal| refusal.with("scenario", &scenario.name))
    };
    scenarios.iter().map(one).collect()
}

fn outcome(
    territory: TerritoryId,
    relogements: &[MeasuredRelogement],
    period: Period,
    scenario: &Scenario,
) -> Result<Outcome, Refusal> {
    let mut versions: Vec<Convention> = scenario.versions.clone();
    versions.sort_by_key(|version| (version.in_force_from, version.version));
    for (number, version) in (1..).zip(&mut versions) {
        version.territory = territory;
        version.version = number;
    }
    let Some(first) = versions.first_mut() else {
        return Err(Refusal::new(Reason::NoConvention, "scenario", &scenario.name));
    };
    // The first version also governs what came before it.
    first.in_force_from = first.in_force_from.min(period.to);
    let follow = |relogement: &MeasuredRelogement| {
        let lease = relogement.rents.lease_date;
        let version = versions.iter().rev().find(|version| version.in_force_from <= lease);
        MeasuredRelogement {
            territory,
            convention_version: version.map_or(1, |version| version.version),
            shared: Cents::ZERO,
            ..relogement.clone()
        }
    };
    let own = relogements.iter().filter(|relogement| relogement.territory == territory);
    let followed: Vec<MeasuredRelogement> = own.map(follow).collect();
    let id = NettingId::parse("netting", "simulation")?;
    let officer = OfficerId::parse("officer", "simulation")?;
    let input = NettingInput {
        conventions: &versions,
        relogements: &followed,
        ..NettingInput::new(id, territory, period, Seq::ZERO, officer)
    };
    let name = scenario.name.clone();
    match compute(&input) {
        Ok(computed) => {
            let proposal = computed.proposal;
            Ok(Outcome {
                name,
                total: crate::sum::to_cents("effort", proposal.total_effort())?,
                payments: proposal.plan.payments.len(),
                moved: proposal.plan.payments.iter().map(|payment| i128::from(payment.amount.get())).sum(),
                positions: proposal.positions.into_iter().map(|one| (one.bailleur, one)).collect(),
            })
        }
        Err(refusal) if refusal.reason == Reason::NettingNothing => {
            let (total, positions) = (Cents::ZERO, BTreeMap::new());
            Ok(Outcome { name, total, positions, payments: 0, moved: 0 })
        }
        Err(refusal) => Err(refusal),
    }
}
