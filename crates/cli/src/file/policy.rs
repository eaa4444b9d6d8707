//! The policy of a matching: a TOML file of the parameters that are not the documented defaults.

use super::{BadLine, BadLines};
use chambre_domain::{Date, Refusal};
use chambre_matching::trade::{Policy, PolicyTerms};
use toml::{Table, Value};

/// Reads a policy in force on a day. What the text leaves out is as documented; nothing when something is wrong,
/// which is told.
pub fn read(text: &str, on: Date, bad: &mut BadLines) -> Option<Policy> {
    let mut fault = |line: u64, field: &str, reason: &str, french: String| {
        bad.push(BadLine { line, field: field.to_owned(), reason: reason.to_owned(), french });
    };
    let given: Table = match text.parse() {
        Ok(given) => given,
        Err(error) => {
            let error: toml::de::Error = error;
            let start = error.span().map_or(0, |span| span.start);
            let line = 1 + text.get(..start).unwrap_or_default().matches('\n').count() as u64;
            fault(line, "", "TOML", format!("ce n’est pas du TOML ({}).", error.message()));
            return None;
        }
    };
    let terms = terms(given, on);
    let terms = match terms {
        Ok(terms) => terms,
        Err(sentence) => {
            fault(1, "", "POLICY_FORMAT", sentence);
            return None;
        }
    };
    if terms.in_force_from > on {
        let french = format!(
            "cette politique n’est en vigueur que le {}.",
            super::super::look::french_day(terms.in_force_from)
        );
        fault(1, "in_force_from", "POLICY_LATER", french);
        return None;
    }
    Policy::new(terms)
        .map_err(|refusal| {
            let field = refusal.field.strip_prefix("policy.").unwrap_or(&refusal.field).to_owned();
            let reason = refusal.reason.code();
            fault(1, &field, reason, sentence(&refusal));
        })
        .ok()
}

fn terms(given: Table, on: Date) -> Result<PolicyTerms, String> {
    let defaults = Table::try_from(PolicyTerms::standard(on)).map_err(|error| error.to_string())?;
    let whole = Value::Table(merged(defaults, given)?);
    whole.try_into().map_err(|error: toml::de::Error| format!("paramètre refusé ({}).", error.message()))
}

/// A parameter without a default, which the table of the defaults does not name.
const NO_DEFAULT: &str = "pls_ceiling_bp_of_plus";

/// The defaults, with what was given instead; a TOML date is the text that it reads as. A name that the defaults do
/// not have is refused, for it would count for nothing; only a table empty by default takes any.
fn merged(mut defaults: Table, given: Table) -> Result<Table, String> {
    let known: Vec<String> = defaults.keys().cloned().collect();
    for (name, value) in given {
        let value = match (defaults.remove(&name), value) {
            (Some(Value::Table(defaults)), Value::Table(given)) => Value::Table(merged(defaults, given)?),
            (None, _) if !known.is_empty() && name != NO_DEFAULT => {
                return Err(format!("paramètre inconnu « {name} ». Connus ici : {}.", known.join(", ")));
            }
            (_, Value::Datetime(date)) => Value::String(date.to_string()),
            (_, value) => value,
        };
        defaults.insert(name, value);
    }
    Ok(defaults)
}

fn sentence(refusal: &Refusal) -> String {
    let fact = |name| refusal.facts.iter().find(|(known, _)| *known == name).map(|(_, fact)| fact.as_str());
    let bounds = match (fact("min"), fact("max")) {
        (Some(min), Some(max)) => format!("Indiquez un nombre de {min} à {max}."),
        _ => refusal.reason.fix_french().to_owned(),
    };
    format!("{} (valeur reçue : « {} »). {bounds}", refusal.reason.french(), refusal.value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chambre_matching::trade::Rule;
    use chambre_matching::trade::policy::OnUnknown;

    const TODAY: Date = Date::constant(2026, 11, 2);

    fn check(text: &str) -> Result<Policy, Vec<(u64, String, String)>> {
        let mut bad = BadLines::default();
        let policy = read(text, TODAY, &mut bad);
        let told = bad.first().into_iter().map(|bad| (bad.line, bad.field.clone(), bad.french.clone()));
        policy.ok_or_else(|| told.collect())
    }

    #[test]
    fn what_a_policy_leaves_out_is_as_documented() {
        assert_eq!(check("").unwrap(), Policy::new(PolicyTerms::standard(TODAY)).unwrap());
        let text = "version = 3\nin_force_from = 2026-01-01\npls_ceiling_bp_of_plus = 13000\n\
            [on_unknown]\nFINANCING = \"admit_with_warning\"\n[weights]\nmix = 70\n";
        let policy = check(text).unwrap();
        let terms = policy.terms();
        assert_eq!((terms.version, terms.in_force_from), (3, Date::constant(2026, 1, 1)));
        assert_eq!(terms.pls_ceiling_bp_of_plus, Some(13_000));
        assert_eq!(policy.on_unknown(Rule::Financing), OnUnknown::AdmitWithWarning);
        assert_eq!((terms.weights.mix, terms.weights.geography), (70, 300));
    }

    #[test]
    fn what_is_wrong_in_a_policy_is_named() {
        for (text, line, field, says) in [
            ("version = 1\nversion =", 2, "", "TOML"),
            ("effort_cap = 3000", 1, "", "inconnu « effort_cap »"),
            ("[weights]\ngeographie = 300", 1, "", "inconnu « geographie »"),
            ("effort_cap_bp = \"30 %\"", 1, "", "refusé"),
            ("effort_cap_bp = 20000", 1, "effort_cap_bp", "de 1 à 10000"),
            ("in_force_from = 2027-01-01", 1, "in_force_from", "1er janvier 2027"),
            ("[on_unknown]\nH99 = \"reject\"", 1, "", "H99"),
        ] {
            let told = check(text).unwrap_err();
            assert_eq!((told[0].0, told[0].1.as_str()), (line, field), "{text}");
            assert!(told[0].2.contains(says), "{}", told[0].2);
        }
    }
}
