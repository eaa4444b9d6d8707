//! Backup and restore: a whole copy, consistent, verified before it counts.
//!
//! The matching is copied before the journal: what its copy says to be delivered is then in the copy of the journal,
//! and what it says to be waiting is delivered again, to the same effect.

use crate::error::LedgerError;
use crate::matching_store;
use crate::reader::Reader;
use crate::store::FILE_NAME;
use crate::verify::{Verification, verify};
use rusqlite::{Connection, OpenFlags};
use std::fs::File;
use std::path::{Path, PathBuf};

/// Copies the journal of a folder into a new file, while the service runs, and verifies the copy.
///
/// The copy holds one state of the journal; it appears under its name only once it is verified and on disk.
///
/// # Errors
/// A file that exists already, the storage error; a copy that does not verify is removed.
pub fn backup(folder: &Path, file: &Path) -> Result<Verification, LedgerError> {
    refuse_to_replace(file)?;
    let partial = file.with_extension("partial");
    if partial.exists() {
        std::fs::remove_file(&partial)?;
    }
    Reader::open(folder)?.copy_to(&partial)?;
    settle(&partial, file)
}

/// Puts a verified backup into a folder that holds no journal.
///
/// # Errors
/// A folder that holds a journal already, or the write-ahead log of one, the storage error; a backup that does not verify is not restored.
pub fn restore(file: &Path, folder: &Path) -> Result<Verification, LedgerError> {
    std::fs::create_dir_all(folder)?;
    let target = folder.join(FILE_NAME);
    // A write-ahead log left by another journal would be played into the restored one.
    let log = folder.join(format!("{FILE_NAME}-wal"));
    if let Some(there) = [&target, &log].into_iter().find(|path| path.exists()) {
        return Err(
            std::io::Error::new(std::io::ErrorKind::AlreadyExists, there.display().to_string()).into()
        );
    }
    let partial = folder.join("chambre.partial");
    std::fs::copy(file, &partial)?;
    settle(&partial, &target)
}

/// Name of the copy of the matching that goes with a copy of the journal: `2026.db`, `2026.appariement.db`.
#[must_use]
pub fn beside(file: &Path) -> PathBuf {
    file.with_extension("appariement.db")
}

/// Copies the matching of a folder into a new file, while the service runs, and checks the copy. Nothing when the
/// folder has none.
///
/// # Errors
/// A file that exists already, the storage error; a copy that is damaged is removed.
pub fn backup_matching(folder: &Path, file: &Path) -> Result<bool, LedgerError> {
    let source = folder.join(matching_store::FILE_NAME);
    if !source.exists() {
        return Ok(false);
    }
    refuse_to_replace(file)?;
    let partial = file.with_extension("partial");
    if partial.exists() {
        std::fs::remove_file(&partial)?;
    }
    let connection = Connection::open_with_flags(&source, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.execute("VACUUM INTO ?1", [partial.to_string_lossy()])?;
    settle_matching(&partial, file).map(|()| true)
}

/// Puts a copy of the matching into a folder that holds none. Nothing when there is no copy.
///
/// # Errors
/// A folder that holds one already, the storage error; a damaged copy.
pub fn restore_matching(file: &Path, folder: &Path) -> Result<bool, LedgerError> {
    if !file.exists() {
        return Ok(false);
    }
    let target = folder.join(matching_store::FILE_NAME);
    refuse_to_replace(&target)?;
    refuse_to_replace(&folder.join(format!("{}-wal", matching_store::FILE_NAME)))?;
    let partial = folder.join("matching.partial");
    std::fs::copy(file, &partial)?;
    settle_matching(&partial, &target).map(|()| true)
}

fn refuse_to_replace(file: &Path) -> Result<(), LedgerError> {
    if !file.exists() {
        return Ok(());
    }
    Err(std::io::Error::new(std::io::ErrorKind::AlreadyExists, file.display().to_string()).into())
}

fn settle_matching(partial: &Path, file: &Path) -> Result<(), LedgerError> {
    let checked = || -> Result<String, LedgerError> {
        let connection = Connection::open_with_flags(partial, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        matching_store::SCHEMA.check_ours(&connection)?;
        Ok(connection.query_row("PRAGMA integrity_check", [], |row| row.get(0))?)
    };
    match checked() {
        Ok(found) if found == "ok" => give_its_name(partial, file),
        found => {
            std::fs::remove_file(partial)?;
            found.and(Err(LedgerError::NotAJournal))
        }
    }
}

/// Verifies a partial file, makes it durable, gives it its name.
fn settle(partial: &Path, file: &Path) -> Result<Verification, LedgerError> {
    let verified = Reader::open_file(partial).and_then(|reader| verify(&reader, |_| {}));
    match verified {
        Ok(found) if found.fault.is_none() => {
            give_its_name(partial, file)?;
            Ok(found)
        }
        other => {
            std::fs::remove_file(partial)?;
            other
        }
    }
}

fn give_its_name(partial: &Path, file: &Path) -> Result<(), LedgerError> {
    File::open(partial)?.sync_all()?;
    std::fs::rename(partial, file)?;
    if let Some(parent) = file.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        File::open(parent)?.sync_all()?;
    }
    Ok(())
}
