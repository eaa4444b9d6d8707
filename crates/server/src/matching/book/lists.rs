//! What is on the lists: needs, transfers, offers; and what may not stand on two of them.

use super::Book;
use crate::matching::fact::{ListedNeed, Project, Transfer};
use chambre_domain::rehousing::ids::{DwellingRef, OfferId};
use chambre_domain::rehousing::{DwellingOffer, OfferDeclaration};
use chambre_domain::{HouseholdId, Reason, Refusal, Siren};
use std::collections::{HashMap, HashSet};

impl Book {
    /// A need on the list.
    ///
    /// # Errors
    /// [`Reason::NeedUnknown`]; the household is not repeated.
    pub fn need(&self, household: &HouseholdId) -> Result<&ListedNeed, Refusal> {
        let listed = self.needs.get(household.as_str()).ok_or_else(need_unknown)?;
        if self.needs_withdrawn.contains(household.as_str()) { Err(need_unknown()) } else { Ok(listed) }
    }

    /// The operation of a household that is or was on the list.
    pub fn project(&self, household: &HouseholdId) -> Option<&Project> {
        let need = self.needs.get(household.as_str()).map(|listed| &listed.project);
        need.or_else(|| self.transfers.get(household.as_str()).map(|transfer| &transfer.listed.project))
    }

    /// A tenant who asks for a transfer.
    ///
    /// # Errors
    /// [`Reason::NeedUnknown`]; the tenant is not repeated.
    pub fn transfer(&self, tenant: &HouseholdId) -> Result<&Transfer, Refusal> {
        let known = self.transfers.get(tenant.as_str()).ok_or_else(need_unknown)?;
        if self.needs_withdrawn.contains(tenant.as_str()) { Err(need_unknown()) } else { Ok(known) }
    }

    /// Tenants who ask for a transfer, in the order of their pseudonyms, after one of them.
    pub fn transfers_after<'a>(&'a self, after: &'a str) -> impl Iterator<Item = &'a Transfer> {
        let from = (std::ops::Bound::Excluded(after), std::ops::Bound::Unbounded);
        let all = self.transfers.range::<str, _>(from);
        all.filter(|(tenant, _)| !self.needs_withdrawn.contains(*tenant)).map(|(_, transfer)| transfer)
    }

    /// Every need, in the order of the pseudonyms, after one of them.
    pub fn needs_after<'a>(&'a self, after: &'a str) -> impl Iterator<Item = &'a ListedNeed> {
        let from = (std::ops::Bound::Excluded(after), std::ops::Bound::Unbounded);
        let all = self.needs.range::<str, _>(from);
        all.filter(|(household, _)| !self.needs_withdrawn.contains(*household)).map(|(_, listed)| listed)
    }

    /// Households that the matching is done with: off the list or placed, without a live proposal.
    pub fn done_with(&self) -> Vec<HouseholdId> {
        let moving = self.transfers.values().map(|transfer| &transfer.listed);
        let households = self.needs.values().chain(moving).map(|listed| &listed.need.declared().household);
        let done = households.filter(|household| {
            let (mut live, mut placed) = (false, false);
            self.desk.of_household(household).for_each(|one| {
                live |= one.is_live();
                placed |= one.placement().is_some();
            });
            !live && (placed || self.needs_withdrawn.contains(household.as_str()))
        });
        done.cloned().collect()
    }

    /// An offer on the list.
    ///
    /// # Errors
    /// [`Reason::OfferUnknown`].
    pub fn offer(&self, id: &OfferId) -> Result<&DwellingOffer, Refusal> {
        let offer = self.offers.get(id).ok_or_else(|| offer_unknown(id))?;
        if self.offers_withdrawn.contains(id) { Err(offer_unknown(id)) } else { Ok(offer) }
    }

    /// An offer that is or was on the list.
    pub fn offer_ever(&self, id: &OfferId) -> Option<&DwellingOffer> {
        self.offers.get(id)
    }

    /// Every offer, in the order of their ids, after one of them.
    pub fn offers_after<'a>(&'a self, after: &'a str) -> impl Iterator<Item = &'a DwellingOffer> {
        let listed = self.offers.iter().filter(|(id, _)| !self.offers_withdrawn.contains(*id));
        listed.filter(move |(id, _)| id.as_str() > after).map(|(_, offer)| offer)
    }

    /// What bears one of these ids, or did: offers, and dwellings that a transfer frees.
    pub fn known_as(&self, ids: &HashSet<OfferId>) -> Vec<DwellingOffer> {
        let offers = ids.iter().filter_map(|id| self.offers.get(id));
        let freed = self.transfers.values().map(|transfer| &transfer.frees);
        offers.chain(freed.filter(|offer| ids.contains(&offer.declared().offer))).cloned().collect()
    }

    /// Whether needs may come on their list.
    ///
    /// # Errors
    /// [`Reason::HouseholdTwice`] for a pseudonym that asks for a transfer; it is not repeated.
    pub fn may_list_needs(&self, needs: &[ListedNeed]) -> Result<(), Refusal> {
        let twice = |listed: &ListedNeed| self.transfer(&listed.need.declared().household).is_ok();
        needs.iter().position(twice).map_or(Ok(()), |place| Err(household_twice(&format!("needs[{place}]"))))
    }

    /// Whether offers may come on their list.
    ///
    /// # Errors
    /// [`Reason::OfferTwice`] for an id or a dwelling that a transfer frees.
    pub fn may_list_offers(&self, offers: &[DwellingOffer]) -> Result<(), Refusal> {
        let freed: Vec<_> = self.asking().map(|transfer| transfer.frees.declared()).collect();
        let ids: HashSet<&OfferId> = freed.iter().map(|offer| &offer.offer).collect();
        let dwellings: HashSet<_> = freed.iter().map(|offer| dwelling(offer)).collect();
        for (place, offer) in offers.iter().map(DwellingOffer::declared).enumerate() {
            let at = format!("offers[{place}]");
            if ids.contains(&offer.offer) {
                return Err(id_twice(&at, offer));
            }
            if dwellings.contains(&dwelling(offer)) {
                return Err(dwelling_twice(&at, offer));
            }
        }
        Ok(())
    }

    /// Whether transfers may come on their list: a run would give a dwelling twice, or move a household twice.
    ///
    /// # Errors
    /// [`Reason::HouseholdTwice`] for a pseudonym whose need is listed; [`Reason::OfferTwice`] for an id or a dwelling
    /// that is offered, or that another tenant frees.
    pub fn may_list_transfers(&self, transfers: &[Transfer]) -> Result<(), Refusal> {
        let tenant = |transfer: &Transfer| transfer.listed.need.declared().household.as_str().to_owned();
        let again: HashSet<String> = transfers.iter().map(tenant).collect();
        let mut ids: HashMap<&OfferId, String> = HashMap::new();
        let mut dwellings: HashMap<(Siren, &DwellingRef), String> = HashMap::new();
        // What is declared anew takes the place of what was.
        for other in self.asking().filter(|other| !again.contains(&tenant(other))) {
            ids.insert(&other.frees.declared().offer, tenant(other));
            dwellings.insert(dwelling(other.frees.declared()), tenant(other));
        }
        let wanted: HashSet<_> = transfers.iter().map(|one| dwelling(one.frees.declared())).collect();
        let offered: HashSet<_> = self
            .offers_after("")
            .map(DwellingOffer::declared)
            .filter(|offer| wanted.contains(&dwelling(offer)) && !self.is_let(offer))
            .map(dwelling)
            .collect();
        for (place, transfer) in transfers.iter().enumerate() {
            let (at, frees) = (format!("transfers[{place}].frees"), transfer.frees.declared());
            if self.need(&transfer.listed.need.declared().household).is_ok() {
                return Err(household_twice(&format!("transfers[{place}].need")));
            }
            let other = |known: Option<String>| known.is_some_and(|known| known != tenant(transfer));
            if self.offer(&frees.offer).is_ok() || other(ids.insert(&frees.offer, tenant(transfer))) {
                return Err(id_twice(&at, frees));
            }
            if offered.contains(&dwelling(frees))
                || other(dwellings.insert(dwelling(frees), tenant(transfer)))
            {
                return Err(dwelling_twice(&at, frees));
            }
        }
        Ok(())
    }

    /// Tenants who still ask for a transfer, whether they agree to it yet or not.
    fn asking(&self) -> impl Iterator<Item = &Transfer> {
        let moved = |transfer: &&Transfer| {
            let mut mine = self.desk.of_household(&transfer.listed.need.declared().household);
            mine.any(|one| one.placement().is_some())
        };
        self.transfers_after("").filter(move |transfer| !moved(transfer))
    }

    /// Whether the dwelling of an offer was let under it.
    fn is_let(&self, offer: &OfferDeclaration) -> bool {
        let mut others = self.desk.of_dwelling(offer.landlord, &offer.dwelling);
        others.any(|one| one.placement().is_some() && one.terms().offer == offer.offer)
    }
}

fn need_unknown() -> Refusal {
    Refusal::new(Reason::NeedUnknown, "household", HouseholdId::HIDDEN)
}

fn offer_unknown(id: &OfferId) -> Refusal {
    Refusal::new(Reason::OfferUnknown, "offer_id", id)
}

/// A dwelling is known in its bailleur's filing.
const fn dwelling(offer: &OfferDeclaration) -> (Siren, &DwellingRef) {
    (offer.landlord, &offer.dwelling)
}

fn household_twice(at: &str) -> Refusal {
    Refusal::new(Reason::HouseholdTwice, format!("{at}.household"), HouseholdId::HIDDEN)
}

fn id_twice(at: &str, offer: &OfferDeclaration) -> Refusal {
    Refusal::new(Reason::OfferTwice, format!("{at}.offer_id"), &offer.offer)
}

fn dwelling_twice(at: &str, offer: &OfferDeclaration) -> Refusal {
    Refusal::new(Reason::OfferTwice, format!("{at}.dwelling_ref"), &offer.dwelling)
}
