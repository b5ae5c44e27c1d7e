//! Owns which entries are one story: where their sources say so, by the name of the story, by the ids or pages of each other's
//! translations, or by ids that were minted here; else as it was found; never touches what they say.

use std::collections::HashMap;

use super::Setting;
use super::entries::Prepared;
use super::joining::Joined;
use super::stored::Bundle;

/// The entries of a story.
pub struct Bundled {
    /// Their places among all entries, in the order of languages.
    pub places: Vec<usize>,
    /// The id that the story had where it comes from.
    pub id: Option<String>,
    /// By entry, its story in the record.
    pub recalled: Vec<Option<usize>>,
}

impl Bundled {
    /// The entries themselves.
    pub fn bundle<'p>(&self, prepared: &'p [Prepared]) -> Bundle<'p> {
        let entries = self.places.iter().filter_map(|place| prepared[*place].ready.as_ref());
        Bundle { entries: entries.collect(), id: self.id.clone(), recalled: self.recalled.clone() }
    }
}

/// Notes of entries that their source does not say which of them are one story, unless it says so of one.
pub fn mark(setting: &Setting, prepared: &mut [Prepared]) {
    for ready in prepared.iter_mut().filter_map(|entry| entry.ready.as_mut()) {
        let is_minted = ready.guid.as_deref().is_some_and(|guid| minted(setting, guid).is_some());
        ready.is_unmarked = ready.story.is_none() && ready.translations.is_empty() && !is_minted;
    }
}

/// Joins entries to stories, in the order of their first entries. Of two entries in one language the second stays alone.
pub fn of(setting: &Setting, prepared: &[Prepared], joined: &Joined) -> Vec<Bundled> {
    let ready = || prepared.iter().enumerate().filter_map(|(place, entry)| Some((place, entry, entry.ready.as_ref()?)));
    let mut sets = Sets((0..prepared.len()).collect());
    let mut known: HashMap<String, usize> = HashMap::new();
    let mut ids: Vec<Option<String>> = vec![None; prepared.len()];
    for (place, _, ready) in ready() {
        ids[place] = ready.guid.as_deref().and_then(|key| minted(setting, key));
        for id in ids[place].iter().cloned() {
            match known.get(&id) {
                Some(other) => sets.join(place, *other),
                None => drop(known.insert(id, place)),
            }
        }
    }
    let mut told: HashMap<&str, usize> = HashMap::new();
    for (place, _, ready) in ready() {
        if let Some(story) = &ready.story {
            sets.join(place, *told.entry(story).or_insert(place));
        }
    }
    // A translation is named by its id, or by its page.
    let mut named: HashMap<&str, usize> = HashMap::new();
    for (place, _, ready) in ready() {
        for name in ready.guid.iter().chain(&ready.link) {
            named.entry(name).or_insert(place);
        }
    }
    for (place, _, ready) in ready() {
        for other in ready.translations.iter().filter_map(|other| named.get(other.as_str())) {
            sets.join(place, *other);
        }
    }
    for set in &joined.sets {
        set.iter().skip(1).for_each(|place| sets.join(*place, set[0]));
    }
    let mut stories: Vec<Bundled> = Vec::new();
    let mut open: HashMap<usize, usize> = HashMap::new();
    for (place, _, ready) in ready() {
        let root = sets.root(place);
        let language = |place: usize| prepared[place].ready.as_ref().map(|ready| ready.language.as_str());
        let same = open.get(&root).copied().filter(|story| {
            stories[*story].places.iter().all(|other| language(*other) != Some(ready.language.as_str()))
        });
        match same {
            Some(story) => stories[story].places.push(place),
            None => {
                open.entry(root).or_insert(stories.len());
                stories.push(Bundled { places: vec![place], id: ids[place].clone(), recalled: Vec::new() });
            }
        }
    }
    for story in &mut stories {
        story.places.sort_by_key(|place| {
            let language = prepared[*place].ready.as_ref().map(|ready| ready.language.clone()).unwrap_or_default();
            setting.languages.iter().position(|known| *known == language)
        });
        story.recalled = story.places.iter().map(|place| joined.recalled.get(*place).copied().flatten()).collect();
    }
    stories
}

/// The story of an id that was minted here: `tag:{authority}:{story}/{language}`.
fn minted(setting: &Setting, key: &str) -> Option<String> {
    let rest = key.strip_prefix("tag:")?.strip_prefix(setting.authority.as_str())?.strip_prefix(':')?;
    let (story, language) = rest.rsplit_once('/')?;
    let is_plain = |part: &str| {
        !matches!(part, "" | "." | ".." | "feeds")
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    let is_id = story.len() <= 200 && story.split('/').all(is_plain);
    (is_id && setting.language(language).is_some()).then(|| story.to_owned())
}

/// Sets of places, each known by the first of them.
struct Sets(Vec<usize>);

impl Sets {
    fn root(&mut self, place: usize) -> usize {
        let mut root = place;
        while self.0[root] != root {
            self.0[root] = self.0[self.0[root]];
            root = self.0[root];
        }
        root
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        self.0[one.max(other)] = one.min(other);
    }
}
