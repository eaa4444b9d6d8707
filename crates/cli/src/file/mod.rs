//! Spreadsheets: how they are read, how a line becomes a declaration, and what is wrong with a line.
//!
//! | file | what it holds |
//! |---|---|
//! | [`sheet`] | a CSV file as lines of named cells |
//! | [`cells`] | one line, read cell by cell; what is wrong is noted, reading goes on |
//! | [`declaration`] | the lines of an import |
//! | [`registration`] | the lines of a register of bailleurs or of operations |
//! | [`need`], [`offer`], [`reserve`], [`transfer`] | the lines of a matching: needs, dwellings, contingents and ANRU
//! operations, transfers |
//! | [`policy`] | no spreadsheet: the TOML file of a policy |
//! | [`folder`] | the folder of a matching, with everything wrong in its files |
//! | [`question`] | no spreadsheet: the JSON file of positions of a plan |

pub mod cells;
pub mod declaration;
pub mod folder;
pub mod need;
pub mod offer;
pub mod policy;
pub mod question;
pub mod registration;
pub mod reserve;
pub mod sheet;
pub mod transfer;

use crate::look;
use crate::report::Exit;
use serde::Serialize;
use std::fmt;

/// Most lines shown to a person; a program receives them all.
const MOST_SHOWN: usize = 100;

/// What is wrong in one line of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BadLine {
    /// Number of the line, from 1, the heading included.
    pub line: u64,
    /// Column, as in the heading; empty for the whole line.
    pub field: String,
    /// Stable reason.
    pub reason: String,
    /// The sentence, in French.
    pub french: String,
}

/// Everything that is wrong in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadLines {
    /// With which code the program ends: input (2), or a rule of the trade (1).
    pub exit: Exit,
    /// How many faults there are, those not told included.
    pub count: usize,
    lines: Vec<BadLine>,
}

impl Default for BadLines {
    fn default() -> Self {
        Self { exit: Exit::Usage, count: 0, lines: Vec::new() }
    }
}

impl BadLines {
    /// Notes a fault.
    pub fn push(&mut self, bad: BadLine) {
        self.count += 1;
        self.lines.push(bad);
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The faults told, in the order of the lines.
    pub fn first(&self) -> Vec<&BadLine> {
        let mut lines: Vec<&BadLine> = self.lines.iter().collect();
        lines.sort_by_key(|bad| bad.line);
        lines
    }
}

impl fmt::Display for BadLines {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} ; rien n’est enregistré.", look::counted(self.count, "anomalie"))?;
        let shown = self.first();
        for BadLine { line, field, french, .. } in shown.iter().take(MOST_SHOWN) {
            if field.is_empty() {
                write!(out, "\n  ligne {line} : {french}")?;
            } else {
                write!(out, "\n  ligne {line}, colonne « {field} » : {french}")?;
            }
        }
        match self.count.saturating_sub(MOST_SHOWN.min(shown.len())) {
            0 => Ok(()),
            left => write!(out, "\n  … et {} de plus.", look::counted(left, "anomalie")),
        }
    }
}

/// Everything that is wrong in several files read together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BadFiles(Vec<(&'static str, BadLines)>);

impl BadFiles {
    /// Adds what is wrong in a file.
    pub fn push(&mut self, file: &'static str, bad: BadLines) {
        match self.0.iter_mut().find(|(known, _)| *known == file) {
            Some((_, known)) => {
                known.count += bad.count;
                known.lines.extend(bad.lines);
            }
            None => self.0.push((file, bad)),
        }
    }

    /// How many faults there are.
    pub fn count(&self) -> usize {
        self.0.iter().map(|(_, bad)| bad.count).sum()
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// Every fault with its file, in the order of the files and of the lines.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, &BadLine)> {
        self.0.iter().flat_map(|(file, bad)| bad.first().into_iter().map(|line| (*file, line)))
    }
}

impl fmt::Display for BadFiles {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} ; rien n’est écrit.", look::counted(self.count(), "anomalie"))?;
        for (file, BadLine { line, field, french, .. }) in self.all().take(MOST_SHOWN) {
            if field.is_empty() {
                write!(out, "\n  {file}, ligne {line} : {french}")?;
            } else {
                write!(out, "\n  {file}, ligne {line}, colonne « {field} » : {french}")?;
            }
        }
        match self.count().saturating_sub(MOST_SHOWN) {
            0 => Ok(()),
            left => write!(out, "\n  … et {} de plus.", look::counted(left, "anomalie")),
        }
    }
}

/// A word as people vary it: case, accents, spaces and hyphens do not count. `Fin de bail` is `fin_de_bail`.
pub fn plain(text: &str) -> String {
    let mut word = String::with_capacity(text.len());
    for letter in text.chars().flat_map(char::to_lowercase) {
        match letter {
            'à' | 'â' | 'ä' => word.push('a'),
            'é' | 'è' | 'ê' | 'ë' => word.push('e'),
            'î' | 'ï' => word.push('i'),
            'ô' | 'ö' => word.push('o'),
            'ù' | 'û' | 'ü' => word.push('u'),
            'ç' => word.push('c'),
            'œ' => word.push_str("oe"),
            letter if letter.is_alphanumeric() => word.push(letter),
            _ if word.is_empty() || word.ends_with('_') => {}
            _ => word.push('_'),
        }
    }
    word.trim_end_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bad(line: u64) -> BadLine {
        BadLine {
            line,
            field: "montant".to_owned(),
            reason: "AMOUNT_FORMAT".to_owned(),
            french: "faux.".to_owned(),
        }
    }

    #[test]
    fn a_hundred_faults_are_shown_in_order_and_the_rest_is_counted() {
        let mut lines = BadLines::default();
        (1..=250).rev().for_each(|line| lines.push(bad(line)));
        let text = lines.to_string();
        assert!(
            text.starts_with(
                "250 anomalies ; rien n’est enregistré.\n  ligne 1, colonne « montant » : faux."
            )
        );
        assert!(text.contains("ligne 100,") && !text.contains("ligne 101,"));
        assert!(text.ends_with("… et 150 anomalies de plus."));
        assert_eq!(lines.first().len(), 250);
    }

    #[test]
    fn words_are_compared_as_people_write_them() {
        for text in ["Fin de bail", "FIN_DE_BAIL", " fin-de-bail "] {
            assert_eq!(plain(text), "fin_de_bail");
        }
        assert_eq!(plain("Indemnité"), "indemnite");
    }
}
