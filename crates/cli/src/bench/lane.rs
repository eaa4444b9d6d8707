//! One way of sending events, measured: so many callers, each with so many events a call, for so long.

use super::badge::{Badge, Token};
use super::child::{Child, machine_cpu_ms, own_usage};
use super::figures::Figure;
use super::maker::{Ids, Maker, Mix};
use super::parties::Parties;
use anyhow::Context as _;
use chambre_api::v1::event_outcome::Outcome;
use chambre_api::v1::ledger_service_client::LedgerServiceClient;
use chambre_api::{Client, Refused, v1};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Request;

/// Chunks of a stream on their way at once.
const WINDOW: usize = 4;

/// How events travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// `RecordRelogement`, one at a time.
    Unary,
    /// `RecordEvents`.
    Batch,
    /// `StreamEvents`.
    Stream,
}

/// A way of sending.
#[derive(Debug, Clone, Copy)]
pub struct Lane {
    /// For people.
    pub name: &'static str,
    /// How events travel.
    pub call: Call,
    /// Events in a message.
    pub events: usize,
    /// Callers at once; streams at once.
    pub callers: usize,
    /// Connections they share.
    pub connections: usize,
    /// Shape of the ids.
    pub ids: Ids,
    /// What is declared.
    pub mix: Mix,
}

impl Lane {
    /// Calls of one event.
    pub const fn unary(name: &'static str, callers: usize, connections: usize) -> Self {
        let (ids, mix) = (Ids::UuidV7, Mix::Relogements);
        Self { name, call: Call::Unary, events: 1, callers, connections, ids, mix }
    }

    /// Batches of so many events.
    pub const fn batch(name: &'static str, events: usize, callers: usize) -> Self {
        let (ids, mix) = (Ids::UuidV7, Mix::Relogements);
        Self { name, call: Call::Batch, events, callers, connections: callers, ids, mix }
    }
}

/// What is measured, in order; random ids come last, over an index that the others have filled.
pub const LANES: [Lane; 9] = [
    Lane::unary("appel simple, 1 appelant", 1, 1),
    Lane::unary("appel simple, 32 appelants", 32, 4),
    Lane::unary("appel simple, 256 appelants", 256, 8),
    Lane::batch("lot de 10, 4 en vol", 10, 4),
    Lane::batch("lot de 100, 4 en vol", 100, 4),
    Lane::batch("lot de 1000, 4 en vol", 1000, 4),
    Lane { call: Call::Stream, ..Lane::batch("flux de 1000, 2 flux", 1000, 2) },
    Lane { mix: Mix::FollowedUp, ..Lane::batch("lot de 1000, mélangé", 1000, 4) },
    Lane { ids: Ids::UuidV4, ..Lane::batch("lot de 1000, UUIDv4", 1000, 4) },
];

/// What one caller went through.
#[derive(Debug, Default)]
pub struct Taken {
    /// Events acknowledged.
    pub events: u64,
    /// Delay of each call, in microseconds.
    pub delays: Vec<u32>,
}

impl Taken {
    fn add(&mut self, events: usize, sent: Instant) {
        self.events += events as u64;
        self.delays.push(u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX));
    }
}

/// The server of a lane, and who calls it.
#[derive(Debug, Clone, Copy)]
pub struct Door<'a> {
    /// The server.
    pub child: &'a Child,
    /// Who is registered there.
    pub parties: &'a Arc<Parties>,
    /// Whose turn it is to call; without any, each caller declares for every host.
    pub badges: &'a [Badge],
}

impl Door<'_> {
    /// The caller of this number: a host declares its own relogements, and shows who it is if it can.
    fn maker(&self, number: usize, lane: &Lane) -> (Maker, Option<Token>) {
        let badge = self.badges.get(number % self.badges.len().max(1));
        let parties = match badge {
            Some(badge) => Arc::new(self.parties.of_host(&badge.siren)),
            None => Arc::clone(self.parties),
        };
        let maker = Maker::new(parties, number as u64, lane.ids, lane.mix);
        (maker, badge.and_then(|badge| badge.token.clone()))
    }
}

/// Runs a lane for so long.
///
/// # Errors
/// Any event that is not acknowledged: a measure of refusals would be worth nothing.
pub async fn run(lane: &Lane, door: Door<'_>, span: Duration) -> anyhow::Result<Figure> {
    let (child, uri) = (door.child, door.child.uri());
    let mut ledgers = Vec::with_capacity(lane.connections);
    for _ in 0..lane.connections {
        ledgers.push(Client::connect(&uri).await.context("connexion")?.ledger());
    }
    let (machine, server, client) = (machine_cpu_ms(), child.usage(), own_usage());
    let started = Instant::now();
    let mut callers = JoinSet::new();
    for (number, ledger) in (0..lane.callers).zip(ledgers.iter().cycle()) {
        let (maker, token) = door.maker(number, lane);
        callers.spawn(Caller { ledger: ledger.clone(), maker, token, until: started + span }.call(*lane));
    }
    let mut taken = Taken::default();
    while let Some(caller) = callers.join_next().await {
        let one = caller.context("un appelant s’est arrêté")??;
        taken.events += one.events;
        taken.delays.extend(one.delays);
    }
    let elapsed = started.elapsed();
    let (server, client) = (child.usage().since(server), own_usage().since(client));
    let foreign = (machine_cpu_ms() - machine).saturating_sub(server.cpu_ms + client.cpu_ms);
    Ok(Figure::new(lane, taken, elapsed, (server, client), foreign))
}

/// One that sends, waits for the answer, and sends again until time is up.
struct Caller {
    ledger: LedgerServiceClient<chambre_api::Line>,
    maker: Maker,
    token: Option<Token>,
    until: Instant,
}

impl Caller {
    async fn call(mut self, lane: Lane) -> anyhow::Result<Taken> {
        let mut taken = Taken::default();
        match lane.call {
            Call::Unary => {
                while Instant::now() < self.until {
                    self.one(&mut taken).await?;
                }
            }
            Call::Batch => {
                while Instant::now() < self.until {
                    self.batch(lane.events, &mut taken).await?;
                }
            }
            Call::Stream => self.stream(lane.events, &mut taken).await?,
        }
        Ok(taken)
    }

    /// A request that says who calls, if anybody asks.
    fn asking<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        if let Some(token) = &self.token {
            request.metadata_mut().insert("authorization", token.clone());
        }
        request
    }

    async fn one(&mut self, taken: &mut Taken) -> anyhow::Result<()> {
        let (event_id, relogement) = self.maker.relogement();
        let request =
            v1::RecordRelogementRequest { event_id, relogement: Some(relogement), validate_only: false };
        let request = self.asking(request);
        let sent = Instant::now();
        let answer = self.ledger.record_relogement(request).await?.into_inner();
        anyhow::ensure!(answer.receipt.is_some_and(|receipt| !receipt.replayed), "relogement non enregistré");
        taken.add(1, sent);
        Ok(())
    }

    async fn batch(&mut self, events: usize, taken: &mut Taken) -> anyhow::Result<()> {
        let request = v1::RecordEventsRequest { events: self.maker.events(events), validate_only: false };
        let request = self.asking(request);
        let sent = Instant::now();
        let answer = self.ledger.record_events(request).await?.into_inner();
        taken.add(events, sent);
        acknowledged(&answer.outcomes, events)
    }

    /// Keeps a few chunks on their way, and counts each from its sending to its answer.
    async fn stream(&mut self, events: usize, taken: &mut Taken) -> anyhow::Result<()> {
        let (sender, chunks) = mpsc::channel(WINDOW);
        let mut answers =
            self.ledger.stream_events(self.asking(ReceiverStream::new(chunks))).await?.into_inner();
        let mut sender = Some(sender);
        let mut under_way = VecDeque::with_capacity(WINDOW);
        loop {
            while under_way.len() < WINDOW
                && Instant::now() < self.until
                && let Some(open) = &sender
            {
                let chunk = v1::StreamEventsRequest { events: self.maker.events(events) };
                under_way.push_back(Instant::now());
                open.send(chunk).await.context("le flux est fermé")?;
            }
            let Some(sent) = under_way.pop_front() else { break };
            let answer = answers.message().await?.context("le flux s’est terminé sans réponse")?;
            taken.add(events, sent);
            acknowledged(&answer.outcomes, events)?;
            if Instant::now() >= self.until {
                sender = None;
            }
        }
        Ok(())
    }
}

/// Every event of a message has its first receipt.
fn acknowledged(outcomes: &[v1::EventOutcome], events: usize) -> anyhow::Result<()> {
    anyhow::ensure!(outcomes.len() == events, "{} réponses pour {events} événements", outcomes.len());
    for outcome in outcomes {
        match &outcome.outcome {
            Some(Outcome::Receipt(receipt)) if !receipt.replayed => {}
            Some(Outcome::Error(status)) => anyhow::bail!("refusé : {}", Refused::of_event(status).french),
            _ => anyhow::bail!("un événement n’a pas été enregistré"),
        }
    }
    Ok(())
}
