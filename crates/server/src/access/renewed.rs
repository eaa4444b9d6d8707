//! What a caller proved, kept for the length of a long answer: who it is may be asked again.

use super::gate::Access;
use super::identity::Identity;
use super::tls::Peer;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use std::sync::Arc;
use tonic::Status;

/// What a caller proved with.
#[derive(Clone)]
pub struct Proven {
    access: Arc<Access>,
    peer: Peer,
    /// The one authorization that it brought, if any.
    authorization: Option<HeaderValue>,
}

impl Proven {
    /// Keeps what a call brought.
    pub fn keep(access: &Arc<Access>, peer: &Peer, headers: &HeaderMap) -> Self {
        let authorization = headers.get(AUTHORIZATION).cloned();
        Self { access: Arc::clone(access), peer: peer.clone(), authorization }
    }

    /// Asks again.
    ///
    /// # Errors
    /// Who calls is no longer established, or has other rights.
    pub fn is_still(&self, identity: &Identity) -> Result<(), Status> {
        self.access.still(identity, &self.peer, self.authorization.as_ref())
    }
}

impl std::fmt::Debug for Proven {
    /// Never the token.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Proven({})", self.peer.address)
    }
}
