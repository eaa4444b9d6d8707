//! Who asks, under which identifier; which page is asked for.

use crate::convert::words;
use crate::v1;
use chambre_domain::rehousing::ids::AuthorId;
use chambre_domain::{EventId, Reason, Refusal, Siren, TerritoryId};

/// How the identifiers begin of what the service's own clock decides: a time that is over, a move of a rotation. They
/// follow from public facts, so that each is written once; a caller that could take one would stop the clock.
pub const RESERVED: [&str; 2] = ["tick:", "turn:"];

/// What every write carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestHead {
    /// The caller's identifier.
    pub request_id: EventId,
    /// Who asks.
    pub author: AuthorId,
    /// Check only.
    pub validate_only: bool,
}

impl RequestHead {
    /// Reads it.
    ///
    /// # Errors
    /// An identifier that is missing or is none; [`Reason::IdReserved`] for one that begins as the clock's own.
    pub fn read(request_id: &str, author_id: &str, validate_only: bool) -> Result<Self, Refusal> {
        let reads = EventId::parse("request_id", request_id)?;
        if let Some(reserved) = RESERVED.iter().find(|reserved| request_id.starts_with(**reserved)) {
            return Err(Refusal::new(Reason::IdReserved, "request_id", request_id).with("begins", reserved));
        }
        Ok(Self { request_id: reads, author: AuthorId::parse("author_id", author_id)?, validate_only })
    }
}

/// A page of needs, offers, proposals or messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListAsked {
    /// Only this territory.
    pub territory: Option<TerritoryId>,
    /// Only this bailleur.
    pub bailleur: Option<Siren>,
    /// How many to a page.
    pub size: usize,
    /// Where the page before ended; empty for the first.
    pub after: String,
}

impl ListAsked {
    fn read(territory: &str, bailleur: &str, size: i32, after: String) -> Result<Self, Refusal> {
        Ok(Self {
            territory: words::optional_territory("territory_siren", territory)?,
            bailleur: words::optional_siren("bailleur_siren", bailleur)?,
            size: words::page_size(size)?,
            after,
        })
    }

    /// Reads a question about needs.
    ///
    /// # Errors
    /// The field that is wrong.
    pub fn needs(wire: v1::ListNeedsRequest) -> Result<Self, Refusal> {
        Self::read(&wire.territory_siren, &wire.bailleur_siren, wire.page_size, wire.page_token)
    }

    /// Reads a question about transfers.
    ///
    /// # Errors
    /// The field that is wrong.
    pub fn transfers(wire: v1::ListTransfersRequest) -> Result<Self, Refusal> {
        Self::read(&wire.territory_siren, &wire.bailleur_siren, wire.page_size, wire.page_token)
    }

    /// Reads a question about offers.
    ///
    /// # Errors
    /// The field that is wrong.
    pub fn offers(wire: v1::ListOffersRequest) -> Result<Self, Refusal> {
        Self::read(&wire.territory_siren, &wire.bailleur_siren, wire.page_size, wire.page_token)
    }

    /// Reads a question about proposals, and whether only live ones are asked for.
    ///
    /// # Errors
    /// The field that is wrong.
    pub fn proposals(wire: v1::ListProposalsRequest) -> Result<(Self, bool), Refusal> {
        let asked = Self::read(&wire.territory_siren, &wire.bailleur_siren, wire.page_size, wire.page_token)?;
        Ok((asked, wire.live_only))
    }

    /// Reads a question about messages, and whether only waiting ones are asked for.
    ///
    /// # Errors
    /// The field that is wrong.
    pub fn outbox(wire: v1::ListOutboxRequest) -> Result<(Self, bool), Refusal> {
        Ok((Self::read(&wire.territory_siren, "", wire.page_size, wire.page_token)?, wire.waiting_only))
    }
}
