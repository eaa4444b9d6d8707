//! The clock: the only place that reads the time.

use chambre_domain::{BookedAt, Date};
use chambre_ledger::Clock;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// The time of the machine.
#[must_use]
pub fn system_clock() -> Clock {
    Arc::new(|| BookedAt::from_millis(jiff::Timestamp::now().as_millisecond()))
}

/// A clock set by hand, for demonstrations and tests: each reading is one millisecond after the one before.
#[derive(Debug, Clone)]
pub struct ManualClock {
    millis: Arc<AtomicI64>,
}

impl ManualClock {
    /// Noon in Paris of a day.
    #[must_use]
    pub fn new(day: Date) -> Self {
        Self { millis: Arc::new(AtomicI64::new(BookedAt::noon_in_paris(day).millis())) }
    }

    /// Goes to noon of a later day; an earlier day is ignored.
    pub fn set_day(&self, day: Date) {
        self.millis.fetch_max(BookedAt::noon_in_paris(day).millis(), Ordering::SeqCst);
    }

    /// The clock to open the service with.
    #[must_use]
    pub fn clock(&self) -> Clock {
        let millis = Arc::clone(&self.millis);
        Arc::new(move || BookedAt::from_millis(millis.fetch_add(1, Ordering::SeqCst)))
    }
}
