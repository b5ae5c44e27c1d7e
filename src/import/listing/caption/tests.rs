use super::*;

fn split(texts: &[&[&str]], offset: usize) -> Split {
    let texts: Vec<Vec<String>> =
        texts.iter().map(|paragraphs| paragraphs.iter().map(|text| (*text).to_owned()).collect()).collect();
    let credits = Credits::learn(texts.iter().map(|paragraphs| ("The Institute On Friday", paragraphs.as_slice())));
    let split = credits.split(&texts[offset]);
    assert_eq!(letters(&joined_again(&split)), letters(&texts[offset].concat()), "something was lost");
    split
}

/// Caption before text, or behind it where a credit closed the text.
fn joined_again(split: &Split) -> String {
    let caption = split.caption.clone().unwrap_or_default();
    format!("{}{}{}", caption.alt.unwrap_or_default(), caption.credit.unwrap_or_default(), split.paragraphs.concat())
}

fn letters(text: &str) -> Vec<char> {
    let mut letters: Vec<char> = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    letters.sort_unstable();
    letters
}

/// Description, credit and the first paragraph of what remains.
fn told(paragraphs: &[&str]) -> (String, String, String) {
    told_of(split(&[paragraphs], 0))
}

fn told_of(split: Split) -> (String, String, String) {
    let caption = split.caption.unwrap_or_default();
    (
        caption.alt.unwrap_or_default(),
        caption.credit.unwrap_or_default(),
        split.paragraphs.first().cloned().unwrap_or_default(),
    )
}

fn parts(alt: &str, credit: &str, text: &str) -> (String, String, String) {
    (alt.to_owned(), credit.to_owned(), text.to_owned())
}

#[test]
fn a_credit_concatenated_with_the_text() {
    for (line, credit, text) in [
        ("Photo: IMWThe station opened.", "Photo: IMW", "The station opened."),
        ("Photo: IMWСтанция открыта.", "Photo: IMW", "Станция открыта."),
        ("Фото: ИГВИГВ открыл станцию.", "Фото: ИГВ", "ИГВ открыл станцию."),
        ("Image: IMW show 'High Water 365'Today it opened.", "Image: IMW show 'High Water 365'", "Today it opened."),
        ("Photo: Far Agency /На озере открыта станция.", "Photo: Far Agency /", "На озере открыта станция."),
        ("Photo: IMW OstrelSince spring it rains.", "Photo: IMW Ostrel", "Since spring it rains."),
        ("Photo: IMW.IMW has opened a station.", "Photo: IMW.", "IMW has opened a station."),
        ("Foto: Ana Vex. Die Station ist offen.", "Foto: Ana Vex.", "Die Station ist offen."),
    ] {
        assert_eq!(told(&[line]), parts("", credit, text));
    }
}

#[test]
fn a_description_and_a_credit() {
    let text = "Doce jóvenes aprendieron a medir la nieve.";
    let alt = "Young hydrologists measure snow.";
    assert_eq!(told(&[&format!("{alt}Photo: IMW{text}")]), parts(alt, "Photo: IMW", text));
    assert_eq!(told(&[&format!("{alt} Photo: IMW.{text}")]), parts(alt, "Photo: IMW.", text));
    assert_eq!(told(&[&format!("{alt} (Photo: IMW){text}")]), parts(alt, "(Photo: IMW)", text));
    assert_eq!(told(&[&format!("{alt} Photo: IMW"), text]), parts(alt, "Photo: IMW", text));
    let long = "Photo: Minister Orla Vex, Governor Tam Brel of Ostrel, and the Institute's Director Ivo Sand";
    assert_eq!(told(&[&format!("{long}{text}")]), parts(long, "", text));
}

#[test]
fn a_description_without_a_label() {
    let (alt, text) =
        ("Orla Vex of the band Snowline shows the sign for water.", "On 17 August the band will play at the lake.");
    assert_eq!(told(&[&format!("{alt}{text}")]), parts(alt, "", text));
    let typo = format!("{text} It rains.Nobody knows why. {text}");
    assert_eq!(told(&[&typo]), parts("", "", &typo));
    let careless = "The band will play today.The lake is full of people.Nobody knows why that is so.";
    assert_eq!(told(&[careless]), parts("", "", careless));
}

#[test]
fn a_caption_alone() {
    assert_eq!(told(&["Photo: IMW", "The station."]), parts("", "Photo: IMW", "The station."));
    assert_eq!(told(&["Photo: IMW\nThe station.\nIt is new."]), parts("", "Photo: IMW", "The station.\nIt is new."));
    assert_eq!(told(&["照片：水研究所", "新站。"]), parts("", "照片：水研究所", "新站。"));
    assert_eq!(told(&["Photo: IMW"]), parts("", "Photo: IMW", ""));
    assert_eq!(told(&["The station. Photo: IMW"]), parts("", "Photo: IMW", "The station."));
    assert_eq!(told(&["The station.", "© IMW"]), parts("", "© IMW", "The station."));
}

#[test]
fn ambiguous_texts_stay_whole() {
    for text in [
        "Photo: IMW the station was opened today by many people, and it rained all day",
        "The minister opened the fair (Photo: IMW) and left.",
        "Call for photos: send yours to the Institute.",
        "The McDonald station in Côte d'Ivoire, seen on YouTube, is new.",
        "The Institute is glad to say that the GoodWater Fund pays for Good things and for Water in the valleys.",
        "Word: another.",
        "",
    ] {
        assert_eq!(told(&[text]), parts("", "", text));
    }
}

#[test]
fn repeated_credits_are_learnt() {
    let texts: [&[&str]; 5] = [
        &["Photo: IMWThe station opened."],
        &["Photo: IMWIn spring it rains."],
        &["Photo: IMWУ озера открыта станция."],
        &["Photo: IMWA few years ago it rained."],
        &["Photo: IMWSNOWLINE, a band, played."],
    ];
    assert_eq!(told_of(split(&texts, 3)), parts("", "Photo: IMW", "A few years ago it rained."));
    assert_eq!(told_of(split(&texts, 4)), parts("", "Photo: IMW", "SNOWLINE, a band, played."));
}
