//! Rotating priority: which dwelling goes along the order of a territory's teams, and whose turn it is.
//!
//! The order and the turns are those of `chambre_matching::exchange::Rota`; here is what moves them: the proposals of the teams, the days, the
//! dwellings that are free. Each move is a fact, written down: the order of any day follows from the facts.

use super::Matching;
use super::book::Book;
use super::fact::Fact;
use super::office::{Asked, Done};
use crate::access::Caller;
use crate::access::check::Scope;
use crate::desk::refused;
use crate::status;
use chambre_api::convert::matching::{ProposalAsked, TurnDeclined, wire_decline};
use chambre_api::convert::words::wire_date;
use chambre_api::v1;
use chambre_domain::rehousing::ids::{AuthorId, MousId, OfferId};
use chambre_domain::rehousing::step::Mode;
use chambre_domain::rehousing::{DeclineReason, DwellingOffer, HouseholdNeed};
use chambre_domain::{Date, Reason, Refusal, Siren, TerritoryId};
use chambre_matching::exchange::rota::{OpenRound, PastRound, RoundEnd};
use chambre_matching::exchange::stages::End;
use chambre_matching::exchange::{Cause, Proposal, Stamp};
use chambre_matching::rotating::Answer;
use chambre_matching::trade::Policy;
use chambre_matching::trade::instance::batch;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tonic::Status;

/// The author of what the clock decides.
pub fn clock() -> Result<AuthorId, Refusal> {
    AuthorId::parse("author", "clock")
}

/// What the clock decides on a day.
pub fn stamp(on: Date, cause: Cause) -> Result<Stamp, Refusal> {
    Ok(Stamp { on, author: clock()?, cause })
}

/// A name that a move of the rotation has alone.
pub fn name(book: &Book, fact: &Fact) -> String {
    let place = |territory: &TerritoryId, offer: &OfferId| {
        let rota = book.rotas().get(territory);
        let answers = rota.and_then(|rota| rota.round(offer)).map_or(0, |round| round.turn.answers().len());
        let (opened, over) = rota.map_or((0, 0), |rota| (rota.opened(), rota.over().len()));
        (opened, format!("{territory}:{offer}:{over}:{answers}"))
    };
    match fact {
        Fact::RoundOpened { territory, offer, .. } => {
            let (opened, place) = place(territory, offer);
            format!("open:{opened}:{place}")
        }
        Fact::RoundClosed { territory, offer, .. } => format!("close:{}", place(territory, offer).1),
        Fact::TurnAnswered { territory, offer, .. } => format!("answer:{}", place(territory, offer).1),
        _ => String::new(),
    }
}

/// The moves that the rounds under way wait for, one of each at most: a turn answered by a proposal or over, a round that
/// has no more reason to be. After them, others may wait.
///
/// # Errors
/// Never for what was written here.
pub fn settled(book: &Book, on: Date) -> Result<Vec<Fact>, Refusal> {
    let mut moves = Vec::new();
    for (territory, rota) in book.rotas() {
        let rotates = !book.policy(*territory, on).terms().rotation.is_empty();
        for (offer, round) in rota.open_rounds() {
            moves.extend(settle(book, (*territory, offer, round), rotates, on)?);
        }
    }
    Ok(moves)
}

fn settle(
    book: &Book,
    (territory, offer, round): (TerritoryId, &OfferId, &OpenRound),
    rotates: bool,
    on: Date,
) -> Result<Option<Fact>, Refusal> {
    let declared = book.offer(offer).ok().map(DwellingOffer::declared);
    let there = declared.filter(|declared| declared.commune.territory() == territory);
    let engaged = there.is_some_and(|declared| {
        let mut others = book.desk().of_dwelling(declared.landlord, &declared.dwelling);
        others.any(|one| {
            let engages = one.is_live() || (one.placement().is_some() && one.terms().offer == *offer);
            engages && Some(&one.terms().id) != round.shown.as_ref()
        })
    });
    if there.is_none() || engaged || !rotates {
        let (offer, taken_back) = (offer.clone(), there.is_none());
        let stamp = stamp(on, Cause::Clock)?;
        return Ok(Some(Fact::RoundClosed { territory, offer, taken_back, stamp }));
    }
    let Some(team) = round.turn.asked() else { return Ok(None) };
    let until = round.turn.until();
    let over = (on > until).then_some((Answer::Timeout, None, on, Cause::Clock));
    let answered = match round.shown.as_ref().and_then(|shown| book.desk().proposal(shown)) {
        None => over,
        Some(shown) => {
            let cause = Cause::Proposal(shown.terms().id.clone());
            match (shown, shown.end()) {
                (Proposal::Proposed(_), _) => None,
                (_, Some(End::Declined(why))) => Some((Answer::Decline, Some(*why), on.min(until), cause)),
                // Withdrawn, it leaves the team its days.
                (_, Some(End::Expired | End::Withdrawn(_))) => over,
                _ => Some((Answer::Accept, None, on.min(until), cause)),
            }
        }
    };
    let Some((answer, reason, on, cause)) = answered else { return Ok(None) };
    let (offer, team, stamp) = (offer.clone(), team.clone(), stamp(on, cause)?);
    Ok(Some(Fact::TurnAnswered { territory, offer, team, answer, reason, stamp }))
}

/// The rounds that may open on a day, in the order of the days their dwellings were published on, then of the offers.
///
/// # Errors
/// More needs or offers than can be numbered.
pub fn openings(book: &Book, on: Date) -> Result<Vec<Fact>, Refusal> {
    let mut facts = Vec::new();
    for (territory, policy) in book.rotating(on) {
        for (offer, concerned) in free(book, territory, &policy, on)? {
            facts.push(Fact::RoundOpened {
                territory,
                offer,
                teams: policy.terms().rotation.clone(),
                concerned,
                turn_days: policy.terms().clocks.turn_days,
                stamp: stamp(on, Cause::Clock)?,
            });
        }
    }
    Ok(facts)
}

/// The free dwellings of a territory, each with the teams of its order that have a household for it.
fn free(
    book: &Book,
    territory: TerritoryId,
    policy: &Policy,
    on: Date,
) -> Result<Vec<(OfferId, BTreeSet<MousId>)>, Refusal> {
    let references = book.references_for_a_run(on);
    let rota = book.rotas().get(&territory);
    let mut offers: Vec<DwellingOffer> = book
        .offers_after("")
        .filter(|offer| {
            let declared = offer.declared();
            let mut others = book.desk().of_dwelling(declared.landlord, &declared.dwelling);
            declared.commune.territory() == territory
                && declared.published_on <= on
                && !references.engaged_offers.contains(&declared.offer)
                && rota.is_none_or(|rota| rota.may_open(&declared.offer))
                && book.round(&declared.offer).is_none()
                && !others.any(Proposal::is_live)
        })
        .cloned()
        .collect();
    if offers.is_empty() {
        return Ok(Vec::new());
    }
    offers.sort_by_key(|offer| (offer.declared().published_on, offer.declared().offer.clone()));
    let listed = book.needs_after("").filter(|listed| {
        let need = listed.need.declared();
        listed.project.territory == territory
            && policy.terms().rotation.contains(&need.mous)
            && !references.engaged_households.contains(&need.household)
    });
    let needs = listed.map(|listed| book.up_to_date(listed)).collect::<Result<Vec<HouseholdNeed>, _>>()?;
    let possible = batch(&needs, &offers, policy, &references)?;
    let mut concerned: BTreeMap<u32, BTreeSet<MousId>> = BTreeMap::new();
    for (row, column, _) in &possible.instance.edges {
        if let Some(need) = needs.get(*row as usize) {
            concerned.entry(*column).or_default().insert(need.declared().mous.clone());
        }
    }
    let named =
        |(column, teams): (u32, _)| possible.offers.get(column as usize).map(|id| (id.clone(), teams));
    Ok(concerned.into_iter().filter_map(named).collect())
}

/// Whether a dwelling that goes along no order at this instant is kept for one, where its territory rotates: it is
/// published later, or the team that took it in its turn still holds it.
pub fn is_kept(book: &Book, offer: &DwellingOffer, on: Date) -> bool {
    let declared = offer.declared();
    let rotates = !book.policy(declared.commune.territory(), on).terms().rotation.is_empty();
    let mut others = book.desk().of_dwelling(declared.landlord, &declared.dwelling);
    let mut held = || others.any(|one| one.is_live() && one.terms().mode == Mode::Rotating);
    rotates && (declared.published_on > on || held())
}

/// Whether a pair may be proposed as the order stands, and until when its team may take position, in its turn.
///
/// # Errors
/// [`Reason::OutOfTurn`] with the team whose turn it is; [`Reason::DwellingEngaged`] when that team has proposed the
/// dwelling already.
pub fn in_turn(
    book: &Book,
    asked: &ProposalAsked,
    team: &MousId,
    offer: &DwellingOffer,
    on: Date,
) -> Result<Option<Date>, Refusal> {
    let out = Refusal::new(Reason::OutOfTurn, "offer_id", &asked.offer);
    if asked.mode == Mode::Directed {
        return Ok(None);
    }
    let Some((_, round)) = book.round(&asked.offer) else {
        let there = offer.declared().commune.territory();
        let rotates = !book.policy(there, on).terms().rotation.is_empty();
        let out_of_turn = (rotates && asked.mode == Mode::Rotating) || is_kept(book, offer, on);
        return if out_of_turn { Err(out) } else { Ok(None) };
    };
    let until = round.turn.until();
    if asked.mode != Mode::Rotating || round.turn.asked() != Some(team) {
        let whose = round.turn.asked().map_or("", MousId::as_str);
        return Err(out.with("asked", whose).with("until", until).with("mode", "ROTATING"));
    }
    let live = |id: &&_| book.desk().proposal(id).is_some_and(Proposal::is_live);
    match round.shown.as_ref().filter(live) {
        Some(shown) => {
            Err(Refusal::new(Reason::DwellingEngaged, "offer_id", &asked.offer).with("proposal", shown))
        }
        None => Ok(Some(until)),
    }
}

/// The fact of a turn let pass.
fn declined(book: &Book, asked: &TurnDeclined, stamp: Stamp) -> Result<Fact, Refusal> {
    let out = || Refusal::new(Reason::OutOfTurn, "offer_id", &asked.offer);
    let (territory, round) = book.round(&asked.offer).ok_or_else(out)?;
    let live = |id: &&_| book.desk().proposal(id).is_some_and(Proposal::is_live);
    let shown = round.shown.as_ref().filter(live);
    if let Some(shown) = shown.filter(|_| round.turn.asked() == Some(&asked.team)) {
        // It declines that proposal.
        let refusal = Refusal::new(Reason::DwellingEngaged, "offer_id", &asked.offer);
        return Err(refusal.with("proposal", shown));
    }
    Ok(Fact::TurnAnswered {
        territory,
        offer: asked.offer.clone(),
        team: asked.team.clone(),
        answer: Answer::Decline,
        reason: Some(asked.reason),
        stamp,
    })
}

/// Who may let the turn of a team pass, beside an officer of where the dwelling lies: the bailleur whose households the
/// team alone has there. A team's name is written by whoever declares a need: where a second bailleur writes it too, none
/// of them spends the turn of the other.
fn speaks_for(book: &Book, asked: &TurnDeclined) -> Option<(TerritoryId, Vec<Siren>)> {
    let territory = book.offer_ever(&asked.offer)?.declared().commune.territory();
    let listed = book
        .needs_after("")
        .filter(|listed| listed.project.territory == territory && listed.need.declared().mous == asked.team);
    let origins: BTreeSet<Siren> = listed.map(|listed| listed.project.origin).collect();
    let alone = if origins.len() == 1 { origins } else { BTreeSet::new() };
    Some((territory, alone.into_iter().collect()))
}

impl Matching {
    /// A team lets a dwelling pass.
    pub(super) async fn turn_declined(
        &self,
        caller: &Caller,
        asked: Asked,
        wanted: TurnDeclined,
    ) -> Result<v1::DeclineTurnResponse, Status> {
        match self.0.read(|book| speaks_for(book, &wanted))? {
            Some((territory, origins)) => caller.check(Scope::Here(territory, &origins))?,
            None => {
                caller.check(Scope::Unknown)?;
                return Err(status::refuse(Reason::OfferUnknown, "offer_id", &wanted.offer));
            }
        }
        let stamp = self.0.stamp(asked.head.author.clone(), None).map_err(refused)?;
        let (offer, validate_only) = (wanted.offer.clone(), asked.head.validate_only);
        let Done { replayed, .. } = self.0.decide(asked, move |book| declined(book, &wanted, stamp)).await?;
        if validate_only {
            return Ok(v1::DeclineTurnResponse { replayed, ..v1::DeclineTurnResponse::default() });
        }
        self.0.read(|book| {
            let turn = book.round(&offer).map(|(_, round)| &round.turn);
            let next_mous_id =
                turn.and_then(|turn| turn.asked()).map_or_else(String::new, ToString::to_string);
            v1::DeclineTurnResponse {
                next_mous_id,
                until: turn.map(|turn| wire_date(turn.until())),
                replayed,
            }
        })
    }

    /// The rotation of a territory, moved on to this instant.
    pub(super) async fn rotation(&self, territory: TerritoryId) -> Result<v1::GetRotationResponse, Status> {
        let office = Arc::clone(&self.0);
        let ticked = tokio::task::spawn_blocking(move || office.tick_now()).await;
        ticked.map_err(|_| status::unavailable("the reading was cut short"))??;
        let on = self.0.desk.today();
        self.0.read(|book| told(book, territory, on))
    }
}

/// Rounds that are over and are still told.
const TOLD: usize = 100;

fn told(book: &Book, territory: TerritoryId, on: Date) -> v1::GetRotationResponse {
    let policy = book.policy(territory, on);
    let mut rota = book.rotas().get(&territory).cloned().unwrap_or_default();
    rota.follow(&policy.terms().rotation);
    let mut won: BTreeMap<&str, i32> = BTreeMap::new();
    for team in rota.over().iter().filter_map(PastRound::taken_by) {
        *won.entry(team.as_str()).or_default() += 1;
    }
    let team = |team: &MousId| v1::RotationTeam {
        mous_id: team.to_string(),
        taken: won.get(team.as_str()).copied().unwrap_or_default(),
    };
    v1::GetRotationResponse {
        on: Some(wire_date(on)),
        order: rota.order().iter().map(team).collect(),
        open: rota.open_rounds().map(|(offer, round)| open(offer, round)).collect(),
        over: rota.over().iter().skip(rota.over().len().saturating_sub(TOLD)).map(over).collect(),
        turn_days: policy.terms().clocks.turn_days.into(),
    }
}

fn answers(answers: &[(MousId, Answer)], reasons: &BTreeMap<MousId, DeclineReason>) -> Vec<v1::AnsweredTurn> {
    let answer = |answer: &Answer| match answer {
        Answer::Accept => v1::TurnAnswer::Accepted,
        Answer::Decline => v1::TurnAnswer::Declined,
        Answer::Timeout => v1::TurnAnswer::TimedOut,
    };
    let told = answers.iter().map(|(team, said)| v1::AnsweredTurn {
        mous_id: team.to_string(),
        answer: answer(said).into(),
        reason: wire_decline(reasons.get(team).copied()),
    });
    told.collect()
}

fn open(offer: &OfferId, round: &OpenRound) -> v1::RotationRound {
    v1::RotationRound {
        offer_id: offer.to_string(),
        opened_on: Some(wire_date(round.opened_on)),
        state: v1::RoundState::Open.into(),
        mous_ids: round.concerned.iter().map(ToString::to_string).collect(),
        answers: answers(round.turn.answers(), &round.reasons),
        asked_mous_id: round.turn.asked().map_or_else(String::new, ToString::to_string),
        until: Some(wire_date(round.turn.until())),
        proposal_id: round.shown.as_ref().map_or_else(String::new, ToString::to_string),
    }
}

fn over(round: &PastRound) -> v1::RotationRound {
    let state = match round.end {
        RoundEnd::Taken => v1::RoundState::Taken,
        RoundEnd::Exhausted => v1::RoundState::Exhausted,
        RoundEnd::Closed => v1::RoundState::Closed,
    };
    v1::RotationRound {
        offer_id: round.offer.to_string(),
        opened_on: Some(wire_date(round.opened_on)),
        state: state.into(),
        mous_ids: round.concerned.iter().map(ToString::to_string).collect(),
        answers: answers(&round.answers, &round.reasons),
        ..v1::RotationRound::default()
    }
}
