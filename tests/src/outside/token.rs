//! A bearer token (JWT), as a caller sends it and as an issuer signs it.

use chambre_server::access::identity::Said;
use chambre_server::access::{Token, TokenSettings, Tokens, bearer};
use data_encoding::BASE64URL_NOPAD;
use http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use jsonwebtoken::crypto::sign;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::Value;
use std::sync::LazyLock;

/// When every token is read: noon in Paris, 2025-07-01, in seconds since 1970.
pub const NOW: i64 = 1_751_364_000;

const ISSUER: &str = "https://issuer.example";
const AUDIENCE: &str = "chambre";

/// The header of the tokens: `{"alg":"EdDSA","kid":"essai"}`, base64url.
const HEADER: &str = "eyJhbGciOiJFZERTQSIsImtpZCI6ImVzc2FpIn0";

/// An Ed25519 key of 32 bytes 7 (PKCS #8): a key that anybody can write, so that tokens in the corpus stay valid.
const PRIVATE: [u8; 48] = {
    let mut der = [7; 48];
    let head = *b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
    let mut place = 0;
    while place < head.len() {
        der[place] = head[place];
        place += 1;
    }
    der
};

/// Its public half, base64url.
const PUBLIC: &str = "6kpsY-KcUgq-9VB7Ey7F-ZVHdq6-vnuSQh7qaRRG0iw";

static KEY: LazyLock<EncodingKey> = LazyLock::new(|| EncodingKey::from_ed_der(&PRIVATE));

static TOKENS: LazyLock<Tokens> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let jwks = folder.path().join("jwks.json");
    let key =
        serde_json::json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": "essai", "x": PUBLIC });
    std::fs::write(&jwks, serde_json::json!({ "keys": [key] }).to_string()).unwrap();
    let (issuer, audience) = (ISSUER.to_owned(), AUDIENCE.to_owned());
    // The keys are kept once they are read, though their file goes.
    let settings = TokenSettings { jwks: jwks.into(), issuer, audience };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(Tokens::open(&settings)).unwrap()
});

/// Reads the `authorization` of a call. Accepted, it is, to the byte, what the issuer's key signs.
pub fn authorization(bytes: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(bytes) else { return };
    let headers = HeaderMap::from_iter([(AUTHORIZATION, value)]);
    let text = match bearer(&headers) {
        Ok(text) => text.expect("there is an authorization"),
        Err(why) => return assert!(!why.is_empty()),
    };
    match TOKENS.read(text, NOW) {
        Ok(token) => {
            let (signed, signature) = text.rsplit_once('.').expect("a token has three parts");
            // Ed25519 signs a text in one way only.
            let ours = sign(signed.as_bytes(), &KEY, Algorithm::EdDSA).unwrap();
            assert_eq!(ours, signature, "accepted without the issuer's signature");
            assert!(token.holds_at(NOW));
        }
        Err(why) => is_kept_quiet(&why, text),
    }
}

/// Reads a token with these claims, signed by the issuer.
pub fn claims(bytes: &[u8]) {
    let signed = format!("{HEADER}.{}", BASE64URL_NOPAD.encode(bytes));
    let text = format!("{signed}.{}", sign(signed.as_bytes(), &KEY, Algorithm::EdDSA).unwrap());
    match TOKENS.read(&text, NOW) {
        Ok(token) => {
            is_claimed(&token, bytes);
            is_dated(&token, &text);
        }
        Err(why) => is_kept_quiet(&why, &text),
    }
    let mut header = HeaderMap::new();
    header.insert(AUTHORIZATION, format!("Bearer {text}").parse().unwrap());
    assert_eq!(bearer(&header), Ok(Some(text.as_str())));
}

/// Why a token is refused goes to the log: the token does not.
fn is_kept_quiet(why: &str, text: &str) {
    let signature = text.rsplit('.').next().unwrap_or_default();
    assert!(!why.is_empty() && (signature.len() < 80 || !why.contains(signature)), "{why}");
}

fn is_claimed(token: &Token, bytes: &[u8]) {
    // A claim that nobody reads may hold anything, even what is not UTF-8.
    let said: Value =
        serde_json::from_str(&String::from_utf8_lossy(bytes)).expect("what is accepted is JSON");
    let text = |name: &str| said[name].as_str().map(str::to_owned);
    let among = |name: &str, value: &str| match &said[name] {
        Value::Array(values) => values.iter().any(|one| one == value),
        one => one == value,
    };
    assert!(among("iss", ISSUER) && among("aud", AUDIENCE), "another issuer or audience");
    let name = text("chambre_name").or_else(|| text("sub"));
    assert_eq!(Some(&token.name), name.as_ref());
    assert_eq!(Some(token.until), said["exp"].as_i64());
    assert_eq!(token.id, text("jti"));
    assert_eq!(token.bound_to, said["cnf"]["x5t#S256"].as_str().map(str::to_owned));
    let Said { role, siren, territories } = &token.said;
    assert_eq!((role, siren), (&text("chambre_role"), &text("chambre_siren")));
    let listed = said["chambre_territories"].as_array().map_or(0, Vec::len);
    assert_eq!(territories.len(), listed);
    if let Err(why) = token.said.rights() {
        assert!(!why.is_empty());
    }
}

/// Accepted now, refused once it has expired: at its own date, and half a minute of grace.
fn is_dated(token: &Token, text: &str) {
    assert!(token.holds_at(NOW));
    let ended = token.until.saturating_add(30);
    assert!(!token.holds_at(ended) && TOKENS.read(text, ended).is_err());
}
