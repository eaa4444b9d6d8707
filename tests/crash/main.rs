//! Crash tests: what was acknowledged survives a power cut, a kill -9 and a full disk.
//!
//! | file | what it crashes |
//! |---|---|
//! | `power_loss` | the disk, at 500 points of a recorded run (`recorder.c`, `disk.rs`, program `journal-writer`) |
//! | `kill_nine` | the service as its own process, 50 times under load (program `crash-service`) |
//! | `placements` | the matching and its ledger, two processes, either of them 50 times: each placement arrives once |
//! | `disk_full` | a small tmpfs, with and without the disk reserve |
//!
//! They need a C compiler (`cc`), and for the full disk the right to mount a tmpfs.

#[cfg(test)]
mod declarations;
#[cfg(test)]
mod disk;
#[cfg(test)]
mod disk_full;
#[cfg(test)]
mod kill_nine;
#[cfg(test)]
mod placements;
#[cfg(test)]
mod power_loss;
#[cfg(test)]
mod process;
