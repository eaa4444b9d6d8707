//! An import file: declarations as lines of CSV.

use chambre_api::convert::ledger;
use chambre_cli::read_declarations;
use std::collections::BTreeSet;

/// Reads an import file, and makes of each declaration what the chamber would.
pub fn declarations(bytes: &[u8]) {
    let read = read_declarations(bytes);
    if !bytes.starts_with("\u{feff}".as_bytes()) {
        let marked = ["\u{feff}".as_bytes(), bytes].concat();
        // A mark before UTF-16's own makes it a file whose heading is wrong: refused, in other words.
        let again = read_declarations(&marked);
        assert_eq!(again.is_ok(), read.is_ok(), "a byte-order mark changes nothing");
        if let (Ok(again), Ok(read)) = (&again, &read) {
            assert_eq!(again, read, "a byte-order mark changes nothing");
        }
    }
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
    let declared = match read {
        Ok(declared) => declared,
        Err(bad) => {
            assert!(!bad.is_empty(), "refused without a word");
            for fault in bad {
                assert!(fault.line <= lines, "line {} of {lines}", fault.line);
                assert!(!fault.reason.is_empty() && !fault.french.is_empty(), "line {}", fault.line);
            }
            return;
        }
    };
    let (mut last, mut ids) = (1, BTreeSet::new());
    for (line, event) in declared {
        assert!(line > last && line <= lines, "line {line} after line {last}, of {lines}");
        last = line;
        assert!(ids.insert(event.event_id.clone()), "line {line}: the identifier of another");
        let (id, declared) = ledger::event(event.clone()).expect("what is accepted here, the chamber reads");
        assert_eq!(ledger::wire_event(&id, &declared), Some(event), "line {line}: read as something else");
    }
}
