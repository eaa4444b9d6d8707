//! What is declared of a relogement: its record, what follows it, its reversal.

use super::undo::Undo;
use super::{Applied, Books, RelogementFile};
use chambre_domain::follow_up::{IndemnityStatus, RentRevision};
use chambre_domain::measure::{EffortLine, LineKind};
use chambre_domain::{Cents, Date, Event, Transfer};

impl Books {
    pub(super) fn open_file(&mut self, entry: &Applied<'_>, relogement: &chambre_domain::Relogement) {
        let Some(operation) = self.parties.operation(&relogement.operation) else { return };
        let (territory, origin) = (operation.territory, self.parties.current(operation.origin));
        let version = self.parties.convention_on(territory, relogement.lease_date).map_or(0, |c| c.version);
        let mut file = RelogementFile::open(entry.seq, relogement, territory, origin, version);
        let gap = entry
            .transfers
            .iter()
            .find(|t| t.unit() == chambre_domain::Unit::Eur)
            .map_or(Cents::ZERO, signed_gap);
        if gap != Cents::ZERO {
            let (seq, occurred_on) = (entry.seq, entry.occurred_on);
            file.measured.lines.push(EffortLine { seq, occurred_on, kind: LineKind::RentGap, amount: gap });
        }
        self.relogements.push(file);
        self.undo.push(Undo::File);
    }

    pub(super) fn reverse(&mut self, entry: &Applied<'_>) {
        let Some((target_seq, target)) = entry.target else { return };
        self.reversed.insert(target_seq, entry.seq);
        self.undo.push(Undo::Reversed(target_seq));
        if !matches!(target, Event::RelogementRecorded(_)) {
            self.follow_up(entry, target, -1);
            return;
        }
        let Some(index) = self.relogements.index_at(target_seq) else { return };
        let file = self.relogements.file_mut(index);
        file.measured.reversed = true;
        self.undo.push(Undo::FileReversed(index));
        let booked = file.measured.lines.iter().find(|line| line.seq == target_seq).copied();
        if let Some(line) = booked {
            self.push_line(
                index,
                EffortLine { seq: entry.seq, amount: Cents::new(-line.amount.get()), ..line },
            );
        }
    }

    /// What follows a relogement, with sign −1 when it is reversed.
    pub(super) fn follow_up(&mut self, entry: &Applied<'_>, event: &Event, sign: i32) {
        let recorded = match event {
            Event::RentGapAccrued(accrual) => self.relogements.index_at(accrual.recorded_seq),
            _ => event.relogement().and_then(|id| self.relogements.index_of(id)),
        };
        let Some(index) = recorded else { return };
        let signed = |cents: Cents| Cents::new(cents.get() * i64::from(sign));
        let line = |kind, amount| EffortLine {
            seq: entry.seq,
            occurred_on: entry.occurred_on,
            kind,
            amount: signed(amount),
        };
        match event {
            Event::WorksRecorded(works) => self.push_line(index, line(LineKind::Works, works.amount.cents())),
            Event::VacancyRecorded(vacancy) => {
                let kind = LineKind::Vacancy { days: vacancy.days() * sign };
                self.push_line(index, line(kind, vacancy.amount.cents()));
            }
            Event::IndemnityRecorded(indemnity) => match indemnity.status {
                IndemnityStatus::Received => {
                    self.push_line(index, line(LineKind::Indemnity, indemnity.amount.cents()))
                }
                IndemnityStatus::Reclaimed => {
                    let back = Cents::new(-indemnity.amount.get());
                    self.push_line(index, line(LineKind::Indemnity, back));
                }
                IndemnityStatus::Expected | IndemnityStatus::Requested | IndemnityStatus::Notified => return,
            },
            Event::RentGapAccrued(accrual) => {
                let moved = Cents::new(accrual.due.get() - accrual.booked_before.get());
                self.push_line(index, line(LineKind::RentGap, moved));
                let measured = &mut self.relogements.file_mut(index).measured;
                self.undo.push(Undo::Accrued(index, measured.accrued));
                measured.accrued = accrual.due;
                return; // booked by the chamber: it never stands in the way of a reversal
            }
            Event::LeaseEnded(end) => self.end_lease(index, entry, end.ended_on, sign),
            Event::RentRevised(revision) => self.revise(index, entry, revision),
            _ => return,
        }
        self.relogements.file_mut(index).live_follow_ups += sign;
        self.undo.push(Undo::LiveFollowUps(index, sign));
    }

    fn end_lease(&mut self, index: u32, entry: &Applied<'_>, ended_on: Date, sign: i32) {
        let rents = &mut self.relogements.file_mut(index).measured.rents;
        self.undo.push(Undo::EndedOn(index, rents.ended_on));
        rents.ended_on = (sign > 0).then_some(ended_on);
        if let Some(gap) = entry.transfers.first().map(signed_gap) {
            let kind = LineKind::RentGap;
            self.push_line(
                index,
                EffortLine { seq: entry.seq, occurred_on: entry.occurred_on, kind, amount: gap },
            );
        }
    }

    /// Adds a revision, or removes the very one that is reversed: two may read the same.
    fn revise(&mut self, index: u32, entry: &Applied<'_>, revision: &RentRevision) {
        let file = self.relogements.file_mut(index);
        let Some((target, _)) = entry.target else {
            let step = (revision.from, revision.reference_rent, revision.practised_rent);
            file.measured.rents.revisions.push(step);
            file.revised_by.push(entry.seq);
            self.undo.push(Undo::RevisionAdded(index));
            return;
        };
        if let Some(place) = file.revised_by.iter().position(|by| *by == target) {
            let step = file.measured.rents.revisions.remove(place);
            file.revised_by.remove(place);
            self.undo.push(Undo::RevisionRemoved(index, place, target, step));
        }
    }

    fn push_line(&mut self, index: u32, line: EffortLine) {
        self.relogements.file_mut(index).measured.lines.push(line);
        self.undo.push(Undo::Line(index));
    }
}

/// The rent gap that a transfer of a rent-gap rule moves: above zero when it debits 704900.
fn signed_gap(transfer: &Transfer) -> Cents {
    let amount = transfer.amount().get();
    let borne = transfer.debit().compte == chambre_domain::Compte::EcartDeLoyer;
    Cents::new(if borne { amount } else { -amount })
}
