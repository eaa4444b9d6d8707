//! A matching service apart, that tells the ledger of another server what was signed in it.

use crate::wire::signed;
use crate::world::{HERE, ORIGIN, OWN, World, need_of};
use chambre_api::v1::event::Body;
use chambre_api::{Credentials, v1};
use chambre_server::RemoteLedger;
use scenarios::{Chamber, Told, event, relogement, reversal};
use tonic::Code;

#[tokio::test]
async fn it_declares_what_was_signed_there_and_can_do_nothing_else() {
    let world = World::open().await;
    let token = world.token("appariement", "matching");
    let credentials = Credentials { token: Some(token.clone()), ..Credentials::default() };
    let address = world.chamber.uri();
    let apart = Chamber::open_with(|config| {
        config.matching_ledger = Some(RemoteLedger { address, credentials });
    })
    .await;
    apart.declare_needs("n", vec![v1::Need { household: "h-apart".to_owned(), ..need_of(OWN, HERE) }]).await;
    apart.declare_offers("o", vec![scenarios::offer("O-apart", ORIGIN)]).await;
    apart.place("P-apart", "h-apart", "O-apart").await;
    assert_eq!(apart.delivered().await.len(), 1);
    let alone = apart.client.ledger().get_positions(v1::GetPositionsRequest::default()).await;
    assert_eq!(alone.unwrap_err().code(), Code::Unimplemented, "it serves the matching alone");
    apart.stop().await;

    let mut ledger = v1::ledger_service_client::LedgerServiceClient::new(world.chamber.channel().await);
    let auditor = world.token("e.auditor", "auditor");
    let asked = v1::GetRelogementRequest { relogement_id: "PL-P-apart".to_owned() };
    assert!(ledger.get_relogement(signed(Some(&auditor), asked.clone())).await.is_ok());
    assert_eq!(
        ledger.get_relogement(signed(Some(&token), asked)).await.unwrap_err().code(),
        Code::PermissionDenied,
        "it reads nothing back"
    );
    // What somebody else declared is not its own to reverse; an indemnity is no placement.
    let others = vec![
        event("rev", Body::Reversal(reversal(&format!("w-{OWN}-{HERE}")))),
        event("ind", Body::Indemnity(scenarios::indemnity(&format!("R-{OWN}-{HERE}"), 100))),
        event(
            "ok",
            Body::Relogement(v1::Relogement {
                operation_id: format!("OP-{ORIGIN}-{HERE}"),
                ..relogement("R-new", ORIGIN, OWN, 1_000)
            }),
        ),
    ];
    let request = v1::RecordEventsRequest { events: others, validate_only: true };
    let outcomes = ledger.record_events(signed(Some(&token), request)).await.unwrap().into_inner().outcomes;
    let said: Vec<String> = outcomes
        .into_iter()
        .map(|outcome| match outcome.outcome.unwrap() {
            v1::event_outcome::Outcome::Receipt(_) => "ok".to_owned(),
            v1::event_outcome::Outcome::Error(error) => Told::by_item(&error).reason,
        })
        .collect();
    assert_eq!(said, ["ACCESS_DENIED", "ACCESS_DENIED", "ok"]);
    world.chamber.stop().await;
}
