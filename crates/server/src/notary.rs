//! The notary: the Merkle tree of a running chamber, what it proves, the checkpoints that it signs.

use chambre_audit::proof::checkpoint::unsigned;
use chambre_audit::proof::{self, Checkpoint, Node, SecretKey, Tree, TreeError};
use chambre_domain::{NettingId, Seal, Seq};
use chambre_ledger::{Ledger, LedgerError};
use std::io::{self, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Folder of the checkpoints kept, in the data folder.
const FOLDER: &str = "checkpoints";
/// The last one signed.
const LATEST: &str = "latest.txt";
/// Seals read at once while the tree grows: 640 KB.
const PAGE: u64 = 20_000;

/// Grows the tree when it is asked: booking an event never waits for it.
///
/// It keeps 32 bytes for 256 entries, 125 KB for a million, and reads the seals of at most one block again for
/// each node of a proof. Everything here is blocking.
pub struct Notary {
    ledger: Ledger,
    key: Option<SecretKey>,
    folder: PathBuf,
    tree: Mutex<Tree>,
    /// Entries of the last checkpoint signed.
    signed: Mutex<u64>,
}

/// Why a checkpoint of the past forbids to sign any other.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum NotaryError {
    /// The journal was cut or replaced since it was signed: restore the right one, never delete the checkpoint.
    #[error("the journal is not the one signed in {}: its first {size} entries have another root", .file.display())]
    OtherJournal { file: PathBuf, size: u64 },
    #[error("{}: {cause}", .file.display())]
    Unreadable { file: PathBuf, cause: String },
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

struct Failed(LedgerError);

impl From<TreeError> for Failed {
    fn from(error: TreeError) -> Self {
        Self(io::Error::other(error).into())
    }
}

impl Notary {
    /// Takes office over a journal. With a key, compares the journal with the last checkpoint kept.
    ///
    /// # Errors
    /// A journal that is not the one signed before: two signed histories would contradict each other.
    pub fn open(ledger: Ledger, data: &Path, key: Option<SecretKey>) -> Result<Self, NotaryError> {
        let (folder, tree, signed) = (data.join(FOLDER), Mutex::default(), Mutex::default());
        let notary = Self { ledger, key, folder, tree, signed };
        if notary.key.is_some() {
            notary.compare_with_latest()?;
        }
        Ok(notary)
    }

    fn compare_with_latest(&self) -> Result<(), NotaryError> {
        let file = self.folder.join(LATEST);
        let note = match std::fs::read_to_string(&file) {
            Ok(note) => note,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(NotaryError::Unreadable { file, cause: error.to_string() }),
        };
        // Its signature may be of an older key: what matters here is what was said.
        let kept = match unsigned(&note) {
            Ok(kept) => kept,
            Err(error) => return Err(NotaryError::Unreadable { file, cause: error.to_string() }),
        };
        let head = self.ledger.books()?.head().seq.get();
        if kept.size > head || self.root(kept.size)? != kept.root {
            return Err(NotaryError::OtherJournal { file, size: kept.size });
        }
        if let Ok(mut signed) = self.signed.lock() {
            *signed = kept.size;
        }
        Ok(())
    }

    /// The checkpoint of the first `size` entries, signed; nothing without a key. The size is within the journal.
    ///
    /// # Errors
    /// The storage error.
    pub fn checkpoint(&self, size: Seq) -> Result<Option<String>, LedgerError> {
        let Some(key) = &self.key else { return Ok(None) };
        let origin = key.public().name().to_owned();
        let note = Checkpoint { origin, size: size.get(), root: self.root(size.get())? }.sign(key);
        let mut signed = self.signed.lock().map_err(|_| LedgerError::Closed)?;
        if size.get() > *signed {
            // Kept before it is given: after a restart on another journal it must be there.
            self.keep(LATEST, &note)?;
            *signed = size.get();
        }
        Ok(Some(note))
    }

    /// Keeps the checkpoint of an approved run, when there is a key. The run stands whatever happens here.
    pub fn approved(&self, netting: &NettingId, size: Seq) {
        let kept = self.checkpoint(size).and_then(|note| match note {
            Some(note) => Ok(self.keep(&format!("netting-{netting}.txt"), &note)?),
            None => Ok(()),
        });
        if let Err(error) = kept {
            tracing::error!(%error, %netting, "the checkpoint of an approved run could not be kept");
        }
    }

    /// Writes a file whole or not at all.
    fn keep(&self, name: &str, note: &str) -> io::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        let passing = self.folder.join(format!(".{name}.partial"));
        let mut file = std::fs::File::create(&passing)?;
        file.write_all(note.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&passing, self.folder.join(name))?;
        std::fs::File::open(&self.folder)?.sync_all()
    }

    /// Root of the tree over the first `size` entries.
    ///
    /// # Errors
    /// The storage error.
    pub fn root(&self, size: u64) -> Result<Node, LedgerError> {
        self.roots(size, std::iter::once(0..size))
            .map(|roots| roots.first().copied().unwrap_or_else(Node::empty))
    }

    /// Roots of subtrees of the tree over the first `size` entries; leaf 0 is entry 1.
    ///
    /// # Errors
    /// The storage error.
    pub fn roots(
        &self,
        size: u64,
        subtrees: impl IntoIterator<Item = Range<u64>>,
    ) -> Result<Vec<Node>, LedgerError> {
        let mut tree = self.tree.lock().map_err(|_| LedgerError::Closed)?;
        while tree.size() < size {
            let after = tree.size();
            let seals = self.ledger.seals(Seq::new(after), Seq::new((after + PAGE).min(size)))?;
            if seals.is_empty() {
                break;
            }
            seals.into_iter().for_each(|seal| tree.push(proof::leaf(seal)));
        }
        let mut read = |leaves: Range<u64>| -> Result<Vec<Node>, Failed> {
            let seals = self.ledger.seals(Seq::new(leaves.start), Seq::new(leaves.end)).map_err(Failed)?;
            Ok(seals.into_iter().map(proof::leaf).collect())
        };
        let roots = subtrees.into_iter().map(|subtree| tree.root_of(subtree, &mut read));
        roots.collect::<Result<_, _>>().map_err(|Failed(error)| error)
    }

    /// The seal of an entry.
    ///
    /// # Errors
    /// The storage error; an entry that is not there.
    pub fn seal(&self, seq: Seq) -> Result<Seal, LedgerError> {
        let seals = self.ledger.seals(Seq::new(seq.get().saturating_sub(1)), seq)?;
        let missing = || io::Error::other(format!("entry {seq} is not in the journal")).into();
        seals.first().copied().ok_or_else(missing)
    }
}
