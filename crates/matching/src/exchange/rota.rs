//! The rotation of a territory: its order, the dwellings that go along it, the rounds that are over.
//!
//! The order is kept by [`Ring`] and the turns by [`Turn`]: this is where they are remembered, dwelling by dwelling,
//! so that the order of any day follows from what was opened and answered before.

use crate::exchange::turns::{AfterAnswer, Ring, Turn};
use crate::rotating::Answer;
use crate::trade::ids::{MousId, OfferId, ProposalId};
use chambre_domain::rehousing::DeclineReason;
use chambre_domain::{Date, Reason, Refusal};
use std::collections::{BTreeMap, BTreeSet};

/// The order of a territory, and what went along it.
///
/// Invariant: an offer is in one round at most; the order is that of the declared teams, turned by each round.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rota {
    ring: Ring,
    open: BTreeMap<OfferId, OpenRound>,
    over: Vec<PastRound>,
    /// Offers that every team let pass: they do not go round again as they are.
    spent: BTreeSet<OfferId>,
    opened: u64,
}

/// A dwelling on its way along the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenRound {
    /// Day it was opened.
    pub opened_on: Date,
    /// Teams that have a household for it, in the order of the round.
    pub concerned: Vec<MousId>,
    /// Whose turn it is, and the answers so far.
    pub turn: Turn,
    /// Why teams declined, as far as they said.
    pub reasons: BTreeMap<MousId, DeclineReason>,
    /// What the team whose turn it is proposed, if it did.
    pub shown: Option<ProposalId>,
}

/// A round that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastRound {
    /// The dwelling.
    pub offer: OfferId,
    /// Day it was opened.
    pub opened_on: Date,
    /// Teams that had a household for it, in the order of the round.
    pub concerned: Vec<MousId>,
    /// What each team that was asked answered, in order.
    pub answers: Vec<(MousId, Answer)>,
    /// Why teams declined, as far as they said.
    pub reasons: BTreeMap<MousId, DeclineReason>,
    /// How it ended.
    pub end: RoundEnd,
}

/// How a round ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoundEnd {
    /// The last team asked took the dwelling.
    Taken,
    /// Every team was asked, and none took it.
    Exhausted,
    /// The dwelling was directed or is engaged by another live proposal, or was taken off the list or out of the
    /// territory, or the territory stopped rotating.
    Closed,
}

impl PastRound {
    /// The team that took the dwelling.
    #[must_use]
    pub fn taken_by(&self) -> Option<&MousId> {
        self.answers.last().filter(|_| self.end == RoundEnd::Taken).map(|(team, _)| team)
    }
}

impl Rota {
    /// The order of the next round.
    #[must_use]
    pub fn order(&self) -> &[MousId] {
        self.ring.order()
    }

    /// Rounds under way, in the order of their offers.
    pub fn open_rounds(&self) -> impl Iterator<Item = (&OfferId, &OpenRound)> {
        self.open.iter()
    }

    /// The round of an offer, if it is under way.
    #[must_use]
    pub fn round(&self, offer: &OfferId) -> Option<&OpenRound> {
        self.open.get(offer)
    }

    /// Rounds over, the earliest first.
    #[must_use]
    pub fn over(&self) -> &[PastRound] {
        &self.over
    }

    /// Rounds opened so far.
    #[must_use]
    pub const fn opened(&self) -> u64 {
        self.opened
    }

    /// Whether an offer may go along the order: it does not already, and not every team let it pass.
    #[must_use]
    pub fn may_open(&self, offer: &OfferId) -> bool {
        !self.open.contains_key(offer) && !self.spent.contains(offer)
    }

    /// The offer changed: every team may look at it again.
    pub fn renew(&mut self, offer: &OfferId) {
        self.spent.remove(offer);
    }

    /// Takes the declared teams: those that are there keep their turn, new ones enter at the tail, others leave.
    pub fn follow(&mut self, teams: &[MousId]) {
        self.ring.keep(teams);
        teams.iter().for_each(|team| self.ring.join(team.clone()));
    }

    /// Whether an offer may be opened to the teams that have a household for it, under the declared teams.
    ///
    /// # Errors
    /// What [`Rota::open`] would refuse.
    pub fn check_open(
        &self,
        offer: &OfferId,
        teams: &[MousId],
        concerned: &BTreeSet<MousId>,
    ) -> Result<(), Refusal> {
        if self.open.contains_key(offer) {
            return Err(Refusal::new(Reason::ProposalExists, "offer", offer));
        }
        let any = teams.iter().any(|team| concerned.contains(team));
        if any { Ok(()) } else { Err(Refusal::new(Reason::OutOfTurn, "offer", offer)) }
    }

    /// Opens a dwelling to the teams that have a household for it, and turns the order.
    ///
    /// # Errors
    /// [`Reason::ProposalExists`] for an offer that is already on its way; [`Reason::OutOfTurn`] when no team of the
    /// order has a household for it.
    pub fn open(
        &mut self,
        offer: &OfferId,
        concerned: &BTreeSet<MousId>,
        on: Date,
        turn_days: u16,
    ) -> Result<(), Refusal> {
        if self.open.contains_key(offer) {
            return Err(Refusal::new(Reason::ProposalExists, "offer", offer));
        }
        let turn = self.ring.open(offer.clone(), concerned, on, turn_days);
        let turn = turn.ok_or_else(|| Refusal::new(Reason::OutOfTurn, "offer", offer))?;
        self.opened += 1;
        let concerned = turn.waiting().cloned().collect();
        let round = OpenRound { opened_on: on, concerned, turn, reasons: BTreeMap::new(), shown: None };
        self.open.insert(offer.clone(), round);
        Ok(())
    }

    /// The team whose turn it is proposes the dwelling to one of its households.
    pub fn show(&mut self, offer: &OfferId, proposal: &ProposalId) {
        if let Some(round) = self.open.get_mut(offer) {
            round.shown = Some(proposal.clone());
        }
    }

    /// A team answers its turn, and may say why it declines, or its time is over.
    ///
    /// # Errors
    /// [`Reason::OutOfTurn`] without a round, or for a team whose turn it is not; [`Reason::ProposalClock`] for an
    /// answer after the last day, or a time-out before its end.
    pub fn answer(
        &mut self,
        offer: &OfferId,
        team: &MousId,
        (answer, reason): (Answer, Option<DeclineReason>),
        on: Date,
    ) -> Result<(), Refusal> {
        let out = || Refusal::new(Reason::OutOfTurn, "offer_id", offer);
        let round = self.open.get_mut(offer).ok_or_else(out)?;
        let mut answers = round.turn.answers().to_vec();
        answers.push((team.clone(), answer));
        let after = round.turn.clone().answer(team, answer, on)?;
        round.reasons.extend(reason.map(|reason| (team.clone(), reason)));
        match after {
            AfterAnswer::Next(turn) => (round.turn, round.shown) = (turn, None),
            AfterAnswer::Taken(_) => self.end(offer, answers, RoundEnd::Taken),
            AfterAnswer::Exhausted(_) => {
                self.spent.insert(offer.clone());
                self.end(offer, answers, RoundEnd::Exhausted);
            }
        }
        Ok(())
    }

    /// Ends a round otherwise than by its teams. Where the dwelling was `taken_back`, off the list or out of the
    /// territory, before any team answered, the team asked first has its place again.
    pub fn close(&mut self, offer: &OfferId, taken_back: bool) {
        let Some(round) = self.open.get(offer) else { return };
        if taken_back {
            self.ring.take_back(&round.turn);
        }
        let answers = round.turn.answers().to_vec();
        self.end(offer, answers, RoundEnd::Closed);
    }

    fn end(&mut self, offer: &OfferId, answers: Vec<(MousId, Answer)>, end: RoundEnd) {
        if let Some(OpenRound { opened_on, concerned, reasons, .. }) = self.open.remove(offer) {
            self.over.push(PastRound { offer: offer.clone(), opened_on, concerned, answers, reasons, end });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::tests::{day, mous};
    use Answer::{Accept, Decline, Timeout};

    fn teams(names: &[&str]) -> Vec<MousId> {
        names.iter().map(|name| mous(name)).collect()
    }

    fn offer(number: u8) -> OfferId {
        OfferId::parse("offer", &format!("O-{number}")).unwrap()
    }

    fn rota(names: &[&str]) -> Rota {
        let mut rota = Rota::default();
        rota.follow(&teams(names));
        rota
    }

    fn order(rota: &Rota) -> Vec<&str> {
        rota.order().iter().map(MousId::as_str).collect()
    }

    #[test]
    fn a_round_is_remembered_with_who_was_asked_and_who_took_the_dwelling() {
        let mut rota = rota(&["M1", "M2", "M3"]);
        let concerned = teams(&["M3", "M2"]).into_iter().collect();
        rota.open(&offer(1), &concerned, day(2), 2).unwrap();
        assert_eq!(order(&rota), ["M1", "M3", "M2"]);
        assert_eq!(
            rota.answer(&offer(1), &mous("M3"), (Accept, None), day(2)).unwrap_err().reason,
            Reason::OutOfTurn
        );
        rota.answer(&offer(1), &mous("M2"), (Timeout, None), day(5)).unwrap();
        assert_eq!(rota.round(&offer(1)).unwrap().turn.until(), day(7));
        rota.answer(&offer(1), &mous("M3"), (Accept, None), day(6)).unwrap();
        let [past] = rota.over() else { unreachable!("{:?}", rota.over()) };
        assert_eq!(past.concerned, teams(&["M2", "M3"]));
        assert_eq!(past.answers, [(mous("M2"), Timeout), (mous("M3"), Accept)]);
        assert_eq!(past.taken_by(), Some(&mous("M3")));
        assert!(rota.may_open(&offer(1)), "a household may still refuse it");
    }

    #[test]
    fn what_every_team_let_pass_goes_round_again_only_when_it_changed() {
        let mut rota = rota(&["M1"]);
        rota.open(&offer(1), &teams(&["M1"]).into_iter().collect(), day(2), 2).unwrap();
        assert!(!rota.may_open(&offer(1)));
        rota.answer(&offer(1), &mous("M1"), (Decline, Some(DeclineReason::TooDear)), day(2)).unwrap();
        assert_eq!(rota.over()[0].reasons.get(&mous("M1")), Some(&DeclineReason::TooDear));
        assert_eq!((rota.over()[0].end, rota.over()[0].taken_by()), (RoundEnd::Exhausted, None));
        assert!(!rota.may_open(&offer(1)));
        rota.renew(&offer(1));
        assert!(rota.may_open(&offer(1)));
    }

    #[test]
    fn a_new_list_keeps_the_turn_of_those_who_stay() {
        let mut rota = rota(&["M1", "M2", "M3"]);
        rota.open(&offer(1), &teams(&["M1"]).into_iter().collect(), day(2), 2).unwrap();
        rota.follow(&teams(&["M4", "M1", "M3"]));
        assert_eq!(order(&rota), ["M3", "M1", "M4"]);
        rota.close(&offer(1), false);
        assert_eq!((rota.over()[0].end, rota.opened()), (RoundEnd::Closed, 1));
    }
}
