//! How documents write amounts, sides and dates, in French.

use super::error::ReportError;
use crate::export::Dialect;
use crate::wording::{harmless, one_line};
use chambre_domain::{Cents, Period, Seq, french};
use std::borrow::Cow;

/// `1 040,12 €`.
pub(crate) use chambre_domain::french::euros;

/// `1 040,12`: for columns whose head says that amounts are in euros.
pub(crate) fn amount(cents: Cents) -> String {
    euros(cents).trim_end_matches("\u{a0}€").to_owned()
}

/// `+782,09`, `-8,02`, `0,00`.
pub(crate) fn signed(cents: Cents) -> String {
    let sign = if cents.get() > 0 { "+" } else { "" };
    format!("{sign}{}", amount(cents))
}

/// A whole number, with its sign when below zero.
pub(crate) fn count(number: i64) -> String {
    let sign = if number < 0 { "-" } else { "" };
    format!("{sign}{}", french::count(number.unsigned_abs()))
}

/// `à recevoir`, `à payer`, or `soldé`.
pub(crate) const fn side(position: Cents) -> &'static str {
    match position.get() {
        0 => "ni à payer, ni à recevoir",
        1.. => "à recevoir",
        _ => "à payer",
    }
}

/// The amount without its sign.
pub(crate) fn size(cents: Cents) -> Cents {
    cents.checked_neg().map_or(cents, |opposite| cents.max(opposite))
}

/// `1 234`: the number of an écriture.
pub(crate) fn sequence(seq: Seq) -> String {
    french::count(seq.get())
}

/// `du 1er janvier 2025 au 31 décembre 2025`.
pub(crate) fn period(period: Period) -> String {
    format!("du {} au {}", french::long_date(period.from), french::long_date(period.to))
}

/// `1 relogement`, `2 relogements`.
pub(crate) fn plural(number: usize, noun: &str) -> String {
    let number = u64::try_from(number).unwrap_or(u64::MAX);
    format!("{}\u{a0}{noun}{}", french::count(number), if number > 1 { "s" } else { "" })
}

/// A table for a French spreadsheet: byte-order mark, semicolon, CRLF. No cell is a formula.
#[derive(Debug)]
pub(crate) struct Sheet {
    bytes: Vec<u8>,
}

/// A cell: a text, made harmless, or a number that the spreadsheet may read as one.
#[derive(Debug, Clone)]
pub(crate) enum Cell {
    Text(String),
    Number(String),
}

impl Cell {
    pub(crate) fn text(text: impl ToString) -> Self {
        Self::Text(text.to_string())
    }

    /// `-1234,50`: a number for the spreadsheet, and no formula.
    pub(crate) fn euros(amount: Cents) -> Self {
        Self::Number(french::decimal_comma(amount))
    }

    pub(crate) fn number(number: impl ToString) -> Self {
        Self::Number(number.to_string())
    }

    pub(crate) const fn empty() -> Self {
        Self::Text(String::new())
    }
}

impl Sheet {
    pub(crate) fn new(columns: &[&str]) -> Result<Self, ReportError> {
        let mut sheet = Self { bytes: "\u{feff}".as_bytes().to_vec() };
        sheet.row(columns.iter().map(Cell::text))?;
        Ok(sheet)
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = Cell>) -> Result<(), ReportError> {
        let texts: Vec<Cow<'_, str>> = cells
            .into_iter()
            .map(|cell| match cell {
                Cell::Text(text) => Cow::Owned(harmless(&one_line(&text)).into_owned()),
                Cell::Number(number) => Cow::Owned(number),
            })
            .collect();
        let written = Dialect::French.write_row(&texts, &mut self.bytes);
        written.map_err(|error| ReportError::Csv(error.to_string()))
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_say_their_side() {
        assert_eq!(signed(Cents::new(78_209)), "+782,09");
        assert_eq!(signed(Cents::new(-802)), "-8,02");
        assert_eq!(signed(Cents::ZERO), "0,00");
        assert_eq!(side(Cents::new(-1)), "à payer");
        assert_eq!(size(Cents::new(-802)), Cents::new(802));
        assert_eq!(size(Cents::new(i64::MIN)), Cents::new(i64::MIN));
    }

    #[test]
    fn a_negative_number_stays_a_number_and_a_text_never_becomes_a_formula() {
        let mut sheet = Sheet::new(&["A", "B"]).unwrap();
        sheet.row([Cell::euros(Cents::new(-123_450)), Cell::text("-1+cmd|' /C calc'!A0")]).unwrap();
        let text = String::from_utf8(sheet.finish()).unwrap();
        assert_eq!(text, "\u{feff}A;B\r\n-1234,50;'-1+cmd|' /C calc'!A0\r\n");
    }
}
