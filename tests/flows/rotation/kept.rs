//! Nobody chooses who comes first, nor takes a dwelling past the order.

use super::{TEAMS, chamber, decline, open, order, propose, publish, rotating, rotation, told};
use chambre_api::v1::{self, ProposalMode, RoundState, proposal_step::Step};
use chambre_domain::Date;
use scenarios::{Chamber, TERRITORY, causal, day, need, offer, proposed, step};

const PARIS: &str = "217500016";

/// An exchange, a batch, a turn without a round; then an officer who directs the dwelling, with a reason.
async fn only_directed(chamber: &Chamber, household: &str, offer_id: &str, rank: i32) {
    let asked = |mode: ProposalMode| v1::ProposeRequest {
        mode: mode.into(),
        rank,
        ..proposed("P-past", household, offer_id)
    };
    for mode in [ProposalMode::Exchange, ProposalMode::Batch, ProposalMode::Rotating, ProposalMode::First] {
        let (reason, field, _) = told(propose(chamber, asked(mode)).await);
        assert_eq!((reason.as_str(), field.as_str()), ("OUT_OF_TURN", "offer_id"), "{mode:?}");
    }
    let directed = v1::ProposeRequest {
        direction_reason: v1::DirectionReason::Territory.into(),
        validate_only: true,
        ..asked(ProposalMode::Directed)
    };
    chamber.client.matching().propose(directed).await.unwrap();
}

#[tokio::test]
async fn a_dwelling_published_later_waits_for_its_turn() {
    let chamber = chamber().await;
    let later = v1::Offer { published_on: day(2025, 7, 3), ..offer("O-1", 2) };
    chamber.declare_offers("o-1", vec![later]).await;
    assert!(rotation(&chamber).await.open.is_empty());
    only_directed(&chamber, "h-M2-1", "O-1", 1).await;
    chamber.clock.set_day(Date::constant(2025, 7, 3));
    assert_eq!(rotation(&chamber).await.open[0].asked_mous_id, "M1");
    chamber.stop().await;
}

#[tokio::test]
async fn what_a_team_took_in_its_turn_is_ranked_for_nobody_else() {
    let chamber = chamber().await;
    open(&chamber, "O-1", v1::Typology::T3).await;
    propose(&chamber, rotating("P-1", "h-M1-1", "O-1")).await.unwrap();
    chamber.take(step("P-1", "position", Step::Position(()))).await;
    assert_eq!(rotation(&chamber).await.over[0].state(), RoundState::Taken);
    only_directed(&chamber, "h-M2-1", "O-1", 2).await;
    chamber.stop().await;
}

async fn withdraw(chamber: &Chamber, request_id: &str, offer_id: &str) {
    let request = v1::WithdrawOfferRequest {
        offer_id: offer_id.to_owned(),
        request_id: request_id.to_owned(),
        author_id: "host-2".to_owned(),
        validate_only: false,
    };
    chamber.client.matching().withdraw_offer(request).await.unwrap();
}

#[tokio::test]
async fn a_dwelling_withdrawn_and_declared_again_is_at_the_same_team() {
    let mut chamber = chamber().await;
    let same = || vec![offer("O-1", 2)];
    for again in 0..3 {
        chamber.declare_offers(&format!("o-{again}"), same()).await;
        let now = rotation(&chamber).await;
        assert_eq!((now.open[0].asked_mous_id.as_str(), order(&now)), ("M1", vec!["M2", "M3", "M1"]));
        withdraw(&chamber, &format!("w-{again}"), "O-1").await;
        chamber = chamber.reopened().await;
        let now = rotation(&chamber).await;
        assert_eq!((now.over.last().unwrap().state(), order(&now)), (RoundState::Closed, TEAMS.to_vec()));
    }
    // Once it was heard, the team has had its turn.
    chamber.declare_offers("heard", same()).await;
    decline(&chamber, "O-1", "M1").await.unwrap();
    withdraw(&chamber, "w-heard", "O-1").await;
    assert_eq!(order(&rotation(&chamber).await), ["M2", "M3", "M1"]);
    chamber.stop().await;
}

/// Paris rotates too, and its team `P1` has a household that looks there.
async fn paris(chamber: &Chamber) {
    chamber.publish(v1::Convention { territory_siren: PARIS.to_owned(), ..causal() }).await;
    let there = v1::Operation {
        operation_id: "OP-PARIS".to_owned(),
        territory_siren: PARIS.to_owned(),
        ..scenarios::operation(1)
    };
    let request = v1::RegisterOperationRequest { operation: Some(there), validate_only: false };
    chamber.client.registry().register_operation(request).await.unwrap();
    let policy = v1::MatchingPolicy {
        territory_siren: PARIS.to_owned(),
        in_force_from: day(2025, 7, 1),
        rotation: vec!["P1".to_owned()],
        ..v1::MatchingPolicy::default()
    };
    let request = v1::PublishPolicyRequest {
        policy: Some(policy),
        request_id: "policy-paris".to_owned(),
        author_id: "officer-2".to_owned(),
        validate_only: false,
    };
    chamber.client.matching().publish_policy(request).await.unwrap();
    let looks = v1::Need {
        mous_id: "P1".to_owned(),
        operation_id: "OP-PARIS".to_owned(),
        wishes: vec![v1::Wish { place: PARIS.to_owned(), rank: 1 }],
        ..need("h-paris", 1)
    };
    chamber.declare_needs("n-paris", vec![looks]).await;
}

#[tokio::test]
async fn a_dwelling_goes_along_the_order_of_one_territory() {
    let chamber = chamber().await;
    paris(&chamber).await;
    open(&chamber, "O-1", v1::Typology::T3).await;
    assert_eq!(rotation(&chamber).await.open.len(), 1);
    let moved = v1::Offer { commune_insee: "75056".to_owned(), ..offer("O-1", 2) };
    chamber.declare_offers("o-2", vec![moved]).await;
    let now = rotation(&chamber).await;
    assert_eq!((now.open.len(), now.over[0].state(), order(&now)), (0, RoundState::Closed, TEAMS.to_vec()));
    let request = v1::GetRotationRequest { territory_siren: PARIS.to_owned() };
    let there = chamber.client.matching().get_rotation(request).await.unwrap().into_inner();
    assert_eq!((there.open.len(), there.open[0].asked_mous_id.as_str()), (1, "P1"));
    assert_eq!(decline(&chamber, "O-1", "P1").await.unwrap().next_mous_id, "");
    chamber.stop().await;
}

/// `h-large` alone looks for the T5, and waits behind another household for a T3.
#[tokio::test]
async fn a_household_released_by_the_choice_of_another_opens_a_dwelling_at_once() {
    let chamber = chamber().await;
    let large =
        v1::Need { mous_id: "M2".to_owned(), most_typology: v1::Typology::T5.into(), ..need("h-large", 1) };
    chamber.declare_needs("n-2", vec![large]).await;
    open(&chamber, "O-1", v1::Typology::T3).await;
    propose(&chamber, rotating("P-1", "h-M1-1", "O-1")).await.unwrap();
    chamber.take(step("P-1", "position", Step::Position(()))).await;
    let second = v1::ProposeRequest {
        mode: ProposalMode::Directed.into(),
        direction_reason: v1::DirectionReason::Territory.into(),
        rank: 2,
        ..proposed("P-2", "h-large", "O-1")
    };
    propose(&chamber, second).await.unwrap();
    open(&chamber, "O-5", v1::Typology::T5).await;
    assert!(rotation(&chamber).await.open.is_empty(), "nobody is free for it");
    for (name, one) in scenarios::to_the_lease("PL-1").into_iter().skip(1).take(4) {
        chamber.take(step("P-1", name, one)).await;
    }
    let now = rotation(&chamber).await;
    assert_eq!(now.open.len(), 1, "without a restart");
    assert_eq!((now.open[0].offer_id.as_str(), now.open[0].asked_mous_id.as_str()), ("O-5", "M2"));
    chamber.stop().await;
}

#[tokio::test]
async fn rules_published_again_are_answered_as_they_were_published() {
    let chamber = chamber().await;
    publish(&chamber, "policy-2", &["M3"]).await.unwrap();
    let chamber = chamber.reopened().await;
    for (request_id, version, teams) in [("policy-1", 1, &TEAMS[..]), ("policy-2", 2, &["M3"])] {
        let again = publish(&chamber, request_id, teams).await.unwrap();
        let policy = again.policy.unwrap();
        assert_eq!(
            (again.replayed, policy.version, policy.rotation),
            (true, version, teams.iter().map(|team| (*team).to_owned()).collect())
        );
        assert_eq!(policy.territory_siren, TERRITORY);
    }
    chamber.stop().await;
}
