//! The disk gate: writing stops before the disk is full, and goes on when space returns.

use std::path::{Path, PathBuf};

/// Looks at the free space of the data folder before each group of events.
///
/// Asking costs a microsecond, a thousandth of the fsync that follows; asking less often would let a fast disk take the
/// whole reserve between two looks.
#[derive(Debug)]
pub struct DiskGate {
    folder: PathBuf,
    reserve_bytes: u64,
    open: bool,
}

impl DiskGate {
    /// A gate that closes when less than `reserve_bytes` are free.
    #[must_use]
    pub fn new(folder: &Path, reserve_bytes: u64) -> Self {
        Self { folder: folder.to_owned(), reserve_bytes, open: true }
    }

    /// Whether there is room to write.
    ///
    /// A file system that cannot be asked counts as having room: the write itself will tell.
    pub fn is_open(&mut self) -> bool {
        let free = rustix::fs::statvfs(&self.folder).map(|stat| stat.f_bavail.saturating_mul(stat.f_frsize));
        let open = free.map_or(true, |free| free >= self.reserve_bytes);
        if open != self.open {
            tracing::warn!(open, reserve_bytes = self.reserve_bytes, "disk gate");
        }
        self.open = open;
        open
    }
}
