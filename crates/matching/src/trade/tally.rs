//! How often each rule ruled a pair out: what an officer reads before changing a need, an offer or a policy.

use crate::trade::rule::{Reject, Rule};
use std::collections::BTreeMap;

/// Pairs read against the rules, and which rules ruled them out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Pairs read.
    pub pairs: u64,
    /// Of them, the possible ones.
    pub possible: u64,
    /// Of the others, how many each rule ruled out; a pair counts under every rule that it does not hold.
    pub ruled_out: BTreeMap<Ground, Count>,
}

/// A rule that is broken, or that cannot be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ground {
    /// The rule.
    pub rule: Rule,
    /// An input of it is missing.
    pub unknown: bool,
}

/// Pairs that a rule ruled out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// All of them.
    pub pairs: u64,
    /// Those that no other rule rules out.
    pub alone: u64,
}

impl Ground {
    /// Stable code, as [`Reject::code`] writes it.
    #[must_use]
    pub fn code(self) -> String {
        format!("{}{}", self.rule.code(), if self.unknown { "_UNKNOWN" } else { "" })
    }
}

impl Tally {
    /// Counts one pair, as [`eligibility`](crate::trade::eligibility()) read it.
    pub fn add<T>(&mut self, read: &Result<T, Vec<Reject>>) {
        self.pairs += 1;
        match read {
            Ok(_) => self.possible += 1,
            Err(rejects) => {
                for reject in rejects {
                    let ground = Ground { rule: reject.rule, unknown: reject.unknown.is_some() };
                    let count = self.ruled_out.entry(ground).or_default();
                    count.pairs += 1;
                    count.alone += u64::from(rejects.len() == 1);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_counts_under_each_of_its_rules_and_alone_under_a_single_one() {
        let reject = |rule, unknown| Reject { rule, unknown, figures: Vec::new() };
        let mut tally = Tally::default();
        tally.add(&Ok(()));
        tally.add::<()>(&Err(vec![reject(Rule::Effort, None)]));
        tally.add::<()>(&Err(vec![reject(Rule::Effort, None), reject(Rule::Financing, Some("income"))]));
        assert_eq!((tally.pairs, tally.possible), (3, 1));
        let told: Vec<_> =
            tally.ruled_out.iter().map(|(ground, count)| (ground.code(), count.pairs, count.alone)).collect();
        let expected = [("H02_FINANCING_UNKNOWN", 1, 0), ("H03_EFFORT", 2, 1)];
        assert_eq!(told, expected.map(|(code, pairs, alone)| (code.to_owned(), pairs, alone)));
    }
}
