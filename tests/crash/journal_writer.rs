//! Writes a journal and says what was acknowledged, for the power-cut test: `journal-writer FOLDER full|relaxed`.
//!
//! After each outcome it appends `event_id seq seal` to the file `acks` of the folder. It closes the books once
//! on the way, and ends without closing them, as a power cut would have it.

mod declarations;

use chambre_domain::{BookedAt, EventId};
use chambre_ledger::{Clock, Command, Durability, Ledger, Mode, Outcome, Settings};
use declarations::{Declarations, registrations};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use std::error::Error;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Groups of requests: enough that the write-ahead log goes through several checkpoints.
const GROUPS: u32 = 3_600;

type Failure = Box<dyn Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, durability] = arguments.as_slice() else { return Err("FOLDER full|relaxed".into()) };
    let durability = if durability == "relaxed" { Durability::Relaxed } else { Durability::Full };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    runtime.block_on(write(Path::new(folder), Settings { durability, ..Settings::default() }))?;
    // No destructor runs: the journal stays as the last commit left it.
    std::process::exit(0);
}

async fn write(folder: &Path, settings: Settings) -> Result<(), Failure> {
    let millis = AtomicI64::new(1_767_225_600_000);
    let clock: Clock = Arc::new(move || BookedAt::from_millis(millis.fetch_add(1, Ordering::Relaxed)));
    let mut ledger = Ledger::open(folder, settings, Arc::clone(&clock))?;
    let mut acks = File::options().create(true).append(true).open(folder.join("acks"))?;
    let mut declarations = Declarations::new("journal", 1);
    let mut dice = SmallRng::seed_from_u64(2);
    request(&ledger, &mut acks, vec![registrations()?]).await?;
    for group in 0..GROUPS {
        if group == GROUPS / 20 {
            ledger.close()?;
            drop(ledger);
            ledger = Ledger::open(folder, settings, Arc::clone(&clock))?;
        }
        let requests = if dice.random_ratio(1, 20) { dice.random_range(2..6) } else { 1 };
        let mut group = Vec::new();
        for _ in 0..requests {
            let events = if dice.random_ratio(1, 50) { dice.random_range(2..20) } else { 1 };
            let declared: Result<Vec<_>, _> = (0..events).map(|_| declarations.declare()).collect();
            group.push(declared?.into_iter().map(|(id, event)| Command::new(id, event)).collect());
        }
        request(&ledger, &mut acks, group).await?;
    }
    std::mem::forget(ledger);
    Ok(())
}

/// Puts several requests in the queue at once, then writes each outcome down as it comes.
async fn request(ledger: &Ledger, acks: &mut File, group: Vec<Vec<Command>>) -> Result<(), Failure> {
    let mut pending = Vec::new();
    for commands in group {
        let ids: Vec<EventId> = commands.iter().map(|command| command.event_id.clone()).collect();
        pending.push((ids, ledger.submit(commands, Mode::Each).await?));
    }
    for (ids, pending) in pending {
        let outcomes: Vec<Outcome> = pending.outcomes().await?;
        let mut lines = String::new();
        for (id, outcome) in ids.iter().zip(outcomes) {
            let receipt = outcome?;
            lines.push_str(&format!("{id} {} {}\n", receipt.seq, receipt.seal));
        }
        acks.write_all(lines.as_bytes())?;
    }
    Ok(())
}
