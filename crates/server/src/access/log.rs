//! The record of accesses: who called what, when, and what came of it. Sealed line by line.
//!
//! One file a month, `access/2026-11.jsonl`, one JSON object a line. The last member of each line, `seal`, is the
//! SHA-256 of the seal of the line before (64 hexadecimal digits; zeros before the first line of all) followed by
//! the text of the line up to `,"seal":`. Changing, removing, adding or moving a line breaks the chain there;
//! cutting the end off is seen only by whoever kept a later number and seal (`chambre access-log verify` prints
//! them). No token, no certificate and no content of a message is ever written.

use super::sealed::{self, GENESIS, damaged};
use super::seen::Seen;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::mpsc;

/// Folder of the record, in the data folder.
pub const FOLDER: &str = "access";

/// Lines that may wait to be written; beyond, callers wait.
const WAITING: usize = 16_384;

/// Between two writes to the disk: a line stays unsafe against a power cut no longer than that.
const BREATH: Duration = Duration::from_millis(200);

/// One access.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// Its number: 1, 2, 3…
    pub n: u64,
    /// When the call ended, or a long answer began: UTC, RFC 3339.
    pub at: String,
    /// The name of the caller; empty when it was not established.
    pub who: String,
    /// Its role.
    pub role: String,
    /// How its identity was established.
    pub proof: String,
    /// From which address.
    pub peer: String,
    /// What it called: `chambre.v1.LedgerService/RecordWorks`.
    pub rpc: String,
    /// What it touched, when that was compared: `territory 200057867`, `bailleur 000000018`; or how many of its
    /// events it was not allowed to declare: `3 events denied`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// The gRPC code: `OK`, `PERMISSION_DENIED`…
    pub outcome: String,
    /// Why an identity was not established. Never told to the caller.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
}

/// The record, being written.
#[derive(Debug)]
pub(crate) struct Recorder {
    sender: mpsc::Sender<Seen>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl Recorder {
    /// Opens the record of a data folder, at its end.
    ///
    /// # Errors
    /// What the disk says; a record that is damaged at its end.
    pub fn open(data: &Path) -> io::Result<Self> {
        let folder = data.join(FOLDER);
        std::fs::create_dir_all(&folder)?;
        let mut scribe = Scribe::open(folder)?;
        tracing::info!(number = scribe.number, seal = scribe.seal, "the record of accesses goes on");
        let (sender, mut seen) = mpsc::channel::<Seen>(WAITING);
        let writer = std::thread::Builder::new().name("access".to_owned()).spawn(move || {
            let mut group = Vec::new();
            while seen.blocking_recv_many(&mut group, WAITING) > 0 {
                if let Err(error) = scribe.write(&mut group) {
                    // The receiver goes: from now on callers are refused rather than served unseen.
                    tracing::error!(%error, "the record of accesses cannot be written");
                    return;
                }
                std::thread::sleep(BREATH);
            }
        })?;
        Ok(Self { sender, writer: Mutex::new(Some(writer)) })
    }

    /// Whether accesses can still be recorded.
    pub fn is_open(&self) -> bool {
        !self.sender.is_closed()
    }

    /// Records one access; waits when the disk does not follow.
    pub async fn record(&self, seen: Seen) {
        let _ = self.sender.send(seen).await;
    }

    /// Records one access if there is room, without waiting.
    pub fn record_now(&self, seen: Seen) {
        if self.sender.try_send(seen).is_err() {
            metrics::counter!("chambre_access_unrecorded_total").increment(1);
        }
    }

    /// Writes what waits. Blocking.
    pub fn close(self) {
        let Self { sender, writer } = self;
        drop(sender);
        let thread = writer.lock().ok().and_then(|mut writer| writer.take());
        thread.map(JoinHandle::join);
    }
}

/// What writes the lines.
#[derive(Debug)]
struct Scribe {
    folder: PathBuf,
    month: String,
    file: Option<BufWriter<File>>,
    number: u64,
    seal: String,
}

impl Scribe {
    fn open(folder: PathBuf) -> io::Result<Self> {
        let (mut number, mut seal, mut month) = (0, GENESIS.to_owned(), String::new());
        if let Some(last) = files(&folder)?.pop() {
            sealed::cut_torn_line(&last)?;
            for line in BufReader::new(File::open(&last)?).lines() {
                let line = line?;
                let bad =
                    || io::Error::new(io::ErrorKind::InvalidData, format!("{} is damaged", last.display()));
                let (access, found): (Access, _) = sealed::read(&line).ok_or_else(bad)?;
                (number, seal) = (access.n, found.to_owned());
            }
            if number == 0 {
                // An empty month: what comes before it says where the chain stands.
                std::fs::remove_file(&last)?;
                return Self::open(folder);
            }
            month = last.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
        }
        Ok(Self { folder, month, file: None, number, seal })
    }

    fn write(&mut self, group: &mut Vec<Seen>) -> io::Result<()> {
        for seen in group.drain(..) {
            let at = jiff::Timestamp::from_millisecond(seen.at_millis).unwrap_or_default();
            let at = format!("{at:.3}");
            let month = at.get(..7).unwrap_or_default();
            // A clock set back does not reopen a month that is over.
            if self.file.is_none() || month > self.month.as_str() {
                let month = self.month.as_str().max(month).to_owned();
                self.turn_to(month)?;
            }
            self.number += 1;
            let access = Access {
                n: self.number,
                at,
                role: seen.role().to_owned(),
                proof: seen.who.as_ref().map_or("", |who| who.proof.name()).to_owned(),
                who: seen.who.as_ref().map_or_else(String::new, |who| who.name.to_string()),
                peer: seen.peer.to_string(),
                rpc: seen.rpc.into_owned(),
                about: seen.about.to_string(),
                outcome: seen.outcome.to_owned(),
                why: seen.why,
            };
            let (line, seal) = sealed::close(&self.seal, &access)?;
            self.seal = seal;
            if let Some(file) = &mut self.file {
                writeln!(file, "{line}")?;
            }
        }
        self.sync()
    }

    fn turn_to(&mut self, month: String) -> io::Result<()> {
        self.sync()?;
        let mut options = File::options();
        options.create(true).append(true);
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        self.file = Some(BufWriter::new(options.open(self.folder.join(format!("{month}.jsonl")))?));
        self.month = month;
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        if let Some(file) = &mut self.file {
            file.flush()?;
            file.get_ref().sync_data()?;
        }
        Ok(())
    }
}

fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Reads every access of a data folder, in order, without checking the seals.
///
/// # Errors
/// The disk's, that of `visit`, or a line that is not an access, named by file and line.
pub fn read(data: &Path, mut visit: impl FnMut(Access) -> io::Result<()>) -> io::Result<()> {
    walk(data, |place, line| {
        let access = serde_json::from_str(line).map_err(|error| damaged(place, &error.to_string()))?;
        visit(access)
    })
}

/// What a check of the record proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// How many lines were checked.
    pub lines: u64,
    /// Number of the first line; above 1 when older months were removed.
    pub first: u64,
    /// Number of the last line: keep it with its seal, and a later cut of the end will be seen.
    pub last: u64,
    /// Seal of the last line.
    pub seal: String,
}

/// Checks the numbers and the seals of a data folder's record. When older months were removed, the first line left
/// cannot be checked against the one before it.
///
/// # Errors
/// The disk's; the file and line of the first fault, of kind `InvalidData`.
pub fn verify(data: &Path) -> io::Result<Verified> {
    let mut known = Verified { lines: 0, first: 0, last: 0, seal: GENESIS.to_owned() };
    walk(data, |place, line| {
        let (covered, found) = sealed::split(line).ok_or_else(|| damaged(place, "the seal is missing"))?;
        let access: Access =
            serde_json::from_str(line).map_err(|error| damaged(place, &error.to_string()))?;
        let oldest_left = known.lines == 0 && access.n > 1;
        if !oldest_left && sealed::seal(&known.seal, covered) != found {
            return Err(damaged(place, "the seal does not match the line and those before it"));
        }
        if !oldest_left && access.n != known.last + 1 {
            return Err(damaged(place, &format!("number {} follows {}", access.n, known.last)));
        }
        if known.lines == 0 {
            known.first = access.n;
        }
        known.lines += 1;
        known.last = access.n;
        found.clone_into(&mut known.seal);
        Ok(())
    })?;
    Ok(known)
}

fn walk(data: &Path, mut visit: impl FnMut((&Path, usize), &str) -> io::Result<()>) -> io::Result<()> {
    let folder = data.join(FOLDER);
    let found = match files(&folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found?,
    };
    for path in found {
        for (number, line) in (1..).zip(BufReader::new(File::open(&path)?).lines()) {
            visit((&path, number), &line?)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::identity::Identity;
    use super::*;
    use chambre_domain::OfficerId;
    use std::sync::Arc;

    fn written(months: &[i64]) -> tempfile::TempDir {
        let data = tempfile::tempdir().unwrap();
        let recorder = Recorder::open(data.path()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for (index, month) in months.iter().enumerate() {
            let at_millis = 1_735_689_600_000 + month * 31 * 86_400_000;
            let name = OfficerId::parse("name", &format!("a-{index}")).unwrap();
            let who = Some(Arc::new(Identity { name, ..Identity::trial() }));
            let seen = Seen { at_millis, who, rpc: "S/R".into(), outcome: "OK", ..Seen::default() };
            runtime.block_on(recorder.record(seen));
        }
        recorder.close();
        data
    }

    #[test]
    fn lines_are_read_back_and_the_chain_goes_on_over_months_and_reopenings() {
        let data = written(&[0, 0, 1]);
        Recorder::open(data.path()).unwrap().close();
        let verified = verify(data.path()).unwrap();
        assert_eq!((verified.lines, verified.first, verified.last), (3, 1, 3));
        let mut who = Vec::new();
        read(data.path(), |access| {
            who.push(access.who);
            Ok(())
        })
        .unwrap();
        assert_eq!(who, ["a-0", "a-1", "a-2"]);
        assert_eq!(files(&data.path().join(FOLDER)).unwrap().len(), 2);
    }

    #[test]
    fn the_oldest_month_may_be_removed_and_the_rest_still_holds() {
        let data = written(&[0, 1, 1]);
        std::fs::remove_file(&files(&data.path().join(FOLDER)).unwrap()[0]).unwrap();
        let verified = verify(data.path()).unwrap();
        assert_eq!((verified.lines, verified.first, verified.last), (2, 2, 3));
    }

    #[test]
    fn a_line_changed_removed_added_or_moved_is_found() {
        let data = written(&[0; 4]);
        let path = files(&data.path().join(FOLDER)).unwrap().remove(0);
        let sound = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = sound.lines().collect();
        let check = |changed: String, line: usize| {
            std::fs::write(&path, changed).unwrap();
            let error = verify(data.path()).unwrap_err().to_string();
            assert!(error.contains(&format!("line {line}:")), "{error}");
        };
        check(sound.replace("a-1", "b-1"), 2);
        check(sound.replacen("OK", "NO", 1), 1);
        check([lines[0], lines[2], lines[3]].join("\n"), 2);
        check([lines[0], lines[1], lines[1], lines[2]].join("\n"), 3);
        check([lines[0], lines[2], lines[1], lines[3]].join("\n"), 2);
        check(sound.replacen("\"n\":3", "\"n\":5", 1), 3);
    }

    #[test]
    fn a_line_torn_by_a_crash_is_removed_at_the_next_opening() {
        let data = written(&[0; 2]);
        let path = files(&data.path().join(FOLDER)).unwrap().remove(0);
        let mut torn = std::fs::read_to_string(&path).unwrap();
        torn.push_str("{\"n\":3,\"at\":\"20");
        std::fs::write(&path, torn).unwrap();
        Recorder::open(data.path()).unwrap().close();
        assert_eq!(verify(data.path()).unwrap().last, 2);
    }
}
