//! What a command answers: a text for a person, the same as JSON for a program.

use serde_json::Value;
use std::io::Write as _;
use std::process::ExitCode;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Exit {
    /// Done.
    #[default]
    Done = 0,
    /// Refused by a rule of the trade.
    Refused = 1,
    /// Wrong usage or input.
    Usage = 2,
    /// The server, the disk or the journal.
    Infrastructure = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// The answer of a command that did what was asked.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Report {
    /// For a person.
    pub text: String,
    /// For a program; null when it was told on the way.
    pub json: Value,
    /// How the program ends with it.
    pub exit: Exit,
}

impl Report {
    /// An answer, both ways.
    pub fn new(text: impl Into<String>, json: Value) -> Self {
        Self { text: text.into(), json, exit: Exit::Done }
    }

    /// The same, as the answer that what was asked cannot be done.
    pub fn refused(self) -> Self {
        Self { exit: Exit::Refused, ..self }
    }

    /// Prints it on the standard output.
    pub fn print(&self, json: bool) -> ExitCode {
        if json && !self.json.is_null() {
            print(&self.json.to_string());
        } else if !self.text.is_empty() {
            print(&self.text);
        }
        self.exit.into()
    }
}

/// Writes a line on the standard output. A reader that went away (`| head`) is no error.
pub fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{}", text.trim_end()).and_then(|()| out.flush());
}

/// Writes a line on the standard error.
pub fn warn(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", text.trim_end());
}
