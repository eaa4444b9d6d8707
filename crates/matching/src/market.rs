//! A pairing kept the best while worths, nodes and pairs change.
//!
//! Both sides have prices (called gains: what a node would lose by staying alone). Invariant, between two calls:
//! every gain is zero or more, the two gains of a pair are at least its worth, and exactly its worth for the pairs
//! held. What a change breaks is only that a node stays alone with a gain above zero; [`Market::repair`] lets each
//! such node look for its cheapest way out (a shortest augmenting path), which breaks nothing else.

use crate::pairing::NONE;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::{Add, AddAssign, Sub, SubAssign};

/// Numbers that prices are made of.
pub(crate) trait Price:
    Copy + Ord + Default + Add<Output = Self> + Sub<Output = Self> + AddAssign + SubAssign
{
    /// The worth of a pair that is not open. Any sum of open worths stays far from it.
    const CLOSED: Self;
    /// Above any sum of open worths.
    const MOST: Self;
}

impl Price for i128 {
    const CLOSED: Self = Self::MIN / 4;
    const MOST: Self = Self::MAX / 4;
}

/// Two sides, the pairs between them, who holds what, and the prices.
#[derive(Debug, Clone)]
pub(crate) struct Market<W> {
    /// Of each pair, its end on either side.
    pub(crate) ends: Vec<[u32; 2]>,
    worth: Vec<W>,
    /// Of each node of each side, its pairs.
    lists: [Vec<Vec<u32>>; 2],
    pub(crate) gain: [Vec<W>; 2],
    /// The pair that each node holds.
    pub(crate) held: [Vec<u32>; 2],
    /// The pairs of each node that came once the others were put in order, most worth first.
    late: [Vec<Vec<u32>>; 2],
    /// The other pairs are in order: a search stops reading them early.
    ordered: bool,
    /// Nodes that may be alone with a gain.
    alone: Vec<(usize, u32)>,
    search: Search<W>,
}

#[derive(Debug, Clone)]
struct Search<W> {
    /// For each node of the far side: least loss at which it is reached, and by which pair.
    reached: [Vec<(W, u32)>; 2],
    touched: Vec<u32>,
    open: BinaryHeap<Reverse<(W, u32)>>,
    /// Far nodes reached at the present loss.
    now: Vec<u32>,
    settled: Vec<(u32, W)>,
}

/// How a search ends: at a far node that nobody holds, or with a near node that stays alone.
#[derive(Debug, Clone, Copy)]
enum End {
    Free(u32),
    Alone(u32),
}

impl<W: Price> Market<W> {
    /// A market where every pair is closed.
    pub(crate) fn new(sizes: [usize; 2], ends: &[[u32; 2]]) -> Self {
        let mut market = Self {
            ends: Vec::new(),
            worth: Vec::new(),
            lists: sizes.map(|size| vec![Vec::new(); size]),
            gain: sizes.map(|size| vec![W::default(); size]),
            held: sizes.map(|size| vec![NONE; size]),
            late: sizes.map(|size| vec![Vec::new(); size]),
            ordered: false,
            alone: Vec::new(),
            search: Search {
                reached: sizes.map(|size| vec![(W::MOST, NONE); size]),
                touched: Vec::new(),
                open: BinaryHeap::new(),
                now: Vec::new(),
                settled: Vec::new(),
            },
        };
        for pair in ends {
            market.add_pair(*pair);
        }
        market
    }

    /// One more node on a side.
    pub(crate) fn add_node(&mut self, side: usize) -> u32 {
        self.lists[side].push(Vec::new());
        self.late[side].push(Vec::new());
        self.gain[side].push(W::default());
        self.held[side].push(NONE);
        self.search.reached[side].push((W::MOST, NONE));
        u32::try_from(self.lists[side].len() - 1).unwrap_or(NONE)
    }

    /// One more pair, closed.
    pub(crate) fn add_pair(&mut self, ends: [u32; 2]) -> u32 {
        let pair = u32::try_from(self.ends.len()).unwrap_or(NONE);
        self.ends.push(ends);
        self.worth.push(W::CLOSED);
        for side in [0, 1] {
            let lists = if self.ordered { &mut self.late } else { &mut self.lists };
            lists[side][ends[side] as usize].push(pair);
        }
        pair
    }

    /// The pairs of a node.
    pub(crate) fn pairs_of(&self, side: usize, node: u32) -> impl Iterator<Item = &u32> {
        self.lists[side][node as usize].iter().chain(&self.late[side][node as usize])
    }

    pub(crate) fn worth_of(&self, pair: u32) -> W {
        self.worth[pair as usize]
    }

    /// Gives a pair its worth, when the prices are known to hold with it.
    pub(crate) fn set(&mut self, pair: u32, worth: W) {
        self.worth[pair as usize] = worth;
    }

    /// Puts the pairs of each node in order: for worths that do not change any more, but by closing.
    pub(crate) fn keep_ordered(&mut self) {
        let worth = &self.worth;
        for list in self.lists.iter_mut().flatten() {
            list.retain(|pair| worth[*pair as usize] != W::CLOSED);
            list.sort_unstable_by_key(|pair| (Reverse(worth[*pair as usize]), *pair));
        }
        self.ordered = true;
    }

    /// Gives every pair a new worth, and finds the best pairing again, from the prices there are.
    pub(crate) fn reprice(&mut self, worth: &[W]) {
        self.worth.copy_from_slice(worth);
        // The smaller side asks anew: of the larger one, most are alone and want nothing at their price.
        let side = usize::from(self.held[1].len() < self.held[0].len());
        for node in 0..self.held[side].len() {
            let best = self.lists[side][node].iter().map(|pair| self.asks(side, *pair)).max();
            self.gain[side][node] = best.unwrap_or_default().max(W::default());
            let pair = self.held[side][node];
            if pair != NONE && self.asks(side, pair) != self.gain[side][node] {
                self.release(pair);
            }
        }
        for side in [1 - side, side] {
            for (place, node) in (0..).zip(0..self.held[side].len()) {
                if self.held[side][node] == NONE {
                    self.alone.push((side, place));
                }
            }
        }
        self.repair();
    }

    /// What a pair leaves to its end on `side`, at the price of the other end.
    fn asks(&self, side: usize, pair: u32) -> W {
        let worth = self.worth[pair as usize];
        if worth == W::CLOSED {
            return W::CLOSED;
        }
        worth - self.gain[1 - side][self.ends[pair as usize][1 - side] as usize]
    }

    /// Closes a pair.
    pub(crate) fn close(&mut self, pair: u32) {
        self.worth[pair as usize] = W::CLOSED;
        self.release(pair);
    }

    /// Gives a pair a worth; the end on `side` asks for it.
    pub(crate) fn offer(&mut self, side: usize, pair: u32, worth: W) {
        self.worth[pair as usize] = worth;
        let node = self.ends[pair as usize][side];
        let asks = self.asks(side, pair);
        let gain = self.gain[side][node as usize];
        if asks > gain {
            let held = self.held[side][node as usize];
            if held != NONE {
                self.release(held);
            }
            self.gain[side][node as usize] = asks;
            self.alone.push((side, node));
        }
    }

    /// Takes a pair from both that hold it.
    fn release(&mut self, pair: u32) {
        let ends = self.ends[pair as usize];
        for side in [0, 1] {
            let node = ends[side] as usize;
            if self.held[side][node] == pair {
                self.held[side][node] = NONE;
                self.alone.push((side, ends[side]));
            }
        }
    }

    /// Lets every node that is alone with a gain find its way out. Returns how many looked.
    pub(crate) fn repair(&mut self) -> usize {
        let mut looked = 0;
        while let Some((side, node)) = self.alone.pop() {
            if self.held[side][node as usize] == NONE && self.gain[side][node as usize] > W::default() {
                self.look(side, node);
                looked += 1;
            }
        }
        looked
    }

    /// One search, from a node alone.
    fn look(&mut self, side: usize, root: u32) {
        self.search.settled.push((root, W::default()));
        let mut end = (self.gain[side][root as usize], End::Alone(root));
        self.look_from(side, root, W::default(), &mut end);
        let mut loss = W::default();
        loop {
            let far = match self.search.now.pop() {
                Some(far) => far,
                None => match self.search.open.pop() {
                    Some(Reverse((next, far))) => {
                        if self.search.reached[1 - side][far as usize].0 < next {
                            continue;
                        }
                        loss = next;
                        far
                    }
                    None => break,
                },
            };
            if loss >= end.0 {
                break;
            }
            let near = self.ends[self.held[1 - side][far as usize] as usize][side];
            self.search.settled.push((near, loss));
            let leaving = loss + self.gain[side][near as usize];
            if leaving < end.0 {
                end = (leaving, End::Alone(near));
            }
            self.look_from(side, near, loss, &mut end);
        }
        self.correct(side, end.0);
        self.move_along(side, end.1);
        for far in self.search.touched.drain(..) {
            self.search.reached[1 - side][far as usize] = (W::MOST, NONE);
        }
        self.search.open.clear();
        self.search.now.clear();
    }

    fn look_from(&mut self, side: usize, near: u32, loss: W, end: &mut (W, End)) {
        let Self { ends, worth, lists, late, gain, held, ordered, search, .. } = self;
        let base = loss + gain[side][near as usize];
        let in_order = lists[side][near as usize].iter().map(|pair| (*pair, *ordered));
        // The late ones come first: they may lower the end.
        let late = late[side][near as usize].iter().map(|pair| (*pair, false));
        for (pair, in_order) in late.chain(in_order) {
            let worth = worth[pair as usize];
            if worth == W::CLOSED {
                continue;
            }
            // No gain is below zero: what follows is worth less, and leads beyond the end too.
            if in_order && base - worth >= end.0 {
                break;
            }
            let far = ends[pair as usize][1 - side];
            let through = base + gain[1 - side][far as usize] - worth;
            let reached = &mut search.reached[1 - side][far as usize];
            if through >= end.0 || through >= reached.0 {
                continue;
            }
            let holding = held[1 - side][far as usize];
            if holding == pair {
                continue;
            }
            if reached.1 == NONE {
                search.touched.push(far);
            }
            *reached = (through, pair);
            if holding == NONE {
                *end = (through, End::Free(far));
            } else if through == loss {
                search.now.push(far);
            } else {
                search.open.push(Reverse((through, far)));
            }
        }
    }

    fn correct(&mut self, side: usize, loss: W) {
        for (near, reached) in self.search.settled.drain(..) {
            if reached >= loss {
                continue;
            }
            let left = loss - reached;
            self.gain[side][near as usize] -= left;
            let pair = self.held[side][near as usize];
            if pair != NONE {
                self.gain[1 - side][self.ends[pair as usize][1 - side] as usize] += left;
            }
        }
    }

    fn move_along(&mut self, side: usize, end: End) {
        let mut far = match end {
            End::Free(far) => far,
            End::Alone(near) => {
                let pair = std::mem::replace(&mut self.held[side][near as usize], NONE);
                if pair == NONE {
                    return;
                }
                self.ends[pair as usize][1 - side]
            }
        };
        loop {
            let pair = self.search.reached[1 - side][far as usize].1;
            self.held[1 - side][far as usize] = pair;
            let near = self.ends[pair as usize][side];
            let before = std::mem::replace(&mut self.held[side][near as usize], pair);
            if before == NONE {
                return;
            }
            far = self.ends[before as usize][1 - side];
        }
    }

    /// The pairs held.
    pub(crate) fn pairs_held(&self) -> impl Iterator<Item = u32> + '_ {
        self.held[0].iter().copied().filter(|pair| *pair != NONE)
    }

    /// What all gains come to: no pairing is worth more.
    pub(crate) fn bound(&self) -> W {
        self.gain.iter().flatten().fold(W::default(), |sum, gain| sum + *gain)
    }

    /// What a pair falls short of its two gains by: what taking it would cost at least.
    pub(crate) fn shortfall(&self, pair: u32) -> W {
        let ends = self.ends[pair as usize];
        self.gain[0][ends[0] as usize] + self.gain[1][ends[1] as usize] - self.worth[pair as usize]
    }
}
