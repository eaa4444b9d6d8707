//! The best assignment of a folder.

use crate::failure::Failure;
use crate::file::folder::Folder;
use chambre_matching::trade::decision::{self, Decision};
use chambre_matching::trade::instance::Batch;

/// Finds the best assignment, within the places left in the contingents.
///
/// # Errors
/// A proof that fails, which would be a defect of the program: nothing is answered then.
pub fn decide(batch: &Batch, folder: &Folder) -> Result<Decision, Failure> {
    let places = folder.contingents.clone().unwrap_or_default();
    decision::decide(batch, &folder.offers, &places).map_err(|error| {
        Failure::infrastructure(format!("l’appariement n’a pas pu être prouvé ({error}). Rien n’est écrit."))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::folder;
    use chambre_domain::Date;
    use chambre_matching::Worth;
    use chambre_matching::trade::decision::Proof;
    use chambre_matching::trade::instance::batch;
    use chambre_matching::trade::{References, Tables};

    const TODAY: Date = Date::constant(2026, 11, 2);

    /// Numbers that look drawn, the same every time.
    struct Draw(u64);

    impl Draw {
        fn below(&mut self, most: u64) -> u64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) % most
        }
    }

    /// Five households of Saint-Denis, five dwellings there, two contingents with few places.
    fn invented(seed: u64) -> (Folder, Batch) {
        let mut draw = Draw(seed);
        let mut needs = "menage;mous;operation;bailleur_origine;commune;urgence;urgence_depuis;classe_projet;personnes;\
            personnes_a_charge;unites_consommation;ressources_pct_plus;ressources_mensuelles;aide_logement;\
            typologie_min;typologie_ideale;typologie_max;accessibilite;souhaits;elargissement;base_legale;inscrit_le\n"
            .to_owned();
        let mut offers =
            "offre;logement;bailleur;role;commune;typologie;financement;loyer;charges;contingent;\
            disponible_le;publie_le;proposition_formelle\n"
                .to_owned();
        for number in 0..5 {
            let urgent = if draw.below(3) == 0 { "danger;2026-10-01" } else { ";" };
            let (size, resources) = (1 + draw.below(3), 1_200 + 100 * draw.below(12));
            needs += &format!(
                "h-{number};M-1;OP-1;000000018;93066;{urgent};0;2;0;1,5;40;{resources},00;100,00;T{size};T{size};T{};\
                 ordinaire;93066;non;L.442-6;2025-{:02}-01\n",
                size + 1,
                1 + draw.below(12)
            );
            let contingent = ["C-1", "C-1", "C-2", ""][usize::try_from(draw.below(4)).unwrap()];
            offers += &format!(
                "O-{number};D-{number};000000026;autre;93066;T{};PLUS;{},00;90,00;{contingent};2026-12-01;2026-11-02;oui\n",
                1 + draw.below(4),
                300 + 20 * draw.below(10)
            );
        }
        let contingents = format!(
            "contingent;reservataire;type;accueille;engagement;du;au;reste\n\
             C-1;Un (fictif);autres;tous;9;2026-01-01;2026-12-31;{}\nC-2;Deux (fictif);autres;tous;9;2026-01-01;2026-12-31;1\n",
            1 + draw.below(2)
        );
        let path = tempfile::tempdir().unwrap();
        for (file, text) in
            [(folder::NEEDS, needs), (folder::OFFERS, offers), (folder::CONTINGENTS, contingents)]
        {
            std::fs::write(path.path().join(file), text).unwrap();
        }
        let folder = folder::read(path.path(), TODAY).unwrap();
        let contingents = folder.contingents.clone().unwrap();
        let references = References { contingents, ..References::bare(TODAY, Tables::shipped()) };
        let batch = batch(&folder.needs, &folder.offers, &folder.policy, &references).unwrap();
        (folder, batch)
    }

    fn kept(offer_of: &[Option<u32>], folder: &Folder) -> bool {
        let of = |offer: u32| folder.offers[offer as usize].declared().contingent.as_ref();
        folder.contingents.iter().flatten().all(|(id, (_, left))| {
            offer_of.iter().flatten().filter(|offer| of(**offer) == Some(id)).count() <= *left as usize
        })
    }

    /// The best of every set of placements that keeps the contingents.
    fn best(batch: &Batch, folder: &Folder, offer_of: &mut Vec<Option<u32>>, worth: Worth) -> Worth {
        let household = offer_of.len();
        if household == folder.needs.len() {
            return if kept(offer_of, folder) { worth } else { Worth::ZERO };
        }
        let mut found = Worth::ZERO;
        let pairs = batch.instance.edges.iter().filter(|pair| pair.0 as usize == household);
        let choices = pairs.map(|(_, offer, score)| Some((*offer, *score))).chain([None]);
        for choice in choices {
            let (offer, score) = (choice.map(|(offer, _)| offer), choice.map(|(_, score)| score));
            if offer.is_some() && offer_of.contains(&offer) {
                continue;
            }
            let urgent = batch.instance.households[household].urgent > 0;
            let gained = score.map_or(Worth::ZERO, |score| Worth::of_pair(urgent, score));
            offer_of.push(offer);
            found = found.max(best(batch, folder, offer_of, worth + gained));
            offer_of.pop();
        }
        found
    }

    #[test]
    fn no_set_of_placements_within_the_contingents_is_worth_more() {
        let mut bounds = 0;
        for seed in 0..60 {
            let (folder, batch) = invented(seed);
            let decision = decide(&batch, &folder).unwrap();
            assert!(kept(&decision.offer_of, &folder), "seed {seed}");
            let given = |pair: &&(u32, u32, i64)| decision.offer_of[pair.0 as usize] == Some(pair.1);
            let urgent = |household: u32| batch.instance.households[household as usize].urgent > 0;
            let pairs = batch.instance.edges.iter().filter(given);
            let worth: Worth = pairs.map(|pair| Worth::of_pair(urgent(pair.0), pair.2)).sum();
            assert_eq!(worth, decision.worth, "seed {seed}");
            assert_eq!(decision.worth, best(&batch, &folder, &mut Vec::new(), Worth::ZERO), "seed {seed}");
            bounds += usize::from(matches!(decision.proof, Proof::Bound));
        }
        assert!(bounds > 10, "contingents were limited in {bounds} folders of 60");
    }
}
