//! The comparison of conventions on paper.

use super::chart::{Across, panels};
use super::cited::Party;
use super::error::ReportError;
use super::paper::PT;
use super::paper::flow::{Flow, Running};
use super::paper::grid::{Column, Grid, Rank};
use super::paper::mark::Look;
use super::simulation::{Simulated, Simulation, about, issued, letter, position, volume};
use super::words::{euros, sequence, signed};
use chambre_domain::{Cents, french};

const SMALL: i32 = 8 * PT;
const TABLE: i32 = 7 * PT + PT / 2;

/// Draws the pages.
pub(crate) fn write(simulation: &Simulation) -> Result<Vec<u8>, ReportError> {
    let running = Running {
        head: "Chambre de compensation des relogements".to_owned(),
        aside: "Simulation – ne vaut pas arrêté, rien n’est enregistré".to_owned(),
        foot: format!("Simulation – {}", about(simulation)),
    };
    let mut flow = Flow::new(running, true);
    flow.paragraph("Comparaison de conventions", Look::bold(20 * PT));
    flow.paragraph(&about(simulation), Look::bold(12 * PT));
    flow.y += 4 * PT;
    flow.facts(&[
        ("Journal", format!("jusqu’à l’écriture n° {}", sequence(simulation.at_seq))),
        ("Édité le", issued(simulation)),
    ]);
    flow.paragraph(
        "Chaque convention est appliquée aux mêmes relogements du journal, reports exclus. Position = effort supporté − \
         part équitable ; au-dessus de zéro, le bailleur recevrait, en dessous il paierait.",
        Look::grey(SMALL),
    );
    conventions(&mut flow, simulation)?;
    picture(&mut flow, simulation);
    table(&mut flow, simulation)?;
    flow.space(6 * PT);
    flow.paragraph(
        &format!("Sceau de l’écriture n° {} : {}", sequence(simulation.at_seq), simulation.seal),
        Look::grey(SMALL),
    );
    let title = format!("Comparaison de conventions – {}", about(simulation));
    flow.finish(title, simulation.issued_on)
}

fn conventions(flow: &mut Flow, simulation: &Simulation) -> Result<(), ReportError> {
    flow.heading("1. Les conventions comparées", 96 * PT);
    let columns = vec![
        Column::text("", 22 * PT),
        Column::text("Convention", 130 * PT),
        Column::text("Règle", 0),
        Column::number("Effort partagé", 84 * PT),
        Column::number("Total payé", 84 * PT),
        Column::number("Payeurs", 44 * PT),
        Column::number("Paiements", 50 * PT),
    ];
    let grid = Grid::begin(flow, columns, SMALL);
    for (at, convention) in simulation.conventions.iter().enumerate() {
        let (shared, paid) = volume(convention)?;
        let payers = convention.positions.values().filter(|position| position.position < Cents::ZERO).count();
        let payments =
            convention.payments.map_or_else(|| "–".to_owned(), |number| french::count(u64::from(number)));
        let cells = [
            letter(at),
            convention.title.clone(),
            convention.rule.clone(),
            euros(shared),
            euros(paid),
            payers.to_string(),
            payments,
        ];
        grid.row(flow, Rank::Plain, &cells);
    }
    grid.close(flow);
    Ok(())
}

/// Titles of columns: the letter, and the short name.
fn titles(conventions: &[Simulated]) -> Vec<String> {
    let title = |(at, convention): (usize, &Simulated)| format!("{} – {}", letter(at), convention.title);
    conventions.iter().enumerate().map(title).collect()
}

fn picture(flow: &mut Flow, simulation: &Simulation) {
    flow.heading("2. Ce que chaque bailleur paierait ou recevrait", 96 * PT);
    let across = |party: &Party| {
        let amounts =
            simulation.conventions.iter().map(|convention| position(convention, party.siren).position);
        Across { label: party.label(), amounts: amounts.collect() }
    };
    let mut rows: Vec<_> = simulation.bailleurs.iter().map(across).collect();
    // Who would receive most under the first convention comes first; equal ones stay in the order of the SIREN.
    rows.sort_by_key(|row| std::cmp::Reverse(row.amounts.first().copied()));
    panels(flow, &titles(&simulation.conventions), &rows);
}

fn table(flow: &mut Flow, simulation: &Simulation) -> Result<(), ReportError> {
    flow.heading("3. Positions en euros", 96 * PT);
    let mut columns = vec![Column::text("Bailleur (SIREN)", 0)];
    columns.extend(titles(&simulation.conventions).iter().map(|title| Column::number(title, 66 * PT)));
    let grid = Grid::begin(flow, columns, TABLE);
    for party in &simulation.bailleurs {
        let mut cells = vec![party.cited()];
        let amounts =
            simulation.conventions.iter().map(|convention| position(convention, party.siren).position);
        cells.extend(amounts.map(signed));
        grid.row(flow, Rank::Plain, &cells);
    }
    let mut totals = vec!["Total".to_owned()];
    for convention in &simulation.conventions {
        let positions = convention.positions.values().map(|position| position.position);
        totals.push(signed(super::error::sum("positions", positions)?));
    }
    grid.row(flow, Rank::Total, &totals);
    Ok(())
}
