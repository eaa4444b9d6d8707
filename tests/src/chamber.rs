//! A chamber that runs: the real server, on loopback, in a folder of its own.

use crate::messages::{bailleur, day, event, operation};
use chambre_api::v1::{self, event::Body};
use chambre_api::{Client, v1::event_outcome::Outcome};
use chambre_domain::Date;
use chambre_ledger::Salts;
use chambre_server::{Config, ManualClock, Running, ServerError};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use tempfile::TempDir;
use tonic::transport::Channel;

/// The day on which every scenario starts.
pub const TODAY: Date = Date::constant(2025, 7, 1);

/// A server, the client that speaks to it, and the clock it reads.
#[derive(Debug)]
pub struct Chamber {
    /// The published client.
    pub client: Client,
    /// The clock, at noon of 2025-07-01 when the chamber opens.
    pub clock: ManualClock,
    running: Running,
    folder: TempDir,
}

impl Chamber {
    /// An empty chamber.
    pub async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    /// An empty chamber, with other settings.
    pub async fn open_with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::open_in(folder, ManualClock::new(TODAY), change).await
    }

    /// A chamber on a folder that another one left.
    pub async fn open_again(folder: TempDir, clock: ManualClock) -> Self {
        Self::open_in(folder, clock, |_| {}).await
    }

    async fn open_in(folder: TempDir, clock: ManualClock, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::new(folder.path().to_owned());
        config.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        config.ledger.salts = Salts::Derived([7; 32]);
        change(&mut config);
        let running = chambre_server::start(config, clock.clock()).await.unwrap();
        let client = Client::connect(&format!("http://{}", running.address())).await.unwrap();
        Self { client, clock, running, folder }
    }

    /// Its address, for other clients.
    #[must_use]
    pub fn uri(&self) -> String {
        format!("http://{}", self.running.address())
    }

    /// Where its journal lies.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A connection without the published client around it.
    pub async fn channel(&self) -> Channel {
        Client::endpoint(&self.uri()).unwrap().connect().await.unwrap()
    }

    /// Stops it as an operator does.
    pub async fn stop(self) {
        self.try_stop().await.unwrap();
    }

    /// Stops it, and tells how that went.
    ///
    /// # Errors
    /// What the server met.
    pub async fn try_stop(self) -> Result<TempDir, ServerError> {
        self.running.stop().await?;
        Ok(self.folder)
    }

    /// Stops it and opens it again on the same folder; the clock goes on.
    pub async fn reopened(self) -> Self {
        let clock = self.clock.clone();
        let folder = self.try_stop().await.unwrap();
        Self::open_in(folder, clock, |_| {}).await
    }

    /// Stops it and opens it again on the same folder, with other settings.
    pub async fn reopened_with(self, change: impl FnOnce(&mut Config)) -> Self {
        let clock = self.clock.clone();
        let folder = self.try_stop().await.unwrap();
        Self::open_in(folder, clock, change).await
    }

    /// Stops it, does something to its folder, and opens it again with other settings; the clock goes on.
    pub async fn reopened_after(self, between: impl FnOnce(&Path), change: impl FnOnce(&mut Config)) -> Self {
        let clock = self.clock.clone();
        let folder = self.try_stop().await.unwrap();
        between(folder.path());
        Self::open_in(folder, clock, change).await
    }

    /// The head of the journal.
    pub async fn head(&self) -> v1::GetJournalHeadResponse {
        self.client.audit().get_journal_head(v1::GetJournalHeadRequest {}).await.unwrap().into_inner()
    }

    /// Registers the bailleurs of these numbers (see [`crate::siren`]).
    pub async fn register(&self, numbers: &[u32]) {
        for number in numbers {
            let request =
                v1::RegisterBailleurRequest { bailleur: Some(bailleur(*number)), validate_only: false };
            self.client.registry().register_bailleur(request).await.unwrap();
        }
    }

    /// Registers operations `OP-<number>`, each with the bailleur of that number as origin.
    pub async fn register_operations(&self, origins: &[u32]) {
        for origin in origins {
            let operation = Some(operation(*origin));
            let request = v1::RegisterOperationRequest { operation, validate_only: false };
            self.client.registry().register_operation(request).await.unwrap();
        }
    }

    /// Publishes a convention.
    pub async fn publish(&self, convention: v1::Convention) {
        let request = v1::PublishConventionRequest { convention: Some(convention), validate_only: false };
        self.client.registry().publish_convention(request).await.unwrap();
    }

    /// Records one event under an id, through the batch call; it must be accepted.
    pub async fn record(&self, event_id: &str, body: Body) -> v1::Receipt {
        self.record_all(vec![event(event_id, body)]).await.pop().unwrap()
    }

    /// Records events; all must be accepted.
    pub async fn record_all(&self, events: Vec<v1::Event>) -> Vec<v1::Receipt> {
        let request = v1::RecordEventsRequest { events, validate_only: false };
        let answer = self.client.ledger().record_events(request).await.unwrap().into_inner();
        answer.outcomes.into_iter().map(accepted).collect()
    }

    /// `officer-1` proposes a run from 2025-01-01 to a day.
    pub async fn propose(&self, netting_id: &str, to: (i32, i32, i32)) -> v1::NettingRun {
        let request = crate::messages::proposal(netting_id, to);
        self.client.netting().propose_netting(request).await.unwrap().into_inner().run.unwrap()
    }

    /// `officer-2` approves a run.
    pub async fn approve(&self, netting_id: &str) -> v1::NettingRun {
        let request = crate::messages::approval(netting_id, "officer-2");
        self.client.netting().approve_netting(request).await.unwrap().into_inner().run.unwrap()
    }

    /// The bank confirms a payment, in full, on the first day of the scenario.
    pub async fn confirm(&self, netting_id: &str, payment: &v1::Payment) -> v1::NettingRun {
        let request = v1::ConfirmPaymentRequest {
            netting_id: netting_id.to_owned(),
            payment_id: payment.payment_id.clone(),
            paid_on: day(2025, 7, 1),
            amount_cents: payment.amount_cents,
            officer_id: "officer-1".to_owned(),
            validate_only: false,
        };
        self.client.netting().confirm_payment(request).await.unwrap().into_inner().run.unwrap()
    }

    /// Where everybody stands now.
    pub async fn positions(&self) -> Vec<v1::Position> {
        let request = v1::GetPositionsRequest::default();
        self.client.ledger().get_positions(request).await.unwrap().into_inner().positions
    }
}

/// The receipt of an outcome that must be one.
#[must_use]
pub fn accepted(outcome: v1::EventOutcome) -> v1::Receipt {
    match outcome.outcome.unwrap() {
        Outcome::Receipt(receipt) => receipt,
        Outcome::Error(error) => unreachable!("refused: {}", error.message),
    }
}
