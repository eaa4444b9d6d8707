//! The examples of the netting specification about what is paid, by whom, and why; the life of a run; what a charter
//! promised. Through gRPC, to the cent.

#![allow(clippy::unwrap_used)]

use chambre_api::v1::event::Body;
use chambre_api::v1::{self, NettingStatus};
use scenarios::{
    Chamber, STOCK, Told, approval, causal, day, event, key, nine, proposal, relogement, roles, siren, works,
};
use tonic::Code;

const TO: (i32, i32, i32) = (2025, 6, 30);

/// The nine relogements under a convention.
async fn chamber(convention: v1::Convention) -> Chamber {
    let chamber = Chamber::open().await;
    chamber.register(&[1, 2, 3, 4, 5]).await;
    chamber.register_operations(&[1, 2, 3]).await;
    chamber.publish(convention).await;
    chamber.record_all(nine()).await;
    chamber
}

fn column(run: &v1::NettingRun, amount: fn(&v1::NetPosition) -> i64) -> [i64; 5] {
    std::array::from_fn(|index| {
        let siren = siren(u32::try_from(index).unwrap() + 1);
        run.positions.iter().find(|position| position.bailleur_siren == siren).map_or(0, amount)
    })
}

fn settled(run: &v1::NettingRun) -> [i64; 5] {
    column(run, |position| position.settled_cents)
}

async fn refused_by(chamber: &Chamber, refuser: u32) -> v1::NettingRun {
    let refuser_sirens = vec![siren(refuser)];
    let request = v1::ProposeNettingRequest { refuser_sirens, ..proposal("N-1", TO) };
    chamber.client.netting().propose_netting(request).await.unwrap().into_inner().run.unwrap()
}

#[tokio::test]
async fn example_10_a_cap_limits_the_debtor_and_its_creditors_share_the_lack() {
    let debtor_caps = vec![v1::DebtorCap { bailleur_siren: siren(1), cap_cents: 300_000 }];
    let chamber = chamber(v1::Convention { debtor_caps, ..causal() }).await;
    let run = chamber.propose("N-1", TO).await;
    assert_eq!(settled(&run), [-300_000, -596_025, 572_320, 0, 323_705]);
    let carried = column(&run, |p| p.position_cents - p.settled_cents);
    assert_eq!(carried, [-194_580, 0, 124_285, 0, 70_295]);
    let explained = explain(&chamber, "N-1", 1).await;
    assert!(explained.limited_by.contains("3\u{202f}000,00\u{a0}€"), "{}", explained.limited_by);
}

#[tokio::test]
async fn example_11_a_third_of_the_balance_is_settled() {
    let smoothing = Some(v1::Fraction { numerator: 1, denominator: 3 });
    let run = chamber(v1::Convention { smoothing, ..causal() }).await.propose("N-1", TO).await;
    assert_eq!(settled(&run), [-164_860, -198_675, 232_202, 0, 131_333]);
}

#[tokio::test]
async fn example_12_what_a_cap_left_is_settled_by_the_next_run() {
    let debtor_caps = vec![v1::DebtorCap { bailleur_siren: siren(1), cap_cents: 300_000 }];
    let chamber = chamber(v1::Convention { debtor_caps, ..causal() }).await;
    chamber.propose("N-1", TO).await;
    chamber.approve("N-1").await;
    let run =
        chamber.client.netting().get_netting(v1::GetNettingRequest { netting_id: "N-1".to_owned() }).await;
    for payment in run.unwrap().into_inner().run.unwrap().payments {
        chamber.confirm("N-1", &payment).await;
    }
    // Between the two: A −1 000, B +400, C +600.
    for (name, host, cents) in [("later-b", 2, 40_000), ("later-c", 3, 60_000)] {
        let moved = event(name, Body::Relogement(relogement(name, 1, host, 0)));
        let cost = event(&format!("{name}-w"), Body::Works(works(name, cents)));
        chamber.record_all(vec![moved, cost]).await;
    }
    let run = chamber.propose("N-2", TO).await;
    let positions = [-294_580, 40_000, 184_285, 0, 70_295];
    assert_eq!(column(&run, |p| p.position_cents), positions);
    assert_eq!(settled(&run), positions);
}

#[tokio::test]
async fn example_13_three_payments_where_the_largest_to_the_largest_needs_four() {
    let chamber = Chamber::open().await;
    chamber.register(&[1, 2, 3, 4, 5]).await;
    chamber.register_operations(&[3, 4, 5]).await;
    chamber.publish(causal()).await;
    // A +70, B +50, C −50, D −40, E −30: whose household went where does not matter, only who stands where.
    for (name, origin, host, cents) in
        [("r1", 3, 1, 5_000), ("r2", 4, 1, 2_000), ("r3", 4, 2, 2_000), ("r4", 5, 2, 3_000)]
    {
        let moved = event(name, Body::Relogement(relogement(name, origin, host, 0)));
        let cost = event(&format!("{name}-w"), Body::Works(works(name, cents)));
        chamber.record_all(vec![moved, cost]).await;
    }
    let run = chamber.propose("N-1", TO).await;
    assert_eq!(column(&run, |p| p.position_cents), [7_000, 5_000, -5_000, -4_000, -3_000]);
    let paid: Vec<_> = run.payments.iter().map(|p| (&p.from_siren, &p.to_siren, p.amount_cents)).collect();
    let [a, b, c, d, e] = [1, 2, 3, 4, 5].map(siren);
    assert_eq!(paid, [(&c, &b, 5_000), (&d, &a, 4_000), (&e, &a, 3_000)]);
    assert!(run.payments_optimal);
}

#[tokio::test]
async fn example_14_a_ring_is_set_off_and_nobody_gets_a_new_creditor() {
    let cyclic = v1::Convention { netting_level: v1::NettingLevel::Cyclic.into(), ..causal() };
    let chamber = Chamber::open().await;
    chamber.register(&[1, 2, 3]).await;
    chamber.register_operations(&[1, 2, 3]).await;
    chamber.publish(cyclic).await;
    // Who owes whom, in euros: A>B 100, B>C 80, C>A 60, C>B 20.
    for (name, origin, host, cents) in
        [("r1", 1, 2, 10_000), ("r2", 2, 3, 8_000), ("r3", 3, 1, 6_000), ("r4", 3, 2, 2_000)]
    {
        let moved = event(name, Body::Relogement(relogement(name, origin, host, 0)));
        let cost = event(&format!("{name}-w"), Body::Works(works(name, cents)));
        chamber.record_all(vec![moved, cost]).await;
    }
    let run = chamber.propose("N-1", TO).await;
    let paid: Vec<_> = run.payments.iter().map(|p| (&p.from_siren, &p.to_siren, p.amount_cents)).collect();
    assert_eq!(paid, [(&siren(1), &siren(2), 4_000)]);
}

#[tokio::test]
async fn example_16_placements_are_counted_and_a_tariff_settles_them() {
    let convention = v1::Convention {
        fair_share_rule: v1::FairShareRule::Units.into(),
        units_by_roles: true,
        tariff_cents: 350_000,
        ..roles(60, &[1, 2], &STOCK)
    };
    let chamber = Chamber::open().await;
    chamber.register(&[1, 2, 3, 4, 5]).await;
    chamber.register_operations(&[1, 3]).await;
    chamber.publish(convention).await;
    let mut events = Vec::new();
    for (host, count) in [(1, 20), (2, 12), (3, 10), (4, 5), (5, 3)] {
        let origin = if host == 3 { 1 } else { 3 };
        for number in 0..count {
            let id = format!("u-{host}-{number}");
            events.push(event(&id, Body::Relogement(relogement(&id, origin, host, 0))));
        }
    }
    chamber.record_all(events).await;
    let run = chamber.propose("N-1", TO).await;
    assert_eq!(column(&run, |p| p.position_cents), [350_000, 350_000, 0, -700_000, 0]);
}

#[tokio::test]
async fn example_17_rents_are_the_key_and_money_comes_from_outside_nobody() {
    let rents = [6_000_000_000, 3_100_000_000, 2_050_000_000, 1_400_000_000, 700_000_000_i64];
    let rents = (1_u32..)
        .zip(rents)
        .map(|(n, cents)| v1::YearlyRent { bailleur_siren: siren(n), rents_cents: cents });
    let convention = v1::Convention {
        fair_share_rule: v1::FairShareRule::Rent.into(),
        rents: rents.collect(),
        ..causal()
    };
    let run = chamber(convention).await.propose("N-1", TO).await;
    let shares = column(&run, |p| p.fair_share_cents);
    assert_eq!(shares.iter().sum::<i64>(), 1_897_795);
    // 18 977.95 on 132.5 MEUR: 60/132.5 of it is 8 593.788…
    assert_eq!(shares, [859_379, 444_012, 293_621, 200_522, 100_261]);
}

#[tokio::test]
async fn example_18_a_bailleur_refuses_and_its_relogements_wait() {
    let causal = chamber(causal()).await;
    let run = refused_by(&causal, 2).await;
    assert_eq!(column(&run, |p| p.position_cents), [-441_080, 0, 441_080, 0, 0]);
    assert_eq!(run.refuser_sirens, [siren(2)]);
    let keyed = chamber(key(v1::KeyBasis::Stock, &STOCK)).await;
    let run = refused_by(&keyed, 2).await;
    assert_eq!(column(&run, |p| p.position_cents), [-577_626, 0, 508_385, -218_733, 287_974]);
    let next = keyed.propose("N-1", TO).await;
    assert_eq!(next.revision, 2, "without the refusal the run is computed again");
    assert_eq!(column(&next, |p| p.position_cents), [-473_453, -176_078, 544_845, -194_860, 299_546]);
}

async fn explain(chamber: &Chamber, netting: &str, bailleur: u32) -> v1::Explanation {
    let request =
        v1::ExplainPositionRequest { netting_id: netting.to_owned(), bailleur_siren: siren(bailleur) };
    chamber.client.netting().explain_position(request).await.unwrap().into_inner().explanation.unwrap()
}

#[tokio::test]
async fn a_position_is_explained_to_the_remainder_cent_before_and_long_after_its_approval() {
    let chamber = chamber(roles(60, &[1, 2, 3], &STOCK)).await;
    chamber.propose("N-1", TO).await;
    let explained = explain(&chamber, "N-1", 3).await;
    let position = explained.position.clone().unwrap();
    let shared: i64 = explained.relogements.iter().map(|one| one.shared_now_cents).sum();
    assert_eq!((shared, position.effort_cents), (842_450, 842_450));
    let shares: i64 = explained.shares.iter().map(|share| share.share_cents).sum();
    assert_eq!((shares, position.fair_share_cents), (210_680, 210_680));
    let part = explained.shares[0].parts.last().unwrap();
    let (weight, weights): (i128, i128) = (part.weight.parse().unwrap(), part.weights.parse().unwrap());
    let remainder: i128 = part.remainder.parse().unwrap();
    assert_eq!(i128::from(part.amount) * weight, i128::from(part.quotient) * weights + remainder);
    assert_eq!((part.of.as_str(), weight), ("DEMOLISHERS", 4_200));
    chamber.approve("N-1").await;
    assert_eq!(explain(&chamber, "N-1", 3).await, explained, "the books moved, the explanation did not");
    let unknown = v1::ExplainPositionRequest { netting_id: "N-1".to_owned(), bailleur_siren: siren(9) };
    let told = Told::by(&chamber.client.netting().explain_position(unknown).await.unwrap_err());
    assert_eq!((told.code, told.reason.as_str()), (Code::NotFound, "BAILLEUR_UNKNOWN"));
}

#[tokio::test]
async fn conventions_are_compared_and_nothing_is_written() {
    let chamber = chamber(causal()).await;
    let head = chamber.head().await;
    let scenario =
        |name: &str, convention| v1::Scenario { name: name.to_owned(), conventions: vec![convention] };
    let request = v1::SimulateNettingRequest {
        territory_siren: scenarios::TERRITORY.to_owned(),
        period: proposal("x", TO).period,
        scenarios: vec![
            scenario("causale", causal()),
            scenario("stock", key(v1::KeyBasis::Stock, &STOCK)),
            scenario("60/40", roles(60, &[1, 2, 3], &STOCK)),
            scenario("70/30", roles(70, &[1, 2, 3], &STOCK)),
        ],
    };
    let answer = chamber.client.netting().simulate_netting(request.clone()).await.unwrap().into_inner();
    let of = |outcome: &v1::ScenarioOutcome| -> Vec<i64> {
        outcome.positions.iter().map(|position| position.position_cents).collect()
    };
    assert_eq!(of(&answer.outcomes[1]), [-473_453, -176_078, 544_845, -194_860, 299_546]);
    assert_eq!(of(&answer.outcomes[2]), [-225_099, -41_553, 631_770, -511_284, 146_166]);
    assert_eq!(of(&answer.outcomes[3]), [-325_423, -95_895, 596_656, -383_463, 208_125]);
    assert_eq!(answer.outcomes[0].payment_count, 3);
    assert_eq!(chamber.head().await, head);
    for (scenarios, field) in [(vec![], "scenarios"), (vec![request.scenarios[0].clone(); 9], "scenarios")] {
        let wrong = v1::SimulateNettingRequest { scenarios, ..request.clone() };
        let told = Told::by(&chamber.client.netting().simulate_netting(wrong).await.unwrap_err());
        assert_eq!((told.code, told.field.as_str()), (Code::InvalidArgument, field));
    }
}

#[tokio::test]
async fn a_disputed_relogement_waits_for_the_run_after_its_settlement() {
    let chamber = chamber(causal()).await;
    let netting = || chamber.client.netting();
    let dispute = v1::RaiseDisputeRequest {
        event_id: "d-1".to_owned(),
        subject: Some(v1::raise_dispute_request::Subject::RelogementId("e04".to_owned())),
        reason: v1::DisputeReason::VoucherMissing.into(),
        raised_by: Some(v1::raise_dispute_request::RaisedBy::OfficerId("officer-1".to_owned())),
        ..Default::default()
    };
    let first = chamber.propose("N-1", TO).await;
    netting().raise_dispute(dispute).await.unwrap();
    let told = Told::by(&netting().approve_netting(approval("N-1", "officer-2")).await.unwrap_err());
    assert_eq!(told.reason, "NETTING_DISPUTED");
    let again = chamber.propose("N-1", TO).await;
    assert_eq!((again.revision, again.disputed_count), (2, 1));
    // e04: B owes C 2 555.25.
    let differs =
        |n: usize| column(&again, |p| p.position_cents)[n] - column(&first, |p| p.position_cents)[n];
    assert_eq!((differs(1), differs(2)), (255_525, -255_525));
    chamber.approve("N-1").await;
    let settled = v1::SettleDisputeRequest {
        dispute_id: "d-1".to_owned(),
        outcome: v1::DisputeOutcome::Dismissed.into(),
        officer_id: "officer-2".to_owned(),
        validate_only: false,
    };
    netting().settle_dispute(settled).await.unwrap();
    let next = chamber.propose("N-2", TO).await;
    assert_eq!(column(&next, |p| p.effort_cents), [0, 0, 255_525, 0, 0]);
}

#[tokio::test]
async fn a_run_is_opened_cut_off_published_approved_ordered_and_closed() {
    let chamber = chamber(causal()).await;
    let netting = || chamber.client.netting();
    let officer = || "officer-1".to_owned();
    let asked = proposal("N-1", TO);
    let opening = v1::OpenNettingRequest {
        netting_id: String::new(),
        territory_siren: asked.territory_siren.clone(),
        period: asked.period,
        officer_id: officer(),
        validate_only: false,
    };
    let run = netting().open_netting(opening).await.unwrap().into_inner().run.unwrap();
    let id = run.netting_id.clone();
    assert_eq!((run.status(), run.opened_by.as_str()), (NettingStatus::Open, "officer-1"));
    let cut_off =
        v1::CutOffNettingRequest { netting_id: id.clone(), officer_id: officer(), validate_only: false };
    let run = netting().cut_off_netting(cut_off).await.unwrap().into_inner().run.unwrap();
    assert_eq!((run.status(), run.at_seq), (NettingStatus::CutOff, chamber.head().await.seq));
    chamber.record("late", v1::event::Body::Works(scenarios::works("e01", 99_999))).await;
    let propose =
        v1::ProposeNettingRequest { netting_id: id.clone(), officer_id: officer(), ..Default::default() };
    let run = netting().propose_netting(propose).await.unwrap().into_inner().run.unwrap();
    assert_eq!(settled(&run), [-494_580, -596_025, 696_605, 0, 394_000], "what is late waits");
    let publish = v1::PublishNettingRequest {
        netting_id: id.clone(),
        officer_id: officer(),
        disputes_until: day(2025, 7, 1),
        validate_only: false,
    };
    let run = netting().publish_netting(publish).await.unwrap().into_inner().run.unwrap();
    assert_eq!(run.status(), NettingStatus::Published);
    let told = Told::by(&netting().approve_netting(approval(&id, "officer-2")).await.unwrap_err());
    assert_eq!(told.reason, "DISPUTE_WINDOW_OPEN");
    chamber.clock.set_day(chambre_domain::Date::constant(2025, 7, 2));
    chamber.approve(&id).await;
    let order = v1::InstructNettingRequest {
        netting_id: id.clone(),
        officer_id: officer(),
        pay_on: day(2025, 7, 10),
        validate_only: false,
    };
    let run = netting().instruct_netting(order).await.unwrap().into_inner().run.unwrap();
    assert_eq!(run.status(), NettingStatus::Instructed);
    let run = chamber.confirm(&id, &run.payments[0]).await;
    assert_eq!(run.status(), NettingStatus::PartlySettled);
    let closing =
        v1::CloseNettingRequest { netting_id: id.clone(), officer_id: officer(), validate_only: false };
    let run = netting().close_netting(closing).await.unwrap().into_inner().run.unwrap();
    assert_eq!(run.status(), NettingStatus::Closed);
    let lapsed = run.payments.iter().filter(|one| one.status() == v1::PaymentStatus::Lapsed).count();
    assert_eq!(lapsed, run.payments.len() - 1);
    let next = chamber.propose("N-2", (2025, 7, 1)).await;
    let carried: i64 = next.positions.iter().map(|p| p.carried_over_cents.abs()).sum();
    let unpaid: i64 = run.payments[1..].iter().map(|payment| payment.amount_cents).sum();
    assert_eq!(carried, 2 * unpaid, "what is unpaid comes back to its payer and its payee");
    assert_eq!(column(&next, |p| p.effort_cents)[2], 99_999, "and what was late with it");
}

#[tokio::test]
async fn a_publication_without_a_day_takes_the_window_of_the_convention_and_keeps_it() {
    let chamber = chamber(v1::Convention { dispute_days: Some(15), ..causal() }).await;
    chamber.propose("N-1", TO).await;
    let publish = || v1::PublishNettingRequest {
        netting_id: "N-1".into(),
        officer_id: "officer-1".into(),
        disputes_until: None,
        validate_only: false,
    };
    for today in [1, 2] {
        chamber.clock.set_day(chambre_domain::Date::constant(2025, 7, today));
        let answer = chamber.client.netting().publish_netting(publish()).await.unwrap();
        assert_eq!(answer.into_inner().run.unwrap().disputes_until, day(2025, 7, 16), "on July {today}");
    }
}

#[tokio::test]
async fn commitments_are_compared_with_the_placements_of_the_books() {
    let commitment = |bailleur, unit: v1::CommitmentUnit, min, max| v1::Commitment {
        party: Some(v1::commitment::Party::BailleurSiren(siren(bailleur))),
        unit: unit.into(),
        min,
        max,
        period: Some(v1::Period { from: day(2025, 1, 1), to: day(2025, 12, 31) }),
    };
    let by_name = v1::Commitment {
        party: Some(v1::commitment::Party::Reserver("Ville fictive".to_owned())),
        ..commitment(1, v1::CommitmentUnit::Placements, 50, None)
    };
    // A took two families in, C three.
    let commitments = vec![
        commitment(1, v1::CommitmentUnit::Placements, 30, None),
        commitment(3, v1::CommitmentUnit::AttributionsBp, 500, Some(1_500)),
        by_name,
    ];
    let chamber = chamber(v1::Convention { commitments, ..causal() }).await;
    let request = v1::ReportCommitmentsRequest {
        territory_siren: scenarios::TERRITORY.to_owned(),
        on: None,
        attributions: vec![v1::Attributions { bailleur_siren: siren(3), count: 40 }],
    };
    let answer = chamber.client.registry().report_commitments(request.clone()).await.unwrap().into_inner();
    let told: Vec<_> = answer
        .progress
        .iter()
        .map(|one| (one.achieved, one.committed, one.per_mille, one.standing()))
        .collect();
    use v1::CommitmentStanding::{Below, Unspecified, Within};
    assert_eq!(told[0], (Some(3), Some(30), Some(100), Below), "A hosted e06, e08 and e09");
    assert_eq!(told[1], (Some(3), Some(2), Some(1_500), Within), "3 of 40 is 7.5 %, between 5 and 15");
    assert_eq!(told[2], (None, None, None, Unspecified), "nobody declares a reserver's part");
    let twice = vec![request.attributions[0].clone(); 2];
    let wrong = v1::ReportCommitmentsRequest { attributions: twice, ..request };
    let refusal = Told::by(&chamber.client.registry().report_commitments(wrong).await.unwrap_err());
    assert_eq!(refusal.field, "attributions[1].bailleur_siren");
}
