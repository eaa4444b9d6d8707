//! A convention after mergers: the bailleurs that stand today in place of those absorbed.

use super::fair_share::FairShare;
use super::settlement::Capacity;
use super::{Convention, Party};
use crate::money::Cents;
use crate::siren::Siren;
use std::collections::BTreeMap;

impl Convention {
    /// The same rules for the bailleurs that stand today; `heir` gives who stands for a SIREN, itself if none.
    ///
    /// Weights, rents, dwellings and last payments add up. The caps of an absorbed bailleur fall with it, since
    /// no text says what becomes of them; an heir is exempt when it was so itself.
    #[must_use]
    pub fn for_heirs(&self, heir: impl Fn(Siren) -> Siren) -> Self {
        let mut convention = self.clone();
        let settlement = &mut convention.settlement;
        settlement.debtor_caps_cents.retain(|siren, _| heir(*siren) == *siren);
        settlement.exempt.retain(|siren| heir(*siren) == *siren);
        settlement.capacities = merged(&settlement.capacities, &heir, join);
        for commitment in &mut convention.commitments {
            if let Party::Bailleur(siren) = &mut commitment.party {
                *siren = heir(*siren);
            }
        }
        let weights = |weights: &mut BTreeMap<Siren, u64>| {
            *weights = merged(weights, &heir, u64::saturating_add);
        };
        match &mut convention.fair_share {
            FairShare::Causal => {}
            FairShare::Key { weights: key, .. } => weights(key),
            FairShare::Roles { weights: key, demolishers, .. }
            | FairShare::Units { weights: key, demolishers, .. } => {
                weights(key);
                demolishers.iter_mut().for_each(|siren| *siren = heir(*siren));
                demolishers.sort_unstable();
                demolishers.dedup();
            }
            FairShare::Rent { rents_cents, outside, .. } => {
                *rents_cents = merged(rents_cents, &heir, add);
                if let Some(outside) = outside {
                    outside.payer = heir(outside.payer);
                }
            }
            FairShare::Blend { stock, other, .. } => {
                weights(stock);
                weights(other);
            }
        }
        convention
    }
}

fn merged<T: Copy>(
    by_siren: &BTreeMap<Siren, T>,
    heir: impl Fn(Siren) -> Siren,
    join: impl Fn(T, T) -> T,
) -> BTreeMap<Siren, T> {
    let mut merged: BTreeMap<Siren, T> = BTreeMap::new();
    for (siren, value) in by_siren {
        merged.entry(heir(*siren)).and_modify(|sum| *sum = join(*sum, *value)).or_insert(*value);
    }
    merged
}

/// Ranges are checked on entry: a thousand bailleurs at the top of their range still fit.
fn add(one: Cents, other: Cents) -> Cents {
    Cents::new(one.get().saturating_add(other.get()))
}

fn join(one: Capacity, other: Capacity) -> Capacity {
    let sum = |one: Option<Cents>, other: Option<Cents>| match (one, other) {
        (Some(one), Some(other)) => Some(add(one, other)),
        (one, other) => one.or(other),
    };
    Capacity {
        dwellings: match (one.dwellings, other.dwellings) {
            (Some(one), Some(other)) => Some(one.saturating_add(other)),
            (one, other) => one.or(other),
        },
        rents_cents: sum(one.rents_cents, other.rents_cents),
        last_payment_cents: sum(one.last_payment_cents, other.last_payment_cents),
    }
}
