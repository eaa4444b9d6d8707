//! One line read cell by cell: what is wrong is noted under its column, and reading goes on.

use super::sheet::Row;
use super::{BadLine, BadLines, plain};
use chambre_api::convert::words::wire_date;
use chambre_api::v1;
use chambre_domain::{Cents, Date, HouseholdId, Reason, Refusal, calendar, french};
use std::ops::RangeInclusive;

/// What a line may hold, and the field of the wire that each column feeds.
#[derive(Debug, PartialEq, Eq)]
pub struct Form {
    /// Name of the form, as in the column `type`.
    pub name: &'static str,
    /// Column and field.
    pub columns: &'static [(&'static str, &'static str)],
}

impl Form {
    /// The column that feeds a field: `amount_cents` and `events[3].works.amount_cents` are « montant ».
    pub fn column_of(&self, field: &str) -> Option<&'static str> {
        let last = field.rsplit('.').next().unwrap_or(field);
        let name = last.split('[').next().unwrap_or(last);
        self.columns.iter().find(|(_, wire)| *wire == name).map(|(column, _)| *column)
    }
}

/// Reads the cells of a line.
pub struct Cells<'a> {
    row: &'a Row,
    bad: &'a mut BadLines,
    faults_before: usize,
}

impl<'a> Cells<'a> {
    /// Begins to read a line.
    pub fn new(row: &'a Row, bad: &'a mut BadLines) -> Self {
        let faults_before = bad.count;
        Self { row, bad, faults_before }
    }

    /// Whether nothing was wrong so far.
    pub fn sound(&self) -> bool {
        self.bad.count == self.faults_before
    }

    /// A cell, as typed.
    pub fn typed(&self, column: &str) -> Option<&'a str> {
        let row: &'a Row = self.row;
        row.cells.get(column).map(String::as_str)
    }

    /// Refuses cells that the form does not have: a column shifted by one would be read otherwise.
    pub fn only(&mut self, form: &Form) {
        let foreign =
            self.row.cells.keys().filter(|cell| !form.columns.iter().any(|(column, _)| column == *cell));
        for column in foreign.copied().collect::<Vec<_>>() {
            let french = format!("cette colonne reste vide pour « {} ».", form.name);
            self.fault(column, "COLUMN_FOREIGN", french);
        }
    }

    /// A required text, as typed once `parse` accepts it.
    pub fn text<T>(&mut self, column: &'static str, parse: fn(&str, &str) -> Result<T, Refusal>) -> String {
        self.required(column, |text| parse(column, text).map(|_| text.to_owned())).unwrap_or_default()
    }

    /// A text that may be left out.
    pub fn optional_text<T>(
        &mut self,
        column: &'static str,
        parse: fn(&str, &str) -> Result<T, Refusal>,
    ) -> String {
        self.optional(column, |text| parse(column, text).map(|_| text.to_owned())).unwrap_or_default()
    }

    /// A required value, as `parse` reads it.
    pub fn value<T>(
        &mut self,
        column: &'static str,
        parse: impl FnOnce(&str, &str) -> Result<T, Refusal>,
    ) -> Option<T> {
        self.required(column, |text| parse(column, text))
    }

    /// A value that may be left out, as `parse` reads it.
    pub fn optional_value<T>(
        &mut self,
        column: &'static str,
        parse: impl FnOnce(&str, &str) -> Result<T, Refusal>,
    ) -> Option<T> {
        self.optional(column, |text| parse(column, text))
    }

    /// The items of a list, separated by `|`; nothing for an empty cell.
    pub fn items(&self, column: &str) -> Vec<&'a str> {
        let items = self.typed(column).unwrap_or_default().split('|').map(str::trim);
        items.filter(|item| !item.is_empty()).collect()
    }

    /// The items of a list, as `parse` reads each; every item refused is told.
    pub fn list<T>(
        &mut self,
        column: &'static str,
        parse: impl Fn(&str, &str) -> Result<T, Refusal>,
    ) -> Vec<T> {
        let items = self.items(column).into_iter();
        items.filter_map(|item| self.item(column, item, parse(column, item))).collect()
    }

    /// One item of a list, once read.
    pub fn item<T>(&mut self, column: &'static str, item: &str, read: Result<T, Refusal>) -> Option<T> {
        read.map_err(|refusal| self.fault(column, refusal.reason.code(), sentence(&refusal, Some(item)))).ok()
    }

    /// The words of an item, as many as its `shape` names.
    pub fn words<'b, const N: usize>(
        &mut self,
        column: &'static str,
        item: &'b str,
        shape: &str,
    ) -> Option<[&'b str; N]> {
        let words: Vec<&str> = item.split_whitespace().collect();
        let count = words.len();
        let found = words.try_into().ok();
        if found.is_none() {
            let french = format!(
                "« {} » compte {count} mots ; écrivez « {shape} », séparés par une espace, et | entre deux éléments.",
                cut(item)
            );
            self.fault(column, "ITEM_SHAPE", french);
        }
        found
    }

    /// One word of an item, which a list knows.
    pub fn known<T: Copy>(&mut self, column: &'static str, text: &str, words: &[(&str, T)]) -> Option<T> {
        let found = words.iter().find(|(word, _)| *word == plain(text)).map(|(_, value)| *value);
        if found.is_none() {
            let list: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let french = format!("« {} » n’est pas dans la liste : {}.", cut(text), list.join(", "));
            self.fault(column, Reason::ValueUnknown.code(), french);
        }
        found
    }

    /// A whole number within bounds that may be left out.
    pub fn optional_whole<T: TryFrom<u32>>(
        &mut self,
        column: &'static str,
        bounds: RangeInclusive<u32>,
    ) -> Option<T> {
        let text = self.typed(column)?;
        let found =
            text.parse().ok().filter(|number| bounds.contains(number)).and_then(|n| T::try_from(n).ok());
        if found.is_none() {
            let french = format!(
                "« {} » n’est pas un nombre entier de {} à {}.",
                cut(text),
                bounds.start(),
                bounds.end()
            );
            self.fault(column, Reason::ValueRange.code(), french);
        }
        found
    }

    /// A required whole number within bounds.
    pub fn whole<T: TryFrom<u32>>(&mut self, column: &'static str, bounds: RangeInclusive<u32>) -> Option<T> {
        self.require(column);
        self.optional_whole(column, bounds)
    }

    /// A number of zero or more, as a whole number of its last decimal: `1,8` with one decimal is 18.
    pub fn decimal(&mut self, column: &'static str, text: &str, decimals: usize) -> Option<i64> {
        let found = scaled(text, decimals);
        if found.is_none() {
            let french = format!(
                "« {} » n’est pas un nombre de zéro ou plus, avec {decimals} chiffre(s) au plus après la virgule.",
                cut(text)
            );
            self.fault(column, Reason::ValueRange.code(), french);
        }
        found
    }

    /// A required day, as the chamber counts them.
    pub fn date(&mut self, column: &'static str) -> Option<Date> {
        self.required(column, |text| calendar::parse_date(column, text))
    }

    /// A day that may be left out.
    pub fn optional_date(&mut self, column: &'static str) -> Option<Date> {
        self.optional(column, |text| calendar::parse_date(column, text))
    }

    /// Two cells that are both filled or both empty.
    pub fn together(&mut self, first: &'static str, second: &'static str) {
        for (given, missing) in [(first, second), (second, first)] {
            if self.typed(given).is_some() && self.typed(missing).is_none() {
                let french = format!("cette colonne va avec « {given} ». Remplissez les deux, ou aucune.");
                self.fault(missing, Reason::FieldMissing.code(), french);
            }
        }
    }

    /// A required day.
    pub fn day(&mut self, column: &'static str) -> Option<v1::Date> {
        self.required(column, |text| calendar::parse_date(column, text)).map(wire_date)
    }

    /// A required amount in euros, as cents.
    pub fn euros(&mut self, column: &'static str) -> i64 {
        self.required(column, |text| Cents::parse_euros(column, text)).unwrap_or_default().get()
    }

    /// An amount in euros that may be left out.
    pub fn optional_euros(&mut self, column: &'static str) -> Option<i64> {
        self.optional(column, |text| Cents::parse_euros(column, text)).map(Cents::get)
    }

    /// A required word of a list.
    pub fn word<T: Copy>(&mut self, column: &'static str, words: &[(&str, T)]) -> Option<T> {
        self.require(column);
        self.optional_word(column, words)
    }

    /// A word of a list that may be left out.
    pub fn optional_word<T: Copy>(&mut self, column: &'static str, words: &[(&str, T)]) -> Option<T> {
        let text = self.typed(column)?;
        self.known(column, text, words)
    }

    /// Notes what a check of the whole line refused, under the column of its field.
    pub fn refuse_field(&mut self, form: &Form, refusal: &Refusal) {
        match form.column_of(&refusal.field) {
            Some(column) => self.refuse(column, refusal),
            None => self.fault(&refusal.field, refusal.reason.code(), sentence(refusal, None)),
        }
    }

    fn required<T>(
        &mut self,
        column: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Refusal>,
    ) -> Option<T> {
        self.require(column);
        self.optional(column, parse)
    }

    fn require(&mut self, column: &'static str) {
        if self.typed(column).is_none() {
            self.refuse(column, &Refusal::new(Reason::FieldMissing, column, ""));
        }
    }

    fn optional<T>(
        &mut self,
        column: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Refusal>,
    ) -> Option<T> {
        match parse(self.typed(column)?) {
            Ok(value) => Some(value),
            Err(refusal) => {
                self.refuse(column, &refusal);
                None
            }
        }
    }

    fn refuse(&mut self, column: &str, refusal: &Refusal) {
        self.fault(column, refusal.reason.code(), sentence(refusal, self.typed(column)));
    }

    /// Notes what is wrong under a column.
    pub fn fault(&mut self, field: &str, reason: &str, french: String) {
        let (line, field, reason) = (self.row.line, field.to_owned(), reason.to_owned());
        self.bad.push(BadLine { line, field, reason, french });
    }
}

/// The sentence of a refusal, with the cell as it was typed; a household is never repeated.
fn sentence(refusal: &Refusal, typed: Option<&str>) -> String {
    let secret = matches!(refusal.reason, Reason::HouseholdNir | Reason::HouseholdNur)
        || refusal.value == HouseholdId::HIDDEN;
    let value = match typed {
        Some(text) if !secret => format!(" (valeur reçue : « {} »)", cut(text)),
        _ => String::new(),
    };
    let fix = match refusal.reason {
        Reason::AmountTooLarge => "Vérifiez l’unité : ce fichier est en euros.".to_owned(),
        reason => bounds(refusal).unwrap_or_else(|| reason.fix_french().to_owned()),
    };
    format!("{}{value}. {fix}", refusal.reason.french())
}

fn scaled(text: &str, decimals: usize) -> Option<i64> {
    let plain = text.replace(',', ".");
    let (whole, rest) = plain.split_once('.').unwrap_or((plain.as_str(), ""));
    let rest = rest.trim_end_matches('0');
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let readable = !whole.is_empty() && whole.len() <= 9 && digits(whole) && digits(rest);
    let readable = readable && rest.len() <= decimals;
    readable.then(|| format!("{whole}{rest:0<decimals$}").parse().ok()).flatten()
}

/// The bounds of a number out of them, when the refusal tells them; those of an amount in euros.
fn bounds(refusal: &Refusal) -> Option<String> {
    let fact = |name| refusal.facts.iter().find(|(known, _)| *known == name).map(|(_, fact)| fact);
    let range = refusal.reason == Reason::ValueRange;
    match (refusal.field.ends_with("_cents"), fact("min"), fact("max").filter(|_| range)?) {
        (true, _, max) => Some(format!("Indiquez au plus {}.", french::euros(Cents::new(max.parse().ok()?)))),
        (false, Some(min), max) => Some(format!("Indiquez un nombre de {min} à {max}.")),
        (false, None, _) => None,
    }
}

/// A text typed by somebody, short enough for a sentence.
pub fn cut(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
