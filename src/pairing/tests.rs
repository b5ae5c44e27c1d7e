#![allow(clippy::unwrap_used)]

use super::*;

fn entry(language: &'static str, date: &str, title: &'static str, text: &'static str) -> Entry<'static> {
    Entry { language, date: date.parse().unwrap(), title, text, alt: None, image: None, link: None }
}

/// Five stories in English, French and Russian, two of them in one language only.
fn news() -> Vec<Entry<'static>> {
    vec![
        entry(
            "en",
            "2019-03-01",
            "Lake Ostrel reaches 412 metres",
            "The lake near Ostrel rose by 37 centimetres, says Anna Petrova of the IMW. The village of Karsk was flooded.",
        ),
        entry(
            "fr",
            "2019-03-01",
            "Le lac Ostrel atteint 412 mètres",
            "Le lac près d’Ostrel est monté de 37 centimètres, dit Anna Petrova de l’IMW. Le village de Karsk a été inondé.",
        ),
        entry(
            "ru",
            "2019-05-20",
            "Озеро Острель достигло 412 метров",
            "Весь май шли дожди, и лёд в горах растаял раньше обычного. Жители ближних сёл ушли к родным, а школы закрыты до осени. Дороги размыло.",
        ),
        entry(
            "en",
            "2019-03-20",
            "Twelve hydrologists trained in Panama",
            "Twelve young hydrologists from Bolivia, Chile and Peru learned to measure snow with 24 sensors.",
        ),
        entry(
            "fr",
            "2019-03-20",
            "Douze hydrologues formés au Panama",
            "Douze jeunes hydrologues de Bolivie, du Chili et du Pérou ont appris à mesurer la neige avec 24 capteurs.",
        ),
        entry("en", "2019-04-11", "Annual report 2018 published", "The report counts 118 stations."),
        entry("fr", "2019-04-12", "Le rapport annuel 2017 est paru", "Le rapport compte 103 stations."),
        entry("en", "2019-04-25", "A door opens", "Visitors are welcome on Saturday."),
        entry("ru", "2019-06-30", "Снег тает рано", "Весна пришла в горы раньше обычного."),
    ]
}

fn stories(pairing: &Pairing) -> Vec<Vec<usize>> {
    let mut stories = pairing.stories.clone();
    stories.iter_mut().for_each(|story| story.sort_unstable());
    stories.sort();
    stories
}

#[test]
fn translations_are_joined_and_others_are_not() {
    let pairing = pair(&news(), &Constraints::default(), true);
    assert_eq!(stories(&pairing), [vec![0, 1], vec![3, 4]], "{pairing:#?}");
    let late = |pair: &&ScoredPair| (pair.left, pair.right) == (0, 2) || (pair.left, pair.right) == (1, 2);
    let late: Vec<&ScoredPair> = pairing.likely.iter().filter(late).collect();
    assert!(!late.is_empty(), "{pairing:#?}");
    let reasons = late[0].reasons.join("; ");
    assert!(reasons.contains("412") && reasons.contains("80 days apart"), "{reasons}");
    let reasons = pairing.joined.iter().find(|pair| (pair.left, pair.right) == (0, 1)).unwrap().reasons.join("; ");
    assert!(reasons.contains("the same day"), "{reasons}");
}

#[test]
fn titles_with_contradicting_numbers_are_never_paired() {
    let pairing = pair(&news(), &Constraints::default(), true);
    let all = pairing.joined.iter().chain(&pairing.likely).chain(&pairing.near_misses);
    assert!(all.clone().all(|pair| (pair.left, pair.right) != (5, 6)), "{pairing:#?}");
}

#[test]
fn constraints_overrule_scores() {
    let entries = news();
    let split = Constraints { cannot_link: vec![(1, 0)], ..Constraints::default() };
    let pairing = pair(&entries, &split, true);
    assert_eq!(stories(&pairing), [vec![3, 4]]);
    assert!(pairing.likely.iter().all(|pair| (pair.left, pair.right) != (0, 1)), "{pairing:#?}");
    let joined = Constraints { must_link: vec![(7, 8), (0, 3)], ..Constraints::default() };
    // Two entries of one language are never one story.
    assert_eq!(stories(&pair(&entries, &joined, true)), [vec![0, 1], vec![3, 4], vec![7, 8]]);
}

#[test]
fn stories_of_earlier_imports_are_never_merged() {
    let entries = news();
    let previous =
        |numbers: [Option<usize>; 9]| Constraints { previous_story: numbers.to_vec(), ..Constraints::default() };
    let none = [None; 9];
    let apart = previous([Some(1), Some(2), None, None, None, None, None, None, None]);
    let pairing = pair(&entries, &apart, true);
    assert_eq!(stories(&pairing), [vec![3, 4]]);
    assert!(pairing.likely.iter().any(|pair| (pair.left, pair.right) == (0, 1)), "{pairing:#?}");
    let one = previous([Some(1), None, Some(1), None, None, None, None, None, None]);
    assert_eq!(stories(&pair(&entries, &one, true)), [vec![0, 1, 2], vec![3, 4]]);
    assert_eq!(stories(&pair(&entries, &previous(none), true)), [vec![0, 1], vec![3, 4]]);
    // A reviewer has split an earlier story.
    let split = Constraints {
        cannot_link: vec![(0, 1)],
        ..previous([Some(1), Some(1), None, None, None, None, None, None, None])
    };
    assert_eq!(stories(&pair(&entries, &split, true)), [vec![3, 4]]);
}

#[test]
fn a_common_date_alone_joins_nothing() {
    let entries = [entry("en", "2019-03-01", "Rain falls", ""), entry("ru", "2019-03-01", "Снег лежит", "")];
    assert_eq!(stories(&pair(&entries, &Constraints::default(), true)), Vec::<Vec<usize>>::new());
    assert_eq!(stories(&pair(&[], &Constraints::default(), true)), Vec::<Vec<usize>>::new());
}

/// Releases of one product every month, each translated some days or weeks later.
#[test]
fn a_rare_number_in_both_titles_joins_on_any_day() {
    let languages = [
        ("en", "Ostrel 3: update 3.", 0),
        ("fr", "Ostrel 3 : mise à jour 3.", 3),
        ("ru", "Острель 3: обновление 3.", 33),
    ];
    let titles: Vec<[String; 3]> =
        (1..=20).map(|number| languages.map(|(_, title, _)| format!("{title}{number}"))).collect();
    let first: NaiveDate = "2019-01-05".parse().unwrap();
    let entries = titles.iter().enumerate().flat_map(|(index, titles)| {
        languages.iter().zip(titles).map(move |((language, _, delay), title)| {
            let date = first + chrono::Days::new(30 * index as u64 + delay);
            Entry { language, date, title, text: "", alt: None, image: None, link: None }
        })
    });
    let entries: Vec<Entry> = entries.collect();
    let expected: Vec<Vec<usize>> = (0..20).map(|release| (3 * release..3 * release + 3).collect()).collect();
    assert_eq!(stories(&pair(&entries, &Constraints::default(), false)), expected);
}

/// Each of two groups has two languages of one story.
#[test]
fn groups_of_one_story_are_merged() {
    let entries = [
        entry("en", "2019-03-01", "Karsk hosts the Zelmora congress", "Experts of the Zelmora come to Karsk."),
        entry("es", "2019-03-01", "Karsk acoge el congreso Zelmora", "Expertos del Zelmora llegan a Karsk."),
        entry("de", "2019-03-01", "Karsk lädt zum Zelmora-Kongress", "Fachleute der Zelmora kommen nach Karsk."),
        entry("fr", "2019-03-01", "Karsk accueille le congrès Zelmora", "Des experts du Zelmora arrivent à Karsk."),
        entry("en", "2019-05-20", "Bread prices rise", "Flour is dearer than last year."),
        entry("fr", "2019-07-02", "Une porte s’ouvre", "Les visiteurs sont les bienvenus samedi."),
    ];
    let must_link = vec![(0, 1), (2, 3)];
    let pairing = pair(&entries, &Constraints { must_link, ..Constraints::default() }, false);
    assert_eq!(stories(&pairing), [vec![0, 1, 2, 3]]);
}

#[test]
fn the_same_caption_is_evidence() {
    let of = |alt: Option<&'static str>| {
        let with = |entry: Entry<'static>| Entry { alt, ..entry };
        let en = with(entry("en", "2019-03-01", "Rain falls", "It rains in the valley."));
        let ru = with(entry("ru", "2019-03-03", "Дождь", "В долине идёт дождь."));
        let others =
            [entry("en", "2019-05-01", "Bread", "New bread."), entry("ru", "2019-06-01", "Хлеб", "Новый хлеб.")];
        let entries = [en, ru, others[0], others[1]];
        let pairing = pair(&entries, &Constraints::default(), true);
        let all = pairing.joined.into_iter().chain(pairing.likely).chain(pairing.near_misses);
        all.filter(|pair| (pair.left, pair.right) == (0, 1)).map(|pair| pair.score).next().unwrap_or(0.0)
    };
    assert!(of(Some("Clouds over the pass of Ostrel")) > of(None) + 0.3);
}

/// Time grows with the number of entries times their neighbors in time.
#[test]
fn time_grows_nearly_linearly() {
    let words: Vec<String> = (0..3000).map(|number| format!("w{}rd{}", number % 7, number * 7919)).collect();
    let text = |seed: usize| {
        (0..40).map(|index| words[(seed * 31 + index * 97) % 3000].as_str()).collect::<Vec<_>>().join(" ")
    };
    let day = |number: usize| NaiveDate::from_num_days_from_ce_opt(730_000 + number as i32).unwrap();
    let texts: Vec<String> = (0..1500).map(text).collect();
    let languages = ["en", "fr", "es"];
    let entries: Vec<Entry> = (0..1500)
        .map(|index| Entry {
            language: languages[index % 3],
            date: day(index),
            title: &texts[index][..40],
            text: &texts[index],
            alt: None,
            image: None,
            link: None,
        })
        .collect();
    let seconds = |count: usize| {
        let started = std::time::Instant::now();
        pair(&entries[..count], &Constraints::default(), true);
        started.elapsed().as_secs_f64()
    };
    let (few, many) = (seconds(500), seconds(1500));
    assert!(many < 12.0 * few.max(0.05), "{few} {many}");
}

#[test]
fn words_for_the_same_things_join_entries_of_two_alphabets() {
    let mut entries = news();
    let first = entries.len();
    entries.push(entry("en", "2019-08-01", "Snow and flower", "The doctor planted a tree beside the water."));
    entries.push(entry("ru", "2019-08-02", "Снег и цветок", "Врач посадил дерево у воды."));
    let pairing = pair(&entries, &Constraints::default(), true);
    assert!(stories(&pairing).contains(&vec![first, first + 1]), "{pairing:#?}");
    let pairs = pairing.joined.iter().find(|pair| pair.left.max(pair.right) == first + 1);
    assert!(pairs.unwrap().reasons.join("; ").contains("Snow/Снег"), "{pairing:#?}");
}

/// `Germany` and `Germania` have a stem in common, and that they name one country says no more.
#[test]
fn a_concept_counts_only_where_no_other_feature_of_its_words_does() {
    let log_odds = |title: &'static str| {
        let mut entries = news();
        let first = entries.len();
        entries.push(entry("en", "2019-08-01", "Germany done", "x"));
        entries.push(entry("it", "2019-08-01", title, "x"));
        let pairing = pair(&entries, &Constraints::default(), true);
        let mut pairs = pairing.joined.iter().chain(&pairing.likely).chain(&pairing.near_misses);
        let pair = pairs.find(|pair| pair.left.min(pair.right) == first && pair.left.max(pair.right) == first + 1);
        pair.map_or(f64::MIN, |pair| pair.log_odds)
    };
    // The made-up names have no concept, the first of them the stem of `Germany`.
    assert!((log_odds("Germania fatto") - log_odds("Germaxyz fatto")).abs() < 1e-9);
    assert!(log_odds("Neve fatto") < log_odds("Germania fatto"));
}

/// Two entries of one day, and others of other days.
fn of_one_day(english: &'static str, russian: &'static str) -> Vec<Entry<'static>> {
    vec![
        entry("en", "2019-03-01", english, ""),
        entry("ru", "2019-03-01", russian, ""),
        entry("en", "2019-05-20", "Flour is dearer", ""),
        entry("en", "2019-06-11", "A door opens", ""),
        entry("ru", "2019-07-02", "Сотрудники вышли", ""),
    ]
}

#[test]
fn one_common_word_joins_nothing_and_several_do() {
    let stories_of = |english, russian| stories(&pair(&of_one_day(english, russian), &Constraints::default(), true));
    assert_eq!(stories_of("The snow of yesterday", "Снег лежит"), Vec::<Vec<usize>>::new());
    assert_eq!(stories_of("Snow and a tree beside the water", "Снег и дерево у воды"), [vec![0, 1]]);
}
