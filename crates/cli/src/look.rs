//! How things look on the screen: tables, amounts, dates.

use chambre_api::v1;
use chambre_domain::{Cents, Date, french};
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal as _;
use std::time::Duration;

/// The sentence under every table of positions.
pub const SIGNS: &str = "+ = à recevoir ; − = à payer.";

/// A table with French headings; columns whose heading starts with `>` hold numbers, set to the right.
pub fn table(headings: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(headings.iter().map(|heading| heading.trim_start_matches('>')));
    for (index, heading) in headings.iter().enumerate() {
        if let (true, Some(column)) = (heading.starts_with('>'), table.column_mut(index)) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// An amount that tells who pays whom: `+782,09 €`, `−8,02 €`, `0,00 €`.
pub fn signed(cents: i64) -> String {
    let text = french::euros(Cents::new(cents));
    match cents {
        1.. => format!("+{text}"),
        0 => text,
        _ => text.replacen('-', "−", 1),
    }
}

/// An amount that owes nothing to anyone: `1 040,12 €`.
pub fn euros(cents: i64) -> String {
    french::euros(Cents::new(cents)).replacen('-', "−", 1)
}

/// A cell.
pub fn cell(text: impl ToString) -> Cell {
    Cell::new(text)
}

/// A count: `1 234`.
pub fn count(number: impl TryInto<u64>) -> String {
    french::count(number.try_into().unwrap_or(0))
}

/// `une déclaration`, `2 déclarations`: nouns in -ion, -e, whose plural adds an s.
pub fn counted(number: usize, noun: &str) -> String {
    let plural = if number > 1 { "s" } else { "" };
    let words: Vec<String> = noun.split(' ').map(|word| format!("{word}{plural}")).collect();
    format!("{} {}", count(number as u64), words.join(" "))
}

/// A day of the wire, when it is one.
pub fn day(wire: Option<v1::Date>) -> Option<Date> {
    chambre_api::convert::words::date("date", wire).ok()
}

/// `1er janvier 2025`.
pub fn french_day(day: Date) -> String {
    french::long_date(day)
}

/// `du 1er janvier 2025 au 30 juin 2025`.
pub fn period(wire: Option<v1::Period>) -> String {
    let days = wire.map(|period| (day(period.from), day(period.to)));
    match days {
        Some((Some(from), Some(to))) => {
            format!("du {} au {}", french::long_date(from), french::long_date(to))
        }
        _ => String::new(),
    }
}

/// Reads a day that an officer types: `2025-03-01` or `01/03/2025`, for clap.
///
/// # Errors
/// In French, why it is not one.
pub fn typed_day(text: &str) -> Result<Date, String> {
    chambre_domain::calendar::parse_date("date", text)
        .map_err(|_| "ce n’est pas une date ; écrivez 2025-03-01 ou 01/03/2025".to_owned())
}

/// A progress bar on the standard error; nothing for a program or a file.
pub fn progress(length: u64, unit: &str, json: bool) -> ProgressBar {
    if json || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(length);
    let template = format!("{{bar:40}} {{human_pos}}/{{human_len}} {unit} · encore {{eta}}");
    if let Ok(style) = ProgressStyle::with_template(&template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sign_says_who_pays() {
        assert_eq!(signed(78_209), "+782,09\u{a0}€");
        assert_eq!(signed(-123_456), "−1\u{202f}234,56\u{a0}€");
        assert_eq!(signed(0), "0,00\u{a0}€");
        assert_eq!(euros(-802), "−8,02\u{a0}€");
    }

    #[test]
    fn a_table_sets_numbers_to_the_right() {
        let mut table = table(&["Bailleur", ">Position"]);
        table.add_row([cell("A"), cell("+1,00")]).add_row([cell("B"), cell("−1 000,00")]);
        let lines: Vec<String> = table.lines().collect();
        assert!(lines[1].contains("Bailleur") && lines[1].contains("Position"));
        assert!(lines[3].contains("     +1,00 │"), "{}", lines[3]);
    }

    #[test]
    fn counts_agree_with_their_noun() {
        assert_eq!(counted(1, "déclaration importée"), "1 déclaration importée");
        assert_eq!(counted(1200, "déclaration importée"), "1\u{202f}200 déclarations importées");
        assert_eq!(counted(0, "ligne"), "0 ligne");
    }

    #[test]
    fn a_period_is_written_in_full() {
        let date = |year, month, day| Some(v1::Date { year, month, day });
        let wire = v1::Period { from: date(2025, 1, 1), to: date(2025, 6, 30) };
        assert_eq!(period(Some(wire)), "du 1er janvier 2025 au 30 juin 2025");
    }
}
