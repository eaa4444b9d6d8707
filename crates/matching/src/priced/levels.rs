//! One level of the objective after the other, each kept while the next is raised.

use super::decided::Decided;
use super::guide::Guide;
use super::model::{Model, Row, Split};
use super::odd;
use super::rates::{OFTEN, UNIT};
use super::tree::{Answer, Step, Tree};
use super::whole;
use crate::certificate::Paired;
use crate::market::Market;
use crate::pairing::NONE;

/// How often rules that follow are looked for.
const SHARPENED: u32 = 40;
/// How often in a row for nothing.
const PATIENCE: u32 = 4;

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

/// Solves a model: the first level as high as possible, then the next, and so on, until `watch` says not to go on.
pub(crate) fn solve(
    mut model: Model,
    start: Option<Vec<bool>>,
    watch: &mut dyn FnMut(Step) -> bool,
) -> Outcome {
    // A level may end by itself as it is told to stop: the next one does not ask again.
    let mut over = false;
    let watch = &mut |step: Step| {
        over = over || !watch(step);
        !over
    };
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
        let mut end = raise(&model, level, taken, 0, watch);
        // No more than the bound are placed: so many fewer may be outside of each share of all, and the bound may
        // fall again.
        while model.counts_all(level) && !end.proven() && !end.stopped && model.bound_shares(end.ceiling) {
            let best = end.best.clone().map(|best| best.taken);
            let next = raise(&model, level, best, end.solved, watch);
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

/// Solves a model without rules, all levels at once; its gains are to prove the pairing.
pub(crate) fn solve_plain(model: &Model) -> Option<Paired> {
    let mut market: Market<i128> = Market::new(model.sizes, &model.ends);
    market.reprice(&model.worth_of_all_levels()?);
    let mut taken = vec![false; model.ends.len()];
    for pair in market.pairs_held() {
        taken[pair as usize] = true;
    }
    let paired = |node: &u32| market.held[0][*node as usize] != NONE;
    model.must.iter().all(paired).then_some(Paired { taken, gain: market.gain })
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
    /// Pairings solved so far.
    solved: u64,
}

/// Moves the rates of a level.
fn raise(
    model: &Model,
    level: usize,
    start: Option<Vec<bool>>,
    solved: u64,
    watch: &mut dyn FnMut(Step) -> bool,
) -> Raised {
    let best = start.map(|taken| Answer { value: model.value(level, &taken), taken });
    let mut pass = |step: Step| watch(step);
    let mut tree = Tree::new(model, level, best, None, &mut pass);
    tree.solved = solved;
    let rates = tree.at_root(vec![0; model.rows.len()]);
    let Tree { best, ceiling, reach, stopped, solved, .. } = tree;
    Raised { best, ceiling, reach, rates, stopped, solved }.closed()
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

    /// Goes through the cases that the rates leave open, on the pairs that something better may take; begins again
    /// on fewer when a better answer leaves fewer.
    fn explore(&mut self, model: &Model, level: usize, watch: &mut dyn FnMut(Step) -> bool) {
        let Some(rates) = self.rates.take() else { return };
        // Of answers better than the best known: those as good come to more, at the levels that follow.
        let mut reached = self.reach.clone();
        loop {
            let value = self.best.as_ref().map(|best| best.value);
            let above = |reach: &i128| value.is_none_or(|value| reach.div_euclid(UNIT) > i128::from(value));
            let kept: Vec<bool> = reached.iter().map(above).collect();
            let (mut fewer, stay) = model.without(&kept);
            let mut guide = Guide::new(&fewer, level);
            let ceiling = self.ceiling;
            let told = Step { level, best: value, bound: ceiling, solved: self.solved };
            let mut stopped = false;
            sharpen(&mut fewer, level, value, &mut guide, &mut || {
                stopped = stopped || !watch(told);
                !stopped
            });
            let mut pass = |step: Step| watch(Step { bound: step.bound.min(ceiling), ..step });
            let mut tree = Tree::new(&fewer, level, None, value, &mut pass);
            tree.ceiling = ceiling;
            tree.stopped = stopped;
            tree.solved = self.solved;
            tree.explore(rates.clone(), &mut guide);
            let Tree { best, reach, stopped, shrunk, ceiling, to_beat, solved, .. } = tree;
            self.stopped = stopped;
            self.solved = solved;
            self.ceiling = if stopped || shrunk { ceiling } else { to_beat.unwrap_or(i64::MIN) };
            for (pair, reach) in stay.iter().zip(reach) {
                let known = &mut reached[*pair as usize];
                *known = (*known).min(reach);
            }
            if let Some(found) = best {
                let mut taken = vec![false; model.ends.len()];
                for (pair, is) in stay.iter().zip(found.taken) {
                    taken[*pair as usize] = is;
                }
                self.best = Some(Answer { taken, value: found.value });
            }
            if stopped || !shrunk {
                return;
            }
        }
    }
}

/// Adds rules that follow from the others and that the programme breaks, as long as they lower what it is worth.
fn sharpen(
    model: &mut Model,
    level: usize,
    to_beat: Option<i64>,
    guide: &mut Guide,
    go: &mut dyn FnMut() -> bool,
) {
    let (mut least, mut stalled) = (i128::MAX, 0);
    for _ in 0..SHARPENED {
        let Some(told) = guide.solve(model, &Decided::default(), go) else { return };
        let worth = model.levels[level].iter().zip(&told.parts);
        let worth: i128 = worth.map(|(count, part)| i128::from(*count) * i128::from(*part)).sum();
        stalled = if worth < least - i128::from(OFTEN) / 8 { 0 } else { stalled + 1 };
        least = least.min(worth);
        let beaten = to_beat.is_some_and(|value| worth < i128::from(value + 1) * i128::from(OFTEN));
        if beaten || stalled > PATIENCE || !go() {
            break;
        }
        let mut more = odd::broken(model, &told.parts, go);
        if more.is_empty() {
            let (combinations, high) = guide.combinations(model);
            more = whole::broken(model, &combinations, &high, &told.parts);
        }
        if more.is_empty() {
            break;
        }
        model.rows.extend(more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::draw::Draw;
    use crate::priced::trial::{answers, best, drawn, values};
    use proptest::prelude::*;

    #[test]
    fn what_must_be_taken_may_be_worth_less_than_nothing() {
        let model = Model {
            sizes: [1, 2],
            ends: vec![[0, 0], [0, 1]],
            must: vec![0],
            levels: vec![vec![-5, -3]],
            rows: vec![Row::new(vec![(1, 1)], 0, Split::Pair)],
        };
        let outcome = solve(model, None, &mut |_| true);
        assert_eq!(outcome, Outcome { taken: Some(vec![true, false]), bounds: vec![-5], optimal: true });
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]
        #[test]
        fn no_answer_that_keeps_the_rules_is_better(seed in 0_u64..1 << 40) {
            let model = drawn(seed);
            let nothing = vec![false; model.ends.len()];
            let start = model.admits(&nothing).then_some(nothing);
            let outcome = solve(model.clone(), start, &mut |_| true);
            prop_assert!(outcome.optimal);
            let found = outcome.taken.map(|taken| {
                assert!(model.admits(&taken));
                values(&model, &taken)
            });
            prop_assert_eq!(&found, &best(&model));
            if let Some(found) = found {
                prop_assert_eq!(outcome.bounds, found);
            }
        }

        #[test]
        fn a_search_that_is_stopped_stops_and_claims_no_more_than_it_proved(seed in 0_u64..1 << 40, asked in 1..40) {
            let model = drawn(seed);
            let mut left = asked;
            let outcome = solve(model.clone(), None, &mut |_| {
                left -= 1;
                assert!(left >= 0, "asked again after the end");
                left > 0
            });
            let truth = best(&model);
            let found = outcome.taken.map(|taken| {
                assert!(model.admits(&taken));
                values(&model, &taken)
            });
            if outcome.optimal {
                prop_assert_eq!(found, truth);
            } else if let Some(truth) = truth {
                let unlike = outcome.bounds.iter().zip(&truth).find(|(bound, value)| bound != value);
                prop_assert!(unlike.is_none_or(|(bound, value)| bound > value));
            }
        }

        #[test]
        fn rules_that_follow_cut_no_answer_off(seed in 0_u64..1 << 40) {
            let mut model = drawn(seed);
            let before = answers(&model);
            for level in 0..3 {
                let mut guide = Guide::new(&model, level);
                sharpen(&mut model, level, None, &mut guide, &mut || true);
            }
            for taken in before {
                let broken = model.rows.iter().position(|row| row.excess(&taken) > 0);
                prop_assert_eq!(broken, None, "{:?} was an answer", taken);
            }
        }

        #[test]
        fn an_answer_is_pairs_that_meet_nowhere_with_every_must_and_rule(seed in 0_u64..1 << 40) {
            let model = drawn(seed);
            let answers = answers(&model);
            let mut draw = Draw::new(seed);
            let near = answers.iter().take(200).map(|taken| {
                let mut other = taken.clone();
                for _ in 0..=draw.below(2) {
                    if let Some(pair) = other.get_mut(usize::try_from(draw.below(taken.len() as u64)).unwrap()) {
                        *pair = !*pair;
                    }
                }
                other
            });
            for taken in near.chain([vec![true; model.ends.len()]]) {
                prop_assert_eq!(model.admits(&taken), answers.contains(&taken));
            }
        }
    }
}
