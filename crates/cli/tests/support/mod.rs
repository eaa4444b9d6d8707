//! A server of the program, run by a test.

use serde_json::Value;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A server that stops with its value.
pub struct Serving {
    process: Child,
    /// Where it listens.
    pub address: String,
}

impl Serving {
    /// `chambre serve` in a folder, on a free port, with more options; ready when this returns.
    pub fn start(folder: &Path, data: &str, options: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_chambre"))
            .current_dir(folder)
            .args(["serve", "--json", "--listen", "127.0.0.1:0", "--data", data])
            .args(options)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut said).unwrap();
        let ready: Value = serde_json::from_str(&said).unwrap();
        let address = ready["listening"].as_str().unwrap().to_owned();
        Self { process, address }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
