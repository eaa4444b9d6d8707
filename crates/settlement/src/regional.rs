//! Many territories in one plan: fewer payments and less money, the books of each territory ending right.
//!
//! What a territory settles does not change: only who hands money to whom does. A bailleur sets its own debts
//! in one territory off against its claims in another, and pays or receives the rest once. In the books of a
//! territory each bailleur moves what it settles there against one clearing account, which ends at zero.

use crate::circulation::left_after_set_off;
use crate::number::number;
use crate::obligations;
use crate::plan::plan;
use crate::sum::{Sums, all_to_cents, to_cents};
use chambre_domain::netting::{Payment, PaymentPlan};
use chambre_domain::regional::{Compression, RegionalDue, RegionalPayment, RegionalShare};
use chambre_domain::{Cents, NettingId, Refusal, Siren, TerritoryId};
use std::collections::{BTreeMap, BTreeSet};

/// Payments of the runs of some territories; what each bailleur settles there is what it receives less what it
/// pays.
pub type LocalPlans = BTreeMap<TerritoryId, Vec<Payment>>;

/// A regional plan, and what it means for each territory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionalPlan {
    /// The payments, each with its breakdown.
    pub payments: Vec<RegionalPayment>,
    /// No plan on the same sums needs fewer payments than this.
    pub lower_bound: u32,
    /// What bailleurs set off between territories without money, by territory then SIREN. Sums to zero for each
    /// bailleur.
    pub set_off: Vec<RegionalShare>,
}

impl RegionalPlan {
    /// What each bailleur settles in each territory under this plan: what the run of the territory decided, and what
    /// was due again from the plan before.
    ///
    /// # Errors
    /// [`chambre_domain::Reason::NettingOverflow`].
    pub fn settled(&self) -> Result<BTreeMap<TerritoryId, BTreeMap<Siren, Cents>>, Refusal> {
        let mut books: BTreeMap<TerritoryId, Sums> = BTreeMap::new();
        let mut book = |territory: &TerritoryId, bailleur: Siren, cents: i128| {
            *books.entry(*territory).or_default().entry(bailleur).or_default() += cents;
        };
        for RegionalPayment { payment, paid_for, received_for } in &self.payments {
            paid_for.iter().for_each(|(at, cents)| book(at, payment.from, -i128::from(cents.get())));
            received_for.iter().for_each(|(at, cents)| book(at, payment.to, i128::from(cents.get())));
        }
        for RegionalShare { territory, bailleur, amount } in &self.set_off {
            book(territory, *bailleur, i128::from(amount.get()));
        }
        books
            .into_iter()
            .map(|(territory, mut sums)| {
                sums.retain(|_, sum| *sum != 0);
                Ok((territory, all_to_cents("settled", sums)?))
            })
            .collect()
    }
}

/// Compresses the plans of several territories into one.
///
/// `id`: identifier of the regional plan; its payments are numbered from it. `local`: the payments that it takes over,
/// without those of who stays out. `carried`: what is due again of the regional plan before.
///
/// # Errors
/// What [`plan()`] refuses; [`chambre_domain::Reason::NettingOverflow`].
pub fn compress(
    id: &NettingId,
    local: &LocalPlans,
    carried: &[RegionalDue],
    compression: Compression,
) -> Result<RegionalPlan, Refusal> {
    let mut dues = carried.to_vec();
    for (territory, payment) in local.iter().flat_map(|(at, all)| all.iter().map(move |one| (*at, one))) {
        let Payment { from, to, amount, .. } = *payment;
        dues.push(RegionalDue { from, paid_in: territory, to, received_in: territory, amount });
    }
    dues.sort_unstable();
    match compression {
        Compression::Full => full(id, &dues),
        Compression::Conservative => conservative(id, &dues),
    }
}

/// What each bailleur settles, by territory: above zero is received.
type BySiren = BTreeMap<Siren, BTreeMap<TerritoryId, i128>>;

fn full(id: &NettingId, dues: &[RegionalDue]) -> Result<RegionalPlan, Refusal> {
    let mut books = BySiren::new();
    for due in dues {
        let cents = i128::from(due.amount.get());
        *books.entry(due.from).or_default().entry(due.paid_in).or_default() -= cents;
        *books.entry(due.to).or_default().entry(due.received_in).or_default() += cents;
    }
    let mut sums = Sums::new();
    for (bailleur, territories) in &books {
        sums.insert(*bailleur, territories.values().sum());
    }
    let PaymentPlan { payments, lower_bound } = plan(id, &all_to_cents("settled", sums)?)?;
    let mut set_off = Cleared::new();
    let mut open = BTreeMap::new();
    for (bailleur, territories) in books {
        let (own, rest) = own_set_off(territories);
        set_off.extend(own.into_iter().map(|(territory, cents)| ((territory, bailleur), cents)));
        open.insert(bailleur, rest);
    }
    let mut take =
        |bailleur: Siren, payment: &Payment| take(open.entry(bailleur).or_default(), payment.amount.get());
    let with_breakdown = |payment: Payment| {
        let paid_for = take(payment.from, &payment)?;
        let received_for = take(payment.to, &payment)?;
        Ok(RegionalPayment { payment, paid_for, received_for })
    };
    let payments = payments.into_iter().map(with_breakdown).collect::<Result<_, Refusal>>()?;
    Ok(RegionalPlan { payments, lower_bound, set_off: shares(set_off)? })
}

/// What is cleared without money, signed.
type Cleared = BTreeMap<(TerritoryId, Siren), i128>;

fn shares(cleared: Cleared) -> Result<Vec<RegionalShare>, Refusal> {
    let cleared = cleared.into_iter().filter(|(_, cents)| *cents != 0);
    let share = |((territory, bailleur), cents)| {
        Ok(RegionalShare { territory, bailleur, amount: to_cents("set_off", cents)? })
    };
    cleared.map(share).collect()
}

/// Cents by territory, in the order of territories.
type Pieces = Vec<(TerritoryId, i128)>;

/// Debts of a bailleur against its own claims elsewhere, both in the order of territories.
///
/// What is set off, with its sign (it sums to zero), and the sizes left on the larger side.
fn own_set_off(territories: BTreeMap<TerritoryId, i128>) -> (Pieces, Pieces) {
    let side = |sign: i128| territories.values().map(|cents| (cents * sign).max(0)).sum::<i128>();
    let mut left = [side(1).min(side(-1)); 2];
    let (mut own, mut rest) = (Pieces::new(), Pieces::new());
    for (territory, cents) in territories {
        let left = &mut left[usize::from(cents > 0)];
        let used = cents.abs().min(*left);
        *left -= used;
        if used > 0 {
            own.push((territory, used * cents.signum()));
        }
        if cents.abs() > used {
            rest.push((territory, cents.abs() - used));
        }
    }
    (own, rest)
}

/// Takes the amount of a payment from what a bailleur has left, territory by territory.
fn take(open: &mut Pieces, amount: i64) -> Result<BTreeMap<TerritoryId, Cents>, Refusal> {
    let mut wanted = i128::from(amount);
    let mut taken = BTreeMap::new();
    for (territory, left) in open.iter_mut() {
        let part = wanted.min(*left);
        if part > 0 {
            taken.insert(*territory, to_cents("paid_for", part)?);
            *left -= part;
            wanted -= part;
        }
    }
    open.retain(|(_, left)| *left > 0);
    Ok(taken)
}

fn conservative(id: &NettingId, dues: &[RegionalDue]) -> Result<RegionalPlan, Refusal> {
    // A bailleur that absorbed another may owe itself between territories: that is set off, never paid.
    let owed = dues.iter().filter(|due| due.from != due.to);
    let owed = owed.map(|due| (due.from, due.to, i128::from(due.amount.get())));
    let left = left_after_set_off(&obligations::bilateral(&obligations::sum(owed)?))?;
    let legs: Vec<_> = left.iter().map(|((from, to), cents)| (*from, *to, cents.get())).collect();
    let numbered = number(id, &legs)?;
    // What is paid of each pair, then what is set off, both in the order of territories.
    let mut open: BTreeMap<(Siren, Siren), Vec<(RegionalDue, i128)>> = BTreeMap::new();
    for due in dues {
        open.entry((due.from, due.to)).or_default().push((*due, i128::from(due.amount.get())));
    }
    let mut payments = Vec::new();
    for payment in numbered {
        let pair = open.entry((payment.from, payment.to)).or_default();
        let mut wanted = i128::from(payment.amount.get());
        let (mut paid_for, mut received_for) = (Pieces::new(), Pieces::new());
        for (due, left) in pair.iter_mut() {
            let part = wanted.min(*left);
            *left -= part;
            wanted -= part;
            paid_for.push((due.paid_in, part));
            received_for.push((due.received_in, part));
        }
        let (paid_for, received_for) = (breakdown(paid_for)?, breakdown(received_for)?);
        payments.push(RegionalPayment { payment, paid_for, received_for });
    }
    let mut cleared = Cleared::new();
    for (due, left) in open.into_values().flatten() {
        *cleared.entry((due.paid_in, due.from)).or_default() -= left;
        *cleared.entry((due.received_in, due.to)).or_default() += left;
    }
    // Another set-off of the same size may leave other pairs: each payer and each payee still needs one.
    let count =
        |side: fn(&RegionalPayment) -> Siren| payments.iter().map(side).collect::<BTreeSet<_>>().len();
    let needed = count(|one| one.payment.from).max(count(|one| one.payment.to));
    let lower_bound = u32::try_from(needed).unwrap_or(u32::MAX);
    Ok(RegionalPlan { payments, lower_bound, set_off: shares(cleared)? })
}

/// Pieces of one amount, added up by territory.
fn breakdown(pieces: Pieces) -> Result<BTreeMap<TerritoryId, Cents>, Refusal> {
    let mut sums: BTreeMap<TerritoryId, i128> = BTreeMap::new();
    for (territory, cents) in pieces {
        *sums.entry(territory).or_default() += cents;
    }
    sums.retain(|_, sum| *sum != 0);
    sums.into_iter().map(|(territory, cents)| Ok((territory, to_cents("paid_for", cents)?))).collect()
}
