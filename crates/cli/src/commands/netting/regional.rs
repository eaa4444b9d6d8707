//! A regional plan: proposed over the runs of several territories, in words, tables and JSON.

use crate::chamber::{self, Names, ServerOptions};
use crate::failure::Failure;
use crate::look::{self, cell, euros, signed};
use crate::report::Report;
use chambre_api::{Client, v1};
use chambre_domain::{Siren, TerritoryId};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// What a regional plan covers.
#[derive(Debug, clap::Args)]
pub struct RegionalArgs {
    /// Arrêtés approuvés, pas encore ordonnés (défaut : tous)
    #[arg(value_name = "ARRÊTÉ")]
    pub runs: Vec<String>,
    /// Agent qui propose
    #[arg(long, value_name = "AGENT")]
    pub officer: String,
    /// Ne crée aucun nouveau couple payeur-bénéficiaire : les paiements des arrêtés ne font que diminuer
    #[arg(long)]
    pub conservative: bool,
    /// Territoire qui garde son propre plan (SIREN ou nom) ; peut être répété
    #[arg(long, value_name = "TERRITOIRE", value_parser = chamber::territory)]
    pub without: Vec<TerritoryId>,
    /// Bailleur qui garde ses paiements sur un territoire ; peut être répété
    #[arg(long, value_name = "TERRITOIRE:SIREN", value_parser = territory_bailleur)]
    pub without_bailleur: Vec<(TerritoryId, Siren)>,
    /// Identifiant du plan (défaut : le plan en cours, sinon choisi par la chambre)
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// Calcule et montre, n’écrit rien
    #[arg(long)]
    pub validate_only: bool,
    #[command(flatten)]
    pub server: ServerOptions,
}

fn territory_bailleur(text: &str) -> Result<(TerritoryId, Siren), String> {
    let (territory, siren) = text.rsplit_once(':').ok_or("attendu : TERRITOIRE:SIREN")?;
    Ok((chamber::territory(territory)?, chamber::siren(siren)?))
}

/// Proposes a regional plan.
pub async fn propose(args: &RegionalArgs, chamber: &Client) -> Result<Report, Failure> {
    let compression = if args.conservative { v1::Compression::Conservative } else { v1::Compression::Full };
    let out_bailleurs = args.without_bailleur.iter().map(|(territory, siren)| v1::TerritoryBailleur {
        territory_siren: territory.to_string(),
        bailleur_siren: siren.to_string(),
    });
    let request = v1::ProposeRegionalNettingRequest {
        netting_id: args.id.clone().unwrap_or_default(),
        officer_id: args.officer.clone(),
        run_netting_ids: args.runs.clone(),
        compression: compression.into(),
        out_territory_sirens: args.without.iter().map(ToString::to_string).collect(),
        out_bailleurs: out_bailleurs.collect(),
        validate_only: args.validate_only,
    };
    let run = chamber.netting().propose_regional_netting(request).await?.into_inner().run;
    super::steps::shown("Plan régional proposé.", run, args.validate_only, chamber).await
}

/// What a regional plan covers and does in each territory, as an officer reads it; its payments are described as
/// those of any run.
pub fn description(run: &v1::NettingRun, plan: &v1::RegionalPlan, names: &Names) -> String {
    let far = match plan.compression() {
        v1::Compression::Conservative => "sans nouveau couple payeur-bénéficiaire",
        v1::Compression::Full | v1::Compression::Unspecified => "le moins de paiements possible",
    };
    let mut text = format!(
        "Plan régional {} · {} · {far}\nArrêtés repris : {}\n",
        run.netting_id,
        super::describe::status_name(run.status()),
        if plan.netting_ids.is_empty() { "aucun".to_owned() } else { plan.netting_ids.join(", ") },
    );
    for territory in &plan.out_territory_sirens {
        let _ = writeln!(text, "Garde son propre plan : {}", chamber::territory_name(territory));
    }
    for one in &plan.out_bailleurs {
        let _ = writeln!(
            text,
            "Garde ses paiements : {} sur {}",
            names.of(&one.bailleur_siren),
            chamber::territory_name(&one.territory_siren)
        );
    }
    if !plan.carried_over.is_empty() {
        let due: i64 = plan.carried_over.iter().map(|due| due.amount_cents).sum();
        let _ = writeln!(text, "Impayés du plan régional précédent, de nouveau dus : {}", euros(due));
    }
    text
}

/// What the plan does without money, and territory by territory.
pub fn territories(plan: &v1::RegionalPlan, names: &Names) -> String {
    let mut text = String::new();
    for (title, shares) in [
        ("Ce que les arrêtés règlent, repris au plan régional", &plan.moved),
        ("Compensé entre territoires, sans paiement", &plan.set_off),
    ] {
        if shares.is_empty() {
            continue;
        }
        let mut table = look::table(&["Territoire", "Bailleur", ">Montant"]);
        for share in shares {
            table.add_row([
                cell(chamber::territory_name(&share.territory_siren)),
                cell(names.of(&share.bailleur_siren)),
                cell(signed(share.amount_cents)),
            ]);
        }
        let _ = writeln!(text, "\n{title} :\n{table}");
    }
    if !text.is_empty() {
        let _ = writeln!(text, "{}", look::SIGNS);
    }
    text
}

/// The breakdown of each payment by territory.
pub fn breakdown(run: &v1::NettingRun) -> String {
    if run.payments.is_empty() {
        return String::new();
    }
    let mut table = look::table(&["Référence", "Territoire", ">Dette éteinte", ">Créance éteinte"]);
    for payment in &run.payments {
        let at = |pieces: &[v1::TerritoryAmount], territory: &str| {
            let piece = pieces.iter().find(|piece| piece.territory_siren == territory);
            piece.map_or_else(String::new, |piece| euros(piece.amount_cents))
        };
        let pieces = payment.paid_for.iter().chain(&payment.received_for);
        let territories: BTreeSet<&str> = pieces.map(|piece| piece.territory_siren.as_str()).collect();
        for territory in territories {
            table.add_row([
                cell(&payment.payment_id),
                cell(chamber::territory_name(territory)),
                cell(at(&payment.paid_for, territory)),
                cell(at(&payment.received_for, territory)),
            ]);
        }
    }
    format!("\nVentilation des paiements par territoire :\n{table}\n")
}

/// The plan for a program.
pub fn as_json(plan: &v1::RegionalPlan) -> Value {
    let share = |share: &v1::RegionalShare| {
        json!({
            "territory_siren": share.territory_siren,
            "bailleur_siren": share.bailleur_siren,
            "amount_cents": share.amount_cents,
        })
    };
    let due = |due: &v1::RegionalDue| {
        json!({
            "from_siren": due.from_siren,
            "paid_in_territory_siren": due.paid_in_territory_siren,
            "to_siren": due.to_siren,
            "received_in_territory_siren": due.received_in_territory_siren,
            "amount_cents": due.amount_cents,
        })
    };
    let out = |one: &v1::TerritoryBailleur| json!({ "territory_siren": one.territory_siren, "bailleur_siren": one.bailleur_siren });
    json!({
        "netting_ids": plan.netting_ids,
        "compression": plan.compression().as_str_name().trim_start_matches("COMPRESSION_"),
        "out_territory_sirens": plan.out_territory_sirens,
        "out_bailleurs": plan.out_bailleurs.iter().map(out).collect::<Vec<_>>(),
        "moved": plan.moved.iter().map(share).collect::<Vec<_>>(),
        "carried_over": plan.carried_over.iter().map(due).collect::<Vec<_>>(),
        "set_off": plan.set_off.iter().map(share).collect::<Vec<_>>(),
    })
}
