//! The line to the ledger: the books of this process, or the gRPC door of another one.

use crate::access::Caller;
use crate::access::identity::Identity;
use crate::batch::Batch;
use crate::desk::Desk;
use crate::status;
use chambre_api::convert::registry as wire;
use chambre_api::{Client, Credentials, v1};
use chambre_domain::{BookedAt, Operation, OperationId};
use chambre_ledger::Mode;
use std::sync::Arc;
use tokio::sync::Mutex;
use tonic::{Code, Status};

/// Where the ledger is.
pub enum LedgerLine {
    /// In this process. What is told passes through the same reading and the same rules as at the door.
    Here(Desk),
    /// Behind the door of another process.
    There(Box<Remote>),
}

/// A ledger behind a door.
pub struct Remote {
    address: String,
    credentials: Credentials,
    client: Mutex<Option<Client>>,
}

impl Remote {
    /// A ledger at an address; nothing is opened yet.
    pub fn new(address: String, credentials: Credentials) -> Self {
        Self { address, credentials, client: Mutex::new(None) }
    }

    /// The connection, opened when there is none: the ledger may start after the matching.
    async fn client(&self) -> Result<Client, Status> {
        let mut kept = self.client.lock().await;
        if let Some(client) = &*kept {
            return Ok(client.clone());
        }
        let opened = Client::connect_as(&self.address, self.credentials.clone()).await;
        let client = opened.map_err(|error| {
            tracing::warn!(%error, address = self.address, "the ledger cannot be reached");
            status::unavailable("the ledger cannot be reached; send the same request again later")
        })?;
        Ok(kept.insert(client).clone())
    }
}

impl LedgerLine {
    /// An operation as the ledger knows it, if it does.
    ///
    /// # Errors
    /// A ledger out of reach.
    pub async fn operation(&self, id: &OperationId) -> Result<Option<Operation>, Status> {
        let remote = match self {
            Self::Here(desk) => return desk.books(|books| books.parties().operation(id).cloned()),
            Self::There(remote) => remote,
        };
        let request = v1::GetOperationRequest { operation_id: id.to_string() };
        match remote.client().await?.registry().get_operation(request).await {
            Ok(answer) => {
                let operation = wire::operation(answer.into_inner().operation);
                operation.map(Some).map_err(|refusal| status::refused(&refusal))
            }
            Err(refused) if refused.code() == Code::NotFound => Ok(None),
            Err(error) => {
                tracing::warn!(%error, "the ledger did not tell an operation");
                Err(status::unavailable("the ledger did not answer; send the same request again later"))
            }
        }
    }

    /// Tells the ledger; the number and the instant of the first entry once every event is in the journal.
    ///
    /// # Errors
    /// Why not, for an officer: what the ledger refused first, or that it is out of reach.
    pub async fn record(&self, request: v1::RecordEventsRequest) -> Result<(u64, BookedAt), String> {
        let answered = match self {
            Self::Here(desk) => {
                let service = Caller::new(Arc::new(Identity::trial()), None);
                match Batch::read(&service, request.events) {
                    Ok(batch) => match batch.submit(desk, Mode::Each).await {
                        Ok(submitted) => submitted.answers().await,
                        Err(error) => Err(error),
                    },
                    Err(error) => Err(error),
                }
            }
            Self::There(remote) => match remote.client().await {
                Ok(client) => {
                    client.ledger().record_events(request).await.map(|answer| answer.into_inner().outcomes)
                }
                Err(error) => Err(error),
            },
        };
        first_seq(answered.map_err(|error| error.message().to_owned())?)
    }
}

/// The number and the instant of the first entry, when every event was taken.
fn first_seq(outcomes: Vec<v1::EventOutcome>) -> Result<(u64, BookedAt), String> {
    use v1::event_outcome::Outcome;
    let mut first = None;
    for outcome in outcomes {
        match outcome.outcome {
            Some(Outcome::Receipt(receipt)) => first = first.or_else(|| read(&receipt)),
            Some(Outcome::Error(error)) => return Err(error.message),
            None => return Err("the ledger gave no answer".to_owned()),
        }
    }
    first.ok_or_else(|| "the ledger gave no answer".to_owned())
}

fn read(receipt: &v1::Receipt) -> Option<(u64, BookedAt)> {
    let at = receipt.booked_at.as_ref()?;
    let millis = at.seconds.checked_mul(1_000)?.checked_add(i64::from(at.nanos) / 1_000_000)?;
    Some((u64::try_from(receipt.seq).ok()?, BookedAt::from_millis(millis)))
}
