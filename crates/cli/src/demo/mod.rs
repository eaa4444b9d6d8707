//! Placeholder of `chambre demo`.

use std::process::ExitCode;

/// Arguments of `chambre demo`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Not written yet.
pub async fn run(_args: Args) -> anyhow::Result<ExitCode> {
    anyhow::bail!("commande à venir")
}
