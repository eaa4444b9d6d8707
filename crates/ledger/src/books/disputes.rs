//! What is contested, and until when it was.

use chambre_domain::dispute::{Dispute, DisputeSubject};
use chambre_domain::{EventId, TerritoryId};
use std::collections::BTreeMap;

/// Every dispute, by the event id under which it was raised.
#[derive(Debug, Default)]
pub struct Disputes {
    by_id: BTreeMap<EventId, Dispute>,
}

impl Disputes {
    /// A dispute.
    #[must_use]
    pub fn get(&self, id: &EventId) -> Option<&Dispute> {
        self.by_id.get(id)
    }

    /// Every dispute of a territory, settled ones included, by id.
    pub fn of_territory(&self, territory: TerritoryId) -> impl Iterator<Item = &Dispute> {
        self.by_id.values().filter(move |dispute| dispute.territory == territory)
    }

    /// Every dispute, settled ones included, by id.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Dispute> {
        self.by_id.values()
    }

    /// The dispute that still holds something, if one does.
    #[must_use]
    pub fn open_on(&self, subject: &DisputeSubject) -> Option<&Dispute> {
        self.by_id.values().find(|dispute| dispute.settled.is_none() && dispute.raising.subject == *subject)
    }

    pub(super) fn put(&mut self, dispute: Dispute) {
        self.by_id.insert(dispute.id.clone(), dispute);
    }

    pub(super) fn put_back(&mut self, id: EventId, dispute: Option<Dispute>) {
        match dispute {
            Some(dispute) => self.by_id.insert(id, dispute),
            None => self.by_id.remove(&id),
        };
    }
}
