//! The completed placement: all that the ledger needs of a rehousing, and nothing of a person.
//!
//! No name, no resources, no composition. The household is a digest of its pseudonym, made for one ledger.

use crate::exchange::terms::{DwellingFacts, Mode, ProposalTerms};
use crate::trade::ids::{MousId, PlacementId, ProposalId};
use chambre_domain::follow_up::{Reversal, ReversalReason, Vacancy, Works};
pub use chambre_domain::rehousing::{DoneWorks, Lease, OrganisedVacancy};
use chambre_domain::relogement::{Charges, check_rent};
use chambre_domain::{
    Date, Event, EventId, HouseholdId, OperationId, Reason, Refusal, Relogement, RelogementId, Siren,
};
use data_encoding::HEXLOWER;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// Whether the message places or takes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// A household is rehoused.
    Placement,
    /// An earlier message is taken back.
    Reversal(ReversalReason),
}

/// The message to the ledger.
///
/// Invariant: one for each signed lease; its reversal has the next revision. Everything the events need is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CompletedPlacement {
    /// Version of this shape.
    pub schema_version: u32,
    /// Key of idempotency, with the revision.
    pub placement: PlacementId,
    /// 1, then 2 for the reversal.
    pub revision: u32,
    /// Places or takes back.
    pub kind: MessageKind,
    /// The proposal it comes from.
    pub proposal: ProposalId,
    /// How the pair was brought together.
    pub mode: Mode,
    /// Hash of the policy it was proposed under.
    pub policy_hash: Box<str>,
    /// The operation: it fixes the origin bailleur and the territory of the netting.
    pub operation: OperationId,
    /// The bailleur it leaves; nobody in an ORCOD.
    pub origin: Option<Siren>,
    /// INSEE code of the commune it leaves: the ledger keeps both.
    pub origin_commune: Box<str>,
    /// The team.
    pub mous: MousId,
    /// The dwelling, its host, its contingent.
    pub dwelling: DwellingFacts,
    /// It is the household's home for good: the indemnity asks for it.
    pub definitive: bool,
    /// Effort rate after the move, rounded up to five points.
    pub effort_band_bp: Option<i64>,
    /// The rent in the lease is within the household's APL rent ceiling, as far as known.
    pub within_apl_ceiling: Option<bool>,
    /// The lease.
    pub lease: Lease,
    /// Pseudonym of the household; it does not leave as it is, see [`CompletedPlacement::declarations`].
    #[serde(skip)]
    household: HouseholdId,
}

impl CompletedPlacement {
    /// Completes a proposal by its lease.
    ///
    /// # Errors
    /// [`Reason::ProposalLease`] for a rent above the one proposed (the rules were read at that one);
    /// [`Reason::DatesOutOfOrder`] for works or a vacancy in the wrong order; rents that are not rents;
    /// [`Reason::ValueRange`] beyond fifty works.
    pub fn new(terms: &ProposalTerms, lease: Lease, recorded_on: Date) -> Result<Self, Refusal> {
        check_lease(terms, &lease, recorded_on)?;
        Ok(Self {
            schema_version: 1,
            placement: lease.placement.clone(),
            revision: 1,
            kind: MessageKind::Placement,
            proposal: terms.id.clone(),
            mode: terms.mode,
            policy_hash: terms.policy_hash.clone(),
            operation: terms.operation.clone(),
            origin: terms.origin,
            origin_commune: terms.origin_commune.clone(),
            mous: terms.mous.clone(),
            dwelling: terms.dwelling.clone(),
            definitive: true,
            effort_band_bp: terms.effort_band_bp,
            within_apl_ceiling: terms.within_apl_ceiling,
            lease,
            household: terms.household.clone(),
        })
    }

    /// The same message taken back, one revision later.
    #[must_use]
    pub fn reversal(&self, reason: ReversalReason) -> Self {
        Self { revision: self.revision + 1, kind: MessageKind::Reversal(reason), ..self.clone() }
    }

    /// Another bailleur took the household in.
    #[must_use]
    pub fn is_inter_landlord(&self) -> bool {
        self.origin != Some(self.dwelling.host)
    }

    /// What the ledger is told: the relogement, its works, its vacancy; or their reversals, the last first.
    ///
    /// Ids are derived from the placement: the same message gives the same ids for ever, so that a message
    /// delivered twice is recorded once. `ledger_salt` is a secret of this service for that ledger: two ledgers
    /// cannot join their households.
    ///
    /// # Errors
    /// What [`Relogement::check`] and the identifiers refuse.
    pub fn declarations(&self, ledger_salt: &[u8]) -> Result<Vec<(EventId, Event)>, Refusal> {
        let placed = self.placed(ledger_salt)?;
        let MessageKind::Reversal(reason) = self.kind else { return Ok(placed) };
        let reversals = placed.into_iter().rev().map(|(reverses, _)| {
            let id = event_id(&format!("reverse:{reverses}"))?;
            Ok((id, Event::EventReversed(Reversal { reverses, reason })))
        });
        reversals.collect()
    }

    fn placed(&self, ledger_salt: &[u8]) -> Result<Vec<(EventId, Event)>, Refusal> {
        let relogement = self.relogement(ledger_salt)?;
        let id = relogement.id.clone();
        let mut events =
            vec![(self.derived("relogement", 0)?, Event::RelogementRecorded(Box::new(relogement)))];
        for (place, works) in self.lease.works.iter().enumerate() {
            let event = Works {
                relogement: id.clone(),
                amount: works.amount,
                invoiced_on: works.invoiced_on,
                voucher: works.voucher.clone(),
            };
            events.push((self.derived("works", place)?, Event::WorksRecorded(event)));
        }
        if let Some(OrganisedVacancy { from, to, rent_lost }) = self.lease.vacancy {
            let event = Vacancy { relogement: id, from, to, amount: rent_lost };
            events.push((self.derived("vacancy", 0)?, Event::VacancyRecorded(event)));
        }
        Ok(events)
    }

    fn relogement(&self, ledger_salt: &[u8]) -> Result<Relogement, Refusal> {
        let (dwelling, lease) = (&self.dwelling, &self.lease);
        let charges = dwelling.charges.zip(lease.charges);
        let relogement = Relogement {
            id: RelogementId::parse("relogement_id", self.placement.as_str())?,
            operation: self.operation.clone(),
            household: ledger_pseudonym(&self.household, ledger_salt)?.into(),
            host: dwelling.host,
            lease_date: lease.lease_date,
            commune: dwelling.commune.clone(),
            typology: dwelling.typology,
            reference_rent: dwelling.reference_rent,
            practised_rent: lease.rent,
            charges: charges.map(|(reference, practised)| Charges { reference, practised }),
            contingent: dwelling.contingent.as_ref().and_then(|(_, kind)| *kind),
            out_of_flow: dwelling.out_of_flow,
            sne_motive_ru: lease.sne_motive_ru,
        };
        relogement.check().map_err(|refusal| refusal.within("relogement"))?;
        Ok(relogement)
    }

    fn derived(&self, kind: &str, place: usize) -> Result<EventId, Refusal> {
        event_id(&format!("{}:{kind}:{place}", self.placement))
    }
}

/// `pl-` and 40 hexadecimal digits of the SHA-256 of the text: 160 bits, valid as a caller's id.
fn event_id(text: &str) -> Result<EventId, Refusal> {
    let digest = HEXLOWER.encode(&Sha256::digest(format!("chambre/placement/v1:{text}")));
    EventId::parse("event_id", &format!("pl-{}", digest.get(..40).unwrap_or(&digest)))
}

/// `h-` and 40 hexadecimal digits: the length of the salt comes first, so that no other split gives the same text.
fn ledger_pseudonym(household: &HouseholdId, salt: &[u8]) -> Result<HouseholdId, Refusal> {
    let length = u64::try_from(salt.len()).unwrap_or(u64::MAX).to_be_bytes();
    let mut digest = Sha256::new();
    for part in [b"chambre/household/v1".as_slice(), &length, salt, household.as_str().as_bytes()] {
        digest.update(part);
    }
    let digest = HEXLOWER.encode(&digest.finalize());
    HouseholdId::parse("household", &format!("h-{}", digest.get(..40).unwrap_or(&digest)))
}

fn check_lease(terms: &ProposalTerms, lease: &Lease, recorded_on: Date) -> Result<(), Refusal> {
    check_rent("lease.rent_cents", lease.rent)?;
    lease.charges.map_or(Ok(()), |charges| check_rent("lease.charges_cents", charges))?;
    if lease.rent > terms.rent {
        let refusal = Refusal::new(Reason::ProposalLease, "lease.rent_cents", lease.rent.get());
        return Err(refusal.with("proposed", terms.rent.get()));
    }
    if lease.lease_date > recorded_on {
        // As in the ledger: declared once it has begun.
        return Err(
            Refusal::new(Reason::DateInFuture, "lease.lease_date", lease.lease_date).with("on", recorded_on)
        );
    }
    if let Some(vacancy) = lease.vacancy.filter(|vacancy| vacancy.to < vacancy.from) {
        return Err(
            Refusal::new(Reason::DatesOutOfOrder, "lease.vacancy.to", vacancy.to).with("from", vacancy.from)
        );
    }
    crate::trade::band::in_range("lease.works", i64::try_from(lease.works.len()).unwrap_or(i64::MAX), 0, 50)
}
