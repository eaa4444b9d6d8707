//! The public keys of an issuer of tokens: a JWKS (RFC 7517).

use super::token::told;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};

/// A public key, and the one algorithm it serves.
pub struct Key {
    pub id: Option<String>,
    pub algorithm: Algorithm,
    pub key: DecodingKey,
}

/// The key of a name; the only one, for a token that names none.
///
/// # Errors
/// Why there is none.
pub fn find<'a>(keys: &'a [Key], id: Option<&str>) -> Result<&'a Key, String> {
    match (id, keys) {
        (Some(_), _) => keys.iter().find(|key| key.id.as_deref() == id).ok_or("no key of this kid"),
        (None, [key]) => Ok(key),
        (None, _) => Err("the token names no kid, and the issuer has several keys"),
    }
    .map_err(str::to_owned)
}

/// Reads a set: the keys that verify signatures.
///
/// # Errors
/// Bytes that are no set, a set without a usable key, a symmetric key.
pub fn read(bytes: &[u8]) -> Result<Vec<Key>, String> {
    let set: JwkSet = serde_json::from_slice(bytes).map_err(|error| format!("not a JWKS: {error}"))?;
    let signing = |jwk: &&Jwk| !matches!(jwk.common.public_key_use, Some(PublicKeyUse::Encryption));
    let keys: Vec<Key> = set.keys.iter().filter(signing).map(key).collect::<Result<_, _>>()?;
    if keys.is_empty() { Err("this JWKS holds no key for signatures".to_owned()) } else { Ok(keys) }
}

fn key(jwk: &Jwk) -> Result<Key, String> {
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(_) => Algorithm::ES256,
        AlgorithmParameters::OctetKeyPair(_) => Algorithm::EdDSA,
        _ => return Err("a JWKS of public keys holds RSA, EC and OKP keys only".to_owned()),
    };
    let said = jwk.common.key_algorithm.map(|said| said.to_string());
    if said.as_ref().is_some_and(|said| *said != format!("{algorithm:?}")) {
        return Err(format!("a key says {}; RS256, ES256 and EdDSA are accepted", said.unwrap_or_default()));
    }
    let key = DecodingKey::from_jwk(jwk).map_err(told)?;
    Ok(Key { id: jwk.common.key_id.clone(), algorithm, key })
}

impl std::fmt::Debug for Key {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Key({:?}, {:?})", self.id, self.algorithm)
    }
}
