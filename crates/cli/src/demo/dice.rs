//! Dice that fall the same way on any machine, with any version of any library: a seed fixes every seal.

/// A stream of numbers drawn from a seed (SplitMix64, Steele, Lea and Flood 2014). Not for secrets.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// The dice of a seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Sixty-four bits.
    pub const fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `most` − 1; zero when `most` is zero.
    pub fn below(&mut self, most: usize) -> usize {
        let drawn = self.roll().checked_rem(most as u64).unwrap_or(0);
        usize::try_from(drawn).unwrap_or(0)
    }

    /// A number from `least` to `most`, both included.
    pub fn between(&mut self, least: i64, most: i64) -> i64 {
        let span = usize::try_from(most - least + 1).unwrap_or(1);
        least + i64::try_from(self.below(span)).unwrap_or(0)
    }

    /// A number of days from `least` to `most`, both included.
    pub fn days(&mut self, least: i32, most: i32) -> i32 {
        i32::try_from(self.between(least.into(), most.into())).unwrap_or(least)
    }

    /// Whether something that happens so many times in a thousand happens now.
    pub fn chance(&mut self, per_thousand: u64) -> bool {
        self.roll() % 1000 < per_thousand
    }

    /// One of the items; nothing when there is none.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len()))
    }

    /// The place of one of the weights, the heavier the likelier.
    pub fn weighted(&mut self, weights: &[u64]) -> usize {
        let mut left = self.roll().checked_rem(weights.iter().sum()).unwrap_or(0);
        weights
            .iter()
            .position(|weight| {
                let found = left < *weight;
                left = left.saturating_sub(*weight);
                found
            })
            .unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_falls_the_same_way_for_ever() {
        let mut dice = Dice::new(1);
        assert_eq!([dice.roll(), dice.roll()], [0x910A_2DEC_8902_5CC1, 0xBEEB_8DA1_658E_EC67]);
    }

    #[test]
    fn what_is_drawn_stays_in_its_bounds() {
        let mut dice = Dice::new(7);
        assert!((0..1000).all(|_| (-3..=3).contains(&dice.between(-3, 3))));
        assert!((0..1000).all(|_| dice.weighted(&[0, 5, 0]) == 1));
        assert_eq!((dice.below(0), dice.pick::<u8>(&[])), (0, None));
    }
}
