//! Owns deciding which translation of an item in several languages has the id of the item.

use std::collections::HashMap;

use crate::import::normalize::NormalizedEntry;
use crate::import::source_id::SourceId;
use crate::import::state::ImportState;

/// Gives the id of an item to the translation that has had it in an earlier import, as when an item had one language only. If
/// the language that had it first is left out, the next has it.
pub fn keep(entries: &mut [NormalizedEntry], state: &ImportState) {
    let mut earlier: HashMap<(&SourceId, &str), Vec<&str>> = HashMap::new();
    for entry in state.stories.iter().flat_map(|story| &story.entries) {
        if let Some(key) = &entry.key {
            earlier.entry((&entry.source, key)).or_default().push(&entry.language);
        }
    }
    for main in 0..entries.len() {
        let others = translations(&entries[main..]);
        let Some(key) = entries[main].key.clone().filter(|_| others > 0) else { continue };
        let had_it = earlier.get(&(&entries[main].source, &*key)).map(Vec::as_slice).unwrap_or_default();
        let is_owner = |entry: &NormalizedEntry| had_it.contains(&entry.language());
        let others = main + 1..=main + others;
        let owner = match &entries[main] {
            own if is_owner(own) => None,
            own if own.is_skipped() => others.clone().find(|other| !entries[*other].is_skipped()),
            _ => others.clone().find(|other| is_owner(&entries[*other])),
        };
        if let Some(owner) = owner {
            let own = &mut entries[main];
            own.key = Some(format!("{key}#{}", own.language()));
            let (guid, story_id) = (own.guid.take(), own.story_id.take());
            (entries[owner].key, entries[owner].guid, entries[owner].story_id) = (Some(key), guid, story_id);
        }
    }
}

/// How many of the entries behind the first are translations of its item.
fn translations(entries: &[NormalizedEntry]) -> usize {
    let Some((main, others)) = entries.split_first() else { return 0 };
    let (Some(key), Some(_)) = (&main.key, &main.translation_key) else { return 0 };
    let is_other = |entry: &&NormalizedEntry| {
        let rest = entry.key.as_ref().and_then(|other| other.strip_prefix(key.as_str()));
        entry.translation_key == main.translation_key && rest.is_some_and(|rest| rest.starts_with('#'))
    };
    others.iter().take_while(is_other).count()
}
