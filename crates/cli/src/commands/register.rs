//! `chambre register`: bailleurs, their bank accounts and operations, from a file.

use crate::chamber::{Contact, ServerOptions};
use crate::failure::{Failure, exit_of, sentence};
use crate::file::registration::{self, AccountLine, Registration};
use crate::file::{BadLine, BadLines};
use crate::look::counted;
use crate::report::{Exit, Report};
use chambre_api::{Client, Refused, v1};
use serde_json::json;
use std::path::PathBuf;
use tonic::Status;

/// What is registered.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Inscrit des bailleurs (colonnes : siren, nom, type)
    Bailleurs(Args),
    /// Inscrit des comptes bancaires (colonnes : siren, iban, bic, titulaire, valable_du, event_id)
    Iban(AccountArgs),
    /// Inscrit des opérations (colonnes : operation, nom, type, territoire, bailleur_origine, …)
    Operations(Args),
}

/// From which file.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Fichier CSV : une ligne par inscription (colonnes : docs/import.md)
    #[arg(value_name = "FICHIER.csv")]
    file: PathBuf,
    /// Contrôle seulement : rien n’est enregistré
    #[arg(long)]
    validate_only: bool,
    #[command(flatten)]
    server: ServerOptions,
}

/// From which file, by whom.
#[derive(Debug, clap::Args)]
pub struct AccountArgs {
    /// Agent qui inscrit
    #[arg(long, value_name = "AGENT")]
    officer: String,
    #[command(flatten)]
    args: Args,
}

impl Command {
    /// Its options about the server.
    pub fn server(&self) -> &ServerOptions {
        match self {
            Self::Bailleurs(args) | Self::Operations(args) => &args.server,
            Self::Iban(account) => &account.args.server,
        }
    }
}

/// Registers every line, once every line is found good.
///
/// # Errors
/// Lines that are wrong by themselves or that the chamber refuses; the server.
pub async fn run(command: &Command, contact: &Contact) -> Result<Report, Failure> {
    match command {
        Command::Bailleurs(args) => {
            let lines = registration::read::<v1::Bailleur>(&args.file)?;
            register(&lines, &contact.open().await?, args.validate_only, "bailleur inscrit").await
        }
        Command::Iban(AccountArgs { officer, args }) => {
            let mut lines = registration::read::<AccountLine>(&args.file)?;
            for (_, line) in &mut lines {
                line.account.officer_id.clone_from(officer);
            }
            register(&lines, &contact.open().await?, args.validate_only, "compte inscrit").await
        }
        Command::Operations(args) => {
            let lines = registration::read::<v1::Operation>(&args.file)?;
            register(&lines, &contact.open().await?, args.validate_only, "opération inscrite").await
        }
    }
}

/// A line that the chamber can register.
trait Send: Registration + Clone {
    /// Sends it; tells whether it was there already.
    async fn send(self, chamber: &Client, validate_only: bool) -> Result<bool, Status>;
}

impl Send for v1::Bailleur {
    async fn send(self, chamber: &Client, validate_only: bool) -> Result<bool, Status> {
        let request = v1::RegisterBailleurRequest { bailleur: Some(self), validate_only };
        let answer = chamber.registry().register_bailleur(request).await?.into_inner();
        Ok(answer.receipt.is_some_and(|receipt| receipt.replayed))
    }
}

impl Send for AccountLine {
    async fn send(self, chamber: &Client, validate_only: bool) -> Result<bool, Status> {
        let (event_id, bank_account) = (self.event_id, Some(self.account));
        let request = v1::RegisterBankAccountRequest { event_id, bank_account, validate_only };
        let answer = chamber.registry().register_bank_account(request).await?.into_inner();
        Ok(answer.receipt.is_some_and(|receipt| receipt.replayed))
    }
}

impl Send for v1::Operation {
    async fn send(self, chamber: &Client, validate_only: bool) -> Result<bool, Status> {
        let request = v1::RegisterOperationRequest { operation: Some(self), validate_only };
        let answer = chamber.registry().register_operation(request).await?.into_inner();
        Ok(answer.receipt.is_some_and(|receipt| receipt.replayed))
    }
}

async fn register<T: Send>(
    lines: &[(u64, T)],
    chamber: &Client,
    validate_only: bool,
    noun: &str,
) -> Result<Report, Failure> {
    let checked = send_all(lines, chamber, true).await?;
    let replayed = if validate_only { checked } else { send_all(lines, chamber, false).await? };
    let new = lines.len() - replayed;
    let already = if replayed == 0 { String::new() } else { format!(" Déjà au registre : {replayed}.") };
    let text = match (new, validate_only) {
        (0, _) => "Rien à ajouter : tout est déjà au registre, à l’identique.".to_owned(),
        (_, true) => {
            format!("Fichier valable : {} à inscrire.{already} Rien n’a été écrit.", counted(new, "ligne"))
        }
        (_, false) => format!("{}.{already}", counted(new, noun)),
    };
    let recorded = if validate_only { 0 } else { new };
    let json = json!({ "lines": lines.len(), "recorded": recorded, "replayed": replayed, "validate_only": validate_only });
    Ok(Report::new(text, json))
}

/// Sends every line; how many were there already. A refused line never hides the next one.
async fn send_all<T: Send>(
    lines: &[(u64, T)],
    chamber: &Client,
    validate_only: bool,
) -> Result<usize, Failure> {
    let (mut bad, mut replayed) = (BadLines::default(), 0);
    for (line, noun) in lines {
        match noun.clone().send(chamber, validate_only).await {
            Ok(known) => replayed += usize::from(known),
            Err(status) if exit_of(status.code()) == Exit::Infrastructure => return Err(status.into()),
            Err(status) => note(*line, &T::FORM, &Refused::of(&status), &mut bad),
        }
    }
    if bad.is_empty() { Ok(replayed) } else { Err(Failure::Lines(bad)) }
}

fn note(line: u64, form: &crate::file::cells::Form, why: &Refused, bad: &mut BadLines) {
    if exit_of(why.code) == Exit::Refused {
        bad.exit = Exit::Refused;
    }
    let field = form.column_of(&why.field).map_or_else(|| why.field.clone(), str::to_owned);
    let french = sentence(why);
    bad.push(BadLine { line, field, reason: why.reason.clone(), french });
}
