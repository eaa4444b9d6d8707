//! What each kind of event changes in the books.

use super::undo::Undo;
use super::{Applied, Books};
use chambre_domain::bailleur::Succession;
use chambre_domain::dispute::{Dispute, DisputeRaising, DisputeSettlement, DisputeSubject};
use chambre_domain::netting::SharedEffort;
use chambre_domain::{Cents, Event};

impl Books {
    pub(super) fn apply_event(&mut self, entry: &Applied<'_>) {
        match entry.event {
            Event::BailleurRegistered(bailleur) => {
                self.parties.insert_bailleur(bailleur.clone());
                self.undo.push(Undo::Bailleur(bailleur.siren));
            }
            Event::BailleurSucceeded(succession) => self.succeed(succession),
            Event::BankAccountRegistered(account) => {
                self.parties.push_bank_account(account.as_ref().clone());
                self.undo.push(Undo::BankAccount(account.bailleur));
            }
            Event::OperationRegistered(operation) => {
                self.parties.insert_operation(operation.clone());
                self.undo.push(Undo::Operation(operation.id.clone()));
            }
            Event::ConventionPublished(convention) => {
                self.parties.push_convention(convention.as_ref().clone());
                self.undo.push(Undo::Convention(convention.territory));
            }
            Event::RelogementRecorded(relogement) => self.open_file(entry, relogement),
            Event::EventReversed(_) => self.reverse(entry),
            Event::LandCounterpartRecorded(_) => {}
            Event::DisputeRaised(raising) => self.raise_dispute(entry, raising),
            Event::DisputeSettled(settlement) => self.settle_dispute(entry, settlement),
            event if event.netting().is_some_and(|id| self.regionals.get(id).is_some()) => {
                self.regional_step(entry)
            }
            Event::RegionalProposed(_) => self.regional_step(entry),
            Event::NettingOpened(_)
            | Event::NettingCutOff(_)
            | Event::NettingProposed(_)
            | Event::NettingPublished(_)
            | Event::NettingRejected(_)
            | Event::NettingApproved(_)
            | Event::NettingInstructed(_)
            | Event::NettingCancelled(_)
            | Event::PaymentConfirmed(_)
            | Event::PaymentReturned(_)
            | Event::NettingClosed(_) => self.step(entry),
            Event::RentRevised(_)
            | Event::RentGapAccrued(_)
            | Event::WorksRecorded(_)
            | Event::VacancyRecorded(_)
            | Event::IndemnityRecorded(_)
            | Event::LeaseEnded(_) => self.follow_up(entry, entry.event, 1),
        }
    }

    /// One step in the life of a run.
    fn step(&mut self, entry: &Applied<'_>) {
        let (runs, log, seq) = (&mut self.nettings, &mut self.undo, entry.seq);
        if runs.follow(entry.event, seq, log) {
            return;
        }
        match entry.event {
            Event::NettingOpened(opening) => runs.open(opening, seq, log),
            Event::NettingCutOff(cut_off) => runs.cut_off(&cut_off.netting, seq, log),
            Event::NettingProposed(proposal) => runs.propose(proposal, seq, log),
            Event::NettingPublished(published) => {
                runs.publish(&published.netting, published.disputes_until, log);
            }
            Event::NettingApproved(approval) => {
                let shared = runs.approve(approval, seq, log);
                self.share(&shared, 1);
            }
            Event::NettingCancelled(cancellation) => {
                let shared = runs.cancel(&cancellation.netting, log);
                self.share(&shared, -1);
            }
            _ => {}
        }
    }

    /// One step in the life of a regional plan.
    fn regional_step(&mut self, entry: &Applied<'_>) {
        let (plans, runs, log, seq) = (&mut self.regionals, &mut self.nettings, &mut self.undo, entry.seq);
        if plans.follow(entry.event, seq, log) {
            return;
        }
        match entry.event {
            Event::RegionalProposed(proposal) => plans.propose(proposal, seq, log),
            Event::NettingApproved(approval) => plans.approve(approval, seq, runs, log),
            Event::NettingCancelled(cancellation) => plans.cancel(&cancellation.netting, runs, log),
            _ => {}
        }
    }

    /// Counts what a run shares of each relogement, with sign −1 when the run is cancelled.
    fn share(&mut self, shared: &[SharedEffort], sign: i64) {
        for share in shared {
            if let Some(index) = self.relogements.index_at(share.recorded_seq) {
                let file = self.relogements.file_mut(index);
                self.undo.push(Undo::Shared(index, file.measured.shared));
                file.measured.shared = Cents::new(file.measured.shared.get() + sign * share.amount.get());
            }
        }
    }

    fn raise_dispute(&mut self, entry: &Applied<'_>, raising: &DisputeRaising) {
        let territory = match &raising.subject {
            DisputeSubject::Bailleur { territory, .. } => Some(*territory),
            DisputeSubject::Relogement { id } => self.relogement(id).map(|file| file.measured.territory),
        };
        let Some(territory) = territory else { return };
        self.undo.push(Undo::Dispute(entry.event_id.clone(), None));
        self.disputes.put(Dispute {
            id: entry.event_id.clone(),
            seq: entry.seq,
            raised_on: entry.occurred_on,
            raising: raising.clone(),
            territory,
            settled: None,
        });
    }

    fn settle_dispute(&mut self, entry: &Applied<'_>, settlement: &DisputeSettlement) {
        let Some(dispute) = self.disputes.get(&settlement.dispute).cloned() else { return };
        self.undo.push(Undo::Dispute(dispute.id.clone(), Some(Box::new(dispute.clone()))));
        let settled = Some((settlement.outcome, settlement.officer.clone(), entry.seq));
        self.disputes.put(Dispute { settled, ..dispute });
    }

    fn succeed(&mut self, succession: &Succession) {
        self.parties.set_absorbed(succession.absorbed, Some(succession.absorbing));
        self.undo.push(Undo::Absorbed(succession.absorbed));
        for index in self.relogements.indexes_of_bailleur(succession.absorbed) {
            let measured = &mut self.relogements.file_mut(index).measured;
            self.undo.push(Undo::Parties(index, measured.origin, measured.host));
            for party in [&mut measured.origin, &mut measured.host] {
                if *party == succession.absorbed {
                    *party = succession.absorbing;
                }
            }
        }
    }
}
