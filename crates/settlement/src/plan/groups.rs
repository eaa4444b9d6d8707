//! The largest number of groups that sum to zero: opposite pairs first, then a proof or the best that is found.

use super::amounts::{Amounts, MOST_AMOUNTS, ranks};
use super::budget::Budget;
use super::greedy::greedy_groups;
use super::pick::pick_small_groups;
use super::search::{Answer, Search};
use super::subsets::{MOST_BY_SUBSETS, most_groups};

/// Up to so many amounts the subsets are tried at once: a moment.
const FEW: usize = 16;

/// Steps of the ordered search before the subsets are tried instead.
const STEPS_BEFORE_SUBSETS: u64 = 4_000_000;

/// Per mille of the budget for finding groups and proving their number at once; the rest is for a bound.
const FINDING: u32 = 800;

/// How the number of payments was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Opposite pairs, and at most one group beside.
    Pairs,
    /// Every subset of the bailleurs left after the pairs.
    Subsets,
    /// The ordered search among the zero-sum groups.
    Search,
    /// Small groups picked one after the other: too many bailleurs for a proof by search.
    Picking,
    /// The restriction to allowed pairs: every subset of each connected set of bailleurs.
    AllowedSubsets,
    /// The restriction to allowed pairs: a largest flow made few payments.
    AllowedFlow,
}

impl Method {
    /// Its name for a program.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pairs => "pairs",
            Self::Subsets => "subsets",
            Self::Search => "search",
            Self::Picking => "picking",
            Self::AllowedSubsets => "allowed_subsets",
            Self::AllowedFlow => "allowed_flow",
        }
    }
}

/// Groups of parties, by rank, that sum to zero each and hold everyone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grouping {
    pub(super) groups: Vec<Vec<usize>>,
    /// No grouping has more.
    pub(super) most: usize,
    pub(super) method: Method,
}

/// Groups amounts that sum to zero, none zero; equal amounts are taken in the order of their ranks.
pub(super) fn group(values: &[i64], budget: &mut Budget<'_>) -> Grouping {
    let (pairs, rest) = opposite_pairs(values);
    let left: Vec<i64> = rest.iter().map(|rank| values[*rank]).collect();
    let mut grouping = group_without_pairs(&left, budget);
    for group in &mut grouping.groups {
        group.iter_mut().for_each(|member| *member = rest[*member]);
    }
    grouping.most += pairs.len();
    grouping.groups.extend(pairs);
    let greedy = greedy_groups(values);
    if greedy.len() > grouping.groups.len() {
        grouping.groups = greedy;
    }
    grouping
}

/// Each payee with the first payer of exactly its amount; and who stays alone, by rank.
///
/// Safe: in a best grouping, two opposite amounts can always be made a group of their own. In one group, the
/// pair splits off; in two, the groups merge without them: never fewer groups.
fn opposite_pairs(values: &[i64]) -> (Vec<Vec<usize>>, Vec<usize>) {
    let mut by_amount: Vec<usize> = (0..values.len()).collect();
    by_amount.sort_by_key(|rank| (values[*rank].unsigned_abs(), *rank));
    let (mut pairs, mut rest) = (Vec::new(), Vec::new());
    for same in by_amount.chunk_by(|one, next| values[*one].unsigned_abs() == values[*next].unsigned_abs()) {
        let (payers, payees): (Vec<usize>, Vec<usize>) = same.iter().partition(|rank| values[**rank] < 0);
        pairs.extend(payers.iter().zip(&payees).map(|(payer, payee)| vec![*payer, *payee]));
        let paired = payers.len().min(payees.len());
        rest.extend(payers[paired..].iter().chain(&payees[paired..]));
    }
    rest.sort_unstable();
    (pairs, rest)
}

fn group_without_pairs(values: &[i64], budget: &mut Budget<'_>) -> Grouping {
    let count = values.len();
    if count == 0 {
        Grouping { groups: Vec::new(), most: 0, method: Method::Pairs }
    } else if count <= FEW {
        by_subsets(values)
    } else if count <= MOST_BY_SUBSETS {
        let found = by_search(values, &mut Budget::steps(STEPS_BEFORE_SUBSETS));
        if found.groups.len() == found.most { found } else { by_subsets(values) }
    } else if count <= MOST_AMOUNTS {
        by_search(values, budget)
    } else {
        by_picking(values, budget)
    }
}

fn by_subsets(values: &[i64]) -> Grouping {
    let groups = most_groups(values);
    Grouping { most: groups.len(), groups, method: Method::Subsets }
}

/// Each group has a payer, a payee, and at least three members: no pair is left.
fn most_by_counting(values: &[i64]) -> usize {
    let payers = values.iter().filter(|value| **value < 0).count();
    (values.len() / 3).min(payers).min(values.len() - payers)
}

/// One group more each time, until there is none; when the budget ends first, the bound comes from above.
fn by_search(values: &[i64], budget: &mut Budget<'_>) -> Grouping {
    let amounts = Amounts::new(values.to_vec());
    let mut search = Search::new(&amounts);
    let mut most = most_by_counting(values);
    let mut best = vec![amounts.all()];
    budget.allow_until(FINDING);
    while best.len() < most {
        match search.find(best.len() + 1, budget) {
            Ok(Answer::Found(groups)) => best = groups,
            Ok(Answer::None) => most = best.len(),
            Ok(Answer::Unknown) | Err(_) => break,
        }
    }
    budget.allow_until(1_000);
    while best.len() + 1 < most {
        match search.prove(most, budget) {
            Ok(Answer::Found(groups)) => best = groups,
            Ok(Answer::None) => most -= 1,
            Ok(Answer::Unknown) | Err(_) => break,
        }
    }
    Grouping { groups: members(values, &amounts, &best), most, method: Method::Search }
}

/// Who is in each group: of equal amounts, the first ranks go to the first groups.
fn members(values: &[i64], amounts: &Amounts, groups: &[u64]) -> Vec<Vec<usize>> {
    let mut by_value: Vec<usize> = (0..values.len()).collect();
    by_value.sort_by_key(|rank| (values[*rank], *rank));
    let mut taken = vec![false; values.len()];
    let mut groups_of_ranks = Vec::new();
    for group in groups {
        let mut ranks_of_group = Vec::new();
        for wanted in ranks(*group) {
            let first = by_value.partition_point(|rank| values[*rank] < amounts.value(wanted));
            if let Some(place) = (first..taken.len()).find(|place| !taken[*place]) {
                taken[place] = true;
                ranks_of_group.push(by_value[place]);
            }
        }
        groups_of_ranks.push(ranks_of_group);
    }
    groups_of_ranks
}

/// Small groups as long as there are, then the search on those who stay, if they are few enough.
fn by_picking(values: &[i64], budget: &mut Budget<'_>) -> Grouping {
    let (mut groups, rest) = pick_small_groups(values, MOST_AMOUNTS);
    let left: Vec<i64> = rest.iter().map(|rank| values[*rank]).collect();
    if !left.is_empty() && left.len() <= MOST_AMOUNTS {
        let others = by_search(&left, budget).groups;
        groups.extend(others.into_iter().map(|group| group.into_iter().map(|member| rest[member]).collect()));
    } else if !rest.is_empty() {
        groups.push(rest);
    }
    Grouping { groups, most: most_by_counting(values), method: Method::Picking }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn balanced(sizes: std::ops::Range<usize>, largest: i64) -> impl Strategy<Value = Vec<i64>> {
        let amount = (-largest..=largest).prop_filter("not zero", |cents| *cents != 0);
        prop::collection::vec(amount, sizes).prop_map(|mut amounts| {
            amounts.push(-amounts.iter().sum::<i64>());
            amounts.retain(|cents| *cents != 0);
            amounts
        })
    }

    /// Planted groups make searches that succeed late and fail late.
    fn planted() -> impl Strategy<Value = Vec<i64>> {
        prop::collection::vec(balanced(2..6, 2_000), 2..6).prop_map(|groups| groups.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_500))]

        #[test]
        fn the_search_and_the_subsets_prove_the_same(
            amounts in prop_oneof![
                balanced(3..18, 6), balanced(3..18, 15), balanced(3..18, 40), balanced(3..18, 300), planted(),
            ],
        ) {
            let (_, rest) = opposite_pairs(&amounts);
            prop_assume!(rest.len() <= 19);
            let left: Vec<i64> = rest.iter().map(|rank| amounts[*rank]).collect();
            prop_assume!(!left.is_empty());
            let searched = by_search(&left, &mut Budget::steps(1 << 34));
            let proven = by_subsets(&left).groups.len();
            prop_assert_eq!((searched.groups.len(), searched.most), (proven, proven));
            for group in &searched.groups {
                prop_assert_eq!(group.iter().map(|rank| left[*rank]).sum::<i64>(), 0);
            }
        }
    }

    #[test]
    fn pairs_of_equal_amounts_go_by_rank() {
        assert_eq!(opposite_pairs(&[5, 5, -5, -5, 5, 7]), (vec![vec![2, 0], vec![3, 1]], vec![4, 5]));
    }
}
