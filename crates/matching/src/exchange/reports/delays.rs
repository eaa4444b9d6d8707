//! Time to answer: days from the proposal to the team's answer, by team.

use crate::exchange::desk::DeskEvent;
use crate::exchange::proposal::Step;
use crate::exchange::terms::Stamp;
use crate::trade::ids::MousId;
use chambre_domain::{Date, calendar};
use std::collections::BTreeMap;

/// One team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DelayRow {
    /// The team.
    pub mous: MousId,
    /// Proposals shown to it.
    pub proposed: u32,
    /// Proposals it answered: position taken or declined.
    pub answered: u32,
    /// Middle number of days to an answer, the lower of the two middles; nothing without any answer.
    pub median_days: Option<i32>,
    /// Longest number of days to an answer.
    pub longest_days: Option<i32>,
}

/// Reads the log of a desk. Proposals without an answer count as proposed only.
#[must_use]
pub fn time_to_answer<'a>(events: impl IntoIterator<Item = &'a (Stamp, DeskEvent)>) -> Vec<DelayRow> {
    let mut asked: BTreeMap<_, (MousId, Date)> = BTreeMap::new();
    let mut teams: BTreeMap<MousId, (u32, Vec<i32>)> = BTreeMap::new();
    for (stamp, event) in events {
        match event {
            DeskEvent::Proposed(terms) => {
                teams.entry(terms.mous.clone()).or_default().0 += 1;
                asked.insert(terms.id.clone(), (terms.mous.clone(), stamp.on));
            }
            DeskEvent::Stepped(id, Step::Position | Step::Decline(_)) => {
                if let Some((mous, since)) = asked.remove(id) {
                    let days = calendar::day_number(stamp.on) - calendar::day_number(since);
                    teams.entry(mous).or_default().1.push(days);
                }
            }
            DeskEvent::Stepped(..) | DeskEvent::ChainAgreed(_) => {}
        }
    }
    let row = |(mous, (proposed, mut days)): (MousId, (u32, Vec<i32>))| {
        days.sort_unstable();
        let middle = days.len().saturating_sub(1) / 2;
        DelayRow {
            mous,
            proposed,
            answered: u32::try_from(days.len()).unwrap_or(u32::MAX),
            median_days: days.get(middle).copied(),
            longest_days: days.last().copied(),
        }
    };
    teams.into_iter().map(row).collect()
}
