//! What must hold for any run.

#![allow(clippy::unwrap_used)]

mod common;

use chambre_domain::convention::NettingLevel;
use chambre_domain::measure::MeasuredRelogement;
use chambre_domain::{Cents, NettingProposal, Reason};
use chambre_settlement::check;
use common::{CAUSAL, Run, key, positions, relogement, reverse, roles, siren};
use proptest::prelude::*;

fn rules() -> impl Strategy<Value = String> {
    let share = prop::sample::select(vec![
        CAUSAL.to_owned(),
        key(&common::STOCK),
        key(&[1, 1, 0, 7]),
        roles(60, &[1, 2], &common::STOCK),
        roles(70, &[3], &[0, 3, 1]),
    ]);
    let effort = prop::sample::select(vec![
        "",
        "surplus = \"return\"",
        "include_internal = true\nshare_bp = 3333",
        "works_cap_cents = 20000\nvacancy_days_cap = 7\ntotal_cap_cents = 90000",
    ]);
    (share, effort, 0..30_000_i64, 0..90_000_i64).prop_map(|(share, effort, de_minimis, cap)| {
        let caps = format!("[settlement.debtor_caps_cents]\n\"{}\" = {cap}\n", siren(1));
        format!("{share}[effort]\n{effort}\n[settlement]\nde_minimis_cents = {de_minimis}\n{caps}")
    })
}

fn some_relogement() -> impl Strategy<Value = (u32, u32, [i64; 4])> {
    (1..6_u32, 1..6_u32, prop::array::uniform4(0..100_000_i64))
}

fn run() -> impl Strategy<Value = Run> {
    let relogements = prop::collection::vec(some_relogement(), 1..12);
    let carried = prop::collection::vec(-50_000..50_000_i64, 4);
    let held = prop::collection::vec(1..6_u32, 0..2);
    (rules(), relogements, carried, held).prop_map(|(rules, relogements, mut carried, held)| {
        let relogements =
            (1..).zip(relogements).map(|(seq, (origin, host, lines))| relogement(seq, origin, host, lines));
        let mut run = Run::of(&rules, relogements.collect());
        carried.push(-carried.iter().sum::<i64>());
        run.carried_over = (1..).zip(carried).map(|(n, cents)| (siren(n), Cents::new(cents))).collect();
        run.held = held.into_iter().map(siren).collect();
        run
    })
}

fn shared_total(proposal: &NettingProposal) -> i64 {
    proposal.shared.iter().map(|shared| shared.amount.get()).sum()
}

proptest! {
    #[test]
    fn positions_and_payments_sum_to_zero_within_caps_holds_and_threshold(run in run()) {
        let proposal = run.proposed();
        prop_assert_eq!(check(&proposal, NettingLevel::Multilateral), Ok(()));
        prop_assert_eq!(positions(&proposal).iter().sum::<i64>(), 0);
        let rule = &run.conventions[0].settlement;
        for position in &proposal.positions {
            let settled = position.settled.get();
            let cap = rule.debtor_caps_cents.get(&position.bailleur).map_or(i64::MAX, |cap| cap.get());
            prop_assert!(-settled <= cap);
            prop_assert!(settled == 0 || settled.abs() >= rule.de_minimis_cents.get());
            prop_assert!(settled == 0 || !run.held.contains(&position.bailleur));
        }
    }

    #[test]
    fn the_order_of_relogements_changes_nothing(
        (run, shuffled) in run().prop_flat_map(|run| {
            let relogements = run.relogements.clone();
            (Just(run), Just(relogements).prop_shuffle())
        }),
    ) {
        let other = Run { relogements: shuffled, ..run.clone() };
        prop_assert_eq!(run.proposed(), other.proposed());
    }

    #[test]
    fn running_twice_shares_nothing_twice(mut run in run()) {
        let first = run.proposed();
        run.approve(&first);
        match run.propose() {
            Ok(second) => {
                prop_assert!(second.shared.is_empty());
                prop_assert!(!run.carried_over.is_empty());
            }
            Err(refusal) => prop_assert_eq!(refusal.reason, Reason::NettingNothing),
        }
    }

    #[test]
    fn two_runs_share_what_one_run_would(run in run(), cut in 0..12_usize) {
        let whole = run.proposed();
        let mut in_two = run.clone();
        let later: Vec<MeasuredRelogement> = in_two.relogements.split_off(cut.min(run.relogements.len()));
        let Ok(first) = in_two.propose() else { return Ok(()) };
        in_two.approve(&first);
        in_two.relogements.extend(later);
        let second = in_two.propose().map_or(0, |second| shared_total(&second));
        prop_assert_eq!(shared_total(&first) + second, shared_total(&whole));
    }

    #[test]
    fn a_relogement_and_its_reversal_leave_no_trace(run in run(), extra in some_relogement()) {
        let mut with = run.clone();
        let mut reversed = relogement(99, extra.0, extra.1, extra.2);
        reverse(&mut reversed);
        with.relogements.push(reversed);
        let (with, without) = (with.proposed(), run.proposed());
        prop_assert_eq!(with.positions, without.positions);
        prop_assert_eq!(with.shared, without.shared);
        prop_assert_eq!(with.plan, without.plan);
    }

    #[test]
    fn reversing_all_after_a_run_brings_every_position_back(mut run in run()) {
        run.carried_over.clear();
        let Ok(first) = run.propose() else { return Ok(()) };
        run.approve(&first);
        run.carried_over.clear();
        run.relogements.iter_mut().for_each(reverse);
        if first.shared.is_empty() {
            return Ok(());
        }
        let mirror = positions(&run.proposed()).map(|cents| -cents);
        prop_assert_eq!(mirror, positions(&first));
    }
}
