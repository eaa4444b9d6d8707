//! The stages of a proposal, typed: a step consumes the stage it starts from, so that it is taken once.
//!
//! | from | step | to |
//! |---|---|---|
//! | proposed | position / decline / the window closes | positioned / ended |
//! | positioned | notify (own stock) / submit (another bailleur) | offered / submitted |
//! | submitted | CALEOL: allocated, ranked, conditional, not allocated, inadmissible | … / ended |
//! | ranked, conditional | rank reached, condition met | allocated |
//! | allocated | notify | offered |
//! | offered | accept / refuse / silence | accepted / ended |
//! | accepted | lease | completed |
//! | completed | reverse | ended |
//! | any live one | withdraw | ended |

use crate::exchange::placement::CompletedPlacement;
use crate::exchange::terms::{ProposalTerms, Stamp, add_days};
use crate::trade::need::RefusalReason;
use chambre_domain::follow_up::ReversalReason;
use chambre_domain::rehousing::Lease;
pub use chambre_domain::rehousing::{CaleolDecision, DeclineReason, WithdrawReason};
use chambre_domain::{Date, Reason, Refusal};
use serde::Serialize;

/// A proposal at one stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct At<Stage> {
    /// What it is about.
    pub terms: Box<ProposalTerms>,
    /// Day it reached this stage.
    pub since: Date,
    /// What the stage holds.
    pub stage: Stage,
}

/// Shown to a team, which may take position until a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proposed {
    /// Last day in time.
    pub until: Date,
}

/// The team put its household forward.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Positioned;

/// Before the CALEOL of the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Submitted;

/// The CALEOL allocated by rank, and others come first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ranked {
    /// Rank given by the CALEOL, from 2.
    pub rank: u8,
}

/// The CALEOL allocated on condition of a missing paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Conditional;

/// The CALEOL allocated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Allocated;

/// Notified to the household, which answers until a day; silence is a refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Offered {
    /// Last day in time.
    pub until: Date,
}

/// The household said yes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Accepted {
    /// Own stock: day on which the CALEOL was informed.
    pub caleol_informed_on: Option<Date>,
}

/// The lease is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Completed {
    /// The message to the ledger.
    pub placement: Box<CompletedPlacement>,
}

/// Over, without a lease in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ended {
    /// How.
    pub how: End,
}

/// How a proposal ends without a lease in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The team declined.
    Declined(DeclineReason),
    /// Nobody took position in time.
    Expired,
    /// The CALEOL did not allocate, or found the application inadmissible.
    CaleolRefused(CaleolDecision),
    /// The household refused.
    Refused(RefusalReason),
    /// It was withdrawn.
    Withdrawn(WithdrawReason),
    /// The lease was reversed; the message that says so.
    Reversed(Box<CompletedPlacement>),
}

/// What a decision of the CALEOL leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum AfterCaleol {
    Allocated(At<Allocated>),
    Ranked(At<Ranked>),
    Conditional(At<Conditional>),
    Ended(At<Ended>),
}

/// The result of a step: the next stage, or the refusal that leaves things as they were.
type Step<Next> = Result<At<Next>, Refusal>;

impl<Stage> At<Stage> {
    /// Goes on, unless the step is dated before the stage began.
    fn go<Next>(self, stamp: &Stamp, next: Next) -> Step<Next> {
        if stamp.on < self.since {
            let refusal = Refusal::new(Reason::DatesOutOfOrder, "on", stamp.on);
            return Err(refusal.with("since", self.since).with("proposal", &self.terms.id));
        }
        Ok(At { terms: self.terms, since: stamp.on, stage: next })
    }

    fn end(self, stamp: &Stamp, how: End) -> Step<Ended> {
        self.go(stamp, Ended { how })
    }

    /// Refuses a step after its last day in time.
    fn in_time(&self, stamp: &Stamp, until: Date) -> Result<(), Refusal> {
        if stamp.on <= until {
            return Ok(());
        }
        let refusal = Refusal::new(Reason::ProposalClock, "on", stamp.on);
        Err(refusal.with("until", until).with("proposal", &self.terms.id))
    }

    /// Refuses a step that belongs to the other institutional path.
    fn on_path(&self, inter_landlord: bool, step: &'static str) -> Result<(), Refusal> {
        if self.terms.is_inter_landlord() == inter_landlord {
            return Ok(());
        }
        let path = if inter_landlord { "own_stock" } else { "inter_landlord" };
        Err(Refusal::new(Reason::ProposalStep, "step", step)
            .with("path", path)
            .with("proposal", &self.terms.id))
    }
}

impl At<Proposed> {
    /// Proposes: the team may take position until the terms' last day.
    #[must_use]
    pub fn propose(terms: Box<ProposalTerms>, stamp: &Stamp) -> Self {
        let until = terms.until;
        Self { terms, since: stamp.on, stage: Proposed { until } }
    }

    /// The team takes position.
    ///
    /// # Errors
    /// [`Reason::ProposalClock`] after the last day.
    pub fn position(self, stamp: &Stamp) -> Step<Positioned> {
        self.in_time(stamp, self.stage.until)?;
        self.go(stamp, Positioned)
    }

    /// The team declines.
    ///
    /// # Errors
    /// [`Reason::ProposalClock`] after the last day: the proposal expired.
    pub fn decline(self, stamp: &Stamp, reason: DeclineReason) -> Step<Ended> {
        self.in_time(stamp, self.stage.until)?;
        self.end(stamp, End::Declined(reason))
    }

    /// A day comes: past the last one, nobody answered.
    ///
    /// # Errors
    /// [`Reason::ProposalClock`] while the team may still answer.
    pub fn expire(self, stamp: &Stamp) -> Step<Ended> {
        overdue(stamp, self.stage.until)?;
        self.end(stamp, End::Expired)
    }
}

impl At<Positioned> {
    /// Own stock: the offer is notified, the CALEOL will be informed (CCH L.441-2 V).
    ///
    /// # Errors
    /// [`Reason::ProposalStep`] when another bailleur takes the household in.
    pub fn notify(self, stamp: &Stamp) -> Step<Offered> {
        self.on_path(false, "notify")?;
        self.offer(stamp)
    }

    /// Another bailleur: its CALEOL will decide.
    ///
    /// # Errors
    /// [`Reason::ProposalStep`] inside the origin's own stock.
    pub fn submit(self, stamp: &Stamp) -> Step<Submitted> {
        self.on_path(true, "submit")?;
        self.go(stamp, Submitted)
    }
}

impl At<Submitted> {
    /// The CALEOL decides.
    ///
    /// # Errors
    /// [`Reason::ValueRange`] for a rank outside 1 to 3.
    pub fn decide(self, stamp: &Stamp, decision: CaleolDecision) -> Result<AfterCaleol, Refusal> {
        use CaleolDecision as Decision;
        Ok(match decision {
            Decision::Allocated | Decision::Ranked(1) => AfterCaleol::Allocated(self.go(stamp, Allocated)?),
            Decision::Ranked(rank) => {
                crate::trade::band::in_range("rank", i64::from(rank), 1, 3)?;
                AfterCaleol::Ranked(self.go(stamp, Ranked { rank })?)
            }
            Decision::Conditional => AfterCaleol::Conditional(self.go(stamp, Conditional)?),
            Decision::NotAllocated | Decision::Inadmissible => {
                AfterCaleol::Ended(self.end(stamp, End::CaleolRefused(decision))?)
            }
        })
    }
}

impl At<Ranked> {
    /// Those before have refused.
    ///
    /// # Errors
    /// A day before the decision.
    pub fn reach(self, stamp: &Stamp) -> Step<Allocated> {
        self.go(stamp, Allocated)
    }
}

impl At<Conditional> {
    /// The missing paper is there.
    ///
    /// # Errors
    /// A day before the decision.
    pub fn meet(self, stamp: &Stamp) -> Step<Allocated> {
        self.go(stamp, Allocated)
    }
}

impl At<Allocated> {
    /// The offer is notified to the household.
    ///
    /// # Errors
    /// A day before the decision.
    pub fn notify(self, stamp: &Stamp) -> Step<Offered> {
        self.offer(stamp)
    }
}

impl<Stage> At<Stage> {
    fn offer(self, stamp: &Stamp) -> Step<Offered> {
        let until = add_days(stamp.on, self.terms.clocks.answer_days);
        self.go(stamp, Offered { until })
    }

    /// Withdraws, at any stage: the aggregate allows it for live ones.
    pub(crate) fn withdraw(self, stamp: &Stamp, reason: WithdrawReason) -> Step<Ended> {
        self.end(stamp, End::Withdrawn(reason))
    }
}

impl At<Offered> {
    /// The household accepts.
    ///
    /// # Errors
    /// [`Reason::ProposalClock`] after the last day: silence was a refusal.
    pub fn accept(self, stamp: &Stamp) -> Step<Accepted> {
        self.in_time(stamp, self.stage.until)?;
        self.go(stamp, Accepted { caleol_informed_on: None })
    }

    /// The household refuses.
    ///
    /// # Errors
    /// [`Reason::ProposalClock`] after the last day: silence was a refusal already.
    pub fn refuse(self, stamp: &Stamp, reason: RefusalReason) -> Step<Ended> {
        self.in_time(stamp, self.stage.until)?;
        self.end(stamp, End::Refused(reason))
    }

    /// A day comes: past the last one, silence is a refusal.
    ///
    /// # Errors
    /// [`Reason::ProposalClock`] while the household may still answer.
    pub fn lapse(self, stamp: &Stamp) -> Step<Ended> {
        overdue(stamp, self.stage.until)?;
        self.end(stamp, End::Refused(RefusalReason::NoAnswer))
    }
}

impl At<Accepted> {
    /// Own stock: the CALEOL is informed, once.
    ///
    /// # Errors
    /// [`Reason::ProposalStep`] for another bailleur, or the second time.
    pub fn inform_caleol(self, stamp: &Stamp) -> Step<Accepted> {
        self.on_path(false, "inform_caleol")?;
        if let Some(on) = self.stage.caleol_informed_on {
            let refusal = Refusal::new(Reason::ProposalStep, "step", "inform_caleol");
            return Err(refusal.with("informed_on", on));
        }
        let informed = Accepted { caleol_informed_on: Some(stamp.on) };
        self.go(stamp, informed)
    }

    /// The lease is signed: the placement is complete.
    ///
    /// # Errors
    /// What [`CompletedPlacement::new`] refuses; [`Reason::DatesOutOfOrder`] for a lease that starts before the
    /// household accepted.
    pub fn sign(self, stamp: &Stamp, lease: Lease) -> Step<Completed> {
        if lease.lease_date < self.since {
            let refusal = Refusal::new(Reason::DatesOutOfOrder, "lease.lease_date", lease.lease_date);
            return Err(refusal.with("accepted_on", self.since));
        }
        let placement = Box::new(CompletedPlacement::new(&self.terms, lease, stamp.on)?);
        self.go(stamp, Completed { placement })
    }
}

impl At<Completed> {
    /// The lease is undone: a reversal goes to the ledger, nothing is edited.
    ///
    /// # Errors
    /// A day before the signature.
    pub fn reverse(self, stamp: &Stamp, reason: ReversalReason) -> Step<Ended> {
        let reversal = Box::new(self.stage.placement.reversal(reason));
        self.end(stamp, End::Reversed(reversal))
    }
}

fn overdue(stamp: &Stamp, until: Date) -> Result<(), Refusal> {
    if stamp.on > until {
        return Ok(());
    }
    Err(Refusal::new(Reason::ProposalClock, "on", stamp.on).with("until", until))
}
