//! `chambre demo`: a fictitious year on real territories, lived through a real server.
//!
//! | file | what it holds |
//! |---|---|
//! | [`cast`], [`charters`] | bailleurs, operations, conventions |
//! | [`year`], [`story`], [`dice`] | what is declared, and on which day |
//! | [`agenda`] | who does what, day by day |
//! | [`recorder`], [`closing`], [`guards`] | declarations, nettings, what must be refused |
//! | [`rehousing`] | the matching round, and the netting that counts its placements |
//! | [`books`], [`exports`] | the journal read back, the auditor's files |
//! | [`folder`], [`recap`] | where it lives, what it tells |

mod agenda;
mod books;
mod cast;
mod charters;
mod closing;
mod dice;
mod exports;
mod folder;
mod guards;
mod recap;
mod recorder;
mod rehousing;
mod story;
mod year;

use crate::failure::Failure;
use crate::look::count;
use crate::report;
use agenda::Act;
use anyhow::Context as _;
use cast::Cast;
use chambre_api::convert::registry::{wire_bailleur, wire_convention, wire_operation, wire_succession};
use chambre_api::{Client, v1};
use chambre_audit::proof::SecretKey;
use chambre_domain::bailleur::Succession;
use chambre_domain::{Convention, EventId, OfficerId};
use chambre_ledger::{MatchingStore, Reader, Salts, Verification, verify};
use chambre_server::{Config, ManualClock};
pub use dice::Dice;
use folder::{Folder, Occupied};
use guards::Guard;
use recap::{Lived, Recap};
use recorder::Recorder;
use rehousing::Round;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;
use year::Day;

/// Arguments of `chambre demo`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Graine du tirage : la même graine donne le même journal, sceaux compris
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Dossier à créer ; une démonstration précédente y est remplacée, rien d’autre
    #[arg(long, value_name = "DOSSIER", default_value = "./chambre-demo")]
    out: PathBuf,
    /// Répond en JSON, pour un programme
    #[arg(long)]
    json: bool,
}

/// Plays the demonstration.
///
/// # Errors
/// A folder that is somebody's (exit code 2); anything that does not go as it must (exit code 3).
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let started = Instant::now();
    let folder = match Folder::prepare(&args.out)? {
        Ok(folder) => folder,
        Err(Occupied(reason)) => return Err(Failure::usage(reason).into()),
    };
    let cast = Cast::new(args.seed)?;
    let year = year::write(&cast, args.seed)?;
    let declared: usize = year.iter().map(|(_, day)| day.len()).sum();
    step(&format!("année écrite : {} déclarations sur {} jours", count(declared), count(year.len())));
    let lived = live(&cast, &year, args.seed, &folder).await.map_err(unexpected)?;
    let verified = verified(&folder.data(), lived.books.entries)?;
    step("journal vérifié");
    let elapsed = u64::try_from(started.elapsed().as_millis())?;
    let recap = Recap::new(lived, &folder.data(), &verified, elapsed);
    let text = if args.json { serde_json::to_string(&recap)? } else { recap.text() };
    report::print(&text);
    Ok(ExitCode::SUCCESS)
}

/// Starts the server, lives the year, stops the server.
async fn live<'a>(cast: &'a Cast, year: &[Day], seed: u64, folder: &Folder) -> anyhow::Result<Lived<'a>> {
    let clock = ManualClock::new(agenda::OPENING);
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let key = signing_key(seed)?;
    std::fs::write(folder.public_key(), format!("{}\n", key.public()))?;
    // Secret elsewhere: here the same seed gives the same journal.
    std::fs::create_dir_all(folder.data())?;
    MatchingStore::open(&folder.data())?.salt_or(bytes_of(seed))?;
    let mut config = Config { listen, checkpoint_key: Some(key), ..Config::new(folder.data()) };
    config.ledger.salts = Salts::Derived(bytes_of(seed));
    let running = chambre_server::start(config, clock.clock()).await.context("démarrage du serveur")?;
    step(&format!("serveur démarré sur {}", running.address()));
    let uri = format!("http://{}", running.address());
    let told = match Client::connect(&uri).await {
        Ok(client) => {
            let mut player = Player { cast, year, seed, clock, recorder: Recorder::new(&client), client };
            player.play(folder).await
        }
        Err(error) => Err(error.into()),
    };
    let stopped = running.stop().await.context("arrêt du serveur");
    let told = told?;
    stopped?;
    step("serveur arrêté");
    Ok(told)
}

/// The key of a demonstration is no secret: the same seed gives the same signed files. `chambre keys new` draws a
/// real one.
fn signing_key(seed: u64) -> anyhow::Result<SecretKey> {
    Ok(SecretKey::from_seed("demonstration.example/journal", &bytes_of(seed))?)
}

fn bytes_of(seed: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    bytes
}

/// Plays every part, one call after the other: the journal owes its order to the agenda only.
struct Player<'a, 'y> {
    cast: &'a Cast,
    year: &'y [Day],
    seed: u64,
    clock: ManualClock,
    recorder: Recorder,
    client: Client,
}

impl<'a> Player<'a, '_> {
    async fn play(&mut self, folder: &Folder) -> anyhow::Result<Lived<'a>> {
        let mut guards = Vec::new();
        let mut round = Round::default();
        for (day, act) in agenda::agenda(self.year) {
            self.clock.set_day(day);
            match act {
                Act::Declare(declarations) => self.recorder.declare(day, declarations).await?,
                Act::Attempt => guards = guards::attempt(&self.client, self.cast, self.year).await?,
                Act::Rehouse => {
                    round = rehousing::play(&self.client, self.cast, self.seed).await?;
                    step("ménages et logements appariés, baux dits au registre par l’appariement");
                }
                Act::NetRehousing => rehousing::net(&self.client, self.cast, &mut round).await?,
                act => self.administer(day, &act).await.with_context(|| format!("le {day}"))?,
            }
        }
        self.recorder.finish();
        self.tell(folder, guards, round).await
    }

    async fn administer(&self, day: chambre_domain::Date, act: &Act<'_>) -> anyhow::Result<()> {
        let (client, cast) = (&self.client, self.cast);
        match act {
            Act::Register => self.register().await,
            Act::Amend => self.publish(|convention| convention.version > 1).await,
            Act::Merge => self.merge(day).await,
            Act::Propose(semester) => {
                step(&format!("{} : déclarations reçues jusqu’au {day}", semester.code));
                closing::propose(client, cast, semester).await
            }
            Act::Approve(semester) => {
                closing::approve(client, cast, semester).await?;
                step(&format!("{} : arrêtés proposés, puis approuvés par un second agent", semester.code));
                Ok(())
            }
            Act::Confirm(semester, wave) => {
                closing::confirm(client, cast, (semester, *wave), day, self.seed).await?;
                step(&format!("{} : paiements constatés le {day}", semester.code));
                Ok(())
            }
            Act::Declare(_) | Act::Attempt | Act::Rehouse | Act::NetRehousing => Ok(()),
        }
    }

    async fn register(&self) -> anyhow::Result<()> {
        let mut registry = self.client.registry();
        for bailleur in &self.cast.bailleurs {
            let bailleur = Some(wire_bailleur(bailleur));
            registry
                .register_bailleur(v1::RegisterBailleurRequest { bailleur, validate_only: false })
                .await?;
        }
        self.publish(|convention| convention.version == 1).await?;
        for operation in self.cast.scenes.iter().flat_map(|scene| &scene.operations) {
            let operation = Some(wire_operation(operation));
            let request = v1::RegisterOperationRequest { operation, validate_only: false };
            registry.register_operation(request).await?;
        }
        step("bailleurs, opérations et conventions inscrits");
        Ok(())
    }

    async fn publish(&self, wanted: fn(&Convention) -> bool) -> anyhow::Result<()> {
        let conventions = self.cast.scenes.iter().flat_map(|scene| &scene.conventions);
        for convention in conventions.filter(|convention| wanted(convention)) {
            let convention = Some(wire_convention(convention));
            let request = v1::PublishConventionRequest { convention, validate_only: false };
            self.client.registry().publish_convention(request).await?;
        }
        Ok(())
    }

    async fn merge(&self, day: chambre_domain::Date) -> anyhow::Result<()> {
        let event_id = EventId::parse("event_id", "fusion-2025-1")?;
        let succession = Succession {
            absorbed: self.cast.absorbed,
            absorbing: self.cast.absorbing,
            effective_on: day,
            officer: OfficerId::parse("officer_id", closing::FIRST_OFFICER)?,
        };
        self.client.registry().record_succession(wire_succession(&event_id, &succession, false)).await?;
        step("un bailleur absorbé par un autre");
        Ok(())
    }

    /// Reads back what the year left.
    async fn tell(&self, folder: &Folder, guards: Vec<Guard>, round: Round) -> anyhow::Result<Lived<'a>> {
        let books = books::read(&self.client).await?;
        step(&format!("{} écritures relues, soldes et positions recalculés", count(books.entries)));
        let request = v1::ListNettingsRequest { page_size: 1000, ..Default::default() };
        let runs = self.client.netting().list_nettings(request).await?.into_inner().runs;
        let exports = exports::export(&self.client, &folder.exports()).await?;
        step(&format!("{} fichiers exportés", count(exports.len())));
        let sent = self.recorder.sent;
        Ok(Lived { seed: self.seed, cast: self.cast, books, runs, sent, guards, exports, round })
    }
}

/// The journal, verified without a server: seals, rules, balances; as many entries as were read.
fn verified(data: &Path, entries: u64) -> anyhow::Result<Verification> {
    let opened = Reader::open(data).and_then(|reader| verify(&reader, |_| {}));
    let found = opened.map_err(|error| Failure::of_books(data, error))?;
    let fault = match &found.fault {
        Some(fault) => format!("écriture {} : {}", fault.seq, fault.what),
        None if found.entries != entries => format!("{} écritures, {entries} lues", found.entries),
        None => return Ok(found),
    };
    Err(Failure::infrastructure(format!("incohérence du journal : {fault}")).into())
}

/// Nothing in the story may be refused: a refusal here is a fault of the chamber or of the demonstration, never
/// of the caller.
fn unexpected(error: anyhow::Error) -> anyhow::Error {
    let told = format!("la démonstration s’est arrêtée : {error:#}");
    match error.downcast::<tonic::Status>() {
        Ok(status) => {
            let refused = chambre_api::Refused::of(&status);
            Failure::infrastructure(format!("{told} [{} {}]", refused.reason, refused.french)).into()
        }
        Err(_) => Failure::infrastructure(told).into(),
    }
}

fn step(text: &str) {
    report::warn(&format!("· {text}"));
}
