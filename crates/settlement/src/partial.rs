//! Partial approval: a run without the relogements in dispute and without the bailleurs that refuse it.

use crate::share::Delta;
use chambre_domain::convention::FairShare;
use chambre_domain::{Convention, Seq, Siren};
use std::collections::BTreeSet;

/// Whether a relogement waits for a later run, as an event and not as a balance (netting.md 2.4).
///
/// In dispute: always. Of a bailleur that refuses: under a causal rule when it is origin or host, under a key
/// when it is host, since its own key part is then shared by the others.
pub(crate) fn deferred(
    delta: &Delta,
    convention: &Convention,
    disputed: &BTreeSet<Seq>,
    refusers: &BTreeSet<Siren>,
) -> bool {
    disputed.contains(&delta.recorded_seq)
        || refusers.contains(&delta.host)
        || (convention.fair_share.is_causal() && refusers.contains(&delta.origin))
}

/// The same rules without the bailleurs that refuse: they leave the keys and the roles.
#[must_use]
pub fn without(convention: &Convention, refusers: &BTreeSet<Siren>) -> Convention {
    let mut convention = convention.clone();
    if refusers.is_empty() {
        return convention;
    }
    let stays = |siren: &Siren| !refusers.contains(siren);
    match &mut convention.fair_share {
        FairShare::Causal => {}
        FairShare::Key { weights, .. } => weights.retain(|siren, _| stays(siren)),
        FairShare::Roles { weights, demolishers, .. } | FairShare::Units { weights, demolishers, .. } => {
            weights.retain(|siren, _| stays(siren));
            demolishers.retain(stays);
        }
        FairShare::Rent { rents_cents, outside, .. } => {
            rents_cents.retain(|siren, _| stays(siren));
            *outside = outside.filter(|outside| stays(&outside.payer));
        }
        FairShare::Blend { stock, other, .. } => {
            stock.retain(|siren, _| stays(siren));
            other.retain(|siren, _| stays(siren));
        }
    }
    convention
}
