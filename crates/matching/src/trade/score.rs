//! The soft score of a possible pair: named components, integer points, weights and tables from the policy.
//!
//! Nothing here reads a protected characteristic; the mix component reads the quartile and the QPV flag only.

use crate::trade::affordability::Burden;
use crate::trade::dwelling::OfferDeclaration;
use crate::trade::need::NeedDeclaration;
use crate::trade::policy::{Points, PolicyTerms};
use chambre_domain::Date;

/// A component of the score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Component {
    /// How near the wishes.
    Geography,
    /// How near the best typology.
    Typology,
    /// How far below the effort rate cap.
    Affordability,
    /// How rent and charges compare with the present ones.
    RentChange,
    /// How long the household has waited.
    Waiting,
    /// What it does for the balance of the quarters.
    Mix,
    /// New, recent, or thermally sound.
    Quality,
}

impl Component {
    /// Its name in French.
    #[must_use]
    pub const fn french(self) -> &'static str {
        match self {
            Self::Geography => "souhaits géographiques",
            Self::Typology => "typologie",
            Self::Affordability => "taux d’effort",
            Self::RentChange => "loyer et charges comparés à aujourd’hui",
            Self::Waiting => "ancienneté",
            Self::Mix => "équilibre des quartiers",
            Self::Quality => "qualité du logement",
        }
    }
}

/// Points of one component, and the most it could have earned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Earned {
    pub component: Component,
    pub points: u32,
    pub most: u32,
}

/// The components, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Score([Earned; 7]);

impl Score {
    /// Points of all components: 0 to 1 000.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.0.iter().map(|earned| earned.points).sum()
    }

    /// Each component.
    #[must_use]
    pub const fn components(&self) -> &[Earned; 7] {
        &self.0
    }
}

pub(crate) fn score(
    need: &NeedDeclaration,
    offer: &OfferDeclaration,
    terms: &PolicyTerms,
    burden: &Burden,
    on: Date,
) -> Score {
    let (weights, points) = (terms.weights, &terms.points);
    let typology =
        if offer.typology == need.typology.ideal { WHOLE } else { i64::from(points.typology_in_range) };
    let sound = offer.new_or_recent == Some(true) || offer.rt2005 == Some(true);
    let earned = |component, most: u32, share: i64| {
        let points = i64::from(most) * share.clamp(0, WHOLE) / WHOLE;
        Earned { component, points: u32::try_from(points).unwrap_or(most), most }
    };
    Score([
        earned(Component::Geography, weights.geography, geography(need, offer, points)),
        earned(Component::Typology, weights.typology, typology),
        earned(Component::Affordability, weights.affordability, affordability(burden, terms)),
        earned(Component::RentChange, weights.rent_change, rent_change(need, offer, burden, points)),
        earned(Component::Waiting, weights.waiting, waiting(need, points, on)),
        earned(Component::Mix, weights.mix, mix(need, offer, points)),
        earned(Component::Quality, weights.quality, if sound { WHOLE } else { 0 }),
    ])
}

/// One, in basis points.
const WHOLE: i64 = 10_000;

/// The best of the wishes that hold the commune: share of its rank × share of its scale.
fn geography(need: &NeedDeclaration, offer: &OfferDeclaration, points: &Points) -> i64 {
    let shares = need.wishes.iter().filter(|wish| wish.place.holds(&offer.commune)).map(|wish| {
        i64::from(points.of_rank(wish.rank)) * i64::from(points.of_scale(wish.place.scale())) / WHOLE
    });
    shares.max().unwrap_or(i64::from(points.widened))
}

/// The margin below the cap; nothing when the rate is not known.
fn affordability(burden: &Burden, terms: &PolicyTerms) -> i64 {
    let cap = i64::from(terms.effort_cap_bp);
    burden.effort_bp.map_or(0, |rate| (cap - rate.clamp(0, cap)) * WHOLE / cap)
}

/// Everything when rent and charges do not rise, then less down to nothing at the policy's rise.
fn rent_change(need: &NeedDeclaration, offer: &OfferDeclaration, burden: &Burden, points: &Points) -> i64 {
    let (Some(rent), Some(charges), Some(new_charges)) =
        (need.present_rent, need.present_charges, offer.charges)
    else {
        return 0;
    };
    let (present, new) = (rent.get() + charges.get(), burden.rent.get() + new_charges.get());
    if new <= present {
        return WHOLE;
    }
    if present == 0 {
        return 0;
    }
    let (rise, nothing) = ((new - present) * WHOLE / present, i64::from(points.rise_for_nothing_bp));
    (nothing - rise.min(nothing)) * WHOLE / nothing
}

/// Whole months since the household entered the list.
fn waiting(need: &NeedDeclaration, points: &Points, on: Date) -> i64 {
    let months = |date: Date| i64::from(date.year()) * 12 + i64::from(date.month());
    let begun = i64::from(on.day() < need.entered_on.day());
    let waited = months(on) - months(need.entered_on) - begun;
    waited.max(0) * WHOLE / i64::from(points.months_for_all)
}

fn mix(need: &NeedDeclaration, offer: &OfferDeclaration, points: &Points) -> i64 {
    let share = match (need.first_quartile, offer.in_qpv) {
        (Some(true), Some(false)) => points.mix_first_quartile_outside,
        (Some(false), Some(true)) => points.mix_others_inside,
        (Some(false), Some(false)) => points.mix_others_outside,
        (Some(true), Some(true)) => points.mix_first_quartile_inside,
        _ => 0,
    };
    i64::from(share)
}
