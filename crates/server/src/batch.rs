//! Events in batches and streams: one answer for each, in their order.

use crate::access::Caller;
use crate::desk::{Desk, refused};
use crate::status;
use chambre_api::convert::ledger as wire;
use chambre_api::convert::words::{self, Declaration};
use chambre_api::v1;
use chambre_domain::{Reason, Refusal};
use chambre_ledger::{Command, Mode, Outcome, Pending};
use tokio::sync::mpsc;
use tonic::{Status, Streaming};

/// A batch as read from the wire: what can be booked, and what is refused already, each at its place.
pub struct Batch {
    places: Vec<Result<(), Box<Refusal>>>,
    commands: Vec<Command>,
}

impl Batch {
    /// Reads what a caller declares; each event goes to the writer with the condition on who declares it.
    pub fn read(caller: &Caller, events: Vec<v1::Event>) -> Result<Self, Status> {
        let guard = caller.guard();
        let read: Vec<Result<Declaration, Refusal>> = wire::events(events).map_err(refused)?;
        let mut batch =
            Self { places: Vec::with_capacity(read.len()), commands: Vec::with_capacity(read.len()) };
        for declaration in read {
            let place = declaration
                .map(|(id, event)| batch.commands.push(Command::new(id, event).guarded(guard.clone())));
            batch.places.push(place.map_err(Box::new));
        }
        Ok(batch)
    }

    pub async fn submit(self, desk: &Desk, mode: Mode) -> Result<Submitted, Status> {
        let pending = match self.commands.is_empty() {
            true => None,
            false => {
                Some(desk.ledger.submit(self.commands, mode).await.map_err(|error| status::failed(&error))?)
            }
        };
        Ok(Submitted { places: self.places, pending })
    }
}

/// A batch in the queue.
pub struct Submitted {
    places: Vec<Result<(), Box<Refusal>>>,
    pending: Option<Pending>,
}

impl Submitted {
    /// One answer for each event, in their order, once they are on disk.
    pub async fn answers(self) -> Result<Vec<v1::EventOutcome>, Status> {
        let mut booked = match self.pending {
            Some(pending) => pending.outcomes().await.map_err(|error| status::failed(&error))?,
            None => Vec::new(),
        }
        .into_iter();
        let lost = || Err(Box::new(Refusal::new(Reason::QueueFull, "event_id", "")));
        let places = self.places.into_iter().enumerate();
        Ok(places
            .map(|(index, place)| match place {
                Err(refusal) => answer(Err(refusal)),
                Ok(()) => answer(booked.next().unwrap_or_else(lost).map_err(|refusal| at(index, *refusal))),
            })
            .collect())
    }
}

pub fn at(index: usize, refusal: Refusal) -> Box<Refusal> {
    Box::new(refusal.within(&format!("events[{index}]")))
}

fn answer(outcome: Outcome) -> v1::EventOutcome {
    use v1::event_outcome::Outcome as Wire;
    let outcome = match outcome {
        Ok(receipt) => Wire::Receipt(words::wire_receipt(&receipt)),
        Err(refusal) => Wire::Error(status::refused_item(&refusal)),
    };
    v1::EventOutcome { outcome: Some(outcome) }
}

/// Submits the chunks of a stream in their order; the bounded channel makes a fast client wait.
pub async fn take_chunks(
    desk: Desk,
    caller: Caller,
    mut chunks: Streaming<v1::StreamEventsRequest>,
    answers: mpsc::Sender<Result<Submitted, Status>>,
) {
    let mut stopping = desk.stopping.clone();
    loop {
        let chunk = tokio::select! {
            chunk = chunks.message() => chunk,
            _ = stopping.wait_for(|stopping| *stopping) => Err(status::unavailable("the service is stopping")),
            () = answers.closed() => return,
        };
        let submitted = match chunk {
            Ok(None) => return,
            Ok(Some(chunk)) => match Batch::read(&caller, chunk.events) {
                Ok(batch) => batch.submit(&desk, Mode::Each).await,
                Err(refused) => Err(refused),
            },
            Err(error) => Err(status::readable(error)),
        };
        let ended = submitted.is_err();
        if answers.send(submitted).await.is_err() || ended {
            return;
        }
    }
}
