//! `chambre verify`: proves the journal from its first entry, even while the server runs; or an export alone.

use super::DataOptions;
use super::offline::{self, OfflineArgs};
use crate::failure::Failure;
use crate::look;
use crate::report::Report;
use chambre_ledger::retention::Destruction;
use chambre_ledger::store::FILE_NAME;
use chambre_ledger::{Households, Reader, Verification, verify};
use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// What is verified.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Vérifie une sauvegarde au lieu du dossier
    #[arg(long, value_name = "FICHIER")]
    backup: Option<PathBuf>,
    #[command(flatten)]
    offline: OfflineArgs,
    #[command(flatten)]
    pub data: DataOptions,
}

/// What a verification proves, and what it cannot.
const PROVED: &str = "\
Prouvé :
  - les écritures se suivent sans trou ni retour en arrière ;
  - chaque sceau correspond au contenu et à l’écriture précédente ;
  - les mouvements suivent les règles d’écriture, les extournes sont des miroirs ;
  - chaque solde est la somme de ses mouvements ;
  - chaque pseudonyme gardé est celui que son écriture engage ; ceux qui manquent ont une destruction inscrite.
Non prouvé :
  - que les déclarations disent vrai : les pièces sont chez les bailleurs ;
  - que la fin du journal n’a pas été retirée : comparez le sceau à celui que vous aviez noté ;
  - les écarts de loyer repris en fin de bail : seuls leurs comptes sont vérifiés ;
  - que les pseudonymes détruits devaient l’être : la liste des destructions n’est pas scellée.";

/// Reads the whole journal again.
///
/// # Errors
/// A journal that is damaged or cannot be read (3); nothing there (2).
pub fn run(args: &Args, before: Option<PathBuf>, json: bool) -> Result<Report, Failure> {
    if let Some(export) = &args.offline.export {
        return offline::run(export, &args.offline, json);
    }
    if let Some(receipts) = &args.offline.receipts {
        return offline::run_receipts(receipts, &args.offline);
    }
    let file = args.backup.clone().unwrap_or_else(|| args.data.folder(before).join(FILE_NAME));
    let found = verified(&file, json)?;
    if let Some(fault) = &found.fault {
        return Err(Failure::infrastructure(format!(
            "{} : journal endommagé à l’écriture n° {} : {}. Gardez ce fichier tel quel, restaurez la dernière \
             sauvegarde vérifiée dans un autre dossier et prévenez l’exploitant.",
            file.display(),
            fault.seq,
            fault.what
        )));
    }
    Ok(Report::new(format!("{}\n\n{PROVED}", summary(&file, &found)), as_json(&file, &found)))
}

fn verified(file: &Path, json: bool) -> Result<Verification, Failure> {
    // SQLite would only say that it cannot open it.
    std::fs::metadata(file).map_err(|error| Failure::of_file(file, &error))?;
    let of_books = |error| Failure::of_books(file, error);
    let reader = Reader::open_file(file).map_err(of_books)?;
    let sound = reader.quick_check().map_err(|error| of_books(error.into()))?;
    if sound != "ok" {
        return Err(Failure::infrastructure(format!("{} : fichier endommagé ({sound}).", file.display())));
    }
    let last = reader.last_seq().map_err(|error| of_books(error.into()))?;
    let bar = look::progress(last.get(), "écritures", json);
    let found = verify(&reader, |seq| bar.set_position(seq.get())).map_err(of_books)?;
    bar.finish_and_clear();
    Ok(found)
}

/// What was read, for a person.
pub fn summary(file: &Path, found: &Verification) -> String {
    if found.entries == 0 {
        return format!("{} : journal vide.", file.display());
    }
    let Households { kept, destroyed, in_clear } = found.households;
    let mut households =
        format!("Pseudonymes : {} gardés, {} détruits", look::count(kept), look::count(destroyed));
    if in_clear > 0 {
        households += &format!(", {} scellés en clair", look::count(in_clear));
    }
    if let Some(last) = found.destructions.last() {
        let day = look::french_day(last.done_at.day_in_paris());
        households += &format!(
            ". Dernière destruction : le {day}, {}, écritures n° {} à {}",
            look::count(last.openings),
            last.first,
            last.last
        );
    }
    format!(
        "{} : {} vérifiées, dont {} mouvementées ({} mouvements, {} comptes).\n{households}.\n\
         Sceau de la dernière : {}",
        file.display(),
        look::counted(usize::try_from(found.entries).unwrap_or(usize::MAX), "écriture"),
        look::count(found.ecritures),
        look::count(found.transfers),
        look::count(found.accounts as u64),
        HEXLOWER.encode(found.head.bytes()),
    )
}

/// The same for a program.
pub fn as_json(file: &Path, found: &Verification) -> Value {
    json!({
        "file": file.display().to_string(),
        "entries": found.entries,
        "ecritures": found.ecritures,
        "transfers": found.transfers,
        "accounts": found.accounts,
        "head_seal": HEXLOWER.encode(found.head.bytes()),
        "households": {
            "kept": found.households.kept,
            "destroyed": found.households.destroyed,
            "in_clear": found.households.in_clear,
        },
        "destructions": found.destructions.iter().map(destruction).collect::<Vec<_>>(),
        "sound": found.fault.is_none(),
    })
}

fn destruction(one: &Destruction) -> Value {
    json!({
        "done_on": one.done_at.day_in_paris().to_string(),
        "due_on": one.due_on.to_string(),
        "pseudonyms": one.openings,
        "first_seq": one.first.get(),
        "last_seq": one.last.get(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Exit;
    use chambre_ledger::{Ledger, Settings};

    fn check(args: &Args) -> Result<Report, Failure> {
        run(args, None, true)
    }

    fn args(data: &Path, backup: Option<PathBuf>) -> Args {
        Args {
            backup,
            offline: OfflineArgs::default(),
            data: DataOptions { data: Some(data.to_owned()), json: true },
        }
    }

    #[test]
    fn an_open_journal_is_verified_and_a_missing_one_is_a_mistake() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(check(&args(folder.path(), None)).unwrap_err().exit(), Exit::Usage);
        let _open = Ledger::open(folder.path(), Settings::default(), chambre_server::system_clock()).unwrap();
        let report = check(&args(folder.path(), None)).unwrap();
        assert!(report.text.contains("journal vide") && report.text.contains("Non prouvé"));
        assert_eq!(report.json["sound"], true);
    }

    #[test]
    fn a_file_that_is_no_journal_is_infrastructure() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("notes.txt");
        std::fs::write(&file, "bonjour ".repeat(1_000)).unwrap();
        assert_eq!(check(&args(folder.path(), Some(file))).unwrap_err().exit(), Exit::Infrastructure);
    }
}
