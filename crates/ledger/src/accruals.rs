//! Rent gaps that a closing still has to book, for conventions that accrue them month by month.

use crate::books::Books;
use crate::decide;
use crate::writer::Command;
use chambre_domain::follow_up::RentGapAccrual;
use chambre_domain::{Date, Event, EventId, Refusal, TerritoryId};

/// The écritures that a closing of a territory on `through` has to book, in the order of the journal.
///
/// Cumulative: each moves what is due since the lease less what earlier closings booked, so that a lease end
/// or a revision declared late is made good by itself, and a second closing on the same day books nothing.
///
/// # Errors
/// [`chambre_domain::Reason::IrlMissing`] when an index is not published.
pub fn accruals_due(books: &Books, territory: TerritoryId, through: Date) -> Result<Vec<Command>, Refusal> {
    let mut commands = Vec::new();
    for file in books.relogements_of(territory) {
        let measured = &file.measured;
        let due = decide::accrued_due(books, file, through)?;
        if due == measured.accrued {
            continue;
        }
        let accrual = RentGapAccrual {
            relogement: measured.id.clone(),
            recorded_seq: measured.recorded_seq,
            through,
            due,
            booked_before: measured.accrued,
        };
        // Each accrual adds a line, so the count of lines never comes twice.
        let noun = format!("{}-{}", measured.recorded_seq, measured.lines.len());
        let id = EventId::of_chamber("accrual", noun);
        commands.push(Command::new(id, Event::RentGapAccrued(accrual)));
    }
    Ok(commands)
}
