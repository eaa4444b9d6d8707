//! Everything that may enter the journal: a closed list, each kind with its own posting rule.

use crate::bailleur::{Bailleur, Succession};
use crate::bank_account::BankAccount;
use crate::calendar::Date;
use crate::convention::Convention;
use crate::dispute::{DisputeRaising, DisputeSettlement};
use crate::follow_up::{
    Indemnity, LandCounterpart, LeaseEnd, RentGapAccrual, RentRevision, Reversal, Vacancy, Works,
};
use crate::ids::{NettingId, PaymentId, RelogementId};
use crate::netting::NettingProposal;
use crate::netting_run::{
    NettingCancellation, NettingDecision, NettingInstruction, NettingOpening, NettingPublication,
    PaymentConfirmation, PaymentReturn,
};
use crate::operation::Operation;
use crate::regional::RegionalProposal;
use crate::relogement::Relogement;
use serde::{Deserialize, Serialize};

/// A fact of the scheme, as declared or decided.
///
/// Its JSON form is what the journal stores and the seal covers: fields in the order of the type, integers for
/// amounts, ISO dates, absent options left out. See `docs/journal-format.md`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "body", rename_all = "snake_case")]
pub enum Event {
    /// A participant joins.
    BailleurRegistered(Bailleur),
    /// A participant is absorbed by another.
    BailleurSucceeded(Succession),
    /// A participant gives the account on which it pays and is paid, for the first time or in place of another.
    BankAccountRegistered(Box<BankAccount>),
    /// A project opens.
    OperationRegistered(Operation),
    /// A territory adopts a version of its rules.
    ConventionPublished(Box<Convention>),
    /// A household is rehoused.
    RelogementRecorded(Box<Relogement>),
    /// Its rents change.
    RentRevised(RentRevision),
    /// The chamber books the rent gap of the months run so far.
    RentGapAccrued(RentGapAccrual),
    /// Adaptation works.
    WorksRecorded(Works),
    /// Organised vacancy.
    VacancyRecorded(Vacancy),
    /// A step of the ANRU indemnity.
    IndemnityRecorded(Indemnity),
    /// The household leaves.
    LeaseEnded(LeaseEnd),
    /// Building rights due or honoured.
    LandCounterpartRecorded(LandCounterpart),
    /// An earlier declaration is cancelled.
    EventReversed(Reversal),
    /// Something is contested.
    DisputeRaised(DisputeRaising),
    /// A dispute ends.
    DisputeSettled(DisputeSettlement),
    /// A run begins.
    NettingOpened(NettingOpening),
    /// What a run may count is frozen.
    NettingCutOff(NettingDecision),
    /// A run is proposed.
    NettingProposed(Box<NettingProposal>),
    /// One plan is proposed for the payments of several runs.
    RegionalProposed(Box<RegionalProposal>),
    /// A proposal is shown to the bailleurs.
    NettingPublished(NettingPublication),
    /// A run is set aside.
    NettingRejected(NettingDecision),
    /// A run is signed.
    NettingApproved(NettingDecision),
    /// The payments of a run are ordered.
    NettingInstructed(NettingInstruction),
    /// A run is given up.
    NettingCancelled(NettingCancellation),
    /// A payment is seen at the bank.
    PaymentConfirmed(PaymentConfirmation),
    /// A payment came back.
    PaymentReturned(PaymentReturn),
    /// A run is over.
    NettingClosed(NettingDecision),
}

impl Event {
    /// Its name in the journal, `snake_case`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::BailleurRegistered(_) => "bailleur_registered",
            Self::BailleurSucceeded(_) => "bailleur_succeeded",
            Self::BankAccountRegistered(_) => "bank_account_registered",
            Self::OperationRegistered(_) => "operation_registered",
            Self::ConventionPublished(_) => "convention_published",
            Self::RelogementRecorded(_) => "relogement_recorded",
            Self::RentRevised(_) => "rent_revised",
            Self::RentGapAccrued(_) => "rent_gap_accrued",
            Self::WorksRecorded(_) => "works_recorded",
            Self::VacancyRecorded(_) => "vacancy_recorded",
            Self::IndemnityRecorded(_) => "indemnity_recorded",
            Self::LeaseEnded(_) => "lease_ended",
            Self::LandCounterpartRecorded(_) => "land_counterpart_recorded",
            Self::EventReversed(_) => "event_reversed",
            Self::NettingProposed(_) => "netting_proposed",
            Self::RegionalProposed(_) => "regional_proposed",
            Self::NettingRejected(_) => "netting_rejected",
            Self::NettingApproved(_) => "netting_approved",
            Self::PaymentConfirmed(_) => "payment_confirmed",
            Self::DisputeRaised(_) => "dispute_raised",
            Self::DisputeSettled(_) => "dispute_settled",
            Self::NettingOpened(_) => "netting_opened",
            Self::NettingCutOff(_) => "netting_cut_off",
            Self::NettingPublished(_) => "netting_published",
            Self::NettingInstructed(_) => "netting_instructed",
            Self::NettingCancelled(_) => "netting_cancelled",
            Self::PaymentReturned(_) => "payment_returned",
            Self::NettingClosed(_) => "netting_closed",
        }
    }

    /// Its name in French, for accounting exports.
    #[must_use]
    pub const fn french(&self) -> &'static str {
        match self {
            Self::BailleurRegistered(_) => "Inscription d’un bailleur",
            Self::BailleurSucceeded(_) => "Succession de bailleurs",
            Self::BankAccountRegistered(_) => "Inscription d’un compte bancaire",
            Self::OperationRegistered(_) => "Inscription d’une opération",
            Self::ConventionPublished(_) => "Publication d’une convention",
            Self::RelogementRecorded(_) => "Relogement",
            Self::RentRevised(_) => "Révision de loyer",
            Self::RentGapAccrued(_) => "Écart de loyer couru",
            Self::WorksRecorded(_) => "Travaux d’adaptation",
            Self::VacancyRecorded(_) => "Vacance organisée",
            Self::IndemnityRecorded(_) => "Indemnité ANRU",
            Self::LeaseEnded(_) => "Fin de bail",
            Self::LandCounterpartRecorded(_) => "Contrepartie foncière",
            Self::EventReversed(_) => "Extourne",
            Self::NettingProposed(_) => "Arrêté proposé",
            Self::RegionalProposed(_) => "Plan régional proposé",
            Self::NettingRejected(_) => "Arrêté rejeté",
            Self::NettingApproved(_) => "Arrêté approuvé",
            Self::PaymentConfirmed(_) => "Paiement confirmé",
            Self::DisputeRaised(_) => "Contestation",
            Self::DisputeSettled(_) => "Fin de contestation",
            Self::NettingOpened(_) => "Arrêté ouvert",
            Self::NettingCutOff(_) => "Arrêté en date",
            Self::NettingPublished(_) => "Arrêté publié",
            Self::NettingInstructed(_) => "Paiements ordonnés",
            Self::NettingCancelled(_) => "Arrêté annulé",
            Self::PaymentReturned(_) => "Paiement rejeté par la banque",
            Self::NettingClosed(_) => "Arrêté clos",
        }
    }

    /// The day it happened, when the event itself says so.
    ///
    /// Nothing for decisions and registrations, which happen on the day they are booked, and for a reversal,
    /// which takes the day of what it cancels.
    #[must_use]
    pub fn occurred_on(&self) -> Option<Date> {
        match self {
            Self::BailleurSucceeded(succession) => Some(succession.effective_on),
            Self::RelogementRecorded(relogement) => Some(relogement.lease_date),
            Self::RentRevised(revision) => Some(revision.from),
            Self::RentGapAccrued(accrual) => Some(accrual.through),
            Self::WorksRecorded(works) => Some(works.invoiced_on),
            Self::VacancyRecorded(vacancy) => Some(vacancy.to),
            Self::IndemnityRecorded(indemnity) => Some(indemnity.occurred_on),
            Self::LeaseEnded(end) => Some(end.ended_on),
            Self::LandCounterpartRecorded(counterpart) => Some(counterpart.occurred_on),
            Self::PaymentConfirmed(confirmation) => Some(confirmation.paid_on),
            Self::PaymentReturned(back) => Some(back.returned_on),
            Self::BailleurRegistered(_)
            | Self::BankAccountRegistered(_)
            | Self::OperationRegistered(_)
            | Self::ConventionPublished(_)
            | Self::EventReversed(_)
            | Self::DisputeRaised(_)
            | Self::DisputeSettled(_)
            | Self::NettingOpened(_)
            | Self::NettingCutOff(_)
            | Self::NettingProposed(_)
            | Self::RegionalProposed(_)
            | Self::NettingPublished(_)
            | Self::NettingRejected(_)
            | Self::NettingApproved(_)
            | Self::NettingInstructed(_)
            | Self::NettingCancelled(_)
            | Self::NettingClosed(_) => None,
        }
    }

    /// The relogement it is about, when it is about one.
    #[must_use]
    pub fn relogement(&self) -> Option<&RelogementId> {
        match self {
            Self::RelogementRecorded(relogement) => Some(&relogement.id),
            Self::RentRevised(revision) => Some(&revision.relogement),
            Self::RentGapAccrued(accrual) => Some(&accrual.relogement),
            Self::WorksRecorded(works) => Some(&works.relogement),
            Self::VacancyRecorded(vacancy) => Some(&vacancy.relogement),
            Self::IndemnityRecorded(indemnity) => Some(&indemnity.relogement),
            Self::LeaseEnded(end) => Some(&end.relogement),
            _ => None,
        }
    }

    /// The run, or the regional plan, it is a step of, when it is one.
    #[must_use]
    pub fn netting(&self) -> Option<&NettingId> {
        match self {
            Self::NettingOpened(opening) => Some(&opening.id),
            Self::NettingProposed(proposal) => Some(&proposal.id),
            Self::RegionalProposed(proposal) => Some(&proposal.id),
            Self::NettingCutOff(decision)
            | Self::NettingRejected(decision)
            | Self::NettingApproved(decision)
            | Self::NettingClosed(decision) => Some(&decision.netting),
            Self::NettingPublished(publication) => Some(&publication.netting),
            Self::NettingInstructed(instruction) => Some(&instruction.netting),
            Self::NettingCancelled(cancellation) => Some(&cancellation.netting),
            Self::PaymentConfirmed(confirmation) => Some(&confirmation.netting),
            Self::PaymentReturned(back) => Some(&back.netting),
            _ => None,
        }
    }

    /// The payment it is about, when it is about one.
    #[must_use]
    pub fn payment(&self) -> Option<&PaymentId> {
        match self {
            Self::PaymentConfirmed(confirmation) => Some(&confirmation.payment),
            Self::PaymentReturned(back) => Some(&back.payment),
            _ => None,
        }
    }

    /// The canonical JSON that the journal stores and seals.
    #[must_use]
    pub fn to_payload(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("an event has string keys and no float, so it always serialises")
    }

    /// Reads a stored payload back.
    ///
    /// # Errors
    /// The JSON error, when the bytes are not an event of this version.
    pub fn from_payload(payload: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(payload)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::VoucherRef;
    use crate::money::Amount;

    #[test]
    fn the_payload_is_canonical_and_reads_back() {
        let event = Event::WorksRecorded(Works {
            relogement: RelogementId::parse("r", "R-1").unwrap(),
            amount: Amount::new("a", 120_000).unwrap(),
            invoiced_on: Date::constant(2025, 4, 2),
            voucher: VoucherRef::parse("v", "F-17").unwrap(),
        });
        let payload = event.to_payload();
        assert_eq!(
            String::from_utf8(payload.clone()).unwrap(),
            r#"{"kind":"works_recorded","body":{"relogement":"R-1","amount":120000,"invoiced_on":"2025-04-02","voucher":"F-17"}}"#
        );
        assert_eq!(Event::from_payload(&payload).unwrap(), event);
    }
}
