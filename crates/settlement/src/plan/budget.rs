//! How long a plan may be searched for: a number of steps, or whatever the caller's clock says.

/// Steps between two questions to the caller.
const STEPS_BETWEEN_QUESTIONS: u64 = 1 << 16;

/// How much work the search for a plan may take.
///
/// The crate reads no clock. A budget in steps always ends at the same place: same input, same plan. A budget
/// that asks the caller may give a better or a worse plan from one run to the next, never a wrong one.
pub struct Budget<'a> {
    used: u64,
    ask_at: u64,
    /// Per mille of the budget at which the current phase ends.
    until: u32,
    measure: Measure<'a>,
    watch: Option<&'a mut dyn FnMut(u32)>,
}

enum Measure<'a> {
    Steps(u64),
    Caller(&'a mut dyn FnMut() -> u32),
}

/// The budget is used up; what is found so far stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct UsedUp;

impl<'a> Budget<'a> {
    /// So many steps; a machine of today makes some hundred millions a second.
    #[must_use]
    pub fn steps(steps: u64) -> Self {
        Self::new(Measure::Steps(steps.max(1)))
    }

    /// Asks the caller, now and then, how much of the budget is used: in per mille, 1 000 ends the search.
    pub fn asking(used_per_mille: &'a mut dyn FnMut() -> u32) -> Self {
        Self::new(Measure::Caller(used_per_mille))
    }

    fn new(measure: Measure<'a>) -> Self {
        Self { used: 0, ask_at: 0, until: 1_000, measure, watch: None }
    }

    /// Tells a watcher, now and then, how many per mille of the budget are used.
    #[must_use]
    pub fn watched_by(mut self, watch: &'a mut dyn FnMut(u32)) -> Self {
        self.watch = Some(watch);
        self
    }

    /// From here, stops when so many per mille of the whole are used.
    pub(super) fn allow_until(&mut self, per_mille: u32) {
        self.until = per_mille;
        self.ask_at = self.used;
    }

    /// Steps used so far.
    pub(super) fn used(&self) -> u64 {
        self.used
    }

    pub(super) fn spend(&mut self, steps: u64) -> Result<(), UsedUp> {
        self.used = self.used.saturating_add(steps);
        if self.used < self.ask_at {
            return Ok(());
        }
        let used = match &mut self.measure {
            Measure::Steps(steps) => {
                u32::try_from(u128::from(self.used) * 1_000 / u128::from(*steps)).unwrap_or(u32::MAX)
            }
            Measure::Caller(ask) => ask(),
        };
        if let Some(watch) = &mut self.watch {
            watch(used.min(1_000));
        }
        if used >= self.until {
            return Err(UsedUp);
        }
        self.ask_at = self.used.saturating_add(STEPS_BETWEEN_QUESTIONS);
        Ok(())
    }
}
