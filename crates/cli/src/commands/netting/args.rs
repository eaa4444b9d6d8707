//! What an officer types.

use crate::chamber::{self, ServerOptions};
use crate::look;
use chambre_api::v1;
use chambre_domain::{Cents, Date, Siren, TerritoryId};
use std::path::PathBuf;

/// What is reviewed.
#[derive(Debug, clap::Args)]
pub struct ReviewArgs {
    /// Territoire : SIREN ou nom
    #[arg(value_name = "TERRITOIRE", value_parser = chamber::territory)]
    pub territory: TerritoryId,
    /// Premier jour de la période
    #[arg(long, value_name = "DATE", value_parser = look::typed_day)]
    pub from: Date,
    /// Dernier jour de la période : la date d’arrêté
    #[arg(long, value_name = "DATE", value_parser = look::typed_day)]
    pub to: Date,
    #[command(flatten)]
    pub server: ServerOptions,
}

/// What is opened.
#[derive(Debug, clap::Args)]
pub struct OpenArgs {
    /// Territoire : SIREN ou nom
    #[arg(value_name = "TERRITOIRE", value_parser = chamber::territory)]
    pub territory: TerritoryId,
    /// Premier jour de la période
    #[arg(long, value_name = "DATE", value_parser = look::typed_day)]
    pub from: Date,
    /// Dernier jour de la période : la date d’arrêté
    #[arg(long, value_name = "DATE", value_parser = look::typed_day)]
    pub to: Date,
    /// Agent qui ouvre l’arrêté
    #[arg(long, value_name = "AGENT")]
    pub officer: String,
    /// Identifiant de l’arrêté (défaut : choisi par la chambre)
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// Contrôle seulement : rien n’est enregistré
    #[arg(long)]
    pub validate_only: bool,
    #[command(flatten)]
    pub server: ServerOptions,
}

/// What is proposed.
#[derive(Debug, clap::Args)]
pub struct ProposeArgs {
    /// Arrêté déjà ouvert, ou territoire (SIREN ou nom) : l’arrêté est alors ouvert au passage
    #[arg(value_name = "ARRÊTÉ|TERRITOIRE")]
    pub subject: String,
    /// Premier jour de la période (avec un territoire)
    #[arg(long, value_name = "DATE", value_parser = look::typed_day)]
    pub from: Option<Date>,
    /// Dernier jour de la période : la date d’arrêté (avec un territoire)
    #[arg(long, value_name = "DATE", value_parser = look::typed_day)]
    pub to: Option<Date>,
    /// Agent qui propose
    #[arg(long, value_name = "AGENT")]
    pub officer: String,
    /// Bailleur dont la position est reportée en entier pour cette proposition ; peut être répété
    #[arg(long, value_name = "SIREN", value_parser = chamber::siren)]
    pub hold: Vec<Siren>,
    /// Bailleur qui refuse l’arrêté : ses relogements attendent, il sort de la clé ; peut être répété
    #[arg(long, value_name = "SIREN", value_parser = chamber::siren)]
    pub refuse: Vec<Siren>,
    /// Identifiant de l’arrêté (défaut : choisi par la chambre)
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// Calcule et montre, n’écrit rien
    #[arg(long)]
    pub validate_only: bool,
    #[command(flatten)]
    pub server: ServerOptions,
}

/// Which run, and who signs the step. Steps that need more flatten it first.
#[derive(Debug, clap::Args)]
pub struct SignArgs {
    /// Identifiant de l’arrêté
    #[arg(value_name = "ID", index = 1)]
    pub id: String,
    /// Agent qui signe cette étape
    #[arg(long, value_name = "AGENT")]
    pub officer: String,
    /// Contrôle seulement : rien n’est enregistré
    #[arg(long)]
    pub validate_only: bool,
    #[command(flatten)]
    pub server: ServerOptions,
}

/// Until when a proposal may be disputed.
#[derive(Debug, clap::Args)]
pub struct PublishArgs {
    /// Dernier jour pour contester (défaut : le délai de la convention, ou aucun)
    #[arg(long, value_name = "DATE", value_parser = look::typed_day)]
    pub until: Option<Date>,
    #[command(flatten)]
    pub sign: SignArgs,
}

/// What is contested, by whom, and why.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("subject").required(true).args(["relogement", "bailleur"])))]
#[command(group(clap::ArgGroup::new("by").required(true).args(["officer", "raised_by"])))]
pub struct DisputeArgs {
    /// Relogement contesté : laissé hors des propositions jusqu’à la fin de la contestation
    #[arg(long, value_name = "ID")]
    pub relogement: Option<String>,
    /// Bailleur suspendu : toute sa position est reportée (agents seulement, avec --territory)
    #[arg(long, value_name = "SIREN", value_parser = chamber::siren, requires = "territory")]
    pub bailleur: Option<Siren>,
    /// Territoire du bailleur suspendu : SIREN ou nom
    #[arg(long, value_name = "TERRITOIRE", value_parser = chamber::territory)]
    pub territory: Option<TerritoryId>,
    /// Arrêté publié auquel répond la contestation
    #[arg(long, value_name = "ID")]
    pub netting: Option<String>,
    /// Motif
    #[arg(long, value_name = "MOTIF", value_enum)]
    pub reason: Reason,
    /// Agent qui conteste
    #[arg(long, value_name = "AGENT")]
    pub officer: Option<String>,
    /// Bailleur qui conteste, origine ou accueil du relogement, dans le délai d’un arrêté publié
    #[arg(long, value_name = "SIREN", value_parser = chamber::siren)]
    pub raised_by: Option<Siren>,
    /// Identifiant de la contestation (défaut : un nouveau)
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// Contrôle seulement : rien n’est enregistré
    #[arg(long)]
    pub validate_only: bool,
    #[command(flatten)]
    pub server: ServerOptions,
}

/// Why something is contested.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum Reason {
    /// Montant erroné
    Montant,
    /// Pièce manquante ou discordante
    Piece,
    /// Relogement étranger à l’opération ou au bailleur
    Etranger,
    /// Déclaré deux fois
    Doublon,
    /// Convention mal appliquée
    Convention,
    /// Négociation en cours entre les signataires
    Negociation,
}

impl From<Reason> for v1::DisputeReason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Montant => Self::AmountWrong,
            Reason::Piece => Self::VoucherMissing,
            Reason::Etranger => Self::NotConcerned,
            Reason::Doublon => Self::DeclaredTwice,
            Reason::Convention => Self::ConventionMisread,
            Reason::Negociation => Self::UnderNegotiation,
        }
    }
}

/// How a dispute ends.
#[derive(Debug, clap::Args)]
pub struct SettleDisputeArgs {
    /// Identifiant de la contestation
    #[arg(value_name = "ID")]
    pub id: String,
    /// Issue
    #[arg(long, value_name = "ISSUE", value_enum)]
    pub outcome: Outcome,
    /// Agent qui tranche
    #[arg(long, value_name = "AGENT")]
    pub officer: String,
    /// Contrôle seulement : rien n’est enregistré
    #[arg(long)]
    pub validate_only: bool,
    #[command(flatten)]
    pub server: ServerOptions,
}

/// Issues of a dispute.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum Outcome {
    /// La déclaration a été corrigée
    Corrigee,
    /// La déclaration est maintenue
    Ecartee,
    /// La contestation est retirée
    Retiree,
}

impl From<Outcome> for v1::DisputeOutcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Corrigee => Self::Corrected,
            Outcome::Ecartee => Self::Dismissed,
            Outcome::Retiree => Self::Withdrawn,
        }
    }
}

/// Which disputes are listed.
#[derive(Debug, clap::Args)]
pub struct DisputesArgs {
    /// Seulement ce territoire : SIREN ou nom
    #[arg(long, value_name = "TERRITOIRE", value_parser = chamber::territory)]
    pub territory: Option<TerritoryId>,
    /// Aussi celles qui sont closes
    #[arg(long)]
    pub all: bool,
    #[command(flatten)]
    pub server: ServerOptions,
}

/// Which run is shown.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// Identifiant de l’arrêté
    #[arg(value_name = "ID")]
    pub id: String,
    #[command(flatten)]
    pub server: ServerOptions,
}

/// Whose position is explained.
#[derive(Debug, clap::Args)]
pub struct ExplainArgs {
    /// Identifiant de l’arrêté
    #[arg(value_name = "ID")]
    pub id: String,
    /// Bailleur expliqué
    #[arg(value_name = "SIREN", value_parser = chamber::siren)]
    pub bailleur: Siren,
    #[command(flatten)]
    pub server: ServerOptions,
}

/// Which conventions are compared.
#[derive(Debug, clap::Args)]
pub struct SimulateArgs {
    /// Territoire : SIREN ou nom
    #[arg(value_name = "TERRITOIRE", value_parser = chamber::territory)]
    pub territory: TerritoryId,
    /// Fichiers de convention à comparer, de 1 à 8 ; NOM=FICHIER,FICHIER pour des versions qui se suivent
    #[arg(value_name = "CONVENTION", required = true, num_args = 1..=8)]
    pub scenarios: Vec<String>,
    /// Premier jour de la période
    #[arg(long, value_name = "DATE", value_parser = look::typed_day)]
    pub from: Date,
    /// Dernier jour de la période : la date d’arrêté
    #[arg(long, value_name = "DATE", value_parser = look::typed_day)]
    pub to: Date,
    /// Compare aussi chaque convention sans compter les travaux
    #[arg(long)]
    pub without_works: bool,
    /// Écrit aussi la comparaison dans ce dossier : PDF (tableau et image) et CSV
    #[arg(long, value_name = "DOSSIER")]
    pub out: Option<std::path::PathBuf>,
    /// Remplace les fichiers du même nom
    #[arg(long, requires = "out")]
    pub force: bool,
    #[command(flatten)]
    pub server: ServerOptions,
}

/// Which runs are listed.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// Seulement ce territoire : SIREN ou nom
    #[arg(long, value_name = "TERRITOIRE", value_parser = chamber::territory)]
    pub territory: Option<TerritoryId>,
    #[command(flatten)]
    pub server: ServerOptions,
}

/// When the banks are asked to pay.
#[derive(Debug, clap::Args)]
pub struct InstructArgs {
    /// Jour demandé aux banques : aujourd’hui ou plus tard
    #[arg(long, value_name = "DATE", value_parser = look::typed_day)]
    pub pay_on: Date,
    #[command(flatten)]
    pub sign: SignArgs,
}

/// Why a run is given up.
#[derive(Debug, clap::Args)]
pub struct CancelArgs {
    /// Motif
    #[arg(long, value_name = "MOTIF", value_enum)]
    pub reason: Cancellation,
    #[command(flatten)]
    pub sign: SignArgs,
}

/// Reasons of a cancellation.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum Cancellation {
    /// Ouvert par erreur (territoire ou période)
    Erreur,
    /// Des déclarations manquent
    Declarations,
    /// La convention doit d’abord changer
    Convention,
    /// Décision des signataires
    Signataires,
}

impl From<Cancellation> for v1::CancellationReason {
    fn from(reason: Cancellation) -> Self {
        match reason {
            Cancellation::Erreur => Self::OpenedByMistake,
            Cancellation::Declarations => Self::IncompleteDeclarations,
            Cancellation::Convention => Self::ConventionDisputed,
            Cancellation::Signataires => Self::DecisionOfTheSignatories,
        }
    }
}

/// Which payment was seen at the bank.
#[derive(Debug, clap::Args)]
pub struct ConfirmArgs {
    /// Référence du paiement
    #[arg(value_name = "PAIEMENT", index = 2)]
    pub payment: String,
    /// Montant vu en banque, en euros : 1234,56
    #[arg(long, value_name = "EUROS", value_parser = typed_euros)]
    pub amount: Cents,
    /// Jour du paiement en banque
    #[arg(long, value_name = "DATE", value_parser = look::typed_day)]
    pub paid_on: Date,
    #[command(flatten)]
    pub sign: SignArgs,
}

/// Which payment came back.
#[derive(Debug, clap::Args)]
pub struct ReturnArgs {
    /// Référence du paiement
    #[arg(value_name = "PAIEMENT", index = 2)]
    pub payment: String,
    /// Jour du rejet en banque
    #[arg(long, value_name = "DATE", value_parser = look::typed_day)]
    pub returned_on: Date,
    #[command(flatten)]
    pub sign: SignArgs,
}

/// Which documents, and where.
#[derive(Debug, clap::Args)]
pub struct DocumentArgs {
    /// Identifiant de l’arrêté, proposé au moins
    #[arg(value_name = "ID")]
    pub id: String,
    /// Dossier où écrire ; il est créé au besoin
    #[arg(long, value_name = "DOSSIER")]
    pub out: PathBuf,
    /// Seulement le relevé de ce bailleur
    #[arg(long, value_name = "SIREN", value_parser = chamber::siren)]
    pub bailleur: Option<Siren>,
    /// Remplace les fichiers du même nom
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub server: ServerOptions,
}

fn typed_euros(text: &str) -> Result<Cents, String> {
    Cents::parse_euros("montant", text).map_err(|refusal| refusal.reason.french().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_typed_with_a_comma_or_a_point() {
        assert_eq!(typed_euros("1 234,56"), Ok(Cents::new(123_456)));
        assert_eq!(typed_euros("1234.56"), Ok(Cents::new(123_456)));
        assert!(typed_euros("douze").is_err());
    }
}
