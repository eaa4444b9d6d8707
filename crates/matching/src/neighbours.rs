//! The possible pairs, listed from one side or the other: for each, whom it can meet and with which score.

/// One possible pair, seen from one of its ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arc {
    /// The other end.
    pub(crate) to: u32,
    /// Its score.
    pub(crate) score: i32,
}

/// For each of one side, its possible pairs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Neighbours {
    /// Where the pairs of each begin; one more at the end.
    start: Vec<usize>,
    arcs: Vec<Arc>,
}

impl Neighbours {
    /// Lists pairs by their second end, in the order given.
    pub(crate) fn by_second(pairs: impl Iterator<Item = (u32, u32, i32)> + Clone, seconds: usize) -> Self {
        scatter(pairs.map(|(first, second, score)| (second, Arc { to: first, score })), seconds)
    }

    /// The same pairs from the other side, each list in the order of its ends.
    pub(crate) fn turned(&self, others: usize) -> Self {
        scatter(self.pairs().map(|(node, arc)| (arc.to, Arc { to: node, score: arc.score })), others)
    }

    /// The pairs that pass, from the same side.
    pub(crate) fn kept(&self, passes: impl Fn(u32, &Arc) -> bool) -> Self {
        let mut start = Vec::with_capacity(self.start.len());
        let mut arcs = Vec::new();
        for node in 0..self.len_u32() {
            start.push(arcs.len());
            arcs.extend(self.of(node).iter().filter(|arc| passes(node, arc)));
        }
        start.push(arcs.len());
        Self { start, arcs }
    }

    /// How many there are on this side.
    pub(crate) fn len_u32(&self) -> u32 {
        u32::try_from(self.start.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }

    /// The pairs of one.
    pub(crate) fn of(&self, node: u32) -> &[Arc] {
        &self.arcs[self.start[node as usize]..self.start[node as usize + 1]]
    }

    /// All pairs, from this side.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (u32, &Arc)> + Clone {
        (0..self.len_u32()).flat_map(|node| self.of(node).iter().map(move |arc| (node, arc)))
    }

    /// Sorts the pairs of each with `order`, on `threads` threads: each list on its own, so that their number
    /// changes nothing.
    pub(crate) fn sort(&mut self, threads: usize, order: impl Fn(&mut [Arc]) + Sync) {
        let per_thread = self.arcs.len().div_ceil(threads.max(1)).max(1);
        let mut rest = self.arcs.as_mut_slice();
        let mut done = 0;
        let mut node = 1;
        std::thread::scope(|scope| {
            while node < self.start.len() {
                let first = node;
                let wanted = done + per_thread;
                while node < self.start.len() - 1 && self.start[node] < wanted {
                    node += 1;
                }
                let ends = &self.start[first..=node];
                let (mine, others) = std::mem::take(&mut rest).split_at_mut(self.start[node] - done);
                rest = others;
                let begin = std::mem::replace(&mut done, self.start[node]);
                node += 1;
                let order = &order;
                let mut work = move || {
                    let mut from = 0;
                    for end in ends {
                        order(&mut mine[from..end - begin]);
                        from = end - begin;
                    }
                };
                if threads > 1 {
                    scope.spawn(work);
                } else {
                    work();
                }
            }
        });
    }
}

/// Puts each arc in the list of its node, keeping the order given (counting sort).
fn scatter(arcs: impl Iterator<Item = (u32, Arc)> + Clone, nodes: usize) -> Neighbours {
    let mut start = vec![0_usize; nodes + 1];
    for (node, _) in arcs.clone() {
        start[node as usize + 1] += 1;
    }
    for node in 0..nodes {
        start[node + 1] += start[node];
    }
    let mut next = start.clone();
    let mut placed = vec![Arc { to: 0, score: 0 }; start[nodes]];
    for (node, arc) in arcs {
        placed[next[node as usize]] = arc;
        next[node as usize] += 1;
    }
    Neighbours { start, arcs: placed }
}
