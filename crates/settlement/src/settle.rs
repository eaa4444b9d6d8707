//! Amounts settled now: what is paid of each position, within caps, holds and the threshold.

use crate::apportion::apportion;
use crate::sum::{to_cents, total};
use chambre_domain::convention::SettlementMode;
use chambre_domain::{Cents, Reason, Refusal, Siren};
use std::collections::{BTreeMap, BTreeSet};

/// What is settled of each position; the rest is carried over. Same keys as `positions`, same signs.
///
/// 1. Limit of a debtor: its debt, or its cap when smaller; of a creditor: its claim. Zero when the bailleur is
///    `held`, or when its position is below `de_minimis`.
/// 2. What moves: the smaller of the debtors' limits together and the creditors' limits together.
/// 3. Each side shares it in proportion to positions, bounded by limits: who reaches its limit leaves the rest
///    to the others (water filling), the last cents by largest remainder.
/// 4. Amounts above zero but below `de_minimis` are dropped, all at once, and it starts again.
///
/// Positions that sum to zero give settled amounts that sum to zero. [`SettlementMode::CarryOver`] settles
/// nothing. Source: DESIGN.md section 5, netting.md 2.4.
///
/// # Errors
/// [`Reason::NettingOverflow`] when the claims of one side together leave the range of a cent counter.
pub fn settle_amounts(
    positions: &BTreeMap<Siren, Cents>,
    caps: &BTreeMap<Siren, Cents>,
    held: &[Siren],
    de_minimis: Cents,
    mode: SettlementMode,
) -> Result<BTreeMap<Siren, Cents>, Refusal> {
    let mut settled: BTreeMap<Siren, Cents> =
        positions.keys().map(|bailleur| (*bailleur, Cents::ZERO)).collect();
    if mode == SettlementMode::CarryOver {
        return Ok(settled);
    }
    let debtors = claims(positions, |position| position < Cents::ZERO, Some(caps))?;
    let creditors = claims(positions, |position| position > Cents::ZERO, None)?;
    let threshold = de_minimis.max(Cents::ZERO).get().unsigned_abs();
    let mut left_out: BTreeSet<Siren> = held.iter().copied().collect();
    left_out.extend(
        debtors.iter().chain(&creditors).filter(|claim| claim.size < threshold).map(|claim| claim.bailleur),
    );
    loop {
        let limit = |claim: &Claim| if left_out.contains(&claim.bailleur) { 0 } else { claim.limit };
        let open = |side: &[Claim]| side.iter().map(limit).sum::<u64>();
        let moved = open(&debtors).min(open(&creditors));
        let paid =
            fill(moved, debtors.iter().map(|claim| Claim { limit: limit(claim), ..*claim }).collect())?;
        let received =
            fill(moved, creditors.iter().map(|claim| Claim { limit: limit(claim), ..*claim }).collect())?;
        let small = |amount: &u64| (1..threshold).contains(amount);
        let dropped: Vec<Siren> = paid
            .iter()
            .chain(&received)
            .filter(|(_, amount)| small(amount))
            .map(|(bailleur, _)| *bailleur)
            .collect();
        if dropped.is_empty() {
            for (bailleur, amount) in paid {
                settled.insert(bailleur, to_cents("settled", -i128::from(amount))?);
            }
            for (bailleur, amount) in received {
                settled.insert(bailleur, to_cents("settled", i128::from(amount))?);
            }
            return Ok(settled);
        }
        left_out.extend(dropped);
    }
}

/// One bailleur on its side, in sizes without sign.
#[derive(Clone, Copy)]
struct Claim {
    bailleur: Siren,
    size: u64,
    limit: u64,
}

/// One side of the positions. Invariant: its sizes together fit a cent counter, so no product below overflows.
fn claims(
    positions: &BTreeMap<Siren, Cents>,
    on_this_side: impl Fn(Cents) -> bool,
    caps: Option<&BTreeMap<Siren, Cents>>,
) -> Result<Vec<Claim>, Refusal> {
    let side: Vec<(Siren, Cents)> = positions
        .iter()
        .map(|(bailleur, position)| (*bailleur, *position))
        .filter(|(_, p)| on_this_side(*p))
        .collect();
    let gross = total(side.iter().map(|(_, position)| *position)).abs();
    if gross > i128::from(i64::MAX) {
        return Err(Refusal::new(Reason::NettingOverflow, "positions", gross));
    }
    let claim = |(bailleur, position): (Siren, Cents)| {
        let size = position.get().unsigned_abs();
        let cap = caps.and_then(|caps| caps.get(&bailleur)).map(|cap| cap.get().max(0).unsigned_abs());
        Claim { bailleur, size, limit: cap.map_or(size, |cap| cap.min(size)) }
    };
    Ok(side.into_iter().map(claim).collect())
}

/// Shares `left` in proportion to sizes, none above its limit; `left` is at most the sum of the limits.
fn fill(mut left: u64, mut open: Vec<Claim>) -> Result<BTreeMap<Siren, u64>, Refusal> {
    let mut filled = BTreeMap::new();
    loop {
        let sizes: u128 = open.iter().map(|claim| u128::from(claim.size)).sum();
        let reaches_limit =
            |claim: &Claim| u128::from(left) * u128::from(claim.size) >= u128::from(claim.limit) * sizes;
        let (full, rest): (Vec<Claim>, Vec<Claim>) = open.into_iter().partition(reaches_limit);
        if full.is_empty() {
            // Every exact part is below its whole-cent limit, so a part rounded up stays within it.
            let weights = rest.iter().map(|claim| (claim.bailleur, claim.size)).collect();
            let parts = apportion(to_cents("settled", i128::from(left))?, &weights)?;
            filled.extend(parts.into_iter().map(|(bailleur, part)| (bailleur, part.get().unsigned_abs())));
            return Ok(filled);
        }
        for claim in full {
            filled.insert(claim.bailleur, claim.limit);
            left -= claim.limit;
        }
        open = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const A: u32 = 1;
    const B: u32 = 2;
    const C: u32 = 3;
    const E: u32 = 5;

    fn by_siren(amounts: &[(u32, i64)]) -> BTreeMap<Siren, Cents> {
        amounts.iter().map(|(n, cents)| (Siren::fictitious(*n), Cents::new(*cents))).collect()
    }

    fn check(
        positions: &[(u32, i64)],
        caps: &[(u32, i64)],
        held: &[u32],
        de_minimis: i64,
        expected: &[(u32, i64)],
    ) {
        let held: Vec<Siren> = held.iter().copied().map(Siren::fictitious).collect();
        let (positions, caps) = (by_siren(positions), by_siren(caps));
        let settled =
            settle_amounts(&positions, &caps, &held, Cents::new(de_minimis), SettlementMode::Monetary)
                .unwrap();
        assert_eq!(settled, by_siren(expected));
    }

    /// netting.md, worked example 1.
    const CASE_1: [(u32, i64); 4] = [(A, -494_580), (B, -596_025), (C, 696_605), (E, 394_000)];

    #[test]
    fn without_limits_everything_is_settled() {
        check(&CASE_1, &[], &[], 0, &CASE_1);
        check(&[(A, 0)], &[], &[], 0, &[(A, 0)]);
        check(&[], &[], &[], 0, &[]);
    }

    #[test]
    fn a_capped_debtor_pays_its_cap_and_creditors_share_the_lack() {
        let settled = [(A, -300_000), (B, -596_025), (C, 572_320), (E, 323_705)];
        check(&CASE_1, &[(A, 300_000)], &[], 0, &settled);
    }

    #[test]
    fn what_was_carried_over_is_settled_once_the_cap_allows() {
        // netting.md, worked example 12.
        let positions = [(A, -294_580), (B, 40_000), (C, 184_285), (E, 70_295)];
        check(&positions, &[(A, 300_000)], &[], 0, &positions);
    }

    #[test]
    fn a_protected_body_pays_nothing() {
        let settled = [(A, 0), (B, -596_025), (C, 380_701), (E, 215_324)];
        check(&CASE_1, &[(A, 0)], &[], 0, &settled);
    }

    #[test]
    fn a_held_creditor_waits_and_the_others_are_paid_in_full() {
        let settled = [(A, -315_904), (B, -380_701), (C, 696_605), (E, 0)];
        check(&CASE_1, &[], &[E], 0, &settled);
    }

    #[test]
    fn amounts_below_the_threshold_are_carried_over() {
        let positions = [(A, -1_200), (B, 700), (C, 500)];
        check(&positions, &[], &[], 1_000, &[(A, 0), (B, 0), (C, 0)]);
        check(&positions, &[], &[], 600, &[(A, -700), (B, 700), (C, 0)]);
        check(&positions, &[], &[], 500, &positions);
        check(&[(A, -100_000), (B, 99_500), (C, 500)], &[], &[], 5_000, &[(A, -99_500), (B, 99_500), (C, 0)]);
    }

    #[test]
    fn an_amount_that_a_cap_pushes_below_the_threshold_is_dropped_and_the_rest_starts_again() {
        // With 100 moving, C would get 10: dropped, and B takes the whole.
        check(&[(A, -1_000), (B, 900), (C, 100)], &[(A, 100)], &[], 50, &[(A, -100), (B, 100), (C, 0)]);
    }

    #[test]
    fn a_territory_that_moves_no_money_settles_nothing() {
        let positions = by_siren(&CASE_1);
        let settled =
            settle_amounts(&positions, &BTreeMap::new(), &[], Cents::ZERO, SettlementMode::CarryOver)
                .unwrap();
        assert!(settled.len() == 4 && settled.values().all(|cents| *cents == Cents::ZERO));
    }

    #[test]
    fn claims_beyond_the_counter_are_refused() {
        let positions = by_siren(&[(A, i64::MAX), (B, 1)]);
        let refusal =
            settle_amounts(&positions, &BTreeMap::new(), &[], Cents::ZERO, SettlementMode::Monetary)
                .unwrap_err();
        assert_eq!(refusal.reason, Reason::NettingOverflow);
    }

    /// Positions that sum to zero, caps for some, holds for some, a threshold.
    fn situation() -> impl Strategy<Value = (BTreeMap<Siren, Cents>, BTreeMap<Siren, Cents>, Vec<Siren>, i64)>
    {
        let amounts = prop::collection::vec(-1_000_000..1_000_000_i64, 1..10);
        let caps = prop::collection::btree_map(0..11_u32, 0..500_000_i64, 0..4);
        let held = prop::collection::vec(0..11_u32, 0..3);
        (amounts, caps, held, 0..100_000_i64).prop_map(|(mut amounts, caps, held, threshold)| {
            amounts.push(-amounts.iter().sum::<i64>());
            let positions =
                (0..).zip(amounts).map(|(n, cents)| (Siren::fictitious(n), Cents::new(cents))).collect();
            let caps = caps.into_iter().map(|(n, cap)| (Siren::fictitious(n), Cents::new(cap))).collect();
            (positions, caps, held.into_iter().map(Siren::fictitious).collect(), threshold)
        })
    }

    proptest! {
        #[test]
        fn settled_amounts_sum_to_zero_within_caps_holds_and_threshold((positions, caps, held, threshold) in situation()) {
            let monetary = SettlementMode::Monetary;
            let settled = settle_amounts(&positions, &caps, &held, Cents::new(threshold), monetary).unwrap();
            prop_assert_eq!(settled.len(), positions.len());
            prop_assert_eq!(total(settled.values().copied()), 0);
            for (bailleur, amount) in &settled {
                let position = positions[bailleur];
                prop_assert!(amount.get().abs() <= position.get().abs());
                prop_assert!(amount.get().signum() * position.get().signum() >= 0);
                prop_assert!(*amount == Cents::ZERO || amount.get().abs() >= threshold);
                prop_assert!(*amount == Cents::ZERO || !held.contains(bailleur));
                let cap = caps.get(bailleur).map_or(i64::MAX, |cap| cap.get());
                prop_assert!(*amount > Cents::ZERO || amount.get().abs() <= cap);
            }
        }

        #[test]
        fn without_threshold_one_side_is_settled_to_its_limits((positions, caps, held, _) in situation()) {
            let monetary = SettlementMode::Monetary;
            let settled = settle_amounts(&positions, &caps, &held, Cents::ZERO, monetary).unwrap();
            let limit = |(bailleur, position): (&Siren, &Cents)| {
                let cap = caps.get(bailleur).filter(|_| *position < Cents::ZERO).map_or(i64::MAX, |cap| cap.get());
                if held.contains(bailleur) { 0 } else { position.get().abs().min(cap) }
            };
            let side = |sign: i64| positions.iter().filter(|(_, p)| p.get().signum() == sign).map(limit).sum::<i64>();
            let received: i64 = settled.values().map(|amount| amount.get().max(0)).sum();
            prop_assert_eq!(received, side(1).min(side(-1)));
        }
    }
}
