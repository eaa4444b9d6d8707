//! From needs and offers to the pairs that the solver reads: the only place where the two meet.

use crate::exchange::directed::{Choice, ChoiceKind, Optimum, Worth};
use crate::instance::{Dwelling, Household, Instance};
use crate::trade::dwelling::DwellingOffer;
use crate::trade::eligibility::{eligibility, fits, may_go_to};
use crate::trade::ids::OfferId;
use crate::trade::need::HouseholdNeed;
use crate::trade::policy::Policy;
use crate::trade::references::References;
use chambre_domain::{HouseholdId, Reason, Refusal};
use std::collections::BTreeMap;

/// The possible pairs of a batch, as the solver reads them, and who they are.
///
/// A region has millions of pairs: what an officer sees of one is read again, by [`eligibility`], when asked for.
#[derive(Debug, Clone)]
pub struct Batch {
    /// What the solver reads; ids are places in the lists given.
    pub instance: Instance,
    /// The households, in their order.
    pub households: Vec<HouseholdId>,
    /// The offers, in their order.
    pub offers: Vec<OfferId>,
}

/// Reads every pair against the rules and keeps the possible ones.
///
/// # Errors
/// [`Reason::BatchTooLarge`] beyond four thousand million needs or offers.
pub fn batch(
    needs: &[HouseholdNeed],
    offers: &[DwellingOffer],
    policy: &Policy,
    references: &References<'_>,
) -> Result<Batch, Refusal> {
    let place = |field: &str, place: usize| {
        u32::try_from(place).map_err(|_| Refusal::new(Reason::BatchTooLarge, field, place))
    };
    let mut instance = Instance::default();
    for id in 0..place("offers", offers.len())? {
        instance.dwellings.push(Dwelling { id });
    }
    // Communes are sieved once for each household, not once for each offer in them.
    let mut communes: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (column, offer) in offers.iter().enumerate() {
        communes.entry(&offer.declared().commune).or_default().push(column);
    }
    for (row, need) in needs.iter().enumerate() {
        let id = place("needs", row)?;
        instance.households.push(Household { id, urgent: u8::from(need.declared().urgency.is_some()) });
        let open = communes.iter().filter(|(commune, _)| may_go_to(need, commune));
        let columns = open.flat_map(|(_, columns)| columns).copied();
        let mut left: Vec<_> = columns.filter(|column| fits(need, &offers[*column])).collect();
        left.sort_unstable();
        for column in left {
            if let Ok(edge) = eligibility(need, &offers[column], policy, references) {
                instance.edges.push((id, place("offers", column)?, i64::from(edge.score.total())));
            }
        }
    }
    let households = needs.iter().map(|need| need.declared().household.clone()).collect();
    let offers = offers.iter().map(|offer| offer.declared().offer.clone()).collect();
    Ok(Batch { instance, households, offers })
}

impl Batch {
    /// The batch under choices: a pinned pair stands alone on both its sides, so that the best whole takes it; a
    /// banned one is gone. Nothing when a choice names nobody here, or pins a pair that is not possible.
    #[must_use]
    pub fn under(&self, choices: &[Choice]) -> Option<Self> {
        let place = |choice: &Choice| {
            let household = self.households.iter().position(|household| *household == choice.household)?;
            let offer = self.offers.iter().position(|offer| *offer == choice.offer)?;
            Some((choice.kind, u32::try_from(household).ok()?, u32::try_from(offer).ok()?))
        };
        let choices: Vec<_> = choices.iter().map(place).collect::<Option<_>>()?;
        let held = |(household, dwelling, _): &(u32, u32, i64)| {
            choices.iter().all(|(kind, who, which)| match kind {
                ChoiceKind::Pin => (who == household) == (which == dwelling),
                ChoiceKind::Ban => (who, which) != (household, dwelling),
            })
        };
        let edges: Vec<_> = self.instance.edges.iter().filter(|edge| held(edge)).copied().collect();
        let stands = |who: u32, which: u32| edges.iter().any(|edge| (edge.0, edge.1) == (who, which));
        if choices.iter().any(|(kind, who, which)| *kind == ChoiceKind::Pin && !stands(*who, *which)) {
            return None;
        }
        Some(Self { instance: Instance { edges, ..self.instance.clone() }, ..self.clone() })
    }
}

impl Optimum for Batch {
    /// Solves again under the choices.
    fn best(&self, choices: &[Choice]) -> Option<Worth> {
        let assignment = crate::assign(&self.under(choices)?.instance).ok()?;
        let count = |number: u64| i64::try_from(number).ok();
        Some(Worth {
            urgent: count(assignment.urgent)?,
            placed: count(assignment.placed)?,
            points: assignment.score,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::directed::{AmendedBatch, ChoiceReason};
    use crate::trade::dwelling::{Access, Financing, Hold, OfferDeclaration};
    use crate::trade::ids::{AuthorId, DwellingRef};
    use crate::trade::need::{NeedDeclaration, Urgency, UrgencyCode};
    use crate::trade::tests::{TODAY, household, need, offer, operation, terms};
    use crate::trade::{CommuneId, Tables};
    use chambre_domain::relogement::Typology;
    use chambre_domain::{Cents, Date, Siren};
    use proptest::prelude::*;

    const TYPOLOGIES: [Typology; 4] = [Typology::T2, Typology::T3, Typology::T4, Typology::T5];

    fn need_of(number: usize, urgent: bool) -> HouseholdNeed {
        let urgency = urgent.then_some(Urgency { code: UrgencyCode::WorksCalendar, since: TODAY });
        let household = household(&format!("h-{number}"));
        HouseholdNeed::new(NeedDeclaration { household, urgency, ..need() }).unwrap()
    }

    fn offer_of(number: usize, typology: Typology, rent: i64) -> DwellingOffer {
        let text = format!("O-{number}");
        let (offer_id, dwelling) =
            (OfferId::parse("offer", &text).unwrap(), DwellingRef::parse("dwelling", &text).unwrap());
        let rent = Cents::new(rent);
        DwellingOffer::new(OfferDeclaration { offer: offer_id, dwelling, typology, rent, ..offer() }).unwrap()
    }

    fn batch_of(needs: &[HouseholdNeed], offers: &[DwellingOffer]) -> Batch {
        let references = References::bare(TODAY, Tables::shipped());
        batch(needs, offers, &Policy::new(terms()).unwrap(), &references).unwrap()
    }

    fn choice(kind: ChoiceKind, who: usize, which: usize) -> Choice {
        let offer = OfferId::parse("offer", &format!("O-{which}")).unwrap();
        Choice { kind, household: household(&format!("h-{who}")), offer }
    }

    #[test]
    fn a_directed_choice_shows_its_cost_before_it_is_confirmed_and_stays_beside_the_optimum() {
        let needs = [need_of(0, true), need_of(1, false)];
        let solver = batch_of(&needs, &[offer_of(0, Typology::T3, 44_000)]);
        let mut amended = AmendedBatch::new(&solver).unwrap();
        assert_eq!((amended.optimum().urgent, amended.optimum().placed), (1, 1));
        let pin = choice(ChoiceKind::Pin, 1, 0);
        let price =
            |amended: &AmendedBatch, choice| amended.price(choice, ChoiceReason::SupraTerritory, &solver);
        let (first, second) = (price(&amended, pin.clone()).unwrap(), price(&amended, pin).unwrap());
        assert_eq!(first.cost(), Worth { urgent: 1, placed: 0, points: 0 });
        assert!(amended.amendments().is_empty(), "a price changes nothing");
        let author = AuthorId::parse("author", "a.martin").unwrap();
        let kept = amended.confirm(first, author.clone(), TODAY).unwrap();
        assert_eq!((kept.cost.urgent, kept.author.as_str(), kept.on), (1, "a.martin", TODAY));
        assert_eq!((amended.optimum().urgent, amended.worth().urgent), (1, 0));
        assert_eq!(amended.confirm(second, author, TODAY).unwrap_err().reason, Reason::ProposalStep);
        let against = price(&amended, choice(ChoiceKind::Ban, 1, 0)).unwrap_err();
        assert_eq!(against.reason, Reason::PairNotEligible, "it contradicts the choice before");
        let forbidden = price(&amended, choice(ChoiceKind::Pin, 0, 7)).unwrap_err();
        assert_eq!(forbidden.reason, Reason::PairNotEligible);
    }

    /// One offer, each of its traits drawn apart.
    fn any_offer() -> impl Strategy<Value = OfferDeclaration> {
        let place = prop_oneof![Just("93066"), Just("93001"), Just("93039"), Just("92050")];
        let access = proptest::option::of(prop_oneof![Just(Access::Ordinary), Just(Access::Wheelchair)]);
        let financing = proptest::option::of(prop_oneof![Just(Financing::Plus), Just(Financing::Pls)]);
        let traits = (place, 0..4_usize, 20_000..90_000_i64, access, financing);
        let dates = (Just(TODAY), 0..400_u16, any::<bool>(), any::<bool>(), 1..3_u32);
        (traits, dates).prop_map(
            |((commune, typology, rent, access, financing), (on, days, held, formal, landlord))| {
                OfferDeclaration {
                    commune: CommuneId::parse("commune", commune, TODAY).unwrap(),
                    typology: TYPOLOGIES[typology],
                    rent: Cents::new(rent),
                    access,
                    financing,
                    available_from: crate::exchange::terms::add_days(on, days),
                    hold: held.then(|| Hold { operation: operation("OP-2"), until: TODAY }),
                    formal,
                    landlord: Siren::fictitious(landlord),
                    ..offer()
                }
            },
        )
    }

    /// The rules again, by another road: amounts instead of rates, one line each.
    fn holds_by_hand(need: &NeedDeclaration, offer: &OfferDeclaration) -> bool {
        let cost = offer.rent.get() + 16_000 - 20_000;
        let commune = offer.commune.insee();
        [
            TYPOLOGIES[..3].contains(&offer.typology),
            offer.landlord == Siren::fictitious(1) || offer.financing == Some(Financing::Plus),
            cost * 10 <= 200_000 * 3,
            (200_000 - cost) * 10 >= 1_000 * 30 * 18,
            commune == "93066" || commune == "93039",
            need.access == Access::Ordinary || offer.access == Some(Access::Wheelchair),
            offer.hold.is_none(),
            offer.available_from <= Date::constant(2027, 6, 30),
        ]
        .iter()
        .all(|holds| *holds)
    }

    proptest! {
        #[test]
        fn the_possible_pairs_are_those_that_hold_every_rule(
            offers in proptest::collection::vec(any_offer(), 1..12),
            needs in proptest::collection::vec((any::<bool>(), any::<bool>()), 1..6),
        ) {
            let offers: Vec<_> = offers.into_iter().enumerate().map(|(number, declaration)| {
                let text = format!("O-{number}");
                let offer = OfferId::parse("offer", &text).unwrap();
                DwellingOffer::new(OfferDeclaration { offer, ..declaration }).unwrap()
            }).collect();
            let needs: Vec<_> = needs.iter().enumerate().map(|(number, (urgent, wheelchair))| {
                let access = if *wheelchair { Access::Wheelchair } else { Access::Ordinary };
                let declaration = need_of(number, *urgent).declared().clone();
                HouseholdNeed::new(NeedDeclaration { access, ..declaration }).unwrap()
            }).collect();
            let batch = batch_of(&needs, &offers);
            prop_assert_eq!(batch.instance.check(), Ok(()));
            let pairs: Vec<_> = batch.instance.edges.iter().map(|(who, which, _)| (*who as usize, *which as usize)).collect();
            let mut expected = Vec::new();
            for (who, need) in needs.iter().enumerate() {
                for (which, offer) in offers.iter().enumerate() {
                    if holds_by_hand(need.declared(), offer.declared()) { expected.push((who, which)); }
                }
            }
            prop_assert_eq!(pairs, expected);
            prop_assert!(batch.instance.edges.iter().all(|(.., points)| (0..=1_000).contains(points)));
        }
    }
}
