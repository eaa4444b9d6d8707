//! What every service needs: the books, booking one event, reading without holding the runtime up.

use crate::access::Caller;
use crate::notary::Notary;
use crate::status;
use chambre_api::convert::books::EntryFilter;
use chambre_api::convert::words::{self, Asked, Declaration};
use chambre_api::v1;
use chambre_domain::{BookedAt, Date, Event, EventId, Receipt, Refusal};
use chambre_ledger::{Books, Clock, Command, Ledger, LedgerError, Mode, Outcome};
use std::sync::Arc;
use tokio::sync::watch;
use tonic::Status;

/// Shared by the services; cheap to clone.
#[derive(Clone)]
pub struct Desk {
    /// The books.
    pub ledger: Ledger,
    /// The time.
    pub clock: Clock,
    /// The tree over the journal, and who signs it.
    pub notary: Arc<Notary>,
    /// Becomes true when the service stops: long answers end themselves.
    pub stopping: watch::Receiver<bool>,
}

impl Desk {
    /// Reads the books in memory.
    pub fn books<T>(&self, read: impl FnOnce(&Books) -> T) -> Result<T, Status> {
        self.ledger.books().map(|books| read(&books)).map_err(|error| status::failed(&error))
    }

    /// Narrows a question about entries to what the caller may see. A party to the relogement it names sees all
    /// the entries of that one: what a host declares charges the origin.
    pub fn narrow(&self, caller: &Caller, filter: &mut EntryFilter) -> Result<(), Status> {
        if let (Some(own), Some(id)) = (caller.siren(), &filter.relogement)
            && filter.bailleur.is_none_or(|asked| asked == own)
        {
            return self.books(|books| caller.relogement(books.relogement(id).map(|file| &file.measured)))?;
        }
        caller.narrow(&mut filter.territory, &mut filter.bailleur)
    }

    /// Reads the file, on a thread that may wait.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Ledger) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, Status> {
        let ledger = self.ledger.clone();
        match tokio::task::spawn_blocking(move || read(&ledger)).await {
            Ok(result) => result.map_err(|error| status::failed(&error)),
            Err(error) => {
                tracing::error!(%error, "a reading was cut short");
                Err(status::unavailable("the reading was cut short"))
            }
        }
    }

    /// The accounting day of the chamber.
    pub fn today(&self) -> Date {
        let now: BookedAt = (self.clock)();
        now.day_in_paris()
    }

    /// Books one declaration of a caller, or checks it only.
    pub async fn declare(
        &self,
        caller: &Caller,
        asked: Asked<Declaration>,
    ) -> Result<Option<v1::Receipt>, Status> {
        let (event_id, event) = asked.command;
        let command = Command::new(event_id, event).guarded(caller.guard());
        let receipt = self.record(command, asked.validate_only).await?;
        Ok(Some(words::wire_receipt(&receipt)))
    }

    /// Books one event of the chamber, or checks it only; who asks for it was checked before.
    pub async fn book(
        &self,
        event_id: EventId,
        event: Event,
        validate_only: bool,
    ) -> Result<Receipt, Status> {
        self.record(Command::new(event_id, event), validate_only).await
    }

    async fn record(&self, command: Command, validate_only: bool) -> Result<Receipt, Status> {
        let mode = if validate_only { Mode::Validate } else { Mode::Each };
        let outcomes = self.ledger.record(vec![command], mode).await;
        let outcome: Option<Outcome> = outcomes.map_err(|error| status::failed(&error))?.pop();
        match outcome {
            Some(outcome) => outcome.map_err(|refusal| status::refused(&refusal)),
            None => Err(status::unavailable("the writer gave no answer")),
        }
    }
}

/// A refusal of the request itself.
pub fn refused(refusal: Refusal) -> Status {
    status::refused(&refusal)
}
