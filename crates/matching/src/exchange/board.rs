//! The exchange (bourse): dwellings shown to every team for a week, positions collected, then one is chosen.
//!
//! « Les organismes non-démolisseurs peuvent proposer des logements à l’ensemble des chargés de relogement qui
//! disposent alors d’une semaine pour se positionner » (study, Lille). The first to answer wins nothing by it.

use crate::exchange::terms::add_days;
use crate::trade::dwelling::LandlordRole;
use crate::trade::ids::{MousId, OfferId};
use crate::trade::policy::{Policy, PosterRule};
use crate::trade::{DwellingOffer, Edge};
use chambre_domain::{Date, HouseholdId, Reason, Refusal};
use sha2::{Digest, Sha256};
use std::cmp::Reverse;

/// A dwelling on the exchange, open to positions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    offer: OfferId,
    published_on: Date,
    until: Date,
    extension_days: u16,
    positions: Vec<Position>,
}

/// A team puts a household forward.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Position {
    pub mous: MousId,
    pub household: HouseholdId,
    pub on: Date,
}

/// What a listing becomes once its window is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closed {
    /// Nobody took position: open again, once, until a later day.
    Extended(Listing),
    /// Positions to choose from.
    Positions(Vec<Position>),
    /// Nobody took position: to be relisted or released.
    Orphan {
        /// The offer.
        offer: OfferId,
        /// Day it was published.
        published_on: Date,
    },
}

impl Listing {
    /// Posts a dwelling for the window of the policy: published on day zero, open up to and including day seven.
    ///
    /// # Errors
    /// [`Reason::PosterNotAllowed`] when the territory's exchange is for bailleurs that do not demolish. Under the
    /// other rules anyone may post; rule H14 then rules out the poster's own operations, household by household.
    pub fn post(offer: &DwellingOffer, policy: &Policy, on: Date) -> Result<Self, Refusal> {
        let (offer, terms) = (offer.declared(), policy.terms());
        if terms.poster == PosterRule::NonDemolishers && offer.role == LandlordRole::Demolisher {
            return Err(Refusal::new(Reason::PosterNotAllowed, "landlord", offer.landlord));
        }
        Ok(Self {
            offer: offer.offer.clone(),
            published_on: on,
            until: add_days(on, terms.clocks.window_days),
            extension_days: terms.clocks.extension_days,
            positions: Vec::new(),
        })
    }

    /// Last day to take position.
    #[must_use]
    pub const fn until(&self) -> Date {
        self.until
    }

    /// The offer.
    #[must_use]
    pub const fn offer(&self) -> &OfferId {
        &self.offer
    }

    /// Positions taken so far.
    #[must_use]
    pub fn positions(&self) -> &[Position] {
        &self.positions
    }

    /// A team takes position with a household that the rules admit.
    ///
    /// # Errors
    /// [`Reason::ProposalClock`] outside the window; [`Reason::PairNotEligible`] for an edge of another offer;
    /// [`Reason::ProposalExists`] for the same household twice.
    pub fn take_position(&mut self, mous: MousId, edge: &Edge, on: Date) -> Result<(), Refusal> {
        if !(self.published_on..=self.until).contains(&on) {
            return Err(Refusal::new(Reason::ProposalClock, "on", on).with("until", self.until));
        }
        if edge.offer != self.offer {
            return Err(Refusal::new(Reason::PairNotEligible, "offer", &edge.offer));
        }
        if self.positions.iter().any(|position| position.household == edge.household) {
            return Err(Refusal::new(Reason::ProposalExists, "household", HouseholdId::HIDDEN));
        }
        self.positions.push(Position { mous, household: edge.household.clone(), on });
        Ok(())
    }

    /// Closes the window, once: it consumes the listing.
    ///
    /// # Errors
    /// [`Reason::ProposalClock`] while teams may still answer.
    pub fn close(self, on: Date) -> Result<Closed, Refusal> {
        if on <= self.until {
            return Err(Refusal::new(Reason::ProposalClock, "on", on).with("until", self.until));
        }
        Ok(match (self.positions.is_empty(), self.extension_days) {
            (false, _) => Closed::Positions(self.positions),
            (true, 0) => Closed::Orphan { offer: self.offer, published_on: self.published_on },
            (true, days) => {
                // Open again from today, and never a third time.
                Closed::Extended(Self { until: add_days(on, days), extension_days: 0, ..self })
            }
        })
    }
}

/// Chooses among the possible pairs of one dwelling: urgent first, then the class of the project, then points, then
/// a public draw. Neither the order nor the day of the positions counts.
#[must_use]
pub fn choose<'a>(edges: impl IntoIterator<Item = &'a Edge>, seed: &str) -> Option<&'a Edge> {
    edges.into_iter().min_by_key(|edge| {
        let points = Reverse(edge.score.total());
        (
            Reverse(edge.urgent),
            edge.project_class,
            points,
            draw(seed, edge),
            edge.household.as_str().to_owned(),
        )
    })
}

/// A number that anybody can compute again from the published seed: lengths first, so that no two pairs collide.
fn draw(seed: &str, edge: &Edge) -> [u8; 32] {
    let mut digest = Sha256::new();
    for part in [seed, edge.household.as_str(), edge.offer.as_str()] {
        digest.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        digest.update(part.as_bytes());
    }
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::tests::{Pair, day, mous};
    use crate::trade::dwelling::OfferDeclaration;
    use crate::trade::policy::{Clocks, PolicyTerms};
    use crate::trade::tests::{offer, terms};

    fn policy(poster: PosterRule, extension_days: u16) -> Policy {
        let clocks = Clocks { extension_days, ..terms().clocks };
        Policy::new(PolicyTerms { poster, clocks, ..terms() }).unwrap()
    }

    fn post(role: LandlordRole, policy: &Policy) -> Result<Listing, Refusal> {
        Listing::post(&DwellingOffer::new(OfferDeclaration { role, ..offer() }).unwrap(), policy, day(2))
    }

    #[test]
    fn teams_have_one_week_to_take_position() {
        let edge = Pair::new("h-1", "O-1").edge();
        let policy = policy(PosterRule::NonDemolishers, 0);
        for (on, in_time) in [(1, false), (2, true), (9, true), (10, false)] {
            let mut listing = post(LandlordRole::Other, &policy).unwrap();
            let taken = listing.take_position(mous("M1"), &edge, day(on));
            assert_eq!(taken.is_ok(), in_time, "day {on}");
            assert_eq!(listing.clone().close(day(9)).unwrap_err().reason, Reason::ProposalClock);
            let expected = usize::from(in_time);
            match listing.close(day(10)).unwrap() {
                Closed::Positions(positions) => assert_eq!(positions.len(), expected),
                Closed::Orphan { offer, .. } => assert_eq!((offer.as_str(), expected), ("O-1", 0)),
                Closed::Extended(_) => unreachable!("no extension in this policy"),
            }
        }
    }

    #[test]
    fn the_exchange_of_lille_is_for_bailleurs_that_do_not_demolish_and_may_be_opened() {
        let refused = post(LandlordRole::Demolisher, &policy(PosterRule::NonDemolishers, 0)).unwrap_err();
        assert_eq!(refused.reason, Reason::PosterNotAllowed);
        assert!(post(LandlordRole::Demolisher, &policy(PosterRule::OutsideOwnOperations, 0)).is_ok());
    }

    #[test]
    fn a_listing_without_position_is_extended_once() {
        let listing = post(LandlordRole::Other, &policy(PosterRule::NonDemolishers, 3)).unwrap();
        let Closed::Extended(listing) = listing.close(day(10)).unwrap() else { panic!("extended") };
        assert_eq!(listing.until(), day(13));
        assert!(matches!(listing.close(day(14)).unwrap(), Closed::Orphan { .. }));
    }

    #[test]
    fn a_household_takes_position_once() {
        let edge = Pair::new("h-1", "O-1").edge();
        let mut listing = post(LandlordRole::Other, &policy(PosterRule::NonDemolishers, 0)).unwrap();
        listing.take_position(mous("M1"), &edge, day(2)).unwrap();
        assert_eq!(
            listing.take_position(mous("M1"), &edge, day(3)).unwrap_err().reason,
            Reason::ProposalExists
        );
        let other = Pair::new("h-2", "O-2").edge();
        assert_eq!(
            listing.take_position(mous("M1"), &other, day(3)).unwrap_err().reason,
            Reason::PairNotEligible
        );
    }

    #[test]
    fn the_choice_reads_urgency_then_class_then_points_and_never_the_order() {
        let plain = Pair::new("h-1", "O-1").edge();
        let urgent = Edge { urgent: true, project_class: 9, ..Pair::new("h-2", "O-1").edge() };
        let first_class = Edge { project_class: 0, ..Pair::new("h-3", "O-1").edge() };
        let chosen = |edges: [&Edge; 3]| choose(edges, "2026-11").unwrap().household.as_str().to_owned();
        assert_eq!(chosen([&plain, &urgent, &first_class]), "h-2");
        assert_eq!(chosen([&first_class, &plain, &plain]), "h-3");
        let twins = [Pair::new("h-4", "O-1").edge(), Pair::new("h-5", "O-1").edge()];
        assert_eq!(choose(twins.iter(), "s"), choose(twins.iter().rev(), "s"));
    }
}
