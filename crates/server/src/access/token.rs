//! A bearer token (JWT) of an OpenID Connect issuer.
//!
//! Accepted: RS256, ES256, EdDSA, signed by a key of the issuer's JWKS, with `iss`, `aud`, `exp` and `sub`. `none`
//! and every HMAC are refused: the algorithm is chosen by the key that the operator gave, not by the token.

use super::identity::Said;
use super::issuer::Issuer;
use super::jwks::{self, Key};
use super::watched::Watched;
use super::{KeySource, SetupError, TokenSettings};
use jsonwebtoken::Validation;
use serde::Deserialize;
use std::sync::Arc;

/// Difference between the issuer's clock and ours that is forgiven, in seconds.
const SKEW: i64 = 30;

/// Longest token read: one that carries roles has about a thousand bytes.
const LONGEST: usize = 8 << 10;

/// Reads tokens of one issuer, for one audience.
#[derive(Debug)]
pub struct Tokens {
    keys: Keys,
    issuer: String,
    audience: String,
}

/// Where the issuer's keys are.
#[derive(Debug)]
enum Keys {
    File(Watched<Vec<Key>>),
    Url(Issuer),
}

impl Keys {
    fn get(&self) -> Arc<Vec<Key>> {
        match self {
            Self::File(watched) => watched.get(),
            Self::Url(issuer) => issuer.keys(),
        }
    }
}

/// What a token says, once its signature, issuer, audience and dates are right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Claim `chambre_name`, else `sub`.
    pub name: String,
    /// The rights it says: claims `chambre_role`, `chambre_siren`, `chambre_territories`.
    pub said: Said,
    /// Its identifier, if it has one: `jti`.
    pub id: Option<String>,
    /// Fingerprint of the certificate it is bound to (RFC 8705), base64url, if it is.
    pub bound_to: Option<String>,
    /// Last second of its validity, since 1970, before the forgiven difference.
    pub until: i64,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: i64,
    nbf: Option<i64>,
    iat: Option<i64>,
    jti: Option<String>,
    cnf: Option<Confirmation>,
    chambre_name: Option<String>,
    chambre_role: Option<String>,
    chambre_siren: Option<String>,
    #[serde(default)]
    chambre_territories: Vec<String>,
}

#[derive(Deserialize)]
struct Confirmation {
    #[serde(rename = "x5t#S256")]
    certificate: Option<String>,
}

impl Tokens {
    /// Reads the issuer's keys.
    ///
    /// # Errors
    /// A file or an address that cannot be read; a set that holds no usable key, or a symmetric one.
    pub async fn open(settings: &TokenSettings) -> Result<Self, SetupError> {
        if settings.issuer.is_empty() || settings.audience.is_empty() {
            return Err(SetupError::new("tokens need an issuer and an audience"));
        }
        let keys = match &settings.jwks {
            KeySource::File(path) => Keys::File(Watched::open(path, jwks::read)?),
            KeySource::Url { url, authority } => Keys::Url(Issuer::open(url, authority.as_deref()).await?),
        };
        Ok(Self { keys, issuer: settings.issuer.clone(), audience: settings.audience.clone() })
    }

    /// Which state of the keys is in use.
    pub fn edition(&self) -> u64 {
        match &self.keys {
            Keys::File(watched) => watched.edition(),
            Keys::Url(issuer) => issuer.edition(),
        }
    }

    /// Reads a token at an instant, in seconds since 1970.
    ///
    /// # Errors
    /// Why it is not accepted: for the log, never for the caller.
    pub fn read(&self, token: &str, now: i64) -> Result<Token, String> {
        if token.len() > LONGEST {
            return Err("the token is too long".to_owned());
        }
        let header = jsonwebtoken::decode_header(token).map_err(told)?;
        let keys = self.keys.get();
        let key = jwks::find(&keys, header.kid.as_deref()).inspect_err(|_| {
            // The issuer may have taken a new key; a caller tries again, and the answer waits for nobody.
            if let (Keys::Url(issuer), Some(_)) = (&self.keys, &header.kid) {
                issuer.ask_again(now);
            }
        })?;
        let mut validation = Validation::new(key.algorithm);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // Dates are compared below, with the clock that the whole service reads.
        validation.validate_exp = false;
        let claims: Claims = jsonwebtoken::decode(token, &key.key, &validation).map_err(told)?.claims;
        dated(&claims, now)?;
        Ok(Token {
            name: claims.chambre_name.unwrap_or(claims.sub),
            said: Said {
                role: claims.chambre_role,
                siren: claims.chambre_siren,
                territories: claims.chambre_territories,
            },
            id: claims.jti,
            bound_to: claims.cnf.and_then(|confirmation| confirmation.certificate),
            until: claims.exp,
        })
    }
}

impl Token {
    /// Whether it is still valid at an instant.
    pub fn holds_at(&self, now: i64) -> bool {
        now < self.until.saturating_add(SKEW)
    }
}

fn dated(claims: &Claims, now: i64) -> Result<(), String> {
    if now >= claims.exp.saturating_add(SKEW) {
        return Err("the token has expired".to_owned());
    }
    let latest = now.saturating_add(SKEW);
    if claims.nbf.is_some_and(|from| from > latest) || claims.iat.is_some_and(|made| made > latest) {
        return Err("the token is not valid yet".to_owned());
    }
    Ok(())
}

/// The words of the library name what is wrong, never the token.
pub(super) fn told(error: jsonwebtoken::errors::Error) -> String {
    error.to_string()
}
