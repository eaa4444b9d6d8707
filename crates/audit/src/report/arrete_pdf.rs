//! The arrêté on paper.

use super::arrete::{Arrete, KeyHolder, KeyTable, Totals, totals};
use super::chart::{Pair, pairs};
use super::cited::{ConventionCited, carried_on};
use super::error::ReportError;
use super::paper::PT;
use super::paper::flow::{Flow, Running};
use super::paper::grid::{Column, Grid, Rank};
use super::paper::mark::{Align, BLACK, Look, PALE};
use super::words::{amount, euros, period, plural, sequence, signed};
use chambre_domain::{Siren, french};

const SMALL: i32 = 8 * PT;
const TEXT: i32 = 8 * PT + PT / 2;
const TABLE: i32 = 7 * PT + PT / 2;

/// Draws the pages.
pub(crate) fn write(arrete: &Arrete) -> Result<Vec<u8>, ReportError> {
    let run = &arrete.run;
    let place = &run.territory.territory().name;
    let running = Running {
        head: "Chambre de compensation des relogements".to_owned(),
        aside: format!("{}Arrêté de compensation – {place}", run.draft()),
        foot: format!("Arrêté {} – {place}", run.netting),
    };
    let totals = totals(arrete)?;
    let mut flow = Flow::new(running, false);
    head(&mut flow, arrete, &totals);
    picture(&mut flow, arrete)?;
    positions(&mut flow, arrete, &totals);
    payments(&mut flow, arrete, &totals);
    keys(&mut flow, arrete);
    checks(&mut flow, arrete, &totals);
    signatures(&mut flow, arrete);
    flow.finish(format!("Arrêté de compensation {} – {place}", run.netting), run.issued_on)
}

fn head(flow: &mut Flow, arrete: &Arrete, totals: &Totals) {
    let run = &arrete.run;
    flow.paragraph("Arrêté de compensation", Look::bold(20 * PT));
    flow.paragraph(&run.territory.territory().name, Look::bold(12 * PT));
    flow.y += 6 * PT;
    let approved = run.approved_by.as_ref().map_or_else(|| "–".to_owned(), ToString::to_string);
    flow.facts(&[
        ("Arrêté", format!("{} ({})", run.netting, run.status)),
        ("Édité le", french::long_date(run.issued_on)),
        ("Période", period(run.period)),
        ("Arrêté au", french::long_date(run.period.to)),
        ("Proposé par", run.proposed_by.to_string()),
        ("Approuvé par", approved),
        ("Journal", format!("jusqu’à l’écriture n° {}", sequence(run.at_seq))),
        ("Bailleurs", arrete.lines.len().to_string()),
    ]);
    for cited in &arrete.conventions {
        flow.space(3 * PT);
        flow.paragraph(&title(cited), Look::bold(TEXT));
        let article = if cited.article.is_empty() { String::new() } else { format!("{} : ", cited.article) };
        flow.paragraph(&format!("{article}{}", cited.rule), Look::regular(TEXT));
    }
    flow.space(8 * PT);
    let (left, width, height) = (flow.left(), flow.width(), 42 * PT);
    flow.sheet.block(left, flow.y, (width, height), PALE);
    let number = plural(arrete.plan.payments.len(), "paiement");
    for (at, (label, value)) in (0..).zip([
        ("Effort partagé", euros(totals.effort)),
        ("Réglé par cet arrêté", euros(totals.moved)),
        ("Ordres de paiement", number),
    ]) {
        let x = left + 10 * PT + width / 3 * at;
        flow.sheet.words(x, flow.y + 15 * PT, Align::Left, Look::grey(SMALL), label);
        flow.sheet.words(x, flow.y + 32 * PT, Align::Left, Look::bold(14 * PT), &value);
    }
    flow.y += height;
}

fn title(cited: &ConventionCited) -> String {
    let from = french::long_date(cited.in_force_from);
    format!("{} – version {}, baux signés à partir du {from}", cited.title, cited.version)
}

fn picture(flow: &mut Flow, arrete: &Arrete) -> Result<(), ReportError> {
    flow.heading("1. Efforts supportés et parts équitables", 96 * PT);
    let mut rows = Vec::new();
    for line in &arrete.lines {
        let (solid, hatched) = (line.position.effort, line.position.fair_share);
        let overflow = || ReportError::Overflow { field: "lines.fair_share".to_owned() };
        let difference = solid.checked_sub(hatched).ok_or_else(overflow)?;
        rows.push(Pair { label: line.bailleur.label(), solid, hatched, difference });
    }
    // Largest effort first; a stable sort, so that equal ones stay in the order of the SIREN.
    rows.sort_by_key(|row| std::cmp::Reverse((row.solid, row.hatched)));
    pairs(flow, ("effort supporté", "part équitable", "effort − part (euros)"), &rows);
    Ok(())
}

fn positions(flow: &mut Flow, arrete: &Arrete, totals: &Totals) {
    flow.heading("2. Positions", 96 * PT);
    let note = "Montants en euros. Position = effort − part équitable + report ; au-dessus de zéro, à recevoir. \
                Reporté = position − réglé.";
    flow.paragraph(note, Look::grey(SMALL));
    let number = |title: &str| Column::number(title, 58 * PT);
    let columns = vec![
        Column::text("Bailleur (SIREN)", 0),
        number("Effort"),
        number("Part équitable"),
        number("Report"),
        number("Position"),
        number("Réglé"),
        number("Reporté"),
    ];
    let grid = Grid::begin(flow, columns, TABLE);
    for line in &arrete.lines {
        let position = &line.position;
        let cells = [
            line.bailleur.cited(),
            amount(position.effort),
            amount(position.fair_share),
            signed(position.carried_over),
            signed(position.position),
            signed(position.settled),
            signed(carried_on(position)),
        ];
        let mut notes: Vec<_> =
            line.limit.iter().map(|limit| format!("Ce qui limite le règlement : {limit}")).collect();
        notes.extend(
            line.set_off.iter().map(|set_off| format!("{} : {}", set_off.label, euros(set_off.amount))),
        );
        grid.noted(flow, Rank::Plain, &cells, &notes);
    }
    let signs = [totals.carried_over, totals.position, totals.settled, totals.carried_on].map(signed);
    let mut cells = vec!["Total".to_owned(), amount(totals.effort), amount(totals.fair_share)];
    cells.extend(signs);
    grid.row(flow, Rank::Total, &cells);
}

/// The name of a bailleur; payments were checked to be between bailleurs of the arrêté.
fn name(arrete: &Arrete, siren: Siren) -> String {
    let line = arrete.lines.iter().find(|line| line.bailleur.siren == siren);
    line.map_or_else(|| siren.to_string(), |line| line.bailleur.cited())
}

fn payments(flow: &mut Flow, arrete: &Arrete, totals: &Totals) {
    flow.heading("3. Ordres de paiement", 96 * PT);
    if arrete.plan.payments.is_empty() {
        flow.paragraph("Aucun paiement.", Look::regular(TEXT));
        return;
    }
    let columns = vec![
        Column::text("Référence", 128 * PT),
        Column::text("Payeur", 0),
        Column::text("Bénéficiaire", 0),
        Column::number("Montant", 82 * PT),
    ];
    let grid = Grid::begin(flow, columns, TABLE);
    for payment in &arrete.plan.payments {
        let cells = [
            payment.id.to_string(),
            name(arrete, payment.from),
            name(arrete, payment.to),
            euros(payment.amount.cents()),
        ];
        grid.row(flow, Rank::Plain, &cells);
    }
    let total = ["Total".to_owned(), String::new(), String::new(), euros(totals.moved)];
    grid.row(flow, Rank::Total, &total);
    let bound = arrete.plan.lower_bound;
    let proof = if arrete.plan.is_optimal() {
        "Il est démontré qu’aucun plan ne compte moins de paiements.".to_owned()
    } else {
        format!(
            "Il est démontré qu’aucun plan ne compte moins de {bound} paiements ; un plan plus court n’est pas exclu."
        )
    };
    flow.space(3 * PT);
    let text = format!(
        "{proof} Les paiements vont de bailleur à bailleur ; la chambre ne détient jamais les fonds."
    );
    flow.paragraph(&text, Look::grey(SMALL));
}

fn keys(flow: &mut Flow, arrete: &Arrete) {
    if arrete.keys.is_empty() {
        return;
    }
    flow.heading("4. Clés de répartition", 130 * PT);
    flow.paragraph(
        "Part = à répartir × poids ÷ poids total, arrondie vers zéro ; ce qui manque va, unité par unité, aux plus \
         grands restes, et au plus petit SIREN à égalité.",
        Look::grey(SMALL),
    );
    for table in &arrete.keys {
        key(flow, arrete, table);
    }
}

fn key(flow: &mut Flow, arrete: &Arrete, table: &KeyTable) {
    let Some((_, first)) = table.rows.first() else { return };
    let grain = first.base.grain();
    let (version, whole) = (table.version, first.base.french());
    flow.subheading(&format!("Version {version} – {} : {whole} à répartir", table.title));
    let columns = vec![
        Column::text("Bailleur ou groupe", 0),
        Column::number("Poids", 62 * PT),
        Column::number("Quotient", 74 * PT),
        Column::number(&format!("Reste, en fractions de {grain}"), 92 * PT),
        Column::number(&format!("+ 1 {grain}"), 60 * PT),
        Column::number("Part", 74 * PT),
    ];
    let grid = Grid::begin(flow, columns, TABLE);
    for (holder, step) in &table.rows {
        let who = match holder {
            KeyHolder::Bailleur(siren) => name(arrete, *siren),
            KeyHolder::Group(name) => name.clone(),
        };
        let cells = [
            who,
            french::count(step.weight),
            step.quotient.french(),
            format!("{}/{}", french::count(step.remainder), french::count(step.total_weight)),
            if step.grain_given { "oui".to_owned() } else { "–".to_owned() },
            step.part.french(),
        ];
        grid.row(flow, Rank::Plain, &cells);
    }
    let given = table.rows.iter().filter(|(_, step)| step.grain_given).count();
    let total = [
        "Total".to_owned(),
        french::count(first.total_weight),
        String::new(),
        String::new(),
        given.to_string(),
        whole,
    ];
    grid.row(flow, Rank::Total, &total);
    if let Some(tariff) = table.tariff {
        flow.space(2 * PT);
        flow.paragraph(&format!("Part équitable en euros = part × {}.", euros(tariff)), Look::regular(TEXT));
    }
}

fn checks(flow: &mut Flow, arrete: &Arrete, totals: &Totals) {
    flow.heading("Contrôles", 96 * PT);
    let columns = vec![Column::text("Ce qui doit tenir", 0), Column::number("Montant", 110 * PT)];
    let grid = Grid::begin(flow, columns, TEXT);
    let difference = totals.effort.checked_sub(totals.fair_share).unwrap_or_default();
    for (what, cents) in [
        ("Somme des efforts − somme des parts équitables", difference),
        ("Somme des reports", totals.carried_over),
        ("Somme des positions", totals.position),
        ("Somme des montants réglés", totals.settled),
        ("Somme des montants reportés", totals.carried_on),
    ] {
        grid.row(flow, Rank::Plain, &[what.to_owned(), euros(cents)]);
    }
    grid.close(flow);
    let run = &arrete.run;
    flow.space(5 * PT);
    for text in [
        format!("Sceau de l’écriture n° {} : {}", sequence(run.at_seq), run.seal),
        format!("Empreinte SHA-256 des données du calcul : {}", run.input_sha256),
    ] {
        flow.paragraph(&text, Look::regular(SMALL));
    }
}

fn signatures(flow: &mut Flow, arrete: &Arrete) {
    let height = 76 * PT;
    flow.space(14 * PT);
    flow.need(height);
    let (left, half) = (flow.left(), flow.width() / 2);
    let approved = arrete.run.approved_by.as_ref().map(ToString::to_string).unwrap_or_default();
    for (at, (role, officer)) in
        (0..).zip([("Proposé par", arrete.run.proposed_by.to_string()), ("Approuvé par", approved)])
    {
        let x = left + half * at;
        flow.sheet.words(x, flow.y + 8 * PT, Align::Left, Look::grey(SMALL), role);
        flow.sheet.words(x, flow.y + 20 * PT, Align::Left, Look::bold(TEXT), &officer);
        flow.sheet.words(x, flow.y + 34 * PT, Align::Left, Look::grey(SMALL), "Date et signature");
        flow.sheet.rule(x, flow.y + 70 * PT, half - 24 * PT, PT / 2, BLACK);
    }
    flow.y += height;
}
