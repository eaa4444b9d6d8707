//! The binary `chambre`: all that it does is in the library beside it.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    chambre_cli::main().await
}
