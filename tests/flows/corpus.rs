//! Every file that the fuzz targets keep is read again, one test for each target: a fault once found stays found.

#![allow(clippy::unwrap_used)]

use scenarios::outside::TARGETS;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The longest file of a corpus, and the most files of a target: small enough to read in a review.
const LONGEST: usize = 4 << 10;
const MOST: usize = 60;

fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(path)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries =
        std::fs::read_dir(folder).unwrap_or_else(|error| unreachable!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn replay(target: &str) {
    let (_, read) = TARGETS.iter().find(|(name, _)| *name == target).unwrap();
    let files = files(&folder("corpus").join(target));
    assert!((1..=MOST).contains(&files.len()), "{target}: {} files", files.len());
    for file in files {
        // Shown with the failure of a test: which file it was.
        println!("{}", file.display());
        let bytes = std::fs::read(&file).unwrap();
        assert!(bytes.len() <= LONGEST, "{} bytes", bytes.len());
        read(&bytes);
    }
}

#[test]
fn authorizations_are_accepted_only_as_signed() {
    replay("authorization");
}

#[test]
fn bank_files_add_up_or_are_refused() {
    replay("camt");
}

#[test]
fn claims_are_accepted_as_they_are() {
    replay("claims");
}

#[test]
fn conventions_are_the_same_once_written_again() {
    replay("convention");
}

#[test]
fn import_files_hold_what_the_chamber_reads() {
    replay("declarations");
}

#[test]
fn messages_are_the_same_once_sent_again() {
    replay("wire");
}

#[test]
fn every_target_has_its_program_and_its_corpus() {
    let names = |path: &str| -> BTreeSet<String> {
        let stems = files(&folder(path)).into_iter().map(|path| path.file_stem().unwrap().to_owned());
        stems.map(|stem| stem.into_string().unwrap()).collect()
    };
    let targets: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names("fuzz_targets"), targets);
    assert_eq!(names("corpus"), targets);
}
