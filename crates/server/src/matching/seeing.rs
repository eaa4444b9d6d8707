//! What a call finds, and whether it is the caller's: what does not exist is refused as what is not its own.

use super::Matching;
use super::book::Book;
use super::fact::{Cost, ListedNeed, Project};
use super::{run, shown};
use crate::access::Caller;
use crate::access::check::Scope;
use crate::desk::refused;
use crate::status;
use chambre_api::convert::matching::{self as wire, NeedAsked};
use chambre_api::v1;
use chambre_domain::rehousing::ids::ProposalId;
use chambre_domain::rehousing::{DwellingOffer, HouseholdNeed};
use chambre_domain::{HouseholdId, Reason, Refusal};
use chambre_matching::exchange::directed::{Choice, ChoiceKind};
use std::collections::HashMap;
use tonic::Status;

impl Matching {
    /// A question about things that may not exist: refused alike when they do not and when they are not the
    /// caller's.
    pub(super) fn see<T>(
        &self,
        caller: &Caller,
        find: impl FnOnce(&Book) -> Result<(Project, Vec<chambre_domain::Siren>, T), Refusal>,
    ) -> Result<T, Status> {
        match self.0.read(find)? {
            Ok((project, parties, found)) => {
                caller.check(Scope::Here(project.territory, &parties))?;
                Ok(found)
            }
            Err(refusal) => {
                caller.check(Scope::Unknown)?;
                Err(refused(refusal))
            }
        }
    }

    /// Needs with their operations, which the ledger tells; each for the caller to declare.
    pub(super) async fn listed(
        &self,
        caller: &Caller,
        asked: Vec<NeedAsked>,
    ) -> Result<Vec<ListedNeed>, Status> {
        let mut projects: HashMap<String, Project> = HashMap::new();
        let mut listed = Vec::with_capacity(asked.len());
        for (place, NeedAsked { mut declaration, without_landlord }) in asked.into_iter().enumerate() {
            let id = declaration.operation.to_string();
            let project = match projects.get(&id) {
                Some(project) => project.clone(),
                None => match self.0.line.operation(&declaration.operation).await? {
                    Some(operation) => projects.entry(id).or_insert(operation.into()).clone(),
                    None => {
                        caller.check(Scope::Unknown)?;
                        let field = format!("needs[{place}].operation_id");
                        return Err(status::refuse(Reason::OperationUnknown, &field, id));
                    }
                },
            };
            caller.check(Scope::Here(project.territory, &[project.origin]))?;
            self.check_same_origin(caller, &declaration.household)?;
            declaration.origin = (!without_landlord).then_some(project.origin);
            let need = HouseholdNeed::new(declaration)
                .map_err(|refusal| refused(refusal.within(&format!("needs[{place}]"))))?;
            listed.push(ListedNeed { project, need });
        }
        Ok(listed)
    }

    /// A household that is on the list stays with those who declared it.
    pub(super) fn check_same_origin(&self, caller: &Caller, household: &HouseholdId) -> Result<(), Status> {
        match self.0.read(|book| book.project(household).cloned())? {
            Some(project) => caller.check(Scope::Here(project.territory, &[project.origin])),
            None => Ok(()),
        }
    }

    /// An id of an offer stays with those who gave it, whether to an offer or to what a transfer frees.
    pub(super) fn check_own_ids<'a>(
        &self,
        caller: &Caller,
        offers: impl Iterator<Item = &'a DwellingOffer>,
    ) -> Result<(), Status> {
        let ids = offers.map(|offer| offer.declared().offer.clone()).collect();
        let known = self.0.read(|book| book.known_as(&ids))?;
        known.iter().try_for_each(|known| own_offer(caller, known))
    }

    /// What directing a dwelling costs the whole today; nothing when that cannot be told.
    pub(super) async fn cost(&self, wanted: &wire::ProposalAsked) -> Result<Option<Cost>, Status> {
        let choice = Choice {
            kind: ChoiceKind::Pin,
            household: wanted.household.clone(),
            offer: wanted.offer.clone(),
        };
        let on = self.0.desk.today();
        let snapshot = self.0.read(|book| {
            let territory = book.need(&wanted.household)?.project.territory;
            run::Snapshot::of(book, territory, on, false)
        })?;
        let snapshot = snapshot.map_err(refused)?;
        let computed = tokio::task::spawn_blocking(move || snapshot.cost_of(choice)).await;
        computed.map_err(|_| status::unavailable("the computation was cut short"))
    }

    pub(super) fn proposal(&self, id: &ProposalId) -> Result<v1::Proposal, Status> {
        let found = self.0.read(|book| book.proposal(id).and_then(|(found, _)| shown::proposal(book, found)));
        found?.map_err(refused)
    }
}

/// The origin of a need and those who may see it.
pub(super) fn seen_need(
    book: &Book,
    household: &HouseholdId,
) -> Result<(Project, Vec<chambre_domain::Siren>, ()), Refusal> {
    let project = book.need(household)?.project.clone();
    let origin = project.origin;
    Ok((project, vec![origin], ()))
}

/// Whether the offer is the caller's to change: its landlord, or an officer of where it lies.
pub(super) fn own_offer(caller: &Caller, offer: &DwellingOffer) -> Result<(), Status> {
    let declared = offer.declared();
    caller.check(Scope::Here(declared.commune.territory(), &[declared.landlord]))
}
