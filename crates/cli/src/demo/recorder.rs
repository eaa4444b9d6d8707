//! Sends the declarations of each day through the published client, by each of the three doors in turn.

use super::year::Declaration;
use crate::failure::Failure;
use anyhow::Context as _;
use chambre_api::convert::ledger::wire_event;
use chambre_api::v1::event::Body;
use chambre_api::v1::event_outcome::Outcome;
use chambre_api::v1::ledger_service_client::LedgerServiceClient;
use chambre_api::{Client, Refused, v1};
use chambre_domain::Date;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

/// How many declarations went through each door.
#[derive(Debug, Clone, Copy, Default, serde::Serialize)]
pub struct Sent {
    /// One call each.
    pub unary: u64,
    /// In a batch of the day.
    pub batch: u64,
    /// In a chunk of an open stream.
    pub stream: u64,
    /// Sent again on purpose: the first receipt came back.
    pub replayed: u64,
}

/// The door of a month: each is used about four months of the year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Unary,
    Batch,
    Stream,
}

/// A stream of declarations, open from one day to the next.
struct Open {
    sender: mpsc::Sender<v1::StreamEventsRequest>,
    answers: Streaming<v1::StreamEventsResponse>,
}

/// Declares for everybody.
pub struct Recorder {
    ledger: LedgerServiceClient<chambre_api::Line>,
    stream: Option<Open>,
    days: u32,
    /// What went through so far.
    pub sent: Sent,
}

impl Recorder {
    /// Declares over this connection.
    pub fn new(client: &Client) -> Self {
        Self { ledger: client.ledger(), stream: None, days: 0, sent: Sent::default() }
    }

    /// Declares what a day brings, in order; every tenth day, sends it all a second time.
    ///
    /// # Errors
    /// A declaration that the chamber refuses, or does not recognise when it comes again.
    pub async fn declare(&mut self, day: Date, declarations: &[Declaration]) -> anyhow::Result<()> {
        self.days += 1;
        let count = declarations.len() as u64;
        let outcomes = match way(day) {
            Way::Unary => {
                self.sent.unary += count;
                self.one_by_one(declarations).await
            }
            Way::Batch => {
                self.sent.batch += count;
                self.together(declarations).await
            }
            Way::Stream => {
                self.sent.stream += count;
                self.streamed(declarations).await
            }
        };
        expect_recorded(day, &outcomes.with_context(|| format!("déclarations du {day}"))?, false)?;
        if self.days.is_multiple_of(10) {
            self.sent.replayed += count;
            expect_recorded(day, &self.together(declarations).await?, true)?;
        }
        Ok(())
    }

    /// Closes the stream, if one is open.
    pub fn finish(&mut self) {
        self.stream = None;
    }

    async fn together(&mut self, declarations: &[Declaration]) -> anyhow::Result<Vec<v1::EventOutcome>> {
        let request = v1::RecordEventsRequest { events: events(declarations)?, validate_only: false };
        Ok(self.ledger.record_events(request).await?.into_inner().outcomes)
    }

    async fn streamed(&mut self, declarations: &[Declaration]) -> anyhow::Result<Vec<v1::EventOutcome>> {
        let mut open = match self.stream.take() {
            Some(open) => open,
            None => {
                let (sender, chunks) = mpsc::channel(1);
                let answers = self.ledger.stream_events(ReceiverStream::new(chunks)).await?.into_inner();
                Open { sender, answers }
            }
        };
        let chunk = v1::StreamEventsRequest { events: events(declarations)? };
        open.sender.send(chunk).await.context("le flux est fermé")?;
        let answer = open.answers.message().await?.context("le flux s’est terminé sans réponse")?;
        self.stream = Some(open);
        Ok(answer.outcomes)
    }

    async fn one_by_one(&mut self, declarations: &[Declaration]) -> anyhow::Result<Vec<v1::EventOutcome>> {
        self.finish();
        let mut outcomes = Vec::with_capacity(declarations.len());
        for event in events(declarations)? {
            let receipt = self.one(event).await?;
            outcomes.push(v1::EventOutcome { outcome: receipt.map(Outcome::Receipt) });
        }
        Ok(outcomes)
    }

    /// One declaration, by the call of its kind.
    async fn one(&mut self, event: v1::Event) -> Result<Option<v1::Receipt>, tonic::Status> {
        let (event_id, validate_only) = (event.event_id, false);
        let ledger = &mut self.ledger;
        macro_rules! call {
            ($call:ident, $request:ident, $field:ident, $body:ident) => {{
                let request = v1::$request { event_id, $field: Some($body), validate_only };
                ledger.$call(request).await?.into_inner().receipt
            }};
        }
        Ok(match event.body {
            Some(Body::Relogement(body)) => {
                call!(record_relogement, RecordRelogementRequest, relogement, body)
            }
            Some(Body::Works(body)) => call!(record_works, RecordWorksRequest, works, body),
            Some(Body::Vacancy(body)) => call!(record_vacancy, RecordVacancyRequest, vacancy, body),
            Some(Body::Indemnity(body)) => call!(record_indemnity, RecordIndemnityRequest, indemnity, body),
            Some(Body::RentRevision(body)) => {
                call!(record_rent_revision, RecordRentRevisionRequest, rent_revision, body)
            }
            Some(Body::LeaseEnd(body)) => call!(end_lease, EndLeaseRequest, lease_end, body),
            Some(Body::LandCounterpart(body)) => {
                call!(record_land_counterpart, RecordLandCounterpartRequest, land_counterpart, body)
            }
            Some(Body::Reversal(body)) => call!(reverse_event, ReverseEventRequest, reversal, body),
            None => None,
        })
    }
}

fn way(day: Date) -> Way {
    match day.month() % 3 {
        1 => Way::Unary,
        2 => Way::Batch,
        _ => Way::Stream,
    }
}

/// The declarations as a client sends them.
fn events(declarations: &[Declaration]) -> anyhow::Result<Vec<v1::Event>> {
    let wire = declarations.iter().map(|declared| wire_event(&declared.id, &declared.event));
    wire.collect::<Option<_>>().context("un événement de la démonstration n’est pas une déclaration")
}

/// Every declaration has its receipt: a first one, or the first one again.
fn expect_recorded(day: Date, outcomes: &[v1::EventOutcome], again: bool) -> anyhow::Result<()> {
    for outcome in outcomes {
        let fault = match &outcome.outcome {
            Some(Outcome::Receipt(receipt)) if receipt.replayed == again => continue,
            Some(Outcome::Receipt(receipt)) if again => {
                format!("le renvoi de l’écriture {} a été enregistré une seconde fois", receipt.seq)
            }
            Some(Outcome::Receipt(receipt)) => format!("l’écriture {} était déjà au journal", receipt.seq),
            Some(Outcome::Error(status)) => Refused::of_event(status).french,
            None => "réponse vide".to_owned(),
        };
        return Err(Failure::infrastructure(format!("déclarations du {day} : {fault}")).into());
    }
    Ok(())
}
