//! `chambre pseudonym`: the pseudonym of a household, computed by the bailleur with a key that it keeps.

use crate::failure::Failure;
use crate::report::{self, Report};
use chambre_domain::{HouseholdId, Reason};
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::io::BufRead;
use std::path::{Path, PathBuf};

/// Shortest key: what NIST asks of HMAC-SHA-256 for 128 bits of security.
const SHORTEST_KEY: usize = 16;

/// Hexadecimal digits kept: 128 bits, so that no two households of the region meet by chance.
const DIGITS: usize = 32;

/// Which key.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Fichier de la clé secrète du bailleur (16 octets au moins) : elle ne quitte jamais votre système
    #[arg(long, value_name = "FICHIER", env = "CHAMBRE_PSEUDONYM_KEY_FILE")]
    key_file: PathBuf,
}

/// Reads one number a line on the standard input, writes one pseudonym a line; keeps nothing.
///
/// # Errors
/// A key that cannot be read or is too short, a line that is a NIR or is empty (2).
pub fn run(args: &Args) -> Result<Report, Failure> {
    let key = key(&args.key_file)?;
    each(&key, std::io::stdin().lock(), report::print)?;
    Ok(Report::default())
}

fn key(path: &Path) -> Result<Hmac<Sha256>, Failure> {
    let bytes = std::fs::read(path).map_err(|error| Failure::of_file(path, &error))?;
    let end = bytes.iter().rposition(|byte| !byte.is_ascii_whitespace()).map_or(0, |last| last + 1);
    let secret = &bytes[..end];
    if secret.len() < SHORTEST_KEY {
        return Err(Failure::usage(format!(
            "{} : la clé compte moins de {SHORTEST_KEY} octets. Faites-en une avec « openssl rand -hex 32 ».",
            path.display()
        )));
    }
    Hmac::new_from_slice(secret).map_err(|error| Failure::infrastructure(error.to_string()))
}

fn each(key: &Hmac<Sha256>, lines: impl BufRead, mut tell: impl FnMut(&str)) -> Result<(), Failure> {
    for (number, line) in (1..).zip(lines.lines()) {
        let line = line.map_err(|error| Failure::usage(format!("ligne {number} : {error}.")))?;
        let pseudonym =
            pseudonym(key, &line).map_err(|why| Failure::usage(format!("ligne {number} : {why}")))?;
        tell(&pseudonym);
    }
    Ok(())
}

/// `h-` and 32 hexadecimal digits. Spaces in the number count for nothing, so that both writings of one household
/// have one pseudonym. The refusal does not repeat the number.
fn pseudonym(key: &Hmac<Sha256>, line: &str) -> Result<String, String> {
    let number: String = line.chars().filter(|c| !c.is_whitespace()).collect();
    if number.is_empty() {
        return Err("il manque un numéro.".to_owned());
    }
    // A NIR must not be processed at all here (RGPD, décret n° 2019-341); a NUR is what is expected.
    if HouseholdId::parse("household", &number).is_err_and(|refusal| refusal.reason == Reason::HouseholdNir) {
        return Err(
            "ceci a la forme d’un numéro de sécurité sociale (NIR) : son usage est interdit ici. Donnez \
                    le numéro unique de demande (NUR) ou votre numéro interne de ménage."
                .to_owned(),
        );
    }
    let mut hmac = key.clone();
    hmac.update(number.as_bytes());
    let digest = HEXLOWER.encode(&hmac.finalize().into_bytes());
    Ok(format!("h-{}", &digest[..DIGITS]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(secret: &str, lines: &str) -> Result<Vec<String>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, secret).unwrap();
        let mut told = Vec::new();
        let key = key(&path).map_err(|failure| failure.to_string())?;
        let done = each(&key, lines.as_bytes(), |pseudonym| told.push(pseudonym.to_owned()));
        done.map_err(|failure| failure.to_string()).map(|()| told)
    }

    #[test]
    fn a_pseudonym_is_the_hmac_of_the_number_and_the_ledger_accepts_it() {
        // Computed apart: printf 075011999999910001 | openssl dgst -sha256 -hmac 0123456789abcdef
        let told = of("0123456789abcdef\n", "075011999999910001\n0750 1199 9999 910001\n").unwrap();
        assert_eq!(told[0], told[1]);
        assert_eq!(told[0], "h-7c7a867fb1d2bf353239bc65342778b3");
        assert!(HouseholdId::parse("household", &told[0]).is_ok());
        assert_ne!(of("fedcba9876543210", "075011999999910001").unwrap()[0], told[0], "another key");
    }

    #[test]
    fn a_nir_a_short_key_and_an_empty_line_are_refused_without_repeating_the_number() {
        let refused = of("0123456789abcdef", "1850578006084\n").unwrap_err();
        assert!(
            refused.contains("ligne 1") && refused.contains("NIR") && !refused.contains("1850"),
            "{refused}"
        );
        assert!(of("short", "1").unwrap_err().contains("16 octets"));
        assert!(of("0123456789abcdef", "1\n\n").unwrap_err().contains("ligne 2"));
    }
}
