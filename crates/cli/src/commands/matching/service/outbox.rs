//! What the ledger is told of completed placements.

use super::args::OutboxArgs;
use crate::failure::Failure;
use crate::look::{self, cell};
use crate::report::Report;
use chambre_api::{Client, v1};
use chambre_domain::BookedAt;
use serde_json::{Value, json};

/// Shows the messages, the earliest first.
///
/// # Errors
/// What the server answers.
pub async fn run(args: &OutboxArgs, chamber: &Client) -> Result<Report, Failure> {
    let mut messages = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = v1::ListOutboxRequest {
            territory_siren: args.territory.map(|id| id.to_string()).unwrap_or_default(),
            waiting_only: args.waiting,
            page_size: 1_000,
            page_token,
        };
        let page = chamber.matching().list_outbox(request).await?.into_inner();
        messages.extend(page.messages);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let waiting = messages.iter().filter(|message| message.delivered_at.is_none()).count();
    let mut table =
        look::table(&["Relogement", "Message", "Écrit le", "Au registre", ">Essais", "Dernier refus"]);
    for message in &messages {
        let kind = if message.revision == 1 { "relogement" } else { "annulation" };
        let delivered = match message.delivered_at {
            Some(_) => format!("écriture n° {}", look::count(message.seq)),
            None => "attend".to_owned(),
        };
        table.add_row([
            cell(&message.placement_id),
            cell(kind),
            cell(day(message.created_at.as_ref())),
            cell(delivered),
            cell(message.attempts),
            cell(&message.last_error),
        ]);
    }
    let head = format!(
        "{}, dont {} en attente.",
        look::counted(messages.len(), "message"),
        look::count(waiting as u64)
    );
    let text = if messages.is_empty() { head } else { format!("{head}\n{table}") };
    Ok(Report::new(text, json!({ "messages": messages.iter().map(as_json).collect::<Vec<_>>() })))
}

fn day(at: Option<&prost_types::Timestamp>) -> String {
    at.map_or_else(String::new, |at| {
        look::french_day(BookedAt::from_millis(at.seconds.saturating_mul(1_000)).day_in_paris())
    })
}

fn as_json(message: &v1::OutboxMessage) -> Value {
    let seconds = |at: Option<&prost_types::Timestamp>| at.map(|at| at.seconds);
    json!({
        "placement_id": message.placement_id, "revision": message.revision,
        "territory_siren": message.territory_siren, "delivered": message.delivered_at.is_some(),
        "seq": message.seq, "attempts": message.attempts, "last_error": message.last_error,
        "created_at": seconds(message.created_at.as_ref()),
        "delivered_at": seconds(message.delivered_at.as_ref()),
        "next_attempt_at": seconds(message.next_attempt_at.as_ref()),
    })
}
