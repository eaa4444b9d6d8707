//! IBAN and BIC: where a bailleur is paid, checked as its bank checks them.

use crate::refusal::{Reason, Refusal};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// Countries of the SEPA schemes and the length of their IBANs (ISO 13616 registry; EPC409-09, December 2025).
///
/// Payments of the chamber are SEPA credit transfers, so an account elsewhere could not be paid. French
/// overseas departments and collectivities use FR.
const LENGTHS: [(&str, usize); 42] = [
    ("AD", 24),
    ("AL", 28),
    ("AT", 20),
    ("BE", 16),
    ("BG", 22),
    ("CH", 21),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DK", 18),
    ("EE", 20),
    ("ES", 24),
    ("FI", 18),
    ("FR", 27),
    ("GB", 22),
    ("GI", 23),
    ("GR", 27),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IS", 26),
    ("IT", 27),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("MC", 27),
    ("MD", 24),
    ("ME", 22),
    ("MK", 19),
    ("MT", 31),
    ("NL", 18),
    ("NO", 15),
    ("PL", 28),
    ("PT", 25),
    ("RO", 24),
    ("RS", 22),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("VA", 22),
];

/// An IBAN of a SEPA country: right characters, right length, right check digits; for France and Monaco, the
/// right clé RIB too.
///
/// `Debug` and `Display` hide its middle, so that it stays out of logs; [`Iban::as_str`] gives it whole.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Iban(Box<str>);

impl Iban {
    /// Reads an IBAN, with or without the spaces of its paper form, in either case.
    ///
    /// # Errors
    /// [`Reason::IbanCharacters`], [`Reason::IbanCountry`], [`Reason::IbanLength`], [`Reason::IbanCheckDigits`],
    /// [`Reason::IbanRibKey`]. The refusal shows the value with its middle hidden.
    pub fn parse(field: &str, text: &str) -> Result<Self, Refusal> {
        let refuse = |reason| Refusal::new(reason, field, masked(text));
        let plain: String = text.chars().filter(|c| !matches!(c, ' ' | '\u{a0}' | '\u{202f}')).collect();
        let plain = plain.to_ascii_uppercase();
        if plain.is_empty() {
            return Err(Refusal::new(Reason::FieldMissing, field, ""));
        }
        let right_shape = |(place, byte): (usize, u8)| match place {
            0 | 1 => byte.is_ascii_uppercase(),
            2 | 3 => byte.is_ascii_digit(),
            _ => byte.is_ascii_digit() || byte.is_ascii_uppercase(),
        };
        if plain.len() < 5 || !plain.bytes().enumerate().all(right_shape) {
            return Err(refuse(Reason::IbanCharacters));
        }
        let (country, account) = (&plain[..2], &plain[4..]);
        let Some((_, length)) = LENGTHS.iter().find(|(code, _)| *code == country) else {
            return Err(refuse(Reason::IbanCountry));
        };
        if plain.len() != *length {
            return Err(refuse(Reason::IbanLength).with("length", plain.len()).with("expected", length));
        }
        // 98 − remainder gives 02 to 98; 00, 01 and 99 would pass the division and are never issued.
        let issued = !matches!(&plain[2..4], "00" | "01" | "99");
        if !issued || remainder(account.bytes().chain(plain.bytes().take(4))) != 1 {
            return Err(refuse(Reason::IbanCheckDigits));
        }
        if matches!(country, "FR" | "MC") && !rib_key_is_right(account) {
            return Err(refuse(Reason::IbanRibKey));
        }
        Ok(Self(plain.into()))
    }

    /// The whole IBAN without spaces, as a payment order carries it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The whole IBAN in groups of four, as people write it.
    #[must_use]
    pub fn paper(&self) -> String {
        let groups: Vec<&[u8]> = self.0.as_bytes().chunks(4).collect();
        groups.iter().map(|group| String::from_utf8_lossy(group)).collect::<Vec<_>>().join(" ")
    }

    /// The `n`-th visibly fictitious IBAN: French, at the bank 00000, which does not exist.
    ///
    /// For examples and trials; all distinct.
    #[must_use]
    pub fn fictitious(n: u32) -> Self {
        let account = format!("0000000000{n:011}");
        let account = format!("{account}{:02}", 97 - rib_remainder(&account));
        let check = 98 - remainder(account.bytes().chain(*b"FR00"));
        Self(format!("FR{check:02}{account}").into())
    }
}

/// The number that letters and digits spell (A = 10 … Z = 35), modulo 97 (ISO 7064).
fn remainder(characters: impl Iterator<Item = u8>) -> u32 {
    characters.fold(0, |rest, byte| match byte {
        b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
        _ => (rest * 100 + u32::from(byte.saturating_sub(b'A')) + 10) % 97,
    })
}

/// The clé RIB makes the whole account a multiple of 97, letters read as digits (Comité français
/// d'organisation et de normalisation bancaires): A J = 1, B K S = 2, … I R Z = 9.
fn rib_key_is_right(account: &str) -> bool {
    let (number, key) = account.split_at(account.len() - 2);
    let digits =
        |text: &str, places: std::ops::Range<usize>| text.as_bytes()[places].iter().all(u8::is_ascii_digit);
    // Bank and branch are digits, and so is the key; the account number may hold letters.
    digits(number, 0..10)
        && digits(key, 0..2)
        && key.parse::<u32>().is_ok_and(|key| (1..=97).contains(&key) && key == 97 - rib_remainder(number))
}

fn rib_remainder(number: &str) -> u32 {
    let value = |byte: u8| match byte {
        b'0'..=b'9' => u32::from(byte - b'0'),
        b'A'..=b'R' => u32::from(byte - b'A') % 9 + 1,
        _ => u32::from(byte.saturating_sub(b'S')) + 2,
    };
    number.bytes().chain(*b"00").fold(0, |rest, byte| (rest * 10 + value(byte)) % 97)
}

/// Its first four and last four characters; three stars for what is too short to hide anything.
fn masked(text: &str) -> String {
    let plain: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    match plain.as_slice() {
        [head @ .., a, b, c, d] if head.len() > 8 => {
            let head: String = head.iter().take(4).collect();
            format!("{head}…{a}{b}{c}{d}")
        }
        _ => "***".to_owned(),
    }
}

impl fmt::Display for Iban {
    /// `FR76…0189`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&masked(&self.0))
    }
}

impl fmt::Debug for Iban {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{self}")
    }
}

impl Serialize for Iban {
    /// Whole: the journal must hold what is paid to.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Iban {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::parse("iban", &text).map_err(serde::de::Error::custom)
    }
}

/// A BIC: eight or eleven characters (ISO 9362:2022, pattern `BICFIDec2014Identifier` of ISO 20022).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bic(Box<str>);

impl Bic {
    /// Reads a BIC, in either case.
    ///
    /// # Errors
    /// [`Reason::BicFormat`].
    pub fn parse(field: &str, text: &str) -> Result<Self, Refusal> {
        let plain = text.trim().to_ascii_uppercase();
        let right_shape = |(place, byte): (usize, u8)| {
            byte.is_ascii_uppercase() || (byte.is_ascii_digit() && !(4..6).contains(&place))
        };
        if !matches!(plain.len(), 8 | 11) || !plain.bytes().enumerate().all(right_shape) {
            return Err(Refusal::new(Reason::BicFormat, field, text));
        }
        Ok(Self(plain.into()))
    }

    /// The BIC as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Bic {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reason(text: &str) -> Reason {
        Iban::parse("iban", text).unwrap_err().reason
    }

    #[test]
    fn the_examples_of_the_iban_registry_are_read() {
        for text in [
            "FR14 2004 1010 0505 0001 3M02 606",
            "DE89370400440532013000",
            "NL91 ABNA 0417 1643 00",
            "BE68 5390 0754 7034",
            "ES91 2100 0418 4502 0005 1332",
            "IT60 X054 2811 1010 0000 0123 456",
            "MC58 1122 2000 0101 2345 6789 030",
            "GB29 NWBK 6016 1331 9268 19",
            "lu28 0019 4006 4475 0000",
        ] {
            let iban = Iban::parse("iban", text).unwrap_or_else(|refusal| unreachable!("{refusal}"));
            assert_eq!(iban.as_str(), text.to_ascii_uppercase().replace(' ', ""));
        }
        assert_eq!(Iban::parse("iban", "be68539007547034").unwrap().paper(), "BE68 5390 0754 7034");
    }

    #[test]
    fn a_bad_iban_is_refused_with_its_reason() {
        for (text, expected) in [
            ("", Reason::FieldMissing),
            ("  ", Reason::FieldMissing),
            ("FR", Reason::IbanCharacters),
            ("FR14-2004-1010-0505-0001-3M02-606", Reason::IbanCharacters),
            ("1414200410100505000013M02606", Reason::IbanCharacters),
            ("FR1420041010050500013M0260é", Reason::IbanCharacters),
            ("US64 SVBK US6S 3300 9586 79", Reason::IbanCountry),
            ("FR14 2004 1010 0505 0001 3M02 60", Reason::IbanLength),
            ("DE8937040044053201300", Reason::IbanLength),
            ("FR15 2004 1010 0505 0001 3M02 606", Reason::IbanCheckDigits),
            ("DE89370400440532013001", Reason::IbanCheckDigits),
            ("FR99 0000 0000 0000 0000 0000 000", Reason::IbanCheckDigits),
        ] {
            assert_eq!(reason(text), expected, "{text}");
        }
    }

    #[test]
    fn a_wrong_rib_key_is_seen_even_when_the_check_digits_are_right() {
        // The account of the registry with the key 07 in place of 06, and check digits computed for it.
        let account = "20041010050500013M02607";
        let check = 98 - remainder(account.bytes().chain(*b"FR00"));
        assert_eq!(reason(&format!("FR{check:02}{account}")), Reason::IbanRibKey);
    }

    #[test]
    fn an_iban_stays_out_of_logs_and_refusals_but_not_out_of_the_journal() {
        let iban = Iban::parse("iban", "FR1420041010050500013M02606").unwrap();
        assert_eq!(format!("{iban} {iban:?}"), "FR14…2606 FR14…2606");
        assert_eq!(serde_json::to_string(&iban).unwrap(), r#""FR1420041010050500013M02606""#);
        assert_eq!(serde_json::from_str::<Iban>(r#""FR1420041010050500013M02606""#).unwrap(), iban);
        let refusal = Iban::parse("iban", "FR15 2004 1010 0505 0001 3M02 606").unwrap_err();
        assert_eq!(refusal.value, "FR15…2606");
        assert_eq!(Iban::parse("iban", "FR142004").unwrap_err().value, "***");
    }

    #[test]
    fn a_bic_has_eight_or_eleven_characters() {
        for text in ["AAAAFRPP", "aaaafrppxxx", "A1B2FR22"] {
            assert_eq!(Bic::parse("bic", text).unwrap().as_str(), text.to_ascii_uppercase());
        }
        for text in ["", "AAAAFRP", "AAAA12PP", "AAAAFRPPXX", "AAAAFRPP XXX", "ÀAAAFRPP"] {
            assert_eq!(Bic::parse("bic", text).unwrap_err().reason, Reason::BicFormat, "{text}");
        }
    }

    proptest! {
        #[test]
        fn fictitious_ibans_are_right_and_one_wrong_digit_is_always_seen(n in 0..=u32::MAX, place in 4..27_usize, digit in 0..10_u8) {
            let iban = Iban::fictitious(n);
            prop_assert_eq!(&Iban::parse("iban", iban.as_str()).unwrap(), &iban);
            let mut wrong = iban.as_str().as_bytes().to_vec();
            wrong[place] = b'0' + digit;
            let wrong = String::from_utf8(wrong).unwrap();
            prop_assert_eq!(wrong == iban.as_str(), Iban::parse("iban", &wrong).is_ok());
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,40}") {
            let _ = Iban::parse("iban", &text);
            let _ = Bic::parse("bic", &text);
        }
    }
}
