//! The issuer of tokens at its own address: its keys are asked for at start, every ten minutes, and when a token
//! names one that is not known. A call never waits for that: it is judged with the last set that was sound.

use super::SetupError;
use super::fetch::Document;
use super::jwks::{self, Key};
use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// How often the keys are asked for, without a reason to.
const EVERY: Duration = Duration::from_secs(600);

/// Seconds between two questions that unknown keys cause: whoever forges their names does not make us hammer the
/// issuer.
const BETWEEN_UNKNOWN: i64 = 30;

/// An issuer, and the last sound set of its keys.
#[derive(Debug)]
pub struct Issuer {
    shared: Arc<Shared>,
    asking: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    set: RwLock<Set>,
    edition: AtomicU64,
    unknown_at: AtomicI64,
    unknown: Notify,
}

/// A set, and the bytes it was read from.
#[derive(Debug)]
struct Set {
    bytes: Vec<u8>,
    keys: Arc<Vec<Key>>,
}

impl Set {
    async fn ask(document: &Document) -> Result<Self, String> {
        let bytes = document.get().await?.to_vec();
        let keys = Arc::new(jwks::read(&bytes)?);
        Ok(Self { bytes, keys })
    }
}

impl Issuer {
    /// Asks for the keys, and goes on asking until it is dropped.
    ///
    /// # Errors
    /// The address, and why it gives no set of keys.
    pub async fn open(url: &str, authority: Option<&Path>) -> Result<Self, SetupError> {
        let document = Document::at(url, authority)?;
        let set = Set::ask(&document).await.map_err(|why| SetupError::new(format!("{document}: {why}")))?;
        tracing::info!(url = %document, keys = set.keys.len(), "the keys of the issuer were read");
        let shared = Arc::new(Shared {
            set: RwLock::new(set),
            edition: AtomicU64::new(0),
            unknown_at: AtomicI64::new(i64::MIN),
            unknown: Notify::new(),
        });
        let asking = tokio::spawn(Arc::clone(&shared).ask_on(document));
        Ok(Self { shared, asking })
    }

    /// The last sound set.
    pub fn keys(&self) -> Arc<Vec<Key>> {
        Arc::clone(&self.shared.set.read().unwrap_or_else(PoisonError::into_inner).keys)
    }

    /// Which set it is: another number after each change.
    pub fn edition(&self) -> u64 {
        self.shared.edition.load(Ordering::Acquire)
    }

    /// A token named a key that is not known, at an instant in seconds since 1970.
    pub fn ask_again(&self, now: i64) {
        let last = self.shared.unknown_at.load(Ordering::Acquire);
        let soon = now.saturating_sub(last) < BETWEEN_UNKNOWN && now >= last;
        let swapped =
            || self.shared.unknown_at.compare_exchange(last, now, Ordering::AcqRel, Ordering::Acquire);
        if !soon && swapped().is_ok() {
            self.shared.unknown.notify_one();
        }
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.asking.abort();
    }
}

impl Shared {
    async fn ask_on(self: Arc<Self>, document: Document) {
        loop {
            // Either is a reason to ask.
            let _ = tokio::time::timeout(EVERY, self.unknown.notified()).await;
            match Set::ask(&document).await {
                Ok(set) => self.keep(set, &document),
                Err(error) => {
                    metrics::counter!("chambre_issuer_failures_total").increment(1);
                    tracing::error!(url = %document, %error, "the keys of the issuer were not had: the last sound set holds");
                }
            }
        }
    }

    fn keep(&self, set: Set, document: &Document) {
        let mut known = self.set.write().unwrap_or_else(PoisonError::into_inner);
        if known.bytes == set.bytes {
            return;
        }
        tracing::info!(url = %document, keys = set.keys.len(), "the keys of the issuer have changed");
        *known = set;
        drop(known);
        self.edition.fetch_add(1, Ordering::Release);
    }
}
