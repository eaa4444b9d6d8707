//! One payment plan for the runs of several territories: example 15 of the netting specification, its life in the
//! service, what is unpaid, who stays out, and what is refused. Through gRPC, to the cent.

#![allow(clippy::unwrap_used)]

use chambre_api::v1::event::Body;
use chambre_api::v1::{self, NettingStatus, PaymentStatus};
use chambre_ledger::reader::Reader;
use scenarios::{
    Chamber, TERRITORY, Told, approval, causal, day, event, nine, operation, proposal, relogement, siren,
    works,
};
use std::collections::BTreeMap;
use tonic::Code;

const TO: (i32, i32, i32) = (2025, 6, 30);
/// Territories 2 and 3 of the example; the first is that of the nine relogements.
const SECOND: &str = "200057875";
const THIRD: &str = "200057941";
const RUNS: [(&str, &str); 3] = [("N-1", TERRITORY), ("N-2", SECOND), ("N-3", THIRD)];

/// Relogements elsewhere: origin, host, what the host bore.
const ELSEWHERE: [(&str, u32, u32, i64); 4] =
    [(SECOND, 2, 1, 120_000), (SECOND, 6, 1, 180_000), (THIRD, 3, 5, 70_000), (THIRD, 3, 6, 180_000)];

/// The three territories of example 15, each with an approved run.
async fn region() -> Chamber {
    let chamber = Chamber::open().await;
    chamber.register(&[1, 2, 3, 4, 5, 6]).await;
    chamber.register_operations(&[1, 2, 3]).await;
    for (_, territory) in RUNS {
        chamber.publish(v1::Convention { territory_siren: territory.to_owned(), ..causal() }).await;
    }
    chamber.record_all(nine()).await;
    for (territory, origin, host, cents) in ELSEWHERE {
        let id = format!("{territory}-{origin}-{host}");
        let operation = v1::Operation {
            operation_id: format!("OP-{id}"),
            territory_siren: territory.to_owned(),
            ..operation(origin)
        };
        let request = v1::RegisterOperationRequest { operation: Some(operation), validate_only: false };
        chamber.client.registry().register_operation(request).await.unwrap();
        let moved = v1::Relogement { operation_id: format!("OP-{id}"), ..relogement(&id, origin, host, 0) };
        let cost = event(&format!("{id}-w"), Body::Works(works(&id, cents)));
        chamber.record_all(vec![event(&id, Body::Relogement(moved)), cost]).await;
    }
    for (run, territory) in RUNS {
        let request =
            v1::ProposeNettingRequest { territory_siren: territory.to_owned(), ..proposal(run, TO) };
        chamber.client.netting().propose_netting(request).await.unwrap();
        chamber.approve(run).await;
    }
    chamber
}

fn asked() -> v1::ProposeRegionalNettingRequest {
    v1::ProposeRegionalNettingRequest {
        netting_id: "R-2025".to_owned(),
        officer_id: "officer-1".to_owned(),
        ..Default::default()
    }
}

async fn propose(chamber: &Chamber, request: v1::ProposeRegionalNettingRequest) -> v1::NettingRun {
    let answer = chamber.client.netting().propose_regional_netting(request).await;
    answer.unwrap().into_inner().run.unwrap()
}

async fn refused(chamber: &Chamber, request: v1::ProposeRegionalNettingRequest) -> (Code, String) {
    let status = chamber.client.netting().propose_regional_netting(request).await.unwrap_err();
    (status.code(), Told::by(&status).reason)
}

async fn get(chamber: &Chamber, id: &str) -> v1::NettingRun {
    let request = v1::GetNettingRequest { netting_id: id.to_owned() };
    chamber.client.netting().get_netting(request).await.unwrap().into_inner().run.unwrap()
}

async fn instruct(chamber: &Chamber, id: &str) -> Result<v1::NettingRun, tonic::Status> {
    let request = v1::InstructNettingRequest {
        netting_id: id.to_owned(),
        officer_id: "officer-1".to_owned(),
        pay_on: day(2025, 7, 15),
        validate_only: false,
    };
    Ok(chamber.client.netting().instruct_netting(request).await?.into_inner().run.unwrap())
}

async fn cancel(chamber: &Chamber, id: &str) -> Result<v1::NettingRun, tonic::Status> {
    let request = v1::CancelNettingRequest {
        netting_id: id.to_owned(),
        officer_id: "officer-1".to_owned(),
        reason: v1::CancellationReason::DecisionOfTheSignatories.into(),
        validate_only: false,
    };
    Ok(chamber.client.netting().cancel_netting(request).await?.into_inner().run.unwrap())
}

async fn close(chamber: &Chamber, id: &str) -> v1::NettingRun {
    let request = v1::CloseNettingRequest {
        netting_id: id.to_owned(),
        officer_id: "officer-1".to_owned(),
        validate_only: false,
    };
    chamber.client.netting().close_netting(request).await.unwrap().into_inner().run.unwrap()
}

/// Number of payments, and what they move.
fn flow(run: &v1::NettingRun) -> (usize, i64) {
    (run.payments.len(), run.payments.iter().map(|payment| payment.amount_cents).sum())
}

/// Balances (credits − debits) of one compte that are not zero, by territory and bailleur.
async fn balances(chamber: &Chamber, number: u32) -> BTreeMap<(String, String), i64> {
    let positions = chamber.positions().await;
    let all = positions.iter().flat_map(|one| {
        one.balances.iter().map(move |balance| {
            let account = balance.account.as_ref().unwrap();
            (
                account.compte,
                (one.territory_siren.clone(), one.bailleur_siren.clone()),
                balance.credit - balance.debit,
            )
        })
    });
    all.filter(|(compte, _, cents)| i64::from(*compte) == i64::from(number) && *cents != 0)
        .map(|(_, owner, cents)| (owner, cents))
        .collect()
}

/// In each territory what is due under the regional plan and its liaison account make zero.
async fn territories_are_right(chamber: &Chamber) {
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for compte in [467_200, 181_100] {
        for ((territory, _), cents) in balances(chamber, compte).await {
            *sums.entry(territory).or_default() += cents;
        }
    }
    assert!(sums.values().all(|sum| *sum == 0), "{sums:?}");
}

async fn verified(chamber: Chamber) {
    let folder = chamber.try_stop().await.unwrap();
    let found = chambre_ledger::verify(&Reader::open(folder.path()).unwrap(), |_| {}).unwrap();
    assert_eq!(found.fault, None);
}

#[tokio::test]
async fn example_15_three_payments_do_what_seven_would() {
    let chamber = region().await;
    let mut local = (0, 0);
    for (run, _) in RUNS {
        let (count, moved) = flow(&get(&chamber, run).await);
        local = (local.0 + count, local.1 + moved);
    }
    assert_eq!(local, (7, 1_640_605));

    let plan = propose(&chamber, asked()).await;
    assert_eq!(flow(&plan), (3, 910_605));
    assert!(plan.payments_optimal);
    let regional = plan.regional.as_ref().unwrap();
    assert_eq!(regional.netting_ids, ["N-1", "N-2", "N-3"]);
    let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
    regional
        .moved
        .iter()
        .for_each(|share| *sums.entry(&share.bailleur_siren).or_default() += share.amount_cents);
    let expected = [(1, -194_580), (2, -716_025), (3, 446_605), (5, 464_000), (6, 0)];
    assert!(expected.iter().all(|(bailleur, cents)| sums[siren(*bailleur).as_str()] == *cents), "{sums:?}");
    for payment in &plan.payments {
        for side in [&payment.paid_for, &payment.received_for] {
            assert_eq!(side.iter().map(|one| one.amount_cents).sum::<i64>(), payment.amount_cents);
        }
    }

    // The same request again changes nothing; its proposer cannot sign it.
    assert_eq!(propose(&chamber, asked()).await, plan);
    let alone = chamber.client.netting().approve_netting(approval("R-2025", "officer-1")).await.unwrap_err();
    assert_eq!(Told::by(&alone).reason, "SAME_OFFICER");
    let approved = chamber.approve("R-2025").await;
    assert_eq!(approved.status(), NettingStatus::Approved);
    // The books of the territories are right at once, and each run is settled by the region.
    assert_eq!(balances(&chamber, 467_100).await, BTreeMap::new());
    territories_are_right(&chamber).await;
    for (run, _) in RUNS {
        let run = get(&chamber, run).await;
        assert_eq!((run.status(), run.regional_netting_id.as_str()), (NettingStatus::Settled, "R-2025"));
        assert!(run.payments.iter().all(|payment| payment.status() == PaymentStatus::Replaced));
    }

    instruct(&chamber, "R-2025").await.unwrap();
    for payment in &plan.payments {
        chamber.confirm("R-2025", payment).await;
        territories_are_right(&chamber).await;
    }
    assert_eq!(get(&chamber, "R-2025").await.status(), NettingStatus::Settled);
    for compte in [467_100, 467_200, 181_100] {
        assert_eq!(balances(&chamber, compte).await, BTreeMap::new(), "{compte}");
    }
    assert_eq!(close(&chamber, "R-2025").await.status(), NettingStatus::Closed);
    // A replay gives the same plan.
    let before = get(&chamber, "R-2025").await;
    let chamber = chamber.reopened().await;
    assert_eq!(get(&chamber, "R-2025").await, before);
    verified(chamber).await;
}

#[tokio::test]
async fn what_is_unpaid_is_due_again_in_the_next_regional_plan() {
    let chamber = region().await;
    let plan = propose(&chamber, asked()).await;
    chamber.approve("R-2025").await;
    instruct(&chamber, "R-2025").await.unwrap();
    let [paid, returned, unpaid] = plan.payments.as_slice() else { unreachable!("{plan:?}") };
    chamber.confirm("R-2025", paid).await;
    chamber.confirm("R-2025", returned).await;
    let back = v1::ReturnPaymentRequest {
        netting_id: "R-2025".to_owned(),
        payment_id: returned.payment_id.clone(),
        returned_on: day(2025, 7, 1),
        officer_id: "officer-1".to_owned(),
        validate_only: false,
    };
    chamber.client.netting().return_payment(back).await.unwrap();
    territories_are_right(&chamber).await;
    close(&chamber, "R-2025").await;

    // Nothing new in the territories: the next plan has what was not paid, and nothing else.
    let again = v1::ProposeRegionalNettingRequest { netting_id: "R-2026".to_owned(), ..asked() };
    let next = propose(&chamber, again).await;
    assert_eq!(flow(&next), (2, returned.amount_cents + unpaid.amount_cents));
    let due: i64 = next.regional.as_ref().unwrap().carried_over.iter().map(|due| due.amount_cents).sum();
    assert_eq!(due, returned.amount_cents + unpaid.amount_cents);
    chamber.approve("R-2026").await;
    for payment in &next.payments {
        chamber.confirm("R-2026", payment).await;
    }
    assert_eq!(balances(&chamber, 467_200).await, BTreeMap::new());
    assert_eq!(balances(&chamber, 181_100).await, BTreeMap::new());
    assert_eq!(
        refused(&chamber, v1::ProposeRegionalNettingRequest { netting_id: "R-2027".to_owned(), ..asked() })
            .await,
        (Code::FailedPrecondition, "REGIONAL_NOTHING".to_owned())
    );
    verified(chamber).await;
}

#[tokio::test]
async fn who_stays_out_pays_by_its_own_run() {
    let chamber = region().await;
    let request = v1::ProposeRegionalNettingRequest {
        compression: v1::Compression::Conservative.into(),
        out_territory_sirens: vec![THIRD.to_owned()],
        out_bailleurs: vec![v1::TerritoryBailleur {
            territory_siren: SECOND.to_owned(),
            bailleur_siren: siren(6),
        }],
        ..asked()
    };
    let pairs = |run: &v1::NettingRun| {
        run.payments.iter().map(|one| (one.from_siren.clone(), one.to_siren.clone())).collect::<Vec<_>>()
    };
    let mut known = Vec::new();
    for (run, _) in RUNS {
        known.extend(pairs(&get(&chamber, run).await));
    }
    let plan = propose(&chamber, request).await;
    assert!(pairs(&plan).iter().all(|pair| known.contains(pair)), "nobody gets a new counterparty");
    chamber.approve("R-2025").await;
    let second = get(&chamber, "N-2").await;
    assert_eq!(second.status(), NettingStatus::Approved, "one payment of it still stands");
    let states: Vec<_> = second.payments.iter().map(|one| (one.from_siren.clone(), one.status())).collect();
    assert_eq!(states, [(siren(2), PaymentStatus::Replaced), (siren(6), PaymentStatus::Awaited)]);
    assert!(get(&chamber, "N-3").await.payments.iter().all(|one| one.status() == PaymentStatus::Awaited));
    // What stands is ordered and paid as ever; what was taken over is not.
    instruct(&chamber, "N-2").await.unwrap();
    assert_eq!(chamber.confirm("N-2", &second.payments[1]).await.status(), NettingStatus::Settled);
    let replaced = v1::ConfirmPaymentRequest {
        netting_id: "N-2".to_owned(),
        payment_id: second.payments[0].payment_id.clone(),
        paid_on: day(2025, 7, 1),
        amount_cents: second.payments[0].amount_cents,
        officer_id: "officer-1".to_owned(),
        validate_only: false,
    };
    let told = chamber.client.netting().confirm_payment(replaced).await.unwrap_err();
    assert_eq!(Told::by(&told).reason, "NETTING_GROUPED");
    verified(chamber).await;
}

#[tokio::test]
async fn a_merger_before_the_plan_leaves_one_payer() {
    let chamber = region().await;
    // C absorbs E: what one owed the other in the third territory is nothing any more.
    let request = v1::RecordSuccessionRequest {
        event_id: "merger".to_owned(),
        absorbed_siren: siren(5),
        absorbing_siren: siren(3),
        effective_on: day(2025, 6, 30),
        officer_id: "officer-1".to_owned(),
        validate_only: false,
    };
    chamber.client.registry().record_succession(request).await.unwrap();
    let out = v1::TerritoryBailleur { territory_siren: TERRITORY.to_owned(), bailleur_siren: siren(5) };
    let plan =
        propose(&chamber, v1::ProposeRegionalNettingRequest { out_bailleurs: vec![out], ..asked() }).await;
    assert!(plan.payments.iter().all(|one| one.from_siren != siren(5) && one.to_siren != siren(5)));
    chamber.approve("R-2025").await;
    for payment in &plan.payments {
        chamber.confirm("R-2025", payment).await;
    }
    assert_eq!(balances(&chamber, 467_200).await, BTreeMap::new());
    let first = get(&chamber, "N-1").await;
    let stands = first.payments.iter().filter(|one| one.status() == PaymentStatus::Awaited);
    assert!(stands.clone().count() > 0 && stands.clone().all(|one| one.to_siren == siren(5)));
    for payment in stands {
        chamber.confirm("N-1", payment).await;
    }
    assert_eq!(balances(&chamber, 467_100).await, BTreeMap::new());
    verified(chamber).await;
}

#[tokio::test]
async fn a_plan_given_up_gives_the_runs_their_payments_back() {
    let chamber = region().await;
    let before = balances(&chamber, 467_100).await;
    let plan = propose(&chamber, asked()).await;
    chamber.approve("R-2025").await;
    // The run cannot be cancelled under the plan.
    let told = cancel(&chamber, "N-2").await.unwrap_err();
    assert_eq!(told.code(), Code::FailedPrecondition);
    assert_eq!(cancel(&chamber, "R-2025").await.unwrap().status(), NettingStatus::Cancelled);
    assert_eq!(balances(&chamber, 467_100).await, before);
    assert_eq!(balances(&chamber, 467_200).await, BTreeMap::new());
    for (run, _) in RUNS {
        let run = get(&chamber, run).await;
        assert_eq!((run.status(), run.regional_netting_id.as_str()), (NettingStatus::Approved, ""));
        assert!(run.payments.iter().all(|payment| payment.status() == PaymentStatus::Awaited));
    }
    // Another plan may follow; once ordered, it is not given up.
    let again = v1::ProposeRegionalNettingRequest { netting_id: "R-2026".to_owned(), ..asked() };
    assert_eq!(flow(&propose(&chamber, again).await), flow(&plan));
    chamber.approve("R-2026").await;
    instruct(&chamber, "R-2026").await.unwrap();
    let told = cancel(&chamber, "R-2026").await.unwrap_err();
    assert_eq!(Told::by(&told).reason, "NETTING_STATUS");
    verified(chamber).await;
}

#[tokio::test]
async fn a_plan_outdated_by_a_run_is_proposed_again() {
    let chamber = region().await;
    let first = propose(&chamber, asked()).await;
    assert_eq!(first.revision, 1);
    instruct(&chamber, "N-3").await.unwrap();
    let told = chamber.client.netting().approve_netting(approval("R-2025", "officer-2")).await.unwrap_err();
    assert_eq!((told.code(), Told::by(&told).reason.as_str()), (Code::FailedPrecondition, "NETTING_STATUS"));
    // Without a name, it is the plan under way that is computed again.
    let second =
        propose(&chamber, v1::ProposeRegionalNettingRequest { netting_id: String::new(), ..asked() }).await;
    assert_eq!((second.netting_id.as_str(), second.revision), ("R-2025", 2));
    assert_eq!(second.regional.as_ref().unwrap().netting_ids, ["N-1", "N-2"]);
    chamber.approve("R-2025").await;
    let listed = v1::ListNettingsRequest { page_size: 2, ..Default::default() };
    let page = chamber.client.netting().list_nettings(listed).await.unwrap().into_inner();
    let ids: Vec<_> = page.runs.iter().map(|run| run.netting_id.as_str()).collect();
    assert_eq!(ids, ["R-2025", "N-3"]);
    let rest = v1::ListNettingsRequest { page_token: page.next_page_token, ..Default::default() };
    let rest = chamber.client.netting().list_nettings(rest).await.unwrap().into_inner();
    let ids: Vec<_> = rest.runs.iter().map(|run| run.netting_id.as_str()).collect();
    assert_eq!(ids, ["N-2", "N-1"]);
    verified(chamber).await;
}

#[tokio::test]
async fn a_plan_that_cannot_be_is_refused_by_name() {
    let chamber = region().await;
    let of = |change: fn(&mut v1::ProposeRegionalNettingRequest)| {
        let mut request = asked();
        change(&mut request);
        request
    };
    let out = |territory: &str, bailleur: u32| v1::TerritoryBailleur {
        territory_siren: territory.to_owned(),
        bailleur_siren: siren(bailleur),
    };
    for (request, code, reason) in [
        (of(|r| r.run_netting_ids = vec!["N-99".to_owned()]), Code::NotFound, "NETTING_UNKNOWN"),
        (
            of(|r| r.out_territory_sirens = vec!["217500016".to_owned()]),
            Code::FailedPrecondition,
            "OPT_OUT_UNKNOWN",
        ),
        (of(|r| r.compression = 7), Code::InvalidArgument, "VALUE_UNKNOWN"),
        (of(|r| r.netting_id = "N-1".to_owned()), Code::AlreadyExists, "EVENT_ID_REUSED"),
        (of(|r| r.officer_id = String::new()), Code::InvalidArgument, "ID_EMPTY"),
        (of(|r| r.out_territory_sirens = vec!["1".to_owned()]), Code::InvalidArgument, "SIREN_FORMAT"),
        (
            v1::ProposeRegionalNettingRequest { out_bailleurs: vec![out(SECOND, 4)], ..asked() },
            Code::FailedPrecondition,
            "OPT_OUT_UNKNOWN",
        ),
    ] {
        assert_eq!(refused(&chamber, request).await, (code, reason.to_owned()));
    }
    // Nothing was written by any of them, nor by a trial.
    let head = chamber.head().await;
    let tried = propose(&chamber, v1::ProposeRegionalNettingRequest { validate_only: true, ..asked() }).await;
    assert_eq!((tried.status(), flow(&tried)), (NettingStatus::Proposed, (3, 910_605)));
    assert_eq!(chamber.head().await, head);
    // One plan at a time; steps that only a run has are refused.
    propose(&chamber, asked()).await;
    let other = v1::ProposeRegionalNettingRequest { netting_id: "R-2026".to_owned(), ..asked() };
    assert_eq!(refused(&chamber, other).await, (Code::FailedPrecondition, "NETTING_UNDER_WAY".to_owned()));
    let publish = v1::PublishNettingRequest {
        netting_id: "R-2025".to_owned(),
        officer_id: "officer-1".to_owned(),
        ..Default::default()
    };
    let told = chamber.client.netting().publish_netting(publish).await.unwrap_err();
    assert_eq!(Told::by(&told).reason, "NETTING_STATUS");
    let told = chamber.client.netting().propose_netting(proposal("R-2025", TO)).await.unwrap_err();
    assert_eq!(Told::by(&told).reason, "NETTING_STATUS");
    // A run of an approved plan enters no other.
    chamber.approve("R-2025").await;
    let again = v1::ProposeRegionalNettingRequest {
        netting_id: "R-2026".to_owned(),
        run_netting_ids: vec!["N-1".to_owned()],
        ..asked()
    };
    assert_eq!(refused(&chamber, again).await, (Code::FailedPrecondition, "NETTING_GROUPED".to_owned()));
}
