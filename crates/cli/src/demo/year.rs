//! The year as it is declared: each event, and the working day on which the chamber hears of it.

use super::cast::Cast;
use super::dice::Dice;
use super::story::tell;
use chambre_domain::calendar::{BookedAt, date_of_day_number, day_number};
use chambre_domain::follow_up::{CounterpartStep, LandCounterpart, Reversal, ReversalReason};
use chambre_domain::{Amount, Date, Event, EventId, OfficerId, VoucherRef};

/// Last day on which something of the year is declared: the closing comes the day after.
pub const LAST_DECLARED: Date = Date::constant(2026, 1, 14);

/// Day of the merger.
pub const MERGER: Date = Date::constant(2025, 12, 31);

/// An event with its id, on the day it is declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// Day on which the chamber books it.
    pub booked_on: Date,
    /// Its id, shaped as a UUIDv7 of that day.
    pub id: EventId,
    /// What happened.
    pub event: Event,
}

/// The declarations of one day, in order.
pub type Day = (Date, Vec<Declaration>);

/// Events under way, before they have an id.
#[derive(Debug, Default)]
pub struct Drafts(Vec<(Date, Draft)>);

#[derive(Debug)]
enum Draft {
    Event(Event),
    /// Cancels the draft of this place.
    Cancels(usize, ReversalReason),
}

impl Drafts {
    /// Adds an event, on that day or the next working day; nothing when that is too late for the year.
    pub fn add(&mut self, booked_on: Date, event: Event) -> Option<usize> {
        self.push(booked_on, Draft::Event(event))
    }

    /// Cancels an earlier draft.
    pub fn cancel(&mut self, booked_on: Date, target: usize, reason: ReversalReason) -> Option<usize> {
        self.push(booked_on, Draft::Cancels(target, reason))
    }

    fn push(&mut self, booked_on: Date, draft: Draft) -> Option<usize> {
        let booked_on = working_day(booked_on);
        (booked_on <= LAST_DECLARED).then(|| {
            self.0.push((booked_on, draft));
            self.0.len() - 1
        })
    }

    /// Gives each draft its id, in the order of the days.
    ///
    /// # Errors
    /// An id that is not one: a fault of this file.
    fn number(self, seed: u64) -> anyhow::Result<Vec<Declaration>> {
        let mut order: Vec<usize> = (0..self.0.len()).collect();
        order.sort_by_key(|place| self.0[*place].0);
        let mut dice = Dice::new(seed ^ 0x1D5);
        let mut ids: Vec<Option<EventId>> = vec![None; self.0.len()];
        for (rank, place) in order.iter().enumerate() {
            ids[*place] = Some(event_id(self.0[*place].0, rank, &mut dice)?);
        }
        let mut drafts: Vec<Option<(Date, Draft)>> = self.0.into_iter().map(Some).collect();
        let mut declarations = Vec::with_capacity(drafts.len());
        for place in order {
            let (Some((booked_on, draft)), Some(id)) = (drafts[place].take(), ids[place].clone()) else {
                continue;
            };
            let event = match draft {
                Draft::Event(event) => event,
                Draft::Cancels(target, reason) => {
                    let Some(reverses) = ids[target].clone() else { continue };
                    Event::EventReversed(Reversal { reverses, reason })
                }
            };
            declarations.push(Declaration { booked_on, id, event });
        }
        Ok(declarations)
    }
}

/// A UUIDv7 whose bits come from the day, the rank and the dice only.
fn event_id(booked_on: Date, rank: usize, dice: &mut Dice) -> anyhow::Result<EventId> {
    let noon = u64::try_from(BookedAt::noon_in_paris(booked_on).millis())?;
    let mut bits = [0; 10];
    bits[..8].copy_from_slice(&dice.roll().to_be_bytes());
    let uuid = uuid::Builder::from_unix_timestamp_millis(noon + rank as u64, &bits).into_uuid();
    Ok(EventId::parse("event_id", &uuid.to_string())?)
}

/// Writes the year of a cast, day by day.
///
/// # Errors
/// A value that the domain refuses: a fault of the story.
pub fn write(cast: &Cast, seed: u64) -> anyhow::Result<Vec<Day>> {
    let mut dice = Dice::new(seed);
    let mut drafts = Drafts::default();
    tell(cast, &mut dice, &mut drafts)?;
    land_counterparts(cast, &mut drafts)?;
    let mut days: Vec<Day> = Vec::new();
    for declaration in drafts.number(seed)? {
        match days.last_mut() {
            Some((day, declared)) if *day == declaration.booked_on => declared.push(declaration),
            _ => days.push((declaration.booked_on, vec![declaration])),
        }
    }
    Ok(days)
}

/// Building rights in proportion to the relogements taken in (study: Aubervilliers), in part honoured.
fn land_counterparts(cast: &Cast, drafts: &mut Drafts) -> anyhow::Result<()> {
    use CounterpartStep::{Due, Honoured};
    let Some(scene) = cast.scenes.first() else { return Ok(()) };
    let acts = [
        (Due, 3, 1_800, Date::constant(2025, 5, 20)),
        (Due, 4, 1_150, Date::constant(2025, 5, 20)),
        (Due, 6, 640, Date::constant(2025, 9, 16)),
        (Honoured, 3, 1_800, Date::constant(2025, 11, 13)),
        (Honoured, 4, 400, Date::constant(2025, 11, 13)),
    ];
    for (number, (step, member, square_metres, day)) in (1..).zip(acts) {
        let counterpart = LandCounterpart {
            territory: scene.territory,
            bailleur: scene.members[member].0,
            step,
            square_metres: Amount::new("quantity", square_metres)?,
            occurred_on: day,
            voucher: VoucherRef::parse("voucher", &format!("ACTE-2025-{number:02}"))?,
            officer: OfficerId::parse("officer_id", "agent-foncier")?,
        };
        drafts.add(day, Event::LandCounterpartRecorded(counterpart));
    }
    Ok(())
}

/// So many days later; earlier below zero.
pub fn later(day: Date, days: i32) -> Date {
    date_of_day_number(day_number(day) + days).unwrap_or(day)
}

/// The day itself, or the Monday after it.
pub fn working_day(day: Date) -> Date {
    match day.weekday() {
        jiff::civil::Weekday::Saturday => later(day, 2),
        jiff::civil::Weekday::Sunday => later(day, 1),
        _ => day,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_seed_writes_one_year_and_another_seed_another_one() {
        let year = |seed| write(&Cast::new(seed).unwrap(), seed).unwrap();
        assert_eq!(year(1), year(1));
        assert_ne!(year(1), year(2));
    }

    #[test]
    fn ids_are_unique_and_nothing_is_declared_before_it_happened() {
        let year = write(&Cast::new(3).unwrap(), 3).unwrap();
        let all: Vec<&Declaration> = year.iter().flat_map(|(_, day)| day).collect();
        assert_eq!(all.iter().map(|d| d.id.as_str()).collect::<BTreeSet<_>>().len(), all.len());
        for declaration in &all {
            let late = declaration.event.occurred_on().is_some_and(|day| day > declaration.booked_on);
            assert!(!late, "{declaration:?}");
        }
        let relogements = all.iter().filter(|d| matches!(d.event, Event::RelogementRecorded(_))).count();
        assert!(relogements >= 1_250, "{relogements}");
    }
}
