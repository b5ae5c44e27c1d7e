//! How strongly groups of entries are linked, by the scores of all pairs between them (agglomerative clustering).
//!
//! The strength of a link is a logarithm of odds: mostly that of its best pair, and to a part the mean of all pairs, so that
//! a group does not take in an entry that resembles one of its members by chance.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use super::ScoredPair;

/// Groups are merged by a link of at least this strength, and of more where few entries tell how rare a word is: of this much
/// more, divided by their number.
const MIN_STRENGTH: f64 = 1.0;
const FEW_ENTRIES: f64 = 5.0;
/// The share of the best pair in the strength; the rest is the mean of all pairs.
const BEST_SHARE: f64 = 0.7;
/// The best of many pairs is better by chance alone: it loses this times the logarithm of their number.
const CHANCE_WEIGHT: f64 = 0.5;
/// The log odds of a pair without a score.
const MIN_LOG_ODDS: f64 = -5.0;
/// One pair is never more certain than this.
const MAX_LOG_ODDS: f64 = 8.0;
/// The log odds of a pair that must not be merged without a review.
const REVIEW_LOG_ODDS: f64 = -20.0;

/// The pairs between two groups. Log odds count from the lowest, so that pairs without a score need not be kept.
#[derive(Clone, Copy, Debug)]
struct Link {
    sum: f64,
    best: f64,
}

impl Link {
    fn strength(self, pairs: usize) -> f64 {
        let mean = self.sum / pairs as f64;
        let best = self.best - CHANCE_WEIGHT * (pairs as f64).ln();
        MIN_LOG_ODDS + BEST_SHARE * best + (1.0 - BEST_SHARE) * mean
    }

    fn add(&mut self, other: Link) {
        self.sum += other.sum;
        self.best = self.best.max(other.best);
    }
}

/// All links above the threshold, by strength in millionths; of equal ones that of the first groups is first.
type Queue = BinaryHeap<(i64, Reverse<(usize, usize)>)>;

/// The links between groups. A group is a number, as in the partition that they belong to.
pub struct Links {
    by_group: Vec<BTreeMap<usize, Link>>,
    /// Outdated entries stay in the queue, and are recognized by their strength.
    queue: Queue,
    min_strength: f64,
}

impl Links {
    /// `group_of`: by entry, its group; entries that share one are not linked.
    pub fn new(pairs: &[ScoredPair], group_of: &[usize]) -> Links {
        let min_strength = MIN_STRENGTH + FEW_ENTRIES / group_of.len().max(1) as f64;
        let mut links = Links { by_group: vec![BTreeMap::new(); group_of.len()], queue: Queue::new(), min_strength };
        let mut sizes = vec![0; group_of.len()];
        group_of.iter().for_each(|group| sizes[*group] += 1);
        for pair in pairs {
            let (one, other) = (group_of[pair.left], group_of[pair.right]);
            if one != other {
                let log_odds = log_odds(pair) - MIN_LOG_ODDS;
                let link = Link { sum: log_odds, best: log_odds };
                for (one, other) in [(one, other), (other, one)] {
                    links.by_group[one].entry(other).and_modify(|known| known.add(link)).or_insert(link);
                }
            }
        }
        for one in 0..links.by_group.len() {
            for (&other, link) in links.by_group[one].range(one..) {
                push(&mut links.queue, min_strength, (one, other), link.strength(sizes[one] * sizes[other]));
            }
        }
        links
    }

    /// The two groups with the strongest link above the threshold. `size`: the number of entries of a group.
    pub fn pop_strongest(&mut self, size: impl Fn(usize) -> usize) -> Option<(usize, usize)> {
        while let Some((strength, Reverse((one, other)))) = self.queue.pop() {
            let link = self.by_group[one].get(&other);
            if link.is_some_and(|link| millionths(link.strength(size(one) * size(other))) == strength) {
                return Some((one, other));
            }
        }
        None
    }

    pub fn remove(&mut self, one: usize, other: usize) {
        self.by_group[one].remove(&other);
        self.by_group[other].remove(&one);
    }

    /// The first group has taken in the second. `size`: as they are now.
    pub fn merge(&mut self, one: usize, other: usize, size: impl Fn(usize) -> usize) {
        self.remove(one, other);
        for (third, link) in std::mem::take(&mut self.by_group[other]) {
            self.by_group[third].remove(&other);
            self.by_group[one].entry(third).and_modify(|known| known.add(link)).or_insert(link);
        }
        for (third, link) in self.by_group[one].clone() {
            self.by_group[third].insert(one, link);
            let groups = (one.min(third), one.max(third));
            push(&mut self.queue, self.min_strength, groups, link.strength(size(one) * size(third)));
        }
    }
}

fn push(queue: &mut Queue, min_strength: f64, groups: (usize, usize), strength: f64) {
    if strength >= min_strength {
        queue.push((millionths(strength), Reverse(groups)));
    }
}

fn millionths(strength: f64) -> i64 {
    (strength * 1e6).round() as i64
}

fn log_odds(pair: &ScoredPair) -> f64 {
    if pair.needs_review {
        return REVIEW_LOG_ODDS;
    }
    (pair.score / (1.0 - pair.score).max(f64::EPSILON)).ln().clamp(MIN_LOG_ODDS, MAX_LOG_ODDS)
}
