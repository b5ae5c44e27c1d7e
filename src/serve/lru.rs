//! A map that knows which of its entries was used least recently.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

/// A map whose entries are ordered by their last use.
#[derive(Debug)]
pub struct LruMap<K, V> {
    entries: HashMap<K, (V, u64)>,
    /// The key of each use, oldest first.
    uses: BTreeMap<u64, K>,
    /// The number of the next use.
    next: u64,
}

impl<K, V> Default for LruMap<K, V> {
    fn default() -> Self {
        LruMap { entries: HashMap::new(), uses: BTreeMap::new(), next: 0 }
    }
}

impl<K: Clone + Eq + Hash, V> LruMap<K, V> {
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The value of a key, which is used hereby.
    pub fn get(&mut self, key: &K) -> Option<&mut V> {
        let (value, used) = self.entries.get_mut(key)?;
        if let Some(key) = self.uses.remove(used) {
            *used = self.next;
            self.uses.insert(self.next, key);
            self.next += 1;
        }
        Some(value)
    }

    /// Sets the value of a key, which is used hereby.
    pub fn insert(&mut self, key: K, value: V) {
        if let Some((_, used)) = self.entries.insert(key.clone(), (value, self.next)) {
            self.uses.remove(&used);
        }
        self.uses.insert(self.next, key);
        self.next += 1;
    }

    /// Removes the entry that was used least recently.
    pub fn evict(&mut self) -> Option<(K, V)> {
        let (_, key) = self.uses.pop_first()?;
        let (value, _) = self.entries.remove(&key)?;
        Some((key, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_recently_used_is_evicted() {
        let mut map = LruMap::default();
        for key in 0..4 {
            map.insert(key, key * 10);
        }
        assert_eq!(map.get(&0).copied(), Some(0));
        map.insert(1, 11);
        assert_eq!(map.get(&9), None);
        let order: Vec<_> = std::iter::from_fn(|| map.evict()).collect();
        assert_eq!(order, [(2, 20), (3, 30), (0, 0), (1, 11)]);
        assert_eq!((map.len(), map.uses.len()), (0, 0));
    }
}
