//! Sets found again by their sum.

use super::amounts::Set;

/// Sets in the order of their sums, with a filter that tells most absent sums without reading them.
pub(super) struct SumTable {
    sets: Vec<(Set, i64)>,
    filter: Vec<u64>,
    shift: u32,
}

impl SumTable {
    pub(super) fn new(mut sets: Vec<(Set, i64)>) -> Self {
        sets.sort_unstable_by_key(|(set, sum)| (*sum, *set));
        // Sixteen bits a set, at most 2²⁵ bits.
        let bits = (sets.len().max(4) * 16).next_power_of_two().ilog2().min(25);
        let mut table = Self { sets, filter: vec![0; 1 << (bits - 6)], shift: 64 - bits };
        for position in 0..table.sets.len() {
            let (word, bit) = table.place(table.sets[position].1);
            table.filter[word] |= bit;
        }
        table
    }

    /// The sets with this sum.
    pub(super) fn with_sum(&self, sum: i64) -> impl Iterator<Item = Set> {
        let (word, bit) = self.place(sum);
        let from = if self.filter[word] & bit == 0 {
            self.sets.len()
        } else {
            self.sets.partition_point(|(_, known)| *known < sum)
        };
        self.sets[from..].iter().take_while(move |(_, known)| *known == sum).map(|(set, _)| *set)
    }

    fn place(&self, sum: i64) -> (usize, u64) {
        let hash = sum.cast_unsigned().wrapping_mul(0x9E37_79B9_7F4A_7C15) >> self.shift;
        (usize::try_from(hash >> 6).unwrap_or_default(), 1 << (hash & 63))
    }
}
