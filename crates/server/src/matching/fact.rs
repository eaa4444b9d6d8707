//! What is written down: each decision of the matching, as its store keeps it.

use chambre_domain::rehousing::ids::{MousId, OfferId, ProposalId};
use chambre_domain::rehousing::step::ChoiceReason;
use chambre_domain::rehousing::{Contingent, DeclineReason, DwellingOffer, HouseholdNeed, Step};
use chambre_domain::{HouseholdId, Operation, Siren, TerritoryId};
use chambre_matching::Worth;
use chambre_matching::exchange::{Chain, ProposalTerms, Stamp};
use chambre_matching::rotating::Answer;
use chambre_matching::trade::PolicyTerms;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One decision. Its JSON form is stored: a name is never given another meaning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// The next version of a territory's rules.
    PolicyPublished { territory: TerritoryId, terms: Box<PolicyTerms> },
    /// Contingents pooled in a territory.
    ContingentsDeclared { territory: TerritoryId, contingents: Vec<Pooled> },
    /// Needs on the list.
    NeedsDeclared { needs: Vec<ListedNeed> },
    /// A need off the list.
    NeedWithdrawn { household: HouseholdId },
    /// Offers on the list.
    OffersDeclared { offers: Vec<DwellingOffer> },
    /// An offer off the list.
    OfferWithdrawn { offer: OfferId },
    /// A pair is proposed.
    Proposed { project: Project, direction: Option<Direction>, stamp: Stamp, terms: Box<ProposalTerms> },
    /// Tenants who ask for a transfer.
    TransfersDeclared { transfers: Vec<Transfer> },
    /// A chain is proposed, link after link; the household to rehouse last.
    ChainProposed { chain: Chain, stamp: Stamp, proposals: Vec<(Project, Box<ProposalTerms>)> },
    /// A dwelling goes along the order of a territory's teams, to those that have a household for it.
    RoundOpened {
        territory: TerritoryId,
        offer: OfferId,
        /// The teams that the rules of that day list.
        teams: Vec<MousId>,
        concerned: BTreeSet<MousId>,
        turn_days: u16,
        stamp: Stamp,
    },
    /// A team answers its turn, or its days are over.
    TurnAnswered {
        territory: TerritoryId,
        offer: OfferId,
        team: MousId,
        answer: Answer,
        reason: Option<DeclineReason>,
        stamp: Stamp,
    },
    /// A round ends otherwise than by its teams.
    RoundClosed {
        territory: TerritoryId,
        offer: OfferId,
        /// The dwelling was taken off the list or out of the territory: the team asked first has its place again, unless
        /// a team answered.
        #[serde(default)]
        taken_back: bool,
        stamp: Stamp,
    },
    /// What was said of a household, which was destroyed since.
    Forgotten,
    /// A proposal takes a step.
    Stepped { proposal: ProposalId, stamp: Stamp, step: Step },
}

/// Why an officer directed a dwelling, and what it cost the whole that day, when that could be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Direction {
    /// Why.
    pub reason: ChoiceReason,
    /// Its cost.
    pub cost: Option<Cost>,
}

/// What a choice costs the whole, level by level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Cost {
    pub urgent: i64,
    pub placed: i64,
    pub points: i64,
}

impl From<Worth> for Cost {
    fn from(lost: Worth) -> Self {
        Self { urgent: lost.urgent, placed: lost.placed, points: lost.score }
    }
}

/// A contingent, and what was let under it before this service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pooled {
    /// The contingent.
    pub contingent: Contingent,
    /// Dwellings of its promise that are no longer left.
    pub taken_before: u32,
}

/// What the ledger says of an operation, on the day a need of it is declared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    /// Its territory: its needs are matched under the rules of that one.
    pub territory: TerritoryId,
    /// Its bailleur.
    pub origin: Siren,
    /// It has an ANRU convention.
    pub anru: bool,
    /// The bailleurs that signed it.
    pub signatories: Vec<Siren>,
}

impl From<Operation> for Project {
    fn from(operation: Operation) -> Self {
        let anru = operation.anru.is_some();
        let signatories = operation.anru.map_or_else(Vec::new, |convention| convention.signatories);
        Self { territory: operation.territory, origin: operation.origin, anru, signatories }
    }
}

/// A tenant who asks its own bailleur for another dwelling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// Its need; the origin of its operation is here its bailleur.
    pub listed: ListedNeed,
    /// What it would free.
    pub frees: DwellingOffer,
    /// It agrees.
    pub agreed: bool,
}

/// A need, with its operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedNeed {
    /// Its operation.
    pub project: Project,
    /// The need.
    pub need: HouseholdNeed,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_closed_before_it_was_told_why_is_read_as_one_that_was_not_taken_back() {
        let stamp = r#"{"on":"2025-07-01","author":"clock","cause":"clock"}"#;
        let record =
            format!(r#"{{"round_closed":{{"territory":"200057867","offer":"O-1","stamp":{stamp}}}}}"#);
        let fact: Fact = serde_json::from_str(&record).unwrap();
        assert!(matches!(fact, Fact::RoundClosed { taken_back: false, .. }), "{fact:?}");
    }
}
