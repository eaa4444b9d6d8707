//! One access as it is seen, before it is written down.

use super::identity::Identity;
use chambre_domain::{Siren, TerritoryId};
use std::borrow::Cow;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

/// An access about to be recorded. One thread makes it and another writes it: what can be shared is not copied.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// When the call ended, in milliseconds since 1970.
    pub at_millis: i64,
    /// Who called; nobody while that is not established.
    pub who: Option<Arc<Identity>>,
    /// From which address.
    pub peer: IpAddr,
    /// What was called: `chambre.v1.LedgerService/RecordWorks`.
    pub rpc: Cow<'static, str>,
    pub about: About,
    /// The gRPC code: `OK`, `PERMISSION_DENIED`…
    pub outcome: &'static str,
    /// Why an identity was not established.
    pub why: String,
}

impl Default for Seen {
    fn default() -> Self {
        Self {
            at_millis: 0,
            who: None,
            peer: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            rpc: Cow::Borrowed(""),
            about: About::Nothing,
            outcome: "",
            why: String::new(),
        }
    }
}

impl Seen {
    /// The role of who called; empty for nobody.
    pub fn role(&self) -> &'static str {
        self.who.as_ref().map_or("", |who| who.rights.name())
    }
}

/// What a request touched.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum About {
    /// Nothing that was compared.
    #[default]
    Nothing,
    Territory(TerritoryId),
    Bailleur(Siren),
    /// So many of its events were not for the caller to declare.
    Denied(usize),
    /// Anything else, in words.
    Words(String),
}

impl fmt::Display for About {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => Ok(()),
            Self::Territory(territory) => write!(out, "territory {territory}"),
            Self::Bailleur(siren) => write!(out, "bailleur {siren}"),
            Self::Denied(events) => write!(out, "{events} events denied"),
            Self::Words(words) => out.write_str(words),
        }
    }
}
