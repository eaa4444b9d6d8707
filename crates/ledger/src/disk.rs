//! The disk gate: writing stops before the disk is full, and goes on when space returns.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Looks at the free space of the data folder, at most a few times a second.
#[derive(Debug)]
pub struct DiskGate {
    folder: PathBuf,
    reserve_bytes: u64,
    looked: Option<Instant>,
    open: bool,
}

impl DiskGate {
    /// A gate that closes when less than `reserve_bytes` are free.
    #[must_use]
    pub fn new(folder: &Path, reserve_bytes: u64) -> Self {
        Self { folder: folder.to_owned(), reserve_bytes, looked: None, open: true }
    }

    /// Whether there is room to write.
    ///
    /// A file system that cannot be asked counts as having room: the write itself will tell.
    pub fn is_open(&mut self) -> bool {
        if self.looked.is_none_or(|looked| looked.elapsed() > Duration::from_millis(200)) {
            self.looked = Some(Instant::now());
            let free =
                rustix::fs::statvfs(&self.folder).map(|stat| stat.f_bavail.saturating_mul(stat.f_frsize));
            let open = free.is_ok_and(|free| free >= self.reserve_bytes) || free.is_err();
            if open != self.open {
                tracing::warn!(open, reserve_bytes = self.reserve_bytes, "disk gate");
            }
            self.open = open;
        }
        self.open
    }
}
