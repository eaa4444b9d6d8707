//! The monthly needs table of Grand Paris Grand Est, sent to every reserver.
//!
//! « Ce tableau de synthèse très simple indique la typologie et le conventionnement du logement requis par NPNRU. Les
//! situations d’urgence sont mises en exergue » (study). Counts only.

use super::Cell;
use crate::trade::HouseholdNeed;
use crate::trade::dwelling::Financing;
use chambre_domain::OperationId;
use chambre_domain::relogement::Typology;
use serde::Serialize;
use std::collections::BTreeMap;

/// One line: how many households of an operation look for this size and this financing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NeedsRow {
    /// The operation.
    pub operation: OperationId,
    /// The typology that fits best.
    pub typology: Typology,
    /// The financing looked for; nothing when its team did not say.
    pub financing: Option<Financing>,
    /// Households.
    pub households: Cell,
    /// Of them, urgent ones.
    pub urgent: Cell,
    /// Some are urgent: the line is to be brought out.
    pub flagged: bool,
}

/// Who reads the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// The territory itself: every count is shown.
    Territory,
    /// Anybody else: counts below this one are hidden.
    Outside {
        /// The least count shown; 5 in the standard policy.
        least_cell: u32,
    },
}

/// The table of needs still open, by operation, typology and financing.
#[must_use]
pub fn needs_table<'a>(needs: impl IntoIterator<Item = &'a HouseholdNeed>, reader: Reader) -> Vec<NeedsRow> {
    let mut counts: BTreeMap<_, (u32, u32)> = BTreeMap::new();
    for need in needs {
        let need = need.declared();
        let key = (need.operation.clone(), need.typology.ideal, need.wanted_financing);
        let (households, urgent) = counts.entry(key).or_default();
        *households += 1;
        *urgent += u32::from(need.urgency.is_some());
    }
    let least = match reader {
        Reader::Territory => 0,
        Reader::Outside { least_cell } => least_cell,
    };
    let row = |((operation, typology, financing), (households, urgent))| NeedsRow {
        operation,
        typology,
        financing,
        households: Cell::of(households, least),
        urgent: Cell::of(urgent, least),
        flagged: urgent > 0,
    };
    counts.into_iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trade::need::{NeedDeclaration, Urgency, UrgencyCode};
    use crate::trade::tests::{TODAY, household, need, operation};

    fn needs(which: &str, count: usize, urgent: usize) -> Vec<HouseholdNeed> {
        let of = |number: usize| {
            let urgency =
                (number < urgent).then_some(Urgency { code: UrgencyCode::LastOccupants, since: TODAY });
            let household = household(&format!("h-{which}-{number}"));
            HouseholdNeed::new(NeedDeclaration { household, operation: operation(which), urgency, ..need() })
                .unwrap()
        };
        (0..count).map(of).collect()
    }

    #[test]
    fn the_table_is_by_operation_and_hides_small_counts_outside_the_territory() {
        let all = [needs("OP-2", 3, 1), needs("OP-1", 6, 0)].concat();
        let rows = |reader| {
            let rows = needs_table(&all, reader).into_iter();
            let shown = rows.map(|row| {
                (row.operation.to_string(), row.households.french(), row.urgent.french(), row.flagged)
            });
            shown.collect::<Vec<_>>()
        };
        let line = |operation: &str, households: &str, urgent: &str, flagged| {
            (operation.to_owned(), households.to_owned(), urgent.to_owned(), flagged)
        };
        assert_eq!(rows(Reader::Territory), [line("OP-1", "6", "0", false), line("OP-2", "3", "1", true)]);
        let outside = rows(Reader::Outside { least_cell: 5 });
        assert_eq!(outside, [line("OP-1", "6", "0", false), line("OP-2", "<5", "<5", true)]);
    }

    #[test]
    fn the_table_carries_no_household() {
        let rows = serde_json::to_string(&needs_table(&needs("OP-1", 2, 1), Reader::Territory)).unwrap();
        assert!(!rows.contains("h-OP-1"));
    }
}
