//! One level of the objective after the other, each kept while the next is raised.

use super::model::{Model, Row, Split};
use super::rates::UNIT;
use super::tree::{Answer, Step, Tree};
use crate::market::Market;
use crate::pairing::NONE;

/// The end of a search over all levels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// The pairs taken, or nothing where no answer keeps the rules (or none was found in time).
    pub(crate) taken: Option<Vec<bool>>,
    /// What is proven of each level, given the levels before.
    pub(crate) bounds: Vec<i64>,
    /// Every level is proven the best.
    pub(crate) optimal: bool,
}

/// Solves a model: the first level as high as possible, then the next, and so on.
pub(crate) fn solve(
    mut model: Model,
    start: Option<Vec<bool>>,
    watch: &mut dyn FnMut(Step) -> bool,
) -> Outcome {
    let pairs = model.ends.len();
    let mut numbers: Vec<u32> = (0..).take(pairs).collect();
    let mut taken = start;
    let mut bounds = Vec::new();
    let mut optimal = true;
    let mut settled = false;
    for level in 0..model.levels.len() {
        if !optimal {
            let best: Option<i64> = taken.as_ref().map(|taken| model.value(level, taken));
            bounds.push(most(&model, level).max(best.unwrap_or(i64::MIN)));
            continue;
        }
        // Every pair counts the same, and their number is settled: so is the level.
        let same = model.levels[level].windows(2).all(|two| two[0] == two[1]);
        if let (true, true, Some(taken)) = (same, settled, &taken) {
            bounds.push(model.value(level, taken));
            continue;
        }
        let mut end = raise(&model, level, taken, watch);
        // No more than the bound are placed: so many fewer may be outside of each share of all, and the bound may
        // fall again.
        while model.counts_all(level) && !end.proven() && !end.stopped && model.bound_shares(end.ceiling) {
            let next = raise(&model, level, end.best.clone().map(|best| best.taken), watch);
            end = end.then(next);
        }
        if !end.proven() && !end.stopped {
            end.explore(&model, level, watch);
        }
        bounds.push(end.ceiling);
        taken = end.best.as_ref().map(|best| best.taken.clone());
        optimal = !end.stopped;
        let Some(best) = end.best else { break };
        if optimal {
            let keep = model.keep(level, best.value);
            let opposite = keep.terms.iter().map(|(pair, count)| (*pair, -count)).collect();
            // Proven: no more than that. Said as a rule, it keeps fractions of it out of the bounds that follow.
            model.rows.push(Row::new(opposite, best.value, Split::Pair));
            model.rows.push(keep);
            if model.counts_all(level) {
                model.bound_shares(best.value);
                settled = true;
            }
            let kept: Vec<bool> = (0..model.ends.len())
                .map(|pair| end.reach[pair].div_euclid(UNIT) >= i128::from(best.value) || best.taken[pair])
                .collect();
            let (fewer, stay) = model.without(&kept);
            taken = Some(stay.iter().map(|pair| best.taken[*pair as usize]).collect());
            numbers = stay.iter().map(|pair| numbers[*pair as usize]).collect();
            model = fewer;
        }
    }
    let taken = taken.map(|taken| {
        let mut all = vec![false; pairs];
        for (number, taken) in numbers.iter().zip(taken) {
            all[*number as usize] = taken;
        }
        all
    });
    Outcome { taken, bounds, optimal }
}

/// Solves a model without rules: all levels at once, as one number each above all below it.
pub(crate) fn solve_plain(model: &Model) -> Option<Vec<bool>> {
    let mut worth = vec![0_i128; model.ends.len()];
    let mut base = 1_i128;
    for level in model.levels.iter().rev() {
        for (worth, count) in worth.iter_mut().zip(level) {
            *worth += base * i128::from(*count);
        }
        let largest = level.iter().map(|count| count.unsigned_abs()).max().unwrap_or(0);
        let most = i128::from(largest) * i128::try_from(model.sizes[0].max(model.sizes[1])).ok()? + 1;
        base = base.checked_mul(2 * most).filter(|base| *base < i128::MAX >> 40)?;
    }
    let mut market: Market<i128> = Market::new(model.sizes, &model.ends);
    for node in &model.must {
        for pair in market.pairs_of(0, *node) {
            worth[*pair as usize] += base;
        }
    }
    market.reprice(&worth);
    let mut taken = vec![false; model.ends.len()];
    for pair in market.pairs_held() {
        taken[pair as usize] = true;
    }
    let paired = |node: &u32| market.held[0][*node as usize] != NONE;
    model.must.iter().all(paired).then_some(taken)
}

/// What a level can come to at most, without looking: each node of the first side at its best.
fn most(model: &Model, level: usize) -> i64 {
    let mut best = vec![0; model.sizes[0]];
    for (ends, count) in model.ends.iter().zip(&model.levels[level]) {
        let best = &mut best[ends[0] as usize];
        *best = (*best).max(*count);
    }
    best.into_iter().sum()
}

/// A level once the rates of the whole model are found, and what they leave open.
struct Raised {
    best: Option<Answer>,
    ceiling: i64,
    reach: Vec<i128>,
    rates: Option<Vec<i128>>,
    stopped: bool,
}

/// Moves the rates of a level.
fn raise(
    model: &Model,
    level: usize,
    start: Option<Vec<bool>>,
    watch: &mut dyn FnMut(Step) -> bool,
) -> Raised {
    let best = start.map(|taken| Answer { value: model.value(level, &taken), taken });
    let mut pass = |step: Step| watch(step);
    let mut tree = Tree::new(model, level, best, None, &mut pass);
    let rates = tree.at_root(vec![0; model.rows.len()]);
    let Tree { best, ceiling, reach, stopped, .. } = tree;
    Raised { best, ceiling, reach, rates, stopped }.closed()
}

impl Raised {
    /// Nothing better than the best known is left.
    fn proven(&self) -> bool {
        self.rates.is_none()
    }

    /// The ceiling of what is proven is what it is worth.
    fn closed(mut self) -> Self {
        if self.proven() && !self.stopped {
            self.ceiling = self.best.as_ref().map_or(i64::MIN, |best| best.value);
        }
        self
    }

    /// Adds what a second look found.
    fn then(self, next: Self) -> Self {
        let reach = self.reach.iter().zip(&next.reach).map(|(first, second)| *first.min(second)).collect();
        Self { ceiling: self.ceiling.min(next.ceiling), reach, ..next }
    }

    /// Goes through the cases that the rates leave open, on the pairs that something better may take.
    fn explore(&mut self, model: &Model, level: usize, watch: &mut dyn FnMut(Step) -> bool) {
        let Some(rates) = self.rates.take() else { return };
        let value = self.best.as_ref().map(|best| best.value);
        let above = |reach: &i128| value.is_none_or(|value| reach.div_euclid(UNIT) > i128::from(value));
        let kept: Vec<bool> = self.reach.iter().map(above).collect();
        let (fewer, stay) = model.without(&kept);
        let ceiling = self.ceiling;
        let mut pass = |step: Step| watch(Step { bound: step.bound.min(ceiling), ..step });
        let mut tree = Tree::new(&fewer, level, None, value, &mut pass);
        tree.ceiling = ceiling;
        if let Some(rates) = tree.at_root(rates) {
            tree.explore(rates);
        }
        self.stopped = tree.stopped;
        self.ceiling = if tree.stopped { tree.ceiling } else { tree.to_beat.unwrap_or(i64::MIN) };
        if let Some(found) = tree.best {
            let mut taken = vec![false; model.ends.len()];
            for (pair, is) in stay.iter().zip(found.taken) {
                taken[*pair as usize] = is;
            }
            self.best = Some(Answer { taken, value: found.value });
        }
    }
}
