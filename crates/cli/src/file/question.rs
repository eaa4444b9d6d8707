//! The question put to `chambre plan`: positions, and who may pay whom.

use crate::failure::Failure;
use chambre_domain::Cents;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::Read;
use std::path::Path;

/// Longest identifier, in characters.
const LONGEST_ID: usize = 64;

/// Most parties of one question.
const MOST_PARTIES: usize = 10_000;

/// Most allowed pairs of one question.
const MOST_PAIRS: usize = 100_000;

/// Largest file, in bytes: room for the most parties and pairs.
const LARGEST_FILE: u64 = 32 << 20;

/// Positions, and who may pay whom when that is restricted.
#[derive(Debug, PartialEq, Eq)]
pub struct Question {
    /// Cents by party: below zero pays, above zero receives.
    pub positions: BTreeMap<String, Cents>,
    /// Payer, then payee; every pair when absent.
    pub allowed_pairs: Option<BTreeSet<(String, String)>>,
}

/// Reads a file, or the standard input for `-`.
pub fn read(file: &Path) -> Result<Question, Failure> {
    let of_file = |error| Failure::of_file(file, &error);
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        std::io::stdin().lock().take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(of_file)?;
    } else {
        let opened = std::fs::File::open(file).map_err(of_file)?;
        opened.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(of_file)?;
    }
    let name =
        if file == Path::new("-") { "entrée standard".to_owned() } else { file.display().to_string() };
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(Failure::usage(format!(
            "{name} : plus de 32 Mio ; ce n’est pas un fichier de positions."
        )));
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| Failure::usage(format!("{name} : ce n’est pas du texte en UTF-8.")))?;
    Question::parse(&name, &text)
}

impl Question {
    /// Reads the text of a file; each refusal names the place and the value.
    pub fn parse(name: &str, text: &str) -> Result<Self, Failure> {
        serde_json::from_str(text).map_err(|error| {
            let place = format!("{name}, ligne {}, colonne {}", error.line(), error.column());
            if !error.is_data() {
                return Failure::usage(format!("{place} : ce n’est pas du JSON lisible ({error})."));
            }
            // serde_json ends its own sentence with the place, in English.
            let said = error.to_string();
            let said = said.rsplit_once(" at line ").map_or(said.as_str(), |(said, _)| said);
            Failure::usage(format!("{place} : {said}"))
        })
    }
}

impl<'de> Deserialize<'de> for Question {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(WholeFile)
    }
}

struct WholeFile;

impl<'de> Visitor<'de> for WholeFile {
    type Value = Question;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("un objet {\"positions\": {…}, \"allowed_pairs\": […]}")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Question, A::Error> {
        let (mut positions, mut pairs) = (None, None);
        while let Some(field) = map.next_key::<String>()? {
            match field.as_str() {
                "positions" if positions.is_none() => positions = Some(map.next_value::<Positions>()?),
                "allowed_pairs" if pairs.is_none() => pairs = Some(map.next_value::<Value>()?),
                "positions" | "allowed_pairs" => {
                    return Err(Error::custom(format!("{field} est donné deux fois.")));
                }
                other => {
                    map.next_value::<IgnoredAny>()?;
                    return Err(Error::custom(format!(
                        "champ inconnu « {} » ; seuls positions et allowed_pairs sont lus.",
                        short(other)
                    )));
                }
            }
        }
        let Some(Positions(positions)) = positions else {
            return Err(Error::custom("il manque positions : {\"<siren>\": centimes, …}."));
        };
        let allowed_pairs = match pairs {
            None | Some(Value::Null) => None,
            Some(pairs) => Some(allowed(&pairs, &positions).map_err(Error::custom)?),
        };
        Ok(Question { positions, allowed_pairs })
    }
}

struct Positions(BTreeMap<String, Cents>);

impl<'de> Deserialize<'de> for Positions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EachPosition)
    }
}

struct EachPosition;

impl<'de> Visitor<'de> for EachPosition {
    type Value = Positions;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("un objet {\"<siren>\": centimes, …} pour positions")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Positions, A::Error> {
        let mut positions = BTreeMap::new();
        while let Some((id, value)) = map.next_entry::<String, Value>()? {
            let shown = short(&id);
            if id.is_empty() || id.chars().count() > LONGEST_ID || id.chars().any(char::is_control) {
                return Err(Error::custom(format!(
                    "positions : identifiant « {shown} » refusé ; il faut 1 à {LONGEST_ID} caractères imprimables."
                )));
            }
            let Some(cents) = value.as_i64() else {
                let value = value.to_string();
                return Err(Error::custom(format!(
                    "positions.{shown} : « {} » n’est pas un nombre entier de centimes.",
                    short(&value)
                )));
            };
            if positions.insert(id, Cents::new(cents)).is_some() {
                return Err(Error::custom(format!("positions.{shown} est donné deux fois.")));
            }
            if positions.len() > MOST_PARTIES {
                return Err(Error::custom(format!("positions : plus de {MOST_PARTIES} bailleurs.")));
            }
        }
        Ok(Positions(positions))
    }
}

fn allowed(pairs: &Value, positions: &BTreeMap<String, Cents>) -> Result<BTreeSet<(String, String)>, String> {
    let wrong = |place: usize, value: &Value| {
        let value = value.to_string();
        format!("allowed_pairs[{place}] : « {} » n’est pas une paire [\"payeur\", \"payé\"].", short(&value))
    };
    let list =
        pairs.as_array().ok_or("allowed_pairs : il faut une liste de paires [\"payeur\", \"payé\"].")?;
    if list.len() > MOST_PAIRS {
        return Err(format!("allowed_pairs : plus de {MOST_PAIRS} paires."));
    }
    let mut allowed = BTreeSet::new();
    for (place, pair) in list.iter().enumerate() {
        let ids: Option<Vec<&str>> =
            pair.as_array().and_then(|ids| ids.iter().map(Value::as_str).collect::<Option<Vec<&str>>>());
        let Some([payer, payee]) = ids.as_deref() else { return Err(wrong(place, pair)) };
        if let Some(unknown) = [payer, payee].into_iter().find(|id| !positions.contains_key(**id)) {
            return Err(format!("allowed_pairs[{place}] : « {} » n’a pas de position.", short(unknown)));
        }
        if payer == payee {
            return Err(format!("allowed_pairs[{place}] : « {} » ne peut se payer lui-même.", short(payer)));
        }
        if !allowed.insert(((*payer).to_owned(), (*payee).to_owned())) {
            return Err(format!(
                "allowed_pairs[{place}] : « {} → {} » est donné deux fois.",
                short(payer),
                short(payee)
            ));
        }
    }
    Ok(allowed)
}

/// The beginning of a value that may be of any length.
fn short(text: &str) -> String {
    let shown: String = text.chars().take(LONGEST_ID).filter(|letter| !letter.is_control()).collect();
    if text.chars().nth(LONGEST_ID).is_some() { format!("{shown}…") } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Exit;

    fn refused(text: &str, says: &str) {
        let failure = Question::parse("f.json", text).unwrap_err();
        assert_eq!(failure.exit(), Exit::Usage);
        assert!(failure.to_string().contains(says), "{text}: {failure}");
    }

    #[test]
    fn positions_and_pairs_are_read() {
        let question =
            Question::parse("f", r#"{"allowed_pairs":[["B","A"]],"positions":{"A":1,"B":-1,"C":0}}"#)
                .unwrap();
        assert_eq!(question.positions.len(), 3);
        assert_eq!(question.allowed_pairs, Some(BTreeSet::from([("B".to_owned(), "A".to_owned())])));
        for unrestricted in [r#"{"positions":{}}"#, r#"{"positions":{},"allowed_pairs":null}"#] {
            assert_eq!(Question::parse("f", unrestricted).unwrap().allowed_pairs, None);
        }
    }

    #[test]
    fn each_mistake_is_told_with_its_place_and_value() {
        let long = "x".repeat(65);
        for (text, says) in [
            ("{", "ligne 1, colonne 1 : ce n’est pas du JSON"),
            ("", "JSON"),
            ("[]", "un objet {\"positions\""),
            ("{}", "il manque positions"),
            (r#"{"positions":[]}"#, "pour positions"),
            (r#"{"positions":{},"position":{}}"#, "champ inconnu « position »"),
            (r#"{"positions":{},"positions":{}}"#, "positions est donné deux fois"),
            (r#"{"positions":{"A":1.0}}"#, "positions.A : « 1.0 » n’est pas un nombre entier de centimes"),
            (r#"{"positions":{"A":"1"}}"#, "positions.A : « \"1\" »"),
            (r#"{"positions":{"A":9223372036854775808}}"#, "positions.A : « 9223372036854775808 »"),
            (r#"{"positions":{"A":1,"A":-1}}"#, "positions.A est donné deux fois"),
            (r#"{"positions":{"":1}}"#, "identifiant «  » refusé"),
            (&format!(r#"{{"positions":{{"{long}":1}}}}"#), "1 à 64 caractères"),
            (r#"{"positions":{"A":1,"B":-1},"allowed_pairs":{}}"#, "il faut une liste"),
            (r#"{"positions":{"A":1,"B":-1},"allowed_pairs":[["A"]]}"#, "allowed_pairs[0] : « [\"A\"] »"),
            (r#"{"positions":{"A":1,"B":-1},"allowed_pairs":[["B","Z"]]}"#, "« Z » n’a pas de position"),
            (r#"{"positions":{"A":1,"B":-1},"allowed_pairs":[["A","A"]]}"#, "« A » ne peut se payer"),
            (r#"{"positions":{"A":1,"B":-1},"allowed_pairs":[["B","A"],["B","A"]]}"#, "allowed_pairs[1]"),
        ] {
            refused(text, says);
        }
    }
}
