//! Dwellings sent to rehousing are taken out of the base of the flow management of reservations: counted each year.

use crate::exchange::placement::{CompletedPlacement, MessageKind};
use chambre_domain::Siren;
use chambre_domain::relogement::Contingent as ReserverKind;
use std::collections::{BTreeMap, BTreeSet};

/// One bailleur, one reserver, one year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutOfFlowRow {
    /// The bailleur.
    pub landlord: Siren,
    /// The reserver in the RPLS list; nothing when not reserved or not known.
    pub reserver: Option<ReserverKind>,
    /// Dwellings let in the year and taken out of the flow.
    pub dwellings: u32,
}

/// Counts the placements of a year, by lease date. A placement taken back is not counted.
#[must_use]
pub fn out_of_flow<'a>(
    messages: impl IntoIterator<Item = &'a CompletedPlacement>,
    year: i16,
) -> Vec<OutOfFlowRow> {
    let (mut placed, mut taken_back) = (BTreeMap::new(), BTreeSet::new());
    for message in messages {
        match message.kind {
            MessageKind::Reversal(_) => {
                taken_back.insert(message.placement.clone());
            }
            MessageKind::Placement
                if message.dwelling.out_of_flow && message.lease.lease_date.year() == year =>
            {
                placed.insert(message.placement.clone(), &message.dwelling);
            }
            MessageKind::Placement => {}
        }
    }
    let mut counts: BTreeMap<_, u32> = BTreeMap::new();
    for (_, dwelling) in placed.into_iter().filter(|(id, _)| !taken_back.contains(id)) {
        let reserver = dwelling.contingent.as_ref().and_then(|(_, kind)| *kind);
        *counts.entry((dwelling.host, reserver)).or_default() += 1;
    }
    let row = |((landlord, reserver), dwellings)| OutOfFlowRow { landlord, reserver, dwellings };
    counts.into_iter().map(row).collect()
}
