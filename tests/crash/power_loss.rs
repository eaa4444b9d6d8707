//! Power cuts: a recorded run is cut at random points, and the books are opened on what the disk would hold.

use crate::declarations::Declarations;
use crate::disk::{Asked, Disk, read_log, write_out};
use chambre_domain::{BookedAt, Seq};
use chambre_ledger::{Command, Ledger, LedgerError, Mode, Reader, Settings, verify};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::Arc;

const POINTS: usize = 500;

#[test]
fn a_power_cut_loses_no_acknowledged_event() {
    let found = cut_the_power("full", POINTS);
    assert_eq!(found.points, POINTS);
    assert_eq!((found.lost_events, &found.damaged), (0, &Vec::new()), "{found:?}");
}

/// Shows that the test above can fail: with `synchronous` lowered, the same cuts lose what was acknowledged.
#[test]
fn without_a_sync_at_each_commit_the_same_cuts_lose_acknowledged_events() {
    let found = cut_the_power("relaxed", POINTS / 5);
    assert!(found.points_with_loss > 0, "the power-cut test would not see a lost event: {found:?}");
    assert_eq!(found.damaged, Vec::<String>::new());
}

/// What the cuts of one run did.
#[derive(Debug, Default)]
struct Found {
    points: usize,
    points_with_loss: usize,
    lost_events: usize,
    damaged: Vec<String>,
}

impl Found {
    fn add(&mut self, other: Self) {
        self.points += other.points;
        self.points_with_loss += other.points_with_loss;
        self.lost_events += other.lost_events;
        self.damaged.extend(other.damaged);
    }
}

fn cut_the_power(durability: &str, points: usize) -> Found {
    let run = record(durability);
    let log = std::fs::read(&run.log).unwrap();
    let asked = read_log(&log);
    // In WAL mode the file itself is synced by a checkpoint, and by nothing else.
    let wal = asked.iter().skip_while(|asked| asked.name != "chambre.db-wal");
    let checkpoints = wal.filter(|asked| (asked.kind, asked.name) == (b's', "chambre.db")).count();
    assert!(checkpoints >= 4, "the run is too short: {checkpoints} checkpoints");
    nothing_escapes_the_recorder(&asked, &run.folder);

    let mut found = Found::default();
    std::thread::scope(|scope| {
        let halves = [3, 4].map(|seed| {
            let (asked, root) = (&asked, run.root.path());
            scope.spawn(move || cut_at(asked, points / 2, seed, &root.join(format!("after-{seed}"))))
        });
        for half in halves {
            found.add(half.join().unwrap());
        }
    });
    println!("{durability}: {} calls, {checkpoints} checkpoints, {found:?}", asked.len());
    found
}

/// Cuts a run at random points, and opens the books in the folder each time.
fn cut_at(asked: &[Asked<'_>], points: usize, seed: u64, folder: &Path) -> Found {
    let mut dice = SmallRng::seed_from_u64(seed);
    let mut cuts: Vec<usize> = (0..points).map(|_| dice.random_range(0..=asked.len())).collect();
    cuts.sort_unstable();
    let mut found = Found::default();
    let (mut disk, mut served) = (Disk::default(), 0);
    for cut in cuts {
        asked[served..cut].iter().for_each(|asked| disk.serve(*asked));
        served = cut;
        // An acknowledgement counts once it was given, whatever the disk says: the caller has it.
        let acks = String::from_utf8(disk.seen("acks")).unwrap();
        std::fs::create_dir(folder).unwrap();
        write_out(&disk.cut(&mut dice), folder);
        found.points += 1;
        match lost_after(folder, &acks) {
            Ok(0) => {}
            Ok(lost) => {
                found.points_with_loss += 1;
                found.lost_events += lost;
            }
            Err(what) => found.damaged.push(format!("after {cut} of {} calls: {what}", asked.len())),
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
    found
}

/// A run of `journal-writer` under the recorder.
struct Run {
    root: tempfile::TempDir,
    folder: PathBuf,
    log: PathBuf,
}

fn record(durability: &str) -> Run {
    // In memory when there is some: what counts is what the program asked of the disk, not when a disk did it.
    let root = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    // SQLite resolves links before it opens: the recorder compares the same path.
    let base = root.path().canonicalize().unwrap();
    let (folder, log, library) = (base.join("run"), base.join("log"), base.join("recorder.so"));
    std::fs::create_dir(&folder).unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("crash/recorder.c");
    let compiled = process::Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o"])
        .arg(&library)
        .arg(source)
        .args(["-ldl", "-lpthread"])
        .output()
        .unwrap_or_else(|error| panic!("the power-cut test needs a C compiler, `cc`: {error}"));
    assert!(compiled.status.success(), "recorder.c: {}", String::from_utf8_lossy(&compiled.stderr));
    let ran = process::Command::new(env!("CARGO_BIN_EXE_journal-writer"))
        .arg(&folder)
        .arg(durability)
        .env("LD_PRELOAD", &library)
        .env("RECORDER_FOLDER", &folder)
        .env("RECORDER_LOG", &log)
        .output()
        .unwrap();
    assert!(ran.status.success(), "journal-writer: {}", String::from_utf8_lossy(&ran.stderr));
    Run { root, folder, log }
}

/// Played to its end, the log gives the very files of the run: no call went past the recorder.
fn nothing_escapes_the_recorder(asked: &[Asked<'_>], folder: &Path) {
    let mut disk = Disk::default();
    asked.iter().for_each(|asked| disk.serve(*asked));
    let mut left: BTreeMap<String, Vec<u8>> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap())
        .map(|file| (file.file_name().into_string().unwrap(), std::fs::read(file.path()).unwrap()))
        .collect();
    left.retain(|name, _| !name.ends_with("-shm"));
    let played = disk.names().filter(|name| !name.ends_with("-shm"));
    let played: BTreeMap<String, Vec<u8>> = played.map(|name| (name.to_owned(), disk.seen(name))).collect();
    let sizes = |files: &BTreeMap<String, Vec<u8>>| {
        files.iter().map(|(name, content)| (name.clone(), content.len())).collect::<Vec<_>>()
    };
    assert_eq!(sizes(&played), sizes(&left));
    assert!(played == left, "the log does not give the content of the files");
    assert!(left.contains_key("chambre.db-wal"), "the run must end with its write-ahead log in place");
}

/// Opens the books as the service does, and counts the acknowledged events that are not there as acknowledged;
/// an error is a damage: books that do not open, do not verify, or take nothing in.
fn lost_after(folder: &Path, acks: &str) -> Result<usize, String> {
    let telling = |error: LedgerError| format!("{error}: {:?}", std::error::Error::source(&error));
    let clock = Arc::new(|| BookedAt::from_millis(1_767_312_000_000));
    let ledger = Ledger::open(folder, Settings::default(), clock).map_err(telling)?;
    let mut booked: HashMap<String, String> = HashMap::new();
    let mut twice = Vec::new();
    let read = ledger.read(|reader| {
        reader.scan(Seq::ZERO, Seq::new(u64::MAX), |stored| {
            let proof = format!("{} {}", stored.seq, stored.seal);
            if booked.insert(stored.event_id.clone(), proof).is_some() {
                twice.push(stored.event_id);
            }
            Ok::<_, LedgerError>(())
        })
    });
    read.map_err(telling)?;
    if !twice.is_empty() {
        return Err(format!("booked twice: {twice:?}"));
    }
    let is_there = |ack: &&str| {
        let (id, proof) = ack.split_once(' ').unwrap();
        booked.get(id).is_some_and(|booked| booked == proof)
    };
    let lost = acks.lines().filter(|ack| !is_there(ack)).count();
    goes_on(&ledger)?;
    ledger.close().map_err(telling)?;
    let reader = Reader::open(folder).map_err(telling)?;
    match verify(&reader, |_| {}).map_err(telling)?.fault {
        None => Ok(lost),
        Some(fault) => Err(format!("verify: {} at {}", fault.what, fault.seq)),
    }
}

/// The books take new events in: a late declarant registers.
fn goes_on(ledger: &Ledger) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let (id, event) = Declarations::new("after", 4).declare().unwrap();
    let outcomes = runtime.block_on(ledger.record(vec![Command::new(id, event)], Mode::Each));
    // Cut before the registrations, the chamber refuses by its rules: that is an answer too.
    outcomes.map(drop).map_err(|error| format!("takes nothing in: {error}"))
}
