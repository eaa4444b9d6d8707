//! From needs and offers to the pairs that the solver reads: the only place where the two meet.

use crate::instance::{Dwelling, Household, Instance};
use crate::trade::dwelling::DwellingOffer;
use crate::trade::eligibility::{Edge, eligibility, is_out_at_first_sight};
use crate::trade::need::HouseholdNeed;
use crate::trade::policy::Policy;
use crate::trade::references::References;
use chambre_domain::{Reason, Refusal};

/// The possible pairs of a batch, beside the instance made of them.
#[derive(Debug, Clone)]
pub struct Batch {
    /// What the solver reads; ids are places in the lists given.
    pub instance: Instance,
    /// One edge for each pair of the instance, in the same order.
    pub edges: Vec<Edge>,
}

/// Reads every pair against the rules and keeps the possible ones.
///
/// # Errors
/// [`Reason::BatchTooLarge`] beyond four thousand million needs or offers.
pub fn batch(
    needs: &[HouseholdNeed],
    offers: &[DwellingOffer],
    policy: &Policy,
    references: &References<'_>,
) -> Result<Batch, Refusal> {
    let place = |field: &str, place: usize| {
        u32::try_from(place).map_err(|_| Refusal::new(Reason::BatchTooLarge, field, place))
    };
    let (mut instance, mut edges) = (Instance::default(), Vec::new());
    for id in 0..place("offers", offers.len())? {
        instance.dwellings.push(Dwelling { id });
    }
    for (row, need) in needs.iter().enumerate() {
        let id = place("needs", row)?;
        instance.households.push(Household { id, urgent: u8::from(need.declared().urgency.is_some()) });
        for (column, offer) in
            offers.iter().enumerate().filter(|(_, offer)| !is_out_at_first_sight(need, offer))
        {
            if let Ok(edge) = eligibility(need, offer, policy, references) {
                instance.edges.push((id, place("offers", column)?, i64::from(edge.score.total())));
                edges.push(edge);
            }
        }
    }
    Ok(Batch { instance, edges })
}
