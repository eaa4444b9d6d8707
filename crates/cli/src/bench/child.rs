//! The server under measure: a process of its own, so that its memory and its CPU time can be told apart.

use anyhow::Context as _;
use serde::Serialize;
use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Ticks of `/proc/<pid>/stat` in a second: a constant of Linux's interface.
const TICKS: u64 = 100;

/// How long a server may take to close its journal.
const PATIENCE: Duration = Duration::from_secs(60);

/// A `chambre serve` that this process started; killed with it.
#[derive(Debug)]
pub struct Child {
    process: std::process::Child,
    address: String,
    log: PathBuf,
}

/// What a process has used since it started.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Usage {
    /// Resident memory now, in KiB.
    pub resident_kib: u64,
    /// The most it ever was.
    pub peak_kib: u64,
    /// CPU time in the program and in the kernel for it, in milliseconds.
    pub cpu_ms: u64,
}

impl Usage {
    /// What was used since; memory as it is now.
    pub const fn since(self, before: Self) -> Self {
        Self { cpu_ms: self.cpu_ms.saturating_sub(before.cpu_ms), ..self }
    }
}

impl Child {
    /// Starts the server on a free port with these options, and waits until it listens.
    ///
    /// # Errors
    /// A program that cannot be started, or ends without listening: with the end of its log.
    pub fn spawn(data: &Path, options: &[OsString]) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("programme courant")?;
        let log = data.with_extension("log");
        let mut process = Command::new(program)
            .args(["serve", "--listen", "127.0.0.1:0", "--json", "--data"])
            .arg(data)
            .args(options)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&log).with_context(|| log.display().to_string())?)
            .spawn()
            .context("démarrage du serveur")?;
        let out = process.stdout.take().context("sortie du serveur")?;
        let mut child = Self { process, address: String::new(), log };
        let mut out = BufReader::new(out);
        let mut line = String::new();
        out.read_line(&mut line).context("réponse du serveur")?;
        let said: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
        let listening = said["listening"].as_str().with_context(|| child.last_words(&line))?;
        child.address = listening.trim_start_matches("http://").to_owned();
        // Whatever it still says must not fill the pipe.
        std::thread::spawn(move || std::io::copy(&mut out, &mut std::io::sink()));
        Ok(child)
    }

    fn last_words(&self, line: &str) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let tail: Vec<&str> = log.lines().rev().take(5).collect();
        let tail: Vec<&str> = tail.into_iter().rev().collect();
        format!("le serveur n’écoute pas : {}\n{}", line.trim(), tail.join("\n"))
    }

    /// Where it listens.
    pub fn uri(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it has used so far.
    pub fn usage(&self) -> Usage {
        usage(&self.process.id().to_string())
    }

    /// Asks it to stop, and waits until its journal is closed.
    ///
    /// # Errors
    /// A server that does not stop in a minute, or ends with an error.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        let id = self.process.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status().context("kill -TERM")?;
        anyhow::ensure!(asked.success(), "kill -TERM {id} a échoué");
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.process.try_wait()? {
                anyhow::ensure!(status.success(), "le serveur s’est arrêté sur une erreur ({status})");
                let _ = std::fs::remove_file(&self.log);
                return Ok(());
            }
            anyhow::ensure!(Instant::now() < deadline, "le serveur ne s’arrête pas");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Already ended when it was stopped; otherwise the measure failed, and nothing of it is kept.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What this process has used.
pub fn own_usage() -> Usage {
    usage("self")
}

/// CPU time that everything on the machine has used, in milliseconds.
pub fn machine_cpu_ms() -> u64 {
    let stat = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let numbers = stat.lines().next().unwrap_or("").split_whitespace().skip(1).take(8);
    // The fourth and the fifth are idle time, and waiting for the disk.
    let busy = numbers.enumerate().filter(|(place, _)| !matches!(place, 3 | 4));
    let ticks: u64 = busy.filter_map(|(_, number)| number.parse::<u64>().ok()).sum();
    ticks * 1000 / TICKS
}

fn usage(process: &str) -> Usage {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let kib = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap_or("");
        line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or(0)
    };
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name of the program, in brackets, may hold spaces: fields are counted after it.
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u64 =
        after_name.split_whitespace().skip(11).take(2).filter_map(|n| n.parse::<u64>().ok()).sum();
    Usage { resident_kib: kib("VmRSS"), peak_kib: kib("VmHWM"), cpu_ms: ticks * 1000 / TICKS }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_uses_memory() {
        let used = own_usage();
        assert!(used.resident_kib > 0 && used.peak_kib >= used.resident_kib);
    }
}
