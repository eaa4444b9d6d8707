//! `chambre netting`: the life of a run, from its opening to its closing.
//!
//! | file | what it holds |
//! |---|---|
//! | `args` | what is typed |
//! | `steps` | the steps of a run |
//! | `regional` | one payment plan for the runs of several territories |
//! | `review` | what an officer looks at before a run |
//! | `disputes` | what is contested |
//! | `explain` | why a bailleur stands where it stands |
//! | `simulate` | several conventions on the same journal |
//! | `describe` | a run in words, tables and JSON |
//! | `document` | the arrêté and the relevés as files |

mod args;
mod describe;
mod disputes;
mod document;
mod explain;
mod regional;
mod review;
mod simulate;
mod steps;

use crate::chamber::{Contact, ServerOptions};
use crate::commands::bank;
use crate::failure::Failure;
use crate::report::Report;
use args::{
    CancelArgs, ConfirmArgs, DisputeArgs, DisputesArgs, DocumentArgs, ExplainArgs, InstructArgs, ListArgs,
    OpenArgs, ProposeArgs, PublishArgs, ReturnArgs, ReviewArgs, SettleDisputeArgs, ShowArgs, SignArgs,
    SimulateArgs,
};

/// What is done with runs.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Montre ce qui manque ou reste contesté sur un territoire avant un arrêté
    Review(ReviewArgs),
    /// Ouvre un arrêté : le territoire n’en a qu’un à la fois
    Open(OpenArgs),
    /// Arrête en date : ce qui arrive ensuite ira à l’arrêté suivant
    CutOff(SignArgs),
    /// Propose un arrêté : mesure les efforts, calcule positions et paiements
    Propose(ProposeArgs),
    /// Propose un plan de paiement régional : les arrêtés approuvés de plusieurs territoires en un seul plan
    ProposeRegional(regional::RegionalArgs),
    /// Publie la proposition aux bailleurs, qui peuvent la contester
    Publish(PublishArgs),
    /// Conteste un relogement, ou suspend un bailleur
    Dispute(DisputeArgs),
    /// Met fin à une contestation
    SettleDispute(SettleDisputeArgs),
    /// Liste les contestations
    Disputes(DisputesArgs),
    /// Montre un arrêté, ou un plan régional
    Show(ShowArgs),
    /// Explique la position d’un bailleur, jusqu’au centime du reste
    Explain(ExplainArgs),
    /// Compare des conventions sur le même journal, sans rien enregistrer
    Simulate(SimulateArgs),
    /// Liste les arrêtés et les plans régionaux, le dernier d’abord
    List(ListArgs),
    /// Approuve un arrêté ou un plan régional ; par un autre agent que celui qui l’a proposé
    Approve(SignArgs),
    /// Écarte une proposition
    Reject(SignArgs),
    /// Ordonne les paiements d’un arrêté ou d’un plan régional approuvé
    Instruct(InstructArgs),
    /// Annule un arrêté tant que ses paiements ne sont pas ordonnés
    Cancel(CancelArgs),
    /// Constate un paiement vu en banque
    Confirm(ConfirmArgs),
    /// Rapproche des relevés de banque, et constate ce qu’ils confirment
    Reconcile(bank::ReconcileArgs),
    /// Constate qu’un paiement vu en banque a été rejeté ensuite
    Return(ReturnArgs),
    /// Écrit l’arrêté de compensation (PDF) et le relevé de chaque bailleur (PDF et tableaux)
    Document(DocumentArgs),
    /// Clôt un arrêté : ce qui reste impayé est reporté
    Close(SignArgs),
}

impl Command {
    /// Its options about the server.
    pub fn server(&self) -> &ServerOptions {
        match self {
            Self::Review(args) => &args.server,
            Self::Open(args) => &args.server,
            Self::Propose(args) => &args.server,
            Self::ProposeRegional(args) => &args.server,
            Self::Publish(args) => &args.sign.server,
            Self::Dispute(args) => &args.server,
            Self::SettleDispute(args) => &args.server,
            Self::Disputes(args) => &args.server,
            Self::Show(args) => &args.server,
            Self::Explain(args) => &args.server,
            Self::Simulate(args) => &args.server,
            Self::List(args) => &args.server,
            Self::CutOff(args) | Self::Approve(args) | Self::Reject(args) | Self::Close(args) => &args.server,
            Self::Instruct(args) => &args.sign.server,
            Self::Cancel(args) => &args.sign.server,
            Self::Confirm(args) => &args.sign.server,
            Self::Reconcile(args) => &args.server,
            Self::Return(args) => &args.sign.server,
            Self::Document(args) => &args.server,
        }
    }
}

/// Does what is asked.
///
/// # Errors
/// What the chamber refuses; the server.
pub async fn run(command: &Command, contact: &Contact, json: bool) -> Result<Report, Failure> {
    let chamber = contact.open().await?;
    match command {
        Command::Review(args) => review::review(args, &chamber).await,
        Command::Open(args) => steps::open(args, &chamber).await,
        Command::CutOff(args) => steps::cut_off(args, &chamber).await,
        Command::Propose(args) => steps::propose(args, &chamber).await,
        Command::ProposeRegional(args) => regional::propose(args, &chamber).await,
        Command::Publish(args) => steps::publish(args, &chamber).await,
        Command::Dispute(args) => disputes::raise(args, &chamber).await,
        Command::SettleDispute(args) => disputes::settle(args, &chamber).await,
        Command::Disputes(args) => disputes::list(args, &chamber).await,
        Command::Explain(args) => explain::explain(args, &chamber).await,
        Command::Simulate(args) => simulate::simulate(args, &chamber).await,
        Command::Show(args) => steps::show(args, &chamber).await,
        Command::List(args) => steps::list(args.territory, &chamber).await,
        Command::Approve(args) => steps::approve(args, &chamber).await,
        Command::Reject(args) => steps::reject(args, &chamber).await,
        Command::Instruct(args) => steps::instruct(args, &chamber).await,
        Command::Cancel(args) => steps::cancel(args, &chamber).await,
        Command::Confirm(args) => steps::confirm(args, &chamber).await,
        Command::Reconcile(args) => bank::reconciled(args, &chamber).await,
        Command::Return(args) => steps::send_back(args, &chamber).await,
        Command::Document(args) => document::write(args, &chamber, json).await,
        Command::Close(args) => steps::close(args, &chamber).await,
    }
}
