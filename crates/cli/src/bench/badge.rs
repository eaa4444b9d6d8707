//! Who the callers of a measure are: an issuer of tokens made for it, whose key is never written.

use super::parties::Parties;
use anyhow::Context as _;
use chambre_api::{Client, Credentials};
use chambre_audit::proof::SecretKey;
use chambre_domain::Siren;
use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rcgen::{KeyPair, PKCS_ED25519};
use serde_json::json;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use tonic::metadata::{Ascii, MetadataValue};

/// What a request shows: `Bearer …`.
pub type Token = MetadataValue<Ascii>;

const ISSUER: &str = "https://mesure.example";
const AUDIENCE: &str = "chambre";
const KEY_ID: &str = "mesure";

/// Who registers parties, who publishes conventions, who asks for checkpoints.
pub const ADMINISTRATOR: &str = "administrateur";
pub const OFFICER: &str = "agent";
pub const AUDITOR: &str = "auditeur";

/// Calls of one identity in a second: counted as in service, and never reached.
const CALLS_PER_SECOND: &str = "1000000";

/// A bailleur that calls.
#[derive(Debug, Clone)]
pub struct Badge {
    /// For whom it declares.
    pub siren: String,
    /// Its token, where one is asked for.
    pub token: Option<Token>,
}

impl Badge {
    /// The bailleurs, in the order of their SIREN, without tokens.
    pub fn all() -> Vec<Self> {
        Parties::bailleurs().map(|siren| Self { siren: siren.to_string(), token: None }).collect()
    }
}

/// Makes tokens, and the files that a server checks them with.
pub struct Issuer {
    key: EncodingKey,
    folder: PathBuf,
    /// How long tokens last: seconds since 1970.
    until: i64,
}

impl Issuer {
    /// Writes the public key, the directory, and the key of the checkpoints, in a new folder.
    ///
    /// # Errors
    /// The disk.
    pub fn new(folder: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        let pair = KeyPair::generate_for(&PKCS_ED25519)?;
        let public = json!({
            "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": KEY_ID,
            "x": BASE64URL_NOPAD.encode(pair.public_key_raw()),
        });
        fs::write(folder.join("jwks.json"), json!({ "keys": [public] }).to_string())?;
        fs::write(folder.join("annuaire.toml"), directory())?;
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|error| anyhow::anyhow!("aléa : {error}"))?;
        let mut secret: File =
            File::options().write(true).create_new(true).mode(0o600).open(folder.join("points.key"))?;
        secret.write_all(SecretKey::from_seed("mesure.example/journal", &seed)?.to_text().as_bytes())?;
        let key = EncodingKey::from_ed_der(&pair.serialize_der());
        let until = jiff::Timestamp::now().as_second().saturating_add(86_400);
        Ok(Self { key, folder: folder.to_owned(), until })
    }

    /// The options of `chambre serve`.
    pub fn options(&self) -> Vec<OsString> {
        let file = |name: &str| self.folder.join(name).into_os_string();
        let text = OsString::from;
        vec![
            text("--jwks"),
            file("jwks.json"),
            text("--token-issuer"),
            text(ISSUER),
            text("--token-audience"),
            text(AUDIENCE),
            text("--identities"),
            file("annuaire.toml"),
            text("--calls-per-second"),
            text(CALLS_PER_SECOND),
            text("--checkpoint-key"),
            file("points.key"),
        ]
    }

    /// A connection as somebody.
    ///
    /// # Errors
    /// Nobody answers.
    pub async fn connect(&self, uri: &str, name: &str) -> anyhow::Result<Client> {
        let credentials = Credentials { token: Some(self.sign(name)?), ..Credentials::default() };
        Client::connect_as(uri, credentials).await.with_context(|| format!("connexion de {name}"))
    }

    /// The bailleurs, each with its token.
    ///
    /// # Errors
    /// None but of the library that signs.
    pub fn badges(&self) -> anyhow::Result<Vec<Badge>> {
        let signed = |badge: Badge| {
            let name = name_of(&badge.siren);
            let mut token: Token = format!("Bearer {}", self.sign(&name)?).parse()?;
            token.set_sensitive(true);
            Ok(Badge { token: Some(token), ..badge })
        };
        Badge::all().into_iter().map(signed).collect()
    }

    fn sign(&self, name: &str) -> anyhow::Result<String> {
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(KEY_ID.to_owned());
        let claims = json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": name, "exp": self.until });
        jsonwebtoken::encode(&header, &claims, &self.key).context("signature d’un jeton")
    }
}

fn name_of(siren: &str) -> String {
    format!("bailleur-{siren}")
}

/// Rights by name: whoever is not listed has none.
fn directory() -> String {
    let mut text = "listed_only = true\n".to_owned();
    let mut line = |name: &str, role: &str, more: &str| {
        let _ = write!(text, "\n[[identity]]\nname = \"{name}\"\nrole = \"{role}\"\n{more}");
    };
    line(ADMINISTRATOR, "administrator", "");
    line(OFFICER, "officer", "territories = [\"region\"]\n");
    line(AUDITOR, "auditor", "");
    for siren in Parties::bailleurs().map(|siren: Siren| siren.to_string()) {
        line(&name_of(&siren), "bailleur", &format!("siren = \"{siren}\"\n"));
    }
    text
}
