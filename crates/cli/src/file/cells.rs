//! One line read cell by cell: what is wrong is noted under its column, and reading goes on.

use super::sheet::Row;
use super::{BadLine, BadLines, plain};
use chambre_api::convert::words::wire_date;
use chambre_api::v1;
use chambre_domain::{Cents, HouseholdId, Reason, Refusal, calendar};

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
        match self.typed(column) {
            Some(_) => self.optional_word(column, words),
            None => {
                self.refuse(column, &Refusal::new(Reason::FieldMissing, column, ""));
                None
            }
        }
    }

    /// A word of a list that may be left out.
    pub fn optional_word<T: Copy>(&mut self, column: &'static str, words: &[(&str, T)]) -> Option<T> {
        let text = self.typed(column)?;
        let found = words.iter().find(|(word, _)| *word == plain(text)).map(|(_, value)| *value);
        if found.is_none() {
            let list: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let french = format!("« {} » n’est pas dans la liste : {}.", cut(text), list.join(", "));
            self.fault(column, Reason::ValueUnknown.code(), french);
        }
        found
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
        if self.typed(column).is_none() {
            self.refuse(column, &Refusal::new(Reason::FieldMissing, column, ""));
        }
        self.optional(column, parse)
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

    fn fault(&mut self, field: &str, reason: &str, french: String) {
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
        Reason::AmountTooLarge => "Vérifiez l’unité : ce fichier est en euros.",
        reason => reason.fix_french(),
    };
    format!("{}{value}. {fix}", refusal.reason.french())
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
