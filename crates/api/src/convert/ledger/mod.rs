//! Declarations: each kind, read and written.
//!
//! Reading a declaration is on the hot path: nothing is formatted unless it is refused.

mod bodies;
mod kinds;
mod written;

pub use bodies::*;
pub(super) use kinds::{contingent, reversal_reason, typology, wire_contingent, wire_typology};
pub use written::*;

use super::words::{Asked, Declaration, required};
use crate::v1::{self, event::Body};
use chambre_domain::{Event, EventId, Reason, Refusal};

/// Most events in one batch, or in one message of a stream or an import.
pub const MOST_EVENTS: usize = 1000;

/// Reads one event of a batch, a stream or an import.
///
/// # Errors
/// The field that is missing or wrong, under the name of its body: `works.amount_cents`.
pub fn event(wire: v1::Event) -> Result<Declaration, Refusal> {
    declared(&wire.event_id, "body", wire.body)
}

/// Reads the events of a batch, or of one message of a stream: one answer each, in their order.
///
/// A refusal of an event names its place: `events[3].works.amount_cents`.
///
/// # Errors
/// [`Reason::BatchEmpty`], [`Reason::BatchTooLarge`] for the whole batch.
pub fn events(wire: Vec<v1::Event>) -> Result<Vec<Result<Declaration, Refusal>>, Refusal> {
    match wire.len() {
        0 => return Err(Refusal::new(Reason::BatchEmpty, "events", 0)),
        1..=MOST_EVENTS => {}
        count => return Err(Refusal::new(Reason::BatchTooLarge, "events", count).with("limit", MOST_EVENTS)),
    }
    let place = |index| move |refusal: Refusal| refusal.within(&format!("events[{index}]"));
    Ok(wire.into_iter().enumerate().map(|(index, one)| event(one).map_err(place(index))).collect())
}

macro_rules! recordings {
    ($($(#[$doc:meta])* $record:ident: $request:ident, $field:literal, $message:ident as $body:ident;)+) => {$(
        $(#[$doc])*
        ///
        /// # Errors
        /// The field that is missing or wrong.
        pub fn $record(request: v1::$request) -> Result<Asked<Declaration>, Refusal> {
            let command = declared(&request.event_id, $field, request.$message.map(Body::$body))?;
            Ok(Asked { command, validate_only: request.validate_only })
        }
    )+};
}

recordings! {
    /// Reads the recording of a relogement.
    record_relogement: RecordRelogementRequest, "relogement", relogement as Relogement;
    /// Reads the recording of works.
    record_works: RecordWorksRequest, "works", works as Works;
    /// Reads the recording of a vacancy.
    record_vacancy: RecordVacancyRequest, "vacancy", vacancy as Vacancy;
    /// Reads the recording of a step of the indemnity.
    record_indemnity: RecordIndemnityRequest, "indemnity", indemnity as Indemnity;
    /// Reads the recording of new rents.
    record_rent_revision: RecordRentRevisionRequest, "rent_revision", rent_revision as RentRevision;
    /// Reads the recording of the end of a lease.
    end_lease: EndLeaseRequest, "lease_end", lease_end as LeaseEnd;
    /// Reads the recording of building rights.
    record_land_counterpart: RecordLandCounterpartRequest, "land_counterpart", land_counterpart as LandCounterpart;
    /// Reads the cancelling of a declaration.
    reverse_event: ReverseEventRequest, "reversal", reversal as Reversal;
}

fn declared(event_id: &str, field: &str, body: Option<Body>) -> Result<Declaration, Refusal> {
    let id = EventId::parse("event_id", event_id)?;
    let event = match required(field, body)? {
        Body::Relogement(wire) => Event::RelogementRecorded(Box::new(relogement(wire)?)),
        Body::Works(wire) => Event::WorksRecorded(works(wire)?),
        Body::Vacancy(wire) => Event::VacancyRecorded(vacancy(wire)?),
        Body::Indemnity(wire) => Event::IndemnityRecorded(indemnity(wire)?),
        Body::RentRevision(wire) => Event::RentRevised(rent_revision(wire)?),
        Body::LeaseEnd(wire) => Event::LeaseEnded(lease_end(wire)?),
        Body::LandCounterpart(wire) => Event::LandCounterpartRecorded(land_counterpart(wire)?),
        Body::Reversal(wire) => Event::EventReversed(reversal(wire)?),
    };
    Ok((id, event))
}
