//! Rate limiting: a token bucket per client.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::client::Client;
use super::lru::LruMap;
use crate::config::RateLimit;

/// Bounds the memory, however many addresses an attacker uses. Beyond it, the client that asked longest ago is forgotten.
const MAX_CLIENTS: usize = 100_000;

/// The token buckets of all clients.
#[derive(Debug, Default)]
pub struct RateLimiter(Mutex<LruMap<Client, TokenBucket>>);

#[derive(Debug, Clone, Copy)]
struct TokenBucket {
    tokens: f64,
    updated: Instant,
}

impl TokenBucket {
    fn refill(self, limit: RateLimit, now: Instant) -> TokenBucket {
        let elapsed = now.saturating_duration_since(self.updated).as_secs_f64();
        TokenBucket { tokens: (self.tokens + elapsed * limit.per_second).min(limit.burst), updated: now }
    }
}

impl RateLimiter {
    /// Takes a token for a request.
    ///
    /// # Errors
    /// The bucket is empty: how long until the next token.
    pub fn try_take(&self, client: Client, limit: RateLimit, now: Instant) -> Result<(), Duration> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let client = client.network();
        if all.get(&client).is_none() {
            all.insert(client, TokenBucket { tokens: limit.burst, updated: now });
            if all.len() > MAX_CLIENTS {
                all.evict();
            }
        }
        let Some(bucket) = all.get(&client) else { return Ok(()) };
        *bucket = bucket.refill(limit, now);
        if bucket.tokens < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - bucket.tokens) / limit.per_second));
        }
        bucket.tokens -= 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    #[test]
    fn buckets_empty_and_refill() {
        let (limiter, limit) = (RateLimiter::default(), RateLimit { per_second: 2.0, burst: 3.0 });
        let known = |address: &str| Client::Address(address.parse().unwrap());
        let (start, client) = (Instant::now(), known("192.0.2.1"));
        let after = |seconds: f64| start + Duration::from_secs_f64(seconds);
        assert!((0..3).all(|_| limiter.try_take(client, limit, start).is_ok()));
        assert_eq!(limiter.try_take(client, limit, start), Err(Duration::from_millis(500)));
        assert!(limiter.try_take(known("192.0.2.2"), limit, start).is_ok());
        assert!(limiter.try_take(client, limit, after(0.5)).is_ok());
        assert!(limiter.try_take(client, limit, after(0.6)).is_err());
        assert!((0..3).all(|_| limiter.try_take(client, limit, after(60.0)).is_ok()));
        assert!(limiter.try_take(client, limit, after(60.0)).is_err());
        // A clock that goes backwards changes nothing.
        assert!(limiter.try_take(client, limit, start).is_err());
    }

    #[test]
    fn memory_is_bounded() {
        let (limiter, limit, start) =
            (RateLimiter::default(), RateLimit { per_second: 1.0, burst: 2.0 }, Instant::now());
        for number in 0..(MAX_CLIENTS as u32 + 5000) {
            let _ = limiter.try_take(Client::Address(IpAddr::V4(number.into())), limit, start);
        }
        assert!(limiter.0.lock().unwrap().len() <= MAX_CLIENTS);
    }

    /// However many others ask, a client that goes on asking stays limited.
    #[test]
    fn a_client_that_goes_on_asking_is_not_forgotten() {
        let (limiter, limit, start) =
            (RateLimiter::default(), RateLimit { per_second: 0.001, burst: 1.0 }, Instant::now());
        let client = Client::Address("2001:db8::1".parse().unwrap());
        assert!(limiter.try_take(client, limit, start).is_ok());
        for number in 0..3 * MAX_CLIENTS as u32 {
            let _ = limiter.try_take(Client::Address(IpAddr::V4(number.into())), limit, start);
            if number % 1000 == 0 {
                assert!(limiter.try_take(client, limit, start).is_err(), "after {number} others");
            }
        }
    }
}
