//! A household and its dwelling, as the answer tells them.

use crate::file::folder::Folder;
use chambre_domain::{Cents, Date};
use chambre_matching::trade::score::Component;
use chambre_matching::trade::{Edge, Indemnity, OfferDeclaration, Reject};
use serde::Serialize;

/// A household and its dwelling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(clippy::struct_excessive_bools)] // facts side by side, none depends on another
pub struct Placement {
    /// Pseudonym of the household.
    pub household: String,
    /// Its team.
    pub mous: String,
    /// The operation it leaves.
    pub operation: String,
    /// The offer.
    pub offer: String,
    /// The dwelling, in its bailleur's filing.
    pub dwelling: String,
    /// The bailleur.
    pub landlord: String,
    /// The contingent that reserves it.
    pub contingent: Option<String>,
    /// Its rehousing is urgent.
    pub urgent: bool,
    /// Class of its project; it does not weigh.
    pub project_class: u8,
    /// Another bailleur than that of the origin takes it in.
    pub inter_landlord: bool,
    /// The commune is outside its wishes.
    pub widened: bool,
    /// It must be told so.
    pub labelled: bool,
    /// Points.
    pub score: u32,
    /// Points by component.
    pub components: Vec<Points>,
    /// Monthly rent asked, charges apart.
    pub reference_rent_cents: i64,
    /// Monthly rent at which the rules hold.
    pub rent_cents: i64,
    /// What the host would bear each month.
    pub monthly_gap_cents: i64,
    /// Effort rate at the worst end of what is known, in basis points.
    pub effort_bp: Option<i64>,
    /// What ANRU may be expected to pay.
    pub indemnity: AnruSum,
    /// Rules that could not be checked or held, admitted by the policy.
    pub warnings: Vec<Warning>,
}

/// Points of a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Points {
    /// Which.
    pub component: &'static str,
    /// Earned.
    pub points: u32,
    /// Most that could be.
    pub most: u32,
}

/// What ANRU may be expected to pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum AnruSum {
    /// This flat sum.
    Expected {
        /// In cents.
        cents: i64,
    },
    /// Every condition holds, but the scale of the day is not known.
    NoScale {
        /// The day.
        on: Date,
    },
    /// Conditions that fail or cannot be checked.
    NotExpected {
        /// Their codes.
        checks: Vec<&'static str>,
    },
}

/// A rule that could not be checked or held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// Its code.
    pub code: String,
    /// The sentence.
    pub french: String,
}

/// The pair of a household of the folder and of an offer, as it was read.
pub fn placement(folder: &Folder, household: u32, offer: &OfferDeclaration, edge: &Edge) -> Placement {
    let need = folder.needs[household as usize].declared();
    let cents = Cents::get;
    Placement {
        household: edge.household.as_str().to_owned(),
        mous: need.mous.to_string(),
        operation: need.operation.to_string(),
        offer: edge.offer.to_string(),
        dwelling: offer.dwelling.to_string(),
        landlord: offer.landlord.to_string(),
        contingent: offer.contingent.as_ref().map(ToString::to_string),
        urgent: edge.urgent,
        project_class: edge.project_class,
        inter_landlord: edge.inter_landlord,
        widened: edge.widened,
        labelled: edge.labelled,
        score: edge.score.total(),
        components: edge
            .score
            .components()
            .iter()
            .map(|earned| Points {
                component: code(earned.component),
                points: earned.points,
                most: earned.most,
            })
            .collect(),
        reference_rent_cents: cents(offer.rent),
        rent_cents: cents(edge.rent),
        monthly_gap_cents: cents(edge.monthly_gap),
        effort_bp: edge.effort_bp,
        indemnity: expected(&edge.indemnity),
        warnings: edge.warnings.iter().map(warning).collect(),
    }
}

fn expected(indemnity: &Indemnity) -> AnruSum {
    match indemnity {
        Indemnity::Expected(sum) => AnruSum::Expected { cents: sum.get() },
        Indemnity::NoScale { on } => AnruSum::NoScale { on: *on },
        Indemnity::NotExpected(checks) => {
            AnruSum::NotExpected { checks: checks.iter().map(|check| check.code()).collect() }
        }
    }
}

fn warning(reject: &Reject) -> Warning {
    Warning { code: reject.code(), french: reject.french() }
}

/// Stable name of a component.
const fn code(component: Component) -> &'static str {
    match component {
        Component::Geography => "geography",
        Component::Typology => "typology",
        Component::Affordability => "affordability",
        Component::RentChange => "rent_change",
        Component::Waiting => "waiting",
        Component::Mix => "mix",
        Component::Quality => "quality",
    }
}
