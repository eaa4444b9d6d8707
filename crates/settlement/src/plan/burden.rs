//! The payments of one group, and who makes how many of them.

use super::greedy::{Leg, pay_in_order};

/// Up to so many members, the largest number of payments of one member is the least possible.
pub(super) const SMALL_GROUP: usize = 8;

/// Payments of a group whose amounts sum to zero: one less than its members, or fewer.
///
/// Payers and payees by falling amount, two pointers. In a group of at most [`SMALL_GROUP`] where another way
/// asks fewer payments of the member who makes or receives most, the first such way is taken instead.
pub(super) fn pay_group(values: &[i64], members: &[usize]) -> Vec<Leg> {
    let legs = pay_in_order(values, members);
    if members.len() > SMALL_GROUP || legs.len() + 1 != members.len() {
        return legs;
    }
    let payers = members.iter().filter(|rank| values[**rank] < 0).count();
    let fewer = payers.min(members.len() - payers).max(1);
    let least = legs.len().div_ceil(fewer);
    (least..burden(&legs)).find_map(|limit| within(limit, values, members)).unwrap_or(legs)
}

/// The largest number of payments that one party makes or receives.
pub(super) fn burden(legs: &[Leg]) -> usize {
    let mut parties: Vec<usize> = legs.iter().flat_map(|(payer, payee, _)| [*payer, *payee]).collect();
    parties.sort_unstable();
    parties.chunk_by(|one, next| one == next).map(<[usize]>::len).max().unwrap_or_default()
}

/// Payments of which no member has more than `limit`, if there are.
///
/// Payments of a group that cannot be split make a tree; a tree is undone leaf by leaf, each leaf being a member
/// whose one remaining payment takes all it has left.
fn within(limit: usize, values: &[i64], members: &[usize]) -> Option<Vec<Leg>> {
    let mut members = members.to_vec();
    members.sort_unstable();
    let left: Vec<i64> = members.iter().map(|rank| values[*rank]).collect();
    let mut tree = Tree { degrees: vec![0; left.len()], left, limit, edges: Vec::new() };
    tree.undo(None).then(|| {
        let leg = |(payer, payee, cents): &Leg| (members[*payer], members[*payee], *cents);
        tree.edges.iter().map(leg).collect()
    })
}

struct Tree {
    left: Vec<i64>,
    degrees: Vec<usize>,
    limit: usize,
    edges: Vec<Leg>,
}

impl Tree {
    /// Takes leaves off until two members are left. Leaves that do not meet are taken in rising order only.
    fn undo(&mut self, before: Option<(usize, usize)>) -> bool {
        let open: Vec<usize> = (0..self.left.len()).filter(|member| self.left[*member] != 0).collect();
        for &leaf in &open {
            let in_order = before.is_none_or(|(earlier, other)| leaf > earlier || leaf == other);
            if !in_order || self.degrees[leaf] >= self.limit {
                continue;
            }
            for &other in &open {
                if self.takes(leaf, other, open.len() == 2) {
                    let cents = self.left[leaf];
                    self.edge(leaf, other, cents);
                    if open.len() == 2 || self.undo(Some((leaf, other))) {
                        return true;
                    }
                    self.take_back(leaf, other, cents);
                }
            }
        }
        false
    }

    /// Whether `other` can pay or receive all of the leaf, and have something left unless it is the last.
    fn takes(&self, leaf: usize, other: usize, last: bool) -> bool {
        let (one, two) = (self.left[leaf], self.left[other]);
        let enough = if last { two == -one } else { two.unsigned_abs() > one.unsigned_abs() };
        let degree = self.degrees[other] + if last { 1 } else { 2 };
        one.signum() == -two.signum() && enough && degree <= self.limit
    }

    fn edge(&mut self, leaf: usize, other: usize, cents: i64) {
        self.left[leaf] = 0;
        self.left[other] += cents;
        self.degrees[leaf] += 1;
        self.degrees[other] += 1;
        self.edges.push(if cents < 0 { (leaf, other, -cents) } else { (other, leaf, cents) });
    }

    fn take_back(&mut self, leaf: usize, other: usize, cents: i64) {
        self.edges.pop();
        self.left[leaf] = cents;
        self.left[other] -= cents;
        self.degrees[leaf] -= 1;
        self.degrees[other] -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(values: &[i64], in_order: usize, least: usize) {
        let members: Vec<usize> = (0..values.len()).collect();
        assert_eq!(burden(&pay_in_order(values, &members)), in_order, "{values:?}");
        let legs = pay_group(values, &members);
        assert_eq!((legs.len() + 1, burden(&legs)), (values.len(), least), "{values:?}: {legs:?}");
        let mut left = values.to_vec();
        for (payer, payee, cents) in legs {
            assert!(cents > 0);
            left[payer] += cents;
            left[payee] -= cents;
        }
        assert!(left.iter().all(|cents| *cents == 0), "{values:?}");
    }

    /// The least burden of all trees, by trying every set of so many pairs.
    fn least_burden(values: &[i64]) -> Option<usize> {
        let ranks = || 0..values.len();
        let pairs: Vec<(usize, usize)> = ranks()
            .flat_map(|payer| ranks().map(move |payee| (payer, payee)))
            .filter(|(payer, payee)| values[*payer] < 0 && values[*payee] > 0)
            .collect();
        let chosen = (0..1_u32 << pairs.len()).filter(|set| set.count_ones() as usize == values.len() - 1);
        chosen
            .filter_map(|set| {
                let pairs = pairs.iter().enumerate().filter(|(bit, _)| set >> bit & 1 == 1);
                flow_of_tree(values, &pairs.map(|(_, pair)| *pair).collect::<Vec<_>>())
            })
            .map(|legs| burden(&legs))
            .min()
    }

    /// What each pair pays, if each pays something and nothing is left.
    fn flow_of_tree(values: &[i64], pairs: &[(usize, usize)]) -> Option<Vec<Leg>> {
        let (mut left, mut pairs, mut legs) = (values.to_vec(), pairs.to_vec(), Vec::new());
        while !pairs.is_empty() {
            let degree =
                |rank| pairs.iter().filter(|(payer, payee)| *payer == rank || *payee == rank).count();
            let alone = pairs.iter().position(|(payer, payee)| degree(*payer) == 1 || degree(*payee) == 1)?;
            let (payer, payee) = pairs[alone];
            let cents = if degree(payer) == 1 { -left[payer] } else { left[payee] };
            pairs.remove(alone);
            left[payer] += cents;
            left[payee] -= cents;
            legs.push((payer, payee, cents));
        }
        (legs.iter().all(|(_, _, cents)| *cents > 0) && left.iter().all(|cents| *cents == 0)).then_some(legs)
    }

    proptest! {
        #[test]
        fn nobody_of_a_small_group_pays_more_often_than_needed(
            mut values in prop::collection::vec((-40..40_i64).prop_filter("not zero", |value| *value != 0), 2..6),
        ) {
            values.push(-values.iter().sum::<i64>());
            prop_assume!(values[values.len() - 1] != 0);
            let members: Vec<usize> = (0..values.len()).collect();
            let legs = pay_group(&values, &members);
            if legs.len() + 1 == values.len() {
                prop_assert_eq!(Some(burden(&legs)), least_burden(&values));
            }
        }
    }

    #[test]
    fn the_falling_order_gives_way_to_a_lighter_burden() {
        check(&[-5, -14, -5, 12, 12], 3, 2);
        check(&[12, -3, -8, -14, 13], 3, 2);
        check(&[-9, -1, -4, 3, 11], 2, 2);
    }

    #[test]
    fn a_larger_group_is_paid_in_order() {
        let mut values: Vec<i64> = (0..8).map(|power| -(1 << power)).collect();
        values.push(255);
        check(&values, 8, 8);
    }
}
