//! The service as its callers meet it: batches, streams, imports, watching, deadlines, stopping, starting again.

#![allow(clippy::unwrap_used)]

use chambre_api::v1;
use chambre_api::v1::event::Body;
use chambre_api::v1::event_outcome::Outcome;
use chambre_api::v1::ledger_service_client::LedgerServiceClient;
use chambre_server::{Config, ManualClock, ServerError};
use scenarios::{
    Chamber, TERRITORY, Told, approval, bailleur, causal, day, event, indemnity, operation, proposal,
    relogement, reversal, siren, vacancy, works,
};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Status, Streaming};

/// Long enough for anything that must come, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Bailleurs 1 and 2, OP-1, the causal rules, and R-1 with bailleur 2 as host, under the event id `r-1`.
async fn chamber() -> Chamber {
    let chamber = Chamber::open().await;
    chamber.register(&[1, 2]).await;
    chamber.register_operations(&[1]).await;
    chamber.publish(causal()).await;
    chamber.record("r-1", Body::Relogement(relogement("R-1", 1, 2, 1_000))).await;
    chamber
}

/// Works of one euro and more on R-1, each under its own id.
fn euros(prefix: &str, count: u32) -> Vec<v1::Event> {
    let one = |n: u32| event(&format!("{prefix}-{n}"), Body::Works(works("R-1", 100 + i64::from(n))));
    (0..count).map(one).collect()
}

/// `ok`, `again` for a replay, or the reason.
fn said(outcomes: Vec<v1::EventOutcome>) -> Vec<String> {
    let one = |outcome: v1::EventOutcome| match outcome.outcome.unwrap() {
        Outcome::Receipt(receipt) if receipt.replayed => "again".to_owned(),
        Outcome::Receipt(_) => "ok".to_owned(),
        Outcome::Error(error) => Told::by_item(&error).reason,
    };
    outcomes.into_iter().map(one).collect()
}

async fn batch(chamber: &Chamber, events: Vec<v1::Event>) -> Vec<v1::EventOutcome> {
    let request = v1::RecordEventsRequest { events, validate_only: false };
    chamber.client.ledger().record_events(request).await.unwrap().into_inner().outcomes
}

async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.unwrap()
}

// ---- batches ----

#[tokio::test]
async fn a_batch_answers_each_event_and_a_bad_one_sinks_no_other() {
    let chamber = chamber().await;
    let before = chamber.head().await.seq;
    let outcomes = batch(
        &chamber,
        vec![
            event("r-2", Body::Relogement(relogement("R-2", 1, 2, 1_000))),
            event("w-2", Body::Works(works("R-2", 0))),
            event("w-3", Body::Works(works("R-2", 300))), // rests on the first of the same batch
            event("w-4", Body::Works(works("R-99", 400))),
            v1::Event { event_id: "w-5".to_owned(), body: None },
            event("w-6", Body::Works(works("R-2", 600))),
        ],
    )
    .await;
    let field = |place: usize| match outcomes[place].outcome.as_ref().unwrap() {
        Outcome::Error(error) => Told::by_item(error).field,
        Outcome::Receipt(_) => String::new(),
    };
    assert_eq!(field(1), "events[1].works.amount_cents");
    assert_eq!(field(3), "events[3].works.relogement_id");
    assert_eq!(field(4), "events[4].body");
    let expected = ["ok", "AMOUNT_NOT_POSITIVE", "ok", "RELOGEMENT_UNKNOWN", "FIELD_MISSING", "ok"];
    assert_eq!(said(outcomes), expected);
    assert_eq!(chamber.head().await.seq, before + 3);
}

#[tokio::test]
async fn duplicates_inside_one_batch_are_booked_once() {
    let chamber = chamber().await;
    let one = || event("w-1", Body::Works(works("R-1", 100)));
    let other = event("w-1", Body::Works(works("R-1", 101)));
    let outcomes = batch(&chamber, vec![one(), one(), other]).await;
    assert_eq!(said(outcomes), ["ok", "again", "EVENT_ID_REUSED"]);
    let again = batch(&chamber, vec![one()]).await;
    assert_eq!(said(again), ["again"]);
}

#[tokio::test]
async fn the_same_event_gets_its_first_receipt_whatever_the_call() {
    let chamber = chamber().await;
    let first = chamber.record("w-1", Body::Works(works("R-1", 100))).await;
    let request = v1::RecordWorksRequest {
        event_id: "w-1".into(),
        works: Some(works("R-1", 100)),
        validate_only: false,
    };
    let again = chamber.client.ledger().record_works(request).await.unwrap().into_inner().receipt.unwrap();
    assert_eq!(again, v1::Receipt { replayed: true, ..first });
}

// ---- streams ----

type Answers = Streaming<v1::StreamEventsResponse>;

async fn open_stream(chamber: &Chamber) -> (mpsc::Sender<v1::StreamEventsRequest>, Answers) {
    let (chunks, receiver) = mpsc::channel(1);
    let answers = chamber.client.ledger().stream_events(ReceiverStream::new(receiver)).await.unwrap();
    (chunks, answers.into_inner())
}

#[tokio::test]
async fn a_stream_answers_every_chunk_in_order() {
    let chamber = chamber().await;
    let before = chamber.head().await.seq;
    let (chunks, mut answers) = open_stream(&chamber).await;
    let sender = tokio::spawn(async move {
        for number in 0..40 {
            let events = euros(&format!("s{number}"), 1 + number);
            chunks.send(v1::StreamEventsRequest { events }).await.unwrap();
        }
    });
    let mut seq = before;
    for number in 0..40 {
        let outcomes = soon(answers.message()).await.unwrap().unwrap().outcomes;
        assert_eq!(outcomes.len(), 1 + number, "chunk {number}");
        for outcome in outcomes {
            seq += 1;
            assert_eq!(scenarios::accepted(outcome).seq, seq);
        }
    }
    sender.await.unwrap();
    assert_eq!(soon(answers.message()).await.unwrap(), None, "the stream ends after its last chunk");
    assert_eq!(chamber.head().await.seq, before + 820);
}

#[tokio::test]
async fn a_bad_chunk_ends_the_stream_after_the_answers_before_it() {
    let chamber = chamber().await;
    let before = chamber.head().await.seq;
    let (chunks, mut answers) = open_stream(&chamber).await;
    for events in [euros("a", 3), euros("b", 2), Vec::new(), euros("c", 5)] {
        // After the bad chunk the server reads no more: the last one may find the stream closed.
        let _ = chunks.send(v1::StreamEventsRequest { events }).await;
    }
    assert_eq!(said(soon(answers.message()).await.unwrap().unwrap().outcomes), ["ok"; 3]);
    assert_eq!(said(soon(answers.message()).await.unwrap().unwrap().outcomes), ["ok"; 2]);
    let told = Told::by(&soon(answers.message()).await.unwrap_err());
    assert_eq!((told.code, told.reason.as_str()), (Code::InvalidArgument, "BATCH_EMPTY"));
    assert_eq!(chamber.head().await.seq, before + 5, "nothing after the bad chunk is written");
}

#[tokio::test]
async fn a_bad_event_of_a_stream_is_answered_and_the_stream_goes_on() {
    let chamber = chamber().await;
    let (chunks, mut answers) = open_stream(&chamber).await;
    let bad = event("w-0", Body::Works(works("R-99", 1)));
    chunks.send(v1::StreamEventsRequest { events: vec![bad] }).await.unwrap();
    chunks.send(v1::StreamEventsRequest { events: euros("a", 1) }).await.unwrap();
    drop(chunks);
    assert_eq!(said(soon(answers.message()).await.unwrap().unwrap().outcomes), ["RELOGEMENT_UNKNOWN"]);
    assert_eq!(said(soon(answers.message()).await.unwrap().unwrap().outcomes), ["ok"]);
    assert_eq!(soon(answers.message()).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_holds_the_sender_back_and_loses_nothing() {
    const CHUNKS: usize = 60;
    let chamber = chamber().await;
    let (chunks, mut answers) = open_stream(&chamber).await;
    // A thousand refusals a chunk: each answer is about a megabyte, so unread answers fill the windows.
    let events: Vec<_> =
        (0..1_000).map(|n| event(&format!("w-{n}"), Body::Works(works("R-99", 1)))).collect();
    let mut sent = 0;
    let held_back = loop {
        let chunk = v1::StreamEventsRequest { events: events.clone() };
        match tokio::time::timeout(Duration::from_secs(3), chunks.send(chunk)).await {
            Ok(sending) => sending.unwrap(),
            Err(_) => break true,
        }
        sent += 1;
        if sent == CHUNKS {
            break false;
        }
    };
    assert!(held_back, "{sent} chunks went in while no answer was read");
    let rest = tokio::spawn(async move {
        for _ in sent..CHUNKS {
            chunks.send(v1::StreamEventsRequest { events: events.clone() }).await.unwrap();
        }
    });
    let mut answered = 0;
    while let Some(answer) = soon(answers.message()).await.unwrap() {
        assert_eq!(answer.outcomes.len(), 1_000);
        answered += 1;
    }
    rest.await.unwrap();
    assert_eq!(answered, CHUNKS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_says_so_and_the_same_events_pass_later() {
    let chamber = Chamber::open_with(|config| {
        config.ledger.queue_events = 1;
        config.ledger.queue_wait = Duration::ZERO;
    })
    .await;
    let mut turned_away = None;
    for round in 0..50 {
        let calls = (0..100).map(|n| {
            let mut registry = chamber.client.registry();
            let bailleur = Some(bailleur(round * 100 + n));
            let request = v1::RegisterBailleurRequest { bailleur, validate_only: false };
            tokio::spawn(async move { (request.clone(), registry.register_bailleur(request).await) })
        });
        for call in calls.collect::<Vec<_>>() {
            let (request, answer) = call.await.unwrap();
            turned_away = turned_away.or(answer.err().map(|status| (request, status)));
        }
        if turned_away.is_some() {
            break;
        }
    }
    let (request, status) = turned_away.unwrap();
    let told = Told::by(&status);
    assert_eq!((told.code, told.reason.as_str()), (Code::ResourceExhausted, "QUEUE_FULL"));
    assert!(tonic_types::StatusExt::get_details_retry_info(&status).is_some());
    assert!(
        !chamber
            .client
            .registry()
            .register_bailleur(request)
            .await
            .unwrap()
            .into_inner()
            .receipt
            .unwrap()
            .replayed
    );
}

// ---- imports ----

async fn import(chamber: &Chamber, events: &[v1::Event], validate_only: bool) -> v1::ImportEventsResponse {
    let chunks: Vec<_> = events
        .chunks(700)
        .map(|chunk| v1::ImportEventsRequest { events: chunk.to_vec(), validate_only })
        .collect();
    chamber.client.ledger().import_events(tokio_stream::iter(chunks)).await.unwrap().into_inner()
}

fn counts(answer: &v1::ImportEventsResponse) -> (i32, i32, i32) {
    (answer.recorded_count, answer.replayed_count, answer.refused_count)
}

#[tokio::test]
async fn an_import_is_all_or_none_and_a_replay_adds_nothing() {
    let chamber = chamber().await;
    let before = chamber.head().await.seq;
    let mut events = euros("i", 2_000);
    events[1_500] = event("i-1500", Body::Works(works("R-99", 1)));
    events[1_900] = event("i-1900", Body::Works(works("R-1", -1)));
    let answer = import(&chamber, &events, false).await;
    assert_eq!((answer.recorded_count, chamber.head().await.seq), (0, before));
    assert!(!answer.refused.is_empty());

    let sound = euros("i", 2_000);
    assert_eq!(counts(&import(&chamber, &sound, true).await), (0, 0, 0));
    assert_eq!(chamber.head().await.seq, before, "a check writes nothing");
    assert_eq!(counts(&import(&chamber, &sound, false).await), (2_000, 0, 0));
    let head = chamber.head().await;
    assert_eq!(head.seq, before + 2_000);
    assert_eq!(counts(&import(&chamber, &sound, false).await), (0, 2_000, 0));
    assert_eq!(chamber.head().await, head);
}

#[tokio::test]
async fn an_import_names_each_bad_line() {
    let chamber = chamber().await;
    let mut events = euros("i", 900);
    events[3] = event("i-3", Body::Works(works("R-99", 1)));
    events[800] = event("i-800", Body::Works(works("R-98", 1)));
    let answer = import(&chamber, &events, false).await;
    assert_eq!(counts(&answer), (0, 0, 2));
    let told = |line: &v1::RefusedEvent| (line.index, Told::by_item(line.error.as_ref().unwrap()).field);
    let lines: Vec<_> = answer.refused.iter().map(told).collect();
    let field = |index| format!("events[{index}].works.relogement_id");
    assert_eq!(lines, [(3, field(3)), (800, field(800))]);
}

// ---- validate_only ----

/// Sends a request with `validate_only`: it is accepted, and the books stay as they were.
macro_rules! check {
    ($chamber:ident, $service:ident.$method:ident($request:ident { $($fields:tt)* })) => {{
        let before = ($chamber.head().await, $chamber.positions().await);
        let request = v1::$request { $($fields)*, validate_only: true };
        let refused = $chamber.client.$service().$method(request).await.err();
        assert_eq!(refused.map(|status| status.message().to_owned()), None, stringify!($method));
        assert_eq!(($chamber.head().await, $chamber.positions().await), before, stringify!($method));
    }};
    ($chamber:ident, $method:ident, $request:ident, $field:ident, $body:expr) => {
        check!($chamber, ledger.$method($request { event_id: "new".to_owned(), $field: Some($body) }))
    };
}

#[tokio::test]
async fn a_check_of_a_declaration_writes_nothing() {
    let chamber = chamber().await;
    check!(chamber, record_relogement, RecordRelogementRequest, relogement, relogement("R-new", 1, 2, 1));
    check!(chamber, record_works, RecordWorksRequest, works, works("R-1", 1));
    check!(chamber, record_vacancy, RecordVacancyRequest, vacancy, vacancy("R-1", 1));
    check!(chamber, record_indemnity, RecordIndemnityRequest, indemnity, indemnity("R-1", 1));
    check!(chamber, record_rent_revision, RecordRentRevisionRequest, rent_revision, new_rents());
    check!(chamber, end_lease, EndLeaseRequest, lease_end, lease_end());
    check!(chamber, record_land_counterpart, RecordLandCounterpartRequest, land_counterpart, land());
    check!(chamber, reverse_event, ReverseEventRequest, reversal, reversal("r-1"));
    check!(chamber, ledger.record_events(RecordEventsRequest { events: euros("e", 3) }));
}

#[tokio::test]
async fn a_check_of_a_registration_writes_nothing() {
    let chamber = chamber().await;
    chamber.register(&[3]).await;
    let convention = Some(v1::Convention { version: 2, in_force_from: day(2025, 6, 1), ..causal() });
    check!(chamber, registry.register_bailleur(RegisterBailleurRequest { bailleur: Some(bailleur(9)) }));
    check!(chamber, registry.register_operation(RegisterOperationRequest { operation: Some(operation(2)) }));
    check!(chamber, registry.publish_convention(PublishConventionRequest { convention }));
    check!(
        chamber,
        registry.record_succession(RecordSuccessionRequest {
            event_id: "new".to_owned(),
            absorbed_siren: siren(3),
            absorbing_siren: siren(2),
            effective_on: day(2025, 6, 1),
            officer_id: "officer-1".to_owned()
        })
    );
}

#[tokio::test]
async fn a_check_of_a_step_of_a_run_writes_nothing() {
    let chamber = chamber().await;
    chamber.propose("N-1", (2025, 6, 30)).await;
    let v1::ProposeNettingRequest { territory_siren, period, officer_id, .. } =
        proposal("N-2", (2025, 6, 30));
    let netting_id = || "N-1".to_owned();
    let other = || "officer-2".to_owned();
    check!(
        chamber,
        netting.propose_netting(ProposeNettingRequest {
            netting_id: "N-2".to_owned(),
            territory_siren,
            period,
            officer_id,
            held_sirens: Vec::new(),
            refuser_sirens: Vec::new()
        })
    );
    check!(
        chamber,
        netting.approve_netting(ApproveNettingRequest { netting_id: netting_id(), officer_id: other() })
    );
    check!(
        chamber,
        netting.reject_netting(RejectNettingRequest { netting_id: netting_id(), officer_id: other() })
    );
}

#[tokio::test]
async fn a_check_of_a_payment_writes_nothing() {
    let chamber = chamber().await;
    chamber.propose("N-1", (2025, 6, 30)).await;
    let run = chamber.approve("N-1").await;
    let before = (chamber.head().await, chamber.positions().await);
    let request = v1::ConfirmPaymentRequest {
        netting_id: "N-1".to_owned(),
        payment_id: run.payments[0].payment_id.clone(),
        paid_on: day(2025, 7, 1),
        amount_cents: run.payments[0].amount_cents,
        officer_id: "officer-1".to_owned(),
        validate_only: true,
    };
    let answer = chamber.client.netting().confirm_payment(request).await.unwrap().into_inner();
    assert_eq!(answer.receipt.unwrap().seq, 0, "a check proves nothing");
    assert_eq!((chamber.head().await, chamber.positions().await), before);
}

#[tokio::test]
async fn a_check_refuses_what_the_writing_would_refuse() {
    let chamber = chamber().await;
    for validate_only in [true, false] {
        let works = Some(works("R-99", 1));
        let request = v1::RecordWorksRequest { event_id: "w".to_owned(), works, validate_only };
        let refused = chamber.client.ledger().record_works(request).await.unwrap_err();
        assert_eq!(Told::by(&refused).reason, "RELOGEMENT_UNKNOWN");
    }
}

fn new_rents() -> v1::RentRevision {
    v1::RentRevision {
        relogement_id: "R-1".to_owned(),
        from: day(2025, 5, 1),
        reference_rent_cents: 60_000,
        practised_rent_cents: 50_000,
    }
}

fn lease_end() -> v1::LeaseEnd {
    v1::LeaseEnd { relogement_id: "R-1".to_owned(), ended_on: day(2025, 6, 1) }
}

fn land() -> v1::LandCounterpart {
    v1::LandCounterpart {
        territory_siren: TERRITORY.to_owned(),
        bailleur_siren: siren(2),
        step: v1::CounterpartStep::Due.into(),
        quantity: 100,
        unit: v1::Unit::SquareMetres.into(),
        occurred_on: day(2025, 5, 1),
        voucher: "ACTE-1".to_owned(),
        officer_id: "officer-1".to_owned(),
    }
}

// ---- watching and reading ----

async fn watch(chamber: &Chamber, cursor: i64, bailleur: &str) -> Streaming<v1::WatchEntriesResponse> {
    let bailleur_siren = bailleur.to_owned();
    let request = v1::WatchEntriesRequest { cursor, bailleur_siren, territory_siren: String::new() };
    chamber.client.ledger().watch_entries(request).await.unwrap().into_inner()
}

/// Reads until the cursor has come this far.
async fn read_until(answers: &mut Streaming<v1::WatchEntriesResponse>, cursor: i64) -> Vec<i64> {
    let mut seqs = Vec::new();
    loop {
        let message = soon(answers.message()).await.unwrap().unwrap();
        seqs.extend(message.entries.iter().map(|entry| entry.seq));
        if message.cursor >= cursor {
            return seqs;
        }
    }
}

#[tokio::test]
async fn watching_gives_what_is_there_then_what_comes_and_resumes_without_hole_nor_double() {
    let chamber = chamber().await;
    chamber.record_all(euros("a", 1_000)).await;
    chamber.record_all(euros("b", 200)).await;
    let head = chamber.head().await.seq;
    let mut answers = watch(&chamber, 0, "").await;
    assert_eq!(read_until(&mut answers, head).await, (1..=head).collect::<Vec<_>>());
    chamber.record_all(euros("live", 3)).await;
    assert_eq!(read_until(&mut answers, head + 3).await, [head + 1, head + 2, head + 3]);
    drop(answers);
    chamber.record_all(euros("gone", 2)).await;
    let mut resumed = watch(&chamber, head + 3, "").await;
    assert_eq!(read_until(&mut resumed, head + 5).await, [head + 4, head + 5]);
}

#[tokio::test]
async fn watching_one_bailleur_moves_the_cursor_past_the_others() {
    let chamber = chamber().await;
    chamber.register(&[3]).await;
    let head = chamber.head().await.seq;
    let mut answers = watch(&chamber, head, &siren(3)).await;
    chamber.record_all(euros("other", 2)).await;
    assert_eq!(read_until(&mut answers, head + 2).await, [0_i64; 0]);
    chamber.record("r-3", Body::Relogement(relogement("R-3", 1, 3, 500))).await;
    assert_eq!(read_until(&mut answers, head + 3).await, [head + 3]);
}

async fn listed(chamber: &Chamber, request: v1::ListEntriesRequest) -> (Vec<i64>, usize) {
    let (mut seqs, mut pages, mut page_token) = (Vec::new(), 0, String::new());
    loop {
        let request = v1::ListEntriesRequest { page_token, ..request.clone() };
        let page = chamber.client.ledger().list_entries(request).await.unwrap().into_inner();
        seqs.extend(page.entries.iter().map(|entry| entry.seq));
        pages += 1;
        if page.next_page_token.is_empty() {
            return (seqs, pages);
        }
        page_token = page.next_page_token;
    }
}

#[tokio::test]
async fn entries_are_listed_page_by_page_and_by_filter() {
    let chamber = chamber().await;
    chamber.register(&[3]).await;
    let third = chamber.record("r-3", Body::Relogement(relogement("R-3", 1, 3, 500))).await.seq;
    let first = chamber.record_all(euros("a", 20)).await[0].seq;
    let head = chamber.head().await.seq;
    let of = |change: fn(&mut v1::ListEntriesRequest)| {
        let mut request = v1::ListEntriesRequest { page_size: 7, ..v1::ListEntriesRequest::default() };
        change(&mut request);
        request
    };
    let all: Vec<i64> = (1..=head).collect();
    assert_eq!(listed(&chamber, of(|_| {})).await, (all.clone(), all.len().div_ceil(7)));
    assert_eq!(listed(&chamber, of(|r| r.page_size = 0)).await, (all, 1));
    assert_eq!(listed(&chamber, of(|r| r.bailleur_siren = siren(3))).await, (vec![third], 1));
    assert_eq!(listed(&chamber, of(|r| r.relogement_id = "R-3".into())).await, (vec![third], 1));
    let works: Vec<i64> = (first..first + 20).collect();
    let of_host =
        |r: &mut v1::ListEntriesRequest| (r.relogement_id, r.bailleur_siren) = ("R-1".into(), siren(2));
    let (of_first, pages) = listed(&chamber, of(of_host)).await;
    assert_eq!((of_first[1..].to_vec(), pages), (works, 3));
    assert_eq!(listed(&chamber, of(|r| r.territory_siren = "217500016".into())).await, (Vec::new(), 1));
}

#[tokio::test]
async fn a_page_token_serves_the_question_it_came_from() {
    let chamber = chamber().await;
    let request = v1::ListEntriesRequest { page_size: 2, ..v1::ListEntriesRequest::default() };
    let page = chamber.client.ledger().list_entries(request).await.unwrap().into_inner();
    let other = v1::ListEntriesRequest {
        page_token: page.next_page_token,
        bailleur_siren: siren(1),
        ..v1::ListEntriesRequest::default()
    };
    let refused = chamber.client.ledger().list_entries(other).await.unwrap_err();
    assert_eq!(Told::by(&refused).reason, "PAGE_TOKEN");
}

#[tokio::test]
async fn an_entry_tells_its_event_its_transfers_and_its_seal() {
    let chamber = chamber().await;
    let receipt = chamber.record("w-1", Body::Works(works("R-1", 12_345))).await;
    let request = v1::ListEntriesRequest { relogement_id: "R-1".into(), ..Default::default() };
    let page = chamber.client.ledger().list_entries(request).await.unwrap().into_inner();
    let entry = page.entries.last().unwrap();
    assert_eq!((entry.event_id.as_str(), entry.kind.as_str()), ("w-1", "works_recorded"));
    assert_eq!((entry.occurred_on, &entry.seal), (day(2025, 4, 2), &receipt.seal));
    let account =
        |compte| v1::Account { compte, territory_siren: TERRITORY.into(), bailleur_siren: siren(2) };
    let transfer = v1::Transfer {
        debit: Some(account(615_900)),
        credit: Some(account(467_900)),
        amount: 12_345,
        unit: v1::Unit::EurCents.into(),
    };
    assert_eq!(entry.transfers, [transfer]);
    let payload: serde_json::Value = serde_json::from_str(&entry.payload_json).unwrap();
    assert!(payload.to_string().contains("12345"));
}

#[tokio::test]
async fn positions_are_told_as_of_a_seq_and_as_of_days() {
    let chamber = chamber().await;
    let booked_first = chamber.record("w-1", Body::Works(works("R-1", 100))).await.seq;
    chamber.clock.set_day(chambre_domain::Date::constant(2025, 8, 1));
    let late = v1::Works { invoiced_on: day(2025, 7, 20), ..works("R-1", 1_000) };
    chamber.record("w-2", Body::Works(late)).await;
    let unshared = async |as_of: v1::AsOf| {
        let request = v1::GetPositionsRequest {
            bailleur_siren: siren(2),
            territory_siren: TERRITORY.to_owned(),
            as_of: Some(as_of),
        };
        let answer = chamber.client.ledger().get_positions(request).await.unwrap().into_inner();
        answer.positions.first().map_or(0, |position| position.unshared_effort_cents)
    };
    let of = v1::AsOf::default;
    assert_eq!(unshared(of()).await, 12_000 + 100 + 1_000);
    assert_eq!(unshared(v1::AsOf { seq: booked_first, ..of() }).await, 12_000 + 100);
    assert_eq!(unshared(v1::AsOf { seq: booked_first - 1, ..of() }).await, 12_000);
    assert_eq!(unshared(v1::AsOf { occurred_by: day(2025, 3, 31), ..of() }).await, 12_000);
    assert_eq!(unshared(v1::AsOf { occurred_by: day(2025, 3, 14), ..of() }).await, 0);
    assert_eq!(unshared(v1::AsOf { booked_by: day(2025, 7, 31), ..of() }).await, 12_000 + 100);
    let both = v1::AsOf { booked_by: day(2025, 8, 1), occurred_by: day(2025, 7, 19), ..of() };
    assert_eq!(unshared(both).await, 12_000 + 100);
}

// ---- deadlines ----

/// A client without a timer of its own: what it hears comes from the server.
fn patient(chamber: &Chamber) -> LedgerServiceClient<Plain> {
    let http = hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new())
        .http2_only(true)
        .build_http();
    LedgerServiceClient::with_origin(http, chamber.uri().parse().unwrap())
}

type Plain =
    hyper_util::client::legacy::Client<hyper_util::client::legacy::connect::HttpConnector, tonic::body::Body>;

fn within<T>(message: T, timeout: Duration) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(timeout);
    request
}

fn past_deadline(status: &Status) {
    let told = Told::by(status);
    assert_eq!(
        (told.code, told.reason.as_str()),
        (Code::DeadlineExceeded, "DEADLINE_EXCEEDED"),
        "{status:?}"
    );
    assert_eq!(told.locale, "fr-FR");
}

#[tokio::test]
async fn a_call_past_its_deadline_is_deadline_exceeded() {
    let chamber = chamber().await;
    let (chunks, receiver) = mpsc::channel(1);
    chunks.send(v1::ImportEventsRequest { events: euros("i", 1), validate_only: false }).await.unwrap();
    let request = within(ReceiverStream::new(receiver), Duration::from_millis(200));
    past_deadline(&soon(patient(&chamber).import_events(request)).await.unwrap_err());
    drop(chunks);
    assert_eq!(chamber.head().await.seq, 5, "an import that never ended is not written");
}

#[tokio::test]
async fn a_long_answer_past_its_deadline_is_deadline_exceeded() {
    let chamber = chamber().await;
    let request = within(v1::WatchEntriesRequest::default(), Duration::from_millis(200));
    let mut answers = patient(&chamber).watch_entries(request).await.unwrap().into_inner();
    assert_eq!(soon(answers.message()).await.unwrap().unwrap().cursor, 5);
    past_deadline(&soon(answers.message()).await.unwrap_err());

    let (chunks, receiver) = mpsc::channel(1);
    let request = within(ReceiverStream::new(receiver), Duration::from_millis(200));
    let mut answers = patient(&chamber).stream_events(request).await.unwrap().into_inner();
    chunks.send(v1::StreamEventsRequest { events: euros("s", 1) }).await.unwrap();
    assert_eq!(said(soon(answers.message()).await.unwrap().unwrap().outcomes), ["ok"]);
    past_deadline(&soon(answers.message()).await.unwrap_err());
}

#[tokio::test]
async fn a_deadline_long_enough_changes_nothing() {
    let chamber = chamber().await;
    let works = Some(works("R-1", 1));
    let request = v1::RecordWorksRequest { event_id: "w".to_owned(), works, validate_only: false };
    patient(&chamber).record_works(within(request, PATIENCE)).await.unwrap();
}

// ---- health, reflection, figures, addresses ----

#[tokio::test]
async fn health_tells_that_every_service_serves() {
    use tonic_health::pb::{
        HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
    };
    let chamber = Chamber::open().await;
    let mut health = HealthClient::new(chamber.channel().await);
    for service in ["", "chambre.v1.LedgerService", "chambre.v1.NettingService", "chambre.v1.RegistryService"]
    {
        let request = HealthCheckRequest { service: service.to_owned() };
        let answer = health.check(request).await.unwrap().into_inner();
        assert_eq!(answer.status(), ServingStatus::Serving, "{service}");
    }
    let unknown = HealthCheckRequest { service: "chambre.v1.Nothing".to_owned() };
    assert_eq!(health.check(unknown).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn reflection_lists_the_services() {
    use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
    use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
    use tonic_reflection::pb::v1::{ServerReflectionRequest, server_reflection_response::MessageResponse};
    let chamber = Chamber::open().await;
    let mut reflection = ServerReflectionClient::new(chamber.channel().await);
    let question = MessageRequest::ListServices(String::new());
    let request = ServerReflectionRequest { host: String::new(), message_request: Some(question) };
    let answers = reflection.server_reflection_info(tokio_stream::once(request)).await.unwrap();
    let answer = answers.into_inner().next().await.unwrap().unwrap().message_response.unwrap();
    let MessageResponse::ListServicesResponse(listed) = answer else { unreachable!("{answer:?}") };
    let names: Vec<String> = listed.service.into_iter().map(|service| service.name).collect();
    for service in ["Registry", "Ledger", "Netting", "Audit"] {
        assert!(names.contains(&format!("chambre.v1.{service}Service")), "{names:?}");
    }
}

#[tokio::test]
async fn metrics_count_the_calls() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let chamber = Chamber::open_with(|config| config.metrics = Some(free)).await;
    chamber.register(&[1]).await;
    let mut socket = tokio::net::TcpStream::connect(free).await.unwrap();
    socket.write_all(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut page = String::new();
    soon(socket.read_to_string(&mut page)).await.unwrap();
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    let counted = |line: &str| line.starts_with("chambre_calls_total") && line.contains("RegisterBailleur");
    assert!(page.lines().any(counted), "{page}");
    assert!(page.contains("chambre_commit_seconds"), "{page}");
}

#[tokio::test]
async fn an_address_that_others_can_reach_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let config = || Config::new(folder.path().join("data"));
    let open: SocketAddr = "0.0.0.0:0".parse().unwrap();
    let far: SocketAddr = "[::]:0".parse().unwrap();
    let loopback: SocketAddr = "127.0.0.1:0".parse().unwrap();
    for config in [
        Config { listen: open, ..config() },
        Config { listen: far, ..config() },
        Config { listen: loopback, metrics: Some(open), ..config() },
    ] {
        let clock = ManualClock::new(chambre_domain::Date::constant(2025, 7, 1));
        let refused = chambre_server::start(config, clock.clock()).await.unwrap_err();
        let told = matches!(refused, ServerError::NotLoopback(_) | ServerError::MetricsNotLoopback(_));
        assert!(told, "{refused}");
        assert!(!folder.path().join("data").exists(), "refused before anything is opened");
    }
}

#[tokio::test]
async fn an_address_that_is_taken_is_refused() {
    let chamber = Chamber::open().await;
    let folder = tempfile::tempdir().unwrap();
    let listen = chamber.uri().trim_start_matches("http://").parse().unwrap();
    let config = Config { listen, ..Config::new(folder.path().to_owned()) };
    let refused = chambre_server::start(config, chamber.clock.clock()).await.unwrap_err();
    assert!(matches!(refused, ServerError::Listen { .. }), "{refused}");
}

#[tokio::test]
async fn a_folder_in_use_is_refused() {
    let chamber = Chamber::open().await;
    let listen = "127.0.0.1:0".parse().unwrap();
    let config = Config { listen, ..Config::new(chamber.folder().to_owned()) };
    let refused = chambre_server::start(config, chamber.clock.clock()).await.unwrap_err();
    assert!(matches!(refused, ServerError::Ledger(_)), "{refused}");
}

// ---- stopping and starting again ----

#[tokio::test]
async fn stopping_finishes_the_calls_under_way() {
    let chamber = chamber().await;
    let before = chamber.head().await.seq;
    let (chunks, receiver) = mpsc::channel(1);
    let mut ledger = chamber.client.ledger();
    let importing = tokio::spawn(async move { ledger.import_events(ReceiverStream::new(receiver)).await });
    for prefix in ["a", "b", "c"] {
        let events = euros(prefix, 100);
        chunks.send(v1::ImportEventsRequest { events, validate_only: false }).await.unwrap();
    }
    // On the same connection, after the import: once it is answered, the server has met the import.
    chamber.head().await;
    let clock = chamber.clock.clone();
    let stopping = tokio::spawn(chamber.try_stop());
    chunks.send(v1::ImportEventsRequest { events: euros("d", 100), validate_only: false }).await.unwrap();
    drop(chunks);
    let answer = soon(importing).await.unwrap().unwrap().into_inner();
    assert_eq!(counts(&answer), (400, 0, 0));
    let folder = soon(stopping).await.unwrap().unwrap();
    let config = Config { listen: "127.0.0.1:0".parse().unwrap(), ..Config::new(folder.path().to_owned()) };
    let again = chambre_server::start(config, clock.clock()).await.unwrap();
    let client = chambre_api::Client::connect(&format!("http://{}", again.address())).await.unwrap();
    let head = client.audit().get_journal_head(v1::GetJournalHeadRequest {}).await.unwrap().into_inner();
    assert_eq!(head.seq, before + 400);
}

#[tokio::test]
async fn stopping_ends_long_answers_and_tells_to_resume() {
    let chamber = chamber().await;
    let mut watching = watch(&chamber, 0, "").await;
    assert_eq!(soon(watching.message()).await.unwrap().unwrap().cursor, 5);
    let (_chunks, mut answers) = open_stream(&chamber).await;
    soon(chamber.stop()).await;
    assert_eq!(soon(watching.message()).await.unwrap_err().code(), Code::Unavailable);
    assert_eq!(soon(answers.message()).await.unwrap_err().code(), Code::Unavailable);
}

#[tokio::test]
async fn nothing_answers_after_the_stop() {
    let chamber = chamber().await;
    let client = chamber.client.clone();
    chamber.stop().await;
    let refused = client.audit().get_journal_head(v1::GetJournalHeadRequest {}).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
}

#[tokio::test]
async fn starting_again_keeps_everything() {
    let chamber = chamber().await;
    chamber.record("w-1", Body::Works(works("R-1", 4_200))).await;
    chamber.propose("N-1", (2025, 6, 30)).await;
    let run = chamber.approve("N-1").await;
    let before = (chamber.head().await, chamber.positions().await);
    let chamber = chamber.reopened().await;
    assert_eq!((chamber.head().await, chamber.positions().await), before);
    let asked = v1::GetNettingRequest { netting_id: "N-1".to_owned() };
    let kept = chamber.client.netting().get_netting(asked).await.unwrap().into_inner().run.unwrap();
    assert_eq!(kept, run);
    assert!(chamber.record("w-1", Body::Works(works("R-1", 4_200))).await.replayed);
    let refused = chamber.client.netting().approve_netting(approval("N-1", "officer-9")).await.unwrap_err();
    assert_eq!(Told::by(&refused).reason, "NETTING_STATUS");
    let settled = chamber.confirm("N-1", &run.payments[0]).await;
    assert_eq!(settled.status(), v1::NettingStatus::Settled);
}
