//! `chambre match DIR`: the needs and the offers of a folder, read against the rules, and the best assignment.

use super::answer::{self, Answer};
use super::files::{self, Written};
use super::needs_report::{self, Form};
use super::{decision, summary};
use crate::failure::Failure;
use crate::file::folder::{self, Folder};
use crate::look;
use crate::report::{self, Report};
use chambre_domain::{BookedAt, Date};
use chambre_matching::trade::instance::batch;
use chambre_matching::trade::{References, Tables};
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
    /// Écrit l’état des besoins du mois, sans aucun ménage, dans ce fichier .csv ou .xlsx
    #[arg(long, value_name = "FICHIER", requires = "folder")]
    pub report: Option<PathBuf>,
    /// Remplace les fichiers du même nom
    #[arg(long, requires = "folder")]
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
    if options.out.is_some() && options.out == options.report {
        return Err(Failure::usage("--out et --report nomment le même fichier. Donnez-leur deux noms."));
    }
    for file in options.out.iter().chain(&options.report) {
        files::check_free(file, options.force)?;
    }
    let report =
        options.report.as_deref().map(|path| Ok::<_, Failure>((path, Form::of(path)?))).transpose()?;
    let on = options.on.unwrap_or_else(today);
    let folder = folder::read(path, on)?;
    let answer = answer(&folder, on, json)?;
    let mut text = summary::french(&answer, options.out.as_deref());
    let mut written = Vec::new();
    if let Some(path) = &options.out {
        let mut content = serde_json::to_vec_pretty(&answer).map_err(|error| unwritable(&error))?;
        content.push(b'\n');
        written.push(Written { path, content, open: false });
    }
    if let Some((path, form)) = report {
        written.push(Written {
            path,
            content: needs_report::write(&needs_report::lines(&folder), form)?,
            open: true,
        });
        text += &format!("État des besoins du mois : {}\n", path.display());
    }
    files::write(written, options.force)?;
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
pub fn today() -> Date {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    BookedAt::from_millis(i64::try_from(since.as_millis()).unwrap_or_default()).day_in_paris()
}

fn unwritable(error: &serde_json::Error) -> Failure {
    Failure::infrastructure(format!("la réponse ne peut être écrite ({error})."))
}
