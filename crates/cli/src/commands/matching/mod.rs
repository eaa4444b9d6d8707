//! `chambre match`: who goes where, without server.
//!
//! | file | what it holds |
//! |---|---|
//! | [`graph`] | `match --graph`: a prepared instance; its answer is JSON |

mod graph;

use crate::failure::Failure;
use crate::report::Report;

/// What is matched.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Args {
    #[command(flatten)]
    graph: graph::Options,
}

impl Args {
    /// Whether the answer is JSON in any case.
    pub const fn json(&self) -> bool {
        self.graph.graph.is_some()
    }
}

/// Matches what was asked.
///
/// # Errors
/// Nothing to match; files that cannot be read or are wrong.
pub fn run(args: &Args) -> Result<Report, Failure> {
    match &args.graph.graph {
        Some(file) => graph::run(file, &args.graph),
        None => Err(Failure::usage("rien à apparier : indiquez --graph FICHIER.")),
    }
}
