//! Rotating priority among MOUS, as practised (AORIF study, « priorité tournante »).
//!
//! A dwelling is offered along the order to the teams that have a household for it. An acceptance ends the
//! round. The first team that could express itself then goes last, whatever it answered; the others keep their
//! order.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Teams, and the rounds they go through.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Rotation {
    /// The order of the first round.
    pub mous: Vec<String>,
    /// One dwelling a round.
    pub rounds: Vec<Round>,
}

/// One dwelling, who may take it, and what each answers if asked.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Round {
    /// The dwelling.
    pub dwelling: TraceId,
    /// Teams that have a household for it.
    pub eligible: Vec<String>,
    /// What each answers; a team without answer lets the time pass.
    pub answers: BTreeMap<String, Answer>,
}

/// A dwelling's id in a trace, given back as it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum TraceId {
    /// A number.
    Number(i64),
    /// A text.
    Text(String),
}

/// What a team says of a dwelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It takes the dwelling.
    Accept,
    /// It does not.
    Decline,
    /// It did not answer in time.
    Timeout,
}

/// What became of a round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Turn {
    /// The dwelling.
    pub dwelling: TraceId,
    /// Teams asked, in order.
    pub asked: Vec<String>,
    /// The team that took it.
    pub winner: Option<String>,
    /// The order of the next round.
    pub next_order: Vec<String>,
}

/// The whole trace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trace {
    /// Round by round.
    pub rounds: Vec<Turn>,
    /// The order after the last round.
    pub final_order: Vec<String>,
    /// Dwellings taken by each team.
    pub won: BTreeMap<String, u64>,
}

/// Goes through the rounds.
#[must_use]
pub fn rotate(rotation: &Rotation) -> Trace {
    let mut order = rotation.mous.clone();
    let mut won: BTreeMap<String, u64> = order.iter().map(|team| (team.clone(), 0)).collect();
    let mut rounds = Vec::with_capacity(rotation.rounds.len());
    for round in &rotation.rounds {
        let (asked, winner) = ask(&order, round);
        if let Some(place) = asked.first().and_then(|first| order.iter().position(|team| team == first)) {
            let first = order.remove(place);
            order.push(first);
        }
        if let Some(count) = winner.as_ref().and_then(|winner| won.get_mut(winner)) {
            *count += 1;
        }
        rounds.push(Turn { dwelling: round.dwelling.clone(), asked, winner, next_order: order.clone() });
    }
    Trace { rounds, final_order: order, won }
}

fn ask(order: &[String], round: &Round) -> (Vec<String>, Option<String>) {
    let mut asked = Vec::new();
    for team in order.iter().filter(|team| round.eligible.contains(team)) {
        asked.push(team.clone());
        if round.answers.get(team) == Some(&Answer::Accept) {
            return (asked, Some(team.clone()));
        }
    }
    (asked, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(rounds: &str) -> Trace {
        let text = format!(r#"{{"mous":["M1","M2","M3"],"rounds":{rounds}}}"#);
        rotate(&serde_json::from_str(&text).unwrap())
    }

    #[test]
    fn the_first_asked_goes_last_whatever_it_answered() {
        let trace = trace(
            r#"[{"dwelling":1,"eligible":["M1","M2","M3"],"answers":{"M1":"decline","M2":"accept"}},
                {"dwelling":2,"eligible":["M1","M2","M3"],"answers":{"M2":"accept"}}]"#,
        );
        assert_eq!(trace.rounds[0].asked, ["M1", "M2"]);
        assert_eq!(trace.rounds[0].winner.as_deref(), Some("M2"));
        assert_eq!(trace.rounds[0].next_order, ["M2", "M3", "M1"]);
        assert_eq!(trace.rounds[1].asked, ["M2"]);
        assert_eq!(trace.final_order, ["M3", "M1", "M2"]);
        assert_eq!(trace.won["M2"], 2);
    }

    #[test]
    fn a_team_without_a_household_keeps_its_place() {
        let trace = trace(r#"[{"dwelling":"D-1","eligible":["M2"],"answers":{"M2":"timeout"}}]"#);
        assert_eq!(
            (trace.rounds[0].winner.clone(), trace.final_order),
            (None, vec!["M1".into(), "M3".into(), "M2".into()])
        );
    }

    #[test]
    fn a_dwelling_for_nobody_changes_nothing() {
        assert_eq!(trace(r#"[{"dwelling":1,"eligible":[],"answers":{}}]"#).final_order, ["M1", "M2", "M3"]);
    }
}
