//! `chambre backup`, `chambre restore`: a verified copy of the journal, and of the matching beside it, out and back.

use super::{DataOptions, verify};
use crate::failure::Failure;
use crate::report::Report;
use chambre_ledger::backup::{backup_matching, beside, restore_matching};
use chambre_ledger::store::FILE_NAME;
use chambre_ledger::{LedgerError, Verification};
use std::path::{Path, PathBuf};

/// Where the copy goes.
#[derive(Debug, clap::Args)]
pub struct BackupArgs {
    /// Fichier à créer ; il ne doit pas exister
    #[arg(value_name = "FICHIER")]
    file: PathBuf,
    #[command(flatten)]
    pub data: DataOptions,
}

/// Which copy comes back.
#[derive(Debug, clap::Args)]
pub struct RestoreArgs {
    /// Sauvegarde à remettre en place
    #[arg(value_name = "FICHIER")]
    file: PathBuf,
    #[command(flatten)]
    pub data: DataOptions,
}

/// Copies the journal into a new file and verifies the copy, even while the server runs.
///
/// # Errors
/// A file that exists, a folder without a journal (2); the disk, a damaged journal (3).
pub fn backup(args: &BackupArgs, before: Option<PathBuf>) -> Result<Report, Failure> {
    let folder = args.data.folder(before);
    let journal = folder.join(FILE_NAME);
    std::fs::metadata(&journal).map_err(|error| Failure::of_file(&journal, &error))?;
    parent_exists(&args.file)?;
    let beside = beside(&args.file);
    let matching = backup_matching(&folder, &beside).map_err(|error| Failure::of_books(&beside, error))?;
    let copied = chambre_ledger::backup(&folder, &args.file);
    if copied.as_ref().map_or(true, |found| found.fault.is_some()) && matching {
        // A copy of one without the other would not be a backup.
        let _ = std::fs::remove_file(&beside);
    }
    report("Sauvegarde faite et vérifiée.", &args.file, copied, matching.then_some(beside.as_path()))
}

/// Puts a copy back into a folder that holds no journal.
///
/// # Errors
/// A copy that is not there, a folder that holds a journal (2); the disk, a damaged copy (3).
pub fn restore(args: &RestoreArgs, before: Option<PathBuf>) -> Result<Report, Failure> {
    std::fs::metadata(&args.file).map_err(|error| Failure::of_file(&args.file, &error))?;
    let folder = args.data.folder(before);
    let restored = chambre_ledger::restore(&args.file, &folder);
    let copy = beside(&args.file);
    let matching = match &restored {
        Ok(found) if found.fault.is_none() => {
            restore_matching(&copy, &folder).map_err(|error| Failure::of_books(&copy, error))?
        }
        _ => false,
    };
    let journal = folder.join(FILE_NAME);
    report("Sauvegarde vérifiée et remise en place.", &journal, restored, matching.then_some(copy.as_path()))
}

fn parent_exists(file: &Path) -> Result<(), Failure> {
    match file.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => {
            std::fs::metadata(parent).map(|_| ()).map_err(|error| Failure::of_file(parent, &error))
        }
        None => Ok(()),
    }
}

fn report(
    done: &str,
    file: &Path,
    copied: Result<Verification, LedgerError>,
    matching: Option<&Path>,
) -> Result<Report, Failure> {
    let found = copied.map_err(|error| Failure::of_books(file, error))?;
    match &found.fault {
        None => {
            let mut text = format!("{done}\n{}", verify::summary(file, &found));
            let mut value = verify::as_json(file, &found);
            if let Some(copy) = matching {
                text += &format!("\nAppariement : {}", copy.display());
                value["matching"] = serde_json::json!(copy);
            }
            Ok(Report::new(text, value))
        }
        Some(fault) => Err(Failure::infrastructure(format!(
            "la copie n’est pas gardée : journal endommagé à l’écriture n° {} : {}.",
            fault.seq, fault.what
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Exit;
    use chambre_ledger::{Ledger, Settings};

    fn data(folder: &Path) -> DataOptions {
        DataOptions { data: Some(folder.to_owned()), json: false }
    }

    #[test]
    fn a_backup_goes_out_and_comes_back_and_replaces_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let _open = Ledger::open(folder.path(), Settings::default(), chambre_server::system_clock()).unwrap();
        drop(chambre_ledger::MatchingStore::open(folder.path()).unwrap());
        let file = folder.path().join("copie.db");
        let out = BackupArgs { file: file.clone(), data: data(folder.path()) };
        assert!(backup(&out, None).unwrap().text.starts_with("Sauvegarde faite et vérifiée."));
        assert_eq!(backup(&out, None).unwrap_err().exit(), Exit::Usage);
        let new = tempfile::tempdir().unwrap();
        let back = RestoreArgs { file, data: data(new.path()) };
        assert!(restore(&back, None).unwrap().text.contains("Appariement : "));
        assert!(
            new.path().join("matching.db").exists() && folder.path().join("copie.appariement.db").exists()
        );
        let again = restore(&back, None).unwrap_err();
        assert_eq!(again.exit(), Exit::Usage);
        assert!(again.to_string().contains("existe déjà"), "{again}");
    }

    #[test]
    fn nothing_to_back_up_is_a_mistake() {
        let folder = tempfile::tempdir().unwrap();
        let args = BackupArgs { file: folder.path().join("c"), data: data(folder.path()) };
        assert_eq!(backup(&args, None).unwrap_err().exit(), Exit::Usage);
    }
}
