//! The drill-down of a relevé on paper: what each relogement brings.

use super::cited::Party;
use super::error::{ReportError, sum};
use super::key::HowShared;
use super::paper::PT;
use super::paper::flow::Flow as Pages;
use super::paper::grid::{Column, Grid, Rank};
use super::paper::mark::Look;
use super::releve::Releve;
use super::releve_csv::listed;
use super::relogement::{RelogementLine, Role};
use super::words::{amount, plural};
use chambre_domain::{Cents, french};

/// Draws the pages, landscape.
pub(crate) fn write(pages: &mut Pages, releve: &Releve) -> Result<(), ReportError> {
    pages.heading("4. Relogements", 96 * PT);
    pages.paragraph(
        "Montants en euros, cumulés depuis le bail et comptés selon la convention. \
         Effort à ce jour = écart de loyer + travaux + vacance − ANRU + ajustements. \
         Partagé maintenant = effort à ce jour − partagé avant, ou rien pour un relogement retenu.",
        Look::grey(8 * PT),
    );
    let several = releve.versions.len() > 1;
    for version in &releve.versions {
        for (role, title) in [
            (Role::Accueil, "Relogements accueillis"),
            (Role::Interne, "Relogements internes"),
            (Role::Origine, "Relogements d’origine"),
        ] {
            let number = version.convention.version;
            let lines: Vec<_> = releve
                .relogements
                .iter()
                .filter(|line| line.role == role && line.convention_version == number)
                .collect();
            if !lines.is_empty() {
                let of = if several { format!(", version {number}") } else { String::new() };
                let use_of = match (role.bears(), &version.how) {
                    (true, _) => "effort que vous supportez",
                    (false, HowShared::Origin) => "leur somme est votre part équitable",
                    (false, _) => "pour information : leur effort entre dans le total à répartir",
                };
                let title = format!("{title}{of} : {} ({use_of})", plural(lines.len(), "ligne"));
                table(pages, &title, &lines)?;
            }
        }
    }
    Ok(())
}

fn table(pages: &mut Pages, title: &str, lines: &[&RelogementLine]) -> Result<(), ReportError> {
    pages.subheading(title);
    let width = 57 * PT;
    let columns = vec![
        Column::text("Relogement", 86 * PT),
        Column::text("Opération", 80 * PT),
        Column::text("Autre bailleur", 0),
        Column::text("Bail", 47 * PT),
        Column::number("Écart de loyer", width),
        Column::number("Travaux", 51 * PT),
        Column::number("Vacance", 48 * PT),
        Column::number("ANRU déduit", 51 * PT),
        Column::number("Ajustements", 51 * PT),
        Column::number("Effort à ce jour", width),
        Column::number("Partagé avant", width),
        Column::number("Partagé maintenant", width),
    ];
    let grid = Grid::begin(pages, columns, 7 * PT);
    for line in lines {
        let adjusted = sum("adjustments", line.adjustments.iter().map(|line| line.amount))?;
        let numbers = [line.rent_gap, line.works, line.vacancy, line.indemnity, adjusted];
        let results = [line.to_date, line.shared_before, line.shared_now];
        let mut cells = vec![
            line.id.to_string(),
            line.operation.to_string(),
            line.other.as_ref().map_or_else(|| "–".to_owned(), Party::label),
            french::short_date(line.lease_date),
        ];
        cells.extend(numbers.into_iter().chain(results).map(amount));
        let mut notes = Vec::new();
        if !line.adjustments.is_empty() {
            notes.push(format!("Ajustements : {}", listed(&line.adjustments)));
        }
        if !line.left_out.is_empty() {
            notes.push(format!("Mesuré mais laissé de côté : {}", listed(&line.left_out)));
        }
        notes.extend(line.held.iter().map(|why| format!("Rien n’est partagé maintenant : {why}")));
        grid.noted(pages, Rank::Plain, &cells, &notes);
    }
    let column = |of: fn(&RelogementLine) -> Cents| sum("relogements", lines.iter().map(|line| of(line)));
    let adjusted = lines.iter().flat_map(|line| line.adjustments.iter().map(|line| line.amount));
    let mut cells = vec!["Total".to_owned(), String::new(), String::new(), String::new()];
    for cents in [
        column(|line| line.rent_gap)?,
        column(|line| line.works)?,
        column(|line| line.vacancy)?,
        column(|line| line.indemnity)?,
        sum("relogements", adjusted)?,
        column(|line| line.to_date)?,
        column(|line| line.shared_before)?,
        column(|line| line.shared_now)?,
    ] {
        cells.push(amount(cents));
    }
    grid.row(pages, Rank::Total, &cells);
    Ok(())
}
