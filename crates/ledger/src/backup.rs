//! Backup and restore: a whole copy, consistent, verified before it counts.

use crate::error::LedgerError;
use crate::reader::Reader;
use crate::store::FILE_NAME;
use crate::verify::{Verification, verify};
use std::fs::File;
use std::path::Path;

/// Copies the journal of a folder into a new file, while the service runs, and verifies the copy.
///
/// The copy holds one state of the journal; it appears under its name only once it is verified and on disk.
///
/// # Errors
/// A file that exists already, the storage error; a copy that does not verify is removed.
pub fn backup(folder: &Path, file: &Path) -> Result<Verification, LedgerError> {
    if file.exists() {
        return Err(std::io::Error::new(std::io::ErrorKind::AlreadyExists, file.display().to_string()).into());
    }
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

/// Verifies a partial file, makes it durable, gives it its name.
fn settle(partial: &Path, file: &Path) -> Result<Verification, LedgerError> {
    let verified = Reader::open_file(partial).and_then(|reader| verify(&reader, |_| {}));
    match verified {
        Ok(found) if found.fault.is_none() => {
            File::open(partial)?.sync_all()?;
            std::fs::rename(partial, file)?;
            if let Some(parent) = file.parent().filter(|parent| !parent.as_os_str().is_empty()) {
                File::open(parent)?.sync_all()?;
            }
            Ok(found)
        }
        other => {
            std::fs::remove_file(partial)?;
            other
        }
    }
}
