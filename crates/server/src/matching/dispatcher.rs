//! Delivers to the ledger what the outbox holds, in order, until it is acknowledged.

use super::office::Office;
use chambre_api::v1;
use prost::Message as _;
use std::sync::Arc;
use std::time::Duration;
use tonic::Status;

/// Between two looks at the clock and at the messages that wait for their hour.
const BREATH: Duration = Duration::from_secs(1);

/// Runs until the service stops. A message is delivered at least once: its events keep their ids, so that the
/// ledger records them once.
pub async fn deliver(office: Arc<Office>) {
    let mut stopping = office.desk.stopping.clone();
    loop {
        let round = tokio::select! {
            round = round(&office) => round,
            _ = stopping.wait_for(|stopping| *stopping) => return,
        };
        if let Err(error) = &round {
            tracing::error!(%error, "the outbox cannot be used");
        }
        if matches!(round, Ok(true)) {
            continue;
        }
        tokio::select! {
            () = office.posted.notified() => {}
            () = tokio::time::sleep(BREATH) => {}
            _ = stopping.wait_for(|stopping| *stopping) => return,
        }
    }
}

/// Delivers one message, if one is due.
async fn round(office: &Arc<Office>) -> Result<bool, Status> {
    let found = aside(office, |office| {
        office.tick_now()?;
        office.due()
    });
    let Some((posted, bytes)) = found.await? else { return Ok(false) };
    let outcome = match v1::RecordEventsRequest::decode(bytes.as_slice()) {
        Ok(request) => office.line.record(request).await,
        Err(error) => Err(error.to_string()),
    };
    aside(office, move |office| office.acknowledge(&posted, outcome)).await?;
    Ok(true)
}

/// On a thread that may wait for the disk.
async fn aside<T: Send + 'static>(
    office: &Arc<Office>,
    work: impl FnOnce(&Office) -> Result<T, Status> + Send + 'static,
) -> Result<T, Status> {
    let office = Arc::clone(office);
    let done = tokio::task::spawn_blocking(move || work(&office)).await;
    done.unwrap_or_else(|_| Err(crate::status::unavailable("the outbox was left")))
}
