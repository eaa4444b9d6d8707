//! Which event a caller may declare, decided by the writer against the books of that instant.
//!
//! | event | who declares it |
//! |---|---|
//! | relogement | the host, or the origin of its operation |
//! | works, vacancy, indemnity, rents, end of lease | the host: they move its accounts, and it holds the vouchers |
//! | reversal of one of these | the host: an origin disputes, it does not cancel |
//! | building rights, and their reversal | an officer of the territory, who signs |
//! | relogement, works, vacancy, and their reversal | a matching service: what was signed there, and nothing else |
//! | dispute | the host or the origin of the relogement, in its own name; an officer of the territory, who signs |

use super::check::{Caller, Scope, denial};
use super::identity::Rights;
use super::seen::About;
use chambre_domain::dispute::{DisputeParty, DisputeRaising, DisputeSubject};
use chambre_domain::follow_up::LandCounterpart;
use chambre_domain::{Entry, Event, RelogementId, Siren};
use chambre_ledger::{Books, Guard};

impl Caller {
    /// The condition that goes with each event of this caller; none in a trial.
    pub fn guard(&self) -> Option<Guard> {
        if matches!(self.identity().rights, Rights::Trial) {
            return None;
        }
        self.mark(About::default);
        let caller = self.clone();
        Some(Guard::new(move |books, event, target| {
            if caller.may_declare(books, event, target) {
                return Ok(());
            }
            caller.count_denied();
            Err(denial())
        }))
    }

    fn may_declare(&self, books: &Books, event: &Event, target: Option<&Entry>) -> bool {
        match &self.identity().rights {
            Rights::Trial => true,
            Rights::Bailleur(siren) => declares(books, *siren, event, target),
            Rights::Officer(_) => self.signs(books, event, target),
            Rights::Matching => places(event, target),
            Rights::Coordinator(_) | Rights::Auditor | Rights::Administrator | Rights::Nothing => false,
        }
    }

    fn signs(&self, books: &Books, event: &Event, target: Option<&Entry>) -> bool {
        let there = |counterpart: &LandCounterpart| self.allows(Scope::Here(counterpart.territory, &[]));
        match event {
            Event::LandCounterpartRecorded(counterpart) => {
                there(counterpart) && counterpart.officer == self.identity().name
            }
            Event::DisputeRaised(raising) => {
                raising.raised_by == DisputeParty::Officer { id: self.identity().name.clone() }
                    && self.allows(scope_of(books, raising))
            }
            Event::EventReversed(_) => match target.map(|entry| &entry.event) {
                Some(Event::LandCounterpartRecorded(counterpart)) => there(counterpart),
                _ => false,
            },
            _ => false,
        }
    }
}

fn scope_of(books: &Books, raising: &DisputeRaising) -> Scope<'static> {
    let territory = match &raising.subject {
        DisputeSubject::Bailleur { territory, .. } => Some(*territory),
        DisputeSubject::Relogement { id } => books.relogement(id).map(|file| file.measured.territory),
    };
    territory.map_or(Scope::Unknown, |territory| Scope::Here(territory, &[]))
}

/// What a matching service tells: placements, under ids that start with `pl-`, and the reversals of its own.
fn places(event: &Event, target: Option<&Entry>) -> bool {
    match event {
        Event::RelogementRecorded(_) | Event::WorksRecorded(_) | Event::VacancyRecorded(_) => true,
        Event::EventReversed(_) => target.is_some_and(|entry| entry.event_id.as_str().starts_with("pl-")),
        _ => false,
    }
}

fn declares(books: &Books, own: Siren, event: &Event, target: Option<&Entry>) -> bool {
    let hosts = |id: &RelogementId| books.relogement(id).is_some_and(|file| file.measured.host == own);
    match event {
        Event::RelogementRecorded(relogement) => {
            let operation = books.parties().operation(&relogement.operation);
            let origin = operation.map(|operation| books.parties().current(operation.origin));
            relogement.host == own || origin == Some(own)
        }
        Event::DisputeRaised(raising) => match &raising.subject {
            DisputeSubject::Relogement { id } => {
                let file = books.relogement(id);
                raising.raised_by == DisputeParty::Bailleur { siren: own }
                    && file.is_some_and(|file| [file.measured.host, file.measured.origin].contains(&own))
            }
            // To hold a whole position back is an officer's decision.
            DisputeSubject::Bailleur { .. } => false,
        },
        Event::WorksRecorded(_)
        | Event::VacancyRecorded(_)
        | Event::IndemnityRecorded(_)
        | Event::RentRevised(_)
        | Event::LeaseEnded(_) => event.relogement().is_some_and(hosts),
        Event::EventReversed(_) => match target {
            Some(Entry { event: Event::RelogementRecorded(_), seq, .. }) => {
                books.relogement_at(*seq).is_some_and(|file| file.measured.host == own)
            }
            Some(entry) => entry.event.relogement().is_some_and(hosts),
            None => false,
        },
        _ => false,
    }
}
