//! The commands, one file each: what they are asked, what they ask the chamber, what they answer.

pub mod access_log;
pub mod backup;
pub mod bank;
pub mod convention;
pub mod export;
pub mod identity;
pub mod import;
pub mod keys;
pub mod matching;
pub mod netting;
pub mod offline;
pub mod pki;
pub mod plan;
pub mod positions;
pub mod pseudonym;
pub mod receipt;
pub mod register;
pub mod retention;
pub mod serve;
pub mod verify;

use std::path::PathBuf;

/// Where the data of a trial are.
const DEFAULT_DATA: &str = "./chambre-data";

/// Options of a command that reads the data folder itself.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct DataOptions {
    /// Dossier des données (défaut : CHAMBRE_DATA, sinon ./chambre-data)
    #[arg(long, value_name = "DOSSIER")]
    pub data: Option<PathBuf>,
    /// Répond en JSON, pour un programme
    #[arg(long)]
    pub json: bool,
}

impl DataOptions {
    /// The folder named here, else the one named before the command, else the one of a trial.
    pub fn folder(&self, before: Option<PathBuf>) -> PathBuf {
        self.data.clone().or(before).unwrap_or_else(|| PathBuf::from(DEFAULT_DATA))
    }
}
