//! What a linear programme says of a case of the search: rates for the rules, and how much of each pair it takes.
//!
//! Rules come into the programme once they are broken. Floats guide here, and prove nothing: see [`super::simplex`].
#![allow(clippy::disallowed_types, clippy::float_arithmetic)]
#![allow(clippy::cast_possible_truncation)] // back to whole numbers: rates and parts, which only guide

use super::decided::Decided;
use super::model::Model;
use super::rates::{DEAREST, OFTEN, UNIT};
use super::simplex::{Ended, Simplex};
use super::whole::{Combination, Source};

/// Changes of the basis between two looks at the time, of a programme of [`LOW`] rows at most; a higher one changes
/// more slowly, and is looked at after fewer.
const PIVOTS: u64 = 100;
/// Rows up to which a change takes little time.
const LOW: u64 = 1_000;
/// Changes of the basis in one case at most.
const MOST_PIVOTS: u64 = 300 * PIVOTS;
/// Nodes and rules that come in at once.
const AT_ONCE: usize = 300;
/// Rows of a programme at most: its inverse has their square.
const MOST_ROWS: usize = 4_000;
/// A rule is broken beyond that, in its own scale.
const BROKEN: f64 = 1e-5;
/// Rates high enough to prove a case empty, times what all pairs are worth.
const FAR: f64 = 4.0;

/// Combinations of rows are looked at in less than that many parts.
const MOST_PARTS: i64 = 512;

/// The programme of a model at a level of its objective.
pub(super) struct Guide {
    programme: Simplex,
    /// Of each node of either side its pairs, and its row of the programme once it came in.
    nodes: [Vec<Node>; 2],
    /// Row of the programme of each rule that came in.
    rules: Vec<Option<usize>>,
    /// What the best pair is worth.
    unit: f64,
    /// Pairs closed or forced in the last case.
    bounded: Vec<u32>,
    /// Rows of the nodes that had to be paired in the last case.
    filled: Vec<usize>,
    /// More rows than the programme may hold were wanted: it says nothing from then on.
    outgrown: bool,
}

/// A node that takes one pair at most.
#[derive(Default)]
struct Node {
    pairs: Vec<usize>,
    row: Option<usize>,
}

/// What the programme says.
pub(super) struct Told {
    pub(super) rates: Vec<i128>,
    /// How much of each pair it takes, in [`OFTEN`]s.
    pub(super) parts: Vec<i64>,
}

/// True when a programme is surely small enough for all nodes of a model.
pub(super) fn may_hold(model: &Model) -> bool {
    model.sizes[0] + model.sizes[1] <= MOST_ROWS
}

impl Guide {
    pub(super) fn new(model: &Model, level: usize) -> Self {
        let worth = &model.levels[level];
        let unit = worth.iter().map(|worth| worth.unsigned_abs()).max().unwrap_or(1).max(1) as f64;
        // A little noise, always the same: many pairs are worth the same, and the basis would turn in place.
        let mut noise = 1_u64;
        let scaled: Vec<f64> = worth
            .iter()
            .map(|worth| {
                noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                *worth as f64 / unit + (noise >> 40) as f64 * 1e-14
            })
            .collect();
        let mut nodes = model.sizes.map(|size| (0..size).map(|_| Node::default()).collect::<Vec<_>>());
        for (pair, ends) in model.ends.iter().enumerate() {
            for side in [0, 1] {
                nodes[side][ends[side] as usize].pairs.push(pair);
            }
        }
        Self {
            programme: Simplex::new(&scaled),
            nodes,
            rules: Vec::new(),
            unit,
            bounded: Vec::new(),
            filled: Vec::new(),
            outgrown: false,
        }
    }

    /// Solves a case; `go` says from time to time whether to go on. Nothing where the programme would be too large.
    pub(super) fn solve(
        &mut self,
        model: &Model,
        decided: &Decided,
        go: &mut dyn FnMut() -> bool,
    ) -> Option<Told> {
        let news = model.must.iter().chain(&decided.must);
        if !self.has_room(news.filter(|node| self.nodes[0][**node as usize].row.is_none()).count()) {
            return None;
        }
        self.rules.resize(model.rows.len(), None);
        let most = self.enter(model, decided);
        let mut pivots = 0;
        while pivots < MOST_PIVOTS {
            if self.outgrown {
                return None;
            }
            let batch = pivots_of(self.programme.height());
            pivots += batch;
            match self.programme.solve(batch) {
                Ended::Empty(ray) => {
                    return Some(Told { rates: self.rates(model, &ray), parts: vec![0; model.ends.len()] });
                }
                Ended::Cut if go() => continue,
                Ended::Cut => break,
                Ended::Solved => {}
            }
            let values = self.programme.values();
            let full = self.add_full(&values);
            if !self.add_broken(model, &most, &values) && !full {
                break;
            }
        }
        let values = self.programme.values();
        let parts = values.iter().map(|value| (value * OFTEN as f64).round() as i64).collect();
        Some(Told { rates: self.rates(model, &[]), parts })
    }

    /// Combinations of rows that pairs taken in part come from, at the last solution; and of each pair, whether it then
    /// stands at its upper bound: its combination counts what is left out of it.
    pub(super) fn combinations(&self, model: &Model) -> (Vec<Combination>, Vec<bool>) {
        let sides = [0, 1].map(|side| {
            let nodes = (0..).zip(&self.nodes[side]);
            nodes.filter_map(move |(number, node)| Some((node.row?, Source::Node(side, number), 1)))
        });
        let rules = self.rules.iter().enumerate();
        let rules =
            rules.filter_map(|(rule, row)| Some(((*row)?, Source::Rule(rule), model.rows[rule].scale)));
        let sources: Vec<(usize, Source, i64)> = sides.into_iter().flatten().chain(rules).collect();
        let combination = |row: Vec<f64>| {
            let of = sources.iter().map(|(at, source, scale)| (*source, row[*at] / *scale as f64));
            in_parts(of.filter(|(_, times)| times.abs() > 1e-9).collect())
        };
        let combinations = self.programme.fractions().into_iter().filter_map(combination).collect();
        (combinations, (0..model.ends.len()).map(|pair| self.programme.is_high(pair)).collect())
    }

    /// Puts what is decided in the programme, in place of what was. Returns the bound of each rule.
    fn enter(&mut self, model: &Model, decided: &Decided) -> Vec<i64> {
        for pair in self.bounded.drain(..) {
            self.programme.bound(pair as usize, 0.0, 1.0);
        }
        for row in self.filled.drain(..) {
            self.programme.leave_room(row, 1.0);
        }
        for pair in decided.closed() {
            self.programme.bound(pair as usize, 0.0, 0.0);
        }
        for pair in &decided.forced {
            self.programme.bound(*pair as usize, 1.0, 1.0);
        }
        self.bounded.extend(decided.closed().chain(decided.forced.iter().copied()));
        for node in model.must.iter().chain(&decided.must) {
            let row = self.row_of(0, *node as usize);
            self.programme.leave_room(row, 0.0);
            self.filled.push(row);
        }
        let mut most: Vec<i64> = model.rows.iter().map(|row| row.most).collect();
        for (row, limit) in &decided.limits {
            most[*row] = most[*row].min(*limit);
        }
        for (row, most) in most.iter().enumerate() {
            if let Some(place) = self.rules[row] {
                self.programme.allow(place, *most as f64 / model.rows[row].scale as f64);
            }
        }
        most
    }

    /// True when so many more rows fit in the programme.
    fn has_room(&self, more: usize) -> bool {
        !self.outgrown && self.programme.height() + more <= MOST_ROWS
    }

    fn row_of(&mut self, side: usize, node: usize) -> usize {
        let Self { nodes, programme, .. } = self;
        let Node { pairs, row } = &mut nodes[side][node];
        *row.get_or_insert_with(|| {
            programme.add_row(pairs.iter().map(|pair| (*pair, 1.0)).collect(), 1.0, 1.0)
        })
    }

    /// Brings in the nodes that take most beyond one pair, where they fit. False when none does.
    fn add_full(&mut self, values: &[f64]) -> bool {
        let mut full: Vec<(f64, usize, usize)> = Vec::new();
        for (side, nodes) in self.nodes.iter().enumerate() {
            for (place, node) in nodes.iter().enumerate().filter(|(_, node)| node.row.is_none()) {
                let beyond = node.pairs.iter().map(|pair| values[*pair]).sum::<f64>() - 1.0;
                if beyond > BROKEN {
                    full.push((beyond, side, place));
                }
            }
        }
        full.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        full.truncate(AT_ONCE);
        if !self.has_room(full.len()) {
            self.outgrown = true;
            return true;
        }
        for (_, side, place) in &full {
            self.row_of(*side, *place);
        }
        !full.is_empty()
    }

    /// Brings in the rules most broken, where they fit. False when none is.
    fn add_broken(&mut self, model: &Model, most: &[i64], values: &[f64]) -> bool {
        let mut broken: Vec<(f64, usize)> = Vec::new();
        for (place, row) in model.rows.iter().enumerate().filter(|(place, _)| self.rules[*place].is_none()) {
            let count: f64 =
                row.terms.iter().map(|(pair, count)| *count as f64 * values[*pair as usize]).sum();
            let beyond = (count - most[place] as f64) / row.scale as f64;
            if beyond > BROKEN {
                broken.push((beyond, place));
            }
        }
        broken.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        broken.truncate(AT_ONCE);
        if !self.has_room(broken.len()) {
            self.outgrown = true;
            return true;
        }
        for (_, place) in &broken {
            let row = &model.rows[*place];
            let scale = row.scale as f64;
            let terms =
                row.terms.iter().map(|(pair, count)| (*pair as usize, *count as f64 / scale)).collect();
            let most = most[*place] as f64 / scale;
            self.rules[*place] = Some(self.programme.add_row(terms, most, f64::INFINITY));
        }
        !broken.is_empty()
    }

    /// The price of each rule as a rate, moved far along a ray if there is one.
    fn rates(&self, model: &Model, ray: &[f64]) -> Vec<i128> {
        let far = FAR * model.sizes[0].min(model.sizes[1]) as f64;
        let rate = |(place, row): (&Option<usize>, &super::model::Row)| {
            let Some(place) = *place else { return 0 };
            let price = self.programme.price(place) + far * ray.get(place).copied().unwrap_or(0.0);
            // Any rate that is zero or more proves a bound; one beyond what whole numbers add up to proves none.
            let dear = (price.max(0.0) * self.unit * UNIT as f64).min(DEAREST as f64);
            (dear / row.scale as f64).round() as i128
        };
        self.rules.iter().zip(&model.rows).map(rate).collect()
    }
}

/// Changes of the basis of a programme of so many rows until the next look at the time: its inverse has their square.
fn pivots_of(height: usize) -> u64 {
    let height = u64::try_from(height).unwrap_or(u64::MAX).max(LOW);
    (PIVOTS * LOW / height * LOW / height).max(1)
}

/// The smallest number of parts in which all these times are whole.
fn in_parts(rows: Vec<(Source, f64)>) -> Option<Combination> {
    let whole = |parts: &i64| {
        let off = |times: f64| (times * *parts as f64 - (times * *parts as f64).round()).abs();
        rows.iter().all(|(_, times)| off(*times) < 1e-5)
    };
    let parts = (2..MOST_PARTS).find(whole)?;
    let rows = rows.iter().map(|(source, times)| (*source, (times * parts as f64).round() as i64)).collect();
    Some(Combination { parts, rows })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::priced::model::{Counts, Row, Split};
    use crate::priced::rates::Rated;
    use std::rc::Rc;

    /// Two households and two dwellings; the pairs of the first dwelling count 1 and 2, together 1 at most.
    fn model() -> Model {
        Model {
            sizes: [2, 2],
            ends: vec![[0, 0], [1, 0], [1, 1]],
            levels: vec![vec![4, 8, 1]],
            rows: vec![Row::new(vec![(0, 1), (1, 2)], 1, Split::Pair)],
            ..Model::default()
        }
    }

    #[test]
    fn the_rates_it_tells_prove_the_bound_it_saw() {
        // The first and the third pair, worth 5; the second, at 7 more than the third for two units, is worth 7/2 for
        // each. At a rate from there to the 4 of the first, the bound is 5: no pairing with the second comes to more.
        let model = model();
        let told = Guide::new(&model, 0).solve(&model, &Decided::default(), &mut || true).unwrap();
        let whole: Vec<bool> = told.parts.iter().map(|part| *part > OFTEN / 2).collect();
        assert_eq!(whole, [true, false, true]);
        let mut rated = Rated::new(&model, Rc::new(Counts::of(&model)), 0, told.rates);
        assert!(rated.solve(&Decided::default()));
        assert_eq!(rated.ceiling(), 5);
    }

    #[test]
    fn an_empty_case_is_proven_empty_by_its_rates() {
        let model = model();
        let mut decided = Decided::default();
        decided.forced.push(1);
        let told = Guide::new(&model, 0).solve(&model, &decided, &mut || true).unwrap();
        let mut rated = Rated::new(&model, Rc::new(Counts::of(&model)), 0, told.rates);
        assert!(!rated.solve(&decided) || rated.bound < 0);
    }

    #[test]
    fn too_many_nodes_that_must_be_paired_leave_the_programme_empty() {
        let many = u32::try_from(MOST_ROWS + 1).unwrap();
        let model = Model {
            sizes: [MOST_ROWS + 1; 2],
            ends: (0..many).map(|node| [node, node]).collect(),
            must: (0..many).collect(),
            levels: vec![vec![1; MOST_ROWS + 1]],
            rows: Vec::new(),
        };
        let mut guide = Guide::new(&model, 0);
        assert!(guide.solve(&model, &Decided::default(), &mut || true).is_none());
        assert_eq!(guide.programme.height(), 0);
    }

    #[test]
    fn a_high_programme_is_looked_at_more_often() {
        assert_eq!([0, 1_000, 2_000, MOST_ROWS].map(pivots_of), [100, 100, 25, 6]);
    }
}
