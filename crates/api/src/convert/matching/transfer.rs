//! Tenants who ask for a transfer, and chains of transfers.

use super::need::{NeedAsked, check_length, need};
use super::offer::declaration;
use super::{count, optional_id};
use crate::convert::words::{each, required};
use crate::v1;
use chambre_domain::rehousing::DwellingOffer;
use chambre_domain::rehousing::ids::{ChainId, FormalOfferId, OfferId};
use chambre_domain::{HouseholdId, Reason, Refusal, TerritoryId};

/// A transfer as it is declared.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // each as in `proto/chambre/v1/matching.proto`
pub struct TransferAsked {
    pub need: NeedAsked,
    pub frees: DwellingOffer,
    pub agreed: bool,
}

/// Reads transfers.
///
/// # Errors
/// The field that is missing or wrong, at its place: `transfers[2].need.persons`.
pub fn transfers(wire: Vec<v1::TenantTransfer>) -> Result<Vec<TransferAsked>, Refusal> {
    check_length("transfers", wire.len())?;
    each("transfers", wire, |wire| {
        let within = |field: &'static str| move |refusal: Refusal| refusal.within(field);
        let frees = required("frees", wire.frees)?;
        let frees = declaration(frees).and_then(DwellingOffer::new).map_err(within("frees"))?;
        Ok(TransferAsked {
            need: need(required("need", wire.need)?).map_err(within("need"))?,
            frees,
            agreed: wire.agreed,
        })
    })
}

/// Most transfers of a chain.
pub const MOST_TRANSFERS: u8 = 5;

/// Reads how many transfers may follow one another.
///
/// # Errors
/// [`Reason::ValueRange`] beyond [`MOST_TRANSFERS`], or with choices to hold.
pub fn max_transfers(number: i32, choices: usize) -> Result<u8, Refusal> {
    let most = if choices == 0 { MOST_TRANSFERS } else { 0 };
    let read: u8 = count("max_transfers", number)?;
    if read > most {
        let refusal = Refusal::new(Reason::ValueRange, "max_transfers", number);
        return Err(refusal.with("min", 0).with("max", most));
    }
    Ok(read)
}

/// A chain to propose.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // each as in `proto/chambre/v1/matching.proto`
pub struct ChainAsked {
    pub territory: TerritoryId,
    pub id: ChainId,
    pub offer: OfferId,
    pub tenants: Vec<HouseholdId>,
    pub household: HouseholdId,
    pub formal_offer: Option<FormalOfferId>,
}

/// Reads a chain to propose.
///
/// # Errors
/// The field that is missing or wrong; [`Reason::ValueRange`] for no transfer or too many.
pub fn chain(wire: &v1::ProposeChainRequest) -> Result<ChainAsked, Refusal> {
    let mut tenants =
        each("households", wire.households.clone(), |household| HouseholdId::parse("", &household))?;
    let (found, most) = (tenants.len(), usize::from(MOST_TRANSFERS) + 1);
    let household = tenants.pop().filter(|_| (2..=most).contains(&found)).ok_or_else(|| {
        Refusal::new(Reason::ValueRange, "households", found).with("min", 2).with("max", most)
    })?;
    Ok(ChainAsked {
        territory: TerritoryId::parse("territory_siren", &wire.territory_siren)?,
        id: ChainId::parse("chain_id", &wire.chain_id)?,
        offer: OfferId::parse("offer_id", &wire.offer_id)?,
        tenants,
        household,
        formal_offer: optional_id("formal_offer_id", &wire.formal_offer_id, FormalOfferId::parse)?,
    })
}
