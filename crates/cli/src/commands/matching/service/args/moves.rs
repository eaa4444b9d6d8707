//! What is typed of transfers, of chains and of turns.

use super::AuthorOptions;
use crate::chamber::{self, ServerOptions};
use crate::commands::matching::service::words::Decline;
use crate::look;
use chambre_domain::{Date, TerritoryId};
use std::path::PathBuf;

/// Which transfers.
#[derive(Debug, clap::Args)]
pub struct TransfersArgs {
    /// Dossier de besoins.csv (les locataires), logements.csv (ce qu’ils libèrent) et mutations.csv (menage;offre;accord)
    #[arg(value_name = "DOSSIER")]
    pub folder: PathBuf,
    /// Jour auquel les communes sont lues (défaut : aujourd’hui, à Paris)
    #[arg(long, value_name = "DATE", value_parser = look::typed_day)]
    pub on: Option<Date>,
    #[command(flatten)]
    pub author: AuthorOptions,
    #[command(flatten)]
    pub server: ServerOptions,
}

/// Which chain.
#[derive(Debug, clap::Args)]
pub struct ChainArgs {
    /// Identifiant de la chaîne ; ses propositions le portent, avec leur rang
    #[arg(value_name = "CHAÎNE")]
    pub chain: String,
    /// Territoire du ménage à reloger : SIREN ou nom
    #[arg(value_name = "TERRITOIRE", value_parser = chamber::territory)]
    pub territory: TerritoryId,
    /// Offre du logement vacant que prend la première mutation
    #[arg(value_name = "OFFRE")]
    pub offer: String,
    /// Locataires dans l’ordre de leurs mutations, puis le ménage à reloger
    #[arg(value_name = "MÉNAGE", required = true, num_args = 2..=6)]
    pub households: Vec<String>,
    /// Offre formelle sous laquelle le dernier logement sera notifié (défaut : l’identifiant de la chaîne)
    #[arg(long, value_name = "ID")]
    pub formal_offer: Option<String>,
    #[command(flatten)]
    pub author: AuthorOptions,
    #[command(flatten)]
    pub server: ServerOptions,
}

/// Which rotation.
#[derive(Debug, clap::Args)]
pub struct RotationArgs {
    /// Territoire : SIREN ou nom
    #[arg(value_name = "TERRITOIRE", value_parser = chamber::territory)]
    pub territory: TerritoryId,
    #[command(flatten)]
    pub server: ServerOptions,
}

/// Which turn.
#[derive(Debug, clap::Args)]
pub struct DeclineArgs {
    /// Identifiant de l’offre dont c’est le tour
    #[arg(value_name = "OFFRE")]
    pub offer: String,
    /// MOUS qui laisse passer ce logement
    #[arg(value_name = "MOUS")]
    pub team: String,
    /// Pourquoi
    #[arg(long, value_name = "MOTIF", value_enum)]
    pub declined_for: Decline,
    #[command(flatten)]
    pub author: AuthorOptions,
    #[command(flatten)]
    pub server: ServerOptions,
}
