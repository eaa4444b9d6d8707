//! Signed checkpoints: ours to other people's library, theirs to us, rotation, witnesses, every altered byte.

#![allow(clippy::unwrap_used)]

use chambre_audit::proof::checkpoint::{open, unsigned};
use chambre_audit::proof::{
    Checkpoint, KeyError, Node, NoteError, Proved, PublicKey, ReceiptError, Receipts, SecretKey, Tree,
    TreeError, leaf, path, public_keys,
};
use chambre_domain::{Seal, Seq};
use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{Signer as _, SigningKey};
use sha2::{Digest, Sha256};
use signed_note::{Note, StandardSigner, StandardVerifier, VerifierList};
use std::ops::Range;

const ORIGIN: &str = "chambre.example/journal";

/// The example of the C2SP pages: a log, a size, a root.
const PUBLISHED: &str = "example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
";

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(ORIGIN, &[seed; 32]).unwrap()
}

fn checkpoint() -> Checkpoint {
    Checkpoint { origin: ORIGIN.to_owned(), size: 42, root: Node::leaf(b"root") }
}

/// A witness, written apart from the library: its verifier key, and its line under a note.
fn witness(name: &str, seed: u8, time: u64, note: &str) -> (PublicKey, String) {
    let signing = SigningKey::from_bytes(&[seed; 32]);
    let public = [&[4], signing.verifying_key().as_bytes().as_slice()].concat();
    let id = &Sha256::digest([name.as_bytes(), b"\n", &public].concat())[..4];
    let hexadecimal = HEXLOWER.encode(id);
    let verifier = PublicKey::parse(&format!("{name}+{hexadecimal}+{}", BASE64.encode(&public))).unwrap();
    let text = note.split_inclusive('\n').take(3).collect::<String>();
    let signature = signing.sign(format!("cosignature/v1\ntime {time}\n{text}").as_bytes()).to_bytes();
    let line = BASE64.encode(&[id, &time.to_be_bytes(), &signature].concat());
    (verifier, format!("— {name} {line}\n"))
}

#[test]
fn a_library_nobody_here_wrote_verifies_our_checkpoint() {
    let note = checkpoint().sign(&key(7));
    let verifier = StandardVerifier::new(&key(7).public().to_string()).unwrap();
    let (verified, unknown) = Note::from_bytes(note.as_bytes())
        .unwrap()
        .verify(&VerifierList::new(vec![Box::new(verifier)]))
        .unwrap();
    assert_eq!((verified.len(), unknown.len()), (1, 0));
    let text = Note::from_bytes(note.as_bytes()).unwrap().text().to_vec();
    let read = tlog_tiles::checkpoint::Checkpoint::from_bytes(&text).unwrap();
    assert_eq!((read.origin(), read.size(), &read.hash().0), (ORIGIN, 42, Node::leaf(b"root").bytes()));
}

#[test]
fn we_verify_a_checkpoint_that_library_signed_with_our_key_file() {
    let signer = StandardSigner::new(key(7).to_text().trim()).unwrap();
    let mut note = Note::new(checkpoint().to_string().as_bytes(), &[]).unwrap();
    note.add_sigs(&[&signer]).unwrap();
    let text = String::from_utf8(note.to_bytes()).unwrap();
    assert_eq!(text, checkpoint().sign(&key(7)), "Ed25519 signs the same text with the same bytes");
    assert_eq!(open(&text, &[key(7).public()]).unwrap().checkpoint, checkpoint());
}

#[test]
fn the_published_example_reads_and_its_unknown_signer_counts_for_nothing() {
    let read = unsigned(PUBLISHED).unwrap();
    assert_eq!((read.origin.as_str(), read.size), ("example.com/behind-the-sofa", 20_852_163));
    assert_eq!(
        open(PUBLISHED, &[key(7).public()]),
        Err(NoteError::NoKnownSigner { origin: read.origin, unknown: 1 })
    );
}

#[test]
fn after_a_rotation_old_checkpoints_still_verify() {
    let (old, new) = (key(1), key(2));
    let file = format!("# 2025\n{}\n\n# 2026\n{}\n", old.public(), new.public());
    let keys = public_keys(&file).unwrap();
    for signer in [&old, &new] {
        assert_eq!(open(&checkpoint().sign(signer), &keys).unwrap().signers, [signer.public()]);
    }
    // Only the new key is known any more: what the old one signed proves nothing.
    let refused = open(&checkpoint().sign(&old), &keys[1..]).unwrap_err();
    assert_eq!(refused, NoteError::NoKnownSigner { origin: ORIGIN.to_owned(), unknown: 1 });
}

#[test]
fn witnesses_are_counted_each_once_and_never_replace_the_journal_s_key() {
    let note = checkpoint().sign(&key(7));
    let (first, first_line) = witness("temoin.example/a", 1, 1_764_000_000, &note);
    let (second, second_line) = witness("temoin.example/b", 2, 1_764_000_060, &note);
    let (_, stranger_line) = witness("temoin.example/c", 3, 1_764_000_120, &note);
    let keys = [key(7).public(), first.clone(), second.clone()];
    let cosigned = format!("{note}{first_line}{first_line}{second_line}{stranger_line}");
    let signed = open(&cosigned, &keys).unwrap();
    assert_eq!(signed.signers, [key(7).public()]);
    assert_eq!(signed.witnesses, [(first.clone(), 1_764_000_000), (second, 1_764_000_060)]);
    assert_eq!(signed.unknown, 1);
    let alone = note.split_inclusive('\n').take(4).collect::<String>() + &first_line;
    assert_eq!(open(&alone, &keys), Err(NoteError::NoKnownSigner { origin: ORIGIN.to_owned(), unknown: 0 }));
    // The time is signed too.
    let (_, later) = witness("temoin.example/a", 1, 1_764_000_001, &note);
    let [mut forged, honest] = [later, first_line]
        .map(|line| BASE64.decode(line.trim_end().rsplit_once(' ').unwrap().1.as_bytes()).unwrap());
    forged[12..].copy_from_slice(&honest[12..]);
    let forged = format!("{note}— temoin.example/a {}\n", BASE64.encode(&forged));
    assert_eq!(open(&forged, &keys), Err(NoteError::WrongSignature { name: first.name().to_owned() }));
}

#[test]
fn a_key_signs_for_its_own_journal_only() {
    let other = Checkpoint { origin: "autre.example/journal".to_owned(), ..checkpoint() };
    let refused = open(&other.sign(&key(7)), &[key(7).public()]).unwrap_err();
    assert_eq!(refused, NoteError::NoKnownSigner { origin: other.origin, unknown: 0 });
}

#[test]
fn no_altered_byte_of_a_note_is_believed() {
    let note = checkpoint().sign(&key(7));
    let keys = [key(7).public()];
    assert!(open(&note, &keys).is_ok());
    for at in 0..note.len() {
        for bit in 0..8 {
            let mut bytes = note.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            if let Ok(altered) = String::from_utf8(bytes) {
                assert!(open(&altered, &keys).is_err(), "bit {bit} of byte {at}: {altered}");
            }
        }
        assert!(!note.is_char_boundary(at) || open(&note[..at], &keys).is_err(), "cut at {at}");
    }
}

#[test]
fn a_text_that_is_no_checkpoint_is_refused_with_the_reason() {
    for text in ["", "\n", "a\n1\n", "a\n01\nAA==\n", "\n\n\n", "a\n+1\nAAAA\n"] {
        assert!(unsigned(&format!("{text}\n— a AAAAAAA=\n")).is_err(), "{text:?}");
    }
    let long = "x".repeat(65 << 10);
    assert_eq!(unsigned(&long), Err(NoteError::Form("it is longer than 64 KiB")));
    let many = checkpoint().sign(&key(7)) + &"— a AAAAAAA=\n".repeat(100);
    assert_eq!(unsigned(&many), Err(NoteError::Form("it bears more than 100 signatures")));
}

#[test]
fn keys_read_back_and_altered_ones_are_refused_without_showing_a_secret() {
    let secret = key(7);
    assert_eq!(SecretKey::parse(&secret.to_text()).unwrap().public(), secret.public());
    assert_eq!(PublicKey::parse(&secret.public().to_string()).unwrap(), secret.public());
    let text = secret.public().to_string();
    let altered = text.replace("chambre", "chombre");
    assert_eq!(PublicKey::parse(&altered), Err(KeyError::Id(altered.clone())));
    assert_eq!(
        SecretKey::parse(&secret.to_text().replace("chambre", "chombre")).unwrap_err(),
        KeyError::Private
    );
    assert_eq!(SecretKey::parse("PRIVATE+KEY+x").unwrap_err(), KeyError::Private);
    for name in ["", "a b", "a+b", "a\nb"] {
        assert_eq!(SecretKey::from_seed(name, &[0; 32]).unwrap_err(), KeyError::Name(name.to_owned()));
    }
    assert_eq!(public_keys("# nobody\n"), Err(KeyError::None));
    let shown = format!("{secret:?}");
    assert!(shown.contains(ORIGIN) && !secret.to_text().contains(shown.rsplit_once('+').unwrap().1));
}

#[test]
fn receipts_prove_each_of_their_entries_and_no_other() {
    let seals: Vec<Seal> = (1..=20).map(|byte| Seal::from_bytes(&[byte; 32]).unwrap()).collect();
    let mut tree = Tree::default();
    seals.iter().for_each(|seal| tree.push(leaf(*seal)));
    let mut root_of = |range: Range<u64>| {
        let mut read = |part: Range<u64>| {
            let [start, end] = [part.start, part.end].map(|at| usize::try_from(at).unwrap());
            Ok::<_, TreeError>(seals[start..end].iter().map(|seal| leaf(*seal)).collect())
        };
        tree.root_of(range, &mut read).unwrap()
    };
    let note = Checkpoint { origin: ORIGIN.to_owned(), size: 20, root: root_of(0..20) }.sign(&key(7));
    let mut proved = |seq: u64| {
        let nodes: Vec<Node> = path::inclusion(seq - 1, 20).unwrap().into_iter().map(&mut root_of).collect();
        Proved::new(
            Seq::new(seq),
            format!("e-{seq}"),
            Seal::from_bytes(&[u8::try_from(seq).unwrap(); 32]).unwrap(),
            &nodes,
        )
    };
    let receipts = Receipts::new(note, vec![proved(1), proved(13), proved(20)]);
    let keys = [key(7).public()];
    let (read, signed) = Receipts::verify(&receipts.to_json(), &keys).unwrap();
    assert_eq!((read, signed.checkpoint.size), (receipts.clone(), 20));
    let mut other = receipts.clone();
    other.entries[1].seq = 12;
    let refused = Receipts::verify(&other.to_json(), &keys).unwrap_err();
    assert_eq!(refused, ReceiptError::NotIncluded { seq: Seq::new(12) });
    let mut other = receipts.clone();
    other.entries[2].seal = receipts.entries[0].seal.clone();
    let refused = Receipts::verify(&other.to_json(), &keys).unwrap_err();
    assert_eq!(refused, ReceiptError::NotIncluded { seq: Seq::new(20) });
    assert!(matches!(Receipts::verify(&receipts.to_json(), &[key(8).public()]), Err(ReceiptError::Note(_))));
    assert!(matches!(Receipts::verify(b"{}", &keys), Err(ReceiptError::Form(_))));
}
