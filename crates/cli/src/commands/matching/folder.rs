//! `chambre match DIR`: the needs and the offers of a folder, read against the rules, and the best assignment.

use super::answer::{self, Answer};
use super::{decision, summary};
use crate::failure::Failure;
use crate::file::folder::{self, Folder};
use crate::look;
use crate::report::{self, Report};
use chambre_domain::{BookedAt, Date};
use chambre_matching::trade::instance::batch;
use chambre_matching::trade::{References, Tables};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// FolderOptions of a folder.
#[derive(Debug, clap::Args)]
pub struct FolderOptions {
    /// Dossier de besoins.csv et de logements.csv (colonnes : docs/appariement.md)
    #[arg(value_name = "DOSSIER", conflicts_with = "graph", required_unless_present = "graph")]
    pub folder: Option<PathBuf>,
    /// Jour auquel les règles sont lues (défaut : aujourd’hui, à Paris)
    #[arg(long, value_name = "DATE", value_parser = look::typed_day, requires = "folder")]
    pub on: Option<Date>,
    /// Écrit la réponse entière dans ce fichier, en JSON
    #[arg(long, value_name = "FICHIER", requires = "folder")]
    pub out: Option<PathBuf>,
    /// Remplace le fichier du même nom
    #[arg(long, requires = "out")]
    pub force: bool,
    /// Répond en JSON, pour un programme
    #[arg(long)]
    pub json: bool,
}

/// From this many pairs on, the steps are told.
const LONG: u64 = 2_000_000;

/// Reads the folder, decides, and tells.
///
/// # Errors
/// A folder or a file that cannot be read, lines that are wrong, a file that exists (2); the disk (3).
pub fn run(path: &Path, options: &FolderOptions, json: bool) -> Result<Report, Failure> {
    if let Some(out) = options.out.as_deref().filter(|out| !options.force && out.exists()) {
        return Err(exists(out));
    }
    let on = options.on.unwrap_or_else(today);
    let folder = folder::read(path, on)?;
    let answer = answer(&folder, on, json)?;
    let text = summary::french(&answer, options.out.as_deref());
    if let Some(out) = &options.out {
        write(out, &answer, options.force)?;
    }
    if json {
        report::warn(&text);
    }
    let value = serde_json::to_value(&answer).map_err(|error| unwritable(&error))?;
    Ok(Report::new(text, value))
}

fn answer(folder: &Folder, on: Date, json: bool) -> Result<Answer, Failure> {
    let references = References {
        contingents: folder.contingents.clone().unwrap_or_default(),
        anru_operations: folder.anru_operations.clone().unwrap_or_default(),
        ..References::bare(on, Tables::shipped())
    };
    let (needs, offers) = (folder.needs.len() as u64, folder.offers.len() as u64);
    let say = |text: String| {
        if needs * offers >= LONG && !json {
            report::warn(&text);
        }
    };
    say(format!("Lecture des règles : {} ménages × {} logements…", look::count(needs), look::count(offers)));
    let batch = batch(&folder.needs, &folder.offers, &folder.policy, &references)?;
    say(format!(
        "Recherche du meilleur ensemble parmi {} couples possibles…",
        look::count(batch.instance.edges.len() as u64)
    ));
    let decision = decision::decide(&batch, folder)?;
    say("Décompte des règles qui écartent…".to_owned());
    answer::of(folder, &batch, &decision, &references, json)
}

/// Today, in Paris.
fn today() -> Date {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    BookedAt::from_millis(i64::try_from(since.as_millis()).unwrap_or_default()).day_in_paris()
}

/// Writes the answer under a passing name, makes it durable, then gives it its name.
fn write(out: &Path, answer: &Answer, force: bool) -> Result<(), Failure> {
    let failed = |error: &std::io::Error| Failure::of_file(out, error);
    let folder = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .prefix(".appariement-")
        .suffix(".partiel")
        .tempfile_in(folder)
        .map_err(|error| Failure::of_file(folder, &error))?;
    let text = serde_json::to_string_pretty(answer).map_err(|error| unwritable(&error))?;
    file.write_all(text.as_bytes()).and_then(|()| file.write_all(b"\n")).map_err(|error| failed(&error))?;
    file.as_file().sync_all().map_err(|error| failed(&error))?;
    let kept = if force { file.persist(out) } else { file.persist_noclobber(out) };
    kept.map_err(|error| {
        if error.error.kind() == std::io::ErrorKind::AlreadyExists {
            exists(out)
        } else {
            failed(&error.error)
        }
    })?;
    std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| failed(&error))
}

fn exists(out: &Path) -> Failure {
    let out = out.display();
    Failure::usage(format!("{out} existe déjà ; rien n’a été remplacé. Ajoutez --force pour le remplacer."))
}

fn unwritable(error: &serde_json::Error) -> Failure {
    Failure::infrastructure(format!("la réponse ne peut être écrite ({error})."))
}
