//! A foreign client: `tests/python/client.py` speaks to the service from the .proto files alone.
//!
//! It needs Python with grpcio, grpcio-tools and grpcio-status: `CHAMBRE_PYTHON` names one, otherwise `python3`
//! is tried. Without them it is skipped, and says so; when `CHAMBRE_PYTHON` is set it must work.

#![allow(clippy::unwrap_used)]

use scenarios::Chamber;
use std::process::{Command, ExitCode};

const NEEDS: &str = "import grpc, grpc_tools, grpc_status";

fn main() -> ExitCode {
    // The other questions that a test runner asks.
    if std::env::args().any(|argument| argument == "--list") {
        return ExitCode::SUCCESS;
    }
    let named = std::env::var("CHAMBRE_PYTHON").ok();
    let python = named.clone().unwrap_or_else(|| "python3".to_owned());
    if let Err(reason) = run(Command::new(&python).args(["-c", NEEDS])) {
        let reason = reason.lines().last().unwrap_or_default();
        println!("python client: SKIPPED, {python} cannot `{NEEDS}`: {reason}");
        println!(
            "               pip install grpcio grpcio-tools grpcio-status, then CHAMBRE_PYTHON=<python>"
        );
        return if named.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
    }
    // Twice: every call of the client can be sent again.
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let chamber = runtime.block_on(Chamber::open());
    for turn in ["first", "second"] {
        let address = chamber.uri().replace("http://", "");
        let tests = env!("CARGO_MANIFEST_DIR");
        let client = [format!("{tests}/python/client.py"), address, format!("{tests}/../proto")];
        match run(Command::new(&python).args(client)) {
            Ok(told) => println!("python client, {turn} run:\n{told}"),
            Err(reason) => {
                println!("python client, {turn} run: FAILED\n{reason}");
                return ExitCode::FAILURE;
            }
        }
    }
    runtime.block_on(chamber.stop());
    ExitCode::SUCCESS
}

/// What a command prints, or why it failed: its last lines.
fn run(command: &mut Command) -> Result<String, String> {
    let done = command.output().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(if done.status.success() { &done.stdout } else { &done.stderr });
    let lines: Vec<&str> = text.lines().collect();
    let told = lines[lines.len().saturating_sub(20)..].join("\n");
    if done.status.success() { Ok(told) } else { Err(told) }
}
