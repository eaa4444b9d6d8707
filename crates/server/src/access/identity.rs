//! Who somebody is: a name, and the rights that go with a role.

use chambre_domain::{OfficerId, Siren, TerritoryId};
use std::collections::BTreeSet;
use std::fmt;

/// Somebody whose identity is established.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Its name: what the journal keeps of an officer, what the record of accesses shows.
    pub name: OfficerId,
    /// What it may do.
    pub rights: Rights,
    /// How it was established.
    pub proof: Proof,
}

impl Identity {
    /// Whoever reaches the port of a trial.
    #[must_use]
    pub fn trial() -> Self {
        let name = OfficerId::parse("name", "trial").expect("five letters are an identifier");
        Self { name, rights: Rights::Trial, proof: Proof::Trial }
    }
}

/// How an identity was established.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// Not at all: a trial on this machine.
    Trial,
    /// A TLS client certificate.
    Certificate,
    /// A bearer token.
    Token,
}

impl Proof {
    /// Its name in the record of accesses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trial => "trial",
            Self::Certificate => "certificate",
            Self::Token => "token",
        }
    }
}

/// A role, with what it holds for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rights {
    /// A trial on this machine: everything.
    Trial,
    /// A landlord: declares for itself, reads what concerns it.
    Bailleur(Siren),
    /// An officer of AORIF: proposes or approves in these territories.
    Officer(Territories),
    /// The coordinator of these territories: reads their aggregates.
    Coordinator(Territories),
    /// Reads everything, writes nothing.
    Auditor,
    /// Registers parties; neither records nor nets.
    Administrator,
    /// A matching service of its own: tells the placements that were signed there, and reads operations.
    Matching,
    /// Known, without a role: nothing.
    Nothing,
}

/// Where a role holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Territories {
    /// Everywhere in Île-de-France.
    Region,
    /// In these ones.
    Some(BTreeSet<TerritoryId>),
}

impl Territories {
    /// Whether the role holds there.
    #[must_use]
    pub fn hold(&self, territory: TerritoryId) -> bool {
        match self {
            Self::Region => true,
            Self::Some(territories) => territories.contains(&territory),
        }
    }

    /// The territory, when there is exactly one.
    #[must_use]
    pub fn only(&self) -> Option<TerritoryId> {
        match self {
            Self::Some(territories) if territories.len() == 1 => territories.first().copied(),
            _ => None,
        }
    }
}

/// The roles, in the order of the columns of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)] // each is told at `Rights`
pub enum Role {
    Bailleur,
    Officer,
    Coordinator,
    Auditor,
    Administrator,
    Matching,
}

impl Role {
    /// Every role, in the order of the columns of the table.
    pub const ALL: [Self; 6] = [
        Self::Bailleur,
        Self::Officer,
        Self::Coordinator,
        Self::Auditor,
        Self::Administrator,
        Self::Matching,
    ];

    /// Its name in certificates, tokens and the directory.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bailleur => "bailleur",
            Self::Officer => "officer",
            Self::Coordinator => "coordinator",
            Self::Auditor => "auditor",
            Self::Administrator => "administrator",
            Self::Matching => "matching",
        }
    }

    /// The role of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// What a proof or the directory says of somebody, as text: a role's name, a SIREN, territories.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// Name of the role; none is no right at all.
    pub role: Option<String>,
    /// The landlord, for the role `bailleur`.
    pub siren: Option<String>,
    /// SIRENs of territories, or `region`, for `officer` and `coordinator`.
    pub territories: Vec<String>,
}

impl Said {
    /// The rights that these words give.
    ///
    /// # Errors
    /// What is missing or cannot be read, in English: for the log and for the operator, never for the caller.
    pub fn rights(&self) -> Result<Rights, String> {
        let Some(name) = &self.role else { return Ok(Rights::Nothing) };
        let role = Role::named(name).ok_or_else(|| format!("there is no role {name:?}"))?;
        match role {
            Role::Bailleur => {
                let siren = self.siren.as_deref().ok_or("the role bailleur needs a SIREN")?;
                let siren = Siren::parse("siren", siren).map_err(|refusal| refusal.to_string())?;
                Ok(Rights::Bailleur(siren))
            }
            Role::Officer => self.territories().map(Rights::Officer),
            Role::Coordinator => self.territories().map(Rights::Coordinator),
            Role::Auditor => Ok(Rights::Auditor),
            Role::Administrator => Ok(Rights::Administrator),
            Role::Matching => Ok(Rights::Matching),
        }
    }

    fn territories(&self) -> Result<Territories, String> {
        if self.territories.is_empty() {
            return Err("this role needs territories, or the word region".to_owned());
        }
        if self.territories.iter().any(|text| text == "region") {
            return Ok(Territories::Region);
        }
        let read =
            |text: &String| TerritoryId::parse("territories", text).map_err(|refusal| refusal.to_string());
        self.territories.iter().map(read).collect::<Result<_, _>>().map(Territories::Some)
    }
}

impl Rights {
    /// The column of the table; none for a trial, and for nothing.
    #[must_use]
    pub const fn role(&self) -> Option<Role> {
        match self {
            Self::Bailleur(_) => Some(Role::Bailleur),
            Self::Officer(_) => Some(Role::Officer),
            Self::Coordinator(_) => Some(Role::Coordinator),
            Self::Auditor => Some(Role::Auditor),
            Self::Administrator => Some(Role::Administrator),
            Self::Matching => Some(Role::Matching),
            Self::Trial | Self::Nothing => None,
        }
    }

    /// Its name in the record of accesses.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Trial => "trial",
            Self::Nothing => "none",
            Self::Bailleur(_) => Role::Bailleur.name(),
            Self::Officer(_) => Role::Officer.name(),
            Self::Coordinator(_) => Role::Coordinator.name(),
            Self::Auditor => Role::Auditor.name(),
            Self::Administrator => Role::Administrator.name(),
            Self::Matching => Role::Matching.name(),
        }
    }

    /// The words that give these rights; none for a trial, and for nothing.
    #[must_use]
    pub fn said(&self) -> Said {
        let siren = match self {
            Self::Bailleur(siren) => Some(siren.to_string()),
            _ => None,
        };
        let territories = match self.territories() {
            None => Vec::new(),
            Some(Territories::Region) => vec!["region".to_owned()],
            Some(Territories::Some(territories)) => territories.iter().map(ToString::to_string).collect(),
        };
        Said { role: self.role().map(|role| role.name().to_owned()), siren, territories }
    }

    /// Where the role holds, for those that have territories.
    #[must_use]
    pub const fn territories(&self) -> Option<&Territories> {
        match self {
            Self::Officer(territories) | Self::Coordinator(territories) => Some(territories),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(role: &str, siren: Option<&str>, territories: &[&str]) -> Result<Rights, String> {
        let territories = territories.iter().map(|text| (*text).to_owned()).collect();
        Said { role: Some(role.to_owned()), siren: siren.map(str::to_owned), territories }.rights()
    }

    #[test]
    fn each_role_needs_what_it_holds_for() {
        let siren = Siren::fictitious(1);
        assert_eq!(said("bailleur", Some(&siren.to_string()), &[]), Ok(Rights::Bailleur(siren)));
        assert!(said("bailleur", None, &[]).unwrap_err().contains("needs a SIREN"));
        assert!(said("bailleur", Some("12"), &[]).is_err());
        assert_eq!(said("officer", None, &["region"]), Ok(Rights::Officer(Territories::Region)));
        assert!(said("officer", None, &[]).unwrap_err().contains("needs territories"));
        assert!(said("coordinator", None, &["000000000"]).is_err());
        assert_eq!(said("auditor", None, &[]), Ok(Rights::Auditor));
        assert!(said("Auditor", None, &[]).is_err(), "a name is exact");
        assert_eq!(Said::default().rights(), Ok(Rights::Nothing));
    }

    #[test]
    fn rights_say_the_words_that_give_them() {
        for (role, siren, territories) in [
            ("bailleur", Some(Siren::fictitious(1).to_string()), &[][..]),
            ("officer", None, &["region"]),
            ("coordinator", None, &["200057867", "217500016"]),
            ("administrator", None, &[]),
        ] {
            let rights = said(role, siren.as_deref(), territories).unwrap();
            assert_eq!(rights.said().rights(), Ok(rights));
        }
        assert_eq!(Rights::Nothing.said(), Said::default());
    }

    #[test]
    fn a_role_holds_in_its_territories_only() {
        let Ok(Rights::Officer(territories)) = said("officer", None, &["200057867"]) else { unreachable!() };
        let (own, other) = (TerritoryId::parse("t", "200057867"), TerritoryId::parse("t", "217500016"));
        assert!(territories.hold(own.clone().unwrap()) && !territories.hold(other.unwrap()));
        assert_eq!(territories.only(), own.ok());
        assert_eq!(Territories::Region.only(), None);
    }
}
