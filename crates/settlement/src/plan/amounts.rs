//! The amounts to group, and sets of them as bits of a word.

/// A set of amounts: bit `i` is the amount of rank `i`.
///
/// Equal amounts are interchangeable: a set holds the first of them by rank, so that two sets with the same
/// amounts are the same word.
pub(super) type Set = u64;

/// So many amounts fit a [`Set`].
pub(super) const MOST_AMOUNTS: usize = 64;

/// Amounts in rising order, none zero, whose sums fit an `i64` whatever the set.
pub(super) struct Amounts {
    values: Vec<i64>,
    /// Sets of equal amounts, where there are at least two.
    twins: Vec<Set>,
}

impl Amounts {
    /// Amounts, at most [`MOST_AMOUNTS`], sorted here.
    pub(super) fn new(mut values: Vec<i64>) -> Self {
        values.sort_unstable();
        let mut twins = Vec::new();
        let mut start = 0;
        for equal in values.chunk_by(|one, next| one == next) {
            if equal.len() > 1 {
                twins.push(first(equal.len()) << start);
            }
            start += equal.len();
        }
        Self { values, twins }
    }

    pub(super) fn all(&self) -> Set {
        first(self.values.len())
    }

    /// The amounts of a set, in rising order, each with its bit.
    pub(super) fn of(&self, set: Set) -> impl Iterator<Item = (Set, i64)> {
        ranks(set).map(|rank| (1 << rank, self.values[rank]))
    }

    pub(super) fn value(&self, rank: usize) -> i64 {
        self.values[rank]
    }

    /// What is left of a set without a group of its amounts.
    pub(super) fn without(&self, set: Set, group: Set) -> Set {
        let mut left = set & !group;
        for twins in &self.twins {
            if group & twins != 0 {
                // Twins of a set are a run of bits from the first twin on: the shorter run keeps its beginning.
                left = left & !twins | (set & twins) >> (group & twins).count_ones() & twins;
            }
        }
        left
    }

    /// The same amounts, the first of twins standing for the others.
    pub(super) fn by_first_twins(&self, set: Set) -> Set {
        self.twins.iter().fold(set, |set, twins| {
            let run = first((set & twins).count_ones() as usize) << twins.trailing_zeros();
            set & !twins | run
        })
    }

    /// True when some amounts of a set are equal.
    pub(super) fn has_twins(&self, set: Set) -> bool {
        self.twins.iter().any(|twins| (set & twins).count_ones() > 1)
    }

    /// The set with every twin of its amounts.
    pub(super) fn with_twins(&self, set: Set) -> Set {
        self.twins.iter().filter(|twins| set & **twins != 0).fold(set, |set, twins| set | twins)
    }
}

/// The set of the first so many ranks.
pub(super) fn first(count: usize) -> Set {
    if count >= MOST_AMOUNTS { Set::MAX } else { (1 << count) - 1 }
}

/// Ranks of a set, rising.
pub(super) fn ranks(mut set: Set) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let rank = (set != 0).then(|| set.trailing_zeros() as usize)?;
        set &= set - 1;
        Some(rank)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twins_leave_from_the_last_and_sets_stay_comparable() {
        let amounts = Amounts::new(vec![5, -3, 5, -3, 5, -9]);
        // Ranks: -9, -3, -3, 5, 5, 5.
        assert_eq!(amounts.without(0b11_1111, 0b00_1011), 0b01_1010);
        assert_eq!(amounts.by_first_twins(0b10_0101), 0b00_1011);
        assert_eq!(amounts.without(0b01_1010, 0b00_1000), 0b00_1010);
        assert_eq!(amounts.with_twins(0b00_1000), 0b11_1000);
        assert_eq!(ranks(0b10_0101).collect::<Vec<_>>(), [0, 2, 5]);
        assert_eq!(first(64), u64::MAX);
    }
}
