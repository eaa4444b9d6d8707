//! A full disk: writing is refused and says why, reading goes on, and writing comes back with the space.

use crate::declarations::{Declarations, registrations};
use chambre_api::convert::ledger::wire_event;
use chambre_api::{Client, Refused, v1};
use chambre_ledger::{Ledger, Mode, Reader, Settings, verify};
use chambre_server::{Config, Running};
use std::collections::BTreeMap;
use std::io::{ErrorKind, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Command;
use tonic::{Code, Status};
use tonic_types::StatusExt;
use v1::event_outcome::Outcome;

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn below_the_reserve_writing_stops_and_comes_back_with_the_space() {
    let Some(disk) = SmallDisk::mount("16m") else { return };
    let mut chamber = Chamber::open(disk, 4 * MIB).await;
    // The gate looks at the disk before each group: one group at most is written of the reserve.
    chamber.fills_up_and_recovers(6 * MIB, MIB).await;
    chamber.has_lost_nothing().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_reserve_sqlite_meets_the_full_disk_itself_and_nothing_is_lost() {
    let Some(disk) = SmallDisk::mount("64m") else { return };
    let mut chamber = Chamber::open(disk, 0).await;
    for room in [2 * MIB, 700 * KIB, 300 * KIB, 120 * KIB, 60 * KIB, 20 * KIB, 4 * KIB, 0] {
        chamber.fills_up_and_recovers(room, 0).await;
    }
    chamber.has_lost_nothing().await;
}

/// A service on a small disk, and what it acknowledged.
struct Chamber {
    running: Running,
    client: Client,
    declarations: Declarations,
    acknowledged: BTreeMap<i64, String>,
    // Last: the disk goes once nothing uses it.
    disk: SmallDisk,
}

impl Chamber {
    async fn open(disk: SmallDisk, disk_reserve_bytes: u64) -> Self {
        let mut config = Config::new(disk.data());
        config.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        config.ledger = Settings { disk_reserve_bytes, ..Settings::default() };
        let ledger = Ledger::open(&disk.data(), config.ledger, chambre_server::system_clock()).unwrap();
        let outcomes = ledger.record(registrations().unwrap(), Mode::AllOrNone).await.unwrap();
        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
        ledger.close().unwrap();
        drop(ledger);
        let running = chambre_server::start(config, chambre_server::system_clock()).await.unwrap();
        let client = Client::connect(&format!("http://{}", running.address())).await.unwrap();
        let declarations = Declarations::new("petit-disque", 6);
        Self { running, client, declarations, acknowledged: BTreeMap::new(), disk }
    }

    /// Fills the disk up to `room` bytes, declares until refused (with `left` bytes still free), reads, frees
    /// the space, declares again.
    async fn fills_up_and_recovers(&mut self, room: u64, left: u64) {
        self.disk.fill_but(room);
        let (events, status) = loop {
            let events = self.next_events();
            match self.record(&events).await {
                Ok(replayed) => assert_eq!(replayed, 0, "these events are new"),
                Err(status) => break (events, status),
            }
        };
        let refused = Refused::of(&status);
        assert_eq!(
            (refused.code, refused.reason.as_str()),
            (Code::ResourceExhausted, "DISK_FULL"),
            "{status}"
        );
        assert!(refused.french.contains("disque"), "{refused:?}");
        assert!(self.disk.has_room_for(left), "the disk was full before the gate closed");
        self.list_is_what_was_acknowledged().await;
        self.disk.free();
        let mut replayed = Err(status);
        while let Err(status) = replayed {
            // As long as the refusal advises.
            let advised = status.get_details_retry_info().and_then(|info| info.retry_delay);
            tokio::time::sleep(advised.expect("a refusal for lack of space says when to try again")).await;
            assert_eq!(Refused::of(&status).reason, "DISK_FULL", "{status}");
            replayed = self.record(&events).await;
        }
        assert_eq!(replayed.unwrap(), 0, "what was refused had been recorded all the same");
        self.list_is_what_was_acknowledged().await;
    }

    fn next_events(&mut self) -> Vec<v1::Event> {
        let declared = (0..100).map(|_| self.declarations.declare().unwrap());
        declared
            .map(|(id, event)| wire_event(&id, &event).expect("declarants declare what travels"))
            .collect()
    }

    /// Keeps the receipts; tells how many of the events were there already.
    async fn record(&mut self, events: &[v1::Event]) -> Result<usize, Status> {
        let asked = v1::RecordEventsRequest { events: events.to_vec(), validate_only: false };
        let outcomes = self.client.ledger().record_events(asked).await?.into_inner().outcomes;
        let mut replayed = 0;
        for (event, outcome) in events.iter().zip(outcomes) {
            let Some(Outcome::Receipt(receipt)) = outcome.outcome else { panic!("refused: {outcome:?}") };
            replayed += usize::from(receipt.replayed);
            self.acknowledged.insert(receipt.seq, event.event_id.clone());
        }
        Ok(replayed)
    }

    /// Reading goes on: the journal holds the registrations and each acknowledged event, in its place.
    async fn list_is_what_was_acknowledged(&self) {
        let registrations = registrations().unwrap().len();
        let (mut listed, mut page_token) = (BTreeMap::new(), String::new());
        loop {
            let asked = v1::ListEntriesRequest { page_size: 1_000, page_token, ..Default::default() };
            let page = self.client.ledger().list_entries(asked).await.unwrap().into_inner();
            listed.extend(page.entries.into_iter().map(|entry| (entry.seq, entry.event_id)));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        let declared: BTreeMap<i64, String> = listed.into_iter().skip(registrations).collect();
        assert!(declared == self.acknowledged, "{} listed, {}", declared.len(), self.acknowledged.len());
    }

    async fn has_lost_nothing(self) {
        println!("{} events acknowledged", self.acknowledged.len());
        let verified = verify(&Reader::open(&self.disk.data()).unwrap(), |_| {}).unwrap();
        assert_eq!(verified.fault, None);
        self.running.stop().await.unwrap();
        let ledger = Ledger::open(&self.disk.data(), Settings::default(), chambre_server::system_clock());
        let entries = ledger.unwrap().books().unwrap().head().seq.get();
        assert_eq!(usize::try_from(entries), Ok(registrations().unwrap().len() + self.acknowledged.len()));
    }
}

/// A tmpfs of a given size; unmounted when dropped, on a panic too.
struct SmallDisk {
    mount: tempfile::TempDir,
}

impl SmallDisk {
    /// Mounts it, or says why not: mounting is for root.
    fn mount(size: &str) -> Option<Self> {
        let mount = tempfile::tempdir().unwrap();
        let options = format!("size={size},mode=700");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "chambre-test"])
            .arg(mount.path())
            .output();
        let why = match mounted {
            Ok(done) if done.status.success() => return Some(Self { mount }),
            Ok(done) => String::from_utf8_lossy(&done.stderr).into_owned(),
            Err(error) => error.to_string(),
        };
        // Past the capture of the test's output: a test that did not run must be seen.
        let _ = writeln!(std::io::stderr(), "SKIPPED, the full disk is not tested: mount: {}", why.trim());
        None
    }

    fn data(&self) -> PathBuf {
        self.mount.path().join("data")
    }

    fn filler(&self) -> PathBuf {
        self.mount.path().join("filler")
    }

    /// Takes all the space but `room` bytes.
    fn fill_but(&self, room: u64) {
        let mut filler = std::fs::File::create(self.filler()).unwrap();
        let block = vec![1; 4096];
        let full = loop {
            if let Err(error) = filler.write_all(&block) {
                break error.kind();
            }
        };
        assert_eq!(full, ErrorKind::StorageFull);
        let size = filler.metadata().unwrap().len();
        filler.set_len(size.saturating_sub(room)).unwrap();
    }

    fn has_room_for(&self, bytes: u64) -> bool {
        let file = self.mount.path().join("room");
        let written = std::fs::write(&file, vec![1; usize::try_from(bytes).unwrap()]);
        std::fs::remove_file(&file).unwrap();
        written.is_ok()
    }

    fn free(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: after a panic the journal may still be open.
        let _ = Command::new("umount").arg("--lazy").arg(self.mount.path()).status();
    }
}
