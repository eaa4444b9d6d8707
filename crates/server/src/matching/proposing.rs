//! Proposing a pair: every rule is read again, on the state of that instant.

use super::book::Book;
use super::fact::{Cost, Direction, Fact};
use super::rotation;
use super::signed::Signed;
use chambre_api::convert::matching::ProposalAsked;
use chambre_domain::rehousing::Step;
use chambre_domain::rehousing::ids::OfferId;
use chambre_domain::rehousing::step::Mode;
use chambre_domain::{Reason, Refusal, Siren};
use chambre_matching::exchange::{ProposalChoice, ProposalTerms, Stamp};
use chambre_matching::trade::{Edge, Reject, eligibility};

/// The fact of a proposal.
///
/// # Errors
/// [`Reason::PairNotEligible`] with the codes of the rules that do not hold; [`Reason::OutOfTurn`] where dwellings go
/// along an order; a need or an offer that is not on its list; what the terms refuse.
pub fn propose(
    book: &Book,
    asked: &ProposalAsked,
    cost: Option<Cost>,
    stamp: Stamp,
) -> Result<Fact, Refusal> {
    let listed = book.need(&asked.household)?;
    let need = book.up_to_date(listed)?;
    let offer = Signed::of(book).complete(book.offer(&asked.offer)?)?;
    let territory = listed.project.territory;
    let policy = book.policy(territory, stamp.on);
    let mut references = book.references(stamp.on);
    // Whether they are engaged is the desk's question: a double proposition and ranked candidates are allowed.
    references.on_exchange = asked.mode == Mode::Exchange;
    let edge = eligibility(&need, &offer, &policy, &references)
        .map_err(|broken| not_eligible(&asked.offer, &broken))?;
    let turn_until = rotation::in_turn(book, asked, &need.declared().mous, &offer, stamp.on)?;
    let choice = ProposalChoice {
        id: asked.id.clone(),
        mode: asked.mode,
        formal_offer: asked.formal_offer.clone(),
        rank: asked.rank,
        chain: None,
        link: None,
    };
    let terms = ProposalTerms::new(choice, (&need, &offer, &edge), &policy, &references);
    let mut terms = Box::new(terms.map_err(as_asked)?);
    // The days of a turn do not begin again with the household that is put forward.
    terms.until = turn_until.unwrap_or(terms.until);
    let direction = asked.reason.map(|reason| Direction { reason, cost });
    Ok(Fact::Proposed { project: listed.project.clone(), direction, stamp, terms })
}

/// What the rules say of a pair.
///
/// # Errors
/// A need or an offer that is not on its list.
pub fn explain(
    book: &Book,
    asked: (&chambre_domain::HouseholdId, &chambre_domain::rehousing::ids::OfferId),
    on: chambre_domain::Date,
) -> Result<Result<Edge, Vec<Reject>>, Refusal> {
    let listed = book.need(asked.0)?;
    let need = book.up_to_date(listed)?;
    let offer = Signed::of(book).complete(book.offer(asked.1)?)?;
    let policy = book.policy(listed.project.territory, on);
    Ok(eligibility(&need, &offer, &policy, &book.references_for_a_run(on)))
}

/// The crate's names of fields are those of its nouns; the wire's are those of the request.
fn as_asked(refusal: Refusal) -> Refusal {
    let field = match refusal.field.as_str() {
        "formal_offer" => "formal_offer_id".to_owned(),
        _ => refusal.field.clone(),
    };
    Refusal { field, ..refusal }
}

/// A pair that the rules rule out, with their codes.
pub fn not_eligible(offer: &OfferId, broken: &[Reject]) -> Refusal {
    let codes: Vec<String> = broken.iter().map(Reject::code).collect();
    let refusal = Refusal::new(Reason::PairNotEligible, "offer_id", offer);
    refusal.with("rules", codes.join(" "))
}

/// Which parties may take a step: those of the origin speak for the household, those of the host for the dwelling.
pub fn who_steps(step: &Step, origin: Siren, host: Siren) -> Vec<Siren> {
    match step {
        Step::Position | Step::Decline(_) | Step::Submit | Step::Accept | Step::Refuse(_) => vec![origin],
        Step::Decide(_)
        | Step::Reach
        | Step::Meet
        | Step::Sign(_)
        | Step::InformCaleol
        | Step::Reverse(_) => {
            vec![host]
        }
        Step::Notify | Step::Withdraw(_) => vec![origin, host],
        Step::Tick => Vec::new(),
    }
}
