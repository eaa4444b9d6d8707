//! Identities: what an administrator registers, what is listed.

use super::words::{self, Asked, missing, required};
use crate::v1;
use chambre_domain::{OfficerId, Reason, Refusal, Siren, TerritoryId};
use std::collections::BTreeSet;

/// A name and its role, as an administrator gives them: the role has all that it needs, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityAsked {
    /// Common name of the certificate, or name of the token.
    pub name: OfficerId,
    /// Name of the role in certificates and tokens: `officer`.
    pub role: &'static str,
    /// The landlord, for `bailleur`.
    pub siren: Option<Siren>,
    /// Where the role holds, for `officer` and `coordinator`.
    pub territories: BTreeSet<TerritoryId>,
    /// It holds in the whole region, in place of territories.
    pub whole_region: bool,
}

/// A revocation that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevocationAsked {
    /// Who is refused from now on.
    pub name: OfficerId,
    /// The name may be one that was never registered.
    pub allow_missing: bool,
}

/// Reads the registration of an identity.
///
/// # Errors
/// The field under `identity` that is missing or wrong; [`Reason::IdentityField`] for one that goes with another
/// role.
pub fn identity_asked(wire: v1::RegisterIdentityRequest) -> Result<Asked<IdentityAsked>, Refusal> {
    let validate_only = wire.validate_only;
    let command = identity(required("identity", wire.identity)?);
    Ok(Asked { command: command.map_err(|refusal| refusal.within("identity"))?, validate_only })
}

fn identity(wire: v1::Identity) -> Result<IdentityAsked, Refusal> {
    let (role, kind) = (role("role", wire.role)?, wire.role());
    let asked = IdentityAsked {
        name: OfficerId::parse("name", &wire.name)?,
        role,
        siren: words::optional_siren("bailleur_siren", &wire.bailleur_siren)?,
        territories: (0..)
            .zip(&wire.territory_sirens)
            .map(|(index, text): (usize, _)| TerritoryId::parse(&format!("territory_sirens[{index}]"), text))
            .collect::<Result<_, _>>()?,
        whole_region: wire.whole_region,
    };
    let of_a_landlord = kind == v1::IdentityRole::Bailleur;
    let of_a_place = matches!(kind, v1::IdentityRole::Officer | v1::IdentityRole::Coordinator);
    match (of_a_landlord, asked.siren) {
        (true, None) => return Err(missing("bailleur_siren")),
        (false, Some(siren)) => return Err(beside(role, "bailleur_siren", siren)),
        _ => {}
    }
    match (of_a_place, asked.territories.first(), asked.whole_region) {
        (true, None, false) => return Err(missing("territory_sirens")),
        (true, Some(territory), true) => return Err(beside(role, "territory_sirens", territory)),
        (false, Some(territory), _) => return Err(beside(role, "territory_sirens", territory)),
        (false, None, true) => return Err(beside(role, "whole_region", true)),
        _ => {}
    }
    Ok(asked)
}

fn beside(role: &str, field: &str, value: impl std::fmt::Display) -> Refusal {
    Refusal::new(Reason::IdentityField, field, value).with("role", role)
}

fn role(field: &str, number: i32) -> Result<&'static str, Refusal> {
    use v1::IdentityRole;
    Ok(match IdentityRole::try_from(number) {
        Ok(IdentityRole::Unspecified) => return Err(missing(field)),
        Ok(IdentityRole::Bailleur) => "bailleur",
        Ok(IdentityRole::Officer) => "officer",
        Ok(IdentityRole::Coordinator) => "coordinator",
        Ok(IdentityRole::Auditor) => "auditor",
        Ok(IdentityRole::Administrator) => "administrator",
        Ok(IdentityRole::Matching) => "matching",
        Err(_) => return Err(Refusal::new(Reason::ValueUnknown, field, number)),
    })
}

/// A name and its role; territories are SIRENs, or the word `region`.
#[must_use]
pub fn wire_identity(
    name: &str,
    role: &str,
    siren: Option<String>,
    territories: Vec<String>,
) -> v1::Identity {
    let whole_region = territories.iter().any(|territory| territory == "region");
    v1::Identity {
        name: name.to_owned(),
        role: wire_role(role).into(),
        bailleur_siren: siren.unwrap_or_default(),
        territory_sirens: if whole_region { Vec::new() } else { territories },
        whole_region,
    }
}

/// The role of this name on the wire; not said for a name that is none.
fn wire_role(name: &str) -> v1::IdentityRole {
    let known = (1..=6).find(|number| role("role", *number).is_ok_and(|known| known == name));
    known.and_then(|number| v1::IdentityRole::try_from(number).ok()).unwrap_or_default()
}

/// Reads a revocation.
///
/// # Errors
/// A name that cannot be one.
pub fn revocation_asked(wire: &v1::RevokeIdentityRequest) -> Result<Asked<RevocationAsked>, Refusal> {
    let command =
        RevocationAsked { name: OfficerId::parse("name", &wire.name)?, allow_missing: wire.allow_missing };
    Ok(Asked { command, validate_only: wire.validate_only })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(change: impl FnOnce(&mut v1::Identity)) -> Result<IdentityAsked, (Reason, String)> {
        let mut identity = v1::Identity {
            name: "a.martin".to_owned(),
            role: v1::IdentityRole::Auditor.into(),
            ..v1::Identity::default()
        };
        change(&mut identity);
        let request = v1::RegisterIdentityRequest { identity: Some(identity), validate_only: false };
        identity_asked(request).map(|asked| asked.command).map_err(|refusal| (refusal.reason, refusal.field))
    }

    #[test]
    fn a_role_has_what_it_needs_and_nothing_else() {
        let (siren, paris) = (Siren::fictitious(1).to_string(), "217500016".to_owned());
        let refused = |reason, field: &str| Err((reason, format!("identity.{field}")));
        let is = |role: v1::IdentityRole| i32::from(role);
        use Reason::{FieldMissing, IdentityField};
        use v1::IdentityRole::{Bailleur, Officer};
        assert_eq!(asked(|_| {}).unwrap().role, "auditor");
        assert_eq!(asked(|i| i.role = 0), refused(FieldMissing, "role"));
        assert_eq!(asked(|i| i.role = 99), refused(Reason::ValueUnknown, "role"));
        assert_eq!(asked(|i| i.role = is(Bailleur)), refused(FieldMissing, "bailleur_siren"));
        assert_eq!(asked(|i| i.role = is(Officer)), refused(FieldMissing, "territory_sirens"));
        assert_eq!(asked(|i| i.bailleur_siren.clone_from(&siren)), refused(IdentityField, "bailleur_siren"));
        let somewhere = |i: &mut v1::Identity| i.territory_sirens = vec![paris.clone()];
        assert_eq!(asked(somewhere), refused(IdentityField, "territory_sirens"));
        assert_eq!(asked(|i| i.whole_region = true), refused(IdentityField, "whole_region"));
        let twice = |i: &mut v1::Identity| {
            (i.role, i.whole_region) = (is(Officer), true);
            somewhere(i);
        };
        assert_eq!(asked(twice), refused(IdentityField, "territory_sirens"));
        let bad = |i: &mut v1::Identity| i.territory_sirens = vec![paris.clone(), "1".to_owned()];
        assert_eq!(asked(bad).unwrap_err().1, "identity.territory_sirens[1]");
    }

    #[test]
    fn a_name_of_a_role_goes_to_the_wire_and_back() {
        for number in 1..=6 {
            let name = role("role", number).unwrap();
            assert_eq!(i32::from(wire_role(name)), number);
        }
        assert_eq!(wire_role(""), v1::IdentityRole::Unspecified);
    }
}
