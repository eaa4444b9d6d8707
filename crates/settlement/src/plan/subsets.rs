//! The largest number of zero-sum groups, by all subsets: a proof for a few amounts, whatever they are.

/// Beyond so many amounts the subsets take too much memory: 2²⁵ bytes for 26.
pub(super) const MOST_BY_SUBSETS: usize = 26;

/// Subsets of the first six amounts: one block of bytes.
const BLOCK: usize = 64;

/// The most zero-sum groups of amounts that sum to zero, each as ranks; at least one group.
///
/// `best[S]` is the largest number of zero-sum sets met on a way from nothing to the subset `S`, one amount at a
/// time: `best[S] = max over i in S of best[S − i], plus one when S sums to zero`. The last amount always comes
/// last, so only subsets of the others are kept: `2ⁿ⁻¹` bytes, for at most [`MOST_BY_SUBSETS`] amounts.
pub(super) fn most_groups(values: &[i64]) -> Vec<Vec<usize>> {
    let Some((_, others)) = values.split_last() else { return Vec::new() };
    let best = best(others);
    let at = |subset: usize| best[subset / BLOCK][subset % BLOCK];
    let mut groups = vec![vec![others.len()]];
    let mut subset = (1_usize << others.len()) - 1;
    let mut sum: i64 = others.iter().sum();
    while subset != 0 {
        let closed = u8::from(sum == 0);
        if sum == 0 {
            groups.push(Vec::new());
        }
        let members = (0..others.len()).filter(|member| subset >> member & 1 == 1);
        let Some(member) =
            members.into_iter().find(|member| at(subset & !(1 << member)) + closed == at(subset))
        else {
            break;
        };
        if let Some(group) = groups.last_mut() {
            group.push(member);
        }
        subset &= !(1 << member);
        sum -= others[member];
    }
    groups
}

fn best(values: &[i64]) -> Vec<[u8; BLOCK]> {
    let (low, high) = values.split_at(values.len().min(6));
    let sums: Vec<i64> = (0..BLOCK).map(|subset| sum_of(low, subset)).collect();
    let filter = Filter::of(&sums);
    let mut blocks = vec![[0_u8; BLOCK]; 1 << high.len()];
    let mut sum = 0;
    for number in 0..blocks.len() {
        // From one number to the next, the bits below its last one leave and that one enters.
        if number > 0 {
            let entering = number.trailing_zeros() as usize;
            sum += high[entering] - high[..entering].iter().sum::<i64>();
        }
        let mut block = [0; BLOCK];
        let mut left = number;
        while left != 0 {
            let before = &blocks[number & !(left & left.wrapping_neg())];
            block.iter_mut().zip(before).for_each(|(best, before)| *best = (*best).max(*before));
            left &= left - 1;
        }
        if filter.may_hold(-sum) {
            within(&mut block, &sums, -sum, number == 0);
        } else {
            within_without_zero(&mut block);
        }
        blocks[number] = block;
    }
    blocks
}

/// Finishes a block in which some subset may sum to zero.
fn within(block: &mut [u8; BLOCK], sums: &[i64], wanted: i64, first: bool) {
    for subset in 0..BLOCK {
        let mut best = block[subset];
        for bit in 0..6 {
            if subset >> bit & 1 == 1 {
                best = best.max(block[subset & !(1 << bit)]);
            }
        }
        let nothing = first && subset == 0;
        block[subset] = best + u8::from(sums[subset] == wanted && !nothing);
    }
}

/// Finishes a block in which no subset sums to zero: the largest over each subset's subsets.
fn within_without_zero(block: &mut [u8; BLOCK]) {
    for bit in 0..6 {
        let step = 1 << bit;
        for pair in block.chunks_exact_mut(2 * step) {
            let (without, with) = pair.split_at_mut(step);
            with.iter_mut().zip(without).for_each(|(with, without)| *with = (*with).max(*without));
        }
    }
}

/// Sum of a subset of at most six amounts; the bits beyond stand for nothing.
fn sum_of(low: &[i64], subset: usize) -> i64 {
    let known = subset < 1 << low.len();
    // A subset that does not exist must not look like a zero sum: no sum of amounts is the least number.
    if known {
        low.iter().enumerate().filter(|(bit, _)| subset >> bit & 1 == 1).map(|(_, value)| value).sum()
    } else {
        i64::MIN
    }
}

/// Says quickly that a sum is not among a few.
struct Filter([u64; 64]);

impl Filter {
    fn of(sums: &[i64]) -> Self {
        let mut filter = Self([0; 64]);
        for sum in sums {
            let (word, bit) = Self::place(*sum);
            filter.0[word] |= bit;
        }
        filter
    }

    fn may_hold(&self, sum: i64) -> bool {
        let (word, bit) = Self::place(sum);
        self.0[word] & bit != 0
    }

    fn place(sum: i64) -> (usize, u64) {
        let hash = sum.cast_unsigned().wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 52;
        (usize::try_from(hash >> 6).unwrap_or_default(), 1 << (hash & 63))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[i64], count: usize) {
        let groups = most_groups(values);
        assert_eq!(groups.len(), count, "{values:?}: {groups:?}");
        assert!(groups.iter().all(|group| group.iter().map(|rank| values[*rank]).sum::<i64>() == 0));
        let mut ranks: Vec<usize> = groups.concat();
        ranks.sort_unstable();
        assert_eq!(ranks, (0..values.len()).collect::<Vec<_>>());
    }

    #[test]
    fn the_most_groups_are_found_whatever_the_number_of_amounts() {
        check(&[], 0);
        check(&[3, -3], 1);
        check(&[-10, 4, 6, -9, 7, 2], 2);
        check(&[5, -2, -3, 7, -4, -3, 9, -8, -1], 3);
        check(&[1, 1, 1, 1, 1, 1, 1, 1, -4, -4], 2);
        check(&[100, -1, -2, -3, -94], 1);
    }
}
