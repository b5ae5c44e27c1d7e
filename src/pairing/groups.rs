//! Owns entries as stories: joined one language each, the most probable pairs first; never touches why.

use std::collections::{BTreeMap, HashSet};

use super::{CERTAIN, CERTAIN_ON_THE_DAY, Item, Known};

/// Two entries that may be one story.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    pub one: usize,
    pub other: usize,
    /// How probable that is, from 0 to 1.
    pub score: f64,
    /// What speaks for it, in natural logarithms of odds.
    pub weight: f64,
    /// A person must decide, however probable it is.
    pub is_doubtful: bool,
    /// Why, in words; the most telling first.
    pub reasons: Vec<String>,
}

/// Stories in the making.
pub struct Groups<'a> {
    items: &'a [Item<'a>],
    /// By entry: the story that it is in.
    story: Vec<usize>,
    /// By story: its entries.
    members: Vec<Vec<usize>>,
    parted: HashSet<(usize, usize)>,
    /// By story: the one that it has long been, which is never joined with another unasked.
    settled: Vec<Option<usize>>,
}

impl<'a> Groups<'a> {
    /// Each entry alone, but for what is known.
    pub fn new(items: &'a [Item<'a>], known: &Known) -> Self {
        let members = (0..items.len()).map(|place| vec![place]).collect();
        let parted = known.parted.iter().flat_map(|(one, other)| [(*one, *other), (*other, *one)]).collect();
        let settled = (0..items.len()).map(|place| known.settled.get(place).copied().flatten()).collect();
        let mut groups = Groups { items, story: (0..items.len()).collect(), members, parted, settled };
        for (one, other) in &known.joined {
            if groups.are_apart(*one, *other) {
                groups.merge(*one, *other);
            }
        }
        let mut first: BTreeMap<usize, usize> = BTreeMap::new();
        for place in 0..items.len() {
            let Some(settled) = known.settled.get(place).copied().flatten() else { continue };
            let other = *first.entry(settled).or_insert(place);
            if groups.are_apart(place, other) {
                groups.merge(other, place);
            } else if groups.story[place] != groups.story[other] {
                let story = groups.story[place];
                groups.settled[story] = None;
            }
        }
        groups
    }

    /// Joins what is beyond doubt. `is_possible`: whether two entries can be one story at all.
    pub fn join(&mut self, links: &[Link], is_possible: impl Fn(usize, usize) -> bool) {
        let needed = |link: &Link| {
            let is_of_a_day = self.items[link.one].date == self.items[link.other].date;
            if is_of_a_day { CERTAIN_ON_THE_DAY } else { CERTAIN }
        };
        for link in links.iter().filter(|link| link.score >= needed(link) && !link.is_doubtful) {
            let (one, other) = (self.story[link.one], self.story[link.other]);
            let all =
                || self.members[one].iter().flat_map(|one| self.members[other].iter().map(|other| (*one, *other)));
            if self.can_join(link.one, link.other) && all().all(|(one, other)| is_possible(one, other)) {
                self.merge(link.one, link.other);
            }
        }
    }

    /// Whether two entries can come into one story unasked.
    pub fn can_join(&self, one: usize, other: usize) -> bool {
        let settled = |item: usize| self.settled[self.story[item]];
        self.are_apart(one, other) && (settled(one).is_none() || settled(other).is_none())
    }

    /// Whether two entries are in different stories that can be one: each has other languages, and nobody has parted them.
    pub fn are_apart(&self, one: usize, other: usize) -> bool {
        let (left, right) = (&self.members[self.story[one]], &self.members[self.story[other]]);
        self.story[one] != self.story[other]
            && left.iter().all(|one| {
                right.iter().all(|other| {
                    self.items[*one].language != self.items[*other].language && !self.parted.contains(&(*one, *other))
                })
            })
    }

    /// Makes two stories one.
    fn merge(&mut self, one: usize, other: usize) {
        let (one, other) = (self.story[one], self.story[other]);
        let moved = std::mem::take(&mut self.members[other]);
        for item in &moved {
            self.story[*item] = one;
        }
        self.members[one].extend(moved);
        self.settled[one] = self.settled[one].or(self.settled[other]);
    }

    /// Whether the entries of a pair are in one story.
    pub fn has_joined(&self, link: &Link) -> bool {
        self.story[link.one] == self.story[link.other]
    }

    /// The stories of several entries.
    pub fn stories(&self) -> impl Iterator<Item = &Vec<usize>> {
        self.members.iter().filter(|members| members.len() > 1)
    }

    /// By entry: a number of its story.
    pub fn by_entry(&self) -> &[usize] {
        &self.story
    }
}
