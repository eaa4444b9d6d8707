//! Sums wider than a cent counter, brought back to cents: the order of the terms never matters.

use chambre_domain::{Cents, Reason, Refusal, Siren};
use std::collections::BTreeMap;

/// One running sum for each bailleur.
pub(crate) type Sums = BTreeMap<Siren, i128>;

/// Adds cents to the sum of a bailleur.
pub(crate) fn add(sums: &mut Sums, bailleur: Siren, cents: Cents) {
    *sums.entry(bailleur).or_default() += i128::from(cents.get());
}

/// The sum as cents, or [`Reason::NettingOverflow`] naming `field`.
pub(crate) fn to_cents(field: &str, sum: i128) -> Result<Cents, Refusal> {
    i64::try_from(sum).map(Cents::new).map_err(|_| Refusal::new(Reason::NettingOverflow, field, sum))
}

/// Every sum as cents.
pub(crate) fn all_to_cents(field: &str, sums: Sums) -> Result<BTreeMap<Siren, Cents>, Refusal> {
    sums.into_iter().map(|(bailleur, sum)| Ok((bailleur, to_cents(field, sum)?))).collect()
}

/// The exact total of some cents.
pub(crate) fn total(cents: impl IntoIterator<Item = Cents>) -> i128 {
    cents.into_iter().map(|cents| i128::from(cents.get())).sum()
}
