//! Small zero-sum groups picked one after the other, when there are too many amounts for a search.

use std::collections::BTreeMap;

/// Beyond so many amounts nothing is picked: the sums of two would take too much time.
const MOST_PICKED_FROM: usize = 1_500;

/// Equal sums may be many, and their members taken: after so many looks picking ends.
const MOST_LOOKS: usize = 50_000_000;

/// Groups of three, then of four, as ranks, until `enough` amounts or fewer are left; and the amounts left.
///
/// No proof and no choice: each amount in turn takes the first group it finds.
pub(super) fn pick_small_groups(values: &[i64], enough: usize) -> (Vec<Vec<usize>>, Vec<usize>) {
    let mut picked = Picked { values, left: vec![true; values.len()], groups: Vec::new(), looks: MOST_LOOKS };
    if values.len() <= MOST_PICKED_FROM {
        picked.threes(enough);
        picked.fours(enough);
    }
    let rest = (0..values.len()).filter(|rank| picked.left[*rank]).collect();
    (picked.groups, rest)
}

struct Picked<'a> {
    values: &'a [i64],
    left: Vec<bool>,
    groups: Vec<Vec<usize>>,
    /// Looks at sets of two that are still allowed.
    looks: usize,
}

impl Picked<'_> {
    fn open(&self) -> Vec<usize> {
        (0..self.values.len()).filter(|rank| self.left[*rank]).collect()
    }

    fn take(&mut self, group: &[usize]) {
        group.iter().for_each(|rank| self.left[*rank] = false);
        self.groups.push(group.to_vec());
    }

    fn threes(&mut self, enough: usize) {
        let mut by_value: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
        for rank in self.open() {
            by_value.entry(self.values[rank]).or_default().push(rank);
        }
        let everyone = self.open();
        let mut open = everyone.len();
        for (place, &one) in everyone.iter().enumerate() {
            for &two in &everyone[place + 1..] {
                if open <= enough || !self.left[one] || self.looks == 0 {
                    break;
                }
                let sum = self.values[one] + self.values[two];
                let third = by_value.get(&-sum).into_iter().flatten();
                let third = third.copied().find(|rank| {
                    self.looks = self.looks.saturating_sub(1);
                    self.left[*rank] && ![one, two].contains(rank)
                });
                if let Some(three) = third.filter(|_| self.left[two]) {
                    self.take(&[one, two, three]);
                    open -= 3;
                }
            }
        }
    }

    fn fours(&mut self, enough: usize) {
        let everyone = self.open();
        let mut open = everyone.len();
        if open <= enough {
            return;
        }
        let mut pairs: Vec<(i64, usize, usize)> = Vec::new();
        for (place, &one) in everyone.iter().enumerate() {
            pairs.extend(
                everyone[place + 1..].iter().map(|&two| (self.values[one] + self.values[two], one, two)),
            );
        }
        pairs.sort_unstable();
        for &(sum, one, two) in &pairs {
            if open <= enough || self.looks == 0 {
                return;
            }
            if sum > 0 || !self.left[one] || !self.left[two] {
                continue;
            }
            let from = pairs.partition_point(|(known, _, _)| *known < -sum);
            let fitting = pairs[from..].iter().take_while(|(known, _, _)| *known == -sum);
            let fitting = fitting.copied().find(|(_, three, four)| {
                self.looks = self.looks.saturating_sub(1);
                self.left[*three]
                    && self.left[*four]
                    && ![one, two].contains(three)
                    && ![one, two].contains(four)
            });
            if let Some((_, three, four)) = fitting {
                self.take(&[one, two, three, four]);
                open -= 4;
            }
        }
    }
}
