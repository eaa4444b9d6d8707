//! What is decided of pairs and nodes, in one case of the tree.

use std::rc::Rc;

/// A case: pairs closed and forced, nodes that must be paired, and rows with a lower bound.
#[derive(Debug, Clone, Default)]
pub(super) struct Decided {
    closed: Closed,
    pub(super) forced: Vec<u32>,
    /// Nodes of the first side that must be paired.
    pub(super) must: Vec<u32>,
    /// Rows with a lower bound than in the model.
    pub(super) limits: Vec<(usize, i64)>,
}

/// Pairs closed here, and before them those of the case above: many, kept once for all the cases below it.
#[derive(Debug, Clone, Default)]
struct Closed(Option<Rc<Link>>);

#[derive(Debug)]
struct Link {
    pairs: Vec<u32>,
    before: Closed,
}

impl Decided {
    /// Nothing is decided: what holds here holds for the whole model.
    pub(super) fn at_top(&self) -> bool {
        self.forced.is_empty() && self.must.is_empty() && self.limits.is_empty() && self.closed.0.is_none()
    }

    /// Closes pairs, in this case and those below it.
    pub(super) fn close(&mut self, pairs: Vec<u32>) {
        if !pairs.is_empty() {
            self.closed = Closed(Some(Rc::new(Link { pairs, before: self.closed.clone() })));
        }
    }

    /// The pairs closed, last ones first.
    pub(super) fn closed(&self) -> impl Iterator<Item = u32> + '_ {
        let links = std::iter::successors(self.closed.0.as_deref(), |link| link.before.0.as_deref());
        links.flat_map(|link| link.pairs.iter().copied())
    }

    /// Of each of so many pairs, whether it is closed or forced.
    pub(super) fn known(&self, pairs: usize) -> Vec<bool> {
        let mut known = vec![false; pairs];
        for pair in self.closed().chain(self.forced.iter().copied()) {
            known[pair as usize] = true;
        }
        known
    }
}

impl Drop for Closed {
    /// One after the other: a deep case would fill the stack.
    fn drop(&mut self) {
        let mut next = self.0.take();
        while let Some(mut link) = next.and_then(Rc::into_inner) {
            next = link.before.0.take();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_case_closes_is_closed_below_it_and_not_beside() {
        let mut above = Decided::default();
        assert!(above.at_top());
        above.close(vec![3, 1]);
        let (mut below, beside) = (above.clone(), above.clone());
        below.close(vec![0]);
        below.forced.push(2);
        assert_eq!(below.closed().collect::<Vec<_>>(), [0, 3, 1]);
        assert_eq!(below.known(5), [true, true, true, true, false]);
        assert_eq!(beside.known(5), [false, true, false, true, false]);
        assert!(!beside.at_top());
    }

    #[test]
    fn a_case_may_be_very_deep() {
        let mut deep = Decided::default();
        for pair in 0..300_000 {
            deep.close(vec![pair]);
        }
        let beside = deep.clone();
        drop(deep);
        assert_eq!(beside.closed().count(), 300_000);
    }
}
