//! What is no longer accepted, whatever it proves: a file of one word a line.
//!
//! | line | what it refuses |
//! |---|---|
//! | `certificate:<64 hexadecimal digits>` | the certificate of this SHA-256 fingerprint |
//! | `serial:<hexadecimal digits>` | certificates of this serial number |
//! | `token:<jti>` | the token of this `jti` |
//! | `name:<name>` | whoever bears this name, with a certificate or a token |
//!
//! Empty lines, and what follows `#`, say nothing. A list that cannot be read is refused whole.

use std::collections::HashSet;

/// The list.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Revoked {
    words: HashSet<String>,
}

impl Revoked {
    /// Reads the list.
    ///
    /// # Errors
    /// The first line that is none of the above.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "the list is not UTF-8".to_owned())?;
        let mut words = HashSet::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            let word = read(line).ok_or_else(|| format!("line {number} revokes nothing that is known"))?;
            words.insert(word);
        }
        Ok(Self { words })
    }

    /// Whether a word such as `serial:0a17` is in the list.
    pub fn holds(&self, kind: &str, value: &str) -> bool {
        !self.words.is_empty() && self.words.contains(&format!("{kind}:{value}"))
    }
}

fn read(line: &str) -> Option<String> {
    let (kind, value) = line.split_once(':')?;
    // Tools write fingerprints and serials with colons, in capitals.
    let hexadecimal = || {
        let digits: String = value.chars().filter(|c| *c != ':').collect::<String>().to_ascii_lowercase();
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(digits)
    };
    match kind {
        "certificate" => {
            hexadecimal().filter(|digits| digits.len() == 64).map(|digits| format!("certificate:{digits}"))
        }
        "serial" => {
            let digits = hexadecimal()?;
            let digits = digits.trim_start_matches('0');
            (!digits.is_empty()).then(|| format!("serial:{digits}"))
        }
        "token" | "name" if !value.is_empty() => Some(format!("{kind}:{value}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_line_is_read_in_the_form_that_tools_write() {
        let fingerprint = "AB:".repeat(31) + "AB";
        let text = format!(
            "# compromised\n\ncertificate:{fingerprint}\nserial:00:0A:17 # lost\ntoken:j-1\nname:a.martin\n"
        );
        let revoked = Revoked::parse(text.as_bytes()).unwrap();
        let held =
            [("certificate", "ab".repeat(32)), ("serial", "a17".to_owned()), ("token", "j-1".to_owned())];
        assert!(held.iter().all(|(kind, value)| revoked.holds(kind, value)));
        assert!(revoked.holds("name", "a.martin") && !revoked.holds("name", "b.durand"));
    }

    #[test]
    fn a_list_that_cannot_be_read_is_refused_whole() {
        for line in ["certificate:12", "serial:xyz", "serial:", "name:", "a.martin", "user:a"] {
            assert!(
                Revoked::parse(format!("name:x\n{line}\n").as_bytes()).unwrap_err().contains("line 2"),
                "{line}"
            );
        }
    }
}
