//! Achieved against committed: what the parties of a charter promised, and the placements counted.

use super::CommitmentsArgs;
use crate::chamber::{self, Contact, Names};
use crate::failure::Failure;
use crate::look::{self, cell};
use crate::report::Report;
use chambre_api::convert::words::wire_date;
use chambre_api::v1;
use chambre_domain::Siren;
use serde_json::{Value, json};

/// Reports the commitments of a territory.
pub async fn report(args: &CommitmentsArgs, contact: &Contact) -> Result<Report, Failure> {
    let chamber = contact.open().await?;
    let attributions = args
        .attributions
        .iter()
        .map(|(siren, count)| v1::Attributions { bailleur_siren: siren.to_string(), count: *count });
    let request = v1::ReportCommitmentsRequest {
        territory_siren: args.territory.to_string(),
        on: args.on.map(wire_date),
        attributions: attributions.collect(),
    };
    let answer = chamber.registry().report_commitments(request).await?.into_inner();
    let json = json!({
        "territory_siren": args.territory.to_string(),
        "convention_version": answer.convention_version,
        "commitments": answer.progress.iter().map(as_json).collect::<Vec<_>>(),
    });
    if answer.progress.is_empty() {
        let text = format!("La convention version {} n’engage personne.", answer.convention_version);
        return Ok(Report::new(text, json));
    }
    let names = Names::read(&chamber).await?;
    let mut table =
        look::table(&["Engagé", "Période", "Promis", ">Réalisé", ">À atteindre", ">Taux", "État"]);
    for one in &answer.progress {
        let commitment = one.commitment.clone().unwrap_or_default();
        let number = |count: Option<i64>| count.map_or_else(|| "—".to_owned(), look::count);
        table.add_row([
            cell(party(&commitment, &names)),
            cell(look::period(commitment.period)),
            cell(promised(&commitment)),
            cell(number(one.achieved)),
            cell(number(one.committed)),
            cell(one.per_mille.map_or_else(|| "—".to_owned(), percent)),
            cell(standing(one.standing())),
        ]);
    }
    let text = format!(
        "Engagements de {} (convention version {})\n{table}",
        chamber::territory_name(&args.territory.to_string()),
        answer.convention_version
    );
    Ok(Report::new(text, json))
}

/// Reads `SIREN=NOMBRE`, for clap.
pub fn attributions(text: &str) -> Result<(Siren, i64), String> {
    let (siren, count) = text.split_once('=').ok_or_else(|| "écrivez SIREN=NOMBRE".to_owned())?;
    let count = count.parse::<u32>().map_err(|_| format!("« {count} » n’est pas un nombre"))?;
    Ok((chamber::siren(siren)?, i64::from(count)))
}

fn party(commitment: &v1::Commitment, names: &Names) -> String {
    match &commitment.party {
        Some(v1::commitment::Party::BailleurSiren(siren)) => names.of(siren),
        Some(v1::commitment::Party::Reserver(name)) => name.clone(),
        None => String::new(),
    }
}

fn promised(commitment: &v1::Commitment) -> String {
    let shown = |number: i64| match commitment.unit() {
        v1::CommitmentUnit::AttributionsBp => format!("{},{:02} %", number / 100, number % 100),
        _ => look::count(number),
    };
    let range = match commitment.max {
        Some(max) => format!("de {} à {}", shown(commitment.min), shown(max)),
        None => format!("au moins {}", shown(commitment.min)),
    };
    let unit = match commitment.unit() {
        v1::CommitmentUnit::AttributionsBp => "de ses attributions",
        _ => "relogements",
    };
    format!("{range} {unit}")
}

/// `6,7 %` of 67 thousandths.
fn percent(per_mille: i64) -> String {
    format!("{},{}\u{a0}%", per_mille / 10, per_mille % 10)
}

fn standing(standing: v1::CommitmentStanding) -> &'static str {
    match standing {
        v1::CommitmentStanding::Below => "en deçà",
        v1::CommitmentStanding::Within => "tenu",
        v1::CommitmentStanding::Above => "au-delà",
        v1::CommitmentStanding::Unspecified => "non mesuré par la chambre",
    }
}

fn as_json(one: &v1::CommitmentProgress) -> Value {
    let commitment = one.commitment.clone().unwrap_or_default();
    let (bailleur, reserver) = match &commitment.party {
        Some(v1::commitment::Party::BailleurSiren(siren)) => (Some(siren.clone()), None),
        Some(v1::commitment::Party::Reserver(name)) => (None, Some(name.clone())),
        None => (None, None),
    };
    json!({
        "bailleur_siren": bailleur,
        "reserver": reserver,
        "unit": commitment.unit().as_str_name().trim_start_matches("COMMITMENT_UNIT_"),
        "min": commitment.min,
        "max": commitment.max,
        "achieved": one.achieved,
        "committed": one.committed,
        "per_mille": one.per_mille,
        "standing": one.standing().as_str_name().trim_start_matches("COMMITMENT_STANDING_"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_of_thirty_is_six_point_seven_percent() {
        assert_eq!(percent(67), "6,7\u{a0}%");
    }

    #[test]
    fn attributions_are_typed_with_their_bailleur() {
        assert_eq!(attributions("000000018=40"), Ok((Siren::parse("siren", "000000018").unwrap(), 40)));
        assert!(attributions("000000018").is_err());
        assert!(attributions("000000018=-1").is_err());
    }
}
