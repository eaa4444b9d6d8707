//! What stands on the lists of transfers, of offers and of needs, and on none twice.

use super::{at, chain, chamber, declare, dwelling, looks_for, propose, run, told, transfer, withdraw};
use chambre_api::v1::{self, Typology};
use scenarios::{TERRITORY, causal, siren};

/// `t-1` frees F-1 and `t-2` F-2; `O-1` is offered and `h-1` is to rehouse.
#[tokio::test]
async fn no_dwelling_and_no_household_stands_on_two_lists() {
    let chamber = chamber().await;
    let frees = |tenant: &str, offer_id: &str, dwelling_ref: &str| {
        let dwelling_ref = dwelling_ref.to_owned();
        let frees = v1::Offer { dwelling_ref, ..dwelling(offer_id, 2, Typology::T3) };
        v1::TenantTransfer { frees: Some(frees), ..transfer(tenant, Typology::T2, offer_id, Typology::T3) }
    };
    let twice = |field: &str| at("OFFER_TWICE", field);
    for (transfers, refused) in [
        (vec![frees("t-3", "O-1", "LOT-3")], twice("transfers[0].frees.offer_id")),
        (vec![frees("t-3", "F-1", "LOT-3")], twice("transfers[0].frees.offer_id")),
        (vec![frees("t-3", "F-3", "LOT-O-1")], twice("transfers[0].frees.dwelling_ref")),
        (vec![frees("t-3", "F-3", "LOT-F-1")], twice("transfers[0].frees.dwelling_ref")),
        (
            vec![frees("t-3", "F-3", "LOT-3"), frees("t-4", "F-4", "LOT-3")],
            twice("transfers[1].frees.dwelling_ref"),
        ),
        (
            vec![frees("t-3", "F-3", "LOT-3"), frees("h-1", "F-4", "LOT-4")],
            at("HOUSEHOLD_TWICE", "transfers[1].need.household"),
        ),
    ] {
        assert_eq!(told(declare(&chamber, "t-2", transfers).await), refused);
    }
    let offers = async |request_id: &str, offer: v1::Offer| {
        let (request_id, author_id) = (request_id.to_owned(), "host-2".to_owned());
        let request =
            v1::DeclareOffersRequest { offers: vec![offer], request_id, author_id, validate_only: false };
        chamber.client.matching().declare_offers(request).await.map(tonic::Response::into_inner)
    };
    let same = v1::Offer { dwelling_ref: "LOT-F-1".to_owned(), ..dwelling("O-2", 2, Typology::T3) };
    let refused = told(offers("o-2", dwelling("F-1", 2, Typology::T3)).await);
    assert_eq!(refused, twice("offers[0].offer_id"));
    assert_eq!(told(offers("o-2", same.clone()).await), twice("offers[0].dwelling_ref"));
    let needs = v1::DeclareNeedsRequest {
        needs: vec![looks_for("h-2", 1, Typology::T3), looks_for("t-1", 1, Typology::T3)],
        request_id: "n-2".to_owned(),
        author_id: "mous-1".to_owned(),
        validate_only: false,
    };
    let refused = told(chamber.client.matching().declare_needs(needs).await);
    assert_eq!(refused, at("HOUSEHOLD_TWICE", "needs[1].household"));
    // A tenant that declares again takes its own place, and what is off its list stands in the way of nothing.
    declare(&chamber, "t-2", vec![frees("t-1", "F-1", "LOT-F-1")]).await.unwrap();
    withdraw(&chamber, "w-1", "t-1").await.unwrap();
    assert!(withdraw(&chamber, "w-1", "t-1").await.unwrap().replayed);
    assert_eq!(told(withdraw(&chamber, "w-2", "t-1").await), at("NEED_UNKNOWN", "household"));
    offers("o-3", same).await.unwrap();
    chamber.declare_needs("n-3", vec![looks_for("t-1", 1, Typology::T2)]).await;
    assert_eq!(run(&chamber, 1).await.unwrap().transfers, 1, "it is to rehouse now, and moves nobody");
    chamber.stop().await;
}

#[tokio::test]
async fn the_chain_of_a_territory_moves_no_tenant_of_another() {
    const PARIS: &str = "217500016";
    let chamber = chamber().await;
    chamber.publish(v1::Convention { territory_siren: PARIS.to_owned(), ..causal() }).await;
    let there = v1::Operation {
        operation_id: "OP-PARIS".to_owned(),
        territory_siren: PARIS.to_owned(),
        ..scenarios::operation(1)
    };
    let request = v1::RegisterOperationRequest { operation: Some(there), validate_only: false };
    chamber.client.registry().register_operation(request).await.unwrap();
    let need = v1::Need { operation_id: "OP-PARIS".to_owned(), ..looks_for("t-3", 1, Typology::T2) };
    let away = v1::TenantTransfer { need: Some(need), ..transfer("t-3", Typology::T2, "F-3", Typology::T4) };
    declare(&chamber, "t-2", vec![away]).await.unwrap();
    let refused = told(propose(&chamber, chain(&["t-3", "h-1"])).await);
    assert_eq!(refused, at("NEED_UNKNOWN", "households[0]"));
    // Nor does it rehouse a household of another, and it does not tell that it exists.
    let need = v1::Need { operation_id: "OP-PARIS".to_owned(), ..looks_for("h-3", 1, Typology::T3) };
    chamber.declare_needs("n-3", vec![need]).await;
    for household in ["h-3", "h-absent"] {
        let refused = told(propose(&chamber, chain(&["t-1", household])).await);
        assert_eq!(refused, at("NEED_UNKNOWN", "households[1]"), "{household}");
    }
    chamber.stop().await;
}

#[tokio::test]
async fn transfers_are_listed_page_by_page_as_they_were_declared() {
    let chamber = chamber().await;
    let of = v1::TenantTransfer {
        frees: Some(dwelling("F-3", 3, Typology::T4)),
        agreed: false,
        ..transfer("t-3", Typology::T2, "F-3", Typology::T4)
    };
    declare(&chamber, "t-2", vec![of]).await.unwrap();
    let list = async |bailleur: Option<u32>, page_token: String| {
        let request = v1::ListTransfersRequest {
            territory_siren: TERRITORY.to_owned(),
            bailleur_siren: bailleur.map(siren).unwrap_or_default(),
            page_size: 2,
            page_token,
        };
        chamber.client.matching().list_transfers(request).await.unwrap().into_inner()
    };
    let tenants = |page: &v1::ListTransfersResponse| {
        let tenants = page.transfers.iter().map(|one| one.need.as_ref().unwrap().household.clone());
        tenants.collect::<Vec<_>>()
    };
    let first = list(None, String::new()).await;
    assert_eq!(tenants(&first), ["t-1", "t-2"]);
    let frees = first.transfers[0].frees.as_ref().unwrap();
    assert_eq!((frees.offer_id.as_str(), frees.bailleur_siren.as_str()), ("F-1", siren(2).as_str()));
    let last = list(None, first.next_page_token).await;
    assert_eq!((tenants(&last), last.transfers[0].agreed), (vec!["t-3".to_owned()], false));
    assert_eq!(last.next_page_token, "");
    assert_eq!(tenants(&list(Some(3), String::new()).await), ["t-3"]);
    withdraw(&chamber, "w-1", "t-1").await.unwrap();
    assert_eq!(tenants(&list(Some(2), String::new()).await), ["t-2"]);
    chamber.stop().await;
}
