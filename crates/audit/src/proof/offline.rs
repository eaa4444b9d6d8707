//! Verification of an export alone, far from the chamber: streams, in a memory that grows with accounts only.

use super::checkpoint::{self, Checkpoint, NoteError, Signed};
use super::claim::{Claim, ClaimedFile};
use super::key::PublicKey;
use super::tree::{Frontier, Node};
use crate::export::journal::{BALANCES, Balances, JOURNAL, read_line};
use crate::export::manifest::{Manifest, add};
use crate::wording::quantity;
use chambre_domain::{Seal, Seq, StoredEntry};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read};

/// Bytes of one line beyond which it is not read. A netting of a whole territory has a few megabytes.
const LONGEST_LINE: u64 = 256 << 20;
/// Bytes of a manifest beyond which it is not read.
const LARGEST_MANIFEST: u64 = 1 << 20;

/// Where the files of an export are.
pub trait Folder {
    /// Opens a file by its name.
    ///
    /// # Errors
    /// What the disk answers.
    fn open(&self, file: &str) -> io::Result<Box<dyn Read + '_>>;
}

impl Folder for crate::Files {
    fn open(&self, file: &str) -> io::Result<Box<dyn Read + '_>> {
        let found = self.iter().find(|(name, _)| *name == file);
        let (_, bytes) = found.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        Ok(Box::new(bytes))
    }
}

/// What a verification of an export found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What its manifest says.
    pub claim: Claim,
    /// Entries read; zero for an export that is not the journal.
    pub entries: u64,
    /// Entries that move something.
    pub ecritures: u64,
    /// Transfers read.
    pub transfers: u64,
    /// Accounts moved.
    pub accounts: usize,
    /// Seal of the last entry.
    pub head: Seal,
    /// Root of the tree over all entries.
    pub root: Node,
    /// Checkpoints compared: that of the manifest, if any, then those that the reader kept.
    pub notes: Vec<Note>,
    /// The first thing that is wrong, if any.
    pub fault: Option<Fault>,
}

/// A checkpoint compared with the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What it says.
    pub checkpoint: Checkpoint,
    /// Who signed it; nothing when the reader gave no key.
    pub signed: Option<Signed>,
}

/// The first thing that is wrong in an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The first entry concerned; the last one for a balance, a file or a manifest.
    pub seq: Seq,
    /// What is wrong, in French.
    pub what: String,
}

/// Why an export could not be verified at all.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum OfflineError {
    #[error("{file}: {cause}")]
    Read { file: String, cause: io::Error },
    /// An export without its manifest was cut short: take it again.
    #[error("the manifest cannot be read: {0}")]
    Manifest(String),
    #[error("{format} version {version} is not known to this program")]
    Version { format: String, version: u32 },
    #[error("a checkpoint cannot be believed: {0}")]
    Note(#[from] NoteError),
}

/// Verifies an export.
///
/// Of the journal (`format` `journal`): numbering, seals, the exact form of each line, events and transfers that
/// can be read, instants that never go back, balances, counts and totals, and the root at each checkpoint. Of any
/// other format: that its files are those of its manifest. `kept` are notes that the reader kept from before.
/// `progress` is told the number of each entry.
///
/// # Errors
/// What cannot be read at all, or a checkpoint that is not to be believed; what is wrong is in the answer.
pub fn verify(
    folder: &dyn Folder,
    keys: &[PublicKey],
    kept: &[String],
    progress: &mut dyn FnMut(Seq),
) -> Result<Found, OfflineError> {
    let claim = claim(folder)?;
    if claim.format_version != 1 {
        return Err(OfflineError::Version { format: claim.format, version: claim.format_version });
    }
    let notes = claim.checkpoint.iter().chain(kept).map(|note| believed(note, keys));
    let notes = notes.collect::<Result<Vec<_>, _>>()?;
    let mut checker = Checker::new(claim, notes);
    let fault = checker.run(folder, progress)?;
    Ok(Found { fault, ..checker.found })
}

fn claim(folder: &dyn Folder) -> Result<Claim, OfflineError> {
    let file = Manifest::FILE_NAME;
    let read = |cause| OfflineError::Read { file: file.to_owned(), cause };
    let mut text = Vec::new();
    folder.open(file).map_err(read)?.take(LARGEST_MANIFEST).read_to_end(&mut text).map_err(read)?;
    serde_json::from_slice(&text).map_err(|error| OfflineError::Manifest(error.to_string()))
}

fn believed(note: &str, keys: &[PublicKey]) -> Result<Note, NoteError> {
    if keys.is_empty() {
        return Ok(Note { checkpoint: checkpoint::unsigned(note)?, signed: None });
    }
    let signed = checkpoint::open(note, keys)?;
    Ok(Note { checkpoint: signed.checkpoint.clone(), signed: Some(signed) })
}

struct Checker {
    found: Found,
    frontier: Frontier,
    /// Entries up to the last checkpoint whose root was found again.
    proved: u64,
    balances: Balances,
    moved: BTreeMap<&'static str, crate::Moved>,
    booked_at: i64,
}

impl Checker {
    fn new(claim: Claim, notes: Vec<Note>) -> Self {
        let found = Found {
            claim,
            entries: 0,
            ecritures: 0,
            transfers: 0,
            accounts: 0,
            head: Seal::GENESIS,
            root: Node::empty(),
            notes,
            fault: None,
        };
        Self {
            found,
            frontier: Frontier::default(),
            proved: 0,
            balances: Balances::default(),
            moved: BTreeMap::new(),
            booked_at: i64::MIN,
        }
    }

    fn run(
        &mut self,
        folder: &dyn Folder,
        progress: &mut dyn FnMut(Seq),
    ) -> Result<Option<Fault>, OfflineError> {
        if self.found.claim.format == "journal" {
            let main = match self.journal(folder, progress)? {
                Ok(main) => main,
                Err(fault) => return Ok(Some(fault)),
            };
            if let Some(fault) = self.sums().or_else(|| self.same(JOURNAL, &main)) {
                return Ok(Some(fault));
            }
            if let Some(fault) = self.compare_balances(folder)? {
                return Ok(Some(fault));
            }
        }
        self.files(folder)
    }

    /// Reads the lines; what its file is, or the first fault.
    fn journal(
        &mut self,
        folder: &dyn Folder,
        progress: &mut dyn FnMut(Seq),
    ) -> Result<Result<Measured, Fault>, OfflineError> {
        let cannot = |cause| OfflineError::Read { file: JOURNAL.to_owned(), cause };
        let mut file = BufReader::with_capacity(1 << 16, folder.open(JOURNAL).map_err(cannot)?);
        let mut measured = Measured::default();
        let mut line = Vec::new();
        if let Some(fault) = self.checkpoints() {
            return Ok(Err(fault));
        }
        loop {
            line.clear();
            if (&mut file).take(LONGEST_LINE).read_until(b'\n', &mut line).map_err(cannot)? == 0 {
                break;
            }
            measured.add(&line);
            let seq = Seq::new(self.found.entries + 1);
            progress(seq);
            let wrong = match line.strip_suffix(b"\n").and_then(read_line) {
                None => Some("la ligne n’a pas la forme d’une écriture exportée".to_owned()),
                Some(stored) => self.entry(&stored),
            };
            if let Some(what) = wrong {
                return Ok(Err(Fault { seq, what }));
            }
            if let Some(fault) = self.checkpoints() {
                return Ok(Err(fault));
            }
        }
        self.found.accounts = self.balances.accounts();
        self.found.root = self.frontier.root();
        Ok(Ok(measured))
    }

    /// What is wrong with an entry, in French.
    fn entry(&mut self, stored: &StoredEntry) -> Option<String> {
        if stored.seq.get() != self.found.entries + 1 {
            return Some(format!("numérotation : {} attendu, {} lu", self.found.entries + 1, stored.seq));
        }
        if stored.seal_after(self.found.head) != stored.seal {
            return Some("le sceau ne correspond pas au contenu et à l’écriture précédente".to_owned());
        }
        if stored.booked_at < self.booked_at {
            return Some("enregistrée avant l’écriture précédente".to_owned());
        }
        let entry = match stored.decode() {
            Ok(entry) => entry,
            Err(error) => return Some(format!("illisible : {error}")),
        };
        if entry.event.to_payload() != stored.payload {
            return Some("l’événement n’est pas sous sa forme canonique".to_owned());
        }
        // A transfer read back has one amount above zero and two accounts of one unit: it balances.
        for transfer in &entry.transfers {
            if transfer.debit().territory != transfer.credit().territory {
                return Some("un mouvement joint deux territoires".to_owned());
            }
            self.balances.add(transfer);
            add(&mut self.moved, transfer.unit(), transfer.amount().get());
            self.found.transfers += 1;
        }
        self.booked_at = stored.booked_at;
        self.found.head = stored.seal;
        self.found.entries += 1;
        self.found.ecritures += u64::from(!entry.transfers.is_empty());
        self.frontier.push(super::leaf(stored.seal));
        None
    }

    /// Compares the root with the checkpoints of this size.
    fn checkpoints(&mut self) -> Option<Fault> {
        let size = self.frontier.size();
        let here = self.found.notes.iter().filter(|note| note.checkpoint.size == size);
        let roots: Vec<Node> = here.map(|note| note.checkpoint.root).collect();
        if roots.is_empty() {
            return None;
        }
        let root = self.frontier.root();
        if roots.iter().any(|signed| *signed != root) {
            let seq = Seq::new(self.proved + 1);
            let what = format!(
                "les écritures {seq} à {size} ne sont pas celles du point de contrôle : l’une d’elles a été \
                 remplacée, et la chaîne refaite"
            );
            return Some(Fault { seq, what });
        }
        self.proved = size;
        None
    }

    /// Counts and totals against the manifest and the checkpoints.
    fn sums(&self) -> Option<Fault> {
        let (found, claim) = (&self.found, &self.found.claim);
        let largest = found.notes.iter().map(|note| note.checkpoint.size).max().unwrap_or(0);
        let announced = claim.rows.max(claim.read_up_to_seq);
        if largest.max(announced) > found.entries {
            let by = if largest > announced { "le point de contrôle" } else { "le manifeste" };
            let seq = Seq::new(found.entries + 1);
            let what =
                format!("elle manque, avec celles qui suivent : {by} en compte {}", largest.max(announced));
            return Some(Fault { seq, what });
        }
        if announced < found.entries {
            let seq = Seq::new(announced + 1);
            return Some(Fault { seq, what: format!("le manifeste ne compte que {announced} écritures") });
        }
        let seq = Seq::new(found.entries);
        let wrong = |what: &str| Some(Fault { seq, what: format!("{what} : le manifeste dit autre chose") });
        let head = (found.entries > 0).then(|| found.head.to_string());
        if claim.last_seal != head {
            return wrong("sceau de la dernière écriture");
        }
        if claim.rows != found.entries || claim.ecritures != found.ecritures {
            return wrong("nombre d’écritures");
        }
        let totals = self.moved.iter().map(|(unit, moved)| {
            let total = quantity(moved.total.unit, moved.total.quantity, '.');
            (*unit, (moved.transfers, total))
        });
        let claimed = claim.moved.iter().map(|(unit, m)| (unit.as_str(), (m.transfers, m.total.clone())));
        if !totals.eq(claimed) {
            return wrong("mouvements et totaux par unité");
        }
        None
    }

    fn compare_balances(&self, folder: &dyn Folder) -> Result<Option<Fault>, OfflineError> {
        let cannot = |cause| OfflineError::Read { file: BALANCES.to_owned(), cause };
        let mut file = BufReader::new(folder.open(BALANCES).map_err(cannot)?);
        let fault = |line: usize| {
            let what = format!("{BALANCES}, ligne {line} : ce n’est pas la somme des mouvements");
            Ok(Some(Fault { seq: Seq::new(self.found.entries), what }))
        };
        let mut number = 0;
        let mut read = Vec::new();
        let mut expected = self.balances.lines();
        loop {
            number += 1;
            read.clear();
            (&mut file).take(1 << 10).read_until(b'\n', &mut read).map_err(cannot)?;
            match expected.next() {
                None if read.is_empty() => return Ok(None),
                Some(line) if line.as_bytes() == read => {}
                _ => return fault(number),
            }
        }
    }

    /// Sizes and hashes of the files of the manifest that were not read yet.
    fn files(&self, folder: &dyn Folder) -> Result<Option<Fault>, OfflineError> {
        // The journal was read already, and measured on the way.
        let read = |name: &str| name == JOURNAL && self.found.claim.format == "journal";
        for ClaimedFile { name, .. } in self.found.claim.files.iter().filter(|file| !read(&file.name)) {
            if name.contains(['/', '\\']) || name.starts_with('.') || name.is_empty() {
                return Err(OfflineError::Manifest(format!("it names {name:?}, which is no plain file")));
            }
            let cannot = |cause| OfflineError::Read { file: name.clone(), cause };
            let mut file = folder.open(name).map_err(cannot)?;
            let (mut measured, mut piece) = (Measured::default(), vec![0; 1 << 16]);
            loop {
                match file.read(&mut piece).map_err(cannot)? {
                    0 => break,
                    read => measured.add(&piece[..read]),
                }
            }
            if let Some(fault) = self.same(name, &measured) {
                return Ok(Some(fault));
            }
        }
        Ok(None)
    }

    fn same(&self, name: &str, measured: &Measured) -> Option<Fault> {
        let seq = Seq::new(self.found.claim.read_up_to_seq);
        let Some(claimed) = self.found.claim.file(name) else {
            return Some(Fault { seq, what: format!("le manifeste ne cite pas {name}") });
        };
        let same = claimed.bytes == measured.bytes
            && claimed.sha256 == HEXLOWER.encode(&measured.hash.clone().finalize());
        (!same).then(|| Fault { seq, what: format!("{name} n’est pas le fichier du manifeste") })
    }
}

/// Size and hash of a file under way.
#[derive(Default)]
struct Measured {
    bytes: u64,
    hash: Sha256,
}

impl Measured {
    fn add(&mut self, bytes: &[u8]) {
        self.bytes += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.hash.update(bytes);
    }
}
