//! After any sequence of states of a source, what it has now is in the store as a first import of it would have put it there;
//! what somebody wrote stays.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;

use proptest::prelude::*;

use super::state::ImportState;
use super::story_file::Story;
use super::tests::config_with;
use super::*;

/// A record: its id, and what may change.
#[derive(Debug, Clone)]
struct Record {
    id: u8,
    language: &'static str,
    title: u8,
    day: u8,
    text: u8,
}

/// Records of a source, each translation once. One story is always in both languages: so every state shows that ids are those of
/// stories.
fn any_state() -> impl Strategy<Value = Vec<Record>> {
    let record = (0_u8..4, prop::sample::select(vec!["en", "fr"]), 0_u8..3, 1_u8..4, 0_u8..3)
        .prop_map(|(id, language, title, day, text)| Record { id, language, title, day, text });
    prop::collection::vec(record, 1..6).prop_map(|mut records| {
        let constant = |language| Record { id: 9, language, title: 0, day: 1, text: 0 };
        records.extend([constant("en"), constant("fr")]);
        let mut seen = BTreeSet::new();
        records.retain(|record| seen.insert((record.id, record.language)));
        records
    })
}

fn import(records: &[Record], into: &Path) {
    let titles = ["Rain over the delta", "Snow", "A long night"];
    let texts = ["", "Some words.", "Others."];
    let records: Vec<_> = records
        .iter()
        .map(|record| {
            serde_json::json!({
                "id": record.id, "lang": record.language, "title": format!("{} {}", titles[usize::from(record.title)], record.language),
                "date": format!("2024-05-{:02}", record.day), "text": texts[usize::from(record.text)],
            })
        })
        .collect();
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(serde_json::to_string(&records).unwrap().as_bytes()).unwrap();
    let options = ImportOptions {
        sources: vec!["-".into()],
        from: Some(Kind::Json),
        into: into.to_owned(),
        name: Some("cms".to_owned()),
        ..ImportOptions::default()
    };
    super::run(&config_with(&["en", "fr"], ""), &Store::default(), &options, Some(&file), &|_| {}).unwrap();
}

/// What a translation says, by the id of its record and its language, with the ids of the story's other records.
type Stored = BTreeMap<String, (String, String, String, BTreeSet<String>)>;

/// What is in a folder of the records that there are now.
fn stored(folder: &Path, now: &[Record]) -> Stored {
    let is_now = |key: &str| now.iter().any(|record| format!("{}/{}", record.id, record.language) == key);
    let mut out = Stored::new();
    for story in ImportState::load(folder).unwrap().stories {
        let texts = Story::from_toml(&std::fs::read_to_string(folder.join(&story.file)).unwrap()).unwrap();
        let keys: BTreeSet<String> =
            story.entries.iter().filter_map(|entry| entry.key.clone()).filter(|key| is_now(key)).collect();
        for entry in story.entries.iter().filter(|entry| entry.key.as_deref().is_some_and(is_now)) {
            let own = texts.translations.iter().find(|own| own.language == entry.language).unwrap();
            let text = own.content.as_ref().map(super::entry::Body::visible_text).unwrap_or_default();
            let said = (own.title.clone(), own.published.unwrap().to_string(), text, keys.clone());
            assert!(out.insert(entry.key.clone().unwrap(), said).is_none(), "twice: {:?}", entry.key);
        }
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, rng_seed: super::identity_tests::seed(), failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn the_store_ends_as_a_first_import_of_the_last_state_would(states in prop::collection::vec(any_state(), 1..5)) {
        let (folder, fresh) = (tempfile::tempdir()?, tempfile::tempdir()?);
        for state in &states {
            import(state, folder.path());
        }
        let last = states.last().unwrap();
        import(last, fresh.path());
        prop_assert_eq!(stored(folder.path(), last), stored(fresh.path(), last));
        // Nor does the last state once more change anything.
        let files = |folder: &Path| -> BTreeMap<String, String> {
            let state = ImportState::load(folder).unwrap();
            state.stories.into_iter().map(|story| (story.file.clone(), std::fs::read_to_string(folder.join(story.file)).unwrap())).collect()
        };
        let before = files(folder.path());
        import(last, folder.path());
        prop_assert_eq!(before, files(folder.path()));
    }

    #[test]
    fn what_somebody_wrote_stays(states in prop::collection::vec(any_state(), 2..5), which in any::<prop::sample::Index>()) {
        let folder = tempfile::tempdir()?;
        import(&states[0], folder.path());
        let stories = ImportState::load(folder.path()).unwrap().stories;
        let edited = folder.path().join(&stories[which.index(stories.len())].file);
        let text = std::fs::read_to_string(&edited)?.replace("title = \"", "title = \"Our ");
        std::fs::write(&edited, &text)?;
        for state in &states[1..] {
            import(state, folder.path());
        }
        prop_assert_eq!(std::fs::read_to_string(&edited)?, text);
    }
}
