//! The fifteen rules that a pair must hold, and what is said when one does not.
//!
//! | code | rule |
//! |---|---|
//! | H01 | the typology is between the least and the most that fit |
//! | H02 | the income is within the ceiling of the financing |
//! | H03 | (rent + charges − aid) ÷ resources is within the effort rate cap |
//! | H04 | (resources + aid − rent − charges) ÷ units ÷ 30 is above the reste pour vivre |
//! | H05 | the commune is wished, or widened to and allowed; never ruled out |
//! | H06 | the dwelling is as accessible as the need |
//! | H07 | a specific dwelling is for its public |
//! | H08 | the contingent accepts this household and has a place left |
//! | H09 | a formal offer is left, or the offer is not a formal one |
//! | H10 | the household did not refuse this dwelling before |
//! | H11 | a dwelling kept for an operation goes to it until its day |
//! | H12 | it is free before the household must have moved |
//! | H13 | neither is in another live proposal |
//! | H14 | on the exchange, the poster rule lets this bailleur serve this household |
//! | H15 | nobody froze this pair |

use serde::{Deserialize, Serialize};

macro_rules! rules {
    ($($rule:ident, $code:literal, $french:literal;)*) => {
        /// A rule that a pair must hold.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        #[allow(missing_docs)] // the table of the module is their documentation
        pub enum Rule { $($rule,)* }

        impl Rule {
            /// Every rule, in order.
            pub const ALL: [Self; 15] = [$(Self::$rule,)*];

            /// Stable code: `H01_TYPOLOGY`.
            #[must_use]
            pub const fn code(self) -> &'static str { match self { $(Self::$rule => $code,)* } }

            /// What it means when it does not hold, in French.
            #[must_use]
            pub const fn french(self) -> &'static str { match self { $(Self::$rule => $french,)* } }
        }
    };
}

rules! {
    Typology, "H01_TYPOLOGY", "la typologie ne convient pas à la composition du ménage";
    Financing, "H02_FINANCING", "les ressources dépassent le plafond du financement";
    Effort, "H03_EFFORT", "le taux d’effort dépasse le plafond";
    Rpv, "H04_RPV", "le reste pour vivre est sous le plancher";
    Area, "H05_AREA", "la commune est exclue, ou hors des souhaits sans élargissement";
    Access, "H06_ACCESS", "le logement n’est pas assez accessible";
    Specific, "H07_SPECIFIC", "ce logement est réservé à un public dont le ménage n’est pas";
    Contingent, "H08_CONTINGENT", "le contingent n’accueille pas ce ménage, ou n’a plus de place";
    OffersLeft, "H09_OFFERS_LEFT", "le ménage a reçu toutes ses propositions formelles";
    RefusedBefore, "H10_REFUSED_BEFORE", "le ménage a déjà refusé ce logement";
    Held, "H11_HELD", "le logement est gardé pour une autre opération";
    Date, "H12_DATE", "le logement n’est pas libre à temps";
    Status, "H13_STATUS", "le ménage ou le logement est déjà dans une proposition en cours";
    Poster, "H14_POSTER", "la règle de dépôt de la bourse écarte ce bailleur pour ce ménage";
    Frozen, "H15_FROZEN", "ce couple est gelé par une décision motivée";
}

/// A rule that a pair does not hold, or about which nothing can be said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reject {
    /// The rule.
    pub rule: Rule,
    /// The input that is missing; nothing when the rule is broken for certain.
    pub unknown: Option<&'static str>,
    /// The figures behind: amounts in cents, rates in basis points, dates in ISO form.
    pub figures: Vec<(&'static str, String)>,
}

impl Reject {
    /// Stable code of the rule, with `_UNKNOWN` when an input is missing.
    #[must_use]
    pub fn code(&self) -> String {
        let suffix = if self.unknown.is_some() { "_UNKNOWN" } else { "" };
        format!("{}{suffix}", self.rule.code())
    }

    /// The sentence for a person, in French, with its figures.
    #[must_use]
    pub fn french(&self) -> String {
        let figures: Vec<_> = self.figures.iter().map(|(name, figure)| format!("{name} {figure}")).collect();
        let sentence = match self.unknown {
            Some(input) => format!("donnée manquante ({input}) : règle non vérifiable"),
            None => self.rule.french().to_owned(),
        };
        match figures.as_slice() {
            [] => format!("{} : {sentence}", self.rule.code()),
            figures => format!("{} : {sentence} ({})", self.rule.code(), figures.join(", ")),
        }
    }
}

/// What one rule says of one pair: nothing when it holds.
pub(crate) type Verdict = Option<Reject>;

/// The rule is broken, with the figures that show it.
pub(crate) fn broken(rule: Rule, figures: &[(&'static str, &dyn std::fmt::Display)]) -> Verdict {
    let figures = figures.iter().map(|(name, figure)| (*name, figure.to_string())).collect();
    Some(Reject { rule, unknown: None, figures })
}

/// An input is missing.
pub(crate) fn unknown(rule: Rule, input: &'static str) -> Verdict {
    Some(Reject { rule, unknown: Some(input), figures: Vec::new() })
}

/// Broken unless `holds`.
pub(crate) fn unless(holds: bool, rule: Rule, figures: &[(&'static str, &dyn std::fmt::Display)]) -> Verdict {
    if holds { None } else { broken(rule, figures) }
}
