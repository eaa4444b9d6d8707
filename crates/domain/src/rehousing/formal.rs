//! Formal offers: what the law lets an owner count against a household, with their dates.

use crate::rehousing::ids::FormalOfferId;
use crate::{Date, Reason, Refusal, calendar};
use serde::{Deserialize, Serialize};

/// Why the household must leave; it fixes how many formal offers are due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegalBasis {
    /// CCH L.442-6 II: authorised demolition, or one under an ANRU convention. Three offers.
    L442_6,
    /// Code de l'urbanisme L.314-2: a development operation of a public body. Two offers.
    L314_2,
    /// Another basis, with its own number of offers.
    Other {
        /// Formal offers due, 1 to 9.
        formal_offers: u8,
    },
}

impl LegalBasis {
    /// Formal offers due to the household.
    #[must_use]
    pub const fn cap(self) -> u8 {
        match self {
            Self::L442_6 => 3,
            Self::L314_2 => 2,
            Self::Other { formal_offers } => formal_offers,
        }
    }
}

/// One formal offer made: it holds one dwelling, or the two of a double proposition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormalOffer {
    /// Its identifier; the two dwellings of a double proposition share it.
    pub id: FormalOfferId,
    /// Day it was notified.
    pub notified_on: Date,
    /// Dwellings it holds so far: 1 or 2.
    pub dwellings: u8,
}

/// The formal offers of one household, in the order of their notification.
///
/// Invariant: no more than the cap of the legal basis; an offer is counted once however many dwellings it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stored")]
pub struct FormalOffers {
    basis: LegalBasis,
    made: Vec<FormalOffer>,
}

/// Formal offers as they are stored: they come back through the same door.
#[derive(Deserialize)]
struct Stored {
    basis: LegalBasis,
    made: Vec<FormalOffer>,
}

impl TryFrom<Stored> for FormalOffers {
    type Error = Refusal;
    fn try_from(stored: Stored) -> Result<Self, Refusal> {
        let mut offers = Self::none(stored.basis)?;
        for offer in stored.made {
            for _ in 0..offer.dwellings {
                offers.notify(&offer.id, offer.notified_on)?;
            }
        }
        Ok(offers)
    }
}

impl FormalOffers {
    /// A household to which nothing was offered yet.
    ///
    /// # Errors
    /// [`Reason::ValueRange`] for another basis with no offer, or more than nine.
    pub fn none(basis: LegalBasis) -> Result<Self, Refusal> {
        super::band::in_range("legal_basis.formal_offers", i64::from(basis.cap()), 1, 9)?;
        Ok(Self { basis, made: Vec::new() })
    }

    /// Counts a dwelling notified under a formal offer: a new offer, or the second dwelling of a double one.
    ///
    /// # Errors
    /// [`Reason::FormalOffersSpent`] beyond the cap; [`Reason::DatesOutOfOrder`] before the last one;
    /// [`Reason::ValueRange`] for a third dwelling under one offer.
    pub fn notify(&mut self, id: &FormalOfferId, on: Date) -> Result<u8, Refusal> {
        if let Some(offer) = self.made.iter_mut().find(|offer| offer.id == *id) {
            super::band::in_range("formal_offer.dwellings", i64::from(offer.dwellings) + 1, 1, 2)?;
            offer.dwellings = 2;
            return Ok(self.used());
        }
        if self.left() == 0 {
            let spent =
                Refusal::new(Reason::FormalOffersSpent, "formal_offer", id).with("limit", self.basis.cap());
            return Err(spent.with("last", self.made.last().map_or(on, |offer| offer.notified_on)));
        }
        if let Some(last) = self.made.last().filter(|last| last.notified_on > on) {
            let refusal = Refusal::new(Reason::DatesOutOfOrder, "formal_offer.notified_on", on);
            return Err(refusal.with("last", last.notified_on));
        }
        self.made.push(FormalOffer { id: id.clone(), notified_on: on, dwellings: 1 });
        Ok(self.used())
    }

    /// Takes an offer back: its dwelling was lost before the household could choose, so that it does not count.
    pub fn take_back(&mut self, id: &FormalOfferId) {
        self.made.retain(|offer| offer.id != *id);
    }

    /// Whether this offer was notified.
    #[must_use]
    pub fn holds(&self, id: &FormalOfferId) -> bool {
        self.made.iter().any(|offer| offer.id == *id)
    }

    /// The legal basis.
    #[must_use]
    pub const fn basis(&self) -> LegalBasis {
        self.basis
    }

    /// The offers made, with their dates.
    #[must_use]
    pub fn made(&self) -> &[FormalOffer] {
        &self.made
    }

    /// Formal offers made: offers, not dwellings.
    #[must_use]
    pub fn used(&self) -> u8 {
        u8::try_from(self.made.len()).unwrap_or(u8::MAX)
    }

    /// Formal offers left.
    #[must_use]
    pub fn left(&self) -> u8 {
        self.basis.cap().saturating_sub(self.used())
    }

    /// The next formal offer is the last one: to be chosen with care.
    #[must_use]
    pub fn is_near_the_last(&self) -> bool {
        self.left() == 1
    }

    /// Day on which the title of occupation is lost, when every offer was refused: six months after the last
    /// was notified (CCH L.442-6 II). Nothing while an offer is left.
    #[must_use]
    pub fn title_lost_on(&self) -> Option<Date> {
        let last = self.made.last().filter(|_| self.left() == 0)?;
        Some(calendar::plus_months(last.notified_on, 6))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: i8) -> Date {
        Date::constant(2026, 3, day)
    }

    fn id(text: &str) -> FormalOfferId {
        FormalOfferId::parse("id", text).unwrap()
    }

    #[test]
    fn a_double_proposition_is_one_offer_so_three_offers_hold_up_to_six_dwellings() {
        let mut offers = FormalOffers::none(LegalBasis::L442_6).unwrap();
        for (number, on) in [(1, 1), (2, 10), (3, 20)] {
            let offer = id(&format!("F-{number}"));
            assert_eq!(offers.notify(&offer, day(on)), Ok(number), "first dwelling");
            assert_eq!(offers.notify(&offer, day(on)), Ok(number), "second dwelling of the same offer");
            assert_eq!(offers.notify(&offer, day(on)).unwrap_err().reason, Reason::ValueRange);
            assert_eq!(offers.is_near_the_last(), number == 2);
        }
        assert_eq!(offers.made().iter().map(|offer| offer.dwellings).sum::<u8>(), 6);
        assert_eq!(offers.title_lost_on(), Some(Date::constant(2026, 9, 20)));
        let fourth = offers.notify(&id("F-4"), day(25)).unwrap_err();
        assert_eq!((fourth.reason, fourth.facts[0].1.as_str()), (Reason::FormalOffersSpent, "3"));
    }

    #[test]
    fn a_development_operation_owes_two_offers() {
        let mut offers = FormalOffers::none(LegalBasis::L314_2).unwrap();
        offers.notify(&id("F-1"), day(5)).unwrap();
        assert!(offers.is_near_the_last());
        assert_eq!(offers.title_lost_on(), None);
        assert_eq!(offers.notify(&id("F-2"), day(4)).unwrap_err().reason, Reason::DatesOutOfOrder);
        assert!(FormalOffers::none(LegalBasis::Other { formal_offers: 0 }).is_err());
    }
}
