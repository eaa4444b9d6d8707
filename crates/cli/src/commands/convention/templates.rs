//! The models of conventions, kept in `docs/exemples/conventions` and carried in the binary.

use crate::failure::Failure;
use crate::look::{self, cell};
use crate::report::Report;
use serde_json::json;

/// A model: its name, what it is for, its versions in order.
struct Template {
    name: &'static str,
    about: &'static str,
    versions: &'static [&'static str],
}

macro_rules! model {
    ($file:literal) => {
        include_str!(concat!("../../../../../docs/exemples/conventions/", $file, ".toml"))
    };
}

const TEMPLATES: [Template; 8] = [
    Template {
        name: "causal",
        about: "le bailleur d’origine supporte ; compensation en boucle",
        versions: &[model!("causal")],
    },
    Template {
        name: "cle-stock",
        about: "tous partagent, selon leur parc",
        versions: &[model!("cle-stock")],
    },
    Template {
        name: "mel-60-40-puis-70-30",
        about: "démolisseurs 60 %, autres 40 %, puis 70/30 en cours d’année (MEL)",
        versions: &[model!("mel-60-40-puis-70-30.v1"), model!("mel-60-40-puis-70-30.v2")],
    },
    Template {
        name: "gpge-engagements",
        about: "communes engagées de 5 à 15 % de leur contingent (GPGE)",
        versions: &[model!("gpge-engagements")],
    },
    Template {
        name: "amp-quotas",
        about: "quotas annuels par réservataire, 390 logements (Aix-Marseille-Provence)",
        versions: &[model!("amp-quotas")],
    },
    Template {
        name: "unites", about: "placements × tarif, au lieu d’euros", versions: &[model!("unites")]
    },
    Template {
        name: "cle-loyers",
        about: "même taux des loyers, avec un apport extérieur (type RLS)",
        versions: &[model!("cle-loyers")],
    },
    Template {
        name: "mixte",
        about: "moitié parc, moitié attributions ; un tiers du solde par arrêté",
        versions: &[model!("mixte")],
    },
];

/// Every model.
pub(super) fn list() -> Report {
    let mut table = look::table(&["Modèle", "Pour", ">Versions"]);
    for template in &TEMPLATES {
        table.add_row([cell(template.name), cell(template.about), cell(template.versions.len())]);
    }
    let text = format!(
        "{table}\n\nPour en écrire un dans un fichier : chambre convention template causal > charte.toml"
    );
    let one = |template: &Template| json!({ "name": template.name, "about": template.about, "versions": template.versions.len() });
    Report::new(text, json!({ "templates": TEMPLATES.iter().map(one).collect::<Vec<_>>() }))
}

/// The text of a model, ready for a file.
///
/// # Errors
/// A name or a version that does not exist.
pub(super) fn one(name: &str, number: u32) -> Result<Report, Failure> {
    let Some(template) = TEMPLATES.iter().find(|template| template.name == name) else {
        let names: Vec<&str> = TEMPLATES.iter().map(|template| template.name).collect();
        return Err(Failure::usage(format!(
            "Aucun modèle ne s’appelle « {name} ». Modèles : {}.",
            names.join(", ")
        )));
    };
    let place = usize::try_from(number).unwrap_or_default().wrapping_sub(1);
    let Some(toml) = template.versions.get(place) else {
        let count = template.versions.len();
        return Err(Failure::usage(format!(
            "Le modèle « {name} » a {count} version(s), pas de n° {number}."
        )));
    };
    Ok(Report::new(toml.trim_end(), json!({ "name": name, "number": number, "toml": toml })))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chambre_domain::Convention;

    #[test]
    fn every_model_is_a_valid_convention_explained_with_its_example() {
        for template in &TEMPLATES {
            let mut before = None;
            for (number, toml) in (1..).zip(template.versions) {
                let convention = Convention::from_toml(toml).expect(template.name);
                assert_eq!(convention.version, number, "{}", template.name);
                assert!(before < Some(convention.in_force_from), "{}", template.name);
                before = Some(convention.in_force_from);
                let report = super::super::check(&convention).expect(template.name);
                assert!(report.text.contains("Exemple chiffré"), "{}", report.text);
            }
        }
    }

    #[test]
    fn the_change_of_the_mel_falls_inside_a_year() {
        let date = |number| {
            let toml = one("mel-60-40-puis-70-30", number).unwrap().text;
            Convention::from_toml(&toml).unwrap().in_force_from
        };
        assert_eq!(date(1).year(), date(2).year());
        assert!(one("mel-60-40-puis-70-30", 3).is_err() && one("mel-60-40-puis-70-30", 0).is_err());
    }

    #[test]
    fn the_quotas_of_aix_marseille_are_390_a_year() {
        let convention = Convention::from_toml(&one("amp-quotas", 1).unwrap().text).unwrap();
        assert_eq!(convention.commitments.iter().map(|one| one.min).sum::<u64>(), 390);
    }

    #[test]
    fn an_unknown_model_is_refused_with_the_list() {
        let failure = one("60-40", 1).unwrap_err().to_string();
        assert!(failure.contains("mel-60-40-puis-70-30"), "{failure}");
    }
}
