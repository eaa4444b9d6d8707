//! Verification of an export alone: what it proves, what it says it cannot, and every place of damage.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use chambre_audit::proof::offline::verify;
use chambre_audit::proof::{
    Checkpoint, Folder, Found, Frontier, Node, NoteError, OfflineError, PublicKey, SecretKey, leaf,
};
use chambre_audit::{Export, Files, Format};
use chambre_domain::seal::{Head, pack_transfers, seal};
use chambre_domain::{Entry, Seal, Seq};
use common::{feed, journal, names, run, whole};
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::Path;

const ORIGIN: &str = "chambre.example/journal";
const JOURNAL: &str = "journal.jsonl";

/// Files that a test may damage.
#[derive(Clone)]
struct Damaged(BTreeMap<String, Vec<u8>>);

impl Folder for Damaged {
    fn open(&self, file: &str) -> io::Result<Box<dyn Read + '_>> {
        let bytes = self.0.get(file).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        Ok(Box::new(bytes.as_slice()))
    }
}

impl Damaged {
    fn of(files: &Files) -> Self {
        Self(files.iter().map(|(name, bytes)| (name.to_owned(), bytes.to_vec())).collect())
    }

    fn lines(&self) -> Vec<String> {
        let text = String::from_utf8(self.0[JOURNAL].clone()).unwrap();
        text.split_inclusive('\n').map(str::to_owned).collect()
    }

    fn set_lines(&mut self, lines: &[String]) {
        self.0.insert(JOURNAL.to_owned(), lines.concat().into_bytes());
    }

    fn replace(&mut self, file: &str, from: &str, to: &str) {
        let text = String::from_utf8(self.0[file].clone()).unwrap();
        assert!(text.contains(from), "{file} lacks {from}");
        self.0.insert(file.to_owned(), text.replacen(from, to, 1).into_bytes());
    }
}

fn key() -> SecretKey {
    SecretKey::from_seed(ORIGIN, &[7; 32]).unwrap()
}

fn keys() -> Vec<PublicKey> {
    vec![key().public()]
}

/// The journal with the seals that it would have.
fn sealed(mut entries: Vec<Entry>) -> Vec<Entry> {
    let mut before = Seal::GENESIS;
    for entry in &mut entries {
        let head = Head::new(entry.seq, entry.booked_at, entry.occurred_on);
        let packed = pack_transfers(&entry.transfers);
        before = seal(before, &head, entry.event_id.as_str(), &entry.event.to_payload(), &packed);
        entry.seal = before;
    }
    entries
}

fn root(entries: &[Entry]) -> Node {
    let mut frontier = Frontier::default();
    entries.iter().for_each(|entry| frontier.push(leaf(entry.seal)));
    frontier.root()
}

fn note(entries: &[Entry]) -> String {
    let size = u64::try_from(entries.len()).unwrap();
    Checkpoint { origin: ORIGIN.to_owned(), size, root: root(entries) }.sign(&key())
}

/// The export of these entries, with a checkpoint after the first `signed`.
fn exported(entries: &[Entry], signed: usize) -> Damaged {
    let export = Export::new(Format::Journal, whole(), names()).with_checkpoint(note(&entries[..signed]));
    Damaged::of(&feed(export, entries).unwrap().0)
}

fn found(files: &Damaged, kept: &[String]) -> Found {
    verify(files, &keys(), kept, &mut |_| {}).unwrap()
}

#[test]
fn an_untouched_export_is_proved_and_counted() {
    let entries = sealed(journal());
    let files = exported(&entries, 10);
    let mut told = Vec::new();
    let found = verify(&files, &keys(), &[], &mut |seq| told.push(seq.get())).unwrap();
    assert_eq!(found.fault, None);
    assert_eq!((found.entries, found.ecritures, found.transfers), (10, 9, 12));
    assert_eq!((found.head, found.root), (entries[9].seal, root(&entries)));
    assert_eq!(found.notes[0].signed.as_ref().unwrap().signers, keys());
    assert_eq!(told, (1..=10).collect::<Vec<_>>());
}

#[test]
fn an_empty_journal_is_proved_too() {
    let found = found(&exported(&[], 0), &[]);
    assert_eq!((found.fault, found.entries, found.root), (None, 0, Node::empty()));
}

#[test]
fn checkpoints_kept_from_before_are_found_again_in_a_longer_journal() {
    let entries = sealed(journal());
    let kept = [note(&entries[..3]), note(&entries[..7])];
    let found = found(&exported(&entries, 10), &kept);
    assert_eq!((found.fault, found.notes.len()), (None, 3));
}

#[test]
fn without_any_key_the_checkpoint_is_compared_and_said_to_be_unsigned() {
    let files = exported(&sealed(journal()), 10);
    let found = verify(&files, &[], &[], &mut |_| {}).unwrap();
    assert_eq!((found.fault, found.notes[0].signed.is_none()), (None, true));
    let stranger = SecretKey::from_seed(ORIGIN, &[8; 32]).unwrap().public();
    let refused = verify(&files, &[stranger], &[], &mut |_| {}).unwrap_err();
    assert!(matches!(refused, OfflineError::Note(NoteError::NoKnownSigner { .. })), "{refused}");
}

/// A journal rewritten from some entry on, its chain made anew by somebody who knows the rules.
fn rewritten(from: usize) -> Vec<Entry> {
    let mut entries = journal();
    let later = chambre_domain::BookedAt::from_millis(entries[from].booked_at.millis() + 1);
    entries[from].booked_at = later;
    sealed(entries)
}

#[test]
fn a_journal_rewritten_with_a_right_chain_is_seen_by_the_signed_root() {
    let honest = sealed(journal());
    for (changed, kept, first) in [(4, vec![], 1), (4, vec![3, 7], 4), (8, vec![3, 7], 8), (0, vec![7], 1)] {
        let forged = rewritten(changed);
        let export = Export::new(Format::Journal, whole(), names()).with_checkpoint(note(&honest));
        let files = Damaged::of(&feed(export, &forged).unwrap().0);
        let kept: Vec<String> = kept.into_iter().map(|size| note(&honest[..size])).collect();
        let fault = found(&files, &kept).fault.unwrap_or_else(|| panic!("entry {} is forged", changed + 1));
        assert_eq!(fault.seq, Seq::new(first), "{}", fault.what);
    }
}

type Damage = fn(&mut Damaged);

fn on_lines(files: &mut Damaged, change: impl FnOnce(&mut Vec<String>)) {
    let mut lines = files.lines();
    change(&mut lines);
    files.set_lines(&lines);
}

fn in_line(files: &mut Damaged, line: usize, from: &str, to: &str) {
    on_lines(files, |lines| {
        assert!(lines[line].contains(from), "{} lacks {from}", lines[line]);
        lines[line] = lines[line].replacen(from, to, 1);
    });
}

/// Every place of damage: what is done, and the first bad entry, or the last one for what is beside the entries.
const PLACES: [(&str, u64, Damage); 34] = [
    ("the amount of a declaration", 3, |f| in_line(f, 2, "120000", "120001")),
    ("the amount of a transfer", 3, |f| in_line(f, 2, "000001d4c0", "000001d4c1")),
    ("the bailleur of a transfer", 2, |f| in_line(f, 1, "0000001a", "00000012")),
    ("the id of an event", 5, |f| in_line(f, 4, "\"e-5\"", "\"e-6\"")),
    ("an instant of booking", 4, |f| in_line(f, 3, "\"booked_at\":1", "\"booked_at\":2")),
    ("a day of the fact", 4, |f| in_line(f, 3, "\"occurred_on\":2", "\"occurred_on\":1")),
    ("a seal", 6, |f| in_line(f, 5, "\"seal\":\"", "\"seal\":\"0")),
    ("a space after a colon", 7, |f| in_line(f, 6, "\"seq\":7", "\"seq\": 7")),
    ("another order of fields", 1, |f| in_line(f, 0, "{\"seq\":1,", "{")),
    ("a field more", 8, |f| in_line(f, 7, "{\"seq\"", "{\"note\":1,\"seq\"")),
    ("a letter written as an escape", 2, |f| {
        in_line(f, 1, "relogement_recorded", "\\u0072elogement_recorded")
    }),
    ("capital hexadecimal digits", 3, |f| in_line(f, 2, "000001d4c0", "000001D4C0")),
    ("a transfer cut in two", 9, |f| in_line(f, 8, "\"transfers\":\"01", "\"transfers\":\"")),
    ("bytes that are no text", 5, |f| {
        let at = f.lines()[..4].concat().len() + 20;
        f.0.get_mut(JOURNAL).unwrap()[at] = 0xff;
    }),
    ("the first entry removed", 1, |f| on_lines(f, |lines| drop(lines.remove(0)))),
    ("an entry removed", 6, |f| on_lines(f, |lines| drop(lines.remove(5)))),
    ("the last entry removed", 10, |f| on_lines(f, |lines| drop(lines.pop()))),
    ("everything removed", 1, |f| on_lines(f, Vec::clear)),
    ("two entries swapped", 4, |f| on_lines(f, |lines| lines.swap(3, 4))),
    ("two numbers swapped", 8, |f| {
        in_line(f, 7, "\"seq\":8", "\"seq\":9");
        in_line(f, 8, "\"seq\":9", "\"seq\":8");
    }),
    ("an entry given twice", 3, |f| on_lines(f, |lines| lines.insert(2, lines[1].clone()))),
    ("an entry inserted under the next number", 11, |f| {
        on_lines(f, |lines| lines.push(lines[9].replace("\"seq\":10", "\"seq\":11")));
    }),
    ("an empty line", 5, |f| on_lines(f, |lines| lines.insert(4, "\n".to_owned()))),
    ("an entry renumbered", 7, |f| in_line(f, 6, "\"seq\":7", "\"seq\":17")),
    ("the last line end cut", 10, |f| on_lines(f, |lines| lines[9] = lines[9].trim_end().to_owned())),
    ("half of the file cut", 6, |f| {
        let half = f.lines()[..5].concat().len() + 40;
        f.0.get_mut(JOURNAL).unwrap().truncate(half);
    }),
    ("a balance", 10, |f| f.replace("balances.csv", ",240000,120000", ",240000,120001")),
    ("an account removed from the balances", 10, |f| {
        let text = String::from_utf8(f.0["balances.csv"].clone()).unwrap();
        let kept = text.lines().filter(|line| !line.starts_with("801100")).map(|line| format!("{line}\n"));
        f.0.insert("balances.csv".to_owned(), kept.collect::<String>().into_bytes());
    }),
    ("an account added to the balances", 10, |f| f.0.get_mut("balances.csv").unwrap().extend(b"467100,x\n")),
    ("the count of the manifest lowered", 10, |f| {
        f.replace("manifest.json", "\"rows\": 10", "\"rows\": 9");
        f.replace("manifest.json", "\"read_up_to_seq\": 10", "\"read_up_to_seq\": 9");
    }),
    ("the count of the manifest raised", 11, |f| f.replace("manifest.json", "\"rows\": 10", "\"rows\": 11")),
    ("a total of the manifest", 10, |f| {
        f.replace("manifest.json", "\"total\": \"350\"", "\"total\": \"351\"")
    }),
    ("the last seal of the manifest", 10, |f| {
        f.replace("manifest.json", "\"last_seal\": \"", "\"last_seal\": \"0")
    }),
    ("the hash of a file in the manifest", 10, |f| {
        f.replace("manifest.json", "\"sha256\": \"", "\"sha256\": \"0");
    }),
];

#[test]
fn damage_is_seen_at_every_place_and_its_first_entry_named() {
    let sound = exported(&sealed(journal()), 10);
    for (what, seq, damage) in PLACES {
        let mut files = sound.clone();
        damage(&mut files);
        let fault = found(&files, &[]).fault.unwrap_or_else(|| panic!("{what} is not seen"));
        assert_eq!(fault.seq, Seq::new(seq), "{what}: {}", fault.what);
        // Restored, it is clean again.
        for (name, bytes) in &sound.0 {
            files.0.insert(name.clone(), bytes.clone());
        }
        assert_eq!(found(&files, &[]).fault, None, "restored after: {what}");
    }
}

/// Runs `docs/verifier.py`; whether it finds the export sound, nothing where there is no Python.
fn second_opinion(files: &Damaged, folder: &Path) -> Option<bool> {
    for (name, bytes) in &files.0 {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
    let keys = folder.join("cles.pub");
    std::fs::write(&keys, format!("{}\n", key().public())).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/verifier.py");
    let output = std::process::Command::new("python3").arg("-B").arg(script).arg(folder).arg(keys).output();
    let Ok(output) = output else {
        println!("skipped: python3 cannot be run here");
        return None;
    };
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(out.starts_with("Sain") || err.starts_with("ALTÉRÉ"), "no verdict: {out}{err}");
    Some(output.status.success())
}

#[test]
fn the_second_verifier_agrees_but_reads_no_totals() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("second-verifier");
    std::fs::create_dir_all(&folder).unwrap();
    let sound = exported(&sealed(journal()), 10);
    let Some(verdict) = second_opinion(&sound, &folder) else { return };
    assert!(verdict, "an untouched export");
    for (what, _, damage) in PLACES {
        let mut files = sound.clone();
        damage(&mut files);
        assert_eq!(second_opinion(&files, &folder), Some(what == "a total of the manifest"), "{what}");
    }
    let mut forged = sound.clone();
    forged.replace("manifest.json", "journal V7lN", "journal V7lO");
    assert_eq!(second_opinion(&forged, &folder), Some(false), "a signature of nobody");
    let export = Export::new(Format::Journal, whole(), names()).with_checkpoint(note(&sealed(journal())));
    let rewritten = Damaged::of(&feed(export, &rewritten(4)).unwrap().0);
    assert_eq!(second_opinion(&rewritten, &folder), Some(false), "a chain made anew");
}

#[test]
fn any_bit_of_the_journal_or_of_its_balances_is_seen() {
    let sound = exported(&sealed(journal()), 10);
    for file in [JOURNAL, "balances.csv"] {
        for at in 0..sound.0[file].len() {
            let mut files = sound.clone();
            files.0.get_mut(file).unwrap()[at] ^= 1 << (at % 8);
            let fault = found(&files, &[]).fault.unwrap_or_else(|| panic!("byte {at} of {file}"));
            if file == JOURNAL {
                let line = sound.0[file][..at].iter().filter(|byte| **byte == b'\n').count();
                assert_eq!(
                    fault.seq,
                    Seq::new(u64::try_from(line + 1).unwrap()),
                    "byte {at}: {}",
                    fault.what
                );
            }
        }
    }
}

#[test]
fn a_journal_cut_before_its_checkpoint_is_seen_even_when_the_manifest_agrees() {
    let entries = sealed(journal());
    let export = Export::new(Format::Journal, whole(), names()).with_checkpoint(note(&entries));
    let files = Damaged::of(&feed(export, &entries[..8]).unwrap().0);
    let fault = found(&files, &[]).fault.unwrap();
    assert_eq!(fault.seq, Seq::new(9), "{}", fault.what);
    assert!(fault.what.contains("point de contrôle"), "{}", fault.what);
}

#[test]
fn what_comes_after_the_last_checkpoint_is_not_signed_and_shows() {
    let entries = sealed(journal());
    let found = found(&exported(&entries, 6), &[]);
    assert_eq!((found.fault, found.entries, found.notes[0].checkpoint.size), (None, 10, 6));
}

#[test]
fn files_of_any_other_format_are_those_of_their_manifest() {
    for format in [Format::Fec, Format::Hledger, Format::Csv, Format::CsvFrench] {
        let sound = Damaged::of(&run(format, whole(), &sealed(journal())).unwrap().0);
        assert_eq!(found(&sound, &[]).fault, None, "{format:?}");
        for file in sound.0.keys().filter(|file| *file != "manifest.json") {
            let mut files = sound.clone();
            *files.0.get_mut(file).unwrap().last_mut().unwrap() ^= 1;
            assert!(found(&files, &[]).fault.unwrap().what.contains(file.as_str()), "{format:?}");
        }
    }
}

#[test]
fn an_export_that_is_not_whole_or_not_known_is_an_error_that_says_so() {
    let sound = exported(&sealed(journal()), 10);
    let refused = |change: fn(&mut Damaged)| {
        let mut files = sound.clone();
        change(&mut files);
        verify(&files, &keys(), &[], &mut |_| {}).unwrap_err().to_string()
    };
    assert!(refused(|f| drop(f.0.remove("manifest.json"))).starts_with("manifest.json: "));
    assert!(refused(|f| drop(f.0.remove("balances.csv"))).starts_with("balances.csv: "));
    assert!(
        refused(|f| f.replace("manifest.json", "\"format_version\": 1", "\"format_version\": 9"))
            .contains('9')
    );
    assert!(
        refused(|f| f.replace("manifest.json", "\"balances.csv\"", "\"../balances\""))
            .contains("../balances")
    );
    assert!(refused(|f| f.replace("manifest.json", "{", "[")).contains("manifest"));
    assert!(
        refused(|f| f.replace("manifest.json", "chambre.example", "chambre.exemple")).contains("signature")
    );
}

#[test]
fn the_export_kept_from_version_1_still_verifies() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/journal");
    let files = exported(&sealed(journal()), 10);
    if std::env::var_os("GOLDEN").is_some() {
        std::fs::create_dir_all(&folder).unwrap();
        for (name, bytes) in &files.0 {
            std::fs::write(folder.join(name), bytes).unwrap();
        }
    }
    let read = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path());
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let kept = Damaged(read.map(|path| (name(&path), std::fs::read(&path).unwrap())).collect());
    assert_eq!(found(&kept, &[]).fault, None);
    assert_eq!(kept.0, files.0, "what is written now is version 1 still");
}
