//! Backup and restore: one state of the journal, verified, never over another.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests may stop

mod support;

use chambre_ledger::store::FILE_NAME;
use chambre_ledger::{Command, LedgerError, Mode, backup, restore};
use rusqlite::Connection;
use std::io::ErrorKind::AlreadyExists;
use std::sync::atomic::{AtomicBool, Ordering};
use support::*;

fn refused_to_overwrite(result: Result<chambre_ledger::Verification, LedgerError>) -> bool {
    matches!(result, Err(LedgerError::Folder(error)) if error.kind() == AlreadyExists)
}

#[test]
fn a_restored_backup_is_the_same_books() {
    let chamber = told();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("copy.db");
    let taken = backup(chamber.path(), &file).unwrap();
    assert_eq!((taken.fault.clone(), taken.entries), (None, chamber.head()));
    let mut other = Chamber::closed();
    assert_eq!(restore(&file, other.path()).unwrap(), taken);
    other.reopen();
    assert_eq!(other.state(), chamber.state());
    other.booked("next", works("R-1", 5));
    other.check_sound();
    assert!(!folder.path().join("copy.partial").exists());
    assert!(!other.path().join("chambre.partial").exists());
}

#[test]
fn a_backup_taken_while_writing_holds_one_state() {
    let chamber = Chamber::with_registry();
    chamber.booked("r", recorded("R-1", "OP-T", 'H', day(2025, 3, 15), 1));
    let folder = tempfile::tempdir().unwrap();
    let writing = AtomicBool::new(true);
    let (ledger, path) = (chamber.ledger().clone(), chamber.path().to_owned());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            for batch in 0.. {
                let command = |n| Command::new(id(&format!("w-{batch}-{n}")), works("R-1", 1));
                let commands = (0..50).map(command).collect();
                runtime.block_on(ledger.record(commands, Mode::Each)).unwrap();
                if !writing.load(Ordering::Relaxed) {
                    break;
                }
            }
        });
        for copy in 0..5 {
            let file = folder.path().join(format!("{copy}.db"));
            let taken = backup(&path, &file).unwrap();
            assert_eq!(taken.fault, None);
            assert_eq!((taken.entries - 10) % 50, 0, "half a group is in the copy");
            let restored = Chamber::closed();
            assert_eq!(restore(&file, restored.path()).unwrap(), taken);
        }
        writing.store(false, Ordering::Relaxed);
    });
    assert_eq!(chamber.verified().fault, None);
}

#[test]
fn a_backup_is_never_written_over_a_file() {
    let chamber = told();
    let file = chamber.path().join("there.db");
    std::fs::write(&file, "mine").unwrap();
    assert!(refused_to_overwrite(backup(chamber.path(), &file)));
    assert_eq!(std::fs::read(&file).unwrap(), b"mine");
}

#[test]
fn a_backup_is_never_restored_over_a_journal_nor_beside_its_log() {
    let chamber = told();
    let file = chamber.path().join("copy.db");
    backup(chamber.path(), &file).unwrap();
    let before = chamber.state();
    assert!(refused_to_overwrite(restore(&file, chamber.path())));
    assert_eq!(chamber.state(), before);
    // An operator moved the file away but left its write-ahead log: SQLite would play it into the backup.
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(format!("{FILE_NAME}-wal")), "left").unwrap();
    assert!(refused_to_overwrite(restore(&file, folder.path())));
    assert!(!folder.path().join(FILE_NAME).exists());
}

#[test]
fn a_damaged_backup_is_not_restored() {
    let chamber = told();
    let file = chamber.path().join("copy.db");
    backup(chamber.path(), &file).unwrap();
    Connection::open(&file).unwrap().execute("UPDATE balance SET credit = credit + 1", []).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let found = restore(&file, folder.path()).unwrap();
    assert_eq!(found.fault.unwrap().seq.get(), chamber.head());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left in the folder");
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    assert!(restore(&file, folder.path()).is_err() || !folder.path().join(FILE_NAME).exists());
    std::fs::write(&file, "not a journal").unwrap();
    assert!(restore(&file, folder.path()).is_err());
    assert!(!folder.path().join(FILE_NAME).exists());
}

#[test]
fn a_damaged_journal_gives_no_backup() {
    let mut chamber = told();
    chamber.close();
    let raw = Connection::open(chamber.path().join(FILE_NAME)).unwrap();
    raw.execute("UPDATE balance SET credit = credit + 1", []).unwrap();
    drop(raw);
    let file = chamber.path().join("copy.db");
    assert!(backup(chamber.path(), &file).unwrap().fault.is_some());
    assert!(!file.exists() && !file.with_extension("partial").exists());
}

#[test]
fn nothing_is_backed_up_from_an_empty_folder() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("copy.db");
    assert!(backup(folder.path(), &file).is_err());
    assert!(!file.exists());
}
