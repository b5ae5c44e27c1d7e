//! The subscribers that aggregators report in their user agents.
//!
//! Any client can make up names, so they are bounded. The client that brought the most names loses one of its own to a new
//! name: first those that were reported once only, then the least recently used. So a flood of invented names removes itself,
//! and an aggregator that was counted stays unless its own address sends the flood.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use super::client::Client;
use crate::model::Timestamp;

/// The aggregators of a feed.
const MAX_AGGREGATORS: usize = 100;
/// The bytes of an aggregator's name.
const MAX_NAME_BYTES: usize = 64;
/// More than anybody has; larger numbers become this one.
const MAX_SUBSCRIBERS: u64 = 1_000_000_000;
/// Seconds after which an aggregator that no longer asks is not counted: 31 days.
const MAX_AGE: i64 = 31 * 24 * 60 * 60;

/// What the aggregators of a feed report, by their names.
#[derive(Debug, Default)]
pub struct Aggregators {
    by_name: BTreeMap<String, Report>,
    /// The number of reports so far; it orders them within a second.
    reports: u64,
}

/// The last report of an aggregator.
#[derive(Debug)]
struct Report {
    subscribers: u64,
    at: Timestamp,
    number: u64,
    /// Whether there was an earlier one.
    is_repeated: bool,
    /// The client that reported it first.
    client: Client,
}

impl Aggregators {
    /// Records a report.
    pub fn record(&mut self, (name, subscribers): (&str, u64), client: Client, now: Timestamp) {
        self.reports += 1;
        let number = self.reports;
        if let Some(report) = self.by_name.get_mut(name) {
            (report.subscribers, report.at, report.number, report.is_repeated) = (subscribers, now, number, true);
            return;
        }
        if self.by_name.len() >= MAX_AGGREGATORS {
            self.evict(now);
        }
        let client = client.network();
        self.by_name.insert(name.to_owned(), Report { subscribers, at: now, number, is_repeated: false, client });
    }

    /// The names and subscribers that were reported lately.
    pub fn current(&self, now: Timestamp) -> impl Iterator<Item = (&str, u64)> {
        let current = self.by_name.iter().filter(move |(_, report)| report.is_current(now));
        current.map(|(name, report)| (name.as_str(), report.subscribers))
    }

    fn evict(&mut self, now: Timestamp) {
        self.by_name.retain(|_, report| report.is_current(now));
        if self.by_name.len() < MAX_AGGREGATORS {
            return;
        }
        let mut names: HashMap<Client, usize> = HashMap::new();
        self.by_name.values().for_each(|report| *names.entry(report.client).or_default() += 1);
        let rank = |report: &Report| (names[&report.client], !report.is_repeated, Reverse(report.number));
        let evicted = self.by_name.iter().max_by_key(|(_, report)| rank(report)).map(|(name, _)| name.clone());
        if let Some(name) = evicted {
            self.by_name.remove(&name);
        }
    }
}

impl Report {
    fn is_current(&self, now: Timestamp) -> bool {
        now.0.saturating_sub(self.at.0) < MAX_AGE
    }
}

/// The name of an aggregator and its number of subscribers, as in `Feedly/1.0 (…; 42 subscribers; …)`.
pub fn parse(user_agent: &str) -> Option<(&str, u64)> {
    let end = memchr::memmem::find(user_agent.as_bytes(), b" subscriber")?;
    let before = &user_agent[..end];
    let digits = before.len() - before.bytes().rev().take_while(u8::is_ascii_digit).count();
    if digits == before.len() {
        return None;
    }
    // Digits alone: what is no number is too large.
    let subscribers = before[digits..].parse().map_or(MAX_SUBSCRIBERS, |count: u64| count.min(MAX_SUBSCRIBERS));
    let name = user_agent.split(['/', ' ', '\t', ';', '(']).next()?;
    (!name.is_empty() && name.len() <= MAX_NAME_BYTES).then_some((name, subscribers))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24 * 60 * 60;

    fn client(number: u32) -> Client {
        Client::Address(std::net::IpAddr::V4(number.into()))
    }

    fn current(aggregators: &Aggregators, now: Timestamp) -> Vec<(&str, u64)> {
        aggregators.current(now).collect()
    }

    #[test]
    fn subscribers_are_read_from_user_agents() {
        for (agent, expected) in [
            (
                "Feedly/1.0 (+http://www.feedly.com/fetcher.html; 42 subscribers; like FeedFetcher-Google)",
                Some(("Feedly", 42)),
            ),
            ("Feedbin feed-id:1 - 7 subscribers", Some(("Feedbin", 7))),
            ("NewsBlur Feed Fetcher - 1 subscriber - http://x", Some(("NewsBlur", 1))),
            ("Tab\there 3 subscribers", Some(("Tab", 3))),
            ("A 000000000000000000000000000000042 subscribers", Some(("A", 42))),
            ("A 18446744073709551615 subscribers", Some(("A", MAX_SUBSCRIBERS))),
            ("A 99999999999999999999999999 subscribers", Some(("A", MAX_SUBSCRIBERS))),
            ("A 1000000001 subscribers", Some(("A", MAX_SUBSCRIBERS))),
            ("x subscribers", None),
            (" 5 subscribers", None),
            ("curl/8", None),
        ] {
            assert_eq!(parse(agent), expected, "{agent}");
        }
        assert_eq!(parse(&format!("{} 1 subscriber", "a".repeat(MAX_NAME_BYTES + 1))), None);
    }

    #[test]
    fn a_report_counts_for_31_days() {
        let mut aggregators = Aggregators::default();
        aggregators.record(("one", 5), client(1), Timestamp(0));
        aggregators.record(("one", 6), client(1), Timestamp(DAY));
        aggregators.record(("two", 7), client(2), Timestamp(2 * DAY));
        assert_eq!(current(&aggregators, Timestamp(31 * DAY)), [("one", 6), ("two", 7)]);
        assert_eq!(current(&aggregators, Timestamp(32 * DAY)), [("two", 7)]);
        assert_eq!(current(&aggregators, Timestamp(-DAY)), [("one", 6), ("two", 7)]);
    }

    /// A client invents names as fast as it can, before, between and after the reports of real aggregators.
    #[test]
    fn invented_names_do_not_displace_real_ones() {
        let now = Timestamp(0);
        let mut aggregators = Aggregators::default();
        let flood = |aggregators: &mut Aggregators, round: usize| {
            for number in 0..5 * MAX_AGGREGATORS {
                aggregators.record((&format!("bot{round}-{number}"), 1), client(66), now);
            }
        };
        for round in 0..20 {
            flood(&mut aggregators, round);
            let real = round as u32;
            aggregators.record((&format!("real{real}"), 1), client(real), now);
        }
        flood(&mut aggregators, 20);
        let current = current(&aggregators, now);
        assert_eq!(current.iter().filter(|(name, _)| name.starts_with("real")).count(), 20);
        assert_eq!(current.len(), MAX_AGGREGATORS);
    }

    /// Without a trusted proxy, or from many addresses.
    #[test]
    fn names_that_are_reported_again_outlast_those_that_are_not() {
        for is_one_client in [true, false] {
            let mut aggregators = Aggregators::default();
            let mut number = 0;
            let mut record = |aggregators: &mut Aggregators, name: &str| {
                number += 1;
                aggregators.record((name, 1), client(if is_one_client { 1 } else { number }), Timestamp(0));
            };
            record(&mut aggregators, "real");
            record(&mut aggregators, "real");
            (0..10 * MAX_AGGREGATORS).for_each(|bot| record(&mut aggregators, &format!("bot{bot}")));
            let current = current(&aggregators, Timestamp(0));
            assert!(current.contains(&("real", 1)) && current.len() == MAX_AGGREGATORS);
            // The others go by their last use.
            assert!(current.contains(&("bot999", 1)) && !current.contains(&("bot0", 1)));
        }
    }
}
