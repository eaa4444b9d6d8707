//! Who calls, what they may do, and the record of what they did.
//!
//! | file | what it holds |
//! |---|---|
//! | [`table`] | each RPC, the roles that may call it, and what is compared: the one place to read or change |
//! | [`identity`] | who somebody is: a name and the rights that go with a role |
//! | `check` | the caller of one request, and the comparison of its rights with what it asks for |
//! | `declare` | which event a caller may declare, decided by the writer |
//! | `shown` | what is left out of an answer: the lines of others, small cells |
//! | `gate`, `visit` | around every call: establish who calls, refuse, limit, record |
//! | `renewed` | in a long answer: whether its caller is still who it was |
//! | `certificate`, `bearer`, `token` | the two proofs of identity |
//! | `directory`, `revoked`, `watched` | files that an operator keeps, read again when they change |
//! | `register`, `names` | the identities that administrators register; which source decides over a name |
//! | `service` | AccessService: what administrators ask of the register |
//! | `remembered` | the bearers of tokens whose signature was right |
//! | `jwks`, `issuer`, `fetch` | the keys of the issuer of tokens: a set, asked for at its address, over HTTPS |
//! | `tls`, `authorities` | encrypted connections; who signs callers' certificates, what they revoked |
//! | `limits` | how often a caller may call, a stranger may try |
//! | `seen`, [`log`], `sealed` | one access; the record of accesses; lines sealed one after the other |
//!
//! `docs/acces.md` tells an operator how to use it.

mod authorities;
mod bearer;
mod certificate;
pub(crate) mod check;
mod declare;
mod directory;
mod fetch;
pub(crate) mod gate;
pub mod identity;
mod issuer;
mod jwks;
mod limits;
pub mod log;
mod names;
mod register;
mod remembered;
mod renewed;
mod revoked;
mod sealed;
mod seen;
pub(crate) mod service;
mod shown;
pub mod table;
pub(crate) mod tls;
mod token;
mod visit;
mod watched;

pub use bearer::bearer;
pub(crate) use check::Caller;
pub use register::{backup_identities, restore_identities};
pub use token::{Token, Tokens};

use std::path::PathBuf;

/// How callers prove who they are. Nothing set is a trial: everybody who reaches the port may do everything.
#[derive(Debug, Clone, Default)]
pub struct AccessSettings {
    /// The server's own certificate and key: connections are then encrypted.
    pub tls: Option<TlsSettings>,
    /// Certificates of the authorities that sign callers' certificates (PEM).
    pub client_ca: Option<PathBuf>,
    /// Lists of the certificates that these authorities revoked (CRL, PEM), read again when the file changes.
    pub client_crl: Option<PathBuf>,
    /// Bearer tokens.
    pub tokens: Option<TokenSettings>,
    /// Rights by name, for callers whose proof does not carry them (TOML).
    pub directory: Option<PathBuf>,
    /// Certificates, tokens and names that are no longer accepted.
    pub revoked: Option<PathBuf>,
    /// Calls that one identity may make each second; nothing is no limit.
    pub calls_per_second: Option<u32>,
}

impl AccessSettings {
    /// Calls of one identity in a second, unless told otherwise.
    pub const USUAL_CALLS_PER_SECOND: u32 = 1_000;

    /// Whether callers have to prove who they are.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.client_ca.is_some() || self.tokens.is_some()
    }
}

/// The server's certificate chain and its private key (PEM).
#[derive(Debug, Clone)]
pub struct TlsSettings {
    /// Its certificate, then those that lead to its authority.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// Which bearer tokens (JWT) are accepted.
#[derive(Debug, Clone)]
pub struct TokenSettings {
    /// Public keys of the issuer (JWKS).
    pub jwks: KeySource,
    /// The only issuer accepted (`iss`).
    pub issuer: String,
    /// Who the token must be made for (`aud`).
    pub audience: String,
}

/// Where the public keys of an issuer are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// In a file, read again when it changes.
    File(PathBuf),
    /// At the issuer, asked again now and then.
    Url {
        /// `https://…`, or `http://` on this machine.
        url: String,
        /// Who signed its certificate (PEM); the authorities of the system otherwise.
        authority: Option<PathBuf>,
    },
}

impl From<PathBuf> for KeySource {
    fn from(path: PathBuf) -> Self {
        Self::File(path)
    }
}

/// Why the access control cannot be set up: the file, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct SetupError {
    what: String,
}

impl SetupError {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into() }
    }

    fn file(path: &std::path::Path, what: impl std::fmt::Display) -> Self {
        Self { what: format!("{}: {what}", path.display()) }
    }
}
