//! kill -9: the service as its own process is killed under load, started again as it is, and asked again.

use crate::declarations::{Declarations, registrations};
use crate::process::Service;
use chambre_api::convert::ledger::wire_event;
use chambre_api::{Client, v1};
use chambre_domain::Seq;
use chambre_ledger::{Ledger, LedgerError, Mode, Reader, Settings, verify};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;
use tonic::Status;
use v1::event::Body;
use v1::event_outcome::Outcome;

const KILLS: u32 = 50;

/// Declarants and the most events in one of their requests: one is a unary call, more are a batch.
const DECLARANTS: [(&str, usize); 6] =
    [("una", 1), ("deux", 1), ("tria", 1), ("lot-court", 8), ("lot", 40), ("lot-long", 150)];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_kills_under_load_lose_nothing_and_book_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    register(folder.path()).await;
    let receipts = Arc::new(Receipts::default());
    let mut service = Service::start(folder.path(), &[]).await;
    let (where_to, knows_where) = watch::channel(Round { number: 0, uri: service.uri.clone(), last: false });
    let declarants: Vec<_> = (1..)
        .zip(DECLARANTS)
        .map(|(seed, (name, most))| {
            let declarant = Declarant {
                declarations: Declarations::new(name, seed),
                dice: SmallRng::seed_from_u64(seed),
                most,
                receipts: Arc::clone(&receipts),
            };
            tokio::spawn(declarant.declare_until_the_last_round(knows_where.clone()))
        })
        .collect();
    let mut dice = SmallRng::seed_from_u64(5);
    for number in 1..=KILLS {
        receipts.one_more().await;
        // Not a wait for anything: the kill falls at any moment of the load.
        tokio::time::sleep(Duration::from_micros(dice.random_range(0..60_000))).await;
        service.kill().await;
        let acknowledged = receipts.so_far();
        service = Service::start(folder.path(), &[]).await;
        where_to.send_replace(Round { number, uri: service.uri.clone(), last: number == KILLS });
        every_receipt_is_in(&acknowledged, folder.path());
    }
    for declarant in declarants {
        declarant.await.unwrap();
    }
    let acknowledged = receipts.so_far();
    println!("{KILLS} kills, {} events acknowledged", acknowledged.len());
    the_list_is(&acknowledged, &service.uri).await;
    service.kill().await;
    nothing_is_wrong_with(folder.path());
}

/// Where the service is in this round; in the last one it stays up.
#[derive(Debug, Clone)]
struct Round {
    number: u32,
    uri: String,
    last: bool,
}

/// The first receipt of every event, whoever declared it.
#[derive(Debug, Default)]
struct Receipts {
    first: Mutex<HashMap<String, v1::Receipt>>,
    count: watch::Sender<usize>,
}

impl Receipts {
    /// Keeps a first receipt, and holds a later one against it.
    fn keep(&self, event_id: String, receipt: v1::Receipt) {
        let mut first = self.first.lock().unwrap();
        if let Some(first) = first.get(&event_id) {
            let again = v1::Receipt { replayed: first.replayed, ..receipt.clone() };
            assert!(receipt.replayed, "event {event_id} was booked a second time");
            assert_eq!(&again, first, "event {event_id} has another receipt");
        }
        first.entry(event_id).or_insert(receipt);
        self.count.send_replace(first.len());
    }

    fn so_far(&self) -> HashMap<String, v1::Receipt> {
        self.first.lock().unwrap().clone()
    }

    async fn one_more(&self) {
        let mut count = self.count.subscribe();
        let before = *count.borrow();
        count.wait_for(|count| *count > before).await.unwrap();
    }
}

struct Declarant {
    declarations: Declarations,
    dice: SmallRng,
    most: usize,
    receipts: Arc<Receipts>,
}

impl Declarant {
    /// Declares without pause. After a lost answer, sends the same events again to the next service, with
    /// those of the request before: their answers must be the same.
    async fn declare_until_the_last_round(mut self, mut rounds: watch::Receiver<Round>) {
        let mut before: Vec<v1::Event> = Vec::new();
        loop {
            let events = self.next_events();
            let mut sent_before = true;
            let last = loop {
                let round = rounds.borrow_and_update().clone();
                let again = if sent_before { &[] } else { before.as_slice() };
                match self.send(&round.uri, again, &events).await {
                    Ok(()) => break round.last,
                    Err(_) => {
                        sent_before = false;
                        rounds.wait_for(|now| now.number != round.number).await.unwrap();
                    }
                }
            };
            if last {
                return;
            }
            before = events;
        }
    }

    fn next_events(&mut self) -> Vec<v1::Event> {
        (0..self.dice.random_range(1..=self.most))
            .map(|_| self.declarations.declare().unwrap())
            .map(|(id, event)| wire_event(&id, &event).expect("declarants declare what travels"))
            .collect()
    }

    /// Sends requests to a service; an error is one that the kill explains, and no other.
    async fn send(&self, uri: &str, again: &[v1::Event], events: &[v1::Event]) -> Result<(), ()> {
        let Ok(chamber) = Client::connect(uri).await else { return Err(()) };
        for events in [again, events].into_iter().filter(|events| !events.is_empty()) {
            let receipts = record(&chamber, events.to_vec()).await.map_err(|status| {
                let refused = chambre_api::Refused::of(&status);
                assert_eq!(refused.reason, "", "the service refuses: {refused:?}");
            })?;
            for (event, receipt) in events.iter().zip(receipts) {
                self.receipts.keep(event.event_id.clone(), receipt);
            }
        }
        Ok(())
    }
}

/// One event by its own call, several by a batch.
async fn record(chamber: &Client, mut events: Vec<v1::Event>) -> Result<Vec<v1::Receipt>, Status> {
    let mut ledger = chamber.ledger();
    if events.len() > 1 {
        let asked = v1::RecordEventsRequest { events, validate_only: false };
        let outcomes = ledger.record_events(asked).await?.into_inner().outcomes;
        return Ok(outcomes.into_iter().map(accepted).collect());
    }
    let v1::Event { event_id, body } = events.remove(0);
    let receipt = match body.unwrap() {
        Body::Relogement(relogement) => {
            let relogement = Some(relogement);
            let asked = v1::RecordRelogementRequest { event_id, relogement, validate_only: false };
            ledger.record_relogement(asked).await?.into_inner().receipt
        }
        Body::Works(works) => {
            let asked = v1::RecordWorksRequest { event_id, works: Some(works), validate_only: false };
            ledger.record_works(asked).await?.into_inner().receipt
        }
        other => panic!("declarants declare relogements and works, not {other:?}"),
    };
    Ok(vec![receipt.unwrap()])
}

fn accepted(outcome: v1::EventOutcome) -> v1::Receipt {
    match outcome.outcome {
        Some(Outcome::Receipt(receipt)) => receipt,
        refused => panic!("a good declaration was refused: {refused:?}"),
    }
}

/// The chamber that the declarants know.
async fn register(folder: &Path) {
    let ledger = Ledger::open(folder, Settings::default(), chambre_server::system_clock()).unwrap();
    let outcomes = ledger.record(registrations().unwrap(), Mode::AllOrNone).await.unwrap();
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    ledger.close().unwrap();
}

/// Read past the service, in the file: each event once, under the number and the seal of its receipt; no gap.
fn every_receipt_is_in(acknowledged: &HashMap<String, v1::Receipt>, folder: &Path) {
    let mut journal: HashMap<String, (u64, Vec<u8>)> = HashMap::new();
    let mut expected = Seq::ZERO;
    let reader = Reader::open(folder).unwrap();
    let read = reader.scan(Seq::ZERO, Seq::new(u64::MAX), |stored| {
        expected = expected.next();
        assert_eq!(stored.seq, expected, "the numbering has a gap");
        let proof = (stored.seq.get(), stored.seal.bytes().to_vec());
        assert_eq!(journal.insert(stored.event_id.clone(), proof), None, "{} is in twice", stored.event_id);
        Ok::<_, LedgerError>(())
    });
    read.unwrap();
    for (event_id, receipt) in acknowledged {
        let proof = (u64::try_from(receipt.seq).unwrap(), receipt.seal.clone());
        assert_eq!(journal.get(event_id), Some(&proof), "event {event_id} was acknowledged");
    }
}

/// Every event was asked until it was acknowledged: the journal holds these, the registrations and no other.
async fn the_list_is(acknowledged: &HashMap<String, v1::Receipt>, uri: &str) {
    let mut ledger = Client::connect(uri).await.unwrap().ledger();
    let registrations = registrations().unwrap().len();
    let (mut listed, mut page_token) = (0, String::new());
    loop {
        let asked = v1::ListEntriesRequest { page_size: 1_000, page_token, ..Default::default() };
        let page = ledger.list_entries(asked).await.unwrap().into_inner();
        for entry in page.entries {
            listed += 1;
            assert_eq!(usize::try_from(entry.seq), Ok(listed), "the list has a gap");
            if listed > registrations {
                let receipt = &acknowledged[&entry.event_id];
                let told = (receipt.seq, receipt.booked_at, &receipt.seal);
                assert_eq!(told, (entry.seq, entry.booked_at, &entry.seal), "event {}", entry.event_id);
            }
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(listed, registrations + acknowledged.len());
}

fn nothing_is_wrong_with(folder: &Path) {
    let verified = verify(&Reader::open(folder).unwrap(), |_| {}).unwrap();
    assert_eq!(verified.fault, None);
}
