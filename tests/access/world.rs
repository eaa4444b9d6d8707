//! What the tests of access walk over: two territories, each with a relogement and a run of the caller's own, and
//! of others.

use crate::authority::{AUDIENCE, ISSUER, Issuer, claims, put};
use chambre_api::v1::{self, event::Body};
use chambre_server::access::TokenSettings;
use scenarios::{Chamber, causal, day, operation, relogement, siren, works};
use serde_json::json;
use std::path::Path;

/// Plaine Commune, where the officers of the tests are; and Paris, where they are not.
pub const HERE: &str = "200057867";
pub const THERE: &str = "217500016";

/// The landlord of the tests; its origin; two strangers.
pub const OWN: u32 = 1;
pub const ORIGIN: u32 = 2;
pub const STRANGER: u32 = 3;
pub const STRANGERS_ORIGIN: u32 = 4;

pub struct World {
    pub chamber: Chamber,
    pub issuer: Issuer,
}

impl World {
    /// Built in a trial, then opened again with access control: tokens, on loopback.
    pub async fn open() -> Self {
        Self::open_with(|_, _| {}).await
    }

    pub async fn open_with(change: impl FnOnce(&mut chambre_server::Config, &Path)) -> Self {
        let chamber = Chamber::open().await;
        build(&chamber).await;
        let issuer = Issuer::new();
        let folder = chamber.folder().to_owned();
        let jwks = put(&folder, "jwks.json", issuer.jwks());
        let tokens =
            TokenSettings { jwks: jwks.into(), issuer: ISSUER.to_owned(), audience: AUDIENCE.to_owned() };
        let chamber = chamber
            .reopened_with(|config| {
                config.access.tokens = Some(tokens);
                change(config, &folder);
            })
            .await;
        Self { chamber, issuer }
    }

    /// A token for a role; where it holds goes without saying.
    pub fn token(&self, name: &str, role: &str) -> String {
        let more = match role {
            "bailleur" => json!({ "chambre_siren": siren(OWN) }),
            "officer" | "coordinator" => json!({ "chambre_territories": [HERE] }),
            "region" => json!({ "chambre_role": "officer", "chambre_territories": ["region"] }),
            "" => json!({ "chambre_role": null }),
            _ => json!({}),
        };
        self.issuer.token(&claims(name, role, &more))
    }
}

async fn build(chamber: &Chamber) {
    chamber.register(&[OWN, ORIGIN, STRANGER, STRANGERS_ORIGIN]).await;
    for number in [OWN, STRANGER] {
        bank_account(chamber, number).await;
    }
    for territory in [HERE, THERE] {
        chamber.publish(v1::Convention { territory_siren: territory.to_owned(), ..causal() }).await;
        for origin in [ORIGIN, STRANGERS_ORIGIN, OWN, STRANGER] {
            let operation_id = format!("OP-{origin}-{territory}");
            let territory_siren = territory.to_owned();
            let operation = Some(v1::Operation { operation_id, territory_siren, ..operation(origin) });
            let request = v1::RegisterOperationRequest { operation, validate_only: false };
            chamber.client.registry().register_operation(request).await.unwrap();
        }
        // The run of the strangers first, so that it holds no position of the caller.
        effort(chamber, territory, STRANGER, STRANGERS_ORIGIN).await;
        effort(chamber, territory, OWN, ORIGIN).await;
        dispute(chamber, &format!("d-{territory}"), format!("R-{STRANGER}-{territory}")).await;
        for origin in [OWN, STRANGER] {
            matching(chamber, territory, origin).await;
        }
    }
    dispute(chamber, "d-own", format!("R-{OWN}-{THERE}")).await;
}

async fn bank_account(chamber: &Chamber, number: u32) {
    let bank_account = v1::BankAccount {
        bailleur_siren: siren(number),
        iban: chambre_domain::Iban::fictitious(number).paper(),
        holder: format!("Bailleur {number} (fictif)"),
        valid_from: day(2025, 1, 1),
        officer_id: "officer-1".to_owned(),
        ..v1::BankAccount::default()
    };
    let event_id = format!("iban-{number}");
    let request =
        v1::RegisterBankAccountRequest { event_id, bank_account: Some(bank_account), validate_only: false };
    chamber.client.registry().register_bank_account(request).await.unwrap();
}

async fn dispute(chamber: &Chamber, event_id: &str, relogement_id: String) {
    use v1::raise_dispute_request::{RaisedBy, Subject};
    let request = v1::RaiseDisputeRequest {
        event_id: event_id.to_owned(),
        subject: Some(Subject::RelogementId(relogement_id)),
        reason: v1::DisputeReason::AmountWrong.into(),
        raised_by: Some(RaisedBy::OfficerId("officer-1".to_owned())),
        ..v1::RaiseDisputeRequest::default()
    };
    chamber.client.netting().raise_dispute(request).await.unwrap();
}

async fn effort(chamber: &Chamber, territory: &str, host: u32, origin: u32) {
    let id = format!("R-{host}-{territory}");
    let mut moved = relogement(&id, origin, host, 10_000);
    moved.operation_id = format!("OP-{origin}-{territory}");
    chamber.record(&format!("r-{host}-{territory}"), Body::Relogement(moved)).await;
    chamber.record(&format!("w-{host}-{territory}"), Body::Works(works(&id, 5_000))).await;
    let counterpart = v1::LandCounterpart {
        territory_siren: territory.to_owned(),
        bailleur_siren: siren(host),
        step: v1::CounterpartStep::Due.into(),
        quantity: 100,
        unit: v1::Unit::SquareMetres.into(),
        occurred_on: day(2025, 4, 1),
        voucher: "ACTE-1".to_owned(),
        officer_id: "officer-1".to_owned(),
    };
    chamber.record(&format!("l-{host}-{territory}"), Body::LandCounterpart(counterpart)).await;
    let run = format!("N-{host}-{territory}");
    // The cut-off of each run is later than the one before.
    let to = if host == STRANGER { (2025, 4, 30) } else { (2025, 5, 31) };
    let mut request = scenarios::proposal(&run, to);
    request.territory_siren = territory.to_owned();
    chamber.client.netting().propose_netting(request).await.unwrap();
    chamber.approve(&run).await;
}

/// A need of the operation of a landlord, an offer of that landlord, a proposal of another dwelling to the household, and
/// a tenant of the landlord who asks for a transfer.
async fn matching(chamber: &Chamber, territory: &str, origin: u32) {
    let of = format!("{origin}-{territory}");
    chamber.declare_needs(&format!("n-{of}"), vec![need_of(origin, territory)]).await;
    let other = scenarios::offer(&format!("X-{of}"), ORIGIN);
    chamber.declare_offers(&format!("o-{of}"), vec![offer_of(origin, territory), other]).await;
    let request = scenarios::proposed(&format!("P-{of}"), &format!("h-{of}"), &format!("X-{of}"));
    chamber.client.matching().propose(request).await.unwrap();
    let tenant = v1::Need { household: format!("m-{of}"), ..need_of(origin, territory) };
    let ids = (format!("L-{of}"), format!("LOT-L-{of}"));
    let frees = v1::Offer { offer_id: ids.0, dwelling_ref: ids.1, ..offer_of(origin, territory) };
    let request = v1::DeclareTransfersRequest {
        transfers: vec![v1::TenantTransfer { need: Some(tenant), frees: Some(frees), agreed: true }],
        request_id: format!("m-{of}"),
        author_id: "host-1".to_owned(),
        validate_only: false,
    };
    chamber.client.matching().declare_transfers(request).await.unwrap();
}

/// A household of the operation of a landlord.
pub fn need_of(origin: u32, territory: &str) -> v1::Need {
    let operation_id = format!("OP-{origin}-{territory}");
    let mous_id = format!("M-{origin}-{territory}");
    v1::Need { operation_id, mous_id, ..scenarios::need(&format!("h-{origin}-{territory}"), origin) }
}

/// A dwelling of a landlord, in a territory.
pub fn offer_of(landlord: u32, territory: &str) -> v1::Offer {
    let commune_insee = if territory == THERE { "75056" } else { scenarios::COMMUNE }.to_owned();
    v1::Offer { commune_insee, ..scenarios::offer(&format!("O-{landlord}-{territory}"), landlord) }
}
