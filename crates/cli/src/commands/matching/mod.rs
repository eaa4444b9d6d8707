//! `chambre match`: who goes where, without server or with it.
//!
//! | file | what it holds |
//! |---|---|
//! | [`folder`] | `match DIR`: needs and offers of a folder, read against the rules |
//! | [`decision`] | the best assignment of a folder, proven, contingents kept |
//! | [`answer`], [`placement`], [`why`], [`notes`] | what is answered: placements, why the others have none, what was not read |
//! | [`summary`] | the same in French, for the screen |
//! | [`needs_report`], [`files`] | the needs of the month, as a table; the files, whole or not at all |
//! | [`service`] | `match run`, `propose`…: the matching kept by the server |
//! | [`graph`] | `match --graph`: a prepared instance; its answer is JSON |

mod answer;
mod decision;
mod files;
mod folder;
mod graph;
mod needs_report;
mod notes;
mod placement;
pub mod service;
mod summary;
mod why;

use crate::failure::Failure;
use crate::report::Report;

/// What is matched.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Args {
    #[command(flatten)]
    folder: folder::FolderOptions,
    #[command(flatten)]
    graph: graph::GraphOptions,
    #[command(subcommand)]
    pub command: Option<service::Command>,
}

impl Args {
    /// Whether the answer is JSON.
    pub const fn json(&self) -> bool {
        if let Some(command) = &self.command {
            return command.server().json;
        }
        self.folder.json || self.graph.graph.is_some()
    }
}

/// Matches what was asked.
///
/// # Errors
/// Nothing to match; files that cannot be read or are wrong.
pub fn run(args: &Args, json: bool) -> Result<Report, Failure> {
    match (&args.folder.folder, &args.graph.graph) {
        (Some(folder), None) => folder::run(folder, &args.folder, json),
        (None, Some(file)) => graph::run(file, &args.graph),
        _ => Err(Failure::usage("rien à apparier : indiquez un DOSSIER, ou --graph FICHIER.")),
    }
}
