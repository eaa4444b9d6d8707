//! `chambre export`: the journal as files, written as they come.

use crate::chamber::{self, Contact, ServerOptions};
use crate::commands::bank;
use crate::failure::Failure;
use crate::look::{self, counted};
use crate::report::Report;
use chambre_api::convert::words::wire_date;
use chambre_api::v1;
use chambre_domain::{Date, Siren, TerritoryId};
use clap::ValueEnum;
use indicatif::ProgressBar;
use serde_json::json;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// What is exported, and where.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Format des fichiers
    #[arg(value_name = "FORMAT", value_enum)]
    format: Format,
    /// Arrêté dont les paiements sont ordonnés ; avec le format pain001
    #[arg(value_name = "ARRÊTÉ")]
    netting: Option<String>,
    /// Jour d’exécution demandé aux banques (défaut : aujourd’hui) ; avec le format pain001
    #[arg(long, value_name = "DATE", value_parser = look::typed_day)]
    execute_on: Option<Date>,
    /// CSV pour un tableur français : point-virgule, virgule décimale
    #[arg(long)]
    french: bool,
    /// Dossier où écrire ; il est créé au besoin
    #[arg(long, value_name = "DOSSIER")]
    out: PathBuf,
    /// Remplace les fichiers du même nom
    #[arg(long)]
    force: bool,
    /// Seulement ce territoire : SIREN ou nom
    #[arg(long, value_name = "TERRITOIRE", value_parser = chamber::territory)]
    territory: Option<TerritoryId>,
    /// Seulement ce bailleur
    #[arg(long, value_name = "SIREN", value_parser = chamber::siren)]
    bailleur: Option<Siren>,
    /// Premier jour des faits ; avec --to
    #[arg(long, value_name = "DATE", value_parser = look::typed_day, requires = "to")]
    from: Option<Date>,
    /// Dernier jour des faits ; avec --from
    #[arg(long, value_name = "DATE", value_parser = look::typed_day, requires = "from")]
    to: Option<Date>,
    /// Rien d’enregistré après ce jour : ce que la chambre savait alors (défaut : aujourd’hui)
    #[arg(long, value_name = "DATE", value_parser = look::typed_day)]
    closing: Option<Date>,
    /// Rien au-delà de cette écriture
    #[arg(long, value_name = "NUMÉRO", value_parser = clap::value_parser!(i64).range(1..))]
    up_to: Option<i64>,
    #[command(flatten)]
    pub server: ServerOptions,
}

/// Formats, as typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Shaped as the fichier des écritures comptables.
    Fec,
    /// hledger journal.
    Hledger,
    /// CSV.
    Csv,
    /// Payment orders for the banks of the debtors of a run.
    Pain001,
    /// beancount journal.
    Beancount,
    /// Workbook.
    Xlsx,
    /// Parquet.
    Parquet,
    /// Every entry with its seal, for `chambre verify --export`.
    Journal,
}

/// Writes the files of an export; none takes its name before all are whole.
///
/// # Errors
/// Options that do not go together, a file that exists (2); the disk, the server (3).
pub async fn run(args: &Args, contact: &Contact, json: bool) -> Result<Report, Failure> {
    let files = || Files::new(&args.out, args.force);
    if args.format == Format::Pain001 {
        let netting = orders_asked(args)?;
        std::fs::create_dir_all(&args.out).map_err(|error| Failure::of_file(&args.out, &error))?;
        return bank::orders((netting, args.execute_on), files(), contact).await;
    }
    let request = request(args)?;
    let chamber = contact.open().await?;
    std::fs::create_dir_all(&args.out).map_err(|error| Failure::of_file(&args.out, &error))?;
    let mut pieces = chamber.audit().export_journal(request).await?.into_inner();
    let mut files = files();
    let bar = spinner(json);
    while let Some(piece) = pieces.message().await? {
        bar.inc(piece.data.len() as u64);
        files.write(&piece.file_name, &piece.data)?;
    }
    bar.finish_and_clear();
    let written = files.keep()?;
    Ok(summary(&args.out, &written))
}

/// The run whose payments are ordered; what narrows the journal narrows no order.
fn orders_asked(args: &Args) -> Result<&str, Failure> {
    let narrowed = args.territory.is_some() || args.bailleur.is_some() || args.from.is_some();
    if narrowed || args.french || args.closing.is_some() {
        return Err(Failure::usage(
            "le format pain001 ne prend que l’arrêté, --out, --execute-on et --force.",
        ));
    }
    args.netting
        .as_deref()
        .ok_or_else(|| Failure::usage("indiquez l’arrêté : chambre export pain001 ARRÊTÉ --out DOSSIER."))
}

fn request(args: &Args) -> Result<v1::ExportJournalRequest, Failure> {
    let format = match (args.format, args.french) {
        (Format::Fec, false) => v1::ExportFormat::Fec,
        (Format::Hledger, false) => v1::ExportFormat::Hledger,
        (Format::Csv, false) => v1::ExportFormat::Csv,
        (Format::Csv, true) => v1::ExportFormat::CsvFrench,
        (Format::Beancount, false) => v1::ExportFormat::Beancount,
        (Format::Xlsx, false) => v1::ExportFormat::Xlsx,
        (Format::Parquet, false) => v1::ExportFormat::Parquet,
        (Format::Journal, false) => v1::ExportFormat::Journal,
        (_, true) => {
            return Err(Failure::usage("--french ne va qu’avec le format csv."));
        }
        (Format::Pain001, false) => {
            return Err(Failure::usage("le format pain001 n’est pas un extrait du journal."));
        }
    };
    if args.netting.is_some() || args.execute_on.is_some() {
        return Err(Failure::usage("un arrêté et --execute-on ne vont qu’avec le format pain001."));
    }
    let period = args
        .from
        .zip(args.to)
        .map(|(from, to)| v1::Period { from: Some(wire_date(from)), to: Some(wire_date(to)) });
    Ok(v1::ExportJournalRequest {
        format: format.into(),
        territory_siren: args.territory.map(|id| id.to_string()).unwrap_or_default(),
        bailleur_siren: args.bailleur.map(|siren| siren.to_string()).unwrap_or_default(),
        period,
        up_to_seq: args.up_to.unwrap_or(0),
        closing_date: args.closing.map(wire_date),
    })
}

fn spinner(json: bool) -> ProgressBar {
    let bar = look::progress(0, "octets", json);
    if let Ok(style) = indicatif::ProgressStyle::with_template("{spinner} {binary_bytes} reçus") {
        bar.set_style(style);
    }
    bar
}

/// Files under way: each has a passing name until all are whole.
pub(super) struct Files<'a> {
    out: &'a Path,
    force: bool,
    open: BTreeMap<String, NamedTempFile>,
}

impl<'a> Files<'a> {
    /// No file yet, in a folder that is there.
    pub(super) const fn new(out: &'a Path, force: bool) -> Self {
        Self { out, force, open: BTreeMap::new() }
    }

    /// The folder that they go to.
    pub(super) fn out(&self) -> &Path {
        self.out
    }

    /// Adds bytes to a file.
    pub(super) fn write(&mut self, name: &str, data: &[u8]) -> Result<(), Failure> {
        if !self.open.contains_key(name) {
            let file = self.begin(name)?;
            self.open.insert(name.to_owned(), file);
        }
        let Some(file) = self.open.get_mut(name) else { return Ok(()) };
        file.write_all(data).map_err(|error| Failure::of_file(&self.out.join(name), &error))
    }

    fn begin(&self, name: &str) -> Result<NamedTempFile, Failure> {
        // The name comes from the server: it names a file of this folder, nothing else.
        let alone = Path::new(name).file_name().is_some_and(|last| last == name) && !name.starts_with('.');
        if !alone {
            return Err(Failure::infrastructure(format!(
                "le serveur a nommé un fichier « {name} » : refusé."
            )));
        }
        let target = self.out.join(name);
        if !self.force && target.exists() {
            return Err(Failure::usage(format!(
                "{} existe déjà ; rien n’a été remplacé. Ajoutez --force pour le remplacer.",
                target.display()
            )));
        }
        let builder = tempfile::Builder::new().prefix(".export-").suffix(".partiel").tempfile_in(self.out);
        builder.map_err(|error| Failure::of_file(self.out, &error))
    }

    /// Makes every file durable, then gives each its name; the size of each.
    pub(super) fn keep(self) -> Result<Vec<(String, u64)>, Failure> {
        let cannot = |name: &str, error: &std::io::Error| Failure::of_file(&self.out.join(name), error);
        let mut written = Vec::with_capacity(self.open.len());
        for (name, file) in &self.open {
            file.as_file().sync_all().map_err(|error| cannot(name, &error))?;
            let size = file.as_file().metadata().map_err(|error| cannot(name, &error))?.len();
            written.push((name.clone(), size));
        }
        for (name, file) in self.open {
            let target = self.out.join(&name);
            let kept = if self.force { file.persist(&target) } else { file.persist_noclobber(&target) };
            let kept = kept.map_err(|error| Failure::of_file(&target, &error.error))?;
            readable(&kept).map_err(|error| Failure::of_file(&target, &error))?;
        }
        Ok(written)
    }
}

/// A passing file is for its owner only; an export is a file like another.
fn readable(file: &std::fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

pub(super) fn summary(out: &Path, written: &[(String, u64)]) -> Report {
    let json = json!({
        "files": written
            .iter()
            .map(|(name, bytes)| json!({ "path": out.join(name).display().to_string(), "bytes": bytes }))
            .collect::<Vec<_>>(),
    });
    if written.is_empty() {
        return Report::new("Rien à exporter pour ces filtres.", json);
    }
    let mut text = format!("{} dans {} :", counted(written.len(), "fichier écrit"), out.display());
    for (name, bytes) in written {
        text += &format!("\n  {name} ({} octets)", look::count(*bytes));
    }
    Report::new(text, json)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Exit;

    fn files(out: &Path, force: bool) -> Files<'_> {
        Files { out, force, open: BTreeMap::new() }
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn files_take_their_name_once_whole() {
        let folder = tempfile::tempdir().unwrap();
        let mut export = files(folder.path(), false);
        export.write("a.csv", b"un").unwrap();
        export.write("b.csv", b"deux").unwrap();
        export.write("a.csv", b" et un").unwrap();
        assert!(!folder.path().join("a.csv").exists());
        assert_eq!(export.keep().unwrap(), [("a.csv".to_owned(), 8), ("b.csv".to_owned(), 4)]);
        assert_eq!(std::fs::read(folder.path().join("a.csv")).unwrap(), b"un et un");
    }

    #[test]
    fn a_broken_export_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut export = files(folder.path(), false);
        export.write("a.csv", b"un").unwrap();
        drop(export);
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn nothing_is_replaced_without_force() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.csv"), "ancien").unwrap();
        let failure = files(folder.path(), false).write("a.csv", b"neuf").unwrap_err();
        assert_eq!(failure.exit(), Exit::Usage);
        let mut export = files(folder.path(), true);
        export.write("a.csv", b"neuf").unwrap();
        export.keep().unwrap();
        assert_eq!(std::fs::read(folder.path().join("a.csv")).unwrap(), b"neuf");
    }

    #[test]
    fn a_server_names_no_file_outside_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["../a", "/etc/a", "a/b", "..", "", ".cache"] {
            let failure = files(folder.path(), true).write(name, b"x").unwrap_err();
            assert_eq!(failure.exit(), Exit::Infrastructure, "{name}");
        }
    }
}
