//! Identifiers of the matching, chosen by callers.

use crate::{EventId, Refusal};
use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        ///
        /// 1 to 64 characters: ASCII letters, digits, and `-`, `_`, `.`, `:`. Compared byte by byte.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(String);

        impl $name {
            /// Reads an identifier.
            ///
            /// # Errors
            /// Refuses what [`EventId::parse`] refuses, naming `field`.
            pub fn parse(field: &str, text: &str) -> Result<Self, Refusal> {
                EventId::parse(field, text).map(|id| Self(id.as_str().to_owned()))
            }

            /// The identifier as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = Refusal;
            fn try_from(text: String) -> Result<Self, Refusal> {
                Self::parse("id", &text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }
    )*};
}

ids! {
    /// Names an offer: one dwelling, made available once.
    OfferId;
    /// Names a dwelling in its bailleur's own filing; it stays the same from one offer to the next.
    DwellingRef;
    /// Names a team that follows households (maîtrise d'œuvre urbaine et sociale).
    MousId;
    /// Names a reservation contingent.
    ContingentId;
    /// Names one proposal: a household, a dwelling.
    ProposalId;
    /// Names one formal offer: one proposal, or the two of a double proposition.
    FormalOfferId;
    /// Names a placement, from the lease on: the key of idempotency towards the ledger.
    PlacementId;
    /// Names a chain of transfers.
    ChainId;
    /// Names a person or a service of the trade that decides, for the file.
    AuthorId;
}
