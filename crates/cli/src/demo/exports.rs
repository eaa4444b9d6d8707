//! The files that an auditor takes away.

use anyhow::Context as _;
use chambre_api::{Client, v1};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

const FORMATS: [(&str, v1::ExportFormat); 8] = [
    ("journal", v1::ExportFormat::Journal),
    ("fec", v1::ExportFormat::Fec),
    ("hledger", v1::ExportFormat::Hledger),
    ("csv", v1::ExportFormat::Csv),
    ("csv-tableur", v1::ExportFormat::CsvFrench),
    ("beancount", v1::ExportFormat::Beancount),
    ("xlsx", v1::ExportFormat::Xlsx),
    ("parquet", v1::ExportFormat::Parquet),
];

/// A file, and its size.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Exported {
    /// Where it is.
    pub path: PathBuf,
    /// How long it is.
    pub bytes: u64,
}

/// Exports the journal in every format, each in its folder.
///
/// # Errors
/// What the chamber or the disk refuses; an export without a file, or an empty file.
pub async fn export(client: &Client, folder: &Path) -> anyhow::Result<Vec<Exported>> {
    let mut exported = Vec::new();
    for (name, format) in FORMATS {
        let folder = folder.join(name);
        std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        let request = v1::ExportJournalRequest { format: format.into(), ..Default::default() };
        let files = save(client, request, &folder).await.with_context(|| format!("export {name}"))?;
        anyhow::ensure!(!files.is_empty(), "l’export {name} ne contient aucun fichier");
        for path in files {
            let bytes = std::fs::metadata(&path)?.len();
            anyhow::ensure!(bytes > 0, "le fichier {} est vide", path.display());
            exported.push(Exported { path, bytes });
        }
    }
    Ok(exported)
}

async fn save(
    client: &Client,
    request: v1::ExportJournalRequest,
    folder: &Path,
) -> anyhow::Result<BTreeSet<PathBuf>> {
    let mut pieces = client.audit().export_journal(request).await?.into_inner();
    let mut paths = BTreeSet::new();
    let mut open: Option<(PathBuf, File)> = None;
    while let Some(piece) = pieces.message().await? {
        // Only the last part of the name is ours to follow: an export never leaves its folder.
        let name = Path::new(&piece.file_name).file_name().context("un fichier sans nom")?;
        let path = folder.join(name);
        let file = match &mut open {
            Some((current, file)) if *current == path => file,
            _ => {
                let file = File::options().create(true).append(true).open(&path)?;
                &mut open.insert((path.clone(), file)).1
            }
        };
        file.write_all(&piece.data)?;
        paths.insert(path);
    }
    Ok(paths)
}
