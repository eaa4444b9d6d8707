//! Dwellings kept empty for an operation (vivier): for how long, and what it costs each day.
//!
//! « Il convient de maîtriser la durée de la vacance et de s’assurer que la perte d’exploitation soit soutenable pour
//! l’organisme » (study).

use crate::trade::DwellingOffer;
use crate::trade::ids::OfferId;
use chambre_domain::{Cents, Date, OperationId, Siren, calendar};

/// One dwelling kept empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldRow {
    /// The offer.
    pub offer: OfferId,
    /// Its bailleur.
    pub landlord: Siren,
    /// The operation it is kept for.
    pub operation: OperationId,
    /// Days empty, from the day after the last lease; nothing when that day is not known.
    pub days: Option<i32>,
    /// Rent lost each day: twelve months over 365 days.
    pub lost_each_day: Option<Cents>,
    /// Longer than the policy allows, or kept beyond its own last day.
    pub too_long: bool,
}

/// Dwellings kept for an operation on a day; `most_days` is the policy's.
#[must_use]
pub fn holds<'a>(
    offers: impl IntoIterator<Item = &'a DwellingOffer>,
    most_days: u16,
    on: Date,
) -> Vec<HoldRow> {
    let row = |offer: &DwellingOffer| {
        let offer = offer.declared();
        let hold = offer.hold.as_ref()?;
        let days = offer.vacant_since.map(|since| calendar::day_number(on) - calendar::day_number(since));
        Some(HoldRow {
            offer: offer.offer.clone(),
            landlord: offer.landlord,
            operation: hold.operation.clone(),
            days,
            lost_each_day: offer.rent.ratio(12, 365),
            too_long: days.is_some_and(|days| days > i32::from(most_days)) || on > hold.until,
        })
    };
    offers.into_iter().filter_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trade::dwelling::{Hold, OfferDeclaration};
    use crate::trade::tests::{TODAY, offer, operation};

    #[test]
    fn a_dwelling_kept_too_long_is_shown_with_what_it_costs_each_day() {
        let kept = |until| {
            let hold = Some(Hold { operation: operation("OP-1"), until });
            DwellingOffer::new(OfferDeclaration { hold, ..offer() }).unwrap()
        };
        let offers = [kept(TODAY), kept(TODAY.yesterday().unwrap()), DwellingOffer::new(offer()).unwrap()];
        let rows = |most| holds(&offers, most, TODAY).into_iter().map(|row| row.too_long).collect::<Vec<_>>();
        assert_eq!((rows(32), rows(31)), (vec![false, true], vec![true, true]));
        let first = &holds(&offers, 90, TODAY)[0];
        // Empty since 1 October: 32 days. 440.00 × 12 ÷ 365 = 14.47.
        assert_eq!((first.days, first.lost_each_day), (Some(32), Some(Cents::new(1_447))));
    }
}
