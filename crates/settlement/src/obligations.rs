//! Who owes whom: the gross obligations of a causal rule, netted by pairs or round rings.

use crate::circulation::left_after_set_off;
use crate::share::Delta;
use crate::sum::to_cents;
use chambre_domain::convention::NettingLevel;
use chambre_domain::{Cents, Refusal, Siren};
use std::collections::BTreeMap;

/// Cents above zero that a first bailleur owes a second one.
pub type Obligations = BTreeMap<(Siren, Siren), Cents>;

/// The gross obligations of some relogements: the origin owes the host its effort; an effort below zero is owed
/// the other way round. A relogement inside one bailleur obliges nobody.
///
/// # Errors
/// [`chambre_domain::Reason::NettingOverflow`] when a pair leaves the range of a cent counter.
pub fn gross<'a>(deltas: impl IntoIterator<Item = &'a Delta>) -> Result<Obligations, Refusal> {
    let owed = deltas.into_iter().filter(|delta| delta.origin != delta.host);
    sum(owed.map(|delta| (delta.origin, delta.host, i128::from(delta.amount.get()))))
}

/// Sums amounts owed; below zero is owed the other way round.
///
/// # Errors
/// As [`gross`].
pub fn sum(owed: impl IntoIterator<Item = (Siren, Siren, i128)>) -> Result<Obligations, Refusal> {
    let mut sums: BTreeMap<(Siren, Siren), i128> = BTreeMap::new();
    for (from, to, amount) in owed {
        let pair = if amount < 0 { (to, from) } else { (from, to) };
        *sums.entry(pair).or_default() += amount.abs();
    }
    sums.retain(|_, amount| *amount != 0);
    sums.into_iter().map(|(pair, amount)| Ok((pair, to_cents("obligations", amount)?))).collect()
}

/// One net amount for each pair; pairs at rest are left out.
#[must_use]
pub fn bilateral(gross: &Obligations) -> Obligations {
    let net = |(&(from, to), owed): (&(Siren, Siren), &Cents)| {
        let back = gross.get(&(to, from)).copied().unwrap_or_default();
        // Both are above zero, so the difference fits.
        let net = Cents::new(owed.get() - back.get());
        (net > Cents::ZERO).then_some(((from, to), net))
    };
    gross.iter().filter_map(net).collect()
}

/// What stays due between pairs at a level of netting. At the multilateral level pairs vanish: nothing stays.
///
/// # Errors
/// What [`left_after_set_off`] refuses.
pub fn net(gross: &Obligations, level: NettingLevel) -> Result<Obligations, Refusal> {
    match level {
        NettingLevel::Bilateral => Ok(bilateral(gross)),
        NettingLevel::Cyclic => left_after_set_off(&bilateral(gross)),
        NettingLevel::Multilateral => Ok(Obligations::new()),
    }
}

/// Obligations once one bailleur takes another over: theirs become one, those between the two disappear.
///
/// # Errors
/// [`chambre_domain::Reason::NettingOverflow`] when a pair leaves the range of a cent counter.
pub fn for_heirs(obligations: &Obligations, heir: impl Fn(Siren) -> Siren) -> Result<Obligations, Refusal> {
    let moved = obligations.iter().map(|((from, to), owed)| (heir(*from), heir(*to), i128::from(owed.get())));
    sum(moved.filter(|(from, to, _)| from != to))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chambre_domain::Seq;

    fn obligations(of: &[(u32, u32, i64)]) -> Obligations {
        let pair = |from, to| (Siren::fictitious(from), Siren::fictitious(to));
        of.iter().map(|(from, to, cents)| (pair(*from, *to), Cents::new(*cents))).collect()
    }

    fn delta(origin: u32, host: u32, cents: i64) -> Delta {
        Delta {
            recorded_seq: Seq::ZERO,
            version: 1,
            origin: Siren::fictitious(origin),
            host: Siren::fictitious(host),
            amount: Cents::new(cents),
        }
    }

    #[test]
    fn a_negative_effort_is_owed_the_other_way_round() {
        let deltas = [delta(1, 2, 30), delta(1, 2, -10), delta(2, 1, 5), delta(3, 3, 7), delta(2, 3, 0)];
        assert_eq!(gross(&deltas).unwrap(), obligations(&[(1, 2, 30), (2, 1, 15)]));
        assert_eq!(bilateral(&gross(&deltas).unwrap()), obligations(&[(1, 2, 15)]));
    }

    #[test]
    fn obligations_between_merged_bailleurs_disappear() {
        let merged = for_heirs(&obligations(&[(1, 2, 5), (2, 1, 3), (1, 3, 7), (2, 3, 1)]), |siren| {
            if siren == Siren::fictitious(2) { Siren::fictitious(1) } else { siren }
        });
        assert_eq!(merged.unwrap(), obligations(&[(1, 3, 8)]));
    }
}
