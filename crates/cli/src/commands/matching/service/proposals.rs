//! Propose, answer, complete, list.

use super::args::{AnswerArgs, AuthorOptions, CompleteArgs, ListArgs, ProposeArgs};
use super::rotation;
use super::run::{impossible, lost};
use super::words::{self, StepName};
use crate::failure::Failure;
use crate::look::{self, cell, euros};
use crate::report::Report;
use chambre_api::convert::words::wire_date;
use chambre_api::v1::{self, proposal_step::Step};
use chambre_api::{Client, Refused};
use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// Proposes a dwelling to a household. Asked again, it answers the same proposal.
///
/// # Errors
/// What the server answers; for an impossible pair, every rule with its figures.
pub async fn propose(args: &ProposeArgs, chamber: &Client) -> Result<Report, Failure> {
    let id = args.id.clone().unwrap_or_else(|| own_id(&args.household, &args.offer));
    let request = v1::ProposeRequest {
        proposal_id: id.clone(),
        household: args.household.clone(),
        offer_id: args.offer.clone(),
        mode: v1::ProposalMode::from(args.mode).into(),
        direction_reason: args.reason.map_or(0, |reason| v1::DirectionReason::from(reason).into()),
        formal_offer_id: args.formal_offer.clone().unwrap_or_else(|| id.clone()),
        rank: args.rank,
        request_id: request_id("propose", &id),
        author_id: author(&args.author),
        validate_only: args.author.validate_only,
    };
    match chamber.matching().propose(request).await {
        Ok(answer) => shown("Proposition faite.", answer.into_inner().proposal, None),
        Err(status) if Refused::of(&status).reason == "PAIR_NOT_ELIGIBLE" => {
            let (household, offer_id) = (args.household.clone(), args.offer.clone());
            let request = v1::ExplainPairRequest { household, offer_id };
            let said = chamber.matching().explain_pair(request).await?.into_inner();
            let failure = Failure::from(status);
            crate::report::warn(&impossible(&said.broken));
            Err(failure)
        }
        Err(status) => match rotation::whose_turn(&Refused::of(&status)) {
            Some(turn) => {
                crate::report::warn(&turn);
                Err(status.into())
            }
            None => Err(status.into()),
        },
    }
}

/// The identifier of a proposal that its author did not name. It becomes that of the relogement, which the ledger
/// shows to others: the pseudonym cannot be read from it.
fn own_id(household: &str, offer: &str) -> String {
    let digest = Sha256::digest(format!("chambre/proposal/v1\0{household}\0{offer}"));
    format!("{offer}-{}", &HEXLOWER.encode(&digest)[..12])
}

/// An identifier of a request made of what it asks: the same command again is the same request.
pub fn request_id(step: &str, proposal: &str) -> String {
    let id = format!("{step}:{proposal}");
    if id.len() <= 64 {
        return id;
    }
    let digest = Sha256::digest(id);
    format!("{step}:{}", &HEXLOWER.encode(&digest)[..40])
}

fn author(options: &AuthorOptions) -> String {
    options.officer.clone().unwrap_or_default()
}

/// Takes a step before the lease, or undoes the lease.
///
/// # Errors
/// A reason that the step needs and that is missing; what the server answers.
pub async fn answer(args: &AnswerArgs, chamber: &Client) -> Result<Report, Failure> {
    let step = step(args)?;
    let on = args.on.map(wire_date);
    let name =
        clap::ValueEnum::to_possible_value(&args.step).map_or_else(String::new, |v| v.get_name().to_owned());
    take(chamber, &args.proposal, &name, step, on, &args.author, "Étape enregistrée.").await
}

fn step(args: &AnswerArgs) -> Result<Step, Failure> {
    let missing = |option: &str| Failure::usage(format!("{option} manque pour cette étape."));
    Ok(match args.step {
        StepName::Position => Step::Position(()),
        StepName::Submit => Step::Submit(()),
        StepName::Reach => Step::Reach(()),
        StepName::Meet => Step::Meet(()),
        StepName::Notify => Step::Notify(()),
        StepName::Accept => Step::Accept(()),
        StepName::InformCaleol => Step::InformCaleol(()),
        StepName::Reverse => Step::Reverse(v1::ReversalReason::Cancelled.into()),
        StepName::Decline => {
            let reason = args.declined_for.ok_or_else(|| missing("--declined-for"))?;
            Step::Decline(v1::DeclineReason::from(reason).into())
        }
        StepName::Refuse => {
            let reason = args.refused_for.ok_or_else(|| missing("--refused-for"))?;
            Step::Refuse(v1::HouseholdRefusal::from(reason).into())
        }
        StepName::Withdraw => {
            let reason = args.withdrawn_for.ok_or_else(|| missing("--withdrawn-for"))?;
            Step::Withdraw(v1::WithdrawReason::from(reason).into())
        }
        StepName::Decide => {
            let decision = args.decision.ok_or_else(|| missing("--decision"))?;
            let verdict = v1::CaleolVerdict::from(decision).into();
            Step::Decide(v1::CaleolDecision { verdict, rank: args.rank.unwrap_or_default() })
        }
    })
}

/// Signs the lease.
///
/// # Errors
/// What the server answers.
pub async fn complete(args: &CompleteArgs, chamber: &Client) -> Result<Report, Failure> {
    let works = args.works.iter().map(|works| v1::DoneWorks {
        kind: v1::WorksKind::Other.into(),
        amount_cents: works.amount.get(),
        invoiced_on: Some(wire_date(works.invoiced_on)),
        voucher: works.voucher.clone(),
    });
    let vacancy = args.vacancy.as_ref().map(|vacancy| v1::OrganisedVacancy {
        from: Some(wire_date(vacancy.from)),
        to: Some(wire_date(vacancy.to)),
        rent_lost_cents: vacancy.rent_lost.get(),
    });
    let lease = v1::Lease {
        placement_id: args.placement.clone().unwrap_or_else(|| args.proposal.clone()),
        lease_date: Some(wire_date(args.lease_date)),
        rent_cents: args.rent.get(),
        charges_cents: args.charges.map(chambre_domain::Cents::get),
        works: works.collect(),
        vacancy,
        sne_motive_ru: args.sne,
    };
    let done = "Bail signé : le relogement part au registre (« chambre match outbox »).";
    take(chamber, &args.proposal, "bail", Step::Sign(lease), None, &args.author, done).await
}

async fn take(
    chamber: &Client,
    proposal: &str,
    name: &str,
    step: Step,
    on: Option<v1::Date>,
    author_options: &AuthorOptions,
    done: &str,
) -> Result<Report, Failure> {
    let request = v1::StepProposalRequest {
        proposal_id: proposal.to_owned(),
        step: Some(v1::ProposalStep { step: Some(step) }),
        on,
        // A proposal takes each of its steps once: the same command again is answered, not refused.
        request_id: request_id(name, proposal),
        author_id: author(author_options),
        validate_only: author_options.validate_only,
    };
    let answer = chamber.matching().step_proposal(request).await?.into_inner();
    let mut more = String::new();
    if let Some(day) = look::day(answer.title_lost_on) {
        let _ = write!(
            more,
            "\nToutes les offres formelles sont refusées : titre d’occupation perdu le {}.",
            look::french_day(day)
        );
    }
    if !answer.next_proposal_id.is_empty() {
        let _ = write!(more, "\nLe logement passe à la proposition {}.", answer.next_proposal_id);
    }
    if !answer.next_mous_id.is_empty() {
        let _ = write!(more, "\nPriorité tournante : c’est le tour de {}.", answer.next_mous_id);
    }
    shown(done, answer.proposal, Some(more))
}

fn shown(done: &str, proposal: Option<v1::Proposal>, more: Option<String>) -> Result<Report, Failure> {
    let Some(proposal) = proposal else {
        return Ok(Report::new("Contrôlé : rien n’est enregistré.".to_owned(), json!({ "validated": true })));
    };
    let mut text = format!("{done}\n{} : {}", proposal.proposal_id, words::stage(&proposal));
    if let Some(until) = look::day(proposal.until) {
        let _ = write!(text, ", réponse jusqu’au {} inclus", look::french_day(until));
    }
    let (used, left) = (proposal.formal_offers_used, proposal.formal_offers_left);
    let count = |number: i32, noun| look::counted(usize::try_from(number).unwrap_or_default(), noun);
    let _ = write!(text, ".\nOffres formelles : {}, {}.", count(used, "faite"), count(left, "restante"));
    if let Some(cost) = &proposal.direction_cost {
        let _ = write!(text, "\nFléché : ce choix coûte à l’ensemble {}.", lost(cost));
    }
    if let Some(next) = words::next(&proposal) {
        let _ = write!(text, "\nEnsuite : {next}.");
    }
    text += &more.unwrap_or_default();
    Ok(Report::new(text, as_json(&proposal)))
}

pub fn as_json(proposal: &v1::Proposal) -> Value {
    json!({
        "proposal_id": proposal.proposal_id, "household": proposal.household,
        "operation_id": proposal.operation_id, "territory_siren": proposal.territory_siren,
        "origin_siren": proposal.origin_siren, "host_siren": proposal.host_siren,
        "offer_id": proposal.offer_id, "rent_cents": proposal.rent_cents, "rank": proposal.rank,
        "stage": proposal.stage().as_str_name().trim_start_matches("PROPOSAL_STAGE_"),
        "end": proposal.end().as_str_name().trim_start_matches("PROPOSAL_END_"),
        "since": look::day(proposal.since), "until": look::day(proposal.until),
        "placement_id": proposal.placement_id, "formal_offers_used": proposal.formal_offers_used,
        "formal_offers_left": proposal.formal_offers_left, "policy_hash": proposal.policy_hash,
        "chain_id": proposal.chain_id, "chain_rank": proposal.chain_rank,
    })
}

/// Lists proposals.
///
/// # Errors
/// What the server answers.
pub async fn list(args: &ListArgs, chamber: &Client) -> Result<Report, Failure> {
    let mut proposals = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = v1::ListProposalsRequest {
            territory_siren: args.territory.map(|id| id.to_string()).unwrap_or_default(),
            live_only: args.live,
            page_size: 1_000,
            page_token,
            ..v1::ListProposalsRequest::default()
        };
        let page = chamber.matching().list_proposals(request).await?.into_inner();
        proposals.extend(page.proposals);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let mut table = look::table(&["Proposition", "Ménage", "Offre", ">Loyer", "Étape", ">Offres restantes"]);
    for one in &proposals {
        table.add_row([
            cell(&one.proposal_id),
            cell(&one.household),
            cell(&one.offer_id),
            cell(euros(one.rent_cents)),
            cell(words::stage(one)),
            cell(one.formal_offers_left),
        ]);
    }
    let head = look::counted(proposals.len(), "proposition");
    let text = if proposals.is_empty() { format!("{head}.") } else { format!("{head}.\n{table}") };
    Ok(Report::new(text, json!({ "proposals": proposals.iter().map(as_json).collect::<Vec<_>>() })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proposal_without_a_name_is_named_after_its_offer_and_never_after_its_household() {
        let id = own_id("h-secret", "O-1");
        assert!(id.starts_with("O-1-") && !id.contains("secret"), "{id}");
        assert_eq!(id, own_id("h-secret", "O-1"));
        assert_ne!(id, own_id("h-other", "O-1"));
    }

    #[test]
    fn a_request_is_named_in_64_characters_at_most() {
        assert_eq!(request_id("bail", "P-1"), "bail:P-1");
        let long = request_id("bail", &"x".repeat(64));
        assert!(long.len() <= 64 && long.starts_with("bail:"), "{long}");
    }
}
