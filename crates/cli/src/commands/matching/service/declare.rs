//! The needs, the offers and the contingents of a folder, told to the server.

use super::args::{DeclareArgs, WithdrawArgs};
use crate::failure::Failure;
use crate::file::folder;
use crate::look;
use crate::report::Report;
use chambre_api::convert::matching::{wire_contingent, wire_need, wire_offer};
use chambre_api::{Client, v1};
use data_encoding::HEXLOWER;
use prost::Message;
use serde_json::json;
use sha2::{Digest as _, Sha256};

/// Most lines in one request.
const LINES: usize = 1_000;

/// Declares what a folder holds. The same folder again declares nothing twice: requests are named by their content.
///
/// # Errors
/// A folder that is wrong; contingents without the territory that pools them; what the server answers.
pub async fn run(args: &DeclareArgs, chamber: &Client) -> Result<Report, Failure> {
    let on = args.on.unwrap_or_else(super::super::folder::today);
    let folder = folder::read(&args.folder, on)?;
    let author_id = args.author.officer.clone().unwrap_or_default();
    let validate_only = args.author.validate_only;
    let contingents: Vec<_> = folder.contingents.iter().flatten().collect();
    if let (false, None) = (contingents.is_empty(), args.territory) {
        return Err(Failure::usage(
            "--territory manque : quel territoire met en commun les contingents de contingents.csv ?",
        ));
    }
    if let Some(territory) = args.territory.filter(|_| !contingents.is_empty()) {
        let contingents = contingents.iter().map(|(_, (contingent, left))| {
            let before = contingent.commitment.dwellings().saturating_sub(*left);
            wire_contingent(contingent, 0, before)
        });
        let mut request = v1::DeclareContingentsRequest {
            territory_siren: territory.to_string(),
            contingents: contingents.collect(),
            author_id: author_id.clone(),
            ..v1::DeclareContingentsRequest::default()
        };
        request.request_id = named(&request);
        request.validate_only = validate_only;
        chamber.matching().declare_contingents(request).await?;
    }
    for lines in folder.needs.chunks(LINES) {
        let needs = lines.iter().map(|need| wire_need(need.declared())).collect();
        let mut request =
            v1::DeclareNeedsRequest { needs, author_id: author_id.clone(), ..Default::default() };
        request.request_id = named(&request);
        request.validate_only = validate_only;
        chamber.matching().declare_needs(request).await?;
    }
    for lines in folder.offers.chunks(LINES) {
        let offers = lines.iter().map(|offer| wire_offer(offer.declared())).collect();
        let mut request =
            v1::DeclareOffersRequest { offers, author_id: author_id.clone(), ..Default::default() };
        request.request_id = named(&request);
        request.validate_only = validate_only;
        chamber.matching().declare_offers(request).await?;
    }
    let (needs, offers) = (folder.needs.len(), folder.offers.len());
    let done = if validate_only { "Contrôlé, rien n’est enregistré" } else { "Déclaré" };
    let text = format!(
        "{done} : {}, {}, {}.",
        look::counted(needs, "besoin"),
        look::counted(offers, "logement"),
        look::counted(contingents.len(), "contingent")
    );
    let value = json!({ "needs": needs, "offers": offers, "contingents": contingents.len() });
    Ok(Report::new(text, value))
}

/// A request named by its content.
pub fn named(request: &impl Message) -> String {
    let digest = Sha256::digest(request.encode_to_vec());
    format!("declare-{}", &HEXLOWER.encode(&digest)[..40])
}

/// Takes a need or an offer off its list.
///
/// # Errors
/// What the server answers.
pub async fn withdraw(args: &WithdrawArgs, chamber: &Client) -> Result<Report, Failure> {
    let author_id = args.author.officer.clone().unwrap_or_default();
    let validate_only = args.author.validate_only;
    let request_id = format!("withdraw-{}", uuid::Uuid::now_v7());
    let what = if let Some(household) = args.household.clone() {
        let request = v1::WithdrawNeedRequest { household, request_id, author_id, validate_only };
        chamber.matching().withdraw_need(request).await?;
        "Besoin retiré de la liste"
    } else {
        let offer_id = args.offer.clone().unwrap_or_default();
        let request = v1::WithdrawOfferRequest { offer_id, request_id, author_id, validate_only };
        chamber.matching().withdraw_offer(request).await?;
        "Offre retirée de la liste"
    };
    let text = if validate_only { "Contrôlé : rien n’est enregistré." } else { what };
    let more = if validate_only { "" } else { " ; une proposition en cours, elle, se retire à part." };
    Ok(Report::new(format!("{text}{more}"), json!({ "withdrawn": !validate_only })))
}
