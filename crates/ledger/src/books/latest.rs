//! The seals of the latest entries, so that a tree that grows with the journal does not read it again.

use chambre_domain::{Seal, Seq};
use std::collections::VecDeque;

/// Seals kept: 4 MiB, a second of the fastest writing.
const MOST: usize = 131_072;

/// Seals of entries that follow each other, up to the head.
#[derive(Debug, Default)]
pub struct Latest {
    seals: VecDeque<Seal>,
    /// Number of the last one.
    last: u64,
}

impl Latest {
    /// Adds the seal of the next entry.
    pub fn push(&mut self, seq: Seq, seal: Seal) {
        if seq.get() != self.last + 1 {
            self.seals.clear();
        }
        if self.seals.len() == MOST {
            self.seals.pop_front();
        }
        self.seals.push_back(seal);
        self.last = seq.get();
    }

    /// Forgets those after an entry.
    pub fn cut(&mut self, head: Seq) {
        let beyond = usize::try_from(self.last.saturating_sub(head.get())).unwrap_or(usize::MAX);
        self.seals.truncate(self.seals.len().saturating_sub(beyond));
        self.last = self.last.min(head.get());
    }

    /// Those after `after`, up to `up_to` included; nothing unless all of them are kept.
    pub fn between(&self, after: Seq, up_to: Seq) -> Option<Vec<Seal>> {
        let before = self.last - self.seals.len() as u64;
        if after.get() < before || up_to.get() > self.last || after > up_to {
            return None;
        }
        let place = |seq: Seq| usize::try_from(seq.get() - before).ok();
        Some(self.seals.range(place(after)?..place(up_to)?).copied().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(number: u64) -> Seal {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&number.to_le_bytes());
        Seal::from_bytes(&bytes).unwrap()
    }

    fn between(latest: &Latest, after: u64, up_to: u64) -> Option<Vec<Seal>> {
        latest.between(Seq::new(after), Seq::new(up_to))
    }

    #[test]
    fn what_was_pushed_comes_back_and_what_was_taken_back_does_not() {
        let mut latest = Latest::default();
        assert_eq!(between(&latest, 0, 0), Some(vec![]));
        (1..=5).for_each(|number| latest.push(Seq::new(number), seal(number)));
        assert_eq!(between(&latest, 0, 5), Some((1..=5).map(seal).collect()));
        assert_eq!(between(&latest, 2, 4), Some(vec![seal(3), seal(4)]));
        assert_eq!(between(&latest, 0, 6), None);
        assert_eq!(between(&latest, 4, 2), None);
        latest.cut(Seq::new(3));
        assert_eq!(
            (between(&latest, 0, 3).map(|seals| seals.len()), between(&latest, 0, 4)),
            (Some(3), None)
        );
        latest.cut(Seq::new(9));
        assert_eq!(between(&latest, 2, 3), Some(vec![seal(3)]), "nothing is beyond it");
        latest.push(Seq::new(4), seal(40));
        assert_eq!(between(&latest, 2, 4), Some(vec![seal(3), seal(40)]));
    }

    #[test]
    fn only_the_latest_are_kept_and_a_gap_keeps_nothing_of_before() {
        let mut latest = Latest::default();
        let most = MOST as u64;
        (1..=most + 10).for_each(|number| latest.push(Seq::new(number), seal(number)));
        assert_eq!(between(&latest, 9, 12), None);
        assert_eq!(between(&latest, 10, 12), Some(vec![seal(11), seal(12)]));
        assert_eq!(between(&latest, 10, most + 10).map(|seals| seals.len()), Some(MOST));
        latest.push(Seq::new(most + 20), seal(0));
        assert_eq!(between(&latest, 10, 12), None);
        assert_eq!(between(&latest, most + 19, most + 20), Some(vec![seal(0)]));
        latest.cut(Seq::new(3));
        assert_eq!((between(&latest, 3, 3), between(&latest, 2, 3)), (Some(vec![]), None));
    }
}
