//! Placeholder of `chambre bench`.

use std::process::ExitCode;

/// Arguments of `chambre bench`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Not written yet.
pub async fn run(_args: Args) -> anyhow::Result<ExitCode> {
    anyhow::bail!("commande à venir")
}
