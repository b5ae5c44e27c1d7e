//! Entries as disjoint groups with at most one entry per language, merged by descending strength of the link between them.

use std::collections::{BTreeMap, HashSet};

use super::links::Links;
use super::{Constraints, Entry, ScoredPair};

/// A partition of the entries into stories.
pub struct Groups<'a> {
    entries: &'a [Entry<'a>],
    /// By entry: its story.
    story: Vec<usize>,
    /// By story: its entries.
    members: Vec<Vec<usize>>,
    cannot_link: HashSet<(usize, usize)>,
    /// By story: the story of an earlier import that it continues.
    previous_story: Vec<Option<usize>>,
}

impl<'a> Groups<'a> {
    /// Singletons, merged only as the constraints require.
    pub fn new(entries: &'a [Entry<'a>], constraints: &Constraints) -> Self {
        let both_ways = |(one, other): &(usize, usize)| [(*one, *other), (*other, *one)];
        let previous = |entry: usize| constraints.previous_story.get(entry).copied().flatten();
        let mut groups = Groups {
            entries,
            story: (0..entries.len()).collect(),
            members: (0..entries.len()).map(|entry| vec![entry]).collect(),
            cannot_link: constraints.cannot_link.iter().flat_map(both_ways).collect(),
            previous_story: (0..entries.len()).map(previous).collect(),
        };
        for (one, other) in &constraints.must_link {
            if groups.are_mergeable(*one, *other) {
                groups.merge(*one, *other);
            }
        }
        let mut first: BTreeMap<usize, usize> = BTreeMap::new();
        for entry in 0..entries.len() {
            let Some(previous) = previous(entry) else { continue };
            let other = *first.entry(previous).or_insert(entry);
            if groups.are_mergeable(entry, other) {
                groups.merge(other, entry);
            } else if groups.story[entry] != groups.story[other] {
                // A reviewer has split the earlier story; only its first entry continues it.
                let story = groups.story[entry];
                groups.previous_story[story] = None;
            }
        }
        groups
    }

    /// Merges what the pairs link, the strongest link first. `is_possible`: whether two entries may be in one group at all.
    pub fn merge_certain(&mut self, pairs: &[ScoredPair], is_possible: impl Fn(usize, usize) -> bool) {
        let mut links = Links::new(pairs, &self.story);
        while let Some((one, other)) = links.pop_strongest(|group| self.members[group].len()) {
            let cross_pairs =
                || self.members[one].iter().flat_map(|left| self.members[other].iter().map(|right| (*left, *right)));
            if self.can_merge_automatically(self.members[one][0], self.members[other][0])
                && cross_pairs().all(|(left, right)| is_possible(left, right))
            {
                self.merge(self.members[one][0], self.members[other][0]);
                links.merge(one, other, |group| self.members[group].len());
            } else {
                links.remove(one, other);
            }
        }
    }

    /// Two stories of earlier imports are merged by a reviewer only.
    fn can_merge_automatically(&self, one: usize, other: usize) -> bool {
        let previous = |entry: usize| self.previous_story[self.story[entry]];
        self.are_mergeable(one, other) && (previous(one).is_none() || previous(other).is_none())
    }

    /// Whether two entries are in different stories without a common language or a cannot-link constraint between them.
    pub fn are_mergeable(&self, one: usize, other: usize) -> bool {
        let (left, right) = (&self.members[self.story[one]], &self.members[self.story[other]]);
        self.story[one] != self.story[other]
            && left.iter().all(|one| {
                right.iter().all(|other| {
                    self.entries[*one].language != self.entries[*other].language
                        && !self.cannot_link.contains(&(*one, *other))
                })
            })
    }

    fn merge(&mut self, one: usize, other: usize) {
        let (one, other) = (self.story[one], self.story[other]);
        let moved = std::mem::take(&mut self.members[other]);
        for entry in &moved {
            self.story[*entry] = one;
        }
        self.members[one].extend(moved);
        self.previous_story[one] = self.previous_story[one].or(self.previous_story[other]);
    }

    pub fn is_merged(&self, pair: &ScoredPair) -> bool {
        self.story[pair.left] == self.story[pair.right]
    }

    /// The stories of several entries.
    pub fn stories(&self) -> impl Iterator<Item = &Vec<usize>> {
        self.members.iter().filter(|members| members.len() > 1)
    }

    /// By entry: the number of its story.
    pub fn by_entry(&self) -> &[usize] {
        &self.story
    }
}
