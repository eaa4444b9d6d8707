//! The record of accesses: who, what, when, what came of it; and nothing that is secret.

use crate::authority::claims;
use crate::wire::call;
use crate::world::{HERE, OWN, THERE, World};
use chambre_api::v1;
use chambre_server::access::log;
use prost::Message as _;
use scenarios::{TODAY, siren};
use serde_json::json;
use std::path::Path;

/// Whether a text stands anywhere in the files of a folder.
fn holds(folder: &Path, text: &str) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds(&path, text);
        }
        let bytes = std::fs::read(&path).unwrap();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

#[tokio::test]
async fn reads_writes_and_refusals_are_recorded_sealed_and_without_secrets() {
    let world = World::open().await;
    let channel = world.chamber.channel().await;
    let token = world.issuer.token(&claims("si-a", "bailleur", &json!({ "chambre_siren": siren(OWN) })));
    let officer = world.token("a.martin", "officer");
    let read = |id: String| v1::GetRelogementRequest { relogement_id: id }.encode_to_vec();
    let get = "/chambre.v1.LedgerService/GetRelogement";
    call(&channel, get, Some(&token), read(format!("R-{OWN}-{HERE}"))).await.unwrap();
    let works = v1::RecordWorksRequest {
        event_id: "recorded".to_owned(),
        works: Some(scenarios::works(&format!("R-{OWN}-{HERE}"), 700)),
        validate_only: false,
    };
    call(&channel, "/chambre.v1.LedgerService/RecordWorks", Some(&token), works.encode_to_vec())
        .await
        .unwrap();
    call(&channel, get, Some(&officer), read(format!("R-{OWN}-{THERE}"))).await.unwrap_err();
    let forged = format!("{token}x");
    call(&channel, get, Some(&forged), read("R".to_owned())).await.unwrap_err();
    let folder = world.chamber.try_stop().await.unwrap();

    let mut seen = Vec::new();
    log::read(folder.path(), |access| {
        assert!(access.at.starts_with(&TODAY.to_string()) && access.peer == "127.0.0.1", "{access:?}");
        seen.push((access.who, access.role, access.rpc, access.about, access.outcome));
        Ok(())
    })
    .unwrap();
    let line = |who: &str, role: &str, rpc: &str, about: &str, outcome: &str| {
        let rpc = format!("chambre.v1.LedgerService/{rpc}");
        (who.to_owned(), role.to_owned(), rpc, about.to_owned(), outcome.to_owned())
    };
    assert_eq!(
        seen,
        [
            line("si-a", "bailleur", "GetRelogement", &format!("territory {HERE}"), "OK"),
            line("si-a", "bailleur", "RecordWorks", "", "OK"),
            line("a.martin", "officer", "GetRelogement", &format!("territory {THERE}"), "PERMISSION_DENIED"),
            line("", "", "GetRelogement", "", "UNAUTHENTICATED"),
        ]
    );
    assert_eq!(log::verify(folder.path()).unwrap().lines, 4);
    for secret in [&token, &officer, token.rsplit('.').next().unwrap()] {
        assert!(!holds(folder.path(), secret));
    }
    assert!(holds(folder.path(), "si-a"), "the search would have found it");
}

#[tokio::test]
async fn a_trial_records_no_access() {
    let chamber = scenarios::Chamber::open().await;
    chamber.register(&[1]).await;
    let folder = chamber.try_stop().await.unwrap();
    assert!(!folder.path().join(log::FOLDER).exists());
}
