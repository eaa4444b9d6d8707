//! `chambre backup`, `chambre restore`: a verified copy of the journal, and of the matching and the identities beside
//! it, out and back.

use super::{DataOptions, verify};
use crate::failure::Failure;
use crate::report::Report;
use chambre_ledger::Verification;
use chambre_ledger::backup::{backup_matching, beside, restore_matching};
use chambre_ledger::store::FILE_NAME;
use chambre_server::access::{backup_identities, restore_identities};
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
    let copies = Copies::of(&args.file);
    copies.are_free(&args.file)?;
    let done = copies.out(&folder).and_then(|found| {
        let copied = chambre_ledger::backup(&folder, &args.file);
        Ok((found, copied.map_err(|error| Failure::of_books(&args.file, error))?))
    });
    if !matches!(&done, Ok((_, copied)) if copied.fault.is_none()) {
        // A copy of one without the others would not be a backup.
        copies.remove();
    }
    let (found, copied) = done?;
    report("Sauvegarde faite et vérifiée.", &args.file, &copied, (&copies, found))
}

/// Puts a copy back into a folder that holds no journal.
///
/// # Errors
/// A copy that is not there, a folder that holds a journal (2); the disk, a damaged copy (3).
pub fn restore(args: &RestoreArgs, before: Option<PathBuf>) -> Result<Report, Failure> {
    std::fs::metadata(&args.file).map_err(|error| Failure::of_file(&args.file, &error))?;
    let folder = args.data.folder(before);
    let journal = folder.join(FILE_NAME);
    let restored = chambre_ledger::restore(&args.file, &folder);
    let restored = restored.map_err(|error| Failure::of_books(&journal, error))?;
    let copies = Copies::of(&args.file);
    let found = if restored.fault.is_none() { copies.back(&folder)? } else { Found::default() };
    report("Sauvegarde vérifiée et remise en place.", &journal, &restored, (&copies, found))
}

/// What is copied beside the journal.
struct Copies {
    matching: PathBuf,
    identities: PathBuf,
}

/// Which of them there are.
#[derive(Clone, Copy, Default)]
struct Found {
    matching: bool,
    identities: bool,
}

impl Copies {
    /// Their names: `2026.db` goes with `2026.appariement.db` and `2026.identites.log`.
    fn of(file: &Path) -> Self {
        Self { matching: beside(file), identities: file.with_extension("identites.log") }
    }

    /// Refuses names that are taken: what bears them is another copy, and stays.
    fn are_free(&self, file: &Path) -> Result<(), Failure> {
        match [file, &self.matching, &self.identities].into_iter().find(|path| path.exists()) {
            Some(taken) => Err(Failure::of_file(taken, &std::io::ErrorKind::AlreadyExists.into())),
            None => Ok(()),
        }
    }

    fn remove(&self) {
        for copy in [&self.matching, &self.identities] {
            let _ = std::fs::remove_file(copy);
        }
    }

    fn out(&self, folder: &Path) -> Result<Found, Failure> {
        let matching = backup_matching(folder, &self.matching);
        let matching = matching.map_err(|error| Failure::of_books(&self.matching, error))?;
        let identities = backup_identities(folder, &self.identities);
        let identities = identities.map_err(|error| of_identities(&self.identities, &error))?;
        Ok(Found { matching, identities })
    }

    fn back(&self, folder: &Path) -> Result<Found, Failure> {
        let matching = restore_matching(&self.matching, folder);
        let matching = matching.map_err(|error| Failure::of_books(&self.matching, error))?;
        let identities = restore_identities(&self.identities, folder);
        let identities = identities.map_err(|error| of_identities(&self.identities, &error))?;
        Ok(Found { matching, identities })
    }
}

fn of_identities(path: &Path, error: &std::io::Error) -> Failure {
    match error.kind() {
        std::io::ErrorKind::InvalidData => {
            Failure::infrastructure(format!("registre des identités endommagé : {error}."))
        }
        std::io::ErrorKind::AlreadyExists => Failure::of_file(Path::new(&error.to_string()), error),
        _ => Failure::of_file(path, error),
    }
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
    copied: &Verification,
    (copies, found): (&Copies, Found),
) -> Result<Report, Failure> {
    match &copied.fault {
        None => {
            let mut text = format!("{done}\n{}", verify::summary(file, copied));
            let mut value = verify::as_json(file, copied);
            for (there, what, name, copy) in [
                (found.matching, "Appariement", "matching", &copies.matching),
                (found.identities, "Identités", "identities", &copies.identities),
            ] {
                if there {
                    text += &format!("\n{what} : {}", copy.display());
                    value[name] = serde_json::json!(copy);
                }
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
