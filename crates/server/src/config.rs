//! Where the service listens and how much it holds.

use crate::access::AccessSettings;
use chambre_api::Credentials;
use chambre_audit::proof::SecretKey;
use chambre_ledger::Settings;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// Settings of the service.
#[derive(Debug, Clone)]
pub struct Config {
    /// Address of the gRPC services. Loopback only, unless connections are encrypted and callers prove who they are.
    pub listen: SocketAddr,
    /// Folder of the journal.
    pub data: PathBuf,
    /// Address of `/metrics` for Prometheus, if wanted.
    pub metrics: Option<SocketAddr>,
    /// How the books are opened.
    pub ledger: Settings,
    /// The key that signs checkpoints, if any.
    pub checkpoint_key: Option<SecretKey>,
    /// How long a stop waits for calls under way.
    pub drain: Duration,
    /// Who may call.
    pub access: AccessSettings,
    /// The ledger that the matching tells its placements, when it is not that of this process: the process then
    /// serves the matching alone.
    pub matching_ledger: Option<RemoteLedger>,
}

/// A ledger behind the door of another process.
#[derive(Debug, Clone)]
pub struct RemoteLedger {
    /// Its address: `http://127.0.0.1:50051`, or `https` with the authority that signed its certificate.
    pub address: String,
    /// What this process shows there.
    pub credentials: Credentials,
}

impl Config {
    /// The defaults: 127.0.0.1:50051, no metrics, 20 seconds to drain.
    #[must_use]
    pub fn new(data: PathBuf) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 50_051)),
            data,
            metrics: None,
            ledger: Settings::default(),
            checkpoint_key: None,
            drain: Duration::from_secs(20),
            access: AccessSettings::default(),
            matching_ledger: None,
        }
    }
}
