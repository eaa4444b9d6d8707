//! Rotating priority, dwelling by dwelling, on the order kept by [`crate::rotating`].
//!
//! « Il est proposé prioritairement à une MOUS qui peut accepter ou décliner. Si la proposition n’est pas retenue, la
//! MOUS en deuxième position peut se positionner. Au tour suivant, la MOUS qui a pu s’exprimer en premier s’exprimera
//! en dernier » (study). The order turns when a dwelling is opened, so that two open at once get successive orders; a
//! team without a household for it keeps its place.

use crate::exchange::terms::add_days;
use crate::rotating::{Answer, Rotation, Round, TraceId, rotate};
use crate::trade::ids::{MousId, OfferId};
use chambre_domain::{Date, Reason, Refusal};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The order of the teams of a territory.
///
/// Invariant: the order is that of `since`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ring {
    order: Vec<MousId>,
    /// When each team entered, or was last asked first: the longest ago comes first.
    since: BTreeMap<MousId, u64>,
    next: u64,
}

/// A dwelling that goes along the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    offer: OfferId,
    /// The team asked first, and when it was before: a number of the ring.
    first: (MousId, u64),
    waiting: VecDeque<MousId>,
    answers: Vec<(MousId, Answer)>,
    until: Date,
    turn_days: u16,
}

/// What an answer leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AfterAnswer {
    /// The team takes the dwelling.
    Taken(MousId),
    /// The next team is asked.
    Next(Turn),
    /// Every team was asked.
    Exhausted(OfferId),
}

impl Ring {
    /// An order of distinct teams.
    ///
    /// # Errors
    /// [`Reason::TeamTwice`] for a team listed twice.
    pub fn new(teams: Vec<MousId>) -> Result<Self, Refusal> {
        let mut seen = BTreeSet::new();
        match teams.iter().find(|team| !seen.insert(*team)) {
            Some(twice) => Err(Refusal::new(Reason::TeamTwice, "mous", twice)),
            None => {
                let mut ring = Self::default();
                teams.into_iter().for_each(|team| ring.join(team));
                Ok(ring)
            }
        }
    }

    /// The order of the next dwelling.
    #[must_use]
    pub fn order(&self) -> &[MousId] {
        &self.order
    }

    /// A team joins at the tail; one that is there keeps its place.
    pub fn join(&mut self, team: MousId) {
        if !self.since.contains_key(&team) {
            let since = self.number();
            self.since.insert(team.clone(), since);
            self.order.push(team);
        }
    }

    /// Teams that are not listed leave; the others keep their order.
    pub(crate) fn keep(&mut self, teams: &[MousId]) {
        self.order.retain(|team| teams.contains(team));
        self.since.retain(|team, _| teams.contains(team));
    }

    const fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// A dwelling is gone before anybody answered: the team that was asked first takes back the place it had, as if
    /// the dwelling had never been there. Else whoever offers it would choose who comes first, by offering it again.
    pub fn take_back(&mut self, turn: &Turn) {
        let (team, before) = &turn.first;
        if let Some(since) = self.since.get_mut(team).filter(|_| turn.answers.is_empty()) {
            // It may have been asked first again since: the turn that it lost is still owed to it.
            *since = (*since).min(*before);
            self.order.sort_by_key(|team| self.since.get(team).copied());
        }
    }

    /// Opens a dwelling to the teams that have a household for it, and turns the order.
    ///
    /// Nothing when no team has one: the order stays.
    #[must_use]
    pub fn open(
        &mut self,
        offer: OfferId,
        concerned: &BTreeSet<MousId>,
        on: Date,
        turn_days: u16,
    ) -> Option<Turn> {
        let waiting: VecDeque<_> =
            self.order.iter().filter(|team| concerned.contains(*team)).cloned().collect();
        let team = waiting.front()?.clone();
        let round = Round {
            dwelling: TraceId::Text(offer.to_string()),
            eligible: waiting.iter().map(ToString::to_string).collect(),
            answers: BTreeMap::new(),
        };
        let mous = self.order.iter().map(ToString::to_string).collect();
        let place: BTreeMap<_, _> =
            rotate(&Rotation { mous, rounds: vec![round] }).final_order.into_iter().zip(0_usize..).collect();
        self.order.sort_by_key(|team| place.get(team.as_str()).copied());
        let since = self.number();
        let before = self.since.insert(team.clone(), since).unwrap_or_default();
        let first = (team, before);
        Some(Turn { offer, first, waiting, answers: Vec::new(), until: add_days(on, turn_days), turn_days })
    }
}

impl Turn {
    /// The team whose turn it is.
    #[must_use]
    pub fn asked(&self) -> Option<&MousId> {
        self.waiting.front()
    }

    /// Teams that have not answered yet, in the order they are asked in.
    pub fn waiting(&self) -> impl Iterator<Item = &MousId> {
        self.waiting.iter()
    }

    /// Its last day to answer.
    #[must_use]
    pub const fn until(&self) -> Date {
        self.until
    }

    /// Answers so far, in order.
    #[must_use]
    pub fn answers(&self) -> &[(MousId, Answer)] {
        &self.answers
    }

    /// The team answers, or its time is over. It consumes the turn: one answer each.
    ///
    /// # Errors
    /// [`Reason::OutOfTurn`] for a team whose turn it is not; [`Reason::ProposalClock`] for an answer after the
    /// last day, or a time-out before its end.
    pub fn answer(mut self, team: &MousId, answer: Answer, on: Date) -> Result<AfterAnswer, Refusal> {
        if self.asked() != Some(team) {
            let refusal = Refusal::new(Reason::OutOfTurn, "mous_id", team);
            let asked = self.asked().map_or("", MousId::as_str);
            return Err(refusal.with("asked", asked).with("until", self.until));
        }
        if (on > self.until) != (answer == Answer::Timeout) {
            return Err(Refusal::new(Reason::ProposalClock, "on", on).with("until", self.until));
        }
        self.answers.extend(self.waiting.pop_front().map(|team| (team, answer)));
        Ok(match answer {
            Answer::Accept => AfterAnswer::Taken(team.clone()),
            Answer::Decline | Answer::Timeout if self.waiting.is_empty() => {
                AfterAnswer::Exhausted(self.offer)
            }
            Answer::Decline | Answer::Timeout => {
                self.until = add_days(on, self.turn_days);
                AfterAnswer::Next(self)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::tests::{day, mous};
    use Answer::{Accept, Decline, Timeout};
    use proptest::prelude::*;

    fn ring(teams: &[&str]) -> Ring {
        Ring::new(teams.iter().map(|team| mous(team)).collect()).unwrap()
    }

    fn concerned(teams: &[&str]) -> BTreeSet<MousId> {
        teams.iter().map(|team| mous(team)).collect()
    }

    fn offer(number: usize) -> OfferId {
        OfferId::parse("offer", &format!("O-{number}")).unwrap()
    }

    /// Goes through one dwelling; a team that is not listed lets the time pass.
    fn run(turn: Turn, answers: &[(&str, Answer)]) -> (Vec<String>, Option<String>) {
        let (mut turn, mut asked) = (turn, Vec::new());
        loop {
            let team = turn.asked().unwrap().clone();
            asked.push(team.to_string());
            let answer =
                answers.iter().find(|(name, _)| *name == team.as_str()).map_or(Timeout, |found| found.1);
            let on = if answer == Timeout { turn.until().tomorrow().unwrap() } else { turn.until() };
            match turn.answer(&team, answer, on).unwrap() {
                AfterAnswer::Taken(team) => return (asked, Some(team.to_string())),
                AfterAnswer::Exhausted(_) => return (asked, None),
                AfterAnswer::Next(next) => turn = next,
            }
        }
    }

    #[test]
    fn the_first_that_could_speak_speaks_last_in_the_next_round() {
        let all = concerned(&["M1", "M2", "M3"]);
        let mut ring = ring(&["M1", "M2", "M3"]);
        // (answers, asked, who takes it, order of the next round)
        for (answers, asked, taken, next) in [
            (vec![("M1", Decline), ("M2", Accept)], vec!["M1", "M2"], Some("M2"), ["M2", "M3", "M1"]),
            (vec![("M2", Accept)], vec!["M2"], Some("M2"), ["M3", "M1", "M2"]),
            (vec![("M1", Decline)], vec!["M3", "M1", "M2"], None, ["M1", "M2", "M3"]),
        ] {
            let turn = ring.open(offer(1), &all, day(2), 2).unwrap();
            let (got, winner) = run(turn, &answers);
            assert_eq!(
                (got.iter().map(String::as_str).collect::<Vec<_>>(), winner.as_deref()),
                (asked, taken)
            );
            assert_eq!(ring.order().iter().map(MousId::as_str).collect::<Vec<_>>(), next);
        }
    }

    #[test]
    fn a_refused_dwelling_passes_to_the_next_team_and_each_has_its_days() {
        let turn = ring(&["M1", "M2"]).open(offer(1), &concerned(&["M1", "M2"]), day(2), 2).unwrap();
        let clock =
            |team: &str, answer, on| turn.clone().answer(&mous(team), answer, day(on)).unwrap_err().reason;
        assert_eq!(clock("M2", Accept, 2), Reason::OutOfTurn);
        assert_eq!(clock("M1", Timeout, 4), Reason::ProposalClock);
        assert_eq!(clock("M1", Accept, 5), Reason::ProposalClock);
        let AfterAnswer::Next(next) = turn.answer(&mous("M1"), Decline, day(3)).unwrap() else {
            panic!("next")
        };
        assert_eq!((next.asked(), next.until()), (Some(&mous("M2")), day(5)));
    }

    #[test]
    fn two_dwellings_open_at_once_get_successive_orders() {
        let mut ring = ring(&["M1", "M2"]);
        let all = concerned(&["M1", "M2"]);
        let turns = [1, 2].map(|number| ring.open(offer(number), &all, day(2), 2).unwrap());
        assert_eq!(turns.map(|turn| turn.asked().unwrap().to_string()), ["M1", "M2"]);
    }

    #[test]
    fn dwellings_taken_back_unanswered_leave_the_order_as_if_they_had_not_been() {
        let (names, all) = (["M1", "M2", "M3"], concerned(&["M1", "M2", "M3"]));
        let order = |ring: &Ring| ring.order().iter().map(ToString::to_string).collect::<Vec<_>>();
        // Two are open; taken back in either order, each team has its place again.
        for taken_back in [[0, 1], [1, 0]] {
            let mut ring = ring(&names);
            let turns = [1, 2].map(|number| ring.open(offer(number), &all, day(2), 2).unwrap());
            assert_eq!(order(&ring), ["M3", "M1", "M2"]);
            ring.take_back(&turns[taken_back[0]]);
            ring.take_back(&turns[taken_back[1]]);
            assert_eq!(order(&ring), names, "{taken_back:?}");
        }
        // All had their turn and the first is asked again: the turn that it lost comes before the others' next.
        let mut ring = Ring::new(names.map(mous).to_vec()).unwrap();
        let turns = [1, 2, 3, 4].map(|number| ring.open(offer(number), &all, day(2), 2).unwrap());
        assert_eq!(order(&ring), ["M2", "M3", "M1"]);
        ring.take_back(&turns[0]);
        assert_eq!(order(&ring), names);
        ring.take_back(&turns[3]);
        assert_eq!(order(&ring), names);
        // The first team answered: it has had its turn.
        let mut ring = Ring::new(names.map(mous).to_vec()).unwrap();
        let turn = ring.open(offer(1), &all, day(2), 2).unwrap();
        let AfterAnswer::Next(turn) = turn.answer(&mous("M1"), Decline, day(2)).unwrap() else {
            panic!("next")
        };
        ring.take_back(&turn);
        assert_eq!(order(&ring), ["M2", "M3", "M1"]);
    }

    #[test]
    fn a_team_without_a_household_keeps_its_place_and_a_new_one_enters_last() {
        let mut ring = ring(&["M1", "M2"]);
        assert_eq!(ring.open(offer(1), &concerned(&[]), day(2), 2), None);
        ring.join(mous("M3"));
        let turn = ring.open(offer(2), &concerned(&["M2"]), day(2), 2).unwrap();
        assert_eq!(turn.asked(), Some(&mous("M2")));
        assert_eq!(ring.order().iter().map(MousId::as_str).collect::<Vec<_>>(), ["M1", "M3", "M2"]);
    }

    proptest! {
        #[test]
        fn over_as_many_rounds_as_teams_each_is_first_once(count in 1_usize..9, taken in proptest::collection::vec(0_usize..9, 9)) {
            let names: Vec<String> = (0..count).map(|number| format!("M{number}")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let (mut ring, all, mut firsts) = (ring(&names), concerned(&names), BTreeSet::new());
            for round in 0..count {
                let turn = ring.open(offer(round), &all, day(2), 2).unwrap();
                firsts.insert(turn.asked().unwrap().clone());
                let _ = run(turn, &[(names[taken[round] % count], Accept)]);
            }
            prop_assert_eq!(firsts.len(), count);
        }
    }
}
