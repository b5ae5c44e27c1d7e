//! Pairing of imported entries: joined, listed for review, decided, and stored.

#![allow(clippy::expect_used, clippy::unwrap_used)]

mod common;

use common::Site;

const CONFIG: &str = "[site]\nbase_url = 'https://e.example/'\nauthority = 'e.example,2014'\ntitle = 'E'\n\
    [languages.en]\ntitle = 'E'\n[languages.fr]\ntitle = 'E'\n[languages.ru]\ntitle = 'Е'\n\
    [topics.lakes]\nmatch = ['lake']\n";

const ENGLISH: &str = "• 01/03/2019\n  Lake Ostrel reaches 412 metres\n\n  The lake near Ostrel rose by 37 centimetres, says Anna Petrova of the IMW. The village of Karsk was flooded.\n\n";
const FRENCH: &str = "• 01/03/2019\n  Le lac Ostrel atteint 412 mètres\n\n  Le lac près d’Ostrel est monté de 37 centimètres, dit Anna Petrova de l’IMW. Le village de Karsk a été inondé.\n\n";
const RUSSIAN: &str = "• 20/05/2019\n  Озеро Острель достигло 412 метров\n\n  Весь май шли дожди, и лёд в горах растаял раньше обычного. Жители ближних сёл ушли к родным, а школы закрыты до осени. Дороги размыло.\n\n";
const OTHERS: &str = "• 25/04/2019\n  A door opens for visitors\n\n  Visitors of the institute are welcome on Saturday.\n\n• 30/06/2019\n  Снег тает рано\n\n  Весна пришла в горы раньше обычного, и снег растаял.\n\n";

fn site(listing: &[&str]) -> Site {
    let site = Site::empty();
    site.write("tidings.toml", CONFIG);
    site.write("news.txt", listing.concat());
    site
}

/// Imports the listing, and returns the output.
fn import(site: &Site, more: &[&str]) -> String {
    let ran = site.run(&[&["import", "news.txt", "--into", "stories"], more].concat());
    assert_eq!(ran.status, 0, "{ran:?}");
    ran.stdout
}

/// The languages of each story, by file.
fn stories(site: &Site) -> Vec<(String, Vec<String>)> {
    let files = site.files("stories").into_iter().filter(|file| !file.contains('_'));
    let languages = |file: &String| {
        let story: toml::Table = site.read(&format!("stories/{file}")).parse().unwrap();
        story["translations"].as_table().unwrap().keys().cloned().collect()
    };
    files.map(|file| (file.clone(), languages(&file))).collect()
}

fn languages_of(site: &Site, name: &str) -> Vec<String> {
    let all = stories(site);
    all.iter().find(|(file, _)| file.contains(name)).unwrap_or_else(|| panic!("{name} in {all:?}")).1.clone()
}

#[test]
fn certain_pairs_are_one_story_with_all_its_topics() {
    let site = site(&[ENGLISH, FRENCH, RUSSIAN, OTHERS]);
    let told = import(&site, &["--explain"]);
    assert_eq!(stories(&site).len(), 4);
    assert_eq!(languages_of(&site, "lake-ostrel"), ["en", "fr"]);
    let story = site.read("stories/2019/lake-ostrel-reaches-412-metres.toml");
    assert!(story.contains("topics    = [\"lakes\"]"), "{story}");
    for expected in ["Joined as one story:", "Perhaps one story:", "the same day", "80 days apart", "Ostrel", "412, 37"]
    {
        assert!(told.contains(expected), "`{expected}` is not in {told}");
    }
    assert!(!import(&site, &[]).contains("Joined as one story"));
    assert_eq!(site.run(&["check"]).status, 0);
}

#[test]
fn a_reviewer_joins_a_likely_pair() {
    let site = site(&[ENGLISH, FRENCH, RUSSIAN, OTHERS]);
    import(&site, &["--review", "review.toml"]);
    let list = site.read("review.toml");
    assert!(list.contains("Озеро Острель достигло 412 метров") && list.contains("same    = \"?\""), "{list}");
    site.write("review.toml", list.replacen("\"?\"", "true", 1));
    import(&site, &["--review", "review.toml"]);
    assert_eq!(languages_of(&site, "lake-ostrel"), ["en", "fr", "ru"]);
    assert_eq!(stories(&site).len(), 3);
    // It keeps the id that subscribers have.
    let story = site.read("stories/2019/lake-ostrel-reaches-412-metres.toml");
    assert!(story.contains("guid = \"tag:e.example,2014:2019/ozero-ostrel-dostiglo-412-metrov/ru\""), "{story}");
    assert!(!site.read("review.toml").contains("same    = \"?\"\none     = { date = 2019-03-01"));
    // The decision holds without the review file.
    let before = (site.files("stories"), site.read("stories/_imported.toml"), story);
    import(&site, &[]);
    let after = site.read("stories/2019/lake-ostrel-reaches-412-metres.toml");
    assert_eq!((site.files("stories"), site.read("stories/_imported.toml"), after), before);
    assert_eq!(site.run(&["check"]).stderr, "");
}

#[test]
fn a_reviewer_splits_a_joined_pair() {
    let site = site(&[ENGLISH, FRENCH, OTHERS]);
    import(&site, &[]);
    assert_eq!(languages_of(&site, "lake-ostrel"), ["en", "fr"]);
    let pair = "[[pairs]]\nsame = false\none = { date = 2019-03-01, language = 'en', title = 'Lake Ostrel reaches 412 metres' }\n\
        other = { date = 2019-03-01, language = 'fr', title = 'Le lac Ostrel atteint 412 mètres' }\n";
    site.write("review.toml", pair);
    import(&site, &["--review", "review.toml"]);
    assert_eq!(
        (languages_of(&site, "lake-ostrel"), languages_of(&site, "le-lac")),
        (vec!["en".into()], vec!["fr".into()])
    );
    let before = site.files("stories");
    import(&site, &[]);
    assert_eq!(site.files("stories"), before);
    assert_eq!(site.run(&["check"]).status, 0);
    site.write("review.toml", pair.replace("412 metres", "413 metres"));
    let ran = site.run(&["import", "news.txt", "--into", "stories", "--review", "review.toml"]);
    assert!(ran.status == 0 && ran.stderr.contains("names no entry"), "{ran:?}");
}

#[test]
fn a_later_translation_joins_its_story() {
    let site = site(&[ENGLISH, OTHERS]);
    import(&site, &[]);
    assert_eq!(languages_of(&site, "lake-ostrel"), ["en"]);
    // From another page with no other entries.
    site.write(
        "news.txt",
        [FRENCH, "• 02/07/2019\n  Une porte s’ouvre\n\n  Les visiteurs sont les bienvenus.\n"].concat(),
    );
    import(&site, &[]);
    assert_eq!(languages_of(&site, "lake-ostrel"), ["en", "fr"]);
    import(&site, &[]);
    assert_eq!(languages_of(&site, "lake-ostrel"), ["en", "fr"]);
}

/// A reviewed pair, each entry by its language and its title, all of one day.
fn reviewed(same: bool, one: (&str, &str), other: (&str, &str)) -> String {
    let entry = |(language, title)| format!("{{ date = 2019-03-01, language = '{language}', title = '{title}' }}");
    format!("[[pairs]]\nsame = {same}\none = {}\nother = {}\n", entry(one), entry(other))
}

#[test]
fn several_stories_become_one() {
    let titles =
        [("en", "The first bread"), ("fr", "Une autre porte"), ("es", "La silla de ayer"), ("ru", "Снег лежит")];
    let site = site(&titles.map(|(_, title)| format!("• 01/03/2019\n  {title}\n\n")).each_ref().map(String::as_str));
    site.write("tidings.toml", CONFIG.replace("[languages.ru]", "[languages.es]\ntitle = 'E'\n[languages.ru]"));
    let [english, french, spanish, russian] = titles;
    site.write("review.toml", reviewed(true, french, russian));
    import(&site, &["--review", "review.toml"]);
    assert_eq!(languages_of(&site, "une-autre"), ["fr", "ru"]);
    assert_eq!(stories(&site).len(), 3);
    // The languages of the two interleave.
    site.write("review.toml", [reviewed(true, english, french), reviewed(true, english, spanish)].concat());
    import(&site, &["--review", "review.toml"]);
    assert_eq!(
        (languages_of(&site, "bread"), stories(&site).len()),
        (["en", "fr", "es", "ru"].map(str::to_owned).to_vec(), 1)
    );
    let before = site.read("stories/_imported.toml");
    import(&site, &[]);
    assert_eq!(site.read("stories/_imported.toml"), before);
    assert_eq!(site.run(&["check"]).status, 0);
}

#[test]
fn a_story_whose_file_was_deleted_can_be_joined() {
    let site = site(&[ENGLISH, RUSSIAN, OTHERS]);
    import(&site, &["--review", "review.toml"]);
    std::fs::remove_file(site.path("stories/2019/ozero-ostrel-dostiglo-412-metrov.toml")).unwrap();
    let pair = reviewed(true, ("en", "Lake Ostrel reaches 412 metres"), ("ru", "Озеро Острель достигло 412 метров"));
    site.write("review.toml", pair.replacen("other = { date = 2019-03-01", "other = { date = 2019-05-20", 1));
    import(&site, &["--review", "review.toml"]);
    assert_eq!(languages_of(&site, "lake-ostrel"), ["en", "ru"]);
    let record = site.read("stories/_imported.toml");
    assert!(!record.contains("file = \"2019/ozero-ostrel"), "{record}");
    import(&site, &[]);
    assert_eq!(site.read("stories/_imported.toml"), record);
}

#[test]
fn edited_files_are_not_merged() {
    let site = site(&[ENGLISH, FRENCH, RUSSIAN, OTHERS]);
    import(&site, &["--review", "review.toml"]);
    let file = "stories/2019/ozero-ostrel-dostiglo-412-metrov.toml";
    site.write(file, format!("# mine\n{}", site.read(file)));
    site.write("review.toml", site.read("review.toml").replacen("\"?\"", "true", 1));
    let told = import(&site, &["--review", "review.toml"]);
    assert!(told.contains("Edited by hand, and not overwritten") && told.contains("ozero-ostrel"), "{told}");
    assert!(site.read(file).starts_with("# mine"));
    assert_eq!(languages_of(&site, "lake-ostrel"), ["en", "fr"]);
}

#[test]
fn entries_of_one_language_are_never_joined() {
    let site = site(&[ENGLISH, FRENCH, OTHERS]);
    import(&site, &[]);
    let pair = "[[pairs]]\nsame = true\none = { date = 2019-03-01, language = 'en', title = 'Lake Ostrel reaches 412 metres' }\n\
        other = { date = 2019-04-25, language = 'en', title = 'A door opens for visitors' }\n";
    site.write("review.toml", pair);
    let ran = site.run(&["import", "news.txt", "--into", "stories", "--review", "review.toml"]);
    assert!(ran.status == 0 && ran.stderr.contains("cannot be one story"), "{ran:?}");
    assert_eq!(languages_of(&site, "lake-ostrel"), ["en", "fr"]);
}

#[test]
fn an_invalid_review_file_is_reported_and_nothing_is_written() {
    let site = site(&[ENGLISH, FRENCH]);
    site.write("review.toml", "[[pairs]]\nsame = 'perhaps'\none = { date = 2019-03-01, language = 'en', title = 'T' }\nother = { date = 2019-03-01, language = 'fr', title = 'T' }\n");
    let ran = site.run(&["import", "news.txt", "--into", "stories", "--review", "review.toml"]);
    assert!(ran.status == 1 && ran.stderr.contains("review.toml:2:8") && ran.stderr.contains("true, false"), "{ran:?}");
    assert!(!site.path("stories/2019").exists());
}
