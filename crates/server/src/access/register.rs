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
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
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
}

impl Register {
    /// Reads the register of a data folder, every seal verified; a folder without one has an empty one.
    ///
    /// # Errors
    /// The disk's; the first line that is not what was written, of kind `InvalidData`.
    pub fn open(data: &Path) -> io::Result<Self> {
        let path = data.join(FOLDER).join(FILE);
        let mut pen = Pen { path, number: 0, seal: GENESIS.to_owned(), file: None };
        let mut standings = Standings::new();
        if pen.path.exists() {
            sealed::cut_torn_line(&pen.path)?;
            for (place, line) in (1..).zip(BufReader::new(File::open(&pen.path)?).lines()) {
                let line = line?;
                let fault = |what: &str| damaged((&pen.path, place), what);
                let (covered, seal) = sealed::split(&line).ok_or_else(|| fault("the seal is missing"))?;
                if sealed::seal(&pen.seal, covered) != seal {
                    return Err(fault("the seal does not match the line and those before it"));
                }
                let read: Line = serde_json::from_str(&line).map_err(|error| fault(&error.to_string()))?;
                if read.n != pen.number + 1 {
                    return Err(fault(&format!("number {} follows {}", read.n, pen.number)));
                }
                (pen.number, pen.seal) = (read.n, seal.to_owned());
                let (name, standing) = read.standing(&standings).map_err(|what| fault(&what))?;
                standings.insert(name, standing);
            }
        }
        Ok(Self { pen: Mutex::new(pen), standings: RwLock::new(Arc::new(standings)) })
    }

    /// What holds now.
    pub fn standings(&self) -> Arc<Standings> {
        Arc::clone(&self.standings.read().unwrap_or_else(PoisonError::into_inner))
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
        }
        Ok(Decided { standing, replayed: false })
    }
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
mod tests {
    use super::*;
    use chambre_domain::Reason;

    fn name(text: &str) -> OfficerId {
        OfficerId::parse("name", text).unwrap()
    }

    fn decide(register: &Register, who: &str, decision: Decision) -> Decided {
        register
            .decide((&name(who), &decision), (&name("root"), 1_751_364_000_000), false, |_| Ok(()))
            .unwrap()
    }

    fn written() -> (tempfile::TempDir, PathBuf) {
        let data = tempfile::tempdir().unwrap();
        let register = Register::open(data.path()).unwrap();
        assert!(!decide(&register, "a", Decision::Register(Rights::Auditor)).replayed);
        assert!(decide(&register, "a", Decision::Register(Rights::Auditor)).replayed);
        decide(&register, "b", Decision::Revoke);
        decide(&register, "a", Decision::Revoke);
        let path = data.path().join(FOLDER).join(FILE);
        (data, path)
    }

    #[test]
    fn the_last_decision_holds_and_every_one_is_kept_over_reopenings() {
        let (data, path) = written();
        let register = Register::open(data.path()).unwrap();
        let standings = register.standings();
        let of = |name: &str| (standings[name].rights.clone(), standings[name].revoked);
        assert_eq!(of("a"), (Rights::Auditor, true));
        assert_eq!(of("b"), (Rights::Nothing, true));
        assert_eq!(standings["a"].at_millis, 1_751_364_000_000);
        assert!(decide(&register, "a", Decision::Revoke).replayed);
        decide(&register, "a", Decision::Register(Rights::Administrator));
        let text = std::fs::read_to_string(path).unwrap();
        assert_eq!(text.lines().count(), 4, "a repeat writes nothing: {text}");
        assert!(text.contains(r#""by":"root","act":"registered","name":"a","role":"auditor""#), "{text}");
    }

    #[test]
    fn a_refusal_or_a_check_writes_nothing() {
        let data = tempfile::tempdir().unwrap();
        let register = Register::open(data.path()).unwrap();
        let revoke = (&name("a"), &Decision::Revoke);
        let refused = || Refusal::new(Reason::IdentityOwn, "name", "a");
        let undecided = register.decide(revoke, (&name("a"), 0), false, |_| Err(refused()));
        assert!(matches!(undecided, Err(Undecided::Refused(told)) if told == refused()));
        assert!(!register.decide(revoke, (&name("root"), 0), true, |_| Ok(())).unwrap().replayed);
        assert!(register.standings().is_empty() && !data.path().join(FOLDER).exists());
    }

    #[test]
    fn a_line_changed_removed_or_moved_is_found_and_a_torn_one_goes() {
        let (data, path) = written();
        let sound = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = sound.lines().collect();
        for (changed, line) in [
            (sound.replace("auditor", "officer"), 1),
            (format!("{}\n{}\n", lines[0], lines[2]), 2),
            (format!("{}\n{}\n", lines[1], lines[0]), 1),
        ] {
            std::fs::write(&path, changed).unwrap();
            let told = Register::open(data.path()).unwrap_err().to_string();
            assert!(told.contains(&format!("line {line}:")), "{told}");
        }
        std::fs::write(&path, sound.trim_end_matches("\"}\n")).unwrap();
        let register = Register::open(data.path()).unwrap();
        assert!(!register.standings()["a"].revoked, "what was torn was confirmed to nobody");
        decide(&register, "a", Decision::Revoke);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), sound);
    }
}
