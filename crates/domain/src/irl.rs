//! IRL: the index by which rents are revised each 1 January.
//!
//! Source: INSEE series 001515333 (`data/irl.csv`); the rule is CCH L.353-9-2 and L.353-9-3: the index of the
//! second quarter of the year before.

use crate::money::Cents;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// The rent of year `year`, from the rent of the year before.
///
/// rent × IRL(Q2 of `year`−1) ÷ IRL(Q2 of `year`−2), rounded half-up to the cent. Nothing when the index of
/// either quarter is not in the data.
#[must_use]
pub fn revised_on_1_january(rent: Cents, year: i16) -> Option<Cents> {
    let index = |year: i16| second_quarters().get(&year).copied();
    rent.ratio(index(year - 1)?, index(year - 2)?)
}

/// IRL of the second quarter of each year, in hundredths.
fn second_quarters() -> &'static BTreeMap<i16, i64> {
    static INDEXES: OnceLock<BTreeMap<i16, i64>> = OnceLock::new();
    INDEXES.get_or_init(|| {
        csv::Reader::from_reader(include_str!("../data/irl.csv").as_bytes())
            .into_records()
            .map(|row| row.expect("shipped data: well-formed CSV"))
            .filter(|row| row[0].ends_with("Q2"))
            .map(|row| {
                let year = row[0][..4].parse().expect("shipped data: year");
                (year, row[1].replace('.', "").parse().expect("shipped data: two decimals"))
            })
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rents_follow_the_index_step_by_step() {
        assert_eq!(revised_on_1_january(Cents::new(50_000), 2026), Some(Cents::new(50_520)));
        assert_eq!(revised_on_1_january(Cents::new(50_000), 2027), Some(Cents::new(50_576)));
        let mut rent = Cents::new(61_237);
        for (year, expected) in [(2025, 63_232), (2026, 63_890), (2027, 64_626)] {
            rent = revised_on_1_january(rent, year).unwrap();
            assert_eq!(rent, Cents::new(expected), "{year}");
        }
    }

    #[test]
    fn an_unpublished_index_gives_nothing() {
        assert_eq!(revised_on_1_january(Cents::new(50_000), 2028), None);
    }

    #[test]
    fn indexes_have_two_decimals() {
        assert_eq!(second_quarters().get(&2024), Some(&14_517));
        assert_eq!(second_quarters().len(), 7);
    }
}
