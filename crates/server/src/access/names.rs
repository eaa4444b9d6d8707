//! Which source decides over a name: the operator's directory, then the register of the administrators, then what
//! the proof itself says.

use super::directory::Directory;
use super::identity::{Identity, Rights, Said};
use super::register::{Decided, Decision, Register, Standing, Undecided};
use super::watched::Watched;
use super::{AccessSettings, SetupError};
use chambre_domain::{OfficerId, Reason, Refusal};
use std::collections::BTreeMap;
use std::path::Path;

/// What is known of names.
#[derive(Debug)]
pub struct Names {
    directory: Option<Watched<Directory>>,
    register: Register,
}

/// A name that is known, and by which source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// The directory gives it these rights.
    Directory(Rights),
    /// An administrator decided this.
    Register(Standing),
}

/// Whose decision a change is, and whether it is made.
#[derive(Debug, Clone, Copy)]
pub struct By<'a> {
    /// The administrator who calls.
    pub caller: &'a Identity,
    /// When, in milliseconds since 1970.
    pub at_millis: i64,
    /// It is checked only.
    pub validate_only: bool,
}

impl Names {
    /// Reads both sources.
    ///
    /// # Errors
    /// The file that cannot be used, and why.
    pub fn open(settings: &AccessSettings, data: &Path) -> Result<Self, SetupError> {
        let directory = settings.directory.as_deref().map(|path| Watched::open(path, Directory::parse));
        let register = Register::open(data).map_err(|error| SetupError::file(data, error))?;
        Ok(Self { directory: directory.transpose()?, register })
    }

    /// Which states of the directory and of the register are in force.
    pub fn editions(&self) -> [u64; 2] {
        [self.directory.as_ref().map_or(0, Watched::edition), self.register.edition()]
    }

    /// The rights of a name.
    ///
    /// # Errors
    /// A name that is revoked; as [`Said::rights`].
    pub fn rights(&self, name: &str, said: &Said) -> Result<Rights, String> {
        let directory = self.directory.as_ref().map(Watched::get);
        if let Some(rights) = directory.as_ref().and_then(|directory| directory.of(name)) {
            return Ok(rights.clone());
        }
        match self.register.standings().get(name) {
            Some(standing) if standing.revoked => Err("this name is revoked".to_owned()),
            Some(standing) => Ok(standing.rights.clone()),
            None if directory.is_some_and(|directory| directory.listed_only()) => Ok(Rights::Nothing),
            None => said.rights(),
        }
    }

    /// Every name that is known, in the order of their bytes.
    pub fn known(&self) -> BTreeMap<String, Known> {
        let standings = self.register.standings();
        let registered = standings.iter().map(|(name, standing)| (name.clone(), standing.clone()));
        let mut known: BTreeMap<_, _> =
            registered.map(|(name, standing)| (name, Known::Register(standing))).collect();
        if let Some(directory) = self.directory.as_ref().map(Watched::get) {
            let listed = directory.names().map(|(name, rights)| (name.clone(), rights.clone()));
            known.extend(listed.map(|(name, rights)| (name, Known::Directory(rights))));
        }
        known
    }

    /// Gives a name its rights. Blocking: it is on disk when this returns.
    ///
    /// # Errors
    /// As [`Names::decide`].
    pub fn register(&self, name: &OfficerId, rights: Rights, by: By<'_>) -> Result<Decided, Undecided> {
        self.decide((name, "identity.name"), &Decision::Register(rights), true, by)
    }

    /// Refuses a name, whatever it proves. Blocking: it is on disk when this returns.
    ///
    /// # Errors
    /// As [`Names::decide`]; [`Reason::IdentityUnknown`] for a name never registered, unless it may be missing.
    pub fn revoke(&self, name: &OfficerId, may_be_missing: bool, by: By<'_>) -> Result<Decided, Undecided> {
        self.decide((name, "name"), &Decision::Revoke, may_be_missing, by)
    }

    /// Invariant: who decides is an administrator before and after, so that one is always left. Nobody decides over
    /// themselves, and two who revoke each other at once do so one after the other: the second is no longer one.
    ///
    /// # Errors
    /// [`Reason::IdentityOwn`], [`Reason::IdentityInFile`], [`Reason::AccessDenied`]; the disk's.
    fn decide(
        &self,
        (name, field): (&OfficerId, &str),
        decision: &Decision,
        may_be_missing: bool,
        by: By<'_>,
    ) -> Result<Decided, Undecided> {
        let caller = &by.caller.name;
        if name == caller {
            return Err(Undecided::Refused(Refusal::new(Reason::IdentityOwn, field, name)));
        }
        let listed = |name: &OfficerId| {
            self.directory.as_ref().is_some_and(|directory| directory.get().of(name.as_str()).is_some())
        };
        if listed(name) {
            return Err(Undecided::Refused(Refusal::new(Reason::IdentityInFile, field, name)));
        }
        self.register.decide((name, decision), (caller, by.at_millis), by.validate_only, |held| {
            let still = |standing: &Standing| !standing.revoked && standing.rights == Rights::Administrator;
            if !listed(caller) && held.get(caller.as_str()).is_some_and(|standing| !still(standing)) {
                return Err(super::check::denial());
            }
            if !may_be_missing && !held.contains_key(name.as_str()) {
                return Err(Refusal::new(Reason::IdentityUnknown, field, name));
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::identity::Proof;
    use super::*;

    const LISTED: &str = "[[identity]]\nname = \"listed\"\nrole = \"auditor\"\n";

    fn names(directory: &str) -> (tempfile::TempDir, Names) {
        let data = tempfile::tempdir().unwrap();
        let path = data.path().join("identites.toml");
        std::fs::write(&path, directory).unwrap();
        let settings = AccessSettings { directory: Some(path), ..AccessSettings::default() };
        let names = Names::open(&settings, data.path()).unwrap();
        (data, names)
    }

    fn id(name: &str) -> OfficerId {
        OfficerId::parse("name", name).unwrap()
    }

    fn administrator(name: &str) -> Identity {
        Identity { name: id(name), rights: Rights::Administrator, proof: Proof::Certificate }
    }

    fn by(caller: &Identity) -> By<'_> {
        By { caller, at_millis: 0, validate_only: false }
    }

    fn reason(undecided: Result<Decided, Undecided>) -> Reason {
        match undecided {
            Err(Undecided::Refused(refusal)) => refusal.reason,
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn the_directory_wins_over_the_register_which_wins_over_the_proof() {
        let said = Said { role: Some("matching".to_owned()), ..Said::default() };
        for (head, else_where) in [("", Rights::Matching), ("listed_only = true\n", Rights::Nothing)] {
            let (_data, names) = names(&format!("{head}{LISTED}"));
            let root = administrator("root");
            names.register(&id("known"), Rights::Administrator, by(&root)).unwrap();
            names.revoke(&id("gone"), true, by(&root)).unwrap();
            assert_eq!(names.rights("listed", &said), Ok(Rights::Auditor));
            assert_eq!(names.rights("known", &said), Ok(Rights::Administrator));
            assert_eq!(names.rights("other", &said), Ok(else_where));
            assert!(names.rights("gone", &said).unwrap_err().contains("revoked"));
            let known: Vec<String> = names.known().into_keys().collect();
            assert_eq!(known, ["gone", "known", "listed"]);
        }
    }

    #[test]
    fn nobody_decides_over_themselves_nor_over_what_the_file_says() {
        let (_data, names) = names(LISTED);
        let root = administrator("root");
        assert_eq!(reason(names.register(&id("root"), Rights::Auditor, by(&root))), Reason::IdentityOwn);
        assert_eq!(reason(names.revoke(&id("root"), true, by(&root))), Reason::IdentityOwn);
        assert_eq!(reason(names.register(&id("listed"), Rights::Auditor, by(&root))), Reason::IdentityInFile);
        assert_eq!(reason(names.revoke(&id("listed"), false, by(&root))), Reason::IdentityInFile);
        assert_eq!(reason(names.revoke(&id("typo"), false, by(&root))), Reason::IdentityUnknown);
    }

    #[test]
    fn of_two_administrators_who_revoke_each_other_at_once_one_is_left() {
        let (_data, names) = names(LISTED);
        let (one, two) = (administrator("one"), administrator("two"));
        names.register(&id("two"), Rights::Administrator, by(&one)).unwrap();
        // Both were let in as administrators; the register takes one decision, then the other.
        names.revoke(&id("two"), false, by(&one)).unwrap();
        assert_eq!(reason(names.revoke(&id("one"), true, by(&two))), Reason::AccessDenied);
        assert_eq!(names.rights("one", &administrator("one").rights.said()), Ok(Rights::Administrator));
    }
}
