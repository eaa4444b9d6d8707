//! The checkpoint: how long the journal is and what its root is, signed (C2SP tlog-checkpoint in a signed note).

use super::key::{PublicKey, Role, SecretKey};
use super::tree::Node;
use data_encoding::BASE64;
use std::fmt;

/// Bytes of a note beyond which it is not read.
const LARGEST: usize = 64 << 10;
/// Lines of signature beyond which a note is not read; readers must accept 16.
const MOST_SIGNATURES: usize = 100;

/// The state of a journal: what is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Name of the journal, and of the keys that sign it.
    pub origin: String,
    /// Entries.
    pub size: u64,
    /// Root of the tree over their seals.
    pub root: Node,
}

impl Checkpoint {
    /// Signs it: the note, as it is published.
    #[must_use]
    pub fn sign(&self, key: &SecretKey) -> String {
        let text = self.to_string();
        let signature = key.sign(text.as_bytes());
        let public = key.public();
        let line = BASE64.encode(&[public.id().as_slice(), &signature].concat());
        format!("{text}\n— {} {line}\n", public.name())
    }

    fn parse(text: &str) -> Option<Self> {
        let lines: Vec<&str> = text.strip_suffix('\n')?.split('\n').collect();
        let [origin, size, root, extensions @ ..] = lines.as_slice() else { return None };
        let size_read: u64 = size.parse().ok()?;
        let root: [u8; 32] = BASE64.decode(root.as_bytes()).ok()?.try_into().ok()?;
        // One number has one form: no sign, no leading zero. Extension lines are allowed, and say nothing to us.
        let sound = !origin.is_empty()
            && size_read.to_string() == *size
            && extensions.iter().all(|line| !line.is_empty());
        sound.then(|| Self { origin: (*origin).to_owned(), size: size_read, root: Node::new(root) })
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}\n{}\n{}", self.origin, self.size, BASE64.encode(self.root.bytes()))
    }
}

/// A checkpoint whose signatures were checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// What was signed.
    pub checkpoint: Checkpoint,
    /// Keys of the journal that signed it, each once.
    pub signers: Vec<PublicKey>,
    /// Witnesses that saw it, each once, and when: seconds since 1970-01-01 UTC.
    pub witnesses: Vec<(PublicKey, u64)>,
    /// Signatures of keys that the reader does not know: they prove nothing.
    pub unknown: usize,
}

/// Why a note is not a checkpoint to believe.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)]
pub enum NoteError {
    #[error("this is not a signed note: {0}")]
    Form(&'static str),
    #[error("the text signed is not a checkpoint: origin, size, root, one a line")]
    NotACheckpoint,
    /// The note was altered, or its key reused under another name.
    #[error("the signature of {name} is wrong")]
    WrongSignature { name: String },
    /// Ask the chamber for its public key, by another road than this file.
    #[error("no known key of {origin} signed it; it bears {unknown} signatures of unknown keys")]
    NoKnownSigner { origin: String, unknown: usize },
}

/// Opens a note with the keys that a reader knows.
///
/// At least one known key of the journal must have signed, under the name of the origin; a wrong signature of any
/// known key refuses the whole note; keys that are not known count for nothing.
///
/// # Errors
/// Why it is not to be believed.
pub fn open(note: &str, keys: &[PublicKey]) -> Result<Signed, NoteError> {
    let (text, lines) = split(note)?;
    let mut signers: Vec<PublicKey> = Vec::new();
    let mut witnesses: Vec<(PublicKey, u64)> = Vec::new();
    let mut unknown = 0;
    for line in lines {
        let (name, id, signature) = signature_line(line).ok_or(NoteError::Form("a line of signature"))?;
        let Some(key) = keys.iter().find(|key| key.name() == name && key.id() == id) else {
            unknown += 1;
            continue;
        };
        let wrong = || NoteError::WrongSignature { name: name.to_owned() };
        match key.role() {
            Role::Log => {
                let signature = signature.as_slice().try_into().map_err(|_| wrong())?;
                if !key.signed(text.as_bytes(), signature) {
                    return Err(wrong());
                }
                if !signers.contains(key) {
                    signers.push(key.clone());
                }
            }
            Role::Witness => {
                let (time, signature) = signature.split_first_chunk::<8>().ok_or_else(wrong)?;
                let time = u64::from_be_bytes(*time);
                let message = format!("cosignature/v1\ntime {time}\n{text}");
                let signature = signature.try_into().map_err(|_| wrong())?;
                if time > i64::MAX.unsigned_abs() || !key.signed(message.as_bytes(), signature) {
                    return Err(wrong());
                }
                if !witnesses.iter().any(|(known, _)| known == key) {
                    witnesses.push((key.clone(), time));
                }
            }
        }
    }
    let checkpoint = Checkpoint::parse(text).ok_or(NoteError::NotACheckpoint)?;
    if !signers.iter().any(|key| key.name() == checkpoint.origin) {
        return Err(NoteError::NoKnownSigner { origin: checkpoint.origin, unknown });
    }
    Ok(Signed { checkpoint, signers, witnesses, unknown })
}

/// What a note says, its signatures unread: what a reader without any key can still compare with.
///
/// # Errors
/// The form.
pub fn unsigned(note: &str) -> Result<Checkpoint, NoteError> {
    Checkpoint::parse(split(note)?.0).ok_or(NoteError::NotACheckpoint)
}

/// The text signed, and the lines of signature.
fn split(note: &str) -> Result<(&str, Vec<&str>), NoteError> {
    if note.len() > LARGEST {
        return Err(NoteError::Form("it is longer than 64 KiB"));
    }
    if note.contains(|c: char| c < ' ' && c != '\n') {
        return Err(NoteError::Form("it holds control characters"));
    }
    let (text, signatures) =
        note.rsplit_once("\n\n").ok_or(NoteError::Form("no blank line before the signatures"))?;
    let signatures = signatures.strip_suffix('\n').ok_or(NoteError::Form("its last line has no end"))?;
    let lines: Vec<&str> = signatures.split('\n').collect();
    if lines.len() > MOST_SIGNATURES {
        return Err(NoteError::Form("it bears more than 100 signatures"));
    }
    Ok((&note[..=text.len()], lines))
}

fn signature_line(line: &str) -> Option<(&str, [u8; 4], Vec<u8>)> {
    let (name, encoded) = line.strip_prefix("— ")?.split_once(' ')?;
    let bytes = BASE64.decode(encoded.as_bytes()).ok()?;
    let (id, signature) = bytes.split_first_chunk::<4>()?;
    (!name.is_empty() && !signature.is_empty()).then(|| (name, *id, signature.to_vec()))
}
