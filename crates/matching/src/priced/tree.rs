//! One level of the objective: rates first, then what they leave open, case by case (branch and bound).
//!
//! Every bound comes from [`super::rates`]; an answer is only believed once it is checked against every rule.

use super::blend::blend;
use super::decided::Decided;
use super::guide::{self, Guide};
use super::model::{Counts, Model};
use super::rates::{OFTEN, Rated, UNIT, whole};
use super::split::{is_whole, split};
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
    /// The watcher wanted to stop, and something was left to look at.
    pub(crate) stopped: bool,
    /// A better answer leaves so few pairs that the search is better begun again on them.
    pub(crate) shrunk: bool,
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

/// Where a programme comes after.
const BEFORE_A_PROGRAMME: Effort = Effort { pairings: 150, patience: 10 };
/// Where rates are all there is.
const ALONE: Effort = Effort { pairings: 1500, patience: 20 };
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
            shrunk: false,
        }
    }

    /// Moves the rates of the whole model. Returns them, or nothing when the best known is proven the best.
    pub(super) fn at_root(&mut self, rates: Vec<i128>) -> Option<Vec<i128>> {
        let mut rated = Rated::new(self.model, Rc::clone(&self.counts), self.level, rates);
        let effort = if guide::may_hold(self.model) { BEFORE_A_PROGRAMME } else { ALONE };
        let ascent = self.ascend(&mut rated, &Decided::default(), &effort);
        (ascent == Ascent::Open && !self.stopped).then_some(rated.rates)
    }

    /// Goes through the cases that the bound leaves open: down from the one with the highest ceiling to its end, then
    /// from the highest left.
    pub(super) fn explore(&mut self, mut rates: Vec<i128>, guide: &mut Guide) {
        rates.resize(self.model.rows.len(), 0);
        let mut rated = Rated::new(self.model, Rc::clone(&self.counts), self.level, rates);
        let mut cases = vec![(Decided::default(), self.ceiling)];
        let mut plunging = false;
        while !self.stopped
            && !self.shrunk
            && let Some((mut decided, ceiling)) = next(&mut cases, plunging)
        {
            if !self.may_hold_better(ceiling) {
                if !plunging {
                    // None of the others is higher.
                    cases.clear();
                }
                plunging = false;
                continue;
            }
            plunging = false;
            let at_top = decided.at_top();
            let best = self.to_beat;
            let own = self.look(&mut rated, guide, &decided);
            self.go_on();
            if self.to_beat > best {
                cases.retain(|(_, ceiling)| self.may_hold_better(*ceiling));
            }
            let Some(own) = own else { continue };
            let ceiling = own.min(ceiling);
            self.shrunk = self.to_beat > best && self.can_shrink();
            if !self.may_hold_better(ceiling) {
                continue;
            }
            if at_top {
                self.ceiling = self.ceiling.min(ceiling);
            }
            self.close_hopeless(&rated, &mut decided);
            let before = cases.len();
            cases.extend(split(self.model, &rated, &decided).into_iter().map(|case| (case, ceiling)));
            plunging = cases.len() > before;
        }
        cases.retain(|(_, ceiling)| self.may_hold_better(*ceiling));
        let open = cases.into_iter().map(|(_, ceiling)| ceiling).max();
        if open.is_none() {
            // Whatever was asked meanwhile, nothing is left to look at: the best known is proven.
            self.stopped = false;
            self.shrunk = false;
        }
        let best = self.to_beat.unwrap_or(i64::MIN);
        self.ceiling = self.ceiling.min(open.unwrap_or(best).max(best));
    }

    /// True of a case below this ceiling: an answer better than the best known may be in it.
    fn may_hold_better(&self, ceiling: i64) -> bool {
        self.to_beat.is_none_or(|value| ceiling > value)
    }

    /// Tells the watcher where the search is. False once it wants to stop: it is not asked again.
    fn go_on(&mut self) -> bool {
        let Self { level, to_beat: best, ceiling: bound, solved, .. } = *self;
        self.stopped = self.stopped || !(self.watch)(Step { level, best, bound, solved });
        !self.stopped
    }

    /// Looks at one case, by the programme or where it is too large by rates alone. Returns its ceiling, or nothing
    /// where no answer better than the best known is in it.
    fn look(&mut self, rated: &mut Rated, guide: &mut Guide, decided: &Decided) -> Option<i64> {
        let Some(guided) = guide.solve(self.model, decided, &mut || self.go_on()) else {
            rated.halt();
            let ascent = self.ascend(rated, decided, &IN_A_CASE);
            return (ascent == Ascent::Open).then(|| rated.ceiling());
        };
        rated.rates = guided.rates;
        if !rated.solve(decided) || rated.bound < self.lowest {
            return None;
        }
        rated.parts = guided.parts;
        self.solved += 1;
        if decided.at_top() {
            self.narrow(rated);
        }
        self.learn(rated);
        self.round(rated);
        // Whole pairs leave nothing to split: what is left open is that floats told the rates.
        if self.may_hold_better(rated.ceiling()) && is_whole(&rated.parts) {
            rated.halt();
            let ascent = self.ascend(rated, decided, &IN_A_CASE);
            return (ascent == Ascent::Open).then(|| rated.ceiling());
        }
        Some(rated.ceiling())
    }

    /// Lowers what answers with each pair can be worth, after a bound of the whole model.
    fn narrow(&mut self, rated: &Rated) {
        for (pair, reach) in (0..).zip(&mut self.reach) {
            *reach = (*reach).min(rated.bound - rated.market.shortfall(pair));
        }
    }

    /// True when a third of the pairs are in no answer better than the best known.
    fn can_shrink(&self) -> bool {
        let Some(value) = self.to_beat else { return false };
        let open = self.reach.iter().filter(|reach| reach.div_euclid(UNIT) > i128::from(value)).count();
        open * 3 < self.reach.len() * 2
    }

    /// Moves the rates down to the least bound found; `rated` is left solved there.
    fn ascend(&mut self, rated: &mut Rated, decided: &Decided, effort: &Effort) -> Ascent {
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
                stalled = if least.saturating_sub(rated.bound) > delta / 32 { 0 } else { stalled + 1 };
                least = rated.bound;
                rates.clone_from(&rated.rates);
                if decided.at_top() {
                    self.ceiling = self.ceiling.min(rated.ceiling());
                    self.narrow(rated);
                }
            } else {
                stalled += 1;
            }
            rated.remember();
            self.learn(rated);
            if self.to_beat.is_some_and(|value| whole(least) <= value) {
                return Ascent::Done;
            }
            if !self.go_on() {
                break;
            }
            let best = self.to_beat;
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

    /// Closes the pairs that no better answer of this case takes.
    fn close_hopeless(&self, rated: &Rated, decided: &mut Decided) {
        let Some(value) = self.to_beat else { return };
        let room = rated.bound - (i128::from(value) + 1) * UNIT;
        let known = decided.known(rated.taken.len());
        let hopeless =
            (0..).zip(&known).filter(|(pair, known)| !**known && rated.market.shortfall(*pair) > room);
        decided.close(hopeless.map(|(pair, _)| pair).collect());
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

    /// Keeps the programme's own answer: the pairs of which it takes more than half, where they are one.
    fn round(&mut self, rated: &Rated) {
        let taken: Vec<bool> = rated.parts.iter().map(|part| *part > OFTEN / 2).collect();
        let value = self.model.value(self.level, &taken);
        self.keep(taken, value);
    }

    /// Keeps pairs that are worth more than the best known, if they are an answer: the model itself is asked, however
    /// they were found.
    fn keep(&mut self, taken: Vec<bool>, value: i64) {
        if self.to_beat.is_none_or(|best| best < value) && self.model.admits(&taken) {
            self.to_beat = Some(value);
            self.best = Some(Answer { taken, value });
        }
    }
}

/// The next case: the last one on the way down, else the one that leaves most.
fn next(cases: &mut Vec<(Decided, i64)>, plunging: bool) -> Option<(Decided, i64)> {
    if plunging {
        return cases.pop();
    }
    let best = (0..cases.len()).max_by_key(|case| (cases[*case].1, *case))?;
    Some(cases.remove(best))
}
