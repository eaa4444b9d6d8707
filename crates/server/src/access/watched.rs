//! A file that an operator keeps: read again when it changes, kept as it was when it no longer reads.

use super::SetupError;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, Instant, SystemTime};

/// How often a file is looked at, at most.
const LOOK_EVERY: Duration = Duration::from_secs(1);

type Parse<T> = Box<dyn Fn(&[u8]) -> Result<T, String> + Send + Sync>;

/// What a file says, as of its last sound state.
pub struct Watched<T> {
    path: PathBuf,
    parse: Parse<T>,
    says: RwLock<Arc<T>>,
    seen: Mutex<(Stamp, Instant)>,
    edition: AtomicU64,
}

/// What tells one state of a file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    bytes: u64,
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let file = std::fs::metadata(path).ok()?;
        Some(Self { modified: file.modified().ok(), bytes: file.len() })
    }
}

impl<T> Watched<T> {
    /// Reads a file.
    ///
    /// # Errors
    /// The file, and why it cannot be read.
    pub fn open(
        path: &Path,
        parse: impl Fn(&[u8]) -> Result<T, String> + Send + Sync + 'static,
    ) -> Result<Self, SetupError> {
        let stamp = Stamp::of(path).unwrap_or(Stamp { modified: None, bytes: 0 });
        let bytes = std::fs::read(path).map_err(|error| SetupError::file(path, error))?;
        let says = parse(&bytes).map_err(|error| SetupError::file(path, error))?;
        Ok(Self {
            path: path.to_owned(),
            parse: Box::new(parse),
            says: RwLock::new(Arc::new(says)),
            seen: Mutex::new((stamp, Instant::now())),
            edition: AtomicU64::new(0),
        })
    }

    /// What it says now. A file that has become unreadable is told to the log, and its last sound state holds.
    pub fn get(&self) -> Arc<T> {
        self.look();
        match self.says.read() {
            Ok(says) => Arc::clone(&says),
            Err(poisoned) => Arc::clone(&poisoned.into_inner()),
        }
    }

    /// Which state of the file it is now: another number after each change.
    pub fn edition(&self) -> u64 {
        self.look();
        self.edition.load(Ordering::Acquire)
    }

    fn look(&self) {
        if let Err(error) = self.read_again() {
            tracing::error!(file = %self.path.display(), %error, "this file is not used: its last sound state holds");
        }
    }

    fn read_again(&self) -> Result<(), String> {
        let Ok(mut seen) = self.seen.try_lock() else { return Ok(()) };
        if seen.1.elapsed() < LOOK_EVERY {
            return Ok(());
        }
        seen.1 = Instant::now();
        // A file that is away for the moment of a replacement says what it said.
        let Some(stamp) = Stamp::of(&self.path).filter(|stamp| *stamp != seen.0) else { return Ok(()) };
        let bytes = std::fs::read(&self.path).map_err(|error| error.to_string())?;
        seen.0 = stamp;
        let says = Arc::new((self.parse)(&bytes)?);
        if let Ok(mut current) = self.says.write() {
            *current = says;
        }
        self.edition.fetch_add(1, Ordering::Release);
        tracing::info!(file = %self.path.display(), "read again");
        Ok(())
    }
}

impl<T> std::fmt::Debug for Watched<T> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Watched({})", self.path.display())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(bytes: &[u8]) -> Result<u32, String> {
        std::str::from_utf8(bytes).unwrap_or_default().parse().map_err(|_| "not a number".to_owned())
    }

    #[test]
    fn a_changed_file_is_read_again_and_a_spoilt_one_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        std::fs::write(&path, "1").unwrap();
        let watched = Watched::open(&path, number).unwrap();
        let look_now = || {
            let long_ago = Instant::now().checked_sub(LOOK_EVERY * 2).unwrap();
            watched.seen.lock().unwrap().1 = long_ago;
            *watched.get()
        };
        std::fs::write(&path, "22").unwrap();
        assert_eq!((look_now(), watched.edition()), (22, 1));
        std::fs::write(&path, "spoilt").unwrap();
        assert_eq!((look_now(), watched.edition()), (22, 1));
        std::fs::remove_file(&path).unwrap();
        assert_eq!(look_now(), 22);
        assert!(Watched::open(&path, number).unwrap_err().to_string().contains('f'));
    }
}
