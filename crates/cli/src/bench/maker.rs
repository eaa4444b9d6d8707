//! Makes events as cheaply as a client can: the measure is of the server, and both share the machine.

use super::parties::Parties;
use crate::demo::Dice;
use chambre_api::v1::{self, event::Body};
use std::sync::Arc;
use std::time::SystemTime;

/// Shape of the ids of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ids {
    /// Ordered by time: what the documentation asks for.
    UuidV7,
    /// Drawn at random: what it advises against.
    UuidV4,
}

/// What a caller declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mix {
    /// Relogements only: two transfers each.
    Relogements,
    /// A relogement, its works, its vacancy, its indemnity: five transfers for four events.
    FollowedUp,
}

const LEASE: v1::Date = v1::Date { year: 2025, month: 3, day: 15 };

/// Makes the events of one caller.
#[derive(Debug)]
pub struct Maker {
    parties: Arc<Parties>,
    dice: Dice,
    ids: Ids,
    mix: Mix,
    made: usize,
    relogement_id: String,
}

impl Maker {
    /// The maker of a caller; no two callers have the same number.
    pub fn new(parties: Arc<Parties>, caller: u64, ids: Ids, mix: Mix) -> Self {
        let now = nanoseconds();
        let dice = Dice::new(now ^ (caller << 48));
        Self { parties, dice, ids, mix, made: 0, relogement_id: String::new() }
    }

    /// The next so many events.
    pub fn events(&mut self, count: usize) -> Vec<v1::Event> {
        let millis = nanoseconds() / 1_000_000;
        (0..count).map(|_| self.event(millis)).collect()
    }

    /// The next relogement, for a call of its own.
    pub fn relogement(&mut self) -> (String, v1::Relogement) {
        let event_id = self.id(nanoseconds() / 1_000_000);
        let relogement = self.declared(event_id.clone());
        (event_id, relogement)
    }

    fn event(&mut self, millis: u64) -> v1::Event {
        let event_id = self.id(millis);
        let step = if self.mix == Mix::FollowedUp { self.made % 4 } else { 0 };
        self.made += 1;
        let about = || self.relogement_id.clone();
        let body = match step {
            0 => {
                // Named after its event, so that nothing else has to be drawn or written.
                let relogement = self.declared(event_id.clone());
                if self.mix == Mix::FollowedUp {
                    self.relogement_id.clone_from(&event_id);
                }
                Body::Relogement(relogement)
            }
            1 => Body::Works(v1::Works {
                relogement_id: about(),
                amount_cents: 123_456,
                invoiced_on: Some(LEASE),
                voucher: "FAC-2025-0017".to_owned(),
            }),
            2 => Body::Vacancy(v1::Vacancy {
                relogement_id: about(),
                from: Some(v1::Date { month: 2, ..LEASE }),
                to: Some(v1::Date { day: 14, ..LEASE }),
                amount_cents: 54_321,
            }),
            _ => Body::Indemnity(v1::Indemnity {
                relogement_id: about(),
                status: v1::IndemnityStatus::Received.into(),
                amount_cents: 400_000,
                occurred_on: Some(v1::Date { month: 9, ..LEASE }),
            }),
        };
        v1::Event { event_id, body: Some(body) }
    }

    fn declared(&mut self, relogement_id: String) -> v1::Relogement {
        let drawn = self.dice.roll();
        let places = &self.parties.places;
        let place = &places[self.dice.below(places.len())];
        let rent = i64::try_from(drawn % 20_000).unwrap_or(0);
        v1::Relogement {
            household: format!("h-{drawn:016x}"),
            relogement_id,
            operation_id: place.operation_id.clone(),
            host_siren: place.host_siren.clone(),
            lease_date: Some(LEASE),
            commune_insee: place.commune_insee.clone(),
            typology: v1::Typology::T3.into(),
            reference_rent_cents: 70_000 + rent,
            practised_rent_cents: 45_000,
            out_of_flow: true,
            ..v1::Relogement::default()
        }
    }

    fn id(&mut self, millis: u64) -> String {
        let mut bits = [0; 16];
        bits[..8].copy_from_slice(&self.dice.roll().to_be_bytes());
        bits[8..].copy_from_slice(&self.dice.roll().to_be_bytes());
        let uuid = match self.ids {
            Ids::UuidV4 => uuid::Builder::from_random_bytes(bits).into_uuid(),
            Ids::UuidV7 => {
                let mut ten = [0; 10];
                ten.copy_from_slice(&bits[..10]);
                uuid::Builder::from_unix_timestamp_millis(millis, &ten).into_uuid()
            }
        };
        uuid.hyphenated().to_string()
    }
}

fn nanoseconds() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(0))
}
