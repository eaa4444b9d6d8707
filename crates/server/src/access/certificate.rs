//! A TLS client certificate: what it says of its holder, and until when.
//!
//! | where | what |
//! |---|---|
//! | subject `CN` | the name |
//! | subject `organizationIdentifier` (`NTRFR-<siren>`), `serialNumber` or `O` (nine digits), or SAN URI `urn:chambre:siren:<siren>` | the landlord |
//! | subject `OU`, or SAN URI `urn:chambre:role:<role>` | the role |
//! | subject `OU` `territory:<siren>` or `territory:region`, or the same SAN URI | where the role holds |

use super::identity::Said;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use x509_parser::oid_registry::{Oid, asn1_rs::oid};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

/// organizationIdentifier (ITU-T X.520, used by eIDAS certificates: ETSI EN 319 412-1).
const ORGANIZATION_IDENTIFIER: Oid<'static> = oid!(2.5.4.97);
const SERIAL_NUMBER: Oid<'static> = oid!(2.5.4.5);

/// Prefix of the names that the chamber gives in a certificate.
const URN: &str = "urn:chambre:";

/// What a certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Its common name.
    pub name: String,
    /// The rights it says.
    pub said: Said,
    /// SHA-256 of the whole, in hexadecimal.
    pub fingerprint: String,
    /// Its serial number, in hexadecimal without leading zeros.
    pub serial: String,
    /// First second of its validity, since 1970.
    pub from: i64,
    /// Last second of its validity, since 1970.
    pub until: i64,
}

impl Certificate {
    /// Reads a certificate (DER); who signed it is checked elsewhere.
    ///
    /// # Errors
    /// What cannot be read, or says two things: for the log, never for the caller.
    pub fn read(der: &[u8]) -> Result<Self, String> {
        let (rest, certificate) = X509Certificate::from_der(der).map_err(|error| error.to_string())?;
        if !rest.is_empty() {
            return Err("bytes follow the certificate".to_owned());
        }
        let subject = certificate.subject();
        let text = |oid: &Oid<'static>| {
            subject
                .iter_by_oid(oid)
                .filter_map(|found| found.as_str().ok())
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let names: Vec<_> = subject.iter_common_name().filter_map(|found| found.as_str().ok()).collect();
        let [name] = names.as_slice() else { return Err("a certificate has one common name".to_owned()) };
        let mut words: Vec<String> = subject
            .iter_organizational_unit()
            .filter_map(|found| found.as_str().ok())
            .map(|unit| if unit.contains(':') { unit.to_owned() } else { format!("role:{unit}") })
            .collect();
        words.extend(alternative_names(&certificate)?);
        let organisations =
            subject.iter_organization().filter_map(|found| found.as_str().ok()).map(str::to_owned);
        let numbers = text(&SERIAL_NUMBER).into_iter().chain(organisations);
        words.extend(numbers.filter(|number| is_siren(number)).map(|number| format!("siren:{number}")));
        let identifiers = text(&ORGANIZATION_IDENTIFIER);
        let registered = identifiers.iter().filter_map(|text| text.strip_prefix("NTRFR-"));
        words.extend(registered.map(|siren| format!("siren:{siren}")));
        Ok(Self {
            name: (*name).to_owned(),
            said: said(&words)?,
            fingerprint: HEXLOWER.encode(&Sha256::digest(der)),
            serial: HEXLOWER.encode(certificate.raw_serial()).trim_start_matches('0').to_owned(),
            from: certificate.validity().not_before.timestamp(),
            until: certificate.validity().not_after.timestamp(),
        })
    }
}

fn alternative_names(certificate: &X509Certificate<'_>) -> Result<Vec<String>, String> {
    let names = certificate.subject_alternative_name().map_err(|error| error.to_string())?;
    let names = names.map_or(&[][..], |extension| extension.value.general_names.as_slice());
    let uris = names.iter().filter_map(|name| match name {
        GeneralName::URI(uri) => uri.strip_prefix(URN).map(str::to_owned),
        _ => None,
    });
    Ok(uris.collect())
}

/// Two different roles, or two landlords, in one certificate are no identity.
fn said(words: &[String]) -> Result<Said, String> {
    let mut said = Said::default();
    for word in words {
        let (kind, value) = word.split_once(':').unwrap_or((word, ""));
        let one = |known: &mut Option<String>| match known {
            Some(known) if known != value => Err(format!("two values of {kind}")),
            _ => {
                *known = Some(value.to_owned());
                Ok(())
            }
        };
        match kind {
            "role" => one(&mut said.role)?,
            "siren" => one(&mut said.siren)?,
            "territory" => said.territories.push(value.to_owned()),
            _ => {}
        }
    }
    Ok(said)
}

fn is_siren(text: &str) -> bool {
    text.len() == 9 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, DnType, KeyPair, SanType};

    fn read(subject: &[(DnType, &str)], uris: &[&str]) -> Result<Certificate, String> {
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        for (kind, value) in subject {
            params.distinguished_name.push(kind.clone(), *value);
        }
        params.subject_alt_names = uris.iter().map(|uri| SanType::URI((*uri).try_into().unwrap())).collect();
        Certificate::read(params.self_signed(&KeyPair::generate().unwrap()).unwrap().der())
    }

    fn identifier() -> DnType {
        DnType::CustomDnType(vec![2, 5, 4, 97])
    }

    #[test]
    fn the_siren_and_the_role_are_read_wherever_they_may_stand() {
        use DnType::{CommonName, OrganizationName, OrganizationalUnitName};
        type Case<'a> = (&'a [(DnType, &'a str)], &'a [&'a str]);
        let cases: [Case<'_>; 4] = [
            (
                &[
                    (CommonName, "si-a"),
                    (OrganizationName, "000000018"),
                    (OrganizationalUnitName, "bailleur"),
                ],
                &[],
            ),
            (
                &[
                    (CommonName, "si-a"),
                    (identifier(), "NTRFR-000000018"),
                    (OrganizationalUnitName, "bailleur"),
                ],
                &[],
            ),
            (
                &[
                    (CommonName, "si-a"),
                    (DnType::CustomDnType(vec![2, 5, 4, 5]), "000000018"),
                    (OrganizationalUnitName, "bailleur"),
                ],
                &[],
            ),
            (
                &[(CommonName, "si-a")],
                &["urn:chambre:siren:000000018", "urn:chambre:role:bailleur", "urn:other:role:x"],
            ),
        ];
        for (subject, uris) in cases {
            let read = read(subject, uris).unwrap();
            assert_eq!((read.name.as_str(), read.said.siren.as_deref()), ("si-a", Some("000000018")));
            assert_eq!(read.said.role.as_deref(), Some("bailleur"));
        }
    }

    #[test]
    fn a_name_of_an_organisation_is_not_a_siren_and_contradictions_are_refused() {
        use DnType::{CommonName, OrganizationName, OrganizationalUnitName};
        let named = read(&[(CommonName, "a"), (OrganizationName, "Bailleur A")], &[]).unwrap();
        assert_eq!(named.said, Said::default());
        let two = &[(CommonName, "a"), (OrganizationalUnitName, "auditor")];
        assert!(read(two, &["urn:chambre:role:administrator"]).is_err());
        assert!(
            read(&[(CommonName, "a"), (OrganizationName, "000000018")], &["urn:chambre:siren:000000026"])
                .is_err()
        );
        assert!(read(&[(OrganizationName, "Bailleur A")], &[]).is_err(), "no name");
    }

    #[test]
    fn bytes_that_are_no_certificate_are_refused() {
        assert!(Certificate::read(b"").is_err() && Certificate::read(&[0x30; 64]).is_err());
    }
}
