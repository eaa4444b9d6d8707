//! One level of the objective: rates first, then what they leave open, case by case (branch and bound).
//!
//! Every bound comes from [`super::rates`]; an answer is only believed once it is checked against every rule.

use super::blend::blend;
use super::model::{Counts, Model, Split, UNBOUNDED, WHOLE_BP};
use super::rates::{Decided, OFTEN, Rated, UNIT};
use crate::pairing::NONE;
use std::rc::Rc;

/// An answer that keeps every rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) taken: Vec<bool>,
    pub(crate) value: i64,
}

/// Where a search is; says whether it may go on.
pub(crate) type Watch<'a> = dyn FnMut(Step) -> bool + 'a;

/// What the watcher of a search is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The level of the objective, from 0.
    pub level: usize,
    /// The best value known at this level.
    pub best: Option<i64>,
    /// No answer is above it.
    pub bound: i64,
    /// Pairings solved so far at this level.
    pub solved: u64,
}

/// The search at one level.
pub(crate) struct Tree<'a, 'w> {
    model: &'a Model,
    level: usize,
    counts: Rc<Counts>,
    pub(crate) best: Option<Answer>,
    /// Only what is above it is looked for.
    pub(crate) to_beat: Option<i64>,
    /// No answer can be below it: a bound below it says that there is none.
    lowest: i128,
    /// Proven: no answer is above it.
    pub(crate) ceiling: i64,
    /// Of each pair, no answer that takes it is above it (units of rates).
    pub(crate) reach: Vec<i128>,
    /// The last pairing that broke a rule, to blend with the next.
    other: Option<Vec<bool>>,
    pub(crate) solved: u64,
    watch: &'w mut Watch<'w>,
    pub(crate) stopped: bool,
}

/// How rates ended.
#[derive(Debug, PartialEq, Eq)]
enum Ascent {
    /// Nothing better than the best known is there.
    Done,
    /// Something better may be there.
    Open,
}

/// How long the rates are moved: pairings, and how many without a better bound before steps are halved.
struct Effort {
    pairings: u32,
    patience: u32,
}

const AT_ROOT: Effort = Effort { pairings: 1500, patience: 20 };
const IN_A_CASE: Effort = Effort { pairings: 24, patience: 3 };

impl<'a, 'w> Tree<'a, 'w> {
    pub(crate) fn new(
        model: &'a Model,
        level: usize,
        best: Option<Answer>,
        to_beat: Option<i64>,
        watch: &'w mut Watch<'w>,
    ) -> Self {
        let losses = model.levels[level].iter().map(|count| i128::from((*count).min(0)));
        Self {
            model,
            level,
            counts: Rc::new(Counts::of(model)),
            to_beat: to_beat.max(best.as_ref().map(|best| best.value)),
            best,
            lowest: losses.sum::<i128>() * UNIT,
            ceiling: i64::MAX,
            reach: vec![i128::MAX; model.ends.len()],
            other: None,
            solved: 0,
            watch,
            stopped: false,
        }
    }

    /// Moves the rates of the whole model. Returns them, or nothing when the best known is proven the best.
    pub(crate) fn at_root(&mut self, rates: Vec<i128>) -> Option<Vec<i128>> {
        let mut rated = Rated::new(self.model, Rc::clone(&self.counts), self.level, rates);
        let ascent = self.ascend(&mut rated, &Decided::default(), &AT_ROOT, true);
        (ascent == Ascent::Open && !self.stopped).then_some(rated.rates)
    }

    /// Goes through the cases that the bound leaves open, deepest first.
    pub(crate) fn explore(&mut self, rates: Vec<i128>) {
        let mut rated = Rated::new(self.model, Rc::clone(&self.counts), self.level, rates.clone());
        let mut cases = vec![(Decided::default(), rates, self.ceiling)];
        while let Some((decided, rates, ceiling)) = cases.pop() {
            if self.stopped {
                cases.push((decided, rates, ceiling));
                break;
            }
            if self.to_beat.is_some_and(|value| ceiling <= value) {
                continue;
            }
            rated.rates = rates;
            rated.halt();
            if self.ascend(&mut rated, &decided, &IN_A_CASE, false) == Ascent::Done {
                continue;
            }
            let ceiling = rated.ceiling().min(ceiling);
            for case in self.split(&rated, &decided) {
                cases.push((case, rated.rates.clone(), ceiling));
            }
        }
        let open = cases.into_iter().map(|(.., ceiling)| ceiling).max();
        let best = self.to_beat.unwrap_or(i64::MIN);
        self.ceiling = self.ceiling.min(open.unwrap_or(best).max(best));
    }

    /// Moves the rates down to the least bound found; `rated` is left solved there.
    fn ascend(&mut self, rated: &mut Rated, decided: &Decided, effort: &Effort, root: bool) -> Ascent {
        let mut least = i128::MAX;
        let mut rates = rated.rates.clone();
        let mut delta = 0;
        let mut stalled = 0;
        for pairing in 0..effort.pairings {
            if !rated.solve(decided) || rated.bound < self.lowest {
                return Ascent::Done;
            }
            self.solved += 1;
            if rated.bound < least {
                stalled = if least - rated.bound > delta / 32 { 0 } else { stalled + 1 };
                least = rated.bound;
                rates.clone_from(&rated.rates);
                if root {
                    self.ceiling = self.ceiling.min(rated.ceiling());
                    for (pair, reach) in (0..).zip(&mut self.reach) {
                        *reach = (*reach).min(rated.bound - rated.market.shortfall(pair));
                    }
                }
            } else {
                stalled += 1;
            }
            rated.remember();
            self.learn(rated);
            let ceiling = i64::try_from(least.div_euclid(UNIT)).unwrap_or(i64::MIN);
            if self.to_beat.is_some_and(|value| ceiling <= value) {
                return Ascent::Done;
            }
            let best = self.to_beat;
            let told = Step { level: self.level, best, bound: self.ceiling, solved: self.solved };
            if !(self.watch)(told) {
                self.stopped = true;
                break;
            }
            let floor = best.map_or(least / 2, |best| i128::from(best) * UNIT);
            if pairing == 0 {
                delta = best.map_or(least.abs() / 10 + UNIT, |_| (least - floor) / 2 + 1);
            }
            if stalled >= effort.patience {
                stalled = 0;
                delta /= 2;
                if delta < UNIT / 64 {
                    break;
                }
                rated.rates.clone_from(&rates);
                rated.halt();
                if !rated.solve(decided) {
                    return Ascent::Done;
                }
            }
            rated.step((least - delta).max(floor));
        }
        rated.rates = rates;
        if rated.solve(decided) { Ascent::Open } else { Ascent::Done }
    }

    /// Keeps what a pairing teaches: an answer, or parts of one.
    fn learn(&mut self, rated: &Rated) {
        if rated.keeps_the_model() {
            let value = self.model.value(self.level, &rated.taken);
            self.keep(rated.taken.clone(), value);
        }
        for with in
            [self.best.as_ref().map(|best| best.taken.clone()), self.other.take()].into_iter().flatten()
        {
            let blended = blend(self.model, &self.counts, self.level, (&rated.taken, &rated.totals), &with);
            if let Some((taken, value)) = blended {
                self.keep(taken, value);
            }
        }
        self.other = Some(rated.taken.clone());
    }

    fn keep(&mut self, taken: Vec<bool>, value: i64) {
        if self.to_beat.is_none_or(|best| best < value) {
            self.to_beat = Some(value);
            debug_assert!(self.model.rows.iter().all(|row| row.excess(&taken) <= 0));
            self.best = Some(Answer { taken, value });
        }
    }

    /// Two cases that together leave nothing out; the one to look at first comes last.
    fn split(&self, rated: &Rated, decided: &Decided) -> Vec<Decided> {
        if let Some(cases) = self.split_a_share(rated, decided) {
            return cases;
        }
        let row = rated.most_broken();
        match row.map(|row| &self.model.rows[row].split) {
            Some(Split::Groups(groups)) => {
                let used = groups.iter().filter(|group| group.iter().any(|pair| rated.taken[*pair as usize]));
                let closed = used.take(2).map(|group| {
                    let mut case = decided.clone();
                    case.closed.extend(group);
                    case
                });
                closed.collect()
            }
            Some(Split::Together(_)) => self.split_a_household(rated, decided).unwrap_or_default(),
            Some(Split::Pair | Split::Share { .. }) | None => self.split_on_pair(rated, decided, row),
        }
    }

    /// The share that costs most, by the number outside of it: in turn near its average, and in the middle.
    fn split_a_share(&self, rated: &Rated, decided: &Decided) -> Option<Vec<Decided>> {
        let mut best: Option<(i128, usize, i64)> = None;
        for (row, rate) in self.model.rows.iter().zip(&rated.rates) {
            let Split::Share { counters, outside_bp } = row.split else { continue };
            let cost = rate * i128::from(row.scale);
            let known = best.is_some_and(|(known, ..)| known >= cost);
            if cost > 0 && !known && outside_bp > 0 && rated.most[counters] > least_outside(rated, counters) {
                best = Some((cost, counters, outside_bp));
            }
        }
        let (_, counters, outside_bp) = best?;
        let (least, most) = (least_outside(rated, counters), rated.most[counters]);
        let turns = decided.limits.iter().filter(|(row, _)| [counters, counters + 1].contains(row)).count();
        let near = rated.average_of(counters).div_euclid(OFTEN);
        let at = if turns % 2 == 0 { near.clamp(least, most - 1) } else { least.midpoint(most) };
        let (mut fewer, mut more) = (decided.clone(), decided.clone());
        fewer.limits.push((counters, at));
        more.limits.push((counters + 1, -(at + 1)));
        more.limits.push((counters + 2, -(((at + 1) * WHOLE_BP + outside_bp - 1) / outside_bp)));
        Some(vec![more, fewer])
    }

    /// The household of two that is most between served and not: both dwellings, or none.
    fn split_a_household(&self, rated: &Rated, decided: &Decided) -> Option<Vec<Decided>> {
        let served = |node: u32| -> i64 {
            rated.market.pairs_of(0, node).map(|pair| rated.average[*pair as usize]).sum()
        };
        let alone = |node: u32| rated.market.held[0][node as usize] == NONE;
        let mut best: Option<(bool, i64, [u32; 2])> = None;
        let mut seen = [NONE; 2];
        for row in &self.model.rows {
            let Split::Together(nodes) = row.split else { continue };
            if std::mem::replace(&mut seen, nodes) == nodes {
                continue;
            }
            let part = (served(nodes[0]) + served(nodes[1])) / 2;
            let broken = alone(nodes[0]) != alone(nodes[1]);
            let candidate = (broken, part.min(OFTEN - part), nodes);
            if broken && best.is_none_or(|known| (known.0, known.1) < (candidate.0, candidate.1)) {
                best = Some(candidate);
            }
        }
        let nodes = best?.2;
        let (mut neither, mut both) = (decided.clone(), decided.clone());
        for node in nodes {
            neither.closed.extend(rated.market.pairs_of(0, node));
            both.must.push(node);
        }
        Some(if served(nodes[0]) > OFTEN / 2 { vec![neither, both] } else { vec![both, neither] })
    }

    fn split_on_pair(&self, rated: &Rated, decided: &Decided, row: Option<usize>) -> Vec<Decided> {
        let mut known = vec![false; rated.taken.len()];
        for pair in decided.closed.iter().chain(&decided.forced) {
            known[*pair as usize] = true;
        }
        let useful = |pair: u32, count: i64| match row {
            // A broken rule: take out what counts, or put in what takes away.
            Some(_) => rated.taken[pair as usize] == (count > 0),
            None => !rated.taken[pair as usize],
        };
        let terms = row.into_iter().chain(0..if row.is_none() { self.model.rows.len() } else { 0 });
        let candidates = terms
            .filter(|place| row.is_some() || rated.rates[*place] != 0)
            .flat_map(|row| self.model.rows[row].terms.iter())
            .filter(|(pair, count)| !known[*pair as usize] && useful(*pair, *count))
            .map(|(pair, _)| *pair);
        let chosen = candidates.min_by_key(|pair| (self.cost(rated, *pair), *pair));
        let any = || (0..).zip(&known).find(|(_, known)| !**known).map(|(pair, _)| pair);
        let Some(pair) = chosen.or_else(any) else { return Vec::new() };
        let (mut closed, mut forced) = (decided.clone(), decided.clone());
        closed.closed.push(pair);
        forced.forced.push(pair);
        if rated.taken[pair as usize] { vec![forced, closed] } else { vec![closed, forced] }
    }

    /// What changing a pair costs at least, about: its shortfall, or that of the next pair of its end.
    fn cost(&self, rated: &Rated, pair: u32) -> i128 {
        if !rated.taken[pair as usize] {
            return rated.market.shortfall(pair);
        }
        let node = self.model.ends[pair as usize][0];
        let others = rated.market.pairs_of(0, node).filter(|other| **other != pair);
        others.map(|other| rated.market.shortfall(*other)).min().unwrap_or(i128::MAX)
    }
}

/// The least number outside of a share, in this case of the tree.
fn least_outside(rated: &Rated, counters: usize) -> i64 {
    match rated.most[counters + 1] {
        UNBOUNDED => 0,
        most => -most,
    }
}
