//! What the chamber must refuse: tried for real, so that the demonstration shows it.

use super::agenda::SEMESTERS;
use super::cast::Cast;
use super::closing::{FIRST_OFFICER, netting_id};
use super::year::Day;
use crate::failure::Failure;
use chambre_api::convert::ledger::{wire_relogement, wire_works};
use chambre_api::{Client, Refused, v1};
use chambre_domain::{Event, EventId, Reason, Relogement, follow_up::Works};
use tonic::Status;

/// An attempt, and the answer.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Guard {
    /// What was tried, in French.
    pub attempt: &'static str,
    /// Stable reason of the refusal.
    pub reason: String,
    /// What the chamber answered, in French.
    pub answer: String,
}

/// Tries each of them, on the day of the first proposals.
///
/// # Errors
/// An attempt that the chamber accepts, or refuses for another reason.
pub async fn attempt(client: &Client, cast: &Cast, year: &[Day]) -> anyhow::Result<Vec<Guard>> {
    let declared = || year.iter().flat_map(|(_, day)| day);
    let mut guards = Vec::new();
    if let Some(scene) = cast.scenes.first() {
        let request = v1::ApproveNettingRequest {
            netting_id: netting_id(scene, &SEMESTERS[0]),
            officer_id: FIRST_OFFICER.to_owned(),
            validate_only: false,
        };
        let answer = client.netting().approve_netting(request).await.map(drop);
        guards.push(guard("approuver l’arrêté que l’on a proposé", Reason::SameOfficer, answer)?);
    }
    let mut relogements = declared().filter_map(|declaration| match &declaration.event {
        Event::RelogementRecorded(relogement) => Some(relogement),
        _ => None,
    });
    if let Some(relogement) = relogements.next() {
        guards.extend(attempt_relogement(client, cast, relogement).await?);
    }
    let mut works = declared().filter_map(|declaration| match &declaration.event {
        Event::WorksRecorded(works) => Some((&declaration.id, works)),
        _ => None,
    });
    if let Some((id, works)) = works.next() {
        let answer = declare_again(client, id, works).await;
        guards.push(guard("redéclarer des travaux sous un autre montant", Reason::EventIdReused, answer)?);
    }
    Ok(guards)
}

async fn attempt_relogement(client: &Client, cast: &Cast, known: &Relogement) -> anyhow::Result<Vec<Guard>> {
    let send = |event_id: &str, relogement: v1::Relogement| {
        let event_id = event_id.to_owned();
        let request =
            v1::RecordRelogementRequest { event_id, relogement: Some(relogement), validate_only: false };
        let mut ledger = client.ledger();
        async move { ledger.record_relogement(request).await.map(drop) }
    };
    let new = v1::Relogement { relogement_id: "R-GARDE-FOU".to_owned(), ..wire_relogement(known) };
    let hosted = v1::Relogement { host_siren: cast.operator().to_string(), ..new.clone() };
    let named = v1::Relogement { household: "1850578006084".to_owned(), ..new };
    let twice = wire_relogement(known);
    Ok(vec![
        guard(
            "faire accueillir un ménage par l’opérateur sans parc",
            Reason::HostWithoutStock,
            send("garde-fou-1", hosted).await,
        )?,
        guard("désigner un ménage par son NIR", Reason::HouseholdNir, send("garde-fou-2", named).await)?,
        guard(
            "déclarer deux fois un relogement sous deux identifiants d’événement",
            Reason::RelogementExists,
            send("garde-fou-3", twice).await,
        )?,
    ])
}

/// The same event id, one euro more.
async fn declare_again(client: &Client, id: &EventId, works: &Works) -> Result<(), Status> {
    let mut other = wire_works(works);
    other.amount_cents += 100;
    let request =
        v1::RecordWorksRequest { event_id: id.to_string(), works: Some(other), validate_only: false };
    client.ledger().record_works(request).await.map(drop)
}

fn guard(attempt: &'static str, expected: Reason, answer: Result<(), Status>) -> anyhow::Result<Guard> {
    let refused = match answer {
        Ok(()) => return Err(Failure::infrastructure(format!("la chambre a laissé {attempt}")).into()),
        Err(status) => Refused::of(&status),
    };
    if refused.reason == expected.code() {
        return Ok(Guard { attempt, reason: refused.reason, answer: refused.french });
    }
    let sentence = format!("{attempt} : {expected} attendu, {} reçu ({refused})", refused.reason);
    Err(Failure::infrastructure(sentence).into())
}
