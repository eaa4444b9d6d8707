//! `chambre positions`: where each bailleur stands.

use crate::chamber::{self, Contact, Names, ServerOptions};
use crate::failure::Failure;
use crate::look::{self, cell, euros, signed};
use crate::report::Report;
use chambre_api::convert::words::wire_date;
use chambre_api::v1;
use chambre_domain::{Compte, Date, Siren, TerritoryId};
use serde_json::{Value, json};

/// Which positions.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Seulement ce territoire : SIREN ou nom
    #[arg(long, value_name = "TERRITOIRE", value_parser = chamber::territory)]
    territory: Option<TerritoryId>,
    /// Seulement ce bailleur
    #[arg(long, value_name = "SIREN", value_parser = chamber::siren)]
    bailleur: Option<Siren>,
    /// Au numéro d’écriture donné : l’état du journal à ce moment
    #[arg(long, value_name = "NUMÉRO", value_parser = clap::value_parser!(i64).range(1..))]
    as_of_seq: Option<i64>,
    /// Seulement les faits survenus au plus tard ce jour
    #[arg(long, value_name = "DATE", value_parser = look::typed_day)]
    occurred_by: Option<Date>,
    /// Seulement les écritures enregistrées au plus tard ce jour
    #[arg(long, value_name = "DATE", value_parser = look::typed_day)]
    booked_by: Option<Date>,
    #[command(flatten)]
    pub server: ServerOptions,
}

/// Asks for the balances.
///
/// # Errors
/// What the server answers.
pub async fn run(args: &Args, contact: &Contact) -> Result<Report, Failure> {
    let chamber = contact.open().await?;
    let request = v1::GetPositionsRequest {
        territory_siren: args.territory.map(|id| id.to_string()).unwrap_or_default(),
        bailleur_siren: args.bailleur.map(|siren| siren.to_string()).unwrap_or_default(),
        as_of: Some(v1::AsOf {
            seq: args.as_of_seq.unwrap_or_default(),
            occurred_by: args.occurred_by.map(wire_date),
            booked_by: args.booked_by.map(wire_date),
        }),
    };
    let answer = chamber.ledger().get_positions(request).await?.into_inner();
    let names = Names::read(&chamber).await?;
    Ok(Report::new(text(&answer, &names), as_json(&answer, &names)))
}

fn text(answer: &v1::GetPositionsResponse, names: &Names) -> String {
    let head = format!("Positions à l’écriture n° {}.", look::count(answer.as_of_seq));
    let mut text = String::new();
    let of_bailleurs: Vec<&v1::Position> =
        answer.positions.iter().filter(|position| !position.bailleur_siren.is_empty()).collect();
    for group in of_bailleurs.chunk_by(|one, next| one.territory_siren == next.territory_siren) {
        let mut columns = vec![
            "Bailleur",
            ">Position",
            ">Effort mesuré, à répartir",
            ">Relogements confiés",
            ">Relogements accueillis",
        ];
        // Shown where a regional plan left something due.
        let regional = |position: &v1::Position| -balance(position, Compte::PositionRegionale);
        let grouped = group.iter().any(|position| regional(position) != 0);
        if grouped {
            columns.insert(2, ">Au plan régional");
        }
        let mut table = look::table(&columns);
        for position in group {
            let mut row = vec![
                cell(names.of(&position.bailleur_siren)),
                cell(signed(position.position_cents)),
                cell(euros(position.unshared_effort_cents)),
                cell(look::count(balance(position, Compte::RelogementsConfies))),
                cell(look::count(-balance(position, Compte::RelogementsAccueillis))),
            ];
            if grouped {
                row.insert(2, cell(signed(regional(position))));
            }
            table.add_row(row);
        }
        let sum = |of: fn(&v1::Position) -> i64| group.iter().map(|position| of(position)).sum::<i64>();
        if group.len() > 1 {
            let mut row = vec![
                cell("Total"),
                cell(signed(sum(|position| position.position_cents))),
                cell(euros(sum(|position| position.unshared_effort_cents))),
                cell(look::count(sum(|position| balance(position, Compte::RelogementsConfies)))),
                cell(look::count(-sum(|position| balance(position, Compte::RelogementsAccueillis)))),
            ];
            if grouped {
                row.insert(2, cell(signed(group.iter().map(|position| regional(position)).sum())));
            }
            table.add_row(row);
        }
        text += &format!("\n{}\n{table}\n", chamber::territory_name(&group[0].territory_siren));
    }
    if text.is_empty() {
        return format!("{head}\n\nAucun compte mouvementé.");
    }
    format!("{head}\n{text}\n{} Une position naît à l’approbation d’un arrêté.", look::SIGNS)
}

/// Debits less credits of a compte.
fn balance(position: &v1::Position, compte: Compte) -> i64 {
    let is_wanted = |balance: &&v1::AccountBalance| {
        balance.account.as_ref().is_some_and(|account| u32::try_from(account.compte) == Ok(compte.number()))
    };
    position.balances.iter().find(is_wanted).map_or(0, |balance| balance.debit - balance.credit)
}

fn as_json(answer: &v1::GetPositionsResponse, names: &Names) -> Value {
    let balances = |position: &v1::Position| {
        let one = |balance: &v1::AccountBalance| {
            json!({
                "compte": balance.account.as_ref().map_or(0, |account| account.compte),
                "unit": balance.unit().as_str_name().trim_start_matches("UNIT_"),
                "debit": balance.debit,
                "credit": balance.credit,
            })
        };
        position.balances.iter().map(one).collect::<Vec<_>>()
    };
    let position = |position: &v1::Position| {
        json!({
            "territory_siren": position.territory_siren,
            "bailleur_siren": position.bailleur_siren,
            "bailleur_name": names.name(&position.bailleur_siren),
            "position_cents": position.position_cents,
            "unshared_effort_cents": position.unshared_effort_cents,
            "balances": balances(position),
        })
    };
    json!({
        "as_of_seq": answer.as_of_seq,
        "positions": answer.positions.iter().map(position).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(bailleur: &str, cents: i64, hosted: i64) -> v1::Position {
        let balance = v1::AccountBalance {
            account: Some(v1::Account { compte: 802_100, ..v1::Account::default() }),
            unit: v1::Unit::Placements.into(),
            debit: 0,
            credit: hosted,
        };
        v1::Position {
            territory_siren: "200057867".to_owned(),
            bailleur_siren: bailleur.to_owned(),
            position_cents: cents,
            unshared_effort_cents: 104_012,
            balances: vec![balance],
        }
    }

    #[test]
    fn positions_are_shown_by_territory_with_their_total() {
        let positions =
            vec![position("", 0, 0), position("000000018", 78_209, 3), position("000000026", -78_209, 0)];
        let answer = v1::GetPositionsResponse { positions, as_of_seq: 12 };
        let names: Names = [("000000018".to_owned(), "Bailleur A".to_owned())].into_iter().collect();
        let text = text(&answer, &names);
        assert!(text.contains("Plaine Commune (200057867)") && text.contains("Bailleur A (000000018)"));
        assert!(text.contains("+782,09\u{a0}€") && text.contains("−782,09\u{a0}€"));
        assert!(text.lines().any(|line| line.contains("Total") && line.contains(" 0,00\u{a0}€")), "{text}");
        assert!(text.contains("+ = à recevoir ; − = à payer."));
        assert_eq!(as_json(&answer, &names)["positions"][1]["balances"][0]["unit"], "PLACEMENTS");
    }

    #[test]
    fn empty_books_say_so() {
        let answer = v1::GetPositionsResponse { positions: Vec::new(), as_of_seq: 0 };
        assert!(text(&answer, &Names::default()).ends_with("Aucun compte mouvementé."));
    }
}
