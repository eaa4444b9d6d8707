//! Balances of every account, and which entries moved whose accounts.

use super::undo::Owner;
use chambre_domain::{Account, Balance, Reason, Refusal, Seq, Siren, TerritoryId, Transfer};
use foldhash::HashMap;
use std::collections::BTreeMap;

/// Debits and credits of every account since the beginning.
#[derive(Debug, Default)]
pub struct Balances {
    accounts: HashMap<Account, Kept>,
    entries: HashMap<Owner, Vec<u64>>,
    /// No counter of any account is above this: spares a look-up of each account before each entry.
    highest: i64,
    /// Accounts moved in the present group, once each.
    touched: Vec<Account>,
    /// The present group.
    group: u64,
}

/// A balance, and the last group that moved it.
#[derive(Debug, Clone, Copy, Default)]
struct Kept {
    balance: Balance,
    group: u64,
}

impl Balances {
    /// The balance of an account; zero when nothing ever moved it.
    #[must_use]
    pub fn of(&self, account: Account) -> Balance {
        self.accounts.get(&account).map(|kept| kept.balance).unwrap_or_default()
    }

    /// Every account that was ever moved, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (Account, Balance)> {
        self.accounts.iter().map(|(account, kept)| (*account, kept.balance))
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
        // A quarter of the range: the difference of two counters fits, and so do the transfers of one entry that
        // move the same account more than once.
        const MOST: i64 = i64::MAX / 4;
        for transfer in transfers {
            let amount = transfer.amount().get();
            let fits = |counter: i64| counter.checked_add(amount).is_some_and(|sum| sum <= MOST);
            let room = fits(self.highest)
                || fits(self.of(transfer.debit()).debit) && fits(self.of(transfer.credit()).credit);
            if !room {
                return Err(Refusal::new(Reason::BalanceOverflow, "amount_cents", amount));
            }
        }
        Ok(())
    }

    pub(super) fn add(&mut self, transfer: &Transfer) {
        let amount = transfer.amount().get();
        let debited = self.touch(transfer.debit());
        debited.debit += amount;
        let debit = debited.debit;
        let credited = self.touch(transfer.credit());
        credited.credit += amount;
        let credit = credited.credit;
        self.highest = self.highest.max(debit).max(credit);
    }

    fn touch(&mut self, account: Account) -> &mut Balance {
        let kept =
            self.accounts.entry(account).or_insert(Kept { balance: Balance::default(), group: u64::MAX });
        if kept.group != self.group {
            kept.group = self.group;
            self.touched.push(account);
        }
        &mut kept.balance
    }

    /// Accounts moved since the last call of [`Balances::end_group`], in order, once each.
    pub(super) fn touched(&self) -> Vec<Account> {
        let mut touched: Vec<Account> =
            self.touched.iter().filter(|a| self.accounts.contains_key(a)).copied().collect();
        touched.sort_unstable();
        touched.dedup();
        touched
    }

    /// What was moved is on disk, or was taken back.
    pub(super) fn end_group(&mut self) {
        self.touched.clear();
        self.group += 1;
    }

    /// Takes an addition back. The two counters only grow, so an account back at zero was never moved.
    pub(super) fn subtract(&mut self, transfer: &Transfer) {
        let amount = transfer.amount().get();
        self.touch(transfer.debit()).debit -= amount;
        self.touch(transfer.credit()).credit -= amount;
        for account in [transfer.debit(), transfer.credit()] {
            if self.of(account) == Balance::default() {
                self.accounts.remove(&account);
            }
        }
    }

    /// Notes that an entry moved an account of this owner; false when that is noted already.
    pub(super) fn index(&mut self, owner: Owner, seq: Seq) -> bool {
        let list = self.entries.entry(owner).or_default();
        let new = list.last() != Some(&seq.get());
        if new {
            list.push(seq.get());
        }
        new
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
        let accounts: BTreeMap<_, _> = self.iter().collect();
        let entries: BTreeMap<_, _> = self.entries.iter().collect();
        format!("{accounts:?}\n{entries:?}")
    }
}
