//! The register of identities: what administrators decide of a name, kept for ever, the last decision holding.
//!
//! One file beside the record of accesses, `access/identities.log`, one decision a line, sealed as that record is
//! (`sealed`). It is not in the journal: it names persons, and the journal is never erased. A decision is on disk
//! before it holds, and holds from the next call on.

use super::identity::{Rights, Said};
use super::log::FOLDER;
use super::sealed::{self, GENESIS, damaged};
use chambre_domain::{OfficerId, Refusal};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// Name of the file, in the folder of the record.
const FILE: &str = "identities.log";

/// What was decided last of each name.
pub type Standings = BTreeMap<String, Standing>;

/// What was decided last of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The rights given; of a name revoked before it was ever registered, none.
    pub rights: Rights,
    /// Whether the name is refused.
    pub revoked: bool,
    /// Who decided.
    pub by: String,
    /// When, in milliseconds since 1970.
    pub at_millis: i64,
}

/// A decision.
#[derive(Debug, Clone)]
pub enum Decision {
    /// The name has these rights.
    Register(Rights),
    /// The name is refused.
    Revoke,
}

/// What came of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// What holds.
    pub standing: Standing,
    /// It held already: nothing was written.
    pub replayed: bool,
}

/// Why a decision was not taken.
#[derive(Debug)]
pub enum Undecided {
    /// It is not allowed.
    Refused(Refusal),
    /// It may not be on disk.
    Disk(io::Error),
}

/// One line.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    n: u64,
    at: String,
    by: String,
    act: Act,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    siren: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    territories: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Act {
    Registered,
    Revoked,
}

/// The register.
#[derive(Debug)]
pub struct Register {
    pen: Mutex<Pen>,
    standings: RwLock<Arc<Standings>>,
    edition: AtomicU64,
}

impl Register {
    /// Reads the register of a data folder, every seal verified; a folder without one has an empty one.
    ///
    /// # Errors
    /// The disk's; the first line that is not what was written, of kind `InvalidData`.
    pub fn open(data: &Path) -> io::Result<Self> {
        let path = data.join(FOLDER).join(FILE);
        let mut read = Read { number: 0, seal: GENESIS.to_owned(), standings: Standings::new() };
        if path.exists() {
            sealed::cut_torn_line(&path)?;
            read.lines(&path, &std::fs::read_to_string(&path)?)?;
        }
        let Read { number, seal, standings } = read;
        let pen = Pen { path, number, seal, file: None };
        Ok(Self {
            pen: Mutex::new(pen),
            standings: RwLock::new(Arc::new(standings)),
            edition: AtomicU64::new(0),
        })
    }

    /// What holds now.
    pub fn standings(&self) -> Arc<Standings> {
        Arc::clone(&self.standings.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Which state of the register it is: another number after each decision.
    pub fn edition(&self) -> u64 {
        self.edition.load(Ordering::Acquire)
    }

    /// Takes a decision, one at a time: `allowed` sees what holds at that instant. Blocking: it is on disk when this
    /// returns.
    ///
    /// # Errors
    /// What `allowed` refuses; the disk's, and nothing is changed.
    pub fn decide(
        &self,
        (name, decision): (&OfficerId, &Decision),
        (by, at_millis): (&OfficerId, i64),
        validate_only: bool,
        allowed: impl FnOnce(&Standings) -> Result<(), Refusal>,
    ) -> Result<Decided, Undecided> {
        let mut pen = self.pen.lock().unwrap_or_else(PoisonError::into_inner);
        let held = self.standings();
        allowed(&held).map_err(Undecided::Refused)?;
        let before = held.get(name.as_str());
        if let Some(standing) = before.filter(|standing| decision.is(standing)) {
            return Ok(Decided { standing: standing.clone(), replayed: true });
        }
        let rights = match decision {
            Decision::Register(rights) => rights.clone(),
            Decision::Revoke => before.map_or(Rights::Nothing, |standing| standing.rights.clone()),
        };
        let revoked = matches!(decision, Decision::Revoke);
        let standing = Standing { rights, revoked, by: by.to_string(), at_millis };
        if !validate_only {
            pen.write(name, &standing).map_err(Undecided::Disk)?;
            let mut standings = (*held).clone();
            standings.insert(name.to_string(), standing.clone());
            *self.standings.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(standings);
            self.edition.fetch_add(1, Ordering::Release);
        }
        Ok(Decided { standing, replayed: false })
    }
}

/// What the lines of a register come to.
struct Read {
    number: u64,
    seal: String,
    standings: Standings,
}

impl Read {
    /// Reads whole lines, every number and seal verified.
    fn lines(&mut self, path: &Path, text: &str) -> io::Result<()> {
        for (place, line) in (1..).zip(text.lines()) {
            let fault = |what: &str| damaged((path, place), what);
            let (covered, seal) = sealed::split(line).ok_or_else(|| fault("the seal is missing"))?;
            if sealed::seal(&self.seal, covered) != seal {
                return Err(fault("the seal does not match the line and those before it"));
            }
            let read: Line = serde_json::from_str(line).map_err(|error| fault(&error.to_string()))?;
            if read.n != self.number + 1 {
                return Err(fault(&format!("number {} follows {}", read.n, self.number)));
            }
            (self.number, self.seal) = (read.n, seal.to_owned());
            let (name, standing) = read.standing(&self.standings).map_err(|what| fault(&what))?;
            self.standings.insert(name, standing);
        }
        Ok(())
    }
}

/// Copies the register of a data folder into a new file, even while the service runs, every seal verified. Nothing
/// when the folder has none.
///
/// # Errors
/// A file that exists already, the disk's; a register that is damaged, of kind `InvalidData`.
pub fn backup_identities(data: &Path, file: &Path) -> io::Result<bool> {
    copy(&data.join(FOLDER).join(FILE), file)
}

/// Puts a copy of the register into a data folder that holds none. Nothing when there is no copy.
///
/// # Errors
/// As [`backup_identities`].
pub fn restore_identities(file: &Path, data: &Path) -> io::Result<bool> {
    copy(file, &data.join(FOLDER).join(FILE))
}

fn copy(from: &Path, to: &Path) -> io::Result<bool> {
    if !from.exists() {
        return Ok(false);
    }
    if to.exists() {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, to.display().to_string()));
    }
    let mut text = std::fs::read_to_string(from)?;
    // A line that is being written at this instant is confirmed to nobody yet.
    text.truncate(text.rfind('\n').map_or(0, |end| end + 1));
    Read { number: 0, seal: GENESIS.to_owned(), standings: Standings::new() }.lines(from, &text)?;
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let partial = to.with_extension("partial");
    let mut options = File::options();
    options.create(true).write(true).truncate(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut copy = options.open(&partial)?;
    copy.write_all(text.as_bytes())?;
    copy.sync_all()?;
    std::fs::rename(&partial, to)?;
    File::open(folder)?.sync_all()?;
    Ok(true)
}

impl Decision {
    /// Whether it holds already.
    fn is(&self, standing: &Standing) -> bool {
        match self {
            Self::Register(rights) => !standing.revoked && standing.rights == *rights,
            Self::Revoke => standing.revoked,
        }
    }
}

impl Line {
    fn standing(self, before: &Standings) -> Result<(String, Standing), String> {
        let at: jiff::Timestamp = self.at.parse().map_err(|_| format!("{} is no instant", self.at))?;
        let said = Said { role: self.role, siren: self.siren, territories: self.territories };
        let rights = match self.act {
            Act::Registered => said.rights()?,
            Act::Revoked => before.get(&self.name).map_or(Rights::Nothing, |known| known.rights.clone()),
        };
        let revoked = self.act == Act::Revoked;
        Ok((self.name, Standing { rights, revoked, by: self.by, at_millis: at.as_millisecond() }))
    }
}

/// What writes the lines.
#[derive(Debug)]
struct Pen {
    path: PathBuf,
    number: u64,
    seal: String,
    file: Option<File>,
}

impl Pen {
    fn write(&mut self, name: &OfficerId, standing: &Standing) -> io::Result<()> {
        let at = jiff::Timestamp::from_millisecond(standing.at_millis).unwrap_or_default();
        let act = if standing.revoked { Act::Revoked } else { Act::Registered };
        let said = if standing.revoked { Said::default() } else { standing.rights.said() };
        let line = Line {
            n: self.number + 1,
            at: format!("{at:.3}"),
            by: standing.by.clone(),
            act,
            name: name.to_string(),
            role: said.role,
            siren: said.siren,
            territories: said.territories,
        };
        let (text, seal) = sealed::close(&self.seal, &line)?;
        let mut file = match self.file.take() {
            Some(file) => file,
            None => self.append()?,
        };
        let sound = file.metadata()?.len();
        let written = file.write_all(format!("{text}\n").as_bytes()).and_then(|()| file.sync_data());
        if let Err(error) = written {
            // A part of a line would spoil the next one.
            file.set_len(sound)?;
            return Err(error);
        }
        (self.number, self.seal, self.file) = (self.number + 1, seal, Some(file));
        Ok(())
    }

    /// Opens the file at its end; a new one is there after a power cut.
    fn append(&self) -> io::Result<File> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        let mut options = File::options();
        options.create(true).append(true);
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&self.path)?;
        File::open(folder)?.sync_all()?;
        if let Some(data) = folder.parent() {
            File::open(data)?.sync_all()?;
        }
        Ok(file)
    }
}

#[cfg(test)]
mod tests;
