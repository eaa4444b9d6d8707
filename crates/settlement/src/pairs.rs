//! Settling between pairs: at the bilateral and cyclic levels nobody pays a bailleur it owed nothing.

use crate::apportion::apportion;
use crate::number::number;
use crate::obligations::Obligations;
use crate::settle::Settled;
use crate::sum::{Sums, to_cents};
use chambre_domain::convention::{NettingLevel, SettlementRule};
use chambre_domain::explanation::LimitedBy;
use chambre_domain::netting::PaymentPlan;
use chambre_domain::{Cents, NettingId, Refusal, Siren};
use std::collections::{BTreeMap, BTreeSet};

/// What a run pays between pairs, and what stays due between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairSettlement {
    /// Received less paid, with what bounds it; only bailleurs of the obligations.
    pub settled: BTreeMap<Siren, Settled>,
    /// One payment for each pair that pays.
    pub plan: PaymentPlan,
    /// What is not paid: the obligations that the next run starts from.
    pub left: Obligations,
}

/// Pays the obligations, already netted at `level`, within the rule.
///
/// Nothing is paid by or to a held bailleur, nor by an exempt one. Each obligation is smoothed, fractions of a
/// cent dropped; a debtor beyond its smallest cap pays its creditors pro rata of what it owes them; amounts
/// below the threshold are dropped, all at once, and the caps are shared again. Nobody lacks what another does
/// not pay: a bailleur may pay although it waits for its own claim.
///
/// # Errors
/// [`chambre_domain::Reason::NettingOverflow`].
pub fn settle_pairs(
    netting: &NettingId,
    obligations: &Obligations,
    level: NettingLevel,
    rule: &SettlementRule,
    held: &BTreeSet<Siren>,
) -> Result<PairSettlement, Refusal> {
    let mut dropped: BTreeSet<(Siren, Siren)> = BTreeSet::new();
    let paid = loop {
        let paid = within_limits(obligations, rule, held, &dropped)?;
        let small = |paid: &Cents| *paid > Cents::ZERO && *paid < rule.de_minimis_cents;
        let again: Vec<_> = paid.iter().filter(|(_, paid)| small(paid)).map(|(pair, _)| *pair).collect();
        if again.is_empty() {
            break paid;
        }
        dropped.extend(again);
    };
    let mut left = obligations.clone();
    for (pair, paid) in &paid {
        left.entry(*pair).and_modify(|owed| *owed = Cents::new(owed.get() - paid.get()));
    }
    left.retain(|_, owed| *owed > Cents::ZERO);
    let legs: Vec<_> = paid.iter().map(|((from, to), paid)| (*from, *to, paid.get())).collect();
    let payments = number(netting, &legs)?;
    let lower_bound = match level {
        // Each pair pays what it owes: no payment can be saved.
        NettingLevel::Bilateral => payments.len(),
        // Another set-off of the same size may leave other pairs: each payer and each payee still needs one.
        NettingLevel::Cyclic | NettingLevel::Multilateral => {
            let count = |side: BTreeSet<Siren>| side.len();
            count(paid.keys().map(|pair| pair.0).collect())
                .max(count(paid.keys().map(|pair| pair.1).collect()))
        }
    };
    let lower_bound = u32::try_from(lower_bound).unwrap_or(u32::MAX);
    let settled = settled(&paid, &left, rule, held)?;
    Ok(PairSettlement { settled, plan: PaymentPlan { payments, lower_bound }, left })
}

/// What each pair pays; pairs that pay nothing are left out.
fn within_limits(
    obligations: &Obligations,
    rule: &SettlementRule,
    held: &BTreeSet<Siren>,
    dropped: &BTreeSet<(Siren, Siren)>,
) -> Result<Obligations, Refusal> {
    let mut owed: BTreeMap<Siren, BTreeMap<Siren, u64>> = BTreeMap::new();
    for (&(from, to), cents) in obligations {
        let stopped = held.contains(&from)
            || held.contains(&to)
            || rule.exempt.contains(&from)
            || !rule.mode.moves_money()
            || dropped.contains(&(from, to));
        if !stopped {
            owed.entry(from).or_default().insert(to, smoothed(*cents, rule));
        }
    }
    let mut paid = Obligations::new();
    for (from, creditors) in owed {
        let sum = to_cents("obligations", creditors.values().copied().map(i128::from).sum())?;
        let most = rule.cap_of(from).map_or(sum, |(cap, _)| cap.clamp(Cents::ZERO, sum));
        let parts = apportion(most, &creditors)?;
        paid.extend(parts.into_iter().map(|(to, part)| ((from, to), part)));
    }
    paid.retain(|_, cents| *cents > Cents::ZERO);
    Ok(paid)
}

fn smoothed(owed: Cents, rule: &SettlementRule) -> u64 {
    let size = owed.get().max(0).unsigned_abs();
    let Some(part) = rule.smoothing.filter(|part| part.numerator <= part.denominator) else { return size };
    let exact = u128::from(size) * u128::from(part.numerator);
    exact
        .checked_div(u128::from(part.denominator))
        .and_then(|cents| u64::try_from(cents).ok())
        .unwrap_or(size)
}

fn settled(
    paid: &Obligations,
    left: &Obligations,
    rule: &SettlementRule,
    held: &BTreeSet<Siren>,
) -> Result<BTreeMap<Siren, Settled>, Refusal> {
    let mut net = Sums::new();
    let mut out = Sums::new();
    for ((from, to), cents) in paid {
        let cents = i128::from(cents.get());
        *net.entry(*from).or_default() -= cents;
        *net.entry(*to).or_default() += cents;
        *out.entry(*from).or_default() += cents;
    }
    for (from, to) in left.keys() {
        net.entry(*from).or_default();
        net.entry(*to).or_default();
    }
    let owes = |bailleur: Siren| left.keys().any(|(from, _)| *from == bailleur);
    let waits = |bailleur: Siren| left.keys().any(|(_, to)| *to == bailleur);
    let limit = |bailleur: Siren| {
        let paid = out.get(&bailleur).copied().unwrap_or_default();
        let cap = rule.cap_of(bailleur).filter(|(most, _)| i128::from(most.get()) <= paid);
        if !rule.mode.moves_money() {
            LimitedBy::NoMoney { mode: rule.mode }
        } else if held.contains(&bailleur) {
            LimitedBy::Held
        } else if !owes(bailleur) {
            LimitedBy::OtherSide
        } else if rule.exempt.contains(&bailleur) {
            LimitedBy::Exempt
        } else if let Some((most, kind)) = cap {
            LimitedBy::Cap { kind, most }
        } else if rule.smoothing.is_some() {
            LimitedBy::Smoothing
        } else if rule.de_minimis_cents > Cents::ZERO {
            LimitedBy::DeMinimis
        } else {
            LimitedBy::OtherSide
        }
    };
    let one = |(bailleur, net): (Siren, i128)| {
        let limited_by = (owes(bailleur) || waits(bailleur)).then(|| limit(bailleur));
        Ok((bailleur, Settled { amount: to_cents("settled", net)?, limited_by }))
    };
    net.into_iter().map(one).collect()
}
