//! Which entries, and which of their transfers, an export holds.

use chambre_domain::{Account, Date, Entry, Period, Siren, TerritoryId, Transfer};
use serde::Serialize;

/// A part of the journal. All bounds apply together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Scope {
    /// What moves an account of this territory.
    pub territory: Option<TerritoryId>,
    /// What moves an account of this bailleur; with a territory, its account *there*.
    pub bailleur: Option<Siren>,
    /// What happened in these days, first and last included, whenever it was booked.
    pub period: Option<Period>,
    /// What was booked by this day, in Paris; it also dates the name of the FEC file.
    pub closing_date: Date,
}

impl Scope {
    /// Everything booked by a day.
    #[must_use]
    pub const fn whole(closing_date: Date) -> Self {
        Self { territory: None, bailleur: None, period: None, closing_date }
    }

    /// Whether the entry was booked after the closing date, as were all that follow it.
    #[must_use]
    pub fn is_past(&self, entry: &Entry) -> bool {
        entry.booked_at.day_in_paris() > self.closing_date
    }

    /// The transfers of an entry that concern the scope.
    pub fn transfers<'a>(&'a self, entry: &'a Entry) -> impl Iterator<Item = &'a Transfer> {
        let in_period =
            self.period.is_none_or(|period| (period.from..=period.to).contains(&entry.occurred_on));
        entry.transfers.iter().filter(move |transfer| {
            in_period && (self.holds(transfer.debit()) || self.holds(transfer.credit()))
        })
    }

    fn holds(&self, account: Account) -> bool {
        self.territory.is_none_or(|territory| account.territory == territory)
            && self.bailleur.is_none_or(|bailleur| account.bailleur == Some(bailleur))
    }
}
