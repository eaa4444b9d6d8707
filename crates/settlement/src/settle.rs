//! Amounts settled now: what is paid of each position, within caps, exemptions, holds and the threshold.

use crate::apportion::apportion;
use crate::sum::{to_cents, total};
use chambre_domain::convention::{CapKind, SettlementRule};
use chambre_domain::explanation::LimitedBy;
use chambre_domain::{Cents, Reason, Refusal, Siren};
use std::collections::{BTreeMap, BTreeSet};

/// What a run settles of one position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Settled {
    /// Same sign as the position, never beyond it; the rest is carried over.
    pub amount: Cents,
    /// Why it is not the whole position; none when it is.
    pub limited_by: Option<LimitedBy>,
}

/// What is settled of each position; the rest is carried over. Same keys as `positions`, same signs.
///
/// 1. Limit of a debtor: its debt, or its smallest cap when smaller, zero when exempt; of a creditor: its claim.
///    Zero when the bailleur is `held`, or when its position is below the threshold.
/// 2. What moves: the smaller of the debtors' limits together and the creditors' limits together, times the
///    smoothing, fractions of a cent dropped.
/// 3. Each side shares it in proportion to positions, bounded by limits: who reaches its limit leaves the rest
///    to the others (water filling), the last cents by largest remainder.
/// 4. Amounts above zero but below the threshold are dropped, all at once, and it starts again.
///
/// Positions that sum to zero give settled amounts that sum to zero. A rule that moves no money settles
/// nothing. Source: DESIGN.md section 5, netting.md 2.4.
///
/// # Errors
/// [`Reason::NettingOverflow`] when the claims of one side together leave the range of a cent counter.
pub fn settle_amounts(
    positions: &BTreeMap<Siren, Cents>,
    rule: &SettlementRule,
    held: &BTreeSet<Siren>,
) -> Result<BTreeMap<Siren, Settled>, Refusal> {
    if !rule.mode.moves_money() {
        let nothing = |(bailleur, position): (&Siren, &Cents)| {
            let limited_by = (*position != Cents::ZERO).then_some(LimitedBy::NoMoney { mode: rule.mode });
            (*bailleur, Settled { amount: Cents::ZERO, limited_by })
        };
        return Ok(positions.iter().map(nothing).collect());
    }
    let debtors = claims(positions, -1, Some(rule))?;
    let creditors = claims(positions, 1, None)?;
    let threshold = rule.de_minimis_cents.max(Cents::ZERO).get().unsigned_abs();
    let both = || debtors.iter().chain(&creditors);
    let mut left_out: BTreeSet<Siren> = held.clone();
    left_out.extend(both().filter(|claim| claim.size < threshold).map(|claim| claim.bailleur));
    let left = |claim: &Claim, left_out: &BTreeSet<Siren>| {
        if left_out.contains(&claim.bailleur) { Claim { limit: 0, ..*claim } } else { *claim }
    };
    loop {
        let open = |side: &[Claim]| side.iter().map(|claim| left(claim, &left_out)).collect::<Vec<_>>();
        let (paying, receiving) = (open(&debtors), open(&creditors));
        let limits = |side: &[Claim]| side.iter().map(|claim| claim.limit).sum::<u64>();
        let sides = Sides { debtors: limits(&paying), creditors: limits(&receiving) };
        let moved = smoothed(sides.smaller(), rule);
        let mut amounts = fill(moved, paying)?;
        amounts.extend(fill(moved, receiving)?);
        let small = |(_, amount): &(&Siren, &u64)| (1..threshold).contains(*amount);
        let dropped: Vec<Siren> = amounts.iter().filter(small).map(|(bailleur, _)| *bailleur).collect();
        if dropped.is_empty() {
            let why = Why { rule, held, left_out: &left_out, sides };
            return both().map(|claim| why.settled(claim, &amounts)).chain(at_rest(positions)).collect();
        }
        left_out.extend(dropped);
    }
}

/// Bailleurs without a position settle nothing, and nothing bounds them.
fn at_rest(positions: &BTreeMap<Siren, Cents>) -> impl Iterator<Item = Result<(Siren, Settled), Refusal>> {
    let rest = positions.iter().filter(|(_, position)| **position == Cents::ZERO);
    rest.map(|(bailleur, _)| Ok((*bailleur, Settled::default())))
}

/// The part of the balance that one run settles.
fn smoothed(most: u64, rule: &SettlementRule) -> u64 {
    let Some(part) = rule.smoothing.filter(|part| part.numerator <= part.denominator) else { return most };
    let exact = u128::from(most) * u128::from(part.numerator);
    exact
        .checked_div(u128::from(part.denominator))
        .and_then(|cents| u64::try_from(cents).ok())
        .unwrap_or(most)
}

/// The limits of each side together.
#[derive(Clone, Copy)]
struct Sides {
    debtors: u64,
    creditors: u64,
}

impl Sides {
    fn smaller(self) -> u64 {
        self.debtors.min(self.creditors)
    }
}

/// What names the rule that bounded each amount.
struct Why<'a> {
    rule: &'a SettlementRule,
    held: &'a BTreeSet<Siren>,
    left_out: &'a BTreeSet<Siren>,
    sides: Sides,
}

impl Why<'_> {
    fn settled(&self, claim: &Claim, amounts: &BTreeMap<Siren, u64>) -> Result<(Siren, Settled), Refusal> {
        let size = amounts.get(&claim.bailleur).copied().unwrap_or_default();
        let amount = to_cents("settled", i128::from(size) * i128::from(claim.sign))?;
        let limited_by = (size < claim.size).then(|| self.limit(claim, size));
        Ok((claim.bailleur, Settled { amount, limited_by }))
    }

    fn limit(&self, claim: &Claim, size: u64) -> LimitedBy {
        let own_side = if claim.sign < 0 { self.sides.debtors } else { self.sides.creditors };
        if self.held.contains(&claim.bailleur) {
            LimitedBy::Held
        } else if claim.exempt {
            LimitedBy::Exempt
        } else if self.left_out.contains(&claim.bailleur) {
            LimitedBy::DeMinimis
        } else if let Some((most, kind)) = claim.cap.filter(|_| size == claim.limit) {
            LimitedBy::Cap { kind, most }
        } else if own_side > self.sides.smaller() || self.rule.smoothing.is_none() {
            LimitedBy::OtherSide
        } else {
            LimitedBy::Smoothing
        }
    }
}

/// One bailleur on its side, in sizes without sign.
#[derive(Clone, Copy)]
struct Claim {
    bailleur: Siren,
    sign: i8,
    size: u64,
    limit: u64,
    exempt: bool,
    /// The cap that makes the limit smaller than the size.
    cap: Option<(Cents, CapKind)>,
}

/// One side of the positions. Invariant: its sizes together fit a cent counter, so no product below overflows.
fn claims(
    positions: &BTreeMap<Siren, Cents>,
    sign: i8,
    rule: Option<&SettlementRule>,
) -> Result<Vec<Claim>, Refusal> {
    let side = positions.iter().filter(|(_, position)| position.get().signum() == i64::from(sign));
    let side: Vec<(Siren, Cents)> = side.map(|(bailleur, position)| (*bailleur, *position)).collect();
    let gross = total(side.iter().map(|(_, position)| *position)).abs();
    if gross > i128::from(i64::MAX) {
        return Err(Refusal::new(Reason::NettingOverflow, "positions", gross));
    }
    let claim = |(bailleur, position): (Siren, Cents)| {
        let size = position.get().unsigned_abs();
        let exempt = rule.is_some_and(|rule| rule.exempt.contains(&bailleur));
        let bounds = |most: &(Cents, CapKind)| most.0.get().max(0).unsigned_abs() < size;
        let cap = rule.and_then(|rule| rule.cap_of(bailleur)).filter(bounds);
        let most = cap.map_or(size, |(most, _)| most.get().max(0).unsigned_abs());
        Claim { bailleur, sign, size, limit: if exempt { 0 } else { most }, exempt, cap }
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
    use chambre_domain::convention::{Fraction, SettlementMode};
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
        let rule = rule(by_siren(caps), de_minimis);
        assert_eq!(amounts(&settled(positions, &rule, held)), by_siren(expected));
    }

    fn rule(debtor_caps_cents: BTreeMap<Siren, Cents>, de_minimis: i64) -> SettlementRule {
        let de_minimis_cents = Cents::new(de_minimis);
        SettlementRule { debtor_caps_cents, de_minimis_cents, ..SettlementRule::default() }
    }

    fn settled(positions: &[(u32, i64)], rule: &SettlementRule, held: &[u32]) -> BTreeMap<Siren, Settled> {
        let held = held.iter().copied().map(Siren::fictitious).collect();
        settle_amounts(&by_siren(positions), rule, &held).unwrap()
    }

    fn amounts(settled: &BTreeMap<Siren, Settled>) -> BTreeMap<Siren, Cents> {
        settled.iter().map(|(bailleur, settled)| (*bailleur, settled.amount)).collect()
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
        for mode in [SettlementMode::CarryOver, SettlementMode::InKind] {
            let rule = SettlementRule { mode, ..SettlementRule::default() };
            let settled = settled(&CASE_1, &rule, &[]);
            assert_eq!(settled.len(), 4);
            let nothing = Settled { amount: Cents::ZERO, limited_by: Some(LimitedBy::NoMoney { mode }) };
            assert!(settled.values().all(|one| *one == nothing));
        }
    }

    #[test]
    fn a_third_of_the_balance_is_settled_by_each_run() {
        let smoothing = Some(Fraction { numerator: 1, denominator: 3 });
        let settled = settled(&CASE_1, &SettlementRule { smoothing, ..SettlementRule::default() }, &[]);
        assert_eq!(amounts(&settled), by_siren(&[(A, -164_860), (B, -198_675), (C, 232_202), (E, 131_333)]));
        assert!(settled.values().all(|one| one.limited_by == Some(LimitedBy::Smoothing)));
    }

    #[test]
    fn what_bounds_each_amount_is_named() {
        let of = |rule: SettlementRule, held: &[u32]| {
            settled(&CASE_1, &rule, held).values().map(|one| one.limited_by).collect::<Vec<_>>()
        };
        let other = Some(LimitedBy::OtherSide);
        let most = Cents::new(300_000);
        let cap = Some(LimitedBy::Cap { kind: CapKind::Absolute, most });
        let capped = || rule([(Siren::fictitious(A), most)].into(), 0);
        assert_eq!(of(rule([].into(), 0), &[]), [None; 4]);
        assert_eq!(of(capped(), &[]), [cap, None, other, other]);
        assert_eq!(of(rule([].into(), 0), &[E]), [other, other, None, Some(LimitedBy::Held)]);
        let exempt = vec![Siren::fictitious(A)];
        let protected = SettlementRule { exempt, ..capped() };
        assert_eq!(of(protected, &[]), [Some(LimitedBy::Exempt), None, other, other]);
        let small = rule([].into(), 400_000);
        // E is below at once; A and B, which would then pay 3 159.04 and 3 807.01, after the first round.
        let dropped = Some(LimitedBy::DeMinimis);
        assert_eq!(of(small, &[]), [dropped, dropped, other, dropped]);
    }

    #[test]
    fn claims_beyond_the_counter_are_refused() {
        let positions = by_siren(&[(A, i64::MAX), (B, 1)]);
        let refusal = settle_amounts(&positions, &rule([].into(), 0), &BTreeSet::new()).unwrap_err();
        assert_eq!(refusal.reason, Reason::NettingOverflow);
    }

    /// Positions that sum to zero, caps for some, holds for some, a threshold.
    fn situation()
    -> impl Strategy<Value = (BTreeMap<Siren, Cents>, BTreeMap<Siren, Cents>, BTreeSet<Siren>, i64)> {
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
            let settled = amounts(&settle_amounts(&positions, &rule(caps.clone(), threshold), &held).unwrap());
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
            let settled = amounts(&settle_amounts(&positions, &rule(caps.clone(), 0), &held).unwrap());
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
