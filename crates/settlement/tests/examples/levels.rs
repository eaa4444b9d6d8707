//! Levels of netting, caps, smoothing, units, rents, regions: examples 10 to 18.

use crate::common::{
    A, B, C, CAUSAL, D, E, Run, STOCK, carried, column, convention, key, nine, payments, positions,
    relogement, settled, siren, territory, weights,
};
use chambre_domain::convention::{CapKind, NettingLevel};
use chambre_domain::explanation::LimitedBy;
use chambre_domain::netting::Payment;
use chambre_domain::regional::{Compression, OptOuts, RegionalDue};
use chambre_domain::{Amount, Cents, NettingId, PaymentId, Siren, TerritoryId};
use chambre_settlement::obligations::{self, Obligations};
use chambre_settlement::{LocalPlans, compress, compute, plan};
use std::collections::BTreeMap;

#[test]
fn example_11_a_third_of_the_balance_is_settled() {
    let smoothing = "[settlement]\nsmoothing = { numerator = 1, denominator = 3 }\n";
    let proposal = Run::of(&format!("{CAUSAL}{smoothing}"), nine()).proposed();
    assert_eq!(settled(&proposal), [-164_860, -198_675, 232_202, 0, 131_333]);
    assert_eq!(carried(&proposal), [-329_720, -397_350, 464_403, 0, 262_667]);
}

#[test]
fn example_13_the_plan_beats_greedy() {
    let trap = [(A, 7_000), (B, 5_000), (C, -5_000), (D, -4_000), (E, -3_000)];
    let amounts = trap.map(|(n, cents)| (siren(n), Cents::new(cents))).into();
    let plan = plan(&NettingId::parse("netting", "n").unwrap(), &amounts).unwrap();
    let legs: Vec<_> = plan.payments.iter().map(|one| (one.from, one.to, one.amount.get())).collect();
    let expected = [(C, B, 5_000), (D, A, 4_000), (E, A, 3_000)];
    assert_eq!(legs, expected.map(|(from, to, cents)| (siren(from), siren(to), cents)));
    assert!(plan.is_optimal());
}

fn owed(of: &[(u32, u32, i64)]) -> Obligations {
    of.iter().map(|(from, to, cents)| ((siren(*from), siren(*to)), Cents::new(*cents))).collect()
}

#[test]
fn example_14_rings_are_set_off_and_nobody_gets_a_new_creditor() {
    let left = |of: &[(u32, u32, i64)]| obligations::net(&owed(of), NettingLevel::Cyclic).unwrap();
    assert_eq!(left(&[(A, B, 100), (B, C, 80), (C, A, 60), (C, B, 20)]), owed(&[(A, B, 40)]));
    let chain = [(A, B, 50), (B, C, 50)];
    assert_eq!(left(&chain), owed(&chain));
    // The same through whole runs: full netting pays A > C once, the other levels twice.
    let hosted = vec![relogement(1, A, B, [50, 0, 0, 0]), relogement(2, B, C, [50, 0, 0, 0])];
    for (level, expected) in [
        ("bilateral", vec![(A, B, 50), (B, C, 50)]),
        ("cyclic", vec![(A, B, 50), (B, C, 50)]),
        ("multilateral", vec![(A, C, 50)]),
    ] {
        let tables = format!("{CAUSAL}[settlement]\nlevel = \"{level}\"\n");
        let proposal = Run::of(&tables, hosted.clone()).proposed();
        assert_eq!(payments(&proposal), expected, "{level}");
        assert_eq!(positions(&proposal), [-50, 0, 50, 0, 0]);
    }
}

#[test]
fn case_1_by_pairs_pays_what_each_pair_owes() {
    // Gross: A>C 5 869.25, C>A 1 458.45; B>C 2 555.25; B>E 3 940.00; A>B 2 845.00, B>A 2 310.00.
    let tables = |level: &str| format!("{CAUSAL}[settlement]\nlevel = \"{level}\"\n");
    let bilateral = Run::of(&tables("bilateral"), nine()).proposed();
    let pairs = [(A, B, 53_500), (A, C, 441_080), (B, C, 255_525), (B, E, 394_000)];
    assert_eq!(payments(&bilateral), pairs);
    assert!(bilateral.plan.is_optimal());
    assert_eq!(settled(&bilateral), positions(&bilateral));
    // No ring is left once pairs are netted.
    assert_eq!(payments(&Run::of(&tables("cyclic"), nine()).proposed()), pairs);
}

#[test]
fn a_capped_debtor_by_pairs_pays_its_creditors_pro_rata_and_they_still_pay_theirs() {
    let cap = format!("debtor_caps_cents = {{ \"{}\" = 100000 }}\n", siren(A));
    let run = Run::of(&format!("{CAUSAL}[settlement]\nlevel = \"bilateral\"\n{cap}"), nine());
    let computed = compute(&run.input()).unwrap();
    // 1 000.00 on 535.00 and 4 410.80.
    let paid = [(A, B, 10_817), (A, C, 89_183), (B, C, 255_525), (B, E, 394_000)];
    assert_eq!(payments(&computed.proposal), paid);
    assert_eq!(computed.left, owed(&[(A, B, 42_683), (A, C, 351_897)]));
    let most = Cents::new(100_000);
    assert_eq!(computed.limited_by[&siren(A)], LimitedBy::Cap { kind: CapKind::Absolute, most });
    // The next run starts from the pairs that are left.
    let mut next = run.clone();
    next.approve(&computed.proposal);
    next.carried_obligations = computed.left;
    let second = next.proposed();
    assert_eq!(payments(&second), [(A, B, 10_817), (A, C, 89_183)]);
}

fn local(of: &[(u32, i64)], name: &str) -> Vec<Payment> {
    let amounts = of.iter().map(|(n, cents)| (siren(*n), Cents::new(*cents))).collect();
    plan(&NettingId::parse("netting", name).unwrap(), &amounts).unwrap().payments
}

/// F of example 15.
const F: u32 = 6;

fn three_territories() -> (LocalPlans, [TerritoryId; 3]) {
    let ids = ["200057867", "200057875", "200057941"].map(|id| TerritoryId::parse("t", id).unwrap());
    let case_1 = [(A, -494_580), (B, -596_025), (C, 696_605), (E, 394_000)];
    let second = [(A, 300_000), (B, -120_000), (F, -180_000)];
    let third = [(C, -250_000), (E, 70_000), (F, 180_000)];
    let plans = [local(&case_1, "t1"), local(&second, "t2"), local(&third, "t3")];
    (ids.into_iter().zip(plans).collect(), ids)
}

fn flow(payments: impl Iterator<Item = Payment>) -> (usize, i64) {
    payments.fold((0, 0), |(count, sum), payment| (count + 1, sum + payment.amount.get()))
}

/// What each territory settles, from its own payments: no shared idea with the regional plan.
fn settled_by(plans: &LocalPlans) -> BTreeMap<TerritoryId, BTreeMap<Siren, Cents>> {
    let mut books: BTreeMap<TerritoryId, BTreeMap<Siren, i64>> = BTreeMap::new();
    for (territory, payment) in plans.iter().flat_map(|(at, all)| all.iter().map(move |one| (at, one))) {
        let book = books.entry(*territory).or_default();
        *book.entry(payment.from).or_default() -= payment.amount.get();
        *book.entry(payment.to).or_default() += payment.amount.get();
    }
    books
        .into_iter()
        .map(|(at, book)| (at, book.into_iter().map(|(siren, cents)| (siren, Cents::new(cents))).collect()))
        .collect()
}

#[test]
fn example_15_a_region_pays_less_and_the_books_of_each_territory_end_right() {
    let (plans, _) = three_territories();
    assert_eq!(flow(plans.values().flatten().cloned()), (7, 1_640_605));
    let id = NettingId::parse("netting", "region").unwrap();
    let full = compress(&id, &plans, &[], Compression::Full).unwrap();
    assert_eq!(flow(full.payments.iter().map(|one| one.payment.clone())), (3, 910_605));
    assert_eq!(full.lower_bound, 3);
    assert_eq!(full.settled().unwrap(), settled_by(&plans));
    let conservative = compress(&id, &plans, &[], Compression::Conservative).unwrap();
    assert_eq!(conservative.settled().unwrap(), settled_by(&plans));
    let pairs: Vec<_> = plans.values().flatten().map(|one| (one.from, one.to)).collect();
    assert!(conservative.payments.iter().all(|one| pairs.contains(&(one.payment.from, one.payment.to))));
}

#[test]
fn a_territory_or_a_bailleur_that_stays_out_keeps_its_payments() {
    let (plans, [first, second, third]) = three_territories();
    let id = NettingId::parse("netting", "region").unwrap();
    let out = OptOuts { territories: [first].into(), bailleurs: [(third, siren(C))].into() };
    let stays = |at: &TerritoryId, payment: &Payment| out.keep(*at, payment);
    assert!(plans[&first].iter().all(|one| stays(&first, one)));
    assert!(plans[&third].iter().any(|one| stays(&third, one)));
    let moving: LocalPlans = plans
        .iter()
        .map(|(at, all)| (*at, all.iter().filter(|one| !stays(at, one)).cloned().collect()))
        .collect();
    assert_eq!(moving[&second], plans[&second]);
    assert!(moving[&third].iter().all(|one| ![one.from, one.to].contains(&siren(C))));
    for how in [Compression::Full, Compression::Conservative] {
        let settled = compress(&id, &moving, &[], how).unwrap().settled().unwrap();
        assert!(!settled.contains_key(&first));
        let mut decided = settled_by(&moving);
        decided.retain(|_, book| !book.is_empty());
        assert_eq!(settled, decided);
    }
}

#[test]
fn payments_that_were_not_made_are_due_again_where_they_were() {
    let (plans, _) = three_territories();
    let id = NettingId::parse("netting", "region").unwrap();
    for how in [Compression::Full, Compression::Conservative] {
        let first = compress(&id, &plans, &[], how).unwrap();
        let unpaid: Vec<RegionalDue> = first.payments.iter().flat_map(|one| one.dues()).collect();
        let again = compress(&id, &LocalPlans::new(), &unpaid, how).unwrap();
        let flow_of = |plan: &chambre_settlement::RegionalPlan| {
            flow(plan.payments.iter().map(|one| one.payment.clone()))
        };
        assert_eq!(flow_of(&again), flow_of(&first));
        assert!(again.set_off.is_empty());
        let by_payments = |plan: &chambre_settlement::RegionalPlan| {
            let bare = chambre_settlement::RegionalPlan { set_off: Vec::new(), ..plan.clone() };
            bare.settled().unwrap()
        };
        assert_eq!(by_payments(&again), by_payments(&first));
    }
}

#[test]
fn a_ring_between_territories_is_cleared_without_money() {
    let [one, two, three] =
        ["200057867", "200057875", "200057941"].map(|id| TerritoryId::parse("t", id).unwrap());
    let pay = |from, to| {
        let id = PaymentId::parse("id", &format!("p-{from}")).unwrap();
        vec![Payment { id, from: siren(from), to: siren(to), amount: Amount::new("a", 100_000).unwrap() }]
    };
    let plans: LocalPlans = [(one, pay(A, B)), (two, pay(B, C)), (three, pay(C, A))].into();
    let id = NettingId::parse("netting", "region").unwrap();
    for how in [Compression::Full, Compression::Conservative] {
        let region = compress(&id, &plans, &[], how).unwrap();
        assert!(region.payments.is_empty());
        assert_eq!(region.settled().unwrap(), settled_by(&plans));
    }
}

/// Placements of netting.md, example 16: done A 20, B 12, C 10, D 5, E 3; every household came from A.
fn fifty() -> Vec<chambre_domain::measure::MeasuredRelogement> {
    let hosts = [(A, 20), (B, 12), (C, 10), (D, 5), (E, 3)];
    let hosts = hosts.into_iter().flat_map(|(host, count)| std::iter::repeat_n(host, count));
    (1..).zip(hosts).map(|(seq, host)| relogement(seq, A, host, [123, 0, 0, 0])).collect()
}

fn units() -> String {
    let demolishers = [A, B].map(|n| format!("\"{}\"", siren(n))).join(", ");
    format!(
        "[effort]\ninclude_internal = true\n[fair_share]\nrule = \"units\"\ntariff_cents = 350000\n\
         demolishers_pct = 60\ndemolishers = [{demolishers}]\nbasis = \"stock\"\n{}",
        weights(&STOCK)
    )
}

#[test]
fn example_16_placements_are_shared_at_a_tariff() {
    let proposal = Run::of(&units(), fifty()).proposed();
    let targets = column(&proposal, |position| position.fair_share).map(|cents| cents / 350_000);
    assert_eq!(targets, [19, 11, 10, 7, 3]);
    assert_eq!(positions(&proposal), [350_000, 350_000, 0, -700_000, 0]);
}

#[test]
fn placements_run_by_run_reach_the_targets_of_one_run() {
    let mut run = Run::of(&units(), Vec::new());
    for relogement in fifty() {
        run.relogements.push(relogement);
        run.approve(&run.proposed());
    }
    let left: Vec<i64> = run.carried_over.values().map(|cents| cents.get()).collect();
    assert!(left.is_empty(), "everything was paid: {left:?}");
    let mut whole = Run::of(&format!("{}[settlement]\nmode = \"carry_over\"\n", units()), Vec::new());
    for relogement in fifty() {
        whole.relogements.push(relogement);
        whole.approve(&whole.proposed());
    }
    let carried: Vec<(Siren, i64)> = whole.carried_over.iter().map(|(s, cents)| (*s, cents.get())).collect();
    assert_eq!(carried, [(siren(A), 350_000), (siren(B), 350_000), (siren(D), -700_000)]);
}

#[test]
fn example_17_one_rate_on_all_rents() {
    let rents = [6_000_000_000_u64, 3_100_000_000, 2_050_000_000, 1_400_000_000, 700_000_000];
    let table = weights(&rents).replace("weights", "rents_cents");
    let borne = [300_000_000, 190_000_000, 60_000_000, 75_000_000, 15_000_000];
    let hosted = (1..).zip([A, B, C, D, E]).zip(borne);
    let relogements = hosted.map(|((seq, host), cents)| relogement(seq, 7, host, [cents, 0, 0, 0])).collect();
    let rule = format!("[fair_share]\nrule = \"rent\"\n{table}");
    let proposal = Run::of(&rule, relogements).proposed();
    assert_eq!(positions(&proposal), [10_188_679, 40_264_151, -39_018_868, 7_377_359, -18_811_321]);
}

#[test]
fn outside_money_lowers_the_rate_and_its_payer_pays_it() {
    let rule = format!(
        "[fair_share]\nrule = \"rent\"\n{}outside = {{ payer = \"{}\", amount_cents = 30000 }}\n",
        weights(&[2, 1]).replace("weights", "rents_cents"),
        siren(E)
    );
    let proposal = Run::of(&rule, vec![relogement(1, A, B, [90_000, 0, 0, 0])]).proposed();
    assert_eq!(column(&proposal, |one| one.fair_share), [40_000, 20_000, 0, 0, 30_000]);
    assert_eq!(payments(&proposal), [(A, B, 40_000), (E, B, 30_000)]);
}

#[test]
fn example_18_a_refusal_leaves_its_events_out() {
    let mut run = Run::of(CAUSAL, nine());
    run.refusers = vec![B];
    let proposal = run.proposed();
    assert_eq!(positions(&proposal), [-441_080, 0, 441_080, 0, 0]);
    let whole: i64 = Run::of(CAUSAL, nine()).proposed().shared.iter().map(|one| one.amount.get()).sum();
    let kept: i64 = proposal.shared.iter().map(|one| one.amount.get()).sum();
    assert_eq!(whole - kept, 1_165_025);
    // Once B agrees, the events enter the next run as they are.
    run.approve(&proposal);
    run.refusers.clear();
    assert_eq!(run.proposed().shared.iter().map(|one| one.amount.get()).sum::<i64>(), 1_165_025);
    let mut equalised = Run::of(&key(&STOCK), nine());
    equalised.refusers = vec![B];
    let proposal = equalised.proposed();
    assert_eq!(proposal.total_effort(), 1_613_295);
    assert_eq!(positions(&proposal), [-577_626, 0, 508_385, -218_733, 287_974]);
}

#[test]
fn a_relogement_in_dispute_waits_for_the_run_after_its_settlement() {
    let mut run = Run::of(CAUSAL, nine());
    run.held_relogements = vec![5];
    let first = run.proposed();
    assert_eq!(positions(&first), [-494_580, -202_025, 696_605, 0, 0]);
    run.approve(&first);
    run.held_relogements.clear();
    assert_eq!(positions(&run.proposed()), [0, -394_000, 0, 0, 394_000]);
}

#[test]
fn a_version_of_another_territory_is_not_read() {
    let mut run = Run::of(CAUSAL, nine());
    let mut other = convention(2, &key(&STOCK));
    other.territory = TerritoryId::parse("t", "200057875").unwrap();
    run.conventions.push(other);
    assert_ne!(run.conventions[1].territory, territory());
    assert_eq!(positions(&run.proposed()), [-494_580, -596_025, 696_605, 0, 394_000]);
}
