//! Attempts that must fail, each told nothing but that it failed.

use crate::authority::{AUDIENCE, Authority, ISSUER, Issuer, NOW, claims, put};
use crate::guarded::Guarded;
use crate::wire::{call, signed};
use crate::world::{HERE, OWN, World};
use chambre_api::{Client, v1};
use chambre_server::access::{AccessSettings, TlsSettings, TokenSettings};
use chambre_server::{Config, ManualClock, ServerError};
use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use prost::Message as _;
use scenarios::{TODAY, Told, siren};
use serde_json::{Value, json};
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;

const READ: &str = "/chambre.v1.LedgerService/GetRelogement";

fn reading() -> Vec<u8> {
    v1::GetRelogementRequest { relogement_id: format!("R-{OWN}-{HERE}") }.encode_to_vec()
}

fn own(more: &Value) -> Value {
    let mut claims = claims("si-a", "bailleur", &json!({ "chambre_siren": siren(OWN), "jti": "j-1" }));
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    claims
}

fn without(field: &str) -> Value {
    let mut claims = own(&json!({}));
    claims.as_object_mut().unwrap().remove(field);
    claims
}

fn with_header(header: &Value, claims: &Value, signature: &[u8]) -> String {
    let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    format!("{}.{}.{}", part(header), part(claims), BASE64URL_NOPAD.encode(signature))
}

fn hmac(secret: &[u8], kid: &str) -> String {
    let header = Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::HS256) };
    jsonwebtoken::encode(&header, &own(&json!({})), &EncodingKey::from_secret(secret)).unwrap()
}

/// What somebody learns who is not let in: the same words, whatever was wrong.
pub fn nothing_but_unauthenticated(what: &str, answer: Result<Option<Vec<u8>>, Status>) {
    let status = answer.map(|_| ()).expect_err(what);
    let told = Told::by(&status);
    assert_eq!(
        (told.code, told.reason.as_str()),
        (Code::Unauthenticated, "UNAUTHENTICATED"),
        "{what}: {status}"
    );
    assert_eq!(told.facts["value"], "", "{what}");
    assert!(!status.message().contains("expired") && !status.message().contains("R-"), "{what}");
}

#[tokio::test]
async fn tokens_of_each_accepted_algorithm_open_the_door() {
    let world = World::open().await;
    let channel = world.chamber.channel().await;
    for algorithm in [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA] {
        let token = world.issuer.sign(algorithm, &own(&json!({})));
        assert!(call(&channel, READ, Some(&token), reading()).await.is_ok(), "{algorithm:?}");
    }
    // A difference between clocks is forgiven, an audience may be one of several.
    for more in
        [json!({ "exp": NOW - 20 }), json!({ "nbf": NOW + 20 }), json!({ "aud": ["other", AUDIENCE] })]
    {
        let token = world.issuer.token(&own(&more));
        assert!(call(&channel, READ, Some(&token), reading()).await.is_ok(), "{more}");
    }
    world.chamber.stop().await;
}

#[tokio::test]
async fn a_token_with_anything_wrong_is_refused_without_a_word() {
    // Failures are damped: this test makes many on purpose, from several chambers.
    let stranger = Issuer::new();
    let issuer = Issuer::new();
    let payload = |token: &str| token.split('.').nth(1).unwrap().to_owned();
    let good = issuer.token(&own(&json!({})));
    let admin = issuer.token(&own(&json!({ "chambre_role": "administrator" })));
    let tampered = good.replace(&payload(&good), &payload(&admin));
    let public = issuer.public_pem(Algorithm::RS256);
    let no_kid = {
        let header = json!({ "alg": "EdDSA" });
        with_header(&header, &own(&json!({})), &[0; 64])
    };
    let none =
        |alg: &str| with_header(&json!({ "alg": alg, "typ": "JWT", "kid": "EdDSA" }), &own(&json!({})), b"");
    let sign = |claims: Value| issuer.token(&claims);
    let cases: Vec<(&str, String)> = vec![
        ("expired", sign(own(&json!({ "exp": NOW - 31 })))),
        ("not valid yet", sign(own(&json!({ "nbf": NOW + 31 })))),
        ("made in the future", sign(own(&json!({ "iat": NOW + 31 })))),
        ("another audience", sign(own(&json!({ "aud": "other" })))),
        ("another issuer", sign(own(&json!({ "iss": "https://other.example" })))),
        ("no expiry", sign(without("exp"))),
        ("no audience", sign(without("aud"))),
        ("no issuer", sign(without("iss"))),
        ("no subject", sign(without("sub"))),
        ("an expiry that is no number", sign(own(&json!({ "exp": "never" })))),
        ("another key under the same kid", stranger.token(&own(&json!({})))),
        ("another key, RS256", stranger.sign(Algorithm::RS256, &own(&json!({})))),
        ("none", none("none")),
        ("None", none("None")),
        ("none, with a trailing dot missing", none("none").trim_end_matches('.').to_owned()),
        ("HS256 with the public key, in PEM", hmac(public.as_bytes(), "RS256")),
        ("HS256 with the JWKS", hmac(issuer.jwks().as_bytes(), "EdDSA")),
        ("HS256 with the empty secret", hmac(b"", "EdDSA")),
        ("a role put in after signing", tampered),
        ("an unknown kid", issuer.sign_under("other", Algorithm::EdDSA, &own(&json!({})))),
        ("a key of another algorithm", issuer.sign_under("RS256", Algorithm::EdDSA, &own(&json!({})))),
        ("no kid among several keys", no_kid),
        ("a role that does not exist", sign(own(&json!({ "chambre_role": "root" })))),
        ("a landlord without a SIREN", sign(own(&json!({ "chambre_siren": null })))),
        ("a name that is not one", sign(own(&json!({ "chambre_name": "../etc" })))),
        ("not a token", "abc".to_owned()),
        ("three empty parts", "..".to_owned()),
        ("a token of a hundred kilobytes", "a".repeat(6_000) + &".b".repeat(3_000)),
    ];
    for group in cases.chunks(15) {
        let world = World::open_with(|_, folder| drop(put(folder, "jwks.json", issuer.jwks()))).await;
        let channel = world.chamber.channel().await;
        for (what, token) in group {
            nothing_but_unauthenticated(what, call(&channel, READ, Some(token), reading()).await);
        }
        world.chamber.stop().await;
    }
}

#[tokio::test]
async fn a_revoked_token_or_name_is_refused() {
    for revoked in ["token:j-1", "name:si-a"] {
        let world = World::open_with(|config, folder| {
            config.access.revoked = Some(put(folder, "revoked.txt", format!("{revoked}\n")));
        })
        .await;
        let token = world.issuer.token(&own(&json!({})));
        let channel = world.chamber.channel().await;
        nothing_but_unauthenticated(revoked, call(&channel, READ, Some(&token), reading()).await);
        world.chamber.stop().await;
    }
}

#[tokio::test]
async fn metadata_gives_nobody_a_role() {
    let world = World::open().await;
    let channel = world.chamber.channel().await;
    let mut registry = v1::registry_service_client::RegistryServiceClient::new(channel);
    let own = world.token("si-a", "bailleur");
    for (token, code) in [(Some(own.as_str()), Code::PermissionDenied), (None, Code::Unauthenticated)] {
        let message =
            v1::RegisterBailleurRequest { bailleur: Some(scenarios::bailleur(9)), validate_only: false };
        let mut request = signed(token, message);
        for name in [
            "role",
            "chambre_role",
            "chambre-role",
            "x-role",
            "x-forwarded-user",
            "x-chambre-identity",
            "sub",
        ] {
            request.metadata_mut().insert(name, "administrator".parse().unwrap());
        }
        assert_eq!(registry.register_bailleur(request).await.unwrap_err().code(), code);
    }
    // Two authorizations: neither.
    let message =
        v1::RegisterBailleurRequest { bailleur: Some(scenarios::bailleur(9)), validate_only: false };
    let mut request = signed(Some(&own), message);
    let admin = format!("Bearer {}", world.token("root", "administrator"));
    request.metadata_mut().append("authorization", admin.parse().unwrap());
    assert_eq!(registry.register_bailleur(request).await.unwrap_err().code(), Code::Unauthenticated);
    world.chamber.stop().await;
}

#[tokio::test]
async fn the_directory_decides_over_what_the_token_says() {
    let listed = "listed_only = true\n[[identity]]\nname = \"si-a\"\nrole = \"auditor\"\n";
    let world = World::open_with(|config, folder| {
        config.access.directory = Some(put(folder, "identites.toml", listed));
    })
    .await;
    let channel = world.chamber.channel().await;
    let head = "/chambre.v1.NettingService/ListNettings";
    assert!(call(&channel, head, Some(&world.token("si-a", "administrator")), vec![]).await.is_ok());
    let refused = call(&channel, head, Some(&world.token("b", "auditor")), vec![]).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied, "not listed");
    world.chamber.stop().await;
}

#[tokio::test]
async fn who_guesses_is_slowed_down_and_the_others_are_not() {
    let world = World::open().await;
    let channel = world.chamber.channel().await;
    let token = world.issuer.token(&own(&json!({})));
    call(&channel, READ, Some(&token), reading()).await.unwrap();
    let admin = world.token("root", "administrator");
    call(&channel, "/chambre.v1.AccessService/ListIdentities", Some(&admin), vec![]).await.unwrap();
    let mut damped = 0;
    for guess in 0..40 {
        let status = call(&channel, READ, Some(&format!("guess.{guess}.x")), reading()).await.unwrap_err();
        if status.code() == Code::ResourceExhausted {
            assert!(status.get_details_retry_info().is_some_and(|info| info.retry_delay.is_some()));
            damped += 1;
        }
    }
    assert!((15..=20).contains(&damped), "{damped} of 40");
    assert!(call(&channel, READ, Some(&token), reading()).await.is_ok(), "a known token still passes");
    // What is decided of names meanwhile counts, and a known token is still no guess.
    for (revoked, passes) in [("somebody", true), ("si-a", false)] {
        let name = revoked.to_owned();
        let revocation = v1::RevokeIdentityRequest { name, allow_missing: true, ..Default::default() };
        let revoke = "/chambre.v1.AccessService/RevokeIdentity";
        call(&channel, revoke, Some(&admin), revocation.encode_to_vec()).await.unwrap();
        assert_eq!(call(&channel, READ, Some(&token), reading()).await.is_ok(), passes, "{revoked}");
    }
    world.chamber.stop().await;
}

#[tokio::test]
async fn one_identity_calls_no_more_than_it_may() {
    let world = World::open_with(|config, _| config.access.calls_per_second = Some(5)).await;
    let channel = world.chamber.channel().await;
    let token = world.issuer.token(&own(&json!({})));
    let mut told = None;
    for _ in 0..200 {
        if let Err(status) = call(&channel, READ, Some(&token), reading()).await {
            told = Some(status);
            break;
        }
    }
    let status = told.expect("a limit");
    assert_eq!(Told::by(&status).reason, "RATE_LIMIT");
    assert!(status.get_details_retry_info().is_some());
    world.chamber.stop().await;
}

#[tokio::test]
async fn keys_of_the_issuer_are_read_again_when_they_change() {
    let world = World::open().await;
    let channel = world.chamber.channel().await;
    let next = Issuer::new();
    let token = next.token(&own(&json!({})));
    assert!(call(&channel, READ, Some(&token), reading()).await.is_err());
    put(world.chamber.folder(), "jwks.json", format!("{}\n", next.jwks()));
    let old = world.issuer.token(&own(&json!({})));
    let mut turned = false;
    for _ in 0..100 {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        // The old keys open until the change is seen; then only the new ones do.
        if call(&channel, READ, Some(&old), reading()).await.is_err() {
            turned = true;
            break;
        }
    }
    assert!(turned && call(&channel, READ, Some(&token), reading()).await.is_ok());
    world.chamber.stop().await;
}

// ---- certificates ----

#[tokio::test]
async fn a_certificate_of_the_authority_opens_the_door_and_any_other_does_not() {
    let authority = Authority::new();
    let years = (2024, 2030);
    let lost = authority.client("si-lost", "auditor", "AORIF", years);
    let revoked = format!("certificate:{}\nname:si-gone\n", lost.fingerprint_hex());
    let chamber = Guarded::with(authority, &revoked, None).await;
    let of = |name: &str, unit: &str, years| chamber.authority.client(name, unit, &siren(OWN), years);
    for (name, unit) in [("si-a", "bailleur"), ("a.martin", "officer"), ("audit", "auditor")] {
        assert_eq!(chamber.read(Some(&of(name, unit, years)), None).await.ok(), Some(63), "{name}");
    }
    let foreign = Authority::new().client("si-a", "administrator", &siren(OWN), years);
    let refused = [
        ("foreign", Some(foreign)),
        ("expired", Some(of("si-a", "bailleur", (2020, 2024)))),
        ("not valid yet", Some(of("si-a", "bailleur", (2027, 2030)))),
        ("revoked by its fingerprint", Some(lost)),
        ("revoked by its name", Some(of("si-gone", "bailleur", years))),
        ("a server's certificate", Some(chamber.authority.server())),
        ("a role that does not exist", Some(of("si-a", "root", years))),
        ("none", None),
    ];
    for (what, pair) in &refused {
        nothing_but_unauthenticated(what, chamber.read(pair.as_ref(), None).await.map(|_| None));
    }
    let idle = chamber.read(Some(&of("si-a", "", years)), None).await.unwrap_err();
    assert_eq!(idle.code(), Code::PermissionDenied, "known, without a role");
    chamber.stop().await;
}

#[tokio::test]
async fn a_token_bound_to_a_certificate_is_worth_nothing_without_it() {
    let issuer = Issuer::new();
    let chamber = Guarded::open("", Some(&issuer)).await;
    let pair = chamber.authority.client("si-a", "bailleur", &siren(OWN), (2024, 2030));
    let other = chamber.authority.client("si-b", "bailleur", &siren(OWN + 1), (2024, 2030));
    let bound =
        issuer.token(&own(&json!({ "cnf": { "x5t#S256": BASE64URL_NOPAD.encode(&pair.fingerprint) } })));
    assert!(chamber.read(Some(&pair), Some(&bound)).await.is_ok());
    for (what, pair) in [("stolen", Some(&other)), ("replayed without a certificate", None)] {
        nothing_but_unauthenticated(what, chamber.read(pair, Some(&bound)).await.map(|_| None));
    }
    let free = issuer.token(&own(&json!({})));
    assert!(chamber.read(None, Some(&free)).await.is_ok(), "a token alone, over TLS");
    nothing_but_unauthenticated(
        "a bad token is not made good by a certificate",
        chamber.read(Some(&pair), Some("a.b.c")).await.map(|_| None),
    );
    chamber.stop().await;
}

#[tokio::test]
async fn without_encryption_a_tls_port_says_nothing() {
    let chamber = Guarded::open("", None).await;
    let uri = format!("http://{}", chamber.running.address());
    let answer = async {
        let client = Client::connect(&uri).await.map_err(|_| ())?;
        let mut request = Request::new(v1::ListTerritoriesRequest {});
        request.set_timeout(std::time::Duration::from_secs(2));
        client.registry().list_territories(request).await.map_err(|_| ())
    };
    assert!(answer.await.is_err());
    chamber.stop().await;
}

#[tokio::test]
async fn an_open_port_needs_encryption_and_identities_or_the_service_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let (authority, issuer) = (Authority::new(), Issuer::new());
    let server = authority.server();
    let tls = TlsSettings {
        certificate: put(path, "server.pem", &server.chain),
        key: put(path, "server.key", &server.key),
    };
    let client_ca = put(path, "ca.pem", authority.pem());
    let jwks = put(path, "jwks.json", issuer.jwks());
    let tokens =
        TokenSettings { jwks: jwks.into(), issuer: ISSUER.to_owned(), audience: AUDIENCE.to_owned() };
    let start = async |access: AccessSettings| {
        let mut config = Config::new(path.join("data"));
        config.listen = "0.0.0.0:0".parse().unwrap();
        config.access = access;
        chambre_server::start(config, ManualClock::new(TODAY).clock()).await
    };
    let nothing = AccessSettings::default();
    for (what, access) in [
        ("nothing", nothing.clone()),
        ("encryption alone", AccessSettings { tls: Some(tls.clone()), ..nothing.clone() }),
        ("tokens in the clear", AccessSettings { tokens: Some(tokens.clone()), ..nothing.clone() }),
    ] {
        assert!(matches!(start(access).await, Err(ServerError::NotLoopback(_))), "{what}");
    }
    let unread = TokenSettings {
        jwks: put(path, "bad.json", "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AA\"}]}").into(),
        ..tokens
    };
    let symmetric = AccessSettings { tls: Some(tls.clone()), tokens: Some(unread), ..nothing.clone() };
    let told = start(symmetric).await.unwrap_err().to_string();
    assert!(told.contains("bad.json") && told.contains("public keys"), "{told}");
    let whole = AccessSettings { tls: Some(tls), client_ca: Some(client_ca), ..nothing };
    start(whole).await.unwrap().stop().await.unwrap();
}
