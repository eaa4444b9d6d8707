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
use chambre_domain::{Cents, NettingId, Refusal, Siren, TerritoryId};
use std::collections::{BTreeMap, BTreeSet};

/// Payments of the runs of some territories; what each bailleur settles there is what it receives less what it
/// pays.
pub type LocalPlans = BTreeMap<TerritoryId, Vec<Payment>>;

/// How far a regional plan goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// One plan on the sums of all territories: the fewest payments, new counterparties.
    Full,
    /// Payments of the local plans only shrink, by set-off round rings: nobody gets a new counterparty.
    Conservative,
}

/// Who stays out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OptOuts {
    /// Territories whose own plan stands.
    pub territories: BTreeSet<TerritoryId>,
    /// Bailleurs whose payments in one territory stand.
    pub bailleurs: BTreeSet<(TerritoryId, Siren)>,
}

/// A regional plan, and what it means for each territory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionalPlan {
    /// The payments, each with its breakdown.
    pub payments: Vec<RegionalPayment>,
    /// No plan on the same sums needs fewer payments than this.
    pub lower_bound: u32,
    /// What bailleurs set off between territories without money: above zero is received there. Sums to zero for
    /// each bailleur.
    pub set_off: BTreeMap<(TerritoryId, Siren), Cents>,
    /// Payments of local plans that stand, by territory.
    pub kept: LocalPlans,
}

/// One payment of a regional plan. Both breakdowns sum to its amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionalPayment {
    /// The payment.
    pub payment: Payment,
    /// Territories whose debts the payer settles by it.
    pub paid_for: BTreeMap<TerritoryId, Cents>,
    /// Territories whose claims the payee settles by it.
    pub received_for: BTreeMap<TerritoryId, Cents>,
}

impl RegionalPlan {
    /// What each bailleur settles in each territory under this plan: what the run of the territory decided.
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
        for ((territory, bailleur), cents) in &self.set_off {
            book(territory, *bailleur, i128::from(cents.get()));
        }
        for (territory, payment) in
            self.kept.iter().flat_map(|(at, all)| all.iter().map(move |one| (at, one)))
        {
            book(territory, payment.from, -i128::from(payment.amount.get()));
            book(territory, payment.to, i128::from(payment.amount.get()));
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
/// `id`: identifier of the regional plan; its payments are numbered from it.
///
/// # Errors
/// What [`plan()`] refuses; [`chambre_domain::Reason::NettingOverflow`].
pub fn compress(
    id: &NettingId,
    local: &LocalPlans,
    compression: Compression,
    out: &OptOuts,
) -> Result<RegionalPlan, Refusal> {
    let (kept, moving) = split(local, out);
    let regional = match compression {
        Compression::Full => full(id, &moving)?,
        Compression::Conservative => conservative(id, &moving)?,
    };
    Ok(RegionalPlan { kept, ..regional })
}

/// Payments by territory.
type ByTerritory<'a> = BTreeMap<TerritoryId, Vec<&'a Payment>>;

/// Payments that stand, and payments that the region may replace. A payment stands when its territory, its payer
/// or its payee there stays out: both ends of it are then settled as the local run said.
fn split<'a>(local: &'a LocalPlans, out: &OptOuts) -> (LocalPlans, ByTerritory<'a>) {
    let (mut kept, mut moving) = (LocalPlans::new(), ByTerritory::new());
    for (territory, payments) in local {
        let stands = |payment: &Payment| {
            out.territories.contains(territory)
                || [payment.from, payment.to].iter().any(|one| out.bailleurs.contains(&(*territory, *one)))
        };
        let (standing, free): (Vec<&Payment>, Vec<&Payment>) =
            payments.iter().partition(|payment| stands(payment));
        if !standing.is_empty() {
            kept.insert(*territory, standing.into_iter().cloned().collect());
        }
        moving.insert(*territory, free);
    }
    (kept, moving)
}

/// What each bailleur settles, by territory: above zero is received.
type BySiren = BTreeMap<Siren, BTreeMap<TerritoryId, i128>>;

fn full(id: &NettingId, moving: &ByTerritory<'_>) -> Result<RegionalPlan, Refusal> {
    let mut books = BySiren::new();
    for (territory, payment) in moving.iter().flat_map(|(at, all)| all.iter().map(move |one| (at, one))) {
        let cents = i128::from(payment.amount.get());
        *books.entry(payment.from).or_default().entry(*territory).or_default() -= cents;
        *books.entry(payment.to).or_default().entry(*territory).or_default() += cents;
    }
    let mut sums = Sums::new();
    for (bailleur, territories) in &books {
        sums.insert(*bailleur, territories.values().sum());
    }
    let PaymentPlan { payments, lower_bound } = plan(id, &all_to_cents("settled", sums)?)?;
    let mut set_off = BTreeMap::new();
    let mut open = BTreeMap::new();
    for (bailleur, territories) in books {
        let (own, rest) = own_set_off(territories);
        for (territory, cents) in own {
            set_off.insert((territory, bailleur), to_cents("set_off", cents)?);
        }
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
    Ok(RegionalPlan { payments, lower_bound, set_off, kept: LocalPlans::new() })
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

fn conservative(id: &NettingId, moving: &ByTerritory<'_>) -> Result<RegionalPlan, Refusal> {
    let all = || moving.iter().flat_map(|(at, all)| all.iter().map(move |one| (*at, *one)));
    let owed = all().map(|(_, payment)| (payment.from, payment.to, i128::from(payment.amount.get())));
    let left = left_after_set_off(&obligations::bilateral(&obligations::sum(owed)?))?;
    let legs: Vec<_> = left.iter().map(|((from, to), cents)| (*from, *to, cents.get())).collect();
    let numbered = number(id, &legs)?;
    // What is paid of each pair, then what is set off, both in the order of territories.
    let mut open: BTreeMap<(Siren, Siren), Pieces> = BTreeMap::new();
    for (territory, payment) in all() {
        let pair = open.entry((payment.from, payment.to)).or_default();
        pair.push((territory, i128::from(payment.amount.get())));
    }
    let mut payments = Vec::new();
    for payment in numbered {
        let pair = open.entry((payment.from, payment.to)).or_default();
        let paid_for = take(pair, payment.amount.get())?;
        payments.push(RegionalPayment { received_for: paid_for.clone(), paid_for, payment });
    }
    let mut cleared: BTreeMap<(TerritoryId, Siren), i128> = BTreeMap::new();
    for ((from, to), rest) in open {
        for (territory, cents) in rest {
            *cleared.entry((territory, from)).or_default() -= cents;
            *cleared.entry((territory, to)).or_default() += cents;
        }
    }
    cleared.retain(|_, cents| *cents != 0);
    let set_off = cleared.into_iter().map(|(at, cents)| Ok((at, to_cents("set_off", cents)?)));
    let set_off = set_off.collect::<Result<_, Refusal>>()?;
    // Another set-off of the same size may leave other pairs: each payer and each payee still needs one.
    let count =
        |side: fn(&RegionalPayment) -> Siren| payments.iter().map(side).collect::<BTreeSet<_>>().len();
    let needed = count(|one| one.payment.from).max(count(|one| one.payment.to));
    let lower_bound = u32::try_from(needed).unwrap_or(u32::MAX);
    Ok(RegionalPlan { payments, lower_bound, set_off, kept: LocalPlans::new() })
}
