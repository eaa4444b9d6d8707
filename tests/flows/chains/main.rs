//! Chains of transfers: a tenant moves to a vacant dwelling and frees its own for a household, through the door.

#![allow(clippy::unwrap_used)]

mod lists;

use chambre_api::v1::{self, Typology, proposal_step::Step};
use scenarios::{Chamber, TERRITORY, Told, causal, need, offer, siren, step, to_the_lease};
use tonic::Status;

/// Somebody who looks for that typology and no other.
fn looks_for(household: &str, origin: u32, typology: Typology) -> v1::Need {
    v1::Need {
        least_typology: typology.into(),
        best_typology: typology.into(),
        most_typology: typology.into(),
        ..need(household, origin)
    }
}

fn dwelling(id: &str, host: u32, typology: Typology) -> v1::Offer {
    v1::Offer { typology: typology.into(), ..offer(id, host) }
}

/// A tenant of bailleur 2 who looks for a typology and frees another.
fn transfer(tenant: &str, wanted: Typology, frees: &str, freed: Typology) -> v1::TenantTransfer {
    v1::TenantTransfer {
        need: Some(looks_for(tenant, 1, wanted)),
        frees: Some(dwelling(frees, 2, freed)),
        agreed: true,
    }
}

/// Bailleur 1 demolishes; `h-1` looks for a T4, `h-2` for a T3. Bailleur 2 has a vacant T2. Its tenant `t-1` leaves a
/// T3 for a T2, and `t-2` a T4 for a T3.
async fn chamber() -> Chamber {
    let chamber = Chamber::open().await;
    chamber.register(&[1, 2, 3]).await;
    chamber.register_operations(&[1]).await;
    chamber.publish(causal()).await;
    let needs = vec![looks_for("h-1", 1, Typology::T4)];
    chamber.declare_needs("n-1", needs).await;
    chamber.declare_offers("o-1", vec![dwelling("O-1", 2, Typology::T2)]).await;
    let transfers = vec![
        transfer("t-1", Typology::T2, "F-1", Typology::T3),
        transfer("t-2", Typology::T3, "F-2", Typology::T4),
    ];
    declare(&chamber, "t-1", transfers).await.unwrap();
    chamber
}

async fn declare(
    chamber: &Chamber,
    request_id: &str,
    transfers: Vec<v1::TenantTransfer>,
) -> Result<v1::DeclareTransfersResponse, Status> {
    let (request_id, author_id) = (request_id.to_owned(), "host-2".to_owned());
    let request = v1::DeclareTransfersRequest { transfers, request_id, author_id, validate_only: false };
    chamber.client.matching().declare_transfers(request).await.map(tonic::Response::into_inner)
}

async fn run(chamber: &Chamber, max_transfers: i32) -> Result<v1::RunMatchingResponse, Status> {
    let territory_siren = TERRITORY.to_owned();
    let request = v1::RunMatchingRequest { territory_siren, choices: Vec::new(), max_transfers };
    chamber.client.matching().run_matching(request).await.map(tonic::Response::into_inner)
}

fn chain(households: &[&str]) -> v1::ProposeChainRequest {
    v1::ProposeChainRequest {
        territory_siren: TERRITORY.to_owned(),
        chain_id: "C-1".to_owned(),
        offer_id: "O-1".to_owned(),
        households: households.iter().map(|household| (*household).to_owned()).collect(),
        formal_offer_id: "FO-1".to_owned(),
        request_id: "chain-1".to_owned(),
        author_id: "officer-1".to_owned(),
        validate_only: false,
    }
}

async fn propose(
    chamber: &Chamber,
    request: v1::ProposeChainRequest,
) -> Result<v1::ProposeChainResponse, Status> {
    chamber.client.matching().propose_chain(request).await.map(tonic::Response::into_inner)
}

async fn proposal(chamber: &Chamber, id: &str) -> v1::Proposal {
    let request = v1::GetProposalRequest { proposal_id: id.to_owned() };
    chamber.client.matching().get_proposal(request).await.unwrap().into_inner().proposal.unwrap()
}

/// Every step but the lease.
async fn accepted(chamber: &Chamber, id: &str, own_stock: bool) {
    for (name, one) in to_the_lease("") {
        let before_the_caleol = own_stock && matches!(one, Step::Submit(()) | Step::Decide(_));
        if !before_the_caleol && !matches!(one, Step::Sign(_)) {
            chamber.take(step(id, name, one)).await;
        }
    }
}

async fn sign(chamber: &Chamber, id: &str, request: &str) -> Result<v1::Proposal, Status> {
    let lease = Step::Sign(scenarios::lease(&format!("PL-{id}")));
    let signed = chamber.client.matching().step_proposal(step(id, request, lease)).await?;
    Ok(signed.into_inner().proposal.unwrap())
}

fn told<T: std::fmt::Debug>(answer: Result<T, Status>) -> (String, String) {
    let told = Told::by(&answer.unwrap_err());
    (told.reason, told.field)
}

fn at(reason: &str, field: &str) -> (String, String) {
    (reason.to_owned(), field.to_owned())
}

#[tokio::test]
async fn a_run_names_each_chain_with_its_links_in_order() {
    let chamber = chamber().await;
    for (most, chains) in [(0, 0), (1, 0), (2, 1)] {
        let best = run(&chamber, most).await.unwrap();
        assert_eq!((best.placed.len(), best.chains.len()), (0, chains), "{most} transfers");
        // The best of any length has two: kept to one, only the search says what is the best.
        assert_eq!((best.certified, best.proven_by_prices), (true, most != 1));
    }
    let best = run(&chamber, 5).await.unwrap();
    assert_eq!((best.transfers, best.unplaced.len()), (2, 0));
    let links: Vec<_> = best.chains[0]
        .links
        .iter()
        .map(|one| (one.rank, one.household.as_str(), one.offer_id.as_str(), one.frees_offer_id.as_str()))
        .collect();
    assert_eq!(links, [(1, "t-1", "O-1", "F-1"), (2, "t-2", "F-1", "F-2"), (3, "h-1", "F-2", "")]);
    // A tenant who does not agree is moved by nobody, nor one of another bailleur to this vacant dwelling.
    let unwilling =
        v1::TenantTransfer { agreed: false, ..transfer("t-1", Typology::T2, "F-1", Typology::T3) };
    declare(&chamber, "t-2", vec![unwilling]).await.unwrap();
    assert!(run(&chamber, 5).await.unwrap().chains.is_empty());
    let elsewhere = v1::TenantTransfer {
        frees: Some(dwelling("F-3", 3, Typology::T4)),
        ..transfer("t-3", Typology::T2, "F-3", Typology::T4)
    };
    declare(&chamber, "t-3", vec![elsewhere]).await.unwrap();
    assert!(run(&chamber, 5).await.unwrap().chains.is_empty());
    chamber.stop().await;
}

#[tokio::test]
async fn each_link_is_signed_after_the_one_before_it_and_only_the_rehousing_goes_to_the_ledger() {
    let chamber = chamber().await;
    let made = propose(&chamber, chain(&["t-1", "t-2", "h-1"])).await.unwrap().proposals;
    let links: Vec<_> =
        made.iter().map(|one| (one.proposal_id.as_str(), one.chain_id.as_str(), one.chain_rank)).collect();
    assert_eq!(links, [("C-1-1", "C-1", 1), ("C-1-2", "C-1", 2), ("C-1-3", "C-1", 3)]);
    assert_eq!(made[0].host_siren, siren(2));
    assert!(propose(&chamber, chain(&["t-1", "t-2", "h-1"])).await.unwrap().replayed);
    // What is under way is no longer looked at.
    let best = run(&chamber, 5).await.unwrap();
    assert_eq!((best.needs, best.offers, best.transfers), (0, 0, 0));
    let chamber = chamber.reopened().await;
    for (id, own_stock) in [("C-1-1", true), ("C-1-2", true), ("C-1-3", false)] {
        accepted(&chamber, id, own_stock).await;
    }
    for early in ["C-1-2", "C-1-3"] {
        assert_eq!(told(sign(&chamber, early, "early").await).0, "CHAIN_UNSIGNED", "{early}");
    }
    sign(&chamber, "C-1-1", "sign").await.unwrap();
    let chamber = chamber.reopened().await;
    assert_eq!(told(sign(&chamber, "C-1-3", "early").await).0, "CHAIN_UNSIGNED");
    for next in ["C-1-2", "C-1-3"] {
        assert_eq!(sign(&chamber, next, "sign").await.unwrap().stage(), v1::ProposalStage::Completed);
    }
    let told: Vec<_> = chamber.delivered().await.into_iter().map(|message| message.placement_id).collect();
    assert_eq!(told, ["PL-C-1-3"], "a tenant moved by its own bailleur is no matter of the chamber");
    chamber.stop().await;
}

#[tokio::test]
async fn a_broken_link_withdraws_those_after_it_with_their_reason() {
    let chamber = chamber().await;
    propose(&chamber, chain(&["t-1", "t-2", "h-1"])).await.unwrap();
    let no = Step::Decline(v1::DeclineReason::WrongPlace.into());
    chamber.take(step("C-1-2", "decline", no)).await;
    let chamber = chamber.reopened().await;
    let (first, last) = (proposal(&chamber, "C-1-1").await, proposal(&chamber, "C-1-3").await);
    assert_eq!(first.stage(), v1::ProposalStage::Proposed, "the tenant before it may still move");
    assert_eq!(
        (last.end(), last.withdrawn_for()),
        (v1::ProposalEnd::Withdrawn, v1::WithdrawReason::ChainBroken)
    );
    assert_eq!(last.formal_offers_used, 0);
    // The household is free again, and the tenant too.
    let best = run(&chamber, 5).await.unwrap();
    assert_eq!((best.needs, best.offers, best.transfers), (1, 0, 1));
    chamber.stop().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_chain_is_named_and_nothing_of_it_is_kept() {
    let chamber = chamber().await;
    let elsewhere = v1::TenantTransfer {
        frees: Some(dwelling("F-3", 3, Typology::T4)),
        ..transfer("t-3", Typology::T2, "F-3", Typology::T4)
    };
    let unwilling =
        v1::TenantTransfer { agreed: false, ..transfer("t-4", Typology::T2, "F-4", Typology::T4) };
    declare(&chamber, "t-2", vec![elsewhere, unwilling]).await.unwrap();
    // It would take what it frees.
    let any = v1::Need { most_typology: Typology::T4.into(), ..looks_for("t-5", 1, Typology::T2) };
    let back = v1::TenantTransfer { need: Some(any), ..transfer("t-5", Typology::T2, "F-5", Typology::T4) };
    declare(&chamber, "t-back", vec![back]).await.unwrap();
    for (households, reason, field) in [
        (vec!["t-5", "t-5", "h-1"], "PAIR_NOT_ELIGIBLE", "households[1]"),
        (vec!["h-1"], "VALUE_RANGE", "households"),
        (vec!["t-1"; 7], "VALUE_RANGE", "households"),
        (vec!["t-9", "h-1"], "NEED_UNKNOWN", "households[0]"),
        (vec!["t-1", "h-9"], "NEED_UNKNOWN", "households[1]"),
        (vec!["h-1", "h-1"], "NEED_UNKNOWN", "households[0]"),
        (vec!["t-1", "h-1"], "PAIR_NOT_ELIGIBLE", "households[1]"),
        (vec!["t-2", "h-1"], "PAIR_NOT_ELIGIBLE", "households[0]"),
        (vec!["t-3", "h-1"], "PAIR_NOT_ELIGIBLE", "households[0]"),
        (vec!["t-4", "h-1"], "PAIR_NOT_ELIGIBLE", "households[0]"),
    ] {
        assert_eq!(told(propose(&chamber, chain(&households)).await), at(reason, field), "{households:?}");
    }
    let vacant = v1::ProposeChainRequest { offer_id: "O-9".to_owned(), ..chain(&["t-1", "t-2", "h-1"]) };
    assert_eq!(told(propose(&chamber, vacant).await), at("OFFER_UNKNOWN", "offer_id"));
    let informal =
        v1::ProposeChainRequest { formal_offer_id: String::new(), ..chain(&["t-1", "t-2", "h-1"]) };
    assert_eq!(told(propose(&chamber, informal).await), at("FIELD_MISSING", "formal_offer_id"));
    assert_eq!(told(run(&chamber, 6).await), at("VALUE_RANGE", "max_transfers"));
    assert_eq!(told(run(&chamber, -1).await), at("VALUE_RANGE", "max_transfers"));
    assert_eq!(told(declare(&chamber, "t-5", Vec::new()).await), at("BATCH_EMPTY", "transfers"));
    let bare = v1::TenantTransfer::default();
    assert_eq!(told(declare(&chamber, "t-5", vec![bare]).await), at("FIELD_MISSING", "transfers[0].frees"));
    let unknown = v1::Need { operation_id: "OP-9".to_owned(), ..looks_for("t-5", 1, Typology::T2) };
    let unknown =
        v1::TenantTransfer { need: Some(unknown), ..transfer("t-5", Typology::T2, "F-5", Typology::T4) };
    let refused = told(declare(&chamber, "t-5", vec![unknown]).await);
    assert_eq!(refused, at("OPERATION_UNKNOWN", "transfers[0].need.operation_id"));
    // Nothing was kept of what was refused: the same chain is proposed whole.
    assert_eq!(propose(&chamber, chain(&["t-1", "t-2", "h-1"])).await.unwrap().proposals.len(), 3);
    let again = v1::ProposeChainRequest { request_id: "chain-2".to_owned(), ..chain(&["t-1", "t-2", "h-1"]) };
    assert_eq!(told(propose(&chamber, again).await), at("PROPOSAL_EXISTS", "chain_id"));
    chamber.stop().await;
}

#[tokio::test]
async fn a_chain_takes_no_more_places_of_a_contingent_than_are_left_and_no_dwelling_that_goes_round() {
    let chamber = chamber().await;
    let contingent = v1::PooledContingent {
        contingent_id: "PREFET".to_owned(),
        reserver: "Préfet (fictif)".to_owned(),
        kind: v1::Contingent::StatePriority.into(),
        accepts: v1::ContingentPublic::Anyone.into(),
        dwellings: 1,
        period: scenarios::proposal("", (2025, 12, 31)).period,
        ..v1::PooledContingent::default()
    };
    let request = v1::DeclareContingentsRequest {
        territory_siren: TERRITORY.to_owned(),
        contingents: vec![contingent],
        request_id: "c-1".to_owned(),
        author_id: "officer-1".to_owned(),
        validate_only: false,
    };
    chamber.client.matching().declare_contingents(request).await.unwrap();
    let reserved = |offer: v1::Offer| v1::Offer { contingent_id: "PREFET".to_owned(), ..offer };
    chamber.declare_offers("o-2", vec![reserved(dwelling("O-1", 2, Typology::T2))]).await;
    assert_eq!(run(&chamber, 2).await.unwrap().chains.len(), 1, "one place for one dwelling");
    let second = v1::TenantTransfer {
        frees: Some(reserved(dwelling("F-2", 2, Typology::T4))),
        ..transfer("t-2", Typology::T3, "F-2", Typology::T4)
    };
    declare(&chamber, "t-2", vec![second]).await.unwrap();
    assert_eq!(told(run(&chamber, 2).await), at("QUOTA_SPENT", "max_transfers"));
    let beyond = told(propose(&chamber, chain(&["t-1", "t-2", "h-1"])).await);
    assert_eq!(beyond, at("PAIR_NOT_ELIGIBLE", "households[2]"), "its first link took the one place");
    // The territory rotates, and a household looks for the vacant dwelling: it goes to its team first.
    let policy = v1::MatchingPolicy {
        territory_siren: TERRITORY.to_owned(),
        in_force_from: scenarios::day(2025, 7, 1),
        rotation: vec!["MOUS-1".to_owned()],
        ..v1::MatchingPolicy::default()
    };
    let request = v1::PublishPolicyRequest {
        policy: Some(policy),
        request_id: "policy-1".to_owned(),
        author_id: "officer-1".to_owned(),
        validate_only: false,
    };
    chamber.client.matching().publish_policy(request).await.unwrap();
    chamber.declare_needs("n-2", vec![looks_for("h-3", 1, Typology::T2)]).await;
    assert_eq!(told(propose(&chamber, chain(&["t-1", "t-2", "h-1"])).await), at("OUT_OF_TURN", "offer_id"));
    chamber.stop().await;
}

#[tokio::test]
async fn a_tenant_who_moved_a_year_ago_is_forgotten_and_its_chain_stays() {
    let chamber = chamber().await;
    let moved = transfer("t-moved-xyz", Typology::T2, "F-9", Typology::T4);
    let waiting = transfer("t-waiting-xyz", Typology::T2, "F-8", Typology::T4);
    declare(&chamber, "t-2", vec![moved, waiting]).await.unwrap();
    propose(&chamber, chain(&["t-moved-xyz", "h-1"])).await.unwrap();
    for (id, own_stock) in [("C-1-1", true), ("C-1-2", false)] {
        accepted(&chamber, id, own_stock).await;
        sign(&chamber, id, "sign").await.unwrap();
    }
    chamber.delivered().await;
    let clock = chamber.clock.clone();
    let folder = chamber.try_stop().await.unwrap();
    let on = chambre_domain::Date::constant(2026, 7, 1);
    let done = chambre_server::forget(folder.path(), on, false).unwrap();
    // The tenant and the household it made room for; t-1, t-2 and t-waiting-xyz still wait.
    assert_eq!((done.due, done.kept), (2, 3));
    let bytes = std::fs::read(folder.path().join("matching.db")).unwrap();
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(!holds("t-moved-xyz") && holds("t-waiting-xyz") && holds("efface-"));
    let chamber = Chamber::open_again(folder, clock).await;
    let kept = proposal(&chamber, "C-1-1").await;
    assert!(kept.household.starts_with("efface-"), "{}", kept.household);
    assert_eq!((kept.chain_rank, kept.stage()), (1, v1::ProposalStage::Completed));
    chamber.stop().await;
}

async fn withdraw(
    chamber: &Chamber,
    request_id: &str,
    household: &str,
) -> Result<v1::WithdrawNeedResponse, Status> {
    let request = v1::WithdrawNeedRequest {
        household: household.to_owned(),
        request_id: request_id.to_owned(),
        author_id: "mous-1".to_owned(),
        validate_only: false,
    };
    chamber.client.matching().withdraw_need(request).await.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn what_follows_from_another_proposal_is_no_reason_to_withdraw_one() {
    let chamber = chamber().await;
    propose(&chamber, chain(&["t-1", "t-2", "h-1"])).await.unwrap();
    use v1::WithdrawReason::{ChainBroken, GivenToAnother, Mistake, SiblingAccepted};
    for computed in [ChainBroken, GivenToAnother, SiblingAccepted] {
        let request = step("C-1-3", "withdraw", Step::Withdraw(computed.into()));
        let refused = told(chamber.client.matching().step_proposal(request).await);
        assert_eq!(refused, at("VALUE_UNKNOWN", "step.withdraw"), "{computed:?}");
    }
    chamber.take(step("C-1-3", "withdraw", Step::Withdraw(Mistake.into()))).await;
    chamber.stop().await;
}
