//! Offers that nobody took position on, and why.
//!
//! « Beaucoup de logements n’ont fait l’objet d’aucun positionnement […]. Pour une partie d’entre eux, les
//! caractéristiques des logements n’étaient pas en adéquation avec celles de la demande » (study, Lille). The two
//! causes are told apart here: either no household could take the dwelling, with the rules that stood in the way; or
//! some could, and nobody answered.

use crate::trade::ids::OfferId;
use crate::trade::rule::Rule;
use crate::trade::{DwellingOffer, HouseholdNeed, Policy, References, eligibility};
use std::collections::BTreeMap;

/// An offer without position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orphan {
    /// The offer.
    pub offer: OfferId,
    /// Households that could have taken it.
    pub possible: u32,
    /// Households that could not.
    pub impossible: u32,
    /// Of those, how many each rule stood in the way of; one household may meet several.
    pub rules: BTreeMap<Rule, u32>,
}

impl Orphan {
    /// Some household could take it: nobody answered, though the dwelling fitted.
    #[must_use]
    pub const fn was_left_unanswered(&self) -> bool {
        self.possible > 0
    }

    /// The rule that stood in the way most often, the first of the list when several did.
    #[must_use]
    pub fn main_rule(&self) -> Option<Rule> {
        let most = self.rules.values().max()?;
        self.rules.iter().find(|(_, count)| *count == most).map(|(rule, _)| *rule)
    }
}

/// Reads each orphan against the needs of the day.
#[must_use]
pub fn orphans(
    offers: &[&DwellingOffer],
    needs: &[HouseholdNeed],
    policy: &Policy,
    references: &References<'_>,
) -> Vec<Orphan> {
    let read = |offer: &&DwellingOffer| {
        let id = offer.declared().offer.clone();
        let mut orphan = Orphan { offer: id, possible: 0, impossible: 0, rules: BTreeMap::new() };
        for need in needs {
            match eligibility(need, offer, policy, references) {
                Ok(_) => orphan.possible += 1,
                Err(rejects) => {
                    orphan.impossible += 1;
                    for reject in rejects {
                        *orphan.rules.entry(reject.rule).or_default() += 1;
                    }
                }
            }
        }
        orphan
    };
    offers.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trade::Tables;
    use crate::trade::dwelling::OfferDeclaration;
    use crate::trade::need::NeedDeclaration;
    use crate::trade::tests::{TODAY, household, need, offer, terms};
    use chambre_domain::Cents;
    use chambre_domain::relogement::Typology;

    #[test]
    fn an_orphan_says_whether_it_fitted_nobody_or_was_left_unanswered() {
        let needs: Vec<_> = (0..3)
            .map(|number| {
                let household = household(&format!("h-{number}"));
                HouseholdNeed::new(NeedDeclaration { household, ..need() }).unwrap()
            })
            .collect();
        let fits = DwellingOffer::new(offer()).unwrap();
        let dear = OfferDeclaration { rent: Cents::new(90_000), typology: Typology::T5, ..offer() };
        let dear = DwellingOffer::new(dear).unwrap();
        let references = References::bare(TODAY, Tables::shipped());
        let rows = orphans(&[&fits, &dear], &needs, &Policy::new(terms()).unwrap(), &references);
        assert!(rows[0].was_left_unanswered());
        assert_eq!((rows[0].possible, rows[0].main_rule()), (3, None));
        assert!(!rows[1].was_left_unanswered());
        assert_eq!(
            (rows[1].impossible, rows[1].rules[&Rule::Typology], rows[1].rules[&Rule::Effort]),
            (3, 3, 3)
        );
        assert_eq!(rows[1].main_rule(), Some(Rule::Typology));
    }
}
