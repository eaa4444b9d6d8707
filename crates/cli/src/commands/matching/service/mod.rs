//! `chambre match run`, `propose`… : the matching kept by the server.
//!
//! | file | what it holds |
//! |---|---|
//! | [`args`], [`words`] | what is typed; the French words of stages, modes and reasons |
//! | [`declare`] | the needs, the offers and the contingents of a folder |
//! | [`policy`] | the rules of a territory |
//! | [`run`] | the best assignment of a territory; one pair explained |
//! | [`proposals`] | propose, answer, complete, list |
//! | [`chains`] | transfers declared and listed, chains proposed |
//! | [`rotation`] | whose turn each dwelling is at; a turn let pass |
//! | [`report`], [`picture`] | where a territory stands; the same drawn |
//! | [`outbox`] | what the ledger is told |

pub mod args;
mod chains;
mod declare;
mod outbox;
mod picture;
mod policy;
mod proposals;
mod report;
mod rotation;
mod run;
mod words;

use crate::chamber::{Contact, ServerOptions};
use crate::failure::Failure;
use crate::report::Report;
use args::*;

/// What is asked of the server.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Déclare au serveur les besoins, les logements et les contingents d’un dossier
    Declare(DeclareArgs),
    /// Retire un besoin ou une offre de sa liste
    Withdraw(WithdrawArgs),
    /// Montre les règles d’un territoire, ou en publie une nouvelle version
    Policy(PolicyArgs),
    /// Calcule le meilleur ensemble d’un territoire, aujourd’hui ; rien n’est enregistré
    Run(RunArgs),
    /// Explique un couple : ses points et son coût, ou les règles qui l’écartent
    Explain(ExplainArgs),
    /// Propose un logement à un ménage
    Propose(ProposeArgs),
    /// Fait avancer une proposition : position, CALEOL, notification, réponse du ménage, retrait
    Answer(AnswerArgs),
    /// Signe le bail : le relogement part au registre de la chambre
    Complete(CompleteArgs),
    /// Liste les propositions, ou les mutations déclarées
    List(ListArgs),
    /// Déclare des mutations : des locataires qui demandent un autre logement à leur bailleur, et ce qu’ils libéreraient
    Transfers(TransfersArgs),
    /// Propose une chaîne : chaque mutation prend le logement que libère la précédente, le ménage à reloger le dernier
    Chain(ChainArgs),
    /// Priorité tournante d’un territoire : l’ordre des MOUS, à qui est chaque logement, les tours finis
    Rotation(RotationArgs),
    /// Une MOUS laisse passer un logement dont c’est le tour : la suivante est interrogée
    Decline(DeclineArgs),
    /// États d’un territoire : besoins du mois, offres sans réaction, délais, contingents, logements gardés
    Report(ReportArgs),
    /// Montre ce qui est dit au registre, et ce qui attend
    Outbox(OutboxArgs),
}

impl Command {
    /// How the server is reached.
    pub const fn server(&self) -> &ServerOptions {
        match self {
            Self::Declare(args) => &args.server,
            Self::Withdraw(args) => &args.server,
            Self::Policy(args) => &args.server,
            Self::Run(args) => &args.server,
            Self::Explain(args) => &args.server,
            Self::Propose(args) => &args.server,
            Self::Answer(args) => &args.server,
            Self::Complete(args) => &args.server,
            Self::List(args) => &args.server,
            Self::Transfers(args) => &args.server,
            Self::Chain(args) => &args.server,
            Self::Rotation(args) => &args.server,
            Self::Decline(args) => &args.server,
            Self::Report(args) => &args.server,
            Self::Outbox(args) => &args.server,
        }
    }
}

/// Asks the server.
///
/// # Errors
/// What the server answers; files that cannot be read or are wrong.
pub async fn run(command: &Command, contact: &Contact) -> Result<Report, Failure> {
    let chamber = contact.open().await?;
    match command {
        Command::Declare(args) => declare::run(args, &chamber).await,
        Command::Withdraw(args) => declare::withdraw(args, &chamber).await,
        Command::Policy(args) => policy::run(args, &chamber).await,
        Command::Run(args) => run::run(args, &chamber).await,
        Command::Explain(args) => run::explain(args, &chamber).await,
        Command::Propose(args) => proposals::propose(args, &chamber).await,
        Command::Answer(args) => proposals::answer(args, &chamber).await,
        Command::Complete(args) => proposals::complete(args, &chamber).await,
        Command::List(args) if args.transfers => chains::list(args, &chamber).await,
        Command::List(args) => proposals::list(args, &chamber).await,
        Command::Transfers(args) => chains::declare(args, &chamber).await,
        Command::Chain(args) => chains::propose(args, &chamber).await,
        Command::Rotation(args) => rotation::run(args, &chamber).await,
        Command::Decline(args) => rotation::decline(args, &chamber).await,
        Command::Report(args) => report::run(args, &chamber).await,
        Command::Outbox(args) => outbox::run(args, &chamber).await,
    }
}
