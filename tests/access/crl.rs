//! Lists of revoked certificates (CRL): believed from the authority alone, looked at on each call, and strict about
//! their own end.

use crate::attacks::nothing_but_unauthenticated;
use crate::authority::{AUDIENCE, Authority, ISSUER, Issuer, NOW, claims, put};
use crate::guarded::{Guarded, read};
use chambre_api::Client;
use chambre_domain::Date;
use chambre_server::access::{AccessSettings, TlsSettings, TokenSettings};
use chambre_server::{Config, ManualClock};
use scenarios::{TODAY, siren};
use serde_json::json;
use std::time::Duration;

const CRL: &str = "ca.crl";
const YEARS: (i32, i32) = (2024, 2030);

async fn guarded(authority: Authority, crl: String, issuer: Option<&Issuer>) -> Guarded {
    Guarded::with_settings(authority, |path| AccessSettings {
        client_crl: Some(put(path, CRL, crl)),
        tokens: issuer.map(|issuer| TokenSettings {
            jwks: put(path, "jwks.json", issuer.jwks()).into(),
            issuer: ISSUER.to_owned(),
            audience: AUDIENCE.to_owned(),
        }),
        ..AccessSettings::default()
    })
    .await
}

/// Calls until the answer is as it must become, once a changed file is seen; each refusal costs one of the twenty
/// of a minute.
async fn becomes(client: &Client, open: bool) -> bool {
    for _ in 0..16 {
        if read(client).await.is_ok() == open {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    false
}

#[tokio::test]
async fn a_revoked_certificate_is_refused_and_its_neighbour_is_not() {
    let authority = Authority::new();
    let lost = authority.client("si-lost", "auditor", "AORIF", YEARS);
    let kept = authority.client("si-a", "bailleur", &siren(1), YEARS);
    let crl = authority.crl(&[&lost], (2026, 1));
    let chamber = guarded(authority, crl, None).await;
    nothing_but_unauthenticated("revoked", chamber.read(Some(&lost), None).await.map(|_| None));
    assert_eq!(chamber.read(Some(&kept), None).await.ok(), Some(63));
    chamber.stop().await;
}

#[tokio::test]
async fn a_list_that_changes_holds_for_connections_already_open_and_a_spoilt_one_is_not_used() {
    let authority = Authority::new();
    let (one, two) =
        (authority.client("one", "auditor", "A", YEARS), authority.client("two", "auditor", "A", YEARS));
    let (none, lost) = (authority.crl(&[], (2026, 1)), authority.crl(&[&one], (2026, 1)));
    let chamber = guarded(authority, none.clone(), None).await;
    let (first, second) = (chamber.client(Some(&one), None).await, chamber.client(Some(&two), None).await);
    assert!(read(&first).await.is_ok() && read(&second).await.is_ok());
    put(chamber.folder(), CRL, &lost);
    assert!(becomes(&first, false).await, "the connection was open before");
    assert!(read(&second).await.is_ok());
    put(chamber.folder(), CRL, "spoilt");
    // Longer than a file is left unseen.
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert!(read(&second).await.is_ok() && read(&first).await.is_err(), "the last sound list holds");
    put(chamber.folder(), CRL, format!("{none}\n"));
    assert!(becomes(&first, true).await, "no longer revoked");
    chamber.stop().await;
}

#[tokio::test]
async fn past_the_end_of_its_list_no_certificate_is_accepted_until_a_newer_one() {
    let (authority, issuer) = (Authority::new(), Issuer::new());
    let pair = authority.client("si-a", "bailleur", &siren(1), YEARS);
    let (short, next) = (authority.crl(&[], (2025, 8)), authority.crl(&[], (2026, 1)));
    let chamber = guarded(authority, short, Some(&issuer)).await;
    let open = chamber.client(Some(&pair), None).await;
    assert!(read(&open).await.is_ok());
    chamber.clock.set_day(Date::constant(2025, 8, 2));
    nothing_but_unauthenticated("an open connection", read(&open).await.map(|_| None));
    nothing_but_unauthenticated("a new one", chamber.read(Some(&pair), None).await.map(|_| None));
    let more = json!({ "exp": NOW + 90 * 86_400 });
    let token = issuer.token(&claims("e.auditor", "auditor", &more));
    assert!(chamber.read(None, Some(&token)).await.is_ok(), "tokens are another matter");
    put(chamber.folder(), CRL, next);
    assert!(becomes(&open, true).await);
    chamber.stop().await;
}

#[tokio::test]
async fn a_list_that_the_authority_did_not_sign_is_not_believed() {
    // The same name, another key: nothing that it says is taken, and nothing is known of who is revoked.
    let authority = Authority::new();
    let pair = authority.client("si-a", "bailleur", &siren(1), YEARS);
    let chamber = guarded(authority, Authority::new().crl(&[], (2026, 1)), None).await;
    nothing_but_unauthenticated("forged list", chamber.read(Some(&pair), None).await.map(|_| None));
    chamber.stop().await;
}

#[tokio::test]
async fn a_file_without_a_list_of_the_authority_keeps_the_service_from_starting() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let authority = Authority::new();
    let server = authority.server();
    let start = async |crl: String| {
        let mut config = Config::new(path.join("data"));
        config.listen = "127.0.0.1:0".parse().unwrap();
        config.access = AccessSettings {
            tls: Some(TlsSettings {
                certificate: put(path, "server.pem", &server.chain),
                key: put(path, "server.key", &server.key),
            }),
            client_ca: Some(put(path, "ca.pem", authority.pem())),
            client_crl: Some(put(path, CRL, crl)),
            ..AccessSettings::default()
        };
        chambre_server::start(config, ManualClock::new(TODAY).clock()).await.unwrap_err().to_string()
    };
    let elsewhere = Authority::named("Autre autorité fictive").crl(&[], (2026, 1));
    for crl in [String::new(), "spoilt".to_owned(), String::from_utf8(authority.pem()).unwrap(), elsewhere] {
        let told = start(crl).await;
        assert!(told.contains("ca.crl: no list (CRL) of an authority"), "{told}");
    }
    let broken = "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n".to_owned();
    let told = start(broken).await;
    assert!(told.contains("ca.crl: "), "{told}");
}
