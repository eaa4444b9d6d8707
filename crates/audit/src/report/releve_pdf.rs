//! The relevé on paper.

use super::cited::{Labelled, carried_on};
use super::error::{ReportError, sum};
use super::key::{HowShared, KeyStep, Quantity, VersionPart, priced};
use super::paper::PT;
use super::paper::flow::{Flow as Pages, Running};
use super::paper::grid::{Column, Grid, Rank};
use super::paper::mark::{Align, Look, PALE};
use super::releve::{Releve, SettlementLimit};
use super::words::{euros, period, sequence, side, size};
use chambre_domain::{Cents, french};

const SMALL: i32 = 8 * PT;
const TEXT: i32 = 8 * PT + PT / 2;

/// Draws the pages.
pub(crate) fn write(releve: &Releve) -> Result<Vec<u8>, ReportError> {
    let run = &releve.run;
    let running = Running {
        head: "Chambre de compensation des relogements".to_owned(),
        aside: format!("{}Relevé de {}", run.draft(), releve.bailleur.cited()),
        foot: format!("Arrêté {} – {}", run.netting, run.territory.territory().name),
    };
    let mut pages = Pages::new(running, false);
    head(&mut pages, releve);
    position(&mut pages, releve);
    fair_share(&mut pages, releve)?;
    payments(&mut pages, releve);
    proof(&mut pages, releve);
    if !releve.relogements.is_empty() {
        pages.turn(true);
        super::relogement_pdf::write(&mut pages, releve)?;
    }
    let title = format!("Relevé de compensation {} – {}", run.netting, releve.bailleur.label());
    pages.finish(title, run.issued_on)
}

fn head(pages: &mut Pages, releve: &Releve) {
    let run = &releve.run;
    pages.paragraph("Relevé de compensation", Look::bold(20 * PT));
    pages.paragraph(&releve.bailleur.label(), Look::bold(12 * PT));
    pages.y += 6 * PT;
    pages.facts(&[
        ("SIREN", releve.bailleur.siren.to_string()),
        ("Territoire", run.territory.territory().name.clone()),
        ("Période", period(run.period)),
        ("Arrêté", format!("{} ({})", run.netting, run.status)),
        ("Édité le", french::long_date(run.issued_on)),
        ("Journal", format!("jusqu’à l’écriture n° {}", sequence(run.at_seq))),
    ]);
    let position = &releve.position;
    pages.space(6 * PT);
    let (left, width, height) = (pages.left(), pages.width(), 52 * PT);
    pages.sheet.block(left, pages.y, (width, height), PALE);
    let third = width / 3;
    for (at, (label, cents)) in (0..).zip([
        ("Position", position.position),
        ("Réglé par cet arrêté", position.settled),
        ("Reporté sur l’arrêté suivant", carried_on(position)),
    ]) {
        let x = left + 10 * PT + third * at;
        let y = pages.y;
        pages.sheet.words(x, y + 15 * PT, Align::Left, Look::grey(SMALL), label);
        pages.sheet.words(x, y + 32 * PT, Align::Left, Look::bold(14 * PT), &euros(size(cents)));
        pages.sheet.words(x, y + 44 * PT, Align::Left, Look::regular(SMALL), side(cents));
    }
    pages.y += height;
}

fn position(pages: &mut Pages, releve: &Releve) {
    let position = &releve.position;
    pages.heading("1. De l’effort au règlement", 96 * PT);
    let columns =
        vec![Column::text("", 22 * PT), Column::text("Ligne", 0), Column::number("Montant", 110 * PT)];
    let grid = Grid::begin(pages, columns, TEXT);
    let row = |pages: &mut Pages, rank, letter: &str, label: &str, cents, notes: &[String]| {
        grid.noted(pages, rank, &[letter.to_owned(), label.to_owned(), euros(cents)], notes);
    };
    let carried: Vec<_> = releve
        .carried_from
        .iter()
        .map(|line| format!("dont {} : {}", line.label, euros(line.amount)))
        .collect();
    let limit: Vec<_> = releve.limit.iter().map(limited).collect();
    let carried_over = "Report des arrêtés précédents (au-dessus de zéro : à recevoir)";
    row(pages, Rank::Plain, "a", "Effort supporté, partagé par cet arrêté (partie 4)", position.effort, &[]);
    row(pages, Rank::Plain, "b", "Part équitable (partie 2)", position.fair_share, &[]);
    row(pages, Rank::Plain, "c", carried_over, position.carried_over, &carried);
    row(pages, Rank::Total, "d", "Position = a − b + c", position.position, &[]);
    row(pages, Rank::Plain, "e", "Réglé par cet arrêté (partie 3)", position.settled, &limit);
    row(pages, Rank::Total, "f", "Reporté sur l’arrêté suivant = d − e", carried_on(position), &[]);
}

fn limited(limit: &SettlementLimit) -> String {
    let most = limit.most.map(|most| format!(" ; au plus {}", euros(most))).unwrap_or_default();
    format!("Ce qui limite le règlement : {}{most}", limit.label)
}

fn fair_share(pages: &mut Pages, releve: &Releve) -> Result<(), ReportError> {
    pages.heading("2. Part équitable", 96 * PT);
    if releve.versions.is_empty() {
        pages.paragraph("Aucun effort n’est partagé par cet arrêté.", Look::regular(TEXT));
    }
    for version in &releve.versions {
        version_part(pages, version)?;
    }
    if releve.versions.len() > 1 {
        let columns = vec![
            Column::text("Version", 0),
            Column::number("Effort supporté", 110 * PT),
            Column::number("Part équitable", 110 * PT),
        ];
        pages.space(8 * PT);
        let grid = Grid::begin(pages, columns, TEXT);
        for version in &releve.versions {
            let name = format!("Version {}", version.convention.version);
            grid.row(pages, Rank::Plain, &[name, euros(version.effort), euros(version.fair_share)]);
        }
        let (effort, share) = (releve.position.effort, releve.position.fair_share);
        grid.row(pages, Rank::Total, &["Total (lignes a et b)".to_owned(), euros(effort), euros(share)]);
    }
    Ok(())
}

fn version_part(pages: &mut Pages, version: &VersionPart) -> Result<(), ReportError> {
    let cited = &version.convention;
    pages.subheading(&format!(
        "{} – version {}, baux signés à partir du {}",
        cited.title,
        cited.version,
        french::long_date(cited.in_force_from)
    ));
    let article = if cited.article.is_empty() { String::new() } else { format!("{} : ", cited.article) };
    pages.paragraph(&format!("{article}{}", cited.rule), Look::regular(TEXT));
    pages.paragraph(
        &format!(
            "Effort de tous les bailleurs partagé sous cette version : {}, dont le vôtre : {}.",
            euros(version.total),
            euros(version.effort)
        ),
        Look::regular(TEXT),
    );
    match &version.how {
        HowShared::Origin => pages.paragraph(
            &format!(
                "Votre part est la somme de ce que partagent vos relogements d’origine (partie 4) : {}.",
                euros(version.fair_share)
            ),
            Look::regular(TEXT),
        ),
        HowShared::Nothing(reason) => {
            pages.paragraph(
                &format!("Votre part : {} ({reason}).", euros(version.fair_share)),
                Look::regular(TEXT),
            );
        }
        HowShared::Brought(Labelled { label, amount }) => {
            pages.paragraph(&format!("{label} : {}.", euros(*amount)), Look::regular(TEXT));
        }
        HowShared::Keys { before, steps, tariff, after } => {
            keys(pages, version, before, steps)?;
            after_keys(pages, version, steps, *tariff, after);
        }
    }
    Ok(())
}

fn keys(
    pages: &mut Pages,
    version: &VersionPart,
    before: &[Labelled],
    steps: &[KeyStep],
) -> Result<(), ReportError> {
    for Labelled { label, amount } in before {
        pages.paragraph(&format!("{label} : {}", euros(*amount)), Look::regular(TEXT));
    }
    if !before.is_empty() {
        let whole = sum("before", before.iter().map(|line| line.amount).chain([version.total]))?;
        let left = if whole < version.total { "Reste à répartir" } else { "À répartir" };
        pages.paragraph(&format!("{left} : {}", euros(whole)), Look::regular(TEXT));
    }
    let grain = steps.first().map_or("centime", |step| step.base.grain());
    pages.space(3 * PT);
    let columns = vec![
        Column::text("Clé", 0),
        Column::number("À répartir", 74 * PT),
        Column::number("Poids", 52 * PT),
        Column::number("Poids total", 60 * PT),
        Column::number("Quotient", 72 * PT),
        Column::number(&format!("Reste, en fractions de {grain}"), 70 * PT),
        Column::number("Part", 72 * PT),
    ];
    let grid = Grid::begin(pages, columns, SMALL);
    for step in steps {
        let cells = [
            step.label.clone(),
            step.base.french(),
            french::count(step.weight),
            french::count(step.total_weight),
            step.quotient.french(),
            remainder(step),
            step.part.french(),
        ];
        grid.noted(pages, Rank::Plain, &cells, &[sentence(step)]);
    }
    grid.close(pages);
    Ok(())
}

/// From the last part to the fair share: the tariff of a placement, then what is added or taken.
fn after_keys(
    pages: &mut Pages,
    version: &VersionPart,
    steps: &[KeyStep],
    tariff: Option<Cents>,
    after: &[Labelled],
) {
    if let Some(tariff) = tariff {
        let last = steps.last().map(|step| step.part.french()).unwrap_or_default();
        let worth = euros(priced(steps.last(), tariff));
        pages.space(3 * PT);
        pages.paragraph(&format!("Part × tarif : {last} × {} = {worth}", euros(tariff)), Look::bold(TEXT));
    }
    for Labelled { label, amount } in after {
        pages.paragraph(&format!("{label} : {}", euros(*amount)), Look::regular(TEXT));
    }
    if !after.is_empty() {
        pages.paragraph(&format!("Part équitable : {}", euros(version.fair_share)), Look::bold(TEXT));
    }
}

fn remainder(step: &KeyStep) -> String {
    if step.remainder == 0 {
        return "0".to_owned();
    }
    format!("{}/{}", french::count(step.remainder), french::count(step.total_weight))
}

/// The division in words, with what became of its remainder.
fn sentence(step: &KeyStep) -> String {
    let grain = step.base.grain();
    let ending = match (step.remainder, step.grain_given) {
        (0, _) => "la division tombe juste".to_owned(),
        (_, true) => format!("{grain} du reste attribué : ce reste est parmi les plus grands"),
        (_, false) => format!(
            "{grain} du reste non attribué : d’autres restes sont plus grands, ou égaux avec un SIREN plus petit"
        ),
    };
    format!(
        "{} × {} ÷ {} = {}, reste {} {} ; {ending}.",
        step.base.french(),
        french::count(step.weight),
        french::count(step.total_weight),
        step.quotient.french(),
        remainder(step),
        if matches!(step.base, Quantity::Euros(_)) { "de centime" } else { "de relogement" },
    )
}

fn payments(pages: &mut Pages, releve: &Releve) {
    pages.heading("3. Paiements de cet arrêté", 96 * PT);
    if releve.payments.is_empty() && releve.set_off.is_empty() {
        pages.paragraph("Aucun paiement.", Look::regular(TEXT));
        return;
    }
    let columns = vec![
        Column::text("Référence (à la banque aussi)", 138 * PT),
        Column::text("Sens", 56 * PT),
        Column::text("Contrepartie (SIREN)", 0),
        Column::text("État", 78 * PT),
        Column::number("Montant", 84 * PT),
    ];
    let grid = Grid::begin(pages, columns, SMALL);
    for payment in &releve.payments {
        let cells = [
            payment.id.to_string(),
            payment.direction.french().to_owned(),
            payment.counterparty.cited(),
            payment.state.clone(),
            euros(payment.signed()),
        ];
        let whole = payment.whole.map(|whole| euros(whole.cents()));
        let part = whole.map(|whole| format!("part de ce territoire dans un paiement de {whole}"));
        grid.noted(pages, Rank::Plain, &cells, part.as_slice());
    }
    let blank = String::new;
    for Labelled { label, amount } in &releve.set_off {
        grid.row(pages, Rank::Plain, &[blank(), blank(), label.clone(), blank(), euros(*amount)]);
    }
    let settled = euros(releve.position.settled);
    grid.row(pages, Rank::Total, &["Total = ligne e".to_owned(), blank(), blank(), blank(), settled]);
    pages.space(3 * PT);
    pages.paragraph(
        "Les paiements vont de bailleur à bailleur ; la chambre ne détient jamais les fonds.",
        Look::grey(SMALL),
    );
}

fn proof(pages: &mut Pages, releve: &Releve) {
    let run = &releve.run;
    pages.heading("Contrôler ce relevé", 64 * PT);
    let approved = run.approved_by.as_ref().map_or("pas encore approuvé".to_owned(), ToString::to_string);
    for text in [
        "Chaque montant se retrouve à la calculatrice : additionner la colonne « Partagé maintenant » de la partie 4 \
         pour la ligne a, refaire les divisions de la partie 2 pour la ligne b, puis d = a − b + c."
            .to_owned(),
        format!("Arrêté proposé par {} ; approuvé par : {approved}.", run.proposed_by),
        format!("Sceau de l’écriture n° {} : {}", sequence(run.at_seq), run.seal),
        format!("Empreinte SHA-256 des données du calcul : {}", run.input_sha256),
    ] {
        pages.paragraph(&text, Look { shade: super::paper::mark::DARK, ..Look::regular(SMALL) });
        pages.y += 2 * PT;
    }
}
