//! Who takes part: bailleurs, operations, conventions.

use chambre_domain::{Bailleur, BankAccount, Convention, Date, Operation, OperationId, Siren, TerritoryId};
use foldhash::HashMap;
use std::collections::BTreeMap;

/// Registered bailleurs, with their bank accounts, operations and conventions.
#[derive(Debug, Default)]
pub struct Parties {
    bailleurs: HashMap<Siren, (Bailleur, Option<Siren>)>,
    bank_accounts: BTreeMap<Siren, Vec<BankAccount>>,
    operations: HashMap<OperationId, Operation>,
    conventions: HashMap<TerritoryId, Vec<Convention>>,
}

impl Parties {
    /// A bailleur, and the one that absorbed it.
    #[must_use]
    pub fn bailleur(&self, siren: Siren) -> Option<(&Bailleur, Option<Siren>)> {
        self.bailleurs.get(&siren).map(|(bailleur, absorbed_by)| (bailleur, *absorbed_by))
    }

    /// Bailleurs after a SIREN, in order; sorted when asked, so that looking one up stays fast.
    pub fn bailleurs_after(&self, after: Option<Siren>) -> impl Iterator<Item = &Bailleur> {
        let mut found: Vec<&Bailleur> =
            self.bailleurs.values().map(|(bailleur, _)| bailleur).filter(|b| Some(b.siren) > after).collect();
        found.sort_unstable_by_key(|bailleur| bailleur.siren);
        found.into_iter()
    }

    /// The bailleur that stands for this one today: itself, or the last of the line that absorbed it.
    #[must_use]
    pub fn current(&self, siren: Siren) -> Siren {
        let mut current = siren;
        // A bailleur absorbs only living ones, so the line has no circle; the bound is a belt with the braces.
        for _ in 0..self.bailleurs.len() {
            match self.bailleur(current) {
                Some((_, Some(absorbing))) => current = absorbing,
                _ => break,
            }
        }
        current
    }

    /// Every bank account recorded for a bailleur, from the first; the last ones may start later.
    #[must_use]
    pub fn bank_accounts(&self, siren: Siren) -> &[BankAccount] {
        self.bank_accounts.get(&siren).map_or(&[], Vec::as_slice)
    }

    /// Every bank account of every bailleur, in the order of their SIREN, each bailleur's from the first; with
    /// its place: the bailleur, and how many of its accounts come before.
    pub fn bank_accounts_in_order(&self) -> impl Iterator<Item = ((Siren, usize), &BankAccount)> {
        let histories = self.bank_accounts.iter();
        histories.flat_map(|(siren, history)| (0..).map(move |number| (*siren, number)).zip(history))
    }

    /// An operation.
    #[must_use]
    pub fn operation(&self, id: &OperationId) -> Option<&Operation> {
        self.operations.get(id)
    }

    /// Operations after an id, in order; sorted when asked.
    pub fn operations_after(&self, after: Option<&OperationId>) -> impl Iterator<Item = &Operation> {
        let mut found: Vec<&Operation> = self.operations.values().filter(|o| Some(&o.id) > after).collect();
        found.sort_unstable_by(|one, other| one.id.cmp(&other.id));
        found.into_iter()
    }

    /// Every version of a territory's convention, from the first.
    #[must_use]
    pub fn conventions(&self, territory: TerritoryId) -> &[Convention] {
        self.conventions.get(&territory).map_or(&[], Vec::as_slice)
    }

    /// The version in force on a day.
    #[must_use]
    pub fn convention_on(&self, territory: TerritoryId, day: Date) -> Option<&Convention> {
        self.conventions(territory).iter().rev().find(|convention| convention.in_force_from <= day)
    }

    /// A given version.
    #[must_use]
    pub fn convention(&self, territory: TerritoryId, version: u32) -> Option<&Convention> {
        self.conventions(territory).iter().find(|convention| convention.version == version)
    }

    pub(super) fn insert_bailleur(&mut self, bailleur: Bailleur) {
        self.bailleurs.insert(bailleur.siren, (bailleur, None));
    }

    pub(super) fn remove_bailleur(&mut self, siren: Siren) {
        self.bailleurs.remove(&siren);
    }

    pub(super) fn set_absorbed(&mut self, siren: Siren, by: Option<Siren>) {
        if let Some((_, absorbed_by)) = self.bailleurs.get_mut(&siren) {
            *absorbed_by = by;
        }
    }

    pub(super) fn push_bank_account(&mut self, account: BankAccount) {
        self.bank_accounts.entry(account.bailleur).or_default().push(account);
    }

    pub(super) fn pop_bank_account(&mut self, siren: Siren) {
        if let Some(history) = self.bank_accounts.get_mut(&siren) {
            history.pop();
            if history.is_empty() {
                self.bank_accounts.remove(&siren);
            }
        }
    }

    pub(super) fn insert_operation(&mut self, operation: Operation) {
        self.operations.insert(operation.id.clone(), operation);
    }

    pub(super) fn remove_operation(&mut self, id: &OperationId) {
        self.operations.remove(id);
    }

    pub(super) fn push_convention(&mut self, convention: Convention) {
        self.conventions.entry(convention.territory).or_default().push(convention);
    }

    pub(super) fn pop_convention(&mut self, territory: TerritoryId) {
        if let Some(versions) = self.conventions.get_mut(&territory) {
            versions.pop();
            if versions.is_empty() {
                self.conventions.remove(&territory);
            }
        }
    }

    /// The same text for the same parties, in whatever order the maps keep them.
    pub(super) fn fingerprint(&self) -> String {
        let bailleurs: BTreeMap<_, _> = self.bailleurs.iter().collect();
        let operations: BTreeMap<_, _> = self.operations.iter().collect();
        let conventions: BTreeMap<_, _> =
            self.conventions.iter().filter(|(_, versions)| !versions.is_empty()).collect();
        // An IBAN hides its middle when it is shown: two that look alike must still tell two states apart.
        let accounts: Vec<_> =
            self.bank_accounts.values().flatten().map(|account| (account, account.iban.as_str())).collect();
        format!("{bailleurs:?}\n{accounts:?}\n{operations:?}\n{conventions:?}")
    }
}
