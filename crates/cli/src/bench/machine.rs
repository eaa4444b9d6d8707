//! What a measure runs on: without it, a figure means nothing.

use serde::Serialize;
use std::path::Path;

/// The machine, as Linux tells it; empty where it does not.
#[derive(Debug, Clone, Serialize)]
pub struct Machine {
    /// Processors that the program may use.
    pub cores: usize,
    /// Their model.
    pub cpu: String,
    /// Memory, in MiB.
    pub memory_mib: u64,
    /// Version of the kernel.
    pub kernel: String,
    /// File system of the data folder, and its device.
    pub file_system: String,
    /// Until when an answered event is safe.
    pub durability: &'static str,
    /// How the program was compiled.
    pub profile: &'static str,
}

impl Machine {
    /// Reads `/proc`.
    pub fn read(data: &Path) -> Self {
        let text = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let field = |text: &str, name: &str| {
            let line = text.lines().find(|line| line.starts_with(name));
            line.and_then(|line| line.split(':').nth(1))
                .map_or_else(String::new, |value| value.trim().to_owned())
        };
        let memory = field(&text("/proc/meminfo"), "MemTotal");
        let kib: u64 = memory.trim_end_matches(" kB").parse().unwrap_or(0);
        Self {
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            cpu: field(&text("/proc/cpuinfo"), "model name"),
            memory_mib: kib / 1024,
            kernel: text("/proc/sys/kernel/osrelease").trim().to_owned(),
            file_system: file_system(&text("/proc/self/mountinfo"), data),
            durability: "SQLite WAL, synchronous=FULL : chaque réponse part après fsync",
            profile: if cfg!(debug_assertions) { "debug (non significatif)" } else { "release" },
        }
    }
}

/// `ext4 on /dev/vda`: of the mount point that holds the folder.
fn file_system(mounts: &str, folder: &Path) -> String {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    mounts
        .lines()
        .filter_map(|line| {
            let (left, right) = line.split_once(" - ")?;
            let point = left.split(' ').nth(4)?;
            let mut kind = right.split(' ');
            folder.starts_with(point).then(|| {
                (point.len(), format!("{} ({})", kind.next().unwrap_or(""), kind.next().unwrap_or("")))
            })
        })
        .max_by_key(|(length, _)| *length)
        .map_or_else(String::new, |(_, shown)| shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_mount_point_tells_the_file_system() {
        let mounts = "22 1 254:0 / / rw - ext4 /dev/vda rw\n\
                      30 22 0:5 / /nowhere-real/tmp rw shared:1 - tmpfs tmpfs rw\n";
        assert_eq!(file_system(mounts, Path::new("/nowhere-real/tmp/x")), "tmpfs (tmpfs)");
        assert_eq!(file_system(mounts, Path::new("/nowhere-real/data")), "ext4 (/dev/vda)");
    }
}
