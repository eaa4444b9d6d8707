//! Who vouches for callers: an issuer of tokens, an authority of certificates. Real keys, made for each test.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
    PKCS_ED25519, PKCS_RSA_SHA256, RevokedCertParams, RsaKeySize, SanType, SerialNumber, date_time_ymd,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// Noon in Paris of the scenarios' first day, 2025-07-01, in seconds since 1970.
pub const NOW: i64 = 1_751_364_000;

pub const ISSUER: &str = "https://issuer.example";
pub const AUDIENCE: &str = "chambre";

/// An issuer with one key of each kind that is accepted.
pub struct Issuer {
    keys: Vec<(Algorithm, KeyPair)>,
    /// What its keys are called: the algorithm, and this.
    generation: &'static str,
}

impl Issuer {
    pub fn new() -> Self {
        Self::of_generation("")
    }

    /// The same issuer once it has taken other keys, under other names.
    pub fn of_generation(generation: &'static str) -> Self {
        let rsa = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
        let keys = vec![
            (Algorithm::EdDSA, KeyPair::generate_for(&PKCS_ED25519).unwrap()),
            (Algorithm::ES256, KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap()),
            (Algorithm::RS256, rsa),
        ];
        Self { keys, generation }
    }

    /// Its public keys, as an OpenID Connect provider publishes them.
    pub fn jwks(&self) -> String {
        let keys: Vec<Value> =
            self.keys.iter().map(|(algorithm, key)| jwk(*algorithm, key, self.generation)).collect();
        json!({ "keys": keys }).to_string()
    }

    /// The public key of an algorithm, in PEM.
    pub fn public_pem(&self, algorithm: Algorithm) -> String {
        self.key(algorithm).public_key_pem()
    }

    /// A token of these claims, signed.
    pub fn sign(&self, algorithm: Algorithm, claims: &Value) -> String {
        self.sign_under(&format!("{algorithm:?}{}", self.generation), algorithm, claims)
    }

    /// The same, under any name of a key.
    pub fn sign_under(&self, kid: &str, algorithm: Algorithm, claims: &Value) -> String {
        let mut header = Header::new(algorithm);
        header.kid = Some(kid.to_owned());
        let pem = self.key(algorithm).serialize_pem();
        let key = match algorithm {
            Algorithm::EdDSA => EncodingKey::from_ed_pem(pem.as_bytes()),
            Algorithm::ES256 => EncodingKey::from_ec_pem(pem.as_bytes()),
            _ => EncodingKey::from_rsa_pem(pem.as_bytes()),
        };
        jsonwebtoken::encode(&header, claims, &key.unwrap()).unwrap()
    }

    /// A valid token of somebody.
    pub fn token(&self, claims: &Value) -> String {
        self.sign(Algorithm::EdDSA, claims)
    }

    fn key(&self, algorithm: Algorithm) -> &KeyPair {
        &self.keys.iter().find(|(known, _)| *known == algorithm).unwrap().1
    }
}

/// Claims that are right, for a name and a role.
pub fn claims(name: &str, role: &str, more: &Value) -> Value {
    let mut claims = json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": name, "iat": NOW, "exp": NOW + 3_600, "chambre_role": role,
    });
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    claims
}

fn jwk(algorithm: Algorithm, key: &KeyPair, generation: &str) -> Value {
    let raw = key.public_key_raw();
    let kid = format!("{algorithm:?}{generation}");
    match algorithm {
        Algorithm::EdDSA => {
            json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": kid, "x": BASE64URL_NOPAD.encode(raw) })
        }
        Algorithm::ES256 => json!({
            "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": kid,
            "x": BASE64URL_NOPAD.encode(&raw[1..33]), "y": BASE64URL_NOPAD.encode(&raw[33..65]),
        }),
        // PKCS #1: a sequence of two integers, the modulus of 257 bytes with its leading zero, and 65537.
        _ => json!({
            "kty": "RSA", "alg": "RS256", "use": "sig", "kid": kid, "e": "AQAB",
            "n": BASE64URL_NOPAD.encode(&raw[raw.len() - 5 - 256..raw.len() - 5]),
        }),
    }
}

/// An authority of certificates.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate and its key, in PEM, with its fingerprint.
pub struct Pair {
    pub chain: Vec<u8>,
    pub key: Vec<u8>,
    pub fingerprint: [u8; 32],
    pub serial: u64,
}

impl Pair {
    pub fn fingerprint_hex(&self) -> String {
        HEXLOWER.encode(&self.fingerprint)
    }
}

impl Authority {
    pub fn new() -> Self {
        Self::named("Autorité fictive")
    }

    /// The same, under another name.
    pub fn named(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2050, 1, 1));
        Self { issuer: CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap() }
    }

    pub fn pem(&self) -> Vec<u8> {
        self.issuer.pem().into_bytes()
    }

    /// The list of what it revoked (CRL), made on 2025-01-01 and good until the first day of a month.
    pub fn crl(&self, revoked: &[&Pair], (year, month): (i32, u8)) -> String {
        let revoked = revoked.iter().map(|pair| RevokedCertParams {
            serial_number: SerialNumber::from(pair.serial),
            revocation_time: date_time_ymd(2025, 1, 1),
            reason_code: None,
            invalidity_date: None,
        });
        let params = CertificateRevocationListParams {
            this_update: date_time_ymd(2025, 1, 1),
            next_update: date_time_ymd(year, month, 1),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: revoked.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        params.signed_by(&self.issuer).unwrap().pem().unwrap()
    }

    /// A server on this machine.
    pub fn server(&self) -> Pair {
        let mut params = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.sign(params, (2020, 2050))
    }

    /// A caller: common name, unit, organisation, URIs, years of validity.
    pub fn client(&self, name: &str, unit: &str, organisation: &str, years: (i32, i32)) -> Pair {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        if !unit.is_empty() {
            params.distinguished_name.push(DnType::OrganizationalUnitName, unit);
        }
        params.distinguished_name.push(DnType::OrganizationName, organisation);
        if unit == "officer" {
            let uri = "urn:chambre:territory:200057867".try_into().unwrap();
            params.subject_alt_names = vec![SanType::URI(uri)];
        }
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.sign(params, years)
    }

    fn sign(&self, mut params: CertificateParams, (from, until): (i32, i32)) -> Pair {
        (params.not_before, params.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(until, 1, 1));
        static SERIAL: AtomicU64 = AtomicU64::new(0x1000);
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        params.serial_number = Some(SerialNumber::from(serial));
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Pair {
            chain: certificate.pem().into_bytes(),
            key: key.serialize_pem().into_bytes(),
            fingerprint: Sha256::digest(certificate.der()).into(),
            serial,
        }
    }
}

/// Writes a file of a test.
pub fn put(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) -> std::path::PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}
