//! One export: entries go in, in the order of the journal; the bytes of its files come out in pieces.

use super::beancount::Beancount;
use super::fec::Fec;
use super::hledger::Hledger;
use super::journal::Journal;
use super::manifest::{self, FileDigest, Manifest};
use super::parquet::Parquet;
use super::scope::Scope;
use super::table::{Dialect, Table};
use super::workbook::Workbook;
use chambre_domain::{BookedAt, Entry, Seq, Siren, Transfer, Transfers, Unit};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io;

/// Bytes gathered before the sink is called: a stream carries chunks, never one row a message.
const PIECE_BYTES: usize = 64 * 1024;

/// Tells the name of a bailleur.
pub type Names = Box<dyn Fn(Siren) -> String + Send>;

/// Takes the bytes of the files of an export. Files come one after the other, each in order and once.
pub trait Sink {
    /// The next bytes of a file.
    ///
    /// # Errors
    /// What the other end meets: the export stops there.
    fn write(&mut self, file: &str, bytes: &[u8]) -> io::Result<()>;
}

/// Files kept in memory, for small exports and tests.
#[derive(Debug, Default)]
pub struct Files(BTreeMap<String, Vec<u8>>);

impl Files {
    /// The text of a file; empty when there is none of this name.
    #[must_use]
    pub fn text(&self, file: &str) -> String {
        self.0.get(file).map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default()
    }

    /// Names and bytes of the files, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
    }
}

impl Sink for Files {
    fn write(&mut self, file: &str, bytes: &[u8]) -> io::Result<()> {
        self.0.entry(file.to_owned()).or_default().extend_from_slice(bytes);
        Ok(())
    }
}

/// Formats of an export, described in `docs/format-export.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Shaped as the fichier des écritures comptables: euros only.
    Fec,
    /// hledger journal, every unit.
    Hledger,
    /// CSV for machines: comma, point, ISO dates.
    Csv,
    /// CSV for French spreadsheets: semicolon, comma, byte-order mark.
    CsvFrench,
    /// beancount journal, every unit.
    Beancount,
    /// Workbook: real numbers and dates, and a sheet of totals.
    Xlsx,
    /// Parquet: decimals and dates.
    Parquet,
    /// Every entry with its seal, for [`proof`](crate::proof): the whole journal or nothing.
    Journal,
}

/// Why an export stopped, inside the [`io::Error`] that says so.
///
/// What the sink has received is then not an export: it has no manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)]
pub enum ExportError {
    /// The caller must give entries by rising seq, as the journal has them.
    #[error("entry {seq} was given after entry {after}")]
    OutOfOrder { seq: Seq, after: Seq },
    /// The journal is damaged: its clock never goes back. See `chambre verify`.
    #[error("entry {seq} is booked before entry {after}")]
    BookedBefore { seq: Seq, after: Seq },
    /// The journal is damaged: no posting rule moves an amount from one territory to another.
    #[error("a transfer of entry {seq} is in two territories")]
    TwoTerritories { seq: Seq },
}

impl From<ExportError> for io::Error {
    fn from(error: ExportError) -> Self {
        Self::new(io::ErrorKind::InvalidData, error)
    }
}

/// Takes the next bytes of the main file.
pub(crate) type Put<'a> = &'a mut dyn FnMut(&[u8]) -> io::Result<()>;

/// How a format lays entries out.
pub(crate) trait Layout {
    /// Name of the main file.
    fn file_name(&self) -> String;
    /// What comes before the entries.
    fn head(&self) -> String;
    /// Whether the format can show transfers of this unit.
    fn shows(&self, _unit: Unit) -> bool {
        true
    }
    /// Whether the format shows entries that move nothing too.
    fn every_entry(&self) -> bool {
        false
    }
    /// Writes these transfers of an entry; the number of lines of data, zero when it can show none.
    fn entry(&mut self, entry: &Entry, transfers: &[Transfer], out: &mut Vec<u8>) -> io::Result<u64>;
    /// Writes what comes after the entries, in order, as often as it likes.
    fn end(&mut self, _manifest: &Manifest, _put: Put<'_>) -> io::Result<()> {
        Ok(())
    }
    /// A second file, once all entries are there: its name and its text.
    fn companion(&self, manifest: &Manifest) -> Option<(String, String)>;
}

/// An export under way.
pub struct Export {
    layout: Box<dyn Layout + Send>,
    manifest: Manifest,
    booked_at: Option<BookedAt>,
    piece: Vec<u8>,
    hash: Sha256,
    bytes: u64,
}

impl Export {
    /// Starts an export.
    #[must_use]
    pub fn new(format: Format, scope: Scope, names: Names) -> Self {
        let (name, layout): (_, Box<dyn Layout + Send>) = match format {
            Format::Fec => ("fec", Box::new(Fec::new(scope, names))),
            Format::Hledger => ("hledger", Box::new(Hledger::new(names))),
            Format::Beancount => ("beancount", Box::new(Beancount::new(names))),
            Format::Csv => ("csv", Box::new(Table::new(Dialect::Machine, names))),
            Format::CsvFrench => ("csv_french", Box::new(Table::new(Dialect::French, names))),
            Format::Xlsx => ("xlsx", Box::new(Workbook::new(names))),
            Format::Parquet => ("parquet", Box::new(Parquet::new(names))),
            Format::Journal => ("journal", Box::new(Journal::default())),
        };
        Self {
            piece: layout.head().into_bytes(),
            layout,
            manifest: Manifest::new(name, 1, scope),
            booked_at: None,
            hash: Sha256::new(),
            bytes: 0,
        }
    }

    /// Reads no entry beyond this number.
    #[must_use]
    pub const fn up_to(mut self, seq: Seq) -> Self {
        self.manifest.up_to_seq = Some(seq);
        self
    }

    /// Puts a signed checkpoint of the journal in the manifest.
    #[must_use]
    pub fn with_checkpoint(mut self, note: String) -> Self {
        self.manifest.checkpoint = Some(note);
        self
    }

    /// Takes the next entry of the journal, and what the scope keeps of it. Entries beyond change nothing.
    ///
    /// # Errors
    /// Entries out of order, a damaged journal, and what the sink answers.
    pub fn entry(&mut self, entry: &Entry, sink: &mut dyn Sink) -> io::Result<()> {
        let beyond = self.manifest.up_to_seq.is_some_and(|last| entry.seq > last);
        if beyond || self.manifest.scope.is_past(entry) {
            return Ok(());
        }
        self.advance(entry)?;
        let transfers: Transfers = self.manifest.scope.transfers(entry).copied().collect();
        if transfers.is_empty() && !self.layout.every_entry() {
            return Ok(());
        }
        if transfers.iter().any(|t| t.debit().territory != t.credit().territory) {
            return Err(ExportError::TwoTerritories { seq: entry.seq }.into());
        }
        let rows = self.layout.entry(entry, &transfers, &mut self.piece)?;
        self.count(entry.seq, &transfers, rows);
        if self.piece.len() >= PIECE_BYTES {
            self.flush(sink)?;
        }
        Ok(())
    }

    /// Ends the export: writes the last bytes, the second file of formats that have one, and the manifest.
    ///
    /// # Errors
    /// What the sink answers.
    pub fn finish(mut self, sink: &mut dyn Sink) -> io::Result<Manifest> {
        self.flush(sink)?;
        let name = self.layout.file_name();
        let (hash, bytes) = (&mut self.hash, &mut self.bytes);
        self.layout.end(&self.manifest, &mut |piece| {
            hash.update(piece);
            *bytes += length(piece.len());
            piece.chunks(PIECE_BYTES).try_for_each(|part| sink.write(&name, part))
        })?;
        let digest = self.hash.finalize();
        self.manifest.files.push(FileDigest { name, bytes: self.bytes, sha256: HEXLOWER.encode(&digest) });
        if let Some((name, text)) = self.layout.companion(&self.manifest) {
            for piece in text.as_bytes().chunks(PIECE_BYTES) {
                sink.write(&name, piece)?;
            }
            let (bytes, sha256) = (length(text.len()), HEXLOWER.encode(&Sha256::digest(text.as_bytes())));
            self.manifest.files.push(FileDigest { name, bytes, sha256 });
        }
        sink.write(Manifest::FILE_NAME, &self.manifest.to_json())?;
        Ok(self.manifest)
    }

    fn advance(&mut self, entry: &Entry) -> Result<(), ExportError> {
        let (seq, after) = (entry.seq, self.manifest.read_up_to_seq);
        if seq <= after {
            return Err(ExportError::OutOfOrder { seq, after });
        }
        if self.booked_at.is_some_and(|before| entry.booked_at < before) {
            return Err(ExportError::BookedBefore { seq, after });
        }
        self.booked_at = Some(entry.booked_at);
        self.manifest.read_up_to_seq = seq;
        self.manifest.last_seal = Some(entry.seal.to_string());
        Ok(())
    }

    fn count(&mut self, seq: Seq, transfers: &[Transfer], rows: u64) {
        let manifest = &mut self.manifest;
        for transfer in transfers {
            let shown = self.layout.shows(transfer.unit());
            let sums = if shown { &mut manifest.moved } else { &mut manifest.left_out };
            manifest::add(sums, transfer.unit(), transfer.amount().get());
        }
        if rows > 0 {
            manifest.ecritures += u64::from(!transfers.is_empty());
            manifest.rows += rows;
            manifest.first_seq.get_or_insert(seq);
            manifest.last_seq = Some(seq);
        }
    }

    fn flush(&mut self, sink: &mut dyn Sink) -> io::Result<()> {
        sink.write(&self.layout.file_name(), &self.piece)?;
        self.hash.update(&self.piece);
        self.bytes += length(self.piece.len());
        self.piece.clear();
        Ok(())
    }
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).expect("no buffer in memory is longer than 64 bits count")
}
