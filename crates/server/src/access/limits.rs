//! How often: a caller its calls, an address its failures to say who it is.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Most keys kept; beyond, those at rest are forgotten, then all: a flood of names never fills the memory.
const MOST_KEYS: usize = 16_384;

/// A token bucket for each key, kept as the instant at which it will be full again.
#[derive(Debug)]
pub struct Limiter<K> {
    /// Time that one use costs.
    each: Duration,
    /// How much may be used at once.
    burst: Duration,
    start: Instant,
    full_at: Mutex<HashMap<K, Duration>>,
}

impl<K: Eq + Hash + Clone> Limiter<K> {
    /// So many uses in a period, and as many at once.
    pub fn new(uses: u32, period: Duration) -> Self {
        let each = period / uses.max(1);
        Self { each, burst: period, start: Instant::now(), full_at: Mutex::default() }
    }

    /// Uses one; or how long to wait.
    pub fn take(&self, key: &K) -> Result<(), Duration> {
        self.take_at(key, self.start.elapsed())
    }

    /// How long a key must wait, without using any.
    pub fn wait(&self, key: &K) -> Option<Duration> {
        let now = self.start.elapsed();
        let full_at = self.lock().get(key).copied()?;
        (full_at + self.each).checked_sub(now + self.burst).filter(|wait| !wait.is_zero())
    }

    fn take_at(&self, key: &K, now: Duration) -> Result<(), Duration> {
        let mut keys = self.lock();
        if let Some(full_at) = keys.get_mut(key) {
            *full_at = self.after(*full_at, now)?;
            return Ok(());
        }
        if keys.len() >= MOST_KEYS {
            keys.retain(|_, full_at| *full_at > now);
            if keys.len() >= MOST_KEYS {
                keys.clear();
            }
        }
        keys.insert(key.clone(), self.after(now, now)?);
        Ok(())
    }

    /// When a bucket will be full again after one use more; or how long to wait for it.
    fn after(&self, full_at: Duration, now: Duration) -> Result<Duration, Duration> {
        let next = full_at.max(now) + self.each;
        match next.checked_sub(now + self.burst).filter(|wait| !wait.is_zero()) {
            Some(wait) => Err(wait),
            None => Ok(next),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<K, Duration>> {
        self.full_at.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Where a stranger comes from: one address in IPv4, one customer's network in IPv6.
#[must_use]
pub fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_then_one_at_a_time() {
        let limiter = Limiter::new(4, Duration::from_secs(1));
        let at = |millis| limiter.take_at(&"a", Duration::from_millis(millis));
        assert!((0..4).all(|_| at(0).is_ok()));
        assert_eq!(at(0), Err(Duration::from_millis(250)));
        assert_eq!(at(100), Err(Duration::from_millis(150)));
        assert!(at(250).is_ok() && at(251).is_err());
        assert!(limiter.take_at(&"b", Duration::from_millis(251)).is_ok(), "each key has its own");
    }

    #[test]
    fn a_flood_of_keys_does_not_fill_the_memory() {
        let limiter = Limiter::new(1, Duration::from_secs(3_600));
        for key in 0..3 * MOST_KEYS {
            let _ = limiter.take_at(&key, Duration::ZERO);
        }
        assert!(limiter.lock().len() <= MOST_KEYS);
    }

    #[test]
    fn looking_uses_nothing() {
        let limiter = Limiter::new(2, Duration::from_secs(3_600));
        assert_eq!(limiter.wait(&1), None);
        assert!(limiter.take(&1).is_ok() && limiter.take(&1).is_ok());
        assert!(limiter.wait(&1).is_some() && limiter.wait(&2).is_none());
    }

    #[test]
    fn a_network_of_ipv6_is_one_stranger() {
        let near = |text: &str| neighbourhood(text.parse().unwrap());
        assert_eq!(near("2001:db8:1:2:3::4"), near("2001:db8:1:2:ffff::1"));
        assert_ne!(near("2001:db8:1:2::1"), near("2001:db8:1:3::1"));
        assert_eq!(near("::ffff:192.0.2.1"), near("192.0.2.1"));
    }
}
