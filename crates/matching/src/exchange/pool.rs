//! Pooled contingents: what each reserver promised, what is due by a day, what is left.
//!
//! Aix-Marseille-Provence: 390 dwellings a year = State 200, Marseille 60, department 50, metropolis 30, Action
//! Logement 50 (study).

use crate::trade::contingent::Contingent;
use crate::trade::ids::ContingentId;
use chambre_domain::{Date, Reason, Refusal};
use std::collections::BTreeMap;

/// The pooled contingents of a territory, and the dwellings taken from each.
///
/// Invariant: no more is taken from a contingent than was promised.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pool {
    lines: BTreeMap<ContingentId, (Contingent, u32)>,
}

/// One reserver on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolRow {
    /// The contingent.
    pub contingent: ContingentId,
    /// Its reserver, for people.
    pub reserver: String,
    /// Dwellings promised over the period.
    pub promised: u32,
    /// Of them, due by the day, pro rata of the days run.
    pub due: u32,
    /// Dwellings taken.
    pub taken: u32,
    /// Dwellings left over the period.
    pub left: u32,
    /// Dwellings late on the day: due and not taken.
    pub late: u32,
}

impl Pool {
    /// Contingents, none taken yet.
    ///
    /// # Errors
    /// [`Reason::ProposalExists`] for a contingent listed twice.
    pub fn new(contingents: impl IntoIterator<Item = Contingent>) -> Result<Self, Refusal> {
        let mut lines = BTreeMap::new();
        for contingent in contingents {
            let id = contingent.id.clone();
            if lines.insert(id.clone(), (contingent, 0)).is_some() {
                return Err(Refusal::new(Reason::ProposalExists, "contingent", id));
            }
        }
        Ok(Self { lines })
    }

    /// Takes one dwelling of a contingent on a day.
    ///
    /// # Errors
    /// [`Reason::ValueUnknown`] for a contingent outside the pool; [`Reason::QuotaSpent`] when nothing is left or
    /// the day is outside its period.
    pub fn take(&mut self, id: &ContingentId, on: Date) -> Result<u32, Refusal> {
        let (contingent, taken) = self.line(id)?;
        let promised = contingent.commitment.dwellings();
        if *taken >= promised || !contingent.commitment.covers(on) {
            let spent = Refusal::new(Reason::QuotaSpent, "contingent", id);
            return Err(spent.with("promised", promised).with("on", on));
        }
        *taken += 1;
        Ok(promised - *taken)
    }

    /// Gives one back: its placement was cancelled or reversed.
    ///
    /// # Errors
    /// [`Reason::ValueUnknown`] outside the pool; [`Reason::ProposalStep`] when none was taken.
    pub fn give_back(&mut self, id: &ContingentId) -> Result<(), Refusal> {
        let (_, taken) = self.line(id)?;
        let none = || Refusal::new(Reason::ProposalStep, "contingent", id).with("taken", 0);
        *taken = taken.checked_sub(1).ok_or_else(none)?;
        Ok(())
    }

    /// Contingents with the places left in each, as rule H08 reads them.
    #[must_use]
    pub fn places(&self, on: Date) -> BTreeMap<ContingentId, (Contingent, u32)> {
        let left = |(id, (contingent, taken)): (&ContingentId, &(Contingent, u32))| {
            let promised =
                if contingent.commitment.covers(on) { contingent.commitment.dwellings() } else { 0 };
            (id.clone(), (contingent.clone(), promised.saturating_sub(*taken)))
        };
        self.lines.iter().map(left).collect()
    }

    /// One row for each contingent on a day, in the order of their ids.
    #[must_use]
    pub fn rows(&self, on: Date) -> Vec<PoolRow> {
        let row = |(contingent, taken): &(Contingent, u32)| {
            let (promised, due) = (contingent.commitment.dwellings(), contingent.commitment.due_by(on));
            PoolRow {
                contingent: contingent.id.clone(),
                reserver: contingent.reserver.to_string(),
                promised,
                due,
                taken: *taken,
                left: promised - taken,
                late: due.saturating_sub(*taken),
            }
        };
        self.lines.values().map(row).collect()
    }

    fn line(&mut self, id: &ContingentId) -> Result<&mut (Contingent, u32), Refusal> {
        self.lines.get_mut(id).ok_or_else(|| Refusal::new(Reason::ValueUnknown, "contingent", id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trade::contingent::{Accepts, Commitment};
    use chambre_domain::Text;
    use chambre_domain::relogement::Contingent as ReserverKind;
    use proptest::prelude::*;

    const MARSEILLE: [(&str, u32); 5] =
        [("ETAT", 200), ("VILLE", 60), ("DEPARTEMENT", 50), ("METROPOLE", 30), ("ALS", 50)];

    fn id(text: &str) -> ContingentId {
        ContingentId::parse("contingent", text).unwrap()
    }

    /// The five reservers over one year of 365 days.
    fn pool() -> Pool {
        let (from, to) = (Date::constant(2026, 1, 1), Date::constant(2026, 12, 31));
        let contingent = |(name, promised)| Contingent {
            id: id(name),
            reserver: Text::parse("reserver", name).unwrap(),
            kind: ReserverKind::Other,
            accepts: Accepts::Anyone,
            commitment: Commitment::new(promised, from, to).unwrap(),
        };
        Pool::new(MARSEILLE.map(contingent)).unwrap()
    }

    #[test]
    fn five_reservers_pool_390_dwellings_a_year() {
        let mut pool = pool();
        let end = Date::constant(2026, 12, 31);
        assert_eq!(pool.rows(end).iter().map(|row| row.promised).sum::<u32>(), 390);
        assert_eq!(pool.rows(end).iter().map(|row| row.due).sum::<u32>(), 390);
        assert_eq!(pool.take(&id("VILLE"), end), Ok(59));
        let by_name: BTreeMap<_, _> =
            pool.rows(end).into_iter().map(|row| (row.reserver, row.left)).collect();
        let left = ["ETAT", "VILLE", "DEPARTEMENT", "METROPOLE", "ALS"].map(|name| by_name[name]);
        assert_eq!(left, [200, 59, 50, 30, 50]);
    }

    #[test]
    fn what_is_due_follows_the_days_run() {
        // 31 days of 365: 200 × 31 ÷ 365 = 16.98, 60 × 31 ÷ 365 = 5.09.
        let due =
            |on| pool().rows(on).into_iter().map(|row| (row.reserver, row.due)).collect::<BTreeMap<_, _>>();
        let january = due(Date::constant(2026, 1, 31));
        assert_eq!((january["ETAT"], january["VILLE"]), (16, 5));
        assert_eq!(due(Date::constant(2025, 12, 31))["ETAT"], 0);
        assert_eq!(due(Date::constant(2027, 6, 1))["ETAT"], 200);
    }

    #[test]
    fn a_dwelling_outside_the_pool_or_the_period_is_refused() {
        let mut pool = pool();
        let day = Date::constant(2026, 5, 1);
        assert_eq!(pool.take(&id("AUTRE"), day).unwrap_err().reason, Reason::ValueUnknown);
        assert_eq!(
            pool.take(&id("ETAT"), Date::constant(2027, 1, 1)).unwrap_err().reason,
            Reason::QuotaSpent
        );
        assert_eq!(pool.give_back(&id("ETAT")).unwrap_err().reason, Reason::ProposalStep);
    }

    proptest! {
        #[test]
        fn a_quota_is_never_exceeded(moves in proptest::collection::vec((0_usize..5, any::<bool>()), 0..600)) {
            let mut pool = pool();
            let day = Date::constant(2026, 5, 1);
            for (which, back) in moves {
                let id = id(MARSEILLE[which].0);
                let _ = if back { pool.give_back(&id).map(|()| 0) } else { pool.take(&id, day) };
                for row in pool.rows(day) {
                    prop_assert!(row.taken <= row.promised && row.left + row.taken == row.promised);
                }
            }
        }
    }
}
