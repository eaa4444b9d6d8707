//! What is contested.

use super::args::{DisputeArgs, DisputesArgs, SettleDisputeArgs};
use crate::chamber::{self, Names};
use crate::failure::Failure;
use crate::look::{self, cell};
use crate::report::Report;
use chambre_api::{Client, v1};
use serde_json::{Value, json};

/// Raises a dispute.
pub async fn raise(args: &DisputeArgs, chamber: &Client) -> Result<Report, Failure> {
    use v1::raise_dispute_request::{RaisedBy, Subject};
    let subject = match (&args.relogement, args.bailleur, args.territory) {
        (Some(id), _, _) => Subject::RelogementId(id.clone()),
        (None, Some(bailleur), Some(territory)) => Subject::Bailleur(v1::HeldBailleur {
            territory_siren: territory.to_string(),
            bailleur_siren: bailleur.to_string(),
        }),
        _ => return Err(Failure::usage("indiquez --relogement, ou --bailleur avec --territory.".to_owned())),
    };
    let raised_by = match (&args.officer, args.raised_by) {
        (Some(officer), _) => RaisedBy::OfficerId(officer.clone()),
        (None, siren) => RaisedBy::BailleurSiren(siren.map(|siren| siren.to_string()).unwrap_or_default()),
    };
    let event_id = args.id.clone().unwrap_or_else(|| uuid::Uuid::now_v7().to_string());
    let request = v1::RaiseDisputeRequest {
        event_id: event_id.clone(),
        subject: Some(subject),
        netting_id: args.netting.clone().unwrap_or_default(),
        reason: v1::DisputeReason::from(args.reason).into(),
        raised_by: Some(raised_by),
        validate_only: args.validate_only,
    };
    let receipt = chamber.netting().raise_dispute(request).await?.into_inner().receipt.unwrap_or_default();
    let json = json!({ "dispute_id": event_id, "seq": receipt.seq, "validate_only": args.validate_only });
    let text = if args.validate_only {
        "Essai : rien n’a été écrit, la contestation serait acceptée.".to_owned()
    } else {
        format!(
            "Contestation {event_id} enregistrée (n° {}).\nProposez l’arrêté de nouveau : ce qui est contesté sera \
             laissé de côté. Pour y mettre fin : « chambre netting settle-dispute {event_id} --outcome ISSUE \
             --officer AGENT ».",
            receipt.seq
        )
    };
    Ok(Report::new(text, json))
}

/// Ends a dispute.
pub async fn settle(args: &SettleDisputeArgs, chamber: &Client) -> Result<Report, Failure> {
    let request = v1::SettleDisputeRequest {
        dispute_id: args.id.clone(),
        outcome: v1::DisputeOutcome::from(args.outcome).into(),
        officer_id: args.officer.clone(),
        validate_only: args.validate_only,
    };
    let receipt = chamber.netting().settle_dispute(request).await?.into_inner().receipt.unwrap_or_default();
    let json = json!({ "dispute_id": args.id, "seq": receipt.seq, "validate_only": args.validate_only });
    let text = if args.validate_only {
        "Essai : rien n’a été écrit.".to_owned()
    } else {
        format!("Contestation close (n° {}) : la prochaine proposition en tiendra compte.", receipt.seq)
    };
    Ok(Report::new(text, json))
}

/// Lists disputes.
pub async fn list(args: &DisputesArgs, chamber: &Client) -> Result<Report, Failure> {
    let (mut disputes, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = v1::ListDisputesRequest {
            page_size: 1000,
            page_token,
            territory_siren: args.territory.map(|id| id.to_string()).unwrap_or_default(),
            open_only: !args.all,
        };
        let page = chamber.netting().list_disputes(request).await?.into_inner();
        disputes.extend(page.disputes);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let json = json!({ "disputes": disputes.iter().map(as_json).collect::<Vec<_>>() });
    if disputes.is_empty() {
        return Ok(Report::new("Aucune contestation.", json));
    }
    let names = Names::read(chamber).await?;
    let mut table = look::table(&["Contestation", "Objet", "Motif", "Par", "Depuis", "Issue"]);
    for dispute in &disputes {
        table.add_row([
            cell(&dispute.dispute_id),
            cell(subject(dispute, &names)),
            cell(reason(dispute.reason())),
            cell(raised_by(dispute, &names)),
            cell(look::day(dispute.raised_on).map(look::french_day).unwrap_or_default()),
            cell(outcome(dispute.outcome())),
        ]);
    }
    Ok(Report::new(table.to_string(), json))
}

fn subject(dispute: &v1::Dispute, names: &Names) -> String {
    match &dispute.subject {
        Some(v1::dispute::Subject::RelogementId(id)) => format!("relogement {id}"),
        Some(v1::dispute::Subject::Bailleur(held)) => {
            format!("{} à {}", names.of(&held.bailleur_siren), chamber::territory_name(&held.territory_siren))
        }
        None => String::new(),
    }
}

fn raised_by(dispute: &v1::Dispute, names: &Names) -> String {
    match &dispute.raised_by {
        Some(v1::dispute::RaisedBy::BailleurSiren(siren)) => names.of(siren),
        Some(v1::dispute::RaisedBy::OfficerId(officer)) => format!("agent {officer}"),
        None => String::new(),
    }
}

fn reason(reason: v1::DisputeReason) -> &'static str {
    use chambre_domain::dispute::DisputeReason;
    match reason {
        v1::DisputeReason::AmountWrong => DisputeReason::AmountWrong.french(),
        v1::DisputeReason::VoucherMissing => DisputeReason::VoucherMissing.french(),
        v1::DisputeReason::NotConcerned => DisputeReason::NotConcerned.french(),
        v1::DisputeReason::DeclaredTwice => DisputeReason::DeclaredTwice.french(),
        v1::DisputeReason::ConventionMisread => DisputeReason::ConventionMisread.french(),
        v1::DisputeReason::UnderNegotiation => DisputeReason::UnderNegotiation.french(),
        v1::DisputeReason::Unspecified => "motif inconnu",
    }
}

fn outcome(outcome: v1::DisputeOutcome) -> &'static str {
    use chambre_domain::dispute::DisputeOutcome;
    match outcome {
        v1::DisputeOutcome::Unspecified => "en cours",
        v1::DisputeOutcome::Corrected => DisputeOutcome::Corrected.french(),
        v1::DisputeOutcome::Dismissed => DisputeOutcome::Dismissed.french(),
        v1::DisputeOutcome::Withdrawn => DisputeOutcome::Withdrawn.french(),
    }
}

fn as_json(dispute: &v1::Dispute) -> Value {
    let (relogement_id, bailleur) = match &dispute.subject {
        Some(v1::dispute::Subject::RelogementId(id)) => (Some(id.clone()), None),
        Some(v1::dispute::Subject::Bailleur(held)) => (None, Some(held.bailleur_siren.clone())),
        None => (None, None),
    };
    let (by_bailleur, by_officer) = match &dispute.raised_by {
        Some(v1::dispute::RaisedBy::BailleurSiren(siren)) => (Some(siren.clone()), None),
        Some(v1::dispute::RaisedBy::OfficerId(officer)) => (None, Some(officer.clone())),
        None => (None, None),
    };
    json!({
        "dispute_id": dispute.dispute_id,
        "territory_siren": dispute.territory_siren,
        "relogement_id": relogement_id,
        "held_bailleur_siren": bailleur,
        "netting_id": dispute.netting_id,
        "reason": dispute.reason().as_str_name().trim_start_matches("DISPUTE_REASON_"),
        "raised_by_siren": by_bailleur,
        "raised_by_officer": by_officer,
        "raised_on": look::day(dispute.raised_on).map(|day| day.to_string()),
        "outcome": dispute.outcome().as_str_name().trim_start_matches("DISPUTE_OUTCOME_"),
        "settled_by": dispute.settled_by,
    })
}
