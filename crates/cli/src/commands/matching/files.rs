//! The files that an answer leaves: whole and durable, or not at all.

use crate::failure::Failure;
use std::fs::{File, Permissions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use tempfile::NamedTempFile;

/// One file to write.
#[derive(Debug)]
pub struct Written<'a> {
    /// Its name.
    pub path: &'a Path,
    /// What it holds.
    pub content: Vec<u8>,
    /// Others than its owner may read it: it holds nothing about a household.
    pub open: bool,
}

/// Refuses a name that is taken, unless it is to be replaced.
///
/// # Errors
/// The name.
pub fn check_free(path: &Path, force: bool) -> Result<(), Failure> {
    if !force && path.exists() { Err(taken(path)) } else { Ok(()) }
}

/// Writes every file under a passing name, makes all durable, then gives each its name.
///
/// # Errors
/// A name taken meanwhile (2); the folder or the disk (3).
pub fn write(files: Vec<Written<'_>>, force: bool) -> Result<(), Failure> {
    let mut ready = Vec::with_capacity(files.len());
    for Written { path, content, open } in files {
        let passing =
            passing(folder_of(path), &content, open).map_err(|error| Failure::of_file(path, &error))?;
        ready.push((path, passing));
    }
    for (path, passing) in ready {
        let kept = if force { passing.persist(path) } else { passing.persist_noclobber(path) };
        kept.map_err(|error| match error.error.kind() {
            ErrorKind::AlreadyExists => taken(path),
            _ => Failure::of_file(path, &error.error),
        })?;
        let folder = folder_of(path);
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(|error| Failure::of_file(folder, &error))?;
    }
    Ok(())
}

fn passing(folder: &Path, content: &[u8], open: bool) -> std::io::Result<NamedTempFile> {
    let mut file = tempfile::Builder::new().prefix(".appariement-").suffix(".partiel").tempfile_in(folder)?;
    file.write_all(content)?;
    if open {
        file.as_file().set_permissions(Permissions::from_mode(0o644))?;
    }
    file.as_file().sync_all()?;
    Ok(file)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn taken(path: &Path) -> Failure {
    let path = path.display();
    Failure::usage(format!("{path} existe déjà ; rien n’a été remplacé. Ajoutez --force pour le remplacer."))
}
