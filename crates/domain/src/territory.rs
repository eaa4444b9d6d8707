//! Territories and communes of Île-de-France, from public reference data (see `data/README.md`).

use crate::calendar::Date;
use crate::refusal::{Reason, Refusal};
use crate::siren::Siren;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;

/// A netting territory: the SIREN of an EPCI, of an EPT of the Grand Paris, or of the Ville de Paris.
///
/// Invariant: one of the 63 perimeters that together hold each commune of the region once. The Métropole du
/// Grand Paris itself is not one of them: it would swallow 130 communes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct TerritoryId(Siren);

impl TerritoryId {
    /// Reads the SIREN of a netting territory.
    ///
    /// # Errors
    /// What [`Siren::parse`] refuses, and a SIREN that is not one of the 63.
    pub fn parse(field: &str, text: &str) -> Result<Self, Refusal> {
        let siren = Siren::parse(field, text)?;
        let known = Atlas::ile_de_france().territory(siren).is_some();
        if known { Ok(Self(siren)) } else { Err(Refusal::new(Reason::TerritoryUnknown, field, text)) }
    }

    /// The SIREN of the public body whose perimeter it is.
    #[must_use]
    pub const fn siren(self) -> Siren {
        self.0
    }

    /// Takes a stored number back; nothing when it is not one of the 63.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        let siren = Siren::from_number(number)?;
        Atlas::ile_de_france().territory(siren).map(|_| Self(siren))
    }

    /// Its record in the atlas.
    #[must_use]
    pub fn territory(self) -> &'static Territory {
        Atlas::ile_de_france().territory(self.0).expect("only the atlas makes territory ids")
    }
}

impl fmt::Display for TerritoryId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl<'de> Deserialize<'de> for TerritoryId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::parse("territory", &text).map_err(serde::de::Error::custom)
    }
}

/// What the atlas knows of a netting territory (DGCL and INSEE, millésime 2026).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Territory {
    /// Its identifier.
    pub id: TerritoryId,
    /// Official name, for example `Plaine Commune`.
    pub name: String,
    /// `EPT`, `PARIS`, `CU`, `CA` or `CC`.
    pub kind: String,
    /// Departments it lies in, joined with `+`.
    pub departments: String,
    /// Communes inside the region.
    pub commune_count: u32,
    /// Whether part of it lies outside the region (one does: the Pays Houdanais).
    pub straddles_region: bool,
}

/// A commune in force today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commune {
    /// INSEE code, five characters.
    pub insee: String,
    /// Its name.
    pub name: String,
    /// The netting territory that holds it.
    pub territory: TerritoryId,
    /// Zone of the HLM and APL rules: `1bis`, `1` or `2` in the region.
    pub zone_123: String,
}

/// The region: 63 territories, 1 266 communes, and the codes of communes that no longer are.
#[derive(Debug)]
pub struct Atlas {
    territories: Vec<Territory>,
    by_siren: HashMap<Siren, usize>,
    communes: HashMap<String, Commune>,
    former: HashMap<String, Former>,
}

#[derive(Debug)]
struct Former {
    current: String,
    merged_on: Option<Date>,
}

/// Mergers whose day is known, with the old code still valid for facts of the day before.
///
/// Pierrefitte-sur-Seine joined Saint-Denis on 2025-01-01 (Ville de Saint-Denis, saintdenis.fr, news of the
/// commune nouvelle). The other former codes of the data carry no date: they resolve at any date.
const MERGED_ON: [(&str, Date); 1] = [("93059", Date::constant(2025, 1, 1))];

impl Atlas {
    /// The atlas of Île-de-France, read once from the data shipped with the program.
    #[must_use]
    pub fn ile_de_france() -> &'static Self {
        static ATLAS: OnceLock<Atlas> = OnceLock::new();
        ATLAS.get_or_init(Self::load)
    }

    /// The 63 territories, in the order of their SIREN.
    #[must_use]
    pub fn territories(&self) -> &[Territory] {
        &self.territories
    }

    /// The territory of this SIREN, if it is one of the 63.
    #[must_use]
    pub fn territory(&self, siren: Siren) -> Option<&Territory> {
        self.by_siren.get(&siren).map(|&index| &self.territories[index])
    }

    /// How many communes are in force.
    #[must_use]
    pub fn commune_count(&self) -> usize {
        self.communes.len()
    }

    /// Communes in force, in no particular order.
    pub fn communes(&self) -> impl Iterator<Item = &Commune> {
        self.communes.values()
    }

    /// The commune in force today that an INSEE code means at a date.
    ///
    /// The code of a merged commune leads to the commune that took it over: 93059 (Pierrefitte-sur-Seine)
    /// leads to 93066 (Saint-Denis). From the day of the merger the old code is wrong, and refused.
    ///
    /// # Errors
    /// [`Reason::CommuneUnknown`], with the code to use instead when the commune was merged.
    pub fn resolve(&self, field: &str, insee: &str, on: Date) -> Result<&Commune, Refusal> {
        let unknown = || Refusal::new(Reason::CommuneUnknown, field, insee).with("date", on);
        if let Some(commune) = self.communes.get(insee) {
            return Ok(commune);
        }
        let former = self.former.get(insee).ok_or_else(unknown)?;
        if former.merged_on.is_some_and(|merged| on >= merged) {
            return Err(unknown().with("current_code", &former.current));
        }
        self.communes.get(&former.current).ok_or_else(unknown)
    }

    fn load() -> Self {
        let mut territories: Vec<Territory> = rows(include_str!("../data/epci_idf.csv"))
            .filter(|row| row[9] == "yes")
            .map(|row| Territory {
                id: TerritoryId(Siren::parse("siren", &row[0]).expect("shipped data: SIREN")),
                name: row[1].clone(),
                kind: row[2].clone(),
                departments: row[3].clone(),
                commune_count: row[5].parse().expect("shipped data: count"),
                straddles_region: row[10] == "yes",
            })
            .collect();
        territories.sort_by_key(|territory| territory.id);
        let by_siren = territories.iter().enumerate().map(|(index, t)| (t.id.siren(), index)).collect();
        let communes = rows(include_str!("../data/communes_idf.csv"))
            .map(|row| {
                let territory = TerritoryId(Siren::parse("siren", &row[6]).expect("shipped data: territory"));
                let commune = Commune {
                    insee: row[0].clone(),
                    name: row[1].clone(),
                    territory,
                    zone_123: row[8].clone(),
                };
                (commune.insee.clone(), commune)
            })
            .collect();
        let former = rows(include_str!("../data/communes_anciens_codes_idf.csv"))
            .map(|row| {
                let merged_on = MERGED_ON.iter().find(|(code, _)| *code == row[0]).map(|(_, day)| *day);
                (row[0].clone(), Former { current: row[1].clone(), merged_on })
            })
            .collect();
        Self { territories, by_siren, communes, former }
    }
}

fn rows(text: &'static str) -> impl Iterator<Item = Vec<String>> {
    csv::Reader::from_reader(text.as_bytes())
        .into_records()
        .map(|row| row.expect("shipped data: well-formed CSV").iter().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = Date::constant(2026, 11, 24);

    #[test]
    fn the_region_has_63_territories_and_1266_communes_each_in_one_of_them() {
        let atlas = Atlas::ile_de_france();
        assert_eq!(atlas.territories().len(), 63);
        assert_eq!(atlas.commune_count(), 1_266);
        let mut counts = HashMap::new();
        for commune in atlas.communes() {
            *counts.entry(commune.territory).or_insert(0_u32) += 1;
        }
        for territory in atlas.territories() {
            assert_eq!(counts.get(&territory.id), Some(&territory.commune_count), "{}", territory.name);
        }
    }

    #[test]
    fn the_metropole_du_grand_paris_is_not_a_netting_territory() {
        assert_eq!(TerritoryId::parse("t", "200054781").unwrap_err().reason, Reason::TerritoryUnknown);
        assert_eq!(TerritoryId::parse("t", "200057867").unwrap().territory().name, "Plaine Commune");
    }

    #[test]
    fn a_merged_commune_resolves_by_date() {
        let atlas = Atlas::ile_de_france();
        let before = atlas.resolve("insee", "93059", Date::constant(2024, 12, 31)).unwrap();
        assert_eq!(
            (before.insee.as_str(), before.territory.territory().name.as_str()),
            ("93066", "Plaine Commune")
        );
        let after = atlas.resolve("insee", "93059", TODAY).unwrap_err();
        assert_eq!(after.reason, Reason::CommuneUnknown);
        assert!(after.facts.contains(&("current_code", "93066".to_owned())));
        assert_eq!(atlas.resolve("insee", "93066", TODAY).unwrap().name, "Saint-Denis");
        assert!(atlas.resolve("insee", "69123", TODAY).is_err());
    }

    #[test]
    fn former_codes_all_lead_to_a_commune_in_force() {
        let atlas = Atlas::ile_de_france();
        assert_eq!(atlas.former.len(), 569);
        assert!(atlas.former.values().all(|former| atlas.communes.contains_key(&former.current)));
    }
}
