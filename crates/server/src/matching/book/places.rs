//! The places of the contingents, and what pairs are read against.

use super::Book;
use crate::matching::fact::Pooled;
use chambre_domain::rehousing::ids::ContingentId;
use chambre_domain::{Date, Reason, Refusal, TerritoryId};
use chambre_matching::exchange::Proposal;
use chambre_matching::trade::{References, Tables};
use std::collections::BTreeMap;

impl Book {
    /// Pools contingents in a territory; an identifier stays where it was pooled.
    pub(super) fn pool(&mut self, territory: TerritoryId, contingents: &[Pooled]) -> Result<(), Refusal> {
        for Pooled { contingent, .. } in contingents {
            let known = self.contingents.get(&contingent.id);
            if let Some((other, _)) = known.filter(|(other, _)| *other != territory) {
                let refusal = Refusal::new(Reason::ContingentElsewhere, "contingent_id", &contingent.id);
                return Err(refusal.with("territory", other));
            }
        }
        for pooled in contingents {
            self.contingents.insert(pooled.contingent.id.clone(), (territory, pooled.clone()));
        }
        self.changes += 1;
        Ok(())
    }

    /// The contingents of a territory, and the placements made under each in this service.
    pub fn contingents(&self, territory: TerritoryId) -> impl Iterator<Item = (&Pooled, u32)> {
        let taken = self.taken(|proposal| proposal.placement().is_some());
        let there = self.contingents.values().filter(move |(home, _)| *home == territory);
        there.map(move |(_, pooled)| (pooled, taken.get(&pooled.contingent.id).copied().unwrap_or_default()))
    }

    /// Places taken by the proposals that count.
    fn taken(&self, counts: impl Fn(&Proposal) -> bool) -> BTreeMap<ContingentId, u32> {
        let mut taken = BTreeMap::new();
        for proposal in self.desk.proposals().filter(|proposal| counts(proposal)) {
            if let Some((contingent, _)) = &proposal.terms().dwelling.contingent {
                *taken.entry(contingent.clone()).or_default() += 1;
            }
        }
        taken
    }

    /// What pairs are read against on a day, with nothing under way.
    pub fn references(&self, on: Date) -> References<'static> {
        // A place is left when no live proposal may still take it.
        let taken = self.taken(|proposal| proposal.is_live() || proposal.placement().is_some());
        let mut references = References::bare(on, Tables::shipped());
        for (id, (_, Pooled { contingent, taken_before })) in &self.contingents {
            let left = contingent.commitment.dwellings().saturating_sub(*taken_before);
            let left = left.saturating_sub(taken.get(id).copied().unwrap_or_default());
            references.contingents.insert(id.clone(), (contingent.clone(), left));
        }
        let anru = self.needs.values().filter(|listed| listed.project.anru);
        references.anru_operations = anru.map(|listed| listed.need.declared().operation.clone()).collect();
        references
    }

    /// The same, with the households and the dwellings that are engaged: in a live proposal, or placed.
    pub fn references_for_a_run(&self, on: Date) -> References<'static> {
        let mut references = self.references(on);
        for proposal in self.desk.proposals().filter(|one| one.is_live() || one.placement().is_some()) {
            references.engaged_households.insert(proposal.terms().household.clone());
            references.engaged_offers.insert(proposal.terms().offer.clone());
        }
        references
    }
}
