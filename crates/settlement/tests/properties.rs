//! What must hold for any run.

#![allow(clippy::unwrap_used)]

mod common;

use chambre_domain::measure::MeasuredRelogement;
use chambre_domain::netting_run::PaymentState;
use chambre_domain::regional::{Compression, OptOuts};
use chambre_domain::{Cents, NettingId, NettingProposal, Reason, Seq, Siren, TerritoryId};
use chambre_settlement::{
    ExplainInput, LocalPlans, RunningTerritory, check, compress, compute, explain, opening_after,
    shared_by_version,
};
use common::{CAUSAL, Run, key, positions, relogement, reverse, roles, siren, weights};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Rules whose shares follow the effort cent by cent, up to the rounding of each run.
fn in_euros() -> impl Strategy<Value = String> {
    let rents = weights(&[60, 31, 20, 14, 7]).replace("weights", "rents_cents");
    let outside = format!("outside = {{ payer = \"{}\", amount_cents = 70000 }}\n", siren(6));
    let blend = weights(&common::STOCK).replace("weights", "stock")
        + &weights(&[1, 2, 3]).replace("weights", "other");
    prop::sample::select(vec![
        CAUSAL.to_owned(),
        key(&common::STOCK),
        key(&[1, 1, 0, 7]),
        roles(60, &[1, 2], &common::STOCK),
        roles(70, &[3], &[0, 3, 1]),
        format!("[fair_share]\nrule = \"rent\"\n{rents}"),
        format!("[fair_share]\nrule = \"rent\"\n{rents}{outside}"),
        format!("[fair_share]\nrule = \"blend\"\nstock_bp = 4000\nother_basis = \"fixed\"\n{blend}"),
    ])
}

fn in_units() -> String {
    let key = weights(&common::STOCK);
    format!(
        "[fair_share]\nrule = \"units\"\ntariff_cents = 35000\nbasis = \"stock\"\n{key}[effort]\ninclude_internal = true\n"
    )
}

fn rules() -> impl Strategy<Value = String> {
    let effort = prop::sample::select(vec![
        "",
        "surplus = \"return\"",
        "include_internal = true\nshare_bp = 3333",
        "works_cap_cents = 20000\nvacancy_days_cap = 7\ntotal_cap_cents = 90000",
    ]);
    let share = (in_euros(), effort).prop_map(|(share, effort)| format!("{share}[effort]\n{effort}\n"));
    let share = prop_oneof![4 => share, 1 => Just(in_units())];
    let smoothing = prop::sample::select(vec!["", "smoothing = { numerator = 1, denominator = 3 }\n"]);
    let exempt = prop::sample::select(vec![String::new(), format!("exempt = [\"{}\"]\n", siren(2))]);
    let level = prop::sample::select(vec!["multilateral", "bilateral", "cyclic"]);
    (share, 0..30_000_i64, 0..90_000_i64, smoothing, exempt, level).prop_map(
        |(share, de_minimis, cap, smoothing, exempt, level)| {
            // Only a causal rule knows pairs.
            let level = if share.starts_with(CAUSAL) { level } else { "multilateral" };
            let caps = format!("[settlement.debtor_caps_cents]\n\"{}\" = {cap}\n", siren(1));
            let settlement =
                format!("de_minimis_cents = {de_minimis}\nlevel = \"{level}\"\n{smoothing}{exempt}");
            format!("{share}[settlement]\n{settlement}{caps}")
        },
    )
}

fn some_relogement() -> impl Strategy<Value = (u32, u32, [i64; 4])> {
    (1..6_u32, 1..6_u32, prop::array::uniform4(0..100_000_i64))
}

fn run_under(rules: impl Strategy<Value = String>) -> impl Strategy<Value = Run> {
    let relogements = prop::collection::vec(some_relogement(), 1..12);
    let carried = prop::collection::vec(-50_000..50_000_i64, 4);
    let held = prop::collection::vec(1..6_u32, 0..2);
    let refusers = prop::collection::vec(1..6_u32, 0..2);
    let disputed = prop::collection::vec(1..12_u64, 0..2);
    (rules, relogements, carried, held, (refusers, disputed)).prop_map(
        |(rules, relogements, mut carried, held, (refusers, disputed))| {
            let relogements = (1..)
                .zip(relogements)
                .map(|(seq, (origin, host, lines))| relogement(seq, origin, host, lines));
            let mut run = Run::of(&rules, relogements.collect());
            carried.push(-carried.iter().sum::<i64>());
            run.carried_over = (1..).zip(carried).map(|(n, cents)| (siren(n), Cents::new(cents))).collect();
            run.held = held.into_iter().map(siren).collect();
            run.refusers = refusers;
            run.held_relogements = disputed;
            run
        },
    )
}

fn run() -> impl Strategy<Value = Run> {
    run_under(rules())
}

/// A run without refusals, disputes and holds.
fn agreed() -> impl Strategy<Value = Run> {
    run().prop_map(|run| Run { refusers: vec![], held_relogements: vec![], held: vec![], ..run })
}

fn shared_total(proposal: &NettingProposal) -> i64 {
    proposal.shared.iter().map(|shared| shared.amount.get()).sum()
}

/// The proposal; none when every weight left by the refusals is zero, or nothing is left to share.
fn proposal(run: &Run) -> Option<NettingProposal> {
    match run.propose() {
        Ok(proposal) => Some(proposal),
        Err(refusal) => {
            assert!(matches!(refusal.reason, Reason::NettingWeights | Reason::NettingNothing), "{refusal}");
            None
        }
    }
}

/// Position − settled of each bailleur, by SIREN.
fn left_by(proposal: &NettingProposal) -> BTreeMap<Siren, i64> {
    proposal.positions.iter().map(|one| (one.bailleur, one.position.get() - one.settled.get())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_024))]

    #[test]
    fn positions_and_payments_sum_to_zero_within_caps_holds_and_threshold(run in run()) {
        let Some(proposal) = proposal(&run) else { return Ok(()) };
        let rule = &run.conventions[0].settlement;
        prop_assert_eq!(check(&proposal, rule.level), Ok(()));
        let sum = |part: fn(&chambre_domain::netting::NetPosition) -> Cents| {
            proposal.positions.iter().map(|one| part(one).get()).sum::<i64>()
        };
        prop_assert_eq!((sum(|one| one.position), sum(|one| one.settled)), (0, 0));
        for position in &proposal.positions {
            let bailleur = position.bailleur;
            let paid: i64 = proposal.plan.payments.iter()
                .filter(|one| one.from == bailleur).map(|one| one.amount.get()).sum();
            prop_assert!(rule.cap_of(bailleur).is_none_or(|(cap, _)| paid <= cap.get()));
            prop_assert!(paid == 0 || !rule.exempt.contains(&bailleur));
            prop_assert!(position.settled == Cents::ZERO || !proposal.held.contains(&bailleur));
            let small = position.settled.get().abs() < rule.de_minimis_cents.get();
            prop_assert!(position.settled == Cents::ZERO || !small || !rule.level.is_multilateral());
        }
        for payment in &proposal.plan.payments {
            let least = rule.de_minimis_cents.get();
            prop_assert!(rule.level.is_multilateral() || payment.amount.get() >= least);
            prop_assert!(!proposal.held.contains(&payment.from) && !proposal.held.contains(&payment.to));
        }
    }

    #[test]
    fn what_is_not_settled_whole_names_its_limit(run in run()) {
        let Ok(computed) = compute(&run.input()) else { return Ok(()) };
        for one in &computed.proposal.positions {
            if one.settled != one.position && run.conventions[0].settlement.level.is_multilateral() {
                prop_assert!(computed.limited_by.contains_key(&one.bailleur));
            }
        }
    }

    #[test]
    fn the_order_of_relogements_changes_nothing_and_a_replay_gives_the_same_bytes(
        (run, shuffled) in run().prop_flat_map(|run| {
            let relogements = run.relogements.clone();
            (Just(run), Just(relogements).prop_shuffle())
        }),
    ) {
        let bytes = |run: &Run| proposal(run).map(|proposal| serde_json::to_vec(&proposal).unwrap());
        let other = Run { relogements: shuffled, ..run.clone() };
        prop_assert_eq!(bytes(&run), bytes(&other));
        prop_assert_eq!(bytes(&run), bytes(&run));
    }

    #[test]
    fn running_twice_shares_nothing_twice(mut run in agreed()) {
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
    fn two_runs_share_what_one_run_would(run in agreed(), cut in 0..12_usize) {
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
    fn a_period_cut_in_two_brings_everybody_where_one_run_does(
        run in run_under(prop_oneof![4 => in_euros(), 1 => Just(in_units())]), cut in 0..12_usize,
    ) {
        let mut whole = Run { refusers: vec![], held_relogements: vec![], held: vec![], ..run };
        whole.conventions[0].settlement.mode = chambre_domain::convention::SettlementMode::CarryOver;
        let exact = matches!(
            whole.conventions[0].fair_share,
            chambre_domain::convention::FairShare::Causal | chambre_domain::convention::FairShare::Units { .. }
        );
        let mut in_two = whole.clone();
        let later = in_two.relogements.split_off(cut.min(whole.relogements.len()));
        if let Ok(first) = in_two.propose() {
            in_two.approve(&first);
        }
        in_two.relogements.extend(later);
        let Ok(one) = whole.propose() else { return Ok(()) };
        let ends = in_two.propose().map_or_else(|_| in_two.carried_over.iter().map(|(s, c)| (*s, c.get())).collect(), |two| left_by(&two));
        for (bailleur, left) in left_by(&one) {
            // A key rounds once a run: by less than a cent in the whole, and in each of the two, of two groups.
            let gap = left - ends.get(&bailleur).copied().unwrap_or_default();
            prop_assert!(gap.abs() <= if exact { 0 } else { 4 }, "{bailleur} {gap}");
        }
    }

    #[test]
    fn a_relogement_and_its_reversal_leave_no_trace(run in run(), extra in some_relogement()) {
        let mut with = run.clone();
        let mut reversed = relogement(99, extra.0, extra.1, extra.2);
        reverse(&mut reversed);
        with.relogements.push(reversed);
        prop_assert_eq!(proposal(&with), proposal(&run));
    }

    #[test]
    fn reversing_all_after_a_run_brings_every_position_back(run in agreed()) {
        let mut run = run;
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

    #[test]
    fn running_totals_give_the_bytes_of_a_full_reading(run in run(), cut in 0..12_usize, late in 0..12_usize) {
        let mut full = run.clone();
        let later = full.relogements.split_off(cut.min(run.relogements.len()));
        let mut totals = RunningTerritory::new();
        full.relogements.iter().for_each(|one| totals.record(one).unwrap());
        let same = |full: &Run, totals: &RunningTerritory| {
            let (one, other) = (compute(&full.input()), totals.compute(&full.input()));
            assert_eq!(one, other);
            one.ok()
        };
        if let Some(first) = same(&full, &totals) {
            full.approve(&first.proposal);
            totals.approve(&first.proposal, &full.conventions).unwrap();
        }
        full.refusers.clear();
        later.iter().for_each(|one| totals.record(one).unwrap());
        full.relogements.extend(later);
        if let Some(one) = full.relogements.get_mut(late) {
            let line = common::line(chambre_domain::measure::LineKind::Indemnity, 30_000);
            one.lines.push(line);
            totals.add(one.recorded_seq, line).unwrap();
        }
        same(&full, &totals);
    }

    #[test]
    fn every_position_is_explained_to_the_cent(run in run()) {
        let Some(proposal) = proposal(&run) else { return Ok(()) };
        let disputed: BTreeSet<Seq> = run.held_relogements.iter().map(|seq| Seq::new(*seq)).collect();
        let refusers: BTreeSet<Siren> = run.refusers.iter().copied().map(siren).collect();
        let before = shared_by_version(&run.relogements).unwrap();
        let input = ExplainInput {
            proposal: &proposal, conventions: &run.conventions, relogements: &run.relogements,
            held_relogements: &disputed, refusers: &refusers, shared_before: &before,
            carried_obligations: &run.carried_obligations,
        };
        for position in &proposal.positions {
            let told = explain(&input, position.bailleur).unwrap();
            let hosted = told.relogements.iter().filter(|one| one.host == position.bailleur);
            prop_assert_eq!(hosted.map(|one| one.shared_now.get()).sum::<i64>(), position.effort.get());
            prop_assert_eq!(told.shares.iter().map(|one| one.share.get()).sum::<i64>(), position.fair_share.get());
            for part in told.shares.iter().filter_map(|one| one.key.as_ref()).flat_map(|key| &key.parts) {
                let exact = u128::from(part.amount.unsigned_abs()) * part.weight;
                let shown = u128::from(part.quotient) * part.weights + part.remainder;
                prop_assert!(exact == shown || part.weights == 0);
            }
        }
    }

    #[test]
    fn nothing_paid_comes_back_whole(run in agreed(), paid in prop::collection::vec(any::<bool>(), 12)) {
        let computed = compute(&run.input()).unwrap();
        let confirmed = PaymentState::Confirmed { paid_on: common::CUT_OFF, seq: Seq::new(1) };
        let states: Vec<PaymentState> =
            paid.iter().map(|paid| if *paid { confirmed } else { PaymentState::Lapsed }).collect();
        let opening = opening_after(&computed.proposal, &states, &computed.left).unwrap();
        prop_assert_eq!(opening.carried_over.values().map(|cents| cents.get()).sum::<i64>(), 0);
        let none = opening_after(&computed.proposal, &[], &computed.left).unwrap();
        for position in &computed.proposal.positions {
            let back = none.carried_over.get(&position.bailleur).copied().unwrap_or_default();
            prop_assert_eq!(back, position.position);
        }
    }

    #[test]
    fn a_region_settles_what_each_territory_decided(runs in prop::collection::vec(agreed(), 1..4), stays_out in 0..6_u32) {
        let ids = ["200057867", "200057875", "200057941"].map(|id| TerritoryId::parse("t", id).unwrap());
        let proposals: Vec<NettingProposal> = runs.iter().map(Run::proposed).collect();
        let local: LocalPlans =
            ids.into_iter().zip(&proposals).map(|(id, one)| (id, one.plan.payments.clone())).collect();
        let out = OptOuts { bailleurs: [(ids[0], siren(stays_out))].into(), ..OptOuts::default() };
        let moving: LocalPlans = local
            .iter()
            .map(|(at, all)| (*at, all.iter().filter(|one| !out.keep(*at, one)).cloned().collect()))
            .collect();
        let id = NettingId::parse("netting", "region").unwrap();
        for how in [Compression::Full, Compression::Conservative] {
            let region = compress(&id, &moving, &[], how).unwrap();
            let settled = region.settled().unwrap();
            for (territory, proposal) in ids.iter().zip(&proposals) {
                let book = settled.get(territory).cloned().unwrap_or_default();
                prop_assert_eq!(book.values().map(|cents| cents.get()).sum::<i64>(), 0);
                for one in &proposal.positions {
                    let moved = book.get(&one.bailleur).map_or(0, |cents| cents.get());
                    let stays = proposal.plan.payments.iter().filter(|payment| out.keep(*territory, payment));
                    let stays = stays.map(|payment| match one.bailleur {
                        payer if payer == payment.from => -payment.amount.get(),
                        payee if payee == payment.to => payment.amount.get(),
                        _ => 0,
                    });
                    prop_assert_eq!(moved + stays.sum::<i64>(), one.settled.get());
                }
            }
            let mut own: BTreeMap<Siren, i64> = BTreeMap::new();
            region.set_off.iter().for_each(|share| *own.entry(share.bailleur).or_default() += share.amount.get());
            prop_assert!(own.values().all(|sum| *sum == 0));
            for one in &region.payments {
                let sum = |pieces: &BTreeMap<TerritoryId, Cents>| pieces.values().map(|c| c.get()).sum::<i64>();
                prop_assert_eq!(sum(&one.paid_for), one.payment.amount.get());
                prop_assert_eq!(sum(&one.received_for), one.payment.amount.get());
            }
        }
    }
}

#[test]
fn one_thread_and_four_give_the_same_bytes() {
    let tables = [CAUSAL.to_owned(), key(&common::STOCK), in_units(), roles(60, &[1, 2], &common::STOCK)];
    let runs: Vec<Run> = (0..64_u32)
        .map(|territory| {
            let one = |n: u32| {
                let (origin, host) = (1 + (n * 7 + territory) % 5, 1 + (n * 3 + 1) % 5);
                relogement(n.into(), origin, host, [i64::from(n) * 977 % 90_000, 3_333, 100, 0])
            };
            Run::of(&tables[territory as usize % 4], (1..40).map(one).collect())
        })
        .collect();
    let bytes = |run: &Run| serde_json::to_vec(&run.proposed()).unwrap();
    let alone: Vec<Vec<u8>> = runs.iter().map(bytes).collect();
    let together: Vec<Vec<u8>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|first| {
                let mine = runs.iter().skip(first).step_by(4);
                scope.spawn(move || mine.map(bytes).collect::<Vec<_>>())
            })
            .collect();
        let mut parts: Vec<_> =
            threads.into_iter().map(|thread| thread.join().unwrap().into_iter()).collect();
        (0..runs.len()).map(|place| parts[place % 4].next().unwrap()).collect()
    });
    assert_eq!(alone, together);
}
