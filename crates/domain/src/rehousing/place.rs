//! Places of Île-de-France at four scales, and how a wish or an exclusion covers a commune.

use crate::{Atlas, Date, Refusal, TerritoryId};
use serde::{Deserialize, Serialize};

/// A commune in force, with the territory that holds it.
///
/// Stored as its INSEE code.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CommuneId {
    insee: Box<str>,
    territory: TerritoryId,
    zone: Zone,
}

/// Zones 1, 2 and 3 of the HLM and APL rules; Île-de-France has no commune in zone 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Zone {
    /// 1bis: Paris and the adjacent communes. It counts as zone 1 for the APL.
    OneBis,
    /// 1.
    One,
    /// 2.
    Two,
    /// 3.
    Three,
}

impl CommuneId {
    /// Reads an INSEE code, as it is understood on a day.
    ///
    /// # Errors
    /// What [`Atlas::resolve`] refuses.
    pub fn parse(field: &str, insee: &str, on: Date) -> Result<Self, Refusal> {
        let commune = Atlas::ile_de_france().resolve(field, insee, on)?;
        let zone = match commune.zone_123.as_str() {
            "1bis" => Zone::OneBis,
            "1" => Zone::One,
            "2" => Zone::Two,
            _ => Zone::Three,
        };
        Ok(Self { insee: commune.insee.as_str().into(), territory: commune.territory, zone })
    }

    /// Its INSEE code, five characters.
    #[must_use]
    pub fn insee(&self) -> &str {
        &self.insee
    }

    /// The netting territory that holds it.
    #[must_use]
    pub const fn territory(&self) -> TerritoryId {
        self.territory
    }

    /// Its department: the first two characters of the code, which is enough in this region.
    #[must_use]
    pub fn department(&self) -> &str {
        self.insee.get(..2).unwrap_or_default()
    }

    /// Zone of the APL and of the HLM rules.
    #[must_use]
    pub const fn zone(&self) -> Zone {
        self.zone
    }
}

/// A place that a household wishes or rules out. Stored as [`Place::parse`] reads it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Place {
    /// One commune.
    Commune(CommuneId),
    /// An EPCI, an EPT of the Grand Paris, or Paris.
    Territory(TerritoryId),
    /// A department, by its two digits.
    Department(Box<str>),
    /// Anywhere in Île-de-France.
    Region,
}

impl Place {
    /// Reads a place: an INSEE code (`93066`), the SIREN of a territory, a department (`93`), or `IDF`.
    ///
    /// # Errors
    /// The reason that fits the shape: unknown commune, territory or department.
    pub fn parse(field: &str, text: &str, on: Date) -> Result<Self, Refusal> {
        use crate::Reason;
        match (text, text.len()) {
            ("IDF", _) => Ok(Self::Region),
            (_, 2) if DEPARTMENTS.contains(&text) => Ok(Self::Department(text.into())),
            (_, 2) => Err(Refusal::new(Reason::ValueUnknown, field, text)),
            (_, 5) => CommuneId::parse(field, text, on).map(Self::Commune),
            _ => TerritoryId::parse(field, text).map(Self::Territory),
        }
    }

    /// Whether the commune lies in this place.
    #[must_use]
    pub fn holds(&self, commune: &CommuneId) -> bool {
        match self {
            Self::Commune(wished) => wished.insee == commune.insee,
            Self::Territory(territory) => *territory == commune.territory,
            Self::Department(department) => **department == *commune.department(),
            Self::Region => true,
        }
    }

    /// Its scale.
    #[must_use]
    pub const fn scale(&self) -> Scale {
        match self {
            Self::Commune(_) => Scale::Commune,
            Self::Territory(_) => Scale::Territory,
            Self::Department(_) => Scale::Department,
            Self::Region => Scale::Region,
        }
    }
}

/// A day on which every code ever stored still resolves: those of communes merged later lead to the new one.
const STORED: Date = Date::constant(1990, 1, 1);

impl TryFrom<String> for CommuneId {
    type Error = Refusal;
    fn try_from(insee: String) -> Result<Self, Refusal> {
        Self::parse("commune", &insee, STORED)
    }
}

impl From<CommuneId> for String {
    fn from(commune: CommuneId) -> Self {
        commune.insee.into()
    }
}

impl TryFrom<String> for Place {
    type Error = Refusal;
    fn try_from(text: String) -> Result<Self, Refusal> {
        Self::parse("place", &text, STORED)
    }
}

impl From<Place> for String {
    fn from(place: Place) -> Self {
        match place {
            Place::Commune(commune) => commune.into(),
            Place::Territory(territory) => territory.to_string(),
            Place::Department(department) => department.into(),
            Place::Region => "IDF".to_owned(),
        }
    }
}

/// How wide a place is, the narrowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Scale {
    Commune,
    Territory,
    Department,
    Region,
}

const DEPARTMENTS: [&str; 8] = ["75", "77", "78", "91", "92", "93", "94", "95"];

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Date = Date::constant(2026, 11, 2);

    #[test]
    fn a_place_holds_its_communes_at_each_scale() {
        let saint_denis = CommuneId::parse("commune", "93066", DAY).unwrap();
        for (text, holds) in [
            ("93066", true),
            ("93001", false),
            ("200057867", true),
            ("93", true),
            ("92", false),
            ("IDF", true),
        ] {
            assert_eq!(Place::parse("wish", text, DAY).unwrap().holds(&saint_denis), holds, "{text}");
        }
    }

    #[test]
    fn a_place_outside_the_region_is_refused() {
        for text in ["69", "69123", "200054781", "", "93 "] {
            assert!(Place::parse("wish", text, DAY).is_err(), "{text}");
        }
    }
}
