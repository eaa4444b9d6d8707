//! An import: many events, all or none.

use crate::access::Caller;
use crate::batch::at;
use crate::desk::{Desk, refused};
use crate::status;
use chambre_api::convert::ledger as wire;
use chambre_api::v1;
use chambre_domain::{Reason, Refusal};
use chambre_ledger::{Command, Guard, Mode};
use tonic::Status;

/// Most events of an import: one transaction, one answer.
const MOST_IMPORTED: usize = 50_000;

/// Most events of one message of an import.
const MOST_IN_A_CHUNK: usize = 1_000;

/// Refusals told of an import, at most.
const MOST_REFUSALS_TOLD: usize = 1_000;

/// An import under way: all of it, or none.
#[derive(Default)]
pub struct Import {
    guard: Option<Guard>,
    events: usize,
    validate_only: bool,
    commands: Vec<(usize, Command)>,
    refused: Vec<(usize, Box<Refusal>)>,
}

impl Import {
    /// An import of a caller.
    pub fn of(caller: &Caller) -> Self {
        Self { guard: caller.guard(), ..Self::default() }
    }

    pub fn add(&mut self, chunk: v1::ImportEventsRequest) -> Result<(), Status> {
        self.validate_only |= chunk.validate_only;
        if chunk.events.len() > MOST_IN_A_CHUNK {
            let count = chunk.events.len();
            return Err(refused(
                Refusal::new(Reason::BatchTooLarge, "events", count).with("limit", MOST_IN_A_CHUNK),
            ));
        }
        if self.events + chunk.events.len() > MOST_IMPORTED {
            let count = self.events + chunk.events.len();
            return Err(refused(
                Refusal::new(Reason::BatchTooLarge, "events", count).with("limit", MOST_IMPORTED),
            ));
        }
        for event in chunk.events {
            match wire::event(event) {
                Ok((id, event)) => {
                    self.commands.push((self.events, Command::new(id, event).guarded(self.guard.clone())))
                }
                Err(refusal) => self.refused.push((self.events, at(self.events, refusal))),
            }
            self.events += 1;
        }
        Ok(())
    }

    pub async fn record(self, desk: &Desk) -> Result<v1::ImportEventsResponse, Status> {
        let mut answer = v1::ImportEventsResponse::default();
        let mut refused_lines = self.refused;
        if !self.commands.is_empty() {
            // With a malformed line nothing will be recorded: the others are checked, so that all is told at once.
            let check_only = self.validate_only || !refused_lines.is_empty();
            let mode = if check_only { Mode::Validate } else { Mode::AllOrNone };
            let (places, commands): (Vec<usize>, Vec<Command>) = self.commands.into_iter().unzip();
            let outcomes =
                desk.ledger.record(commands, mode).await.map_err(|error| status::failed(&error))?;
            for (place, outcome) in places.into_iter().zip(outcomes) {
                match outcome {
                    Ok(receipt) if receipt.replayed => answer.replayed_count += 1,
                    Ok(_) => answer.recorded_count += 1,
                    // Sound lines that fell with the others are not worth a word each.
                    Err(refusal) if refusal.reason == Reason::AllOrNothing => {}
                    Err(refusal) => refused_lines.push((place, at(place, *refusal))),
                }
            }
        }
        if self.validate_only || !refused_lines.is_empty() {
            answer.recorded_count = 0;
        }
        refused_lines.sort_by_key(|(place, _)| *place);
        answer.refused_count = i32::try_from(refused_lines.len()).unwrap_or(i32::MAX);
        let told = refused_lines.into_iter().take(MOST_REFUSALS_TOLD);
        answer.refused = told
            .map(|(place, refusal)| v1::RefusedEvent {
                index: i32::try_from(place).unwrap_or(i32::MAX),
                error: Some(status::refused_item(&refusal)),
            })
            .collect();
        Ok(answer)
    }
}
