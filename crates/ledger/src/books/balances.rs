//! Balances of every account, and which entries moved whose accounts.

use super::undo::Owner;
use chambre_domain::{Account, Balance, Reason, Refusal, Seq, Siren, TerritoryId, Transfer};
use foldhash::HashMap;
use std::collections::BTreeMap;

/// Debits and credits of every account since the beginning.
#[derive(Debug, Default)]
pub struct Balances {
    accounts: HashMap<Account, Balance>,
    entries: HashMap<Owner, Vec<u64>>,
}

impl Balances {
    /// The balance of an account; zero when nothing ever moved it.
    #[must_use]
    pub fn of(&self, account: Account) -> Balance {
        self.accounts.get(&account).copied().unwrap_or_default()
    }

    /// Every account that was ever moved, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (Account, Balance)> {
        self.accounts.iter().map(|(account, balance)| (*account, *balance))
    }

    /// How many accounts were ever moved.
    #[must_use]
    pub fn len(&self) -> usize {
        self.accounts.len()
    }

    /// Whether nothing was ever moved.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.accounts.is_empty()
    }

    /// Up to `limit` entries after `after` that moved an account of the territory, of the bailleur, or of both.
    #[must_use]
    pub fn entries_after(
        &self,
        territory: Option<TerritoryId>,
        bailleur: Option<Siren>,
        after: u64,
        limit: usize,
    ) -> Vec<u64> {
        let wanted = |owner: &Owner| {
            territory.is_none_or(|t| owner.0 == t) && bailleur.is_none_or(|b| owner.1 == Some(b))
        };
        let mut found: Vec<u64> = Vec::new();
        for list in self.entries.iter().filter(|(owner, _)| wanted(owner)).map(|(_, list)| list) {
            let start = list.partition_point(|seq| *seq <= after);
            found.extend(list[start..].iter().take(limit));
        }
        found.sort_unstable();
        found.dedup();
        found.truncate(limit);
        found
    }

    pub(super) fn check_room(&self, transfers: &[Transfer]) -> Result<(), Refusal> {
        for transfer in transfers {
            let amount = transfer.amount().get();
            let (debit, credit) = (self.of(transfer.debit()).debit, self.of(transfer.credit()).credit);
            // Half the range: the difference of the two counters then fits too, and so do the transfers of one
            // entry that move the same account more than once.
            if debit.max(credit).checked_add(amount).is_none_or(|sum| sum > i64::MAX / 4) {
                return Err(Refusal::new(Reason::BalanceOverflow, "amount_cents", amount));
            }
        }
        Ok(())
    }

    pub(super) fn add(&mut self, transfer: &Transfer) {
        self.accounts.entry(transfer.debit()).or_default().debit += transfer.amount().get();
        self.accounts.entry(transfer.credit()).or_default().credit += transfer.amount().get();
    }

    /// Takes an addition back. The two counters only grow, so an account back at zero was never moved.
    pub(super) fn subtract(&mut self, transfer: &Transfer) {
        self.accounts.entry(transfer.debit()).or_default().debit -= transfer.amount().get();
        self.accounts.entry(transfer.credit()).or_default().credit -= transfer.amount().get();
        for account in [transfer.debit(), transfer.credit()] {
            if self.of(account) == Balance::default() {
                self.accounts.remove(&account);
            }
        }
    }

    /// Notes that an entry moved an account; nothing when its owner already has the entry.
    pub(super) fn index(&mut self, account: Account, seq: Seq) -> Option<Owner> {
        let owner = (account.territory, account.bailleur);
        let list = self.entries.entry(owner).or_default();
        if list.last() == Some(&seq.get()) {
            return None;
        }
        list.push(seq.get());
        Some(owner)
    }

    pub(super) fn unindex(&mut self, owner: Owner) {
        if let Some(list) = self.entries.get_mut(&owner) {
            list.pop();
            if list.is_empty() {
                self.entries.remove(&owner);
            }
        }
    }

    /// The same text for the same balances, in whatever order the maps keep them.
    pub(super) fn fingerprint(&self) -> String {
        let accounts: BTreeMap<_, _> = self.accounts.iter().collect();
        let entries: BTreeMap<_, _> = self.entries.iter().collect();
        format!("{accounts:?}\n{entries:?}")
    }
}
