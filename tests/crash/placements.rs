//! kill -9 of the matching and of its ledger, two processes: each completed placement is one relogement.

use crate::process::Service;
use chambre_api::v1::{self, proposal_step::Step};
use chambre_api::{Client, Refused};
use chambre_domain::Seq;
use chambre_ledger::{LedgerError, Reader, verify};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use tokio::sync::watch;
use tonic::Status;

const KILLS: u32 = 50;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_kills_of_either_side_leave_each_placement_once_in_the_journal() {
    let (books, matching) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut ledger = Service::start(books.path(), &[]).await;
    // The matching knows its ledger by an address: each side comes back where it was.
    let (ledger_uri, ledger_at) = (ledger.uri.clone(), ledger.uri.trim_start_matches("http://").to_owned());
    let mut office = Service::start(matching.path(), &["127.0.0.1:0", &ledger_uri]).await;
    let office_at = office.uri.trim_start_matches("http://").to_owned();
    register(&ledger_uri).await;
    let (say_stop, stop) = watch::channel(false);
    let mut dice = SmallRng::seed_from_u64(11);
    let killing = async {
        for _ in 0..KILLS {
            // Not a wait for anything: the kill falls at any moment of a placement or of a delivery.
            tokio::time::sleep(Duration::from_micros(dice.random_range(0..150_000))).await;
            if dice.random_bool(0.5) {
                ledger.kill().await;
                ledger = Service::start(books.path(), &[&ledger_at]).await;
            } else {
                office.kill().await;
                office = Service::start(matching.path(), &[&office_at, &ledger_uri]).await;
            }
        }
        say_stop.send_replace(true);
    };
    let (placed, ()) = tokio::join!(place_until(format!("http://{office_at}"), stop), killing);
    assert!(placed > 0, "nothing was placed between the kills");
    let told = all_delivered(&office.uri).await;
    println!("{KILLS} kills, {placed} placements, {} deliveries tried", told.values().sum::<i32>());
    let expected: Vec<String> = (1..=placed).map(placement).collect();
    assert_eq!(told.keys().cloned().collect::<Vec<_>>(), expected, "each signed lease left one message");
    ledger.kill().await;
    office.kill().await;
    let journal = relogements(books.path());
    assert_eq!(journal.keys().cloned().collect::<Vec<_>>(), expected);
    assert!(journal.values().all(|times| *times == 1), "{journal:?}");
    assert_eq!(verify(&Reader::open(books.path()).unwrap(), |_| {}).unwrap().fault, None);
}

/// In the order of their numbers as text, too.
fn placement(number: u32) -> String {
    format!("PL-{number:05}")
}

async fn register(uri: &str) {
    let chamber = Client::connect(uri).await.unwrap();
    for number in [1, 2] {
        let bailleur = Some(scenarios::bailleur(number));
        let request = v1::RegisterBailleurRequest { bailleur, validate_only: false };
        chamber.registry().register_bailleur(request).await.unwrap();
    }
    let operation = Some(scenarios::operation(1));
    let request = v1::RegisterOperationRequest { operation, validate_only: false };
    chamber.registry().register_operation(request).await.unwrap();
    let convention = Some(scenarios::causal());
    let request = v1::PublishConventionRequest { convention, validate_only: false };
    chamber.registry().publish_convention(request).await.unwrap();
}

/// Places one household after another; every request is sent until it is answered.
async fn place_until(uri: String, stop: watch::Receiver<bool>) -> u32 {
    let mut number = 0;
    while !*stop.borrow() {
        number += 1;
        let (household, offer) = (format!("h-{number}"), format!("O-{number}"));
        let proposal = format!("P-{number}");
        let author_id = "mous-1".to_owned();
        let needs = v1::DeclareNeedsRequest {
            needs: vec![scenarios::need(&household, 1)],
            request_id: format!("n-{number}"),
            author_id: author_id.clone(),
            validate_only: false,
        };
        until_answered(&uri, async |chamber| chamber.matching().declare_needs(needs.clone()).await).await;
        let offers = v1::DeclareOffersRequest {
            offers: vec![scenarios::offer(&offer, 2)],
            request_id: format!("o-{number}"),
            author_id,
            validate_only: false,
        };
        until_answered(&uri, async |chamber| chamber.matching().declare_offers(offers.clone()).await).await;
        let proposed = scenarios::proposed(&proposal, &household, &offer);
        until_answered(&uri, async |chamber| chamber.matching().propose(proposed.clone()).await).await;
        for (name, mut step) in scenarios::to_the_lease(&placement(number)) {
            if let Step::Sign(lease) = &mut step {
                lease.lease_date = today();
                lease.vacancy = None;
            }
            let request = scenarios::step(&proposal, name, step);
            until_answered(&uri, async |chamber| chamber.matching().step_proposal(request.clone()).await)
                .await;
        }
    }
    number
}

fn today() -> Option<v1::Date> {
    let now = chambre_server::system_clock()();
    Some(chambre_api::convert::words::wire_date(now.day_in_paris()))
}

/// Sends a request until it is answered. A refusal that no kill explains ends the test.
async fn until_answered<T>(uri: &str, send: impl AsyncFn(Client) -> Result<T, Status>) -> T {
    loop {
        if let Ok(chamber) = Client::connect(uri).await {
            match send(chamber).await {
                Ok(answer) => return answer,
                Err(status) => {
                    let refused = Refused::of(&status);
                    assert!(matches!(refused.reason.as_str(), "" | "UNAVAILABLE"), "refused: {refused:?}");
                }
            }
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The deliveries tried for each placement, once every message is acknowledged.
async fn all_delivered(uri: &str) -> BTreeMap<String, i32> {
    loop {
        let (mut told, mut waits, mut page_token) = (BTreeMap::new(), false, String::new());
        loop {
            let request =
                v1::ListOutboxRequest { page_size: 1_000, page_token, ..v1::ListOutboxRequest::default() };
            let send = async |chamber: Client| chamber.matching().list_outbox(request.clone()).await;
            let page = until_answered(uri, send).await.into_inner();
            for message in page.messages {
                waits |= message.delivered_at.is_none();
                assert_eq!(told.insert(message.placement_id, message.attempts), None);
            }
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        if !waits {
            return told;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// How often each relogement is in the journal, read past the service.
fn relogements(folder: &Path) -> BTreeMap<String, u32> {
    let mut found = BTreeMap::new();
    let read = Reader::open(folder).unwrap().scan(Seq::ZERO, Seq::new(u64::MAX), |stored| {
        if let chambre_domain::Event::RelogementRecorded(relogement) = stored.decode().unwrap().event {
            *found.entry(relogement.id.to_string()).or_default() += 1;
        }
        Ok::<_, LedgerError>(())
    });
    read.unwrap();
    found
}
