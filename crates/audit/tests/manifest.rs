//! The manifest tells what the files hold, and the sink is fed by pieces.

#![allow(clippy::unwrap_used)]

mod common;

use chambre_audit::{Export, ExportError, Format, Manifest, Sink};
use chambre_domain::{Account, Amount, BookedAt, Compte, Date, Entry, Seq, Transfer};
use common::{entry, host, journal, names, paris, plaine_commune, run, transfer, whole, works};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use std::io;

/// A sink that keeps the name and the length of each piece.
#[derive(Default)]
struct Pieces(Vec<(String, usize)>);

impl Sink for Pieces {
    fn write(&mut self, file: &str, bytes: &[u8]) -> io::Result<()> {
        self.0.push((file.to_owned(), bytes.len()));
        Ok(())
    }
}

/// The other end of a stream whose caller went away.
struct Gone;

impl Sink for Gone {
    fn write(&mut self, _: &str, _: &[u8]) -> io::Result<()> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
}

/// Why the export of these entries stops.
fn refused(format: Format, entries: &[Entry]) -> ExportError {
    let error = run(format, whole(), entries).unwrap_err();
    *error.get_ref().unwrap().downcast_ref::<ExportError>().unwrap()
}

#[test]
fn the_sha256_of_each_file_is_the_one_of_its_bytes() {
    for format in [Format::Fec, Format::Hledger, Format::Csv, Format::CsvFrench] {
        let (files, manifest) = run(format, whole(), &journal()).unwrap();
        for file in &manifest.files {
            let text = files.text(&file.name);
            let digest = Sha256::digest(&text);
            let expected = HEXLOWER.encode(&digest);
            assert_eq!(
                (&file.sha256, file.bytes),
                (&expected, u64::try_from(text.len()).unwrap()),
                "{}",
                file.name
            );
        }
        let written: serde_json::Value = serde_json::from_str(&files.text(Manifest::FILE_NAME)).unwrap();
        assert_eq!(written["last_seal"], "0a".repeat(32));
        assert_eq!(written["read_up_to_seq"], 10);
    }
}

#[test]
fn formats_agree_on_what_is_moved_and_the_fec_says_what_it_leaves_out() {
    let of = |format| run(format, whole(), &journal()).unwrap().1;
    let (fec, hledger, csv) = (of(Format::Fec), of(Format::Hledger), of(Format::Csv));
    assert_eq!(hledger.moved, csv.moved);
    assert!(hledger.left_out.is_empty());
    assert_eq!(fec.moved.keys().collect::<Vec<_>>(), [&"EUR"]);
    assert_eq!(fec.moved["EUR"], csv.moved["EUR"]);
    assert_eq!(fec.left_out["M2SDP"], csv.moved["M2SDP"]);
    assert_eq!((csv.rows, hledger.rows, fec.rows), (12, 24, 20));
    assert_eq!((fec.ecritures, csv.ecritures), (8, 9));
    assert_eq!((fec.first_seq, fec.last_seq), (Some(Seq::new(2)), Some(Seq::new(10))));
}

#[test]
fn a_long_journal_reaches_the_sink_in_pieces_one_file_after_the_other() {
    let moved = transfer((Compte::Travaux, host()), (Compte::EffortMesure, host()), 100_000_000_000);
    let mut entry = entry(1, Date::constant(2025, 5, 5), "e", works(), &[moved]);
    let mut sink = Pieces::default();
    let mut export = Export::new(Format::Hledger, whole(), names());
    for seq in 1..=5_000 {
        entry.seq = Seq::new(seq);
        export.entry(&entry, &mut sink).unwrap();
    }
    let manifest = export.finish(&mut sink).unwrap();
    assert!(sink.0.iter().all(|(_, length)| *length < 70_000), "{:?}", sink.0);
    assert!(sink.0.len() > 10);
    let mut order: Vec<String> = sink.0.into_iter().map(|(file, _)| file).collect();
    order.dedup();
    assert_eq!(order, ["journal.hledger", "accounts.hledger", "manifest.json"]);
    assert_eq!(manifest.moved["EUR"].total.quantity, 5_000 * 100_000_000_000);
}

#[test]
fn a_journal_out_of_order_is_refused() {
    let mut entries = journal();
    entries.swap(3, 4);
    assert_eq!(refused(Format::Csv, &entries).to_string(), "entry 4 was given after entry 5");
}

#[test]
fn a_clock_that_goes_back_is_refused() {
    let mut entries = journal();
    entries[5].booked_at = BookedAt::from_millis(entries[4].booked_at.millis() - 1);
    assert!(matches!(refused(Format::Fec, &entries), ExportError::BookedBefore { .. }));
}

#[test]
fn a_transfer_between_two_territories_is_refused() {
    let [from, to] =
        [paris(), plaine_commune()].map(|place| Account::of(Compte::EffortMesure, place, host()));
    let across = Transfer::new(from, to, Amount::ONE).unwrap();
    let entries = [entry(1, Date::constant(2025, 5, 5), "e", works(), &[across])];
    assert!(matches!(refused(Format::Csv, &entries), ExportError::TwoTerritories { .. }));
}

#[test]
fn a_sink_that_fails_stops_the_export() {
    let export = Export::new(Format::Csv, whole(), names());
    assert_eq!(export.finish(&mut Gone).unwrap_err().kind(), io::ErrorKind::BrokenPipe);
}

#[test]
fn an_export_may_run_on_a_thread_of_its_own() {
    fn sendable<T: Send>(_: &T) {}
    sendable(&Export::new(Format::Hledger, whole(), names()));
}
