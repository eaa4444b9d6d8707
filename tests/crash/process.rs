//! The service as a process of its own.

use std::path::Path;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

pub struct Service {
    process: Child,
    /// Where it listens.
    pub uri: String,
}

impl Service {
    /// Starts the service on a folder as it was left, and waits for its address.
    pub async fn start(folder: &Path, more: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_crash-service"))
            .arg(folder)
            .args(more)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let said = BufReader::new(process.stdout.take().unwrap()).lines().next_line().await.unwrap();
        let address = said.expect("the service starts on what the kill left, with no manual step");
        Self { process, uri: format!("http://{address}") }
    }

    /// Ends it as kill -9 does.
    pub async fn kill(&mut self) {
        self.process.kill().await.unwrap();
    }
}
