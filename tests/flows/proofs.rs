//! What the chamber signs and proves, checked from outside with nothing but its public key.

#![allow(clippy::unwrap_used)]

use chambre_api::Refused;
use chambre_api::v1::{self, event::Body};
use chambre_audit::proof::checkpoint::open;
use chambre_audit::proof::offline::verify;
use chambre_audit::proof::{Folder, Found, Node, SecretKey, leaf, path};
use chambre_domain::Seal;
use chambre_server::notary::NotaryError;
use chambre_server::{Config, ManualClock, ServerError};
use scenarios::{Chamber, TODAY, causal, event, relogement, works};
use std::collections::BTreeMap;
use std::io::{self, Read};
use tonic::Code;

/// Files of an export, as a client received them.
struct Received(BTreeMap<String, Vec<u8>>);

impl Folder for Received {
    fn open(&self, file: &str) -> io::Result<Box<dyn Read + '_>> {
        let bytes = self.0.get(file).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        Ok(Box::new(bytes.as_slice()))
    }
}

fn key() -> SecretKey {
    SecretKey::from_seed("chambre.example/journal", &[9; 32]).unwrap()
}

fn with_key(config: &mut Config) {
    config.checkpoint_key = Some(key());
}

/// A chamber that signs, with relogements and works: more entries than one block of the tree holds.
async fn chamber(works_recorded: usize) -> Chamber {
    let chamber = Chamber::open_with(with_key).await;
    chamber.register(&[1, 2, 3]).await;
    chamber.register_operations(&[1, 3]).await;
    chamber.publish(causal()).await;
    chamber.record_all(vec![event("1", Body::Relogement(relogement("R-1", 1, 2, 27_000)))]).await;
    let declared =
        (0..works_recorded).map(|number| event(&format!("w-{number}"), Body::Works(works("R-1", 1_000))));
    chamber.record_all(declared.collect()).await;
    chamber
}

async fn exported(chamber: &Chamber) -> Received {
    let request = v1::ExportJournalRequest {
        format: v1::ExportFormat::Journal.into(),
        ..v1::ExportJournalRequest::default()
    };
    let mut stream = chamber.client.audit().export_journal(request).await.unwrap().into_inner();
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    while let Some(chunk) = stream.message().await.unwrap() {
        files.entry(chunk.file_name).or_default().extend(chunk.data);
    }
    Received(files)
}

async fn note(chamber: &Chamber, size: i64) -> String {
    chamber.client.audit().get_checkpoint(v1::GetCheckpointRequest { size }).await.unwrap().into_inner().note
}

fn found(files: &Received, kept: &[String]) -> Found {
    verify(files, &[key().public()], kept, &mut |_| {}).unwrap()
}

fn node(bytes: &[u8]) -> Node {
    Node::new(bytes.try_into().unwrap())
}

fn nodes(list: &[Vec<u8>]) -> Vec<Node> {
    list.iter().map(|bytes| node(bytes)).collect()
}

#[tokio::test]
async fn an_exported_journal_is_proved_with_the_public_key_alone_and_holds_older_checkpoints() {
    let chamber = chamber(300).await;
    let old = note(&chamber, 5).await;
    let files = exported(&chamber).await;
    let found = found(&files, &[old]);
    let head = chamber.head().await;
    assert_eq!(found.fault, None);
    assert_eq!((i64::try_from(found.entries).unwrap(), found.head.bytes().to_vec()), (head.seq, head.seal));
    assert_eq!(found.notes.iter().map(|note| note.checkpoint.size).collect::<Vec<_>>(), [found.entries, 5]);
    let signed = open(&note(&chamber, 0).await, &[key().public()]).unwrap();
    assert_eq!((signed.checkpoint.size, signed.checkpoint.root), (found.entries, found.root));
}

#[tokio::test]
async fn a_destroyed_pseudonym_leaves_every_answer_and_the_export_to_the_byte() {
    let chamber = chamber(2).await;
    let ended_on = Some(v1::Date { year: 2025, month: 5, day: 31 });
    let end = v1::LeaseEnd { relogement_id: "R-2".to_owned(), ended_on };
    chamber.record_all(vec![event("2", Body::Relogement(relogement("R-2", 1, 2, 0)))]).await;
    chamber.record_all(vec![event("2-end", Body::LeaseEnd(end))]).await;
    let household = async |chamber: &Chamber| {
        let asked = v1::GetRelogementRequest { relogement_id: "R-2".to_owned() };
        let told = chamber.client.ledger().get_relogement(asked).await.unwrap().into_inner();
        told.relogement.unwrap().household
    };
    assert_eq!(household(&chamber).await, "h-R-2");
    let (before, head) = (exported(&chamber).await, chamber.head().await);
    let on = chambre_domain::Date::constant(2026, 7, 1);
    let destroy = |folder: &std::path::Path| {
        let now = chambre_domain::BookedAt::noon_in_paris(on);
        let done = chambre_ledger::retention::destroy(folder, on, now, &|_, _| false).unwrap();
        assert_eq!(done.due.len(), 1);
    };
    let chamber = chamber.reopened_after(destroy, with_key).await;
    assert_eq!(household(&chamber).await, "");
    let (after, head_after) = (exported(&chamber).await, chamber.head().await);
    assert_eq!((head_after.seq, head_after.seal), (head.seq, head.seal));
    for file in ["journal.jsonl", "balances.csv"] {
        let text = String::from_utf8(before.0[file].clone()).unwrap();
        assert!(!text.contains("h-R-"), "{file} holds a pseudonym");
        assert!(before.0[file] == after.0[file], "{file} is not what it was");
    }
    assert_eq!(found(&after, &[]).fault, None);
}

#[tokio::test]
async fn the_balances_of_the_export_are_those_of_the_books() {
    let chamber = chamber(3).await;
    let files = exported(&chamber).await;
    let text = String::from_utf8(files.0["balances.csv"].clone()).unwrap();
    let told: BTreeMap<String, (i64, i64)> = text
        .lines()
        .skip(1)
        .map(|line| line.split(',').collect::<Vec<_>>())
        .map(|cells| (cells[..3].join(":"), (cells[4].parse().unwrap(), cells[5].parse().unwrap())))
        .collect();
    let balances = chamber.positions().await.into_iter().flat_map(|position| position.balances);
    let known: BTreeMap<String, (i64, i64)> = balances
        .map(|balance| {
            let account = balance.account.unwrap();
            let name =
                [account.compte.to_string(), account.territory_siren, account.bailleur_siren].join(":");
            (name, (balance.debit, balance.credit))
        })
        .collect();
    assert!(known.len() > 3);
    assert_eq!(told, known);
}

#[tokio::test]
async fn every_entry_has_its_proof_and_every_growth_too() {
    let chamber = chamber(260).await;
    let size = chamber.head().await.seq;
    let mut audit = chamber.client.audit();
    let root = open(&note(&chamber, size).await, &[key().public()]).unwrap().checkpoint.root;
    for seq in [1, 2, 128, 255, 256, 257, size - 1, size] {
        let request = v1::GetInclusionProofRequest { seq, size };
        let proof = audit.get_inclusion_proof(request).await.unwrap().into_inner();
        let [index, whole] = [seq - 1, proof.size].map(|number| u64::try_from(number).unwrap());
        let leaf = leaf(Seal::from_bytes(&proof.seal).unwrap());
        assert_eq!((proof.size, node(&proof.root)), (size, root));
        assert!(path::includes(leaf, index, whole, &nodes(&proof.nodes), root), "entry {seq}");
    }
    for (old_size, new_size) in [(0, 1), (1, 2), (200, 256), (255, 257), (256, 260), (7, size), (size, size)]
    {
        let request = v1::GetConsistencyProofRequest { old_size, new_size };
        let proof = audit.get_consistency_proof(request).await.unwrap().into_inner();
        let of = |size: i64, root: &[u8]| (u64::try_from(size).unwrap(), node(root));
        let (old, new) = (of(proof.old_size, &proof.old_root), of(proof.new_size, &proof.new_root));
        assert!(path::extends(old, new, &nodes(&proof.nodes)), "{old_size} to {new_size}");
        let kept = open(&note(&chamber, new_size).await, &[key().public()]).unwrap().checkpoint;
        assert_eq!((kept.size, kept.root), new);
    }
}

#[tokio::test]
async fn what_the_journal_does_not_reach_is_refused() {
    let chamber = chamber(1).await;
    let head = chamber.head().await.seq;
    let mut audit = chamber.client.audit();
    let check = |status: tonic::Status, reason: &str, field: &str| {
        let refused = Refused::of(&status);
        assert_eq!(
            (refused.code, refused.reason.as_str(), refused.field.as_str()),
            (Code::InvalidArgument, reason, field)
        );
    };
    let beyond = v1::GetCheckpointRequest { size: head + 1 };
    check(audit.get_checkpoint(beyond).await.unwrap_err(), "SEQ_BEYOND_HEAD", "size");
    let none = v1::GetInclusionProofRequest { seq: 0, size: 0 };
    check(audit.get_inclusion_proof(none).await.unwrap_err(), "FIELD_MISSING", "seq");
    let outside = v1::GetInclusionProofRequest { seq: 3, size: 2 };
    check(audit.get_inclusion_proof(outside).await.unwrap_err(), "SEQ_BEYOND_HEAD", "seq");
    let backwards = v1::GetConsistencyProofRequest { old_size: 3, new_size: 2 };
    check(audit.get_consistency_proof(backwards).await.unwrap_err(), "SEQ_BEYOND_HEAD", "old_size");
    let part = v1::ExportJournalRequest {
        format: v1::ExportFormat::Journal.into(),
        territory_siren: "200057867".to_owned(),
        ..v1::ExportJournalRequest::default()
    };
    check(audit.export_journal(part).await.unwrap_err(), "EXPORT_WHOLE", "territory_siren");
}

#[tokio::test]
async fn a_chamber_without_key_proves_but_signs_nothing() {
    let chamber = Chamber::open().await;
    chamber.register(&[1]).await;
    let mut audit = chamber.client.audit();
    let refused = Refused::of(&audit.get_checkpoint(v1::GetCheckpointRequest { size: 0 }).await.unwrap_err());
    assert_eq!((refused.code, refused.reason.as_str()), (Code::FailedPrecondition, "CHECKPOINT_KEY_MISSING"));
    assert!(audit.get_inclusion_proof(v1::GetInclusionProofRequest { seq: 1, size: 1 }).await.is_ok());
    let found = verify(&exported(&chamber).await, &[], &[], &mut |_| {}).unwrap();
    assert_eq!((found.fault, found.notes.len()), (None, 0));
}

#[tokio::test]
async fn an_approved_run_leaves_its_signed_checkpoint_beside_the_journal() {
    let chamber = chamber(1).await;
    chamber.propose("N-1", (2025, 6, 30)).await;
    chamber.approve("N-1").await;
    let kept = std::fs::read_to_string(chamber.folder().join("checkpoints/netting-N-1.txt")).unwrap();
    let signed = open(&kept, &[key().public()]).unwrap();
    assert_eq!(i64::try_from(signed.checkpoint.size).unwrap(), chamber.head().await.seq);
    assert_eq!(found(&exported(&chamber).await, &[kept]).fault, None);
}

#[tokio::test]
async fn a_chamber_never_signs_two_histories() {
    let chamber = chamber(1).await;
    let folder = chamber.try_stop().await.unwrap();
    let older = std::fs::read(folder.path().join("chambre.db")).unwrap();
    let start = async |clock: &ManualClock| {
        let mut config = Config::new(folder.path().to_owned());
        config.listen = "127.0.0.1:0".parse().unwrap();
        with_key(&mut config);
        chambre_server::start(config, clock.clock()).await
    };
    let clock = ManualClock::new(TODAY);
    let running = start(&clock).await.unwrap();
    let client = chambre_api::Client::connect(&format!("http://{}", running.address())).await.unwrap();
    let request = v1::RecordEventsRequest {
        events: vec![event("later", Body::Works(works("R-1", 2_000)))],
        ..v1::RecordEventsRequest::default()
    };
    client.ledger().record_events(request).await.unwrap();
    client.audit().get_checkpoint(v1::GetCheckpointRequest { size: 0 }).await.unwrap();
    running.stop().await.unwrap();
    // The copy of yesterday comes back: what was signed since is not in it.
    let file = folder.path().join("chambre.db");
    let newer = std::fs::read(&file).unwrap();
    std::fs::write(&file, older).unwrap();
    let refused = start(&clock).await.unwrap_err();
    assert!(matches!(refused, ServerError::Notary(NotaryError::OtherJournal { .. })), "{refused}");
    std::fs::write(&file, newer).unwrap();
    start(&clock).await.unwrap().stop().await.unwrap();
}
