#![allow(clippy::unwrap_used)]

use super::*;

fn item(language: &'static str, date: &str, title: &'static str, text: &'static str) -> Item<'static> {
    Item { language, date: date.parse().unwrap(), title, text, alt: None, image: None, link: None }
}

/// A small newsroom in English, French and Russian: five stories, two of which exist in one language alone.
fn news() -> Vec<Item<'static>> {
    vec![
        item(
            "en",
            "2019-03-01",
            "Lake Ostrel reaches 412 metres",
            "The lake near Ostrel rose by 37 centimetres, says Anna Petrova of the IMW. The village of Karsk was flooded.",
        ),
        item(
            "fr",
            "2019-03-01",
            "Le lac Ostrel atteint 412 mètres",
            "Le lac près d’Ostrel est monté de 37 centimètres, dit Anna Petrova de l’IMW. Le village de Karsk a été inondé.",
        ),
        item(
            "ru",
            "2019-05-20",
            "Озеро Острель достигло 412 метров",
            "Озеро у Острели поднялось на 37 сантиметров, говорит Анна Петрова из IMW. Деревня Карск затоплена.",
        ),
        item(
            "en",
            "2019-03-20",
            "Twelve hydrologists trained in Panama",
            "Twelve young hydrologists from Bolivia, Chile and Peru learned to measure snow with 24 sensors.",
        ),
        item(
            "fr",
            "2019-03-20",
            "Douze hydrologues formés au Panama",
            "Douze jeunes hydrologues de Bolivie, du Chili et du Pérou ont appris à mesurer la neige avec 24 capteurs.",
        ),
        item("en", "2019-04-11", "Annual report 2018 published", "The report counts 118 stations."),
        item("fr", "2019-04-12", "Le rapport annuel 2017 est paru", "Le rapport compte 103 stations."),
        item("en", "2019-04-25", "A door opens", "Visitors are welcome on Saturday."),
        item("ru", "2019-06-30", "Снег тает рано", "Весна пришла в горы раньше обычного."),
    ]
}

fn stories(pairing: &Pairing) -> Vec<Vec<usize>> {
    let mut stories = pairing.stories.clone();
    stories.iter_mut().for_each(|story| story.sort_unstable());
    stories.sort();
    stories
}

#[test]
fn translations_are_found_and_others_left_alone() {
    let found = pair(&news(), &Known::default(), true);
    assert_eq!(stories(&found), [vec![0, 1], vec![3, 4]], "{found:#?}");
    let late = |link: &&Link| (link.one, link.other) == (0, 2) || (link.one, link.other) == (1, 2);
    let late: Vec<&Link> = found.likely.iter().filter(late).collect();
    assert!(!late.is_empty(), "{found:#?}");
    let reasons = late[0].reasons.join("; ");
    assert!(reasons.contains("412") && reasons.contains("80 days apart"), "{reasons}");
    let reasons = found.joined.iter().find(|link| (link.one, link.other) == (0, 1)).unwrap().reasons.join("; ");
    assert!(reasons.contains("the same day"), "{reasons}");
}

#[test]
fn reports_of_other_years_are_other_stories() {
    let found = pair(&news(), &Known::default(), true);
    let all = found.joined.iter().chain(&found.likely).chain(&found.missed);
    assert!(all.clone().all(|link| (link.one, link.other) != (5, 6)), "{found:#?}");
}

#[test]
fn what_a_person_said_holds() {
    let items = news();
    let parted = Known { parted: vec![(1, 0)], ..Known::default() };
    let found = pair(&items, &parted, true);
    assert_eq!(stories(&found), [vec![3, 4]]);
    assert!(found.likely.iter().all(|link| (link.one, link.other) != (0, 1)), "{found:#?}");
    let joined = Known { joined: vec![(7, 8), (0, 3)], ..Known::default() };
    // Two of one language are never one story.
    assert_eq!(stories(&pair(&items, &joined, true)), [vec![0, 1], vec![3, 4], vec![7, 8]]);
}

#[test]
fn stories_of_earlier_imports_are_not_joined_unasked() {
    let items = news();
    let settled = |numbers: [Option<usize>; 9]| Known { settled: numbers.to_vec(), ..Known::default() };
    let none = [None; 9];
    let apart = settled([Some(1), Some(2), None, None, None, None, None, None, None]);
    let found = pair(&items, &apart, true);
    assert_eq!(stories(&found), [vec![3, 4]]);
    assert!(found.likely.iter().any(|link| (link.one, link.other) == (0, 1)), "{found:#?}");
    let one = settled([Some(1), None, Some(1), None, None, None, None, None, None]);
    assert_eq!(stories(&pair(&items, &one, true)), [vec![0, 1, 2], vec![3, 4]]);
    assert_eq!(stories(&pair(&items, &settled(none), true)), [vec![0, 1], vec![3, 4]]);
    // A person has parted what was one story.
    let parted =
        Known { parted: vec![(0, 1)], ..settled([Some(1), Some(1), None, None, None, None, None, None, None]) };
    assert_eq!(stories(&pair(&items, &parted, true)), [vec![3, 4]]);
}

#[test]
fn one_day_alone_joins_nothing() {
    let items = [item("en", "2019-03-01", "Rain falls", ""), item("ru", "2019-03-01", "Снег лежит", "")];
    assert_eq!(stories(&pair(&items, &Known::default(), true)), Vec::<Vec<usize>>::new());
    assert_eq!(stories(&pair(&[], &Known::default(), true)), Vec::<Vec<usize>>::new());
}

#[test]
fn the_same_caption_is_evidence() {
    let of = |alt: Option<&'static str>| {
        let with = |item: Item<'static>| Item { alt, ..item };
        let en = with(item("en", "2019-03-01", "Rain falls", "It rains in the valley."));
        let ru = with(item("ru", "2019-03-03", "Дождь", "В долине идёт дождь."));
        let others = [item("en", "2019-05-01", "Bread", "New bread."), item("ru", "2019-06-01", "Хлеб", "Новый хлеб.")];
        let items = [en, ru, others[0], others[1]];
        let found = pair(&items, &Known::default(), true);
        let all = found.joined.into_iter().chain(found.likely).chain(found.missed);
        all.filter(|link| (link.one, link.other) == (0, 1)).map(|link| link.score).next().unwrap_or(0.0)
    };
    assert!(of(Some("Clouds over the pass of Ostrel")) > of(None) + 0.3);
}

/// Time grows with the entries and their neighbours, and is small.
#[test]
fn many_entries_take_little_time() {
    let words: Vec<String> = (0..3000).map(|number| format!("w{}rd{}", number % 7, number * 7919)).collect();
    let text =
        |seed: usize| (0..40).map(|at| words[(seed * 31 + at * 97) % 3000].as_str()).collect::<Vec<_>>().join(" ");
    let day = |number: usize| NaiveDate::from_num_days_from_ce_opt(730_000 + number as i32).unwrap();
    let texts: Vec<String> = (0..1500).map(text).collect();
    let languages = ["en", "fr", "es"];
    let items: Vec<Item> = (0..1500)
        .map(|at| Item {
            language: languages[at % 3],
            date: day(at),
            title: &texts[at][..40],
            text: &texts[at],
            alt: None,
            image: None,
            link: None,
        })
        .collect();
    let took = |count: usize| {
        let started = std::time::Instant::now();
        pair(&items[..count], &Known::default(), true);
        started.elapsed().as_secs_f64()
    };
    let (few, many) = (took(500), took(1500));
    assert!(many < 12.0 * few.max(0.05), "{few} {many}");
}
