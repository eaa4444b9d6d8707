//! The matching: whose turn a bailleur may let pass, and whose ids it may give to its dwellings.

use crate::authority::claims;
use crate::wire::signed;
use crate::world::{HERE, OWN, STRANGER, World, need_of, offer_of};
use chambre_api::v1::{self, matching_service_client::MatchingServiceClient};
use scenarios::{Told, siren};
use serde_json::json;

/// The token of the other bailleur of the tests.
fn stranger(world: &World) -> String {
    world.issuer.token(&claims("si-c", "bailleur", &json!({ "chambre_siren": siren(STRANGER) })))
}

#[tokio::test]
async fn the_turn_of_a_team_is_let_pass_by_the_one_bailleur_it_works_for_or_by_an_officer() {
    let world = World::open().await;
    let mut matching = MatchingServiceClient::new(world.chamber.channel().await);
    let callers = [
        ("own", world.token("si-a", "bailleur")),
        ("stranger", stranger(&world)),
        ("officer", world.token("b", "officer")),
    ];
    // No round is under way: whoever may speak is told so.
    for (also_written_by, may) in [
        (None, [("own", true), ("stranger", false), ("officer", true)]),
        (Some(STRANGER), [("own", false), ("stranger", false), ("officer", true)]),
    ] {
        if let Some(other) = also_written_by {
            let need = v1::Need {
                household: "h-borrowed".to_owned(),
                mous_id: format!("M-{OWN}-{HERE}"),
                ..need_of(other, HERE)
            };
            let request = v1::DeclareNeedsRequest {
                needs: vec![need],
                request_id: "borrowed".to_owned(),
                author_id: String::new(),
                validate_only: false,
            };
            matching.declare_needs(signed(Some(&stranger(&world)), request)).await.unwrap();
        }
        for ((name, token), (same, may)) in callers.iter().zip(may) {
            assert_eq!(*name, same);
            let request = v1::DeclineTurnRequest {
                offer_id: format!("O-{OWN}-{HERE}"),
                mous_id: format!("M-{OWN}-{HERE}"),
                reason: v1::DeclineReason::TooDear.into(),
                request_id: format!("turn-of-{name}"),
                author_id: String::new(),
                validate_only: false,
            };
            let refused = matching.decline_turn(signed(Some(token), request)).await.unwrap_err();
            let expected = if may { "OUT_OF_TURN" } else { "ACCESS_DENIED" };
            assert_eq!(Told::by(&refused).reason, expected, "{name}, {also_written_by:?}");
        }
    }
    world.chamber.stop().await;
}

#[tokio::test]
async fn an_id_stays_with_the_bailleur_who_gave_it_to_a_dwelling() {
    let world = World::open().await;
    let mut matching = MatchingServiceClient::new(world.chamber.channel().await);
    let (own, other) = (world.token("si-a", "bailleur"), stranger(&world));
    let transfer = |landlord: u32, tenant: &str, offer_id: &str| v1::DeclareTransfersRequest {
        transfers: vec![v1::TenantTransfer {
            need: Some(v1::Need { household: tenant.to_owned(), ..need_of(landlord, HERE) }),
            frees: Some(v1::Offer {
                offer_id: offer_id.to_owned(),
                dwelling_ref: format!("LOT-{tenant}"),
                ..offer_of(landlord, HERE)
            }),
            agreed: true,
        }],
        request_id: format!("t-{tenant}-{offer_id}"),
        author_id: String::new(),
        validate_only: false,
    };
    matching.declare_transfers(signed(Some(&other), transfer(STRANGER, "t-other", "F-other"))).await.unwrap();
    for taken in [format!("O-{STRANGER}-{HERE}"), "F-other".to_owned()] {
        let request = transfer(OWN, "t-own", &taken);
        let refused = matching.declare_transfers(signed(Some(&own), request)).await.unwrap_err();
        assert_eq!(Told::by(&refused).reason, "ACCESS_DENIED", "{taken}");
        let request = v1::DeclareOffersRequest {
            offers: vec![v1::Offer { offer_id: taken.clone(), ..offer_of(OWN, HERE) }],
            request_id: format!("o-{taken}"),
            author_id: String::new(),
            validate_only: false,
        };
        let refused = matching.declare_offers(signed(Some(&own), request)).await.unwrap_err();
        assert_eq!(Told::by(&refused).reason, "ACCESS_DENIED", "{taken}");
    }
    matching.declare_transfers(signed(Some(&own), transfer(OWN, "t-own", "F-own"))).await.unwrap();
    world.chamber.stop().await;
}
