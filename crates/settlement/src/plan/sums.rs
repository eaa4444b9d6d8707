//! Sets found again by their sum.

use super::amounts::Set;

/// Sets dealt in buckets by their sums, with a filter that tells most absent sums without reading them.
pub(super) struct SumTable {
    sets: Vec<(Set, i64)>,
    /// Where each bucket begins, and the end of the last.
    starts: Vec<u32>,
    shift: u32,
    filter: Vec<u64>,
    filter_shift: u32,
}

impl SumTable {
    /// A table of fewer than 2³² sets.
    pub(super) fn new(sets: Vec<(Set, i64)>) -> Self {
        let bits = sets.len().max(2).next_power_of_two().ilog2();
        // Sixteen bits a set, at most 2²⁶ bits.
        let filter_bits = (sets.len().max(4) * 16).next_power_of_two().ilog2().min(26);
        let mut table = Self {
            sets: vec![(0, 0); sets.len()],
            starts: vec![0; (1 << bits) + 1],
            shift: 64 - bits,
            filter: vec![0; 1 << (filter_bits - 6)],
            filter_shift: 64 - filter_bits,
        };
        for (_, sum) in &sets {
            let bucket = table.bucket(*sum);
            table.starts[bucket + 1] += 1;
            let (word, bit) = table.place(*sum);
            table.filter[word] |= bit;
        }
        for bucket in 1..table.starts.len() {
            table.starts[bucket] += table.starts[bucket - 1];
        }
        // Each goes to the end of its bucket that is free still; then buckets begin where they should.
        for (set, sum) in sets {
            let bucket = table.bucket(sum);
            table.sets[table.starts[bucket] as usize] = (set, sum);
            table.starts[bucket] += 1;
        }
        table.starts.rotate_right(1);
        table.starts[0] = 0;
        for bucket in 1..table.starts.len() {
            let own = table.starts[bucket - 1] as usize..table.starts[bucket] as usize;
            table.sets[own].sort_unstable_by_key(|(set, sum)| (*sum, *set));
        }
        table
    }

    /// The sets with this sum, in order.
    pub(super) fn with_sum(&self, sum: i64) -> impl Iterator<Item = Set> {
        let (word, bit) = self.place(sum);
        let own = if self.filter[word] & bit == 0 {
            0..0
        } else {
            let bucket = self.bucket(sum);
            self.starts[bucket] as usize..self.starts[bucket + 1] as usize
        };
        self.sets[own].iter().filter(move |(_, known)| *known == sum).map(|(set, _)| *set)
    }

    fn bucket(&self, sum: i64) -> usize {
        usize::try_from(mixed(sum) >> self.shift).unwrap_or_default()
    }

    fn place(&self, sum: i64) -> (usize, u64) {
        let hash = mixed(sum) >> self.filter_shift;
        (usize::try_from(hash >> 6).unwrap_or_default(), 1 << (hash & 63))
    }
}

fn mixed(sum: i64) -> u64 {
    sum.cast_unsigned().wrapping_mul(0x9E37_79B9_7F4A_7C15)
}
