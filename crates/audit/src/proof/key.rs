//! Keys of signed notes (C2SP signed-note, tlog-cosignature): who signs checkpoints, whom a reader believes.

use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use std::fmt;

/// What a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The checkpoints of its own log: type 0x01.
    Log,
    /// The checkpoints of others, with the time it saw them: type 0x04.
    Witness,
}

impl Role {
    const fn code(self) -> u8 {
        match self {
            Self::Log => 1,
            Self::Witness => 4,
        }
    }
}

/// Why a text is not a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)]
pub enum KeyError {
    /// Name a log by a host and a path of its own, for example `chambre.example/journal`.
    #[error("a key name is 1 to 100 characters, none of them a space, a plus or a control: {0:?}")]
    Name(String),
    #[error("a public key is written name+id+base64; this is not: {0:?}")]
    Public(String),
    /// The text is a secret: it is not repeated.
    #[error("a private key is written PRIVATE+KEY+name+id+base64; this is not")]
    Private,
    #[error("the id of this key is not that of its name and bytes: {0:?} was altered")]
    Id(String),
    #[error("a key file holds at least one public key")]
    None,
}

/// A key that a reader believes: its name, and the point to check with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    name: String,
    role: Role,
    key: VerifyingKey,
}

impl PublicKey {
    /// Reads `name+id+base64`.
    ///
    /// # Errors
    /// The form, or an id that does not belong.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let bad = || KeyError::Public(text.to_owned());
        // Base64 may hold a plus; a name and an id may not.
        let [name, id, bytes] = text.splitn(3, '+').collect::<Vec<_>>()[..] else { return Err(bad()) };
        let bytes = BASE64.decode(bytes.as_bytes()).map_err(|_| bad())?;
        let (code, point) = bytes.split_first().ok_or_else(bad)?;
        let roles = [Role::Log, Role::Witness];
        let role = roles.into_iter().find(|role| role.code() == *code).ok_or_else(bad)?;
        let point: &[u8; 32] = point.try_into().map_err(|_| bad())?;
        let key = VerifyingKey::from_bytes(point).map_err(|_| bad())?;
        let public = Self { name: checked_name(name)?, role, key };
        if id != HEXLOWER.encode(&public.id()) {
            return Err(KeyError::Id(text.to_owned()));
        }
        Ok(public)
    }

    /// Its name; of a log, the origin of its checkpoints.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it signs.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Four bytes that tell it from other keys of its name.
    #[must_use]
    pub fn id(&self) -> [u8; 4] {
        key_id(&self.name, self.role, self.key.as_bytes())
    }

    /// Whether it signed this message. Weak points and second forms of a signature are refused.
    pub(super) fn signed(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.key.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&[self.role.code()], self.key.as_bytes().as_slice()].concat();
        write!(out, "{}+{}+{}", self.name, HEXLOWER.encode(&self.id()), BASE64.encode(&bytes))
    }
}

/// Public keys, one a line; blank lines and lines that start with `#` are left aside.
///
/// After a rotation the file holds the old keys and the new one: what the old ones signed still verifies.
///
/// # Errors
/// The first line that is not a key; no key at all.
pub fn public_keys(text: &str) -> Result<Vec<PublicKey>, KeyError> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let keys = lines.map(PublicKey::parse).collect::<Result<Vec<_>, _>>()?;
    if keys.is_empty() { Err(KeyError::None) } else { Ok(keys) }
}

/// The key that signs checkpoints. It never shows its secret but in [`SecretKey::to_text`].
#[derive(Clone)]
pub struct SecretKey {
    name: String,
    key: SigningKey,
}

impl SecretKey {
    /// The key of a log of this name, from 32 bytes drawn at random.
    ///
    /// # Errors
    /// A name that a note cannot hold.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, KeyError> {
        Ok(Self { name: checked_name(name)?, key: SigningKey::from_bytes(seed) })
    }

    /// Reads `PRIVATE+KEY+name+id+base64`.
    ///
    /// # Errors
    /// The form, without its text.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let parts: Vec<&str> = text.trim().splitn(5, '+').collect();
        let ["PRIVATE", "KEY", name, id, bytes] = parts[..] else { return Err(KeyError::Private) };
        let bytes = BASE64.decode(bytes.as_bytes()).map_err(|_| KeyError::Private)?;
        let seed = bytes.strip_prefix(&[Role::Log.code()]).ok_or(KeyError::Private)?;
        let secret = Self::from_seed(name, seed.try_into().map_err(|_| KeyError::Private)?)?;
        if id == HEXLOWER.encode(&secret.public().id()) { Ok(secret) } else { Err(KeyError::Private) }
    }

    /// `PRIVATE+KEY+name+id+base64`, with a line end: for a file of its owner alone.
    #[must_use]
    pub fn to_text(&self) -> String {
        let bytes = [&[Role::Log.code()], self.key.as_bytes().as_slice()].concat();
        let id = HEXLOWER.encode(&self.public().id());
        format!("PRIVATE+KEY+{}+{id}+{}\n", self.name, BASE64.encode(&bytes))
    }

    /// What a reader checks with.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey { name: self.name.clone(), role: Role::Log, key: self.key.verifying_key() }
    }

    pub(super) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "SecretKey({})", self.public())
    }
}

fn checked_name(name: &str) -> Result<String, KeyError> {
    let fits = (1..=100).contains(&name.len())
        && !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+');
    if fits { Ok(name.to_owned()) } else { Err(KeyError::Name(name.to_owned())) }
}

fn key_id(name: &str, role: Role, key: &[u8; 32]) -> [u8; 4] {
    let hash =
        Sha256::new().chain_update(name).chain_update([b'\n', role.code()]).chain_update(key).finalize();
    [hash[0], hash[1], hash[2], hash[3]]
}
