//! Pairs, levels of the objective, and rules as integer rows.

/// A pairing problem under rules.
#[derive(Debug, Clone, Default)]
pub(crate) struct Model {
    /// Nodes of either side.
    pub(crate) sizes: [usize; 2],
    /// Of each pair, its ends.
    pub(crate) ends: Vec<[u32; 2]>,
    /// Nodes of the first side that must be paired.
    pub(crate) must: Vec<u32>,
    /// Each level of the objective, maximised: what each pair counts.
    pub(crate) levels: Vec<Vec<i64>>,
    pub(crate) rows: Vec<Row>,
}

/// A rule: what the pairs taken count together is at most `most`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// What each pair counts, for those that count.
    pub(crate) terms: Vec<(u32, i64)>,
    pub(crate) most: i64,
    pub(crate) split: Split,
    /// The largest count of one pair, at least 1.
    pub(crate) scale: i64,
}

/// Of each pair, the rules that count it.
#[derive(Debug, Clone)]
pub(crate) struct Counts(pub(crate) Vec<Vec<(u32, i64)>>);

impl Counts {
    pub(crate) fn of(model: &Model) -> Self {
        let mut counts = vec![Vec::new(); model.ends.len()];
        for (place, row) in (0_u32..).zip(&model.rows) {
            for (pair, count) in &row.terms {
                counts[*pair as usize].push((place, *count));
            }
        }
        Self(counts)
    }

    /// What some pairs count for each rule.
    pub(crate) fn totals(&self, rows: usize, pairs: impl Iterator<Item = u32>) -> Vec<i64> {
        let mut totals = vec![0; rows];
        for (row, count) in pairs.flat_map(|pair| &self.0[pair as usize]) {
            totals[*row as usize] += count;
        }
        totals
    }
}

/// One whole, in basis points.
pub(crate) const WHOLE_BP: i64 = 10_000;
/// More than any count of pairs: the bound of a row that only counts.
pub(crate) const UNBOUNDED: i64 = 1 << 40;

/// How a rule that does not hold is split in two cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Split {
    /// A pair is taken, or not.
    Pair,
    /// A share: pairs outside of it are at most `outside_bp` of a whole. Three rows from `counters` on count the
    /// pairs outside, the same below zero, and the whole below zero. Split at a number outside: no more than
    /// that, or one more and a whole large enough for it.
    Share { counters: usize, outside_bp: i64 },
    /// These two nodes of the first side are both paired, or neither.
    Together([u32; 2]),
}

impl Row {
    pub(crate) fn new(terms: Vec<(u32, i64)>, most: i64, split: Split) -> Self {
        let scale = terms.iter().map(|(_, count)| count.abs()).max().unwrap_or(1).max(1);
        Self { terms, most, split, scale }
    }

    /// By how much the pairs taken exceed the rule; zero or less when it holds. `taken` tells of each pair.
    pub(crate) fn excess(&self, taken: &[bool]) -> i64 {
        self.count(taken) - self.most
    }

    /// What the pairs taken count together.
    pub(crate) fn count(&self, taken: &[bool]) -> i64 {
        let counted = self.terms.iter().filter(|(pair, _)| taken[*pair as usize]);
        counted.map(|(_, count)| count).sum()
    }
}

impl Model {
    /// True when the pairs taken keep every rule.
    pub(crate) fn is_kept_by(&self, taken: &[bool]) -> bool {
        self.rows.iter().all(|row| row.excess(taken) <= 0)
    }

    /// True when the pairs taken are an answer: no node is in two of them, every node that must be paired is, and
    /// every rule is kept. Counted from the model alone, whatever found them.
    pub(crate) fn admits(&self, taken: &[bool]) -> bool {
        let mut used = self.sizes.map(|size| vec![false; size]);
        for (_, ends) in taken.iter().zip(&self.ends).filter(|(taken, _)| **taken) {
            for side in [0, 1] {
                if std::mem::replace(&mut used[side][ends[side] as usize], true) {
                    return false;
                }
            }
        }
        self.must.iter().all(|node| used[0][*node as usize]) && self.is_kept_by(taken)
    }

    /// What each pair is worth as one number: every level above all below it together, and pairing a node that must be
    /// above them all. Nothing where no number is large enough.
    pub(crate) fn worth_of_all_levels(&self) -> Option<Vec<i128>> {
        let most_pairs = i128::try_from(self.sizes[0].max(self.sizes[1])).ok()?;
        let mut worth = vec![0_i128; self.ends.len()];
        let mut base = 1_i128;
        for level in self.levels.iter().rev() {
            for (worth, count) in worth.iter_mut().zip(level) {
                *worth += base * i128::from(*count);
            }
            let largest = level.iter().map(|count| count.unsigned_abs()).max().unwrap_or(0);
            let most = i128::from(largest) * most_pairs + 1;
            base = base.checked_mul(2 * most).filter(|base| *base < i128::MAX >> 40)?;
        }
        let mut must = vec![false; self.sizes[0]];
        self.must.iter().for_each(|node| must[*node as usize] = true);
        for (worth, ends) in worth.iter_mut().zip(&self.ends) {
            if must[ends[0] as usize] {
                *worth += base;
            }
        }
        Some(worth)
    }

    /// True when a level counts the pairs taken.
    pub(crate) fn counts_all(&self, level: usize) -> bool {
        self.levels[level].iter().all(|count| *count == 1)
    }

    /// Bounds what is outside of each share of all pairs, where at most `placed` pairs can be taken. True when
    /// that is new.
    pub(crate) fn bound_shares(&mut self, placed: i64) -> bool {
        let mut new = false;
        for row in 0..self.rows.len() {
            if let Split::Share { counters, outside_bp } = self.rows[row].split
                && self.rows[counters + 2].terms.len() == self.ends.len()
            {
                let most = &mut self.rows[counters].most;
                let bound = placed * outside_bp / WHOLE_BP;
                new |= bound < *most;
                *most = (*most).min(bound);
            }
        }
        new
    }

    /// The row that keeps a level at least at `least`.
    pub(crate) fn keep(&self, level: usize, least: i64) -> Row {
        let counts = (0..).zip(&self.levels[level]);
        let terms = counts.filter(|(_, count)| **count != 0).map(|(pair, count)| (pair, -count));
        Row::new(terms.collect(), -least, Split::Pair)
    }

    /// What the pairs taken come to at a level.
    pub(crate) fn value(&self, level: usize, taken: &[bool]) -> i64 {
        self.levels[level].iter().zip(taken).filter(|(_, taken)| **taken).map(|(count, _)| count).sum()
    }

    /// The same without the pairs that are not `kept`, and the old number of each pair that stays.
    pub(crate) fn without(&self, kept: &[bool]) -> (Self, Vec<u32>) {
        let stay: Vec<u32> = (0..).zip(kept).filter(|(_, kept)| **kept).map(|(pair, _)| pair).collect();
        let mut new = vec![None; kept.len()];
        for (place, pair) in (0_u32..).zip(&stay) {
            new[*pair as usize] = Some(place);
        }
        let rows = self.rows.iter().map(|row| Row {
            terms: row
                .terms
                .iter()
                .filter_map(|(pair, count)| new[*pair as usize].map(|pair| (pair, *count)))
                .collect(),
            most: row.most,
            split: row.split.clone(),
            scale: row.scale,
        });
        let model = Self {
            sizes: self.sizes,
            ends: stay.iter().map(|pair| self.ends[*pair as usize]).collect(),
            must: self.must.clone(),
            levels: self
                .levels
                .iter()
                .map(|level| stay.iter().map(|pair| level[*pair as usize]).collect())
                .collect(),
            rows: rows.collect(),
        };
        (model, stay)
    }
}
