//! Transfers declared and listed, chains found, chains proposed.

use super::args::{ChainArgs, ListArgs, TransfersArgs};
use super::declare::named;
use super::words;
use crate::failure::Failure;
use crate::file::folder;
use crate::look::{self, cell};
use crate::report::Report;
use chambre_api::convert::matching::{wire_need, wire_offer};
use chambre_api::{Client, v1};
use comfy_table::Table;
use serde_json::{Value, json};
use std::collections::HashMap;

/// Declares the transfers of a folder. The same folder again declares nothing twice.
///
/// # Errors
/// A folder that is wrong, with its line; what the server answers.
pub async fn declare(args: &TransfersArgs, chamber: &Client) -> Result<Report, Failure> {
    let on = args.on.unwrap_or_else(super::super::folder::today);
    let folder = folder::read(&args.folder, on)?;
    let needs: HashMap<_, _> =
        folder.needs.iter().map(|need| (&need.declared().household, wire_need(need.declared()))).collect();
    let frees: HashMap<_, _> =
        folder.offers.iter().map(|offer| (&offer.declared().offer, wire_offer(offer.declared()))).collect();
    let transfers: Vec<_> = folder::read_transfers(&args.folder, &folder)?
        .iter()
        .map(|transfer| v1::TenantTransfer {
            need: needs.get(&transfer.household).cloned(),
            frees: frees.get(&transfer.offer).cloned(),
            agreed: transfer.agreed,
        })
        .collect();
    let declared = transfers.len();
    let author_id = args.author.officer.clone().unwrap_or_default();
    let mut request = v1::DeclareTransfersRequest { transfers, author_id, ..Default::default() };
    request.request_id = named(&request);
    request.validate_only = args.author.validate_only;
    chamber.matching().declare_transfers(request).await?;
    let done = if args.author.validate_only { "Contrôlé, rien n’est enregistré" } else { "Déclaré" };
    Ok(Report::new(
        format!("{done} : {}.", look::counted(declared, "mutation")),
        json!({ "transfers": declared }),
    ))
}

/// Lists transfers.
///
/// # Errors
/// What the server answers.
pub async fn list(args: &ListArgs, chamber: &Client) -> Result<Report, Failure> {
    let mut transfers = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = v1::ListTransfersRequest {
            territory_siren: args.territory.map(|id| id.to_string()).unwrap_or_default(),
            page_size: 1_000,
            page_token,
            ..v1::ListTransfersRequest::default()
        };
        let page = chamber.matching().list_transfers(request).await?.into_inner();
        transfers.extend(page.transfers);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let mut table = look::table(&["Locataire", "Opération aidée", "Libère", "Commune", ">Loyer", "Accord"]);
    let mut told = Vec::with_capacity(transfers.len());
    for one in &transfers {
        let (need, frees) = (one.need.clone().unwrap_or_default(), one.frees.clone().unwrap_or_default());
        table.add_row([
            cell(&need.household),
            cell(&need.operation_id),
            cell(&frees.offer_id),
            cell(&frees.commune_insee),
            cell(look::euros(frees.rent_cents)),
            cell(if one.agreed { "oui" } else { "non" }),
        ]);
        told.push(json!({
            "household": need.household, "operation_id": need.operation_id, "mous_id": need.mous_id,
            "frees_offer_id": frees.offer_id, "dwelling_ref": frees.dwelling_ref,
            "bailleur_siren": frees.bailleur_siren, "commune_insee": frees.commune_insee,
            "rent_cents": frees.rent_cents, "agreed": one.agreed,
        }));
    }
    let head = look::counted(transfers.len(), "mutation");
    let text = if transfers.is_empty() { format!("{head}.") } else { format!("{head}.\n{table}") };
    Ok(Report::new(text, json!({ "transfers": told })))
}

/// Proposes a chain.
///
/// # Errors
/// What the server answers.
pub async fn propose(args: &ChainArgs, chamber: &Client) -> Result<Report, Failure> {
    let request = v1::ProposeChainRequest {
        territory_siren: args.territory.to_string(),
        chain_id: args.chain.clone(),
        offer_id: args.offer.clone(),
        households: args.households.clone(),
        formal_offer_id: args.formal_offer.clone().unwrap_or_else(|| args.chain.clone()),
        request_id: super::proposals::request_id("chain", &args.chain),
        author_id: args.author.officer.clone().unwrap_or_default(),
        validate_only: args.author.validate_only,
    };
    let answer = chamber.matching().propose_chain(request).await?.into_inner();
    if args.author.validate_only {
        return Ok(Report::new("Contrôlé : rien n’est enregistré.".to_owned(), json!({ "validated": true })));
    }
    let mut table = look::table(&[">Rang", "Proposition", "Ménage", "Offre", "Étape"]);
    for one in &answer.proposals {
        table.add_row([
            cell(one.chain_rank),
            cell(&one.proposal_id),
            cell(&one.household),
            cell(&one.offer_id),
            cell(words::stage(one)),
        ]);
    }
    let text = format!(
        "Chaîne {} proposée. Chaque bail attend celui d’avant ; un maillon qui échoue retire ceux d’après.\n{table}",
        args.chain
    );
    let proposals = answer.proposals.iter().map(super::proposals::as_json).collect::<Vec<_>>();
    Ok(Report::new(text, json!({ "chain_id": args.chain, "proposals": proposals })))
}

/// The chains found by a run, link by link.
pub fn found(chains: &[v1::FoundChain]) -> Table {
    let mut table = look::table(&[">Chaîne", ">Rang", "Ménage", "Prend", "Libère", ">Points"]);
    for (number, chain) in (1..).zip(chains) {
        for link in &chain.links {
            let last = link.frees_offer_id.is_empty();
            let urgent = if last && chain.urgent { " (urgent)" } else { "" };
            table.add_row([
                cell(number),
                cell(link.rank),
                cell(format!("{}{urgent}", link.household)),
                cell(&link.offer_id),
                cell(if last { "–" } else { &link.frees_offer_id }),
                cell(if last { look::count(chain.score) } else { String::new() }),
            ]);
        }
    }
    table
}

/// The same for a program.
pub fn chains_as_json(chains: &[v1::FoundChain]) -> Vec<Value> {
    let link = |link: &v1::ChainLink| {
        json!({
            "rank": link.rank, "household": link.household, "offer_id": link.offer_id,
            "frees_offer_id": link.frees_offer_id,
        })
    };
    let chain = |chain: &v1::FoundChain| {
        let links: Vec<_> = chain.links.iter().map(link).collect();
        json!({ "links": links, "score": chain.score, "urgent": chain.urgent })
    };
    chains.iter().map(chain).collect()
}
