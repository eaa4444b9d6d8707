//! Bailleurs: the participants of the chamber.

use crate::ids::OfficerId;
use crate::refusal::{Reason, Refusal};
use crate::siren::Siren;
use serde::{Deserialize, Serialize};

/// A participant, known by its SIREN.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bailleur {
    /// SIREN of the organisation.
    pub siren: Siren,
    /// Legal name, as its bank knows it: 1 to 120 characters.
    pub name: Text,
    /// What kind of body it is.
    pub kind: BailleurKind,
}

/// Kinds of participants (CCH L.411-2 for the organismes Hlm; study, chapter ORCOD, for the last).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BailleurKind {
    /// Office public de l'habitat.
    Oph,
    /// Entreprise sociale pour l'habitat.
    Esh,
    /// Société coopérative d'Hlm.
    Coop,
    /// Société d'économie mixte with social stock.
    Sem,
    /// Operator without stock, such as EPFIF in an ORCOD: it can be an origin, never a host.
    OperateurSansParc,
}

impl BailleurKind {
    /// Whether it owns dwellings in which a household can be taken in.
    #[must_use]
    pub const fn can_host(self) -> bool {
        !matches!(self, Self::OperateurSansParc)
    }

    /// Its name in French.
    #[must_use]
    pub const fn french(self) -> &'static str {
        match self {
            Self::Oph => "OPH",
            Self::Esh => "ESH",
            Self::Coop => "Coopérative Hlm",
            Self::Sem => "SEM",
            Self::OperateurSansParc => "Opérateur sans parc",
        }
    }
}

/// A short text for people: 1 to 120 characters, no control character.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Text(Box<str>);

impl Text {
    /// Reads a text; surrounding spaces are dropped.
    ///
    /// # Errors
    /// Refuses an empty text, more than 120 characters, and control characters.
    pub fn parse(field: &str, text: &str) -> Result<Self, Refusal> {
        let text = text.trim();
        if text.is_empty() {
            Err(Refusal::new(Reason::FieldMissing, field, text))
        } else if text.chars().count() > 120 {
            Err(Refusal::new(Reason::TextTooLong, field, text).with("limit", 120))
        } else if text.chars().any(char::is_control) {
            Err(Refusal::new(Reason::TextCharacters, field, text.escape_debug()))
        } else {
            Ok(Self(text.into()))
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Text {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

/// One bailleur takes another over: its positions pass to it, by écriture (study gap noted in the domain
/// notes: mergers are common, three companies joined in one deed in 2023).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Succession {
    /// The bailleur that ceases to exist.
    pub absorbed: Siren,
    /// The bailleur that takes its accounts over; registered already.
    pub absorbing: Siren,
    /// Day on which the merger takes effect.
    pub effective_on: crate::calendar::Date,
    /// Officer who recorded it.
    pub officer: OfficerId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_operator_without_stock_cannot_host() {
        use BailleurKind::{Coop, Esh, OperateurSansParc, Oph, Sem};
        assert!([Oph, Esh, Coop, Sem].into_iter().all(BailleurKind::can_host));
        assert!(!OperateurSansParc.can_host());
    }

    #[test]
    fn a_text_is_short_and_clean() {
        assert_eq!(Text::parse("name", "  Bailleur A ").unwrap().as_str(), "Bailleur A");
        assert_eq!(Text::parse("name", " ").unwrap_err().reason, Reason::FieldMissing);
        assert_eq!(Text::parse("name", &"é".repeat(121)).unwrap_err().reason, Reason::TextTooLong);
        assert_eq!(Text::parse("name", "a\tb").unwrap_err().reason, Reason::TextCharacters);
    }
}
