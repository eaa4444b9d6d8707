//! What a proposal is about, fixed on the day it is made: so that its end needs no other file.

use crate::trade::dwelling::Financing;
use crate::trade::formal::FormalOffers;
use crate::trade::ids::{
    AuthorId, ChainId, ContingentId, DwellingRef, FormalOfferId, MousId, OfferId, ProposalId,
};
use crate::trade::policy::{Clocks, Policy};
use crate::trade::{DwellingOffer, Edge, HouseholdNeed, References};
pub use chambre_domain::rehousing::step::Mode;
use chambre_domain::relogement::{Contingent as ReserverKind, Typology};
use chambre_domain::{Cents, Date, HouseholdId, OperationId, Reason, Refusal, Siren, calendar};
use serde::{Deserialize, Serialize};

/// When, by whom, and why a step was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The day, in Paris.
    pub on: Date,
    /// Who took it.
    pub author: AuthorId,
    /// What led to it.
    pub cause: Cause,
}

/// What led to a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Somebody decided it.
    Decision,
    /// A day passed.
    Clock,
    /// Another proposal moved.
    Proposal(ProposalId),
}

/// A proposal's terms: a household, a dwelling, and what the placement will need to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposalTerms {
    /// Its identifier.
    pub id: ProposalId,
    /// How it came.
    pub mode: Mode,
    /// The household.
    pub household: HouseholdId,
    /// Its team.
    pub mous: MousId,
    /// Its operation.
    pub operation: OperationId,
    /// The bailleur it leaves.
    pub origin: Option<Siren>,
    /// INSEE code of the commune it leaves.
    pub origin_commune: Box<str>,
    /// Formal offers made before, with their dates.
    pub formal_offers: FormalOffers,
    /// The formal offer that this dwelling is notified under; nothing when it is not a formal one.
    pub formal_offer: Option<FormalOfferId>,
    /// The household may hold a second live proposal under the same formal offer.
    pub double_proposition: bool,
    /// The offer.
    pub offer: OfferId,
    /// The dwelling.
    pub dwelling: DwellingFacts,
    /// Place among the candidates shown to the CALEOL for this dwelling: 1 to 3.
    pub rank: u8,
    /// Monthly rent proposed, charges apart: the lease may not be dearer.
    pub rent: Cents,
    /// Effort rate after the move, rounded up to five points; nothing when it is not known.
    pub effort_band_bp: Option<i64>,
    /// The rent is within the APL rent ceiling of the household, as far as it is known.
    pub within_apl_ceiling: Option<bool>,
    /// The chain that frees the dwelling.
    pub chain: Option<ChainId>,
    /// Of a transfer, its place in the chain, from 1; nothing for the household to rehouse, which comes last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<u8>,
    /// The clocks in force.
    pub clocks: Clocks,
    /// Last day to take position; the clocks' window or turn when not given.
    pub until: Date,
    /// Hash of the policy.
    pub policy_hash: Box<str>,
}

/// What a placement says of its dwelling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DwellingFacts {
    /// In its bailleur's filing.
    pub dwelling: DwellingRef,
    /// The bailleur.
    pub host: Siren,
    /// INSEE code of its commune.
    pub commune: Box<str>,
    /// Its size.
    pub typology: Typology,
    /// Useful surface in hundredths of m².
    pub useful_surface: Option<u32>,
    /// Its financing.
    pub financing: Option<Financing>,
    /// In a quartier prioritaire.
    pub in_qpv: Option<bool>,
    /// New or recent.
    pub new_or_recent: Option<bool>,
    /// At the thermal rules of 2005.
    pub rt2005: Option<bool>,
    /// The host signed the ANRU convention of the operation.
    pub host_signed_convention: bool,
    /// Monthly rent it would have borne: the reference of the rent gap.
    pub reference_rent: Cents,
    /// Monthly charges.
    pub charges: Option<Cents>,
    /// The contingent, and its reserver in the RPLS list.
    pub contingent: Option<(ContingentId, Option<ReserverKind>)>,
    /// Empty since.
    pub vacant_since: Option<Date>,
    /// Taken out of the base of the flow management.
    pub out_of_flow: bool,
}

/// What the maker of a proposal chooses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposalChoice {
    /// Identifier of the proposal.
    pub id: ProposalId,
    /// How it came.
    pub mode: Mode,
    /// The formal offer it would be notified under: needed when the offer is a formal one.
    pub formal_offer: Option<FormalOfferId>,
    /// Place among the candidates for this dwelling.
    pub rank: u8,
    /// The chain that frees the dwelling.
    pub chain: Option<ChainId>,
    /// Of a transfer, its place in the chain, from 1.
    pub link: Option<u8>,
}

impl ProposalTerms {
    /// The terms of a possible pair.
    ///
    /// # Errors
    /// [`Reason::PairNotEligible`] when the edge is not that of this need and this offer;
    /// [`Reason::FieldMissing`] for a formal offer without its identifier; [`Reason::ValueRange`] for a rank.
    pub fn new(
        choice: ProposalChoice,
        (need, offer, edge): (&HouseholdNeed, &DwellingOffer, &Edge),
        policy: &Policy,
        references: &References<'_>,
    ) -> Result<Self, Refusal> {
        let (need, offer) = (need.declared(), offer.declared());
        if edge.household != need.household || edge.offer != offer.offer {
            return Err(Refusal::new(Reason::PairNotEligible, "edge", &edge.offer));
        }
        if offer.formal && choice.formal_offer.is_none() {
            return Err(Refusal::new(Reason::FieldMissing, "formal_offer", ""));
        }
        crate::trade::band::in_range("rank", i64::from(choice.rank), 1, 3)?;
        let clocks = policy.terms().clocks;
        let days = if choice.mode == Mode::Rotating { clocks.turn_days } else { clocks.window_days };
        let (zone, on) = (offer.commune.zone(), references.on);
        let ceiling = references.tables.apl_rent_ceiling(zone, need.composition, on);
        Ok(Self {
            id: choice.id,
            mode: choice.mode,
            household: need.household.clone(),
            mous: need.mous.clone(),
            operation: need.operation.clone(),
            origin: need.origin,
            origin_commune: need.commune.insee().into(),
            formal_offers: need.formal_offers.clone(),
            formal_offer: choice.formal_offer.filter(|_| offer.formal),
            double_proposition: need.double_proposition,
            offer: offer.offer.clone(),
            dwelling: facts(offer, need.origin, &need.operation, references),
            rank: choice.rank,
            rent: edge.rent,
            effort_band_bp: edge.effort_bp.map(|rate| rate.saturating_add(499) / 500 * 500),
            within_apl_ceiling: ceiling.map(|ceiling| edge.rent <= ceiling),
            chain: choice.chain,
            link: choice.link,
            clocks,
            until: add_days(references.on, days),
            policy_hash: policy.hash().into(),
        })
    }

    /// Another bailleur than that of the origin takes the household in: the CALEOL decides, it is not only informed.
    #[must_use]
    pub fn is_inter_landlord(&self) -> bool {
        self.origin != Some(self.dwelling.host)
    }
}

fn facts(
    offer: &crate::trade::OfferDeclaration,
    origin: Option<Siren>,
    operation: &OperationId,
    references: &References<'_>,
) -> DwellingFacts {
    let contingent = offer.contingent.clone().map(|id| {
        let kind = references.contingents.get(&id).map(|(contingent, _)| contingent.kind);
        (id, kind)
    });
    DwellingFacts {
        dwelling: offer.dwelling.clone(),
        host: offer.landlord,
        commune: offer.commune.insee().into(),
        typology: offer.typology,
        useful_surface: offer.useful_surface,
        financing: offer.financing,
        in_qpv: offer.in_qpv,
        new_or_recent: offer.new_or_recent,
        rt2005: offer.rt2005,
        host_signed_convention: origin == Some(offer.landlord)
            || offer.signed_conventions_of.contains(operation),
        reference_rent: offer.rent,
        charges: offer.charges,
        contingent,
        vacant_since: offer.vacant_since,
        out_of_flow: offer.out_of_flow,
    }
}

/// The day `days` later; the day of the event is day zero.
pub(crate) fn add_days(on: Date, days: u16) -> Date {
    calendar::date_of_day_number(calendar::day_number(on) + i32::from(days)).unwrap_or(Date::MAX)
}
