use super::*;

fn short(text: &str) -> Vec<String> {
    let date = |date: Option<DateMatch>| match date.map(|found| found.date) {
        Some(Some(date)) => date.day_first().to_string(),
        Some(None) => "no such day".to_owned(),
        None => "none".to_owned(),
    };
    let entries = Listing::parse(text).entries;
    entries.iter().map(|entry| format!("{}|{}|{}", date(entry.date), entry.title, entry.paragraphs.join("|"))).collect()
}

#[test]
fn a_copied_page() {
    let listing = Listing::parse(include_str!("../../../tests/fixtures/import/listing.txt"));
    let heading: Vec<usize> = listing.heading.iter().map(|(line, _)| *line).collect();
    assert_eq!(heading, [1, 3, 4]);
    let lines: Vec<usize> = listing.entries.iter().map(|entry| entry.line).collect();
    assert_eq!(lines, [5, 10, 15, 20, 27, 34, 38]);
    assert_eq!(listing.entries[6].title, "Small grants 2020");
    assert_eq!(listing.entries[3].paragraphs.len(), 2);
}

#[test]
fn entry_starts() {
    for text in [
        "2019-03-07\nLakes\n\nText\n\n2019-03-06\nRain",
        "- 7 March 2019\n  Lakes\n\n  Text\n- 6 March 2019\n  Rain",
        "* 07.03.2019 – Lakes\n  Text\n* 06.03.2019 – Rain",
        "•\t07.03.2019\r\n\tLakes\r\n\r\n\tText\r\n•\t06.03.2019\r\n\tRain\r\n",
        "\u{feff}·\u{a0}March 7, 2019: Lakes\r\rText\r\r·\u{a0}March 6, 2019: Rain",
        "## 2019年3月7日 Lakes\nText\n## 2019年3月6日 Rain",
        "1. 2019/03/07 Lakes\n   Text\n2. 2019/03/06 Rain",
        "(7 mars 2019) Lakes\nText\n(6 mars 2019) Rain",
    ] {
        let expected: Vec<String> = vec!["2019-03-07|Lakes|Text".into(), "2019-03-06|Rain|".into()];
        assert_eq!(short(text), expected, "{text}");
    }
}

#[test]
fn a_date_within_text_begins_no_entry() {
    let text = "• 16/04/2019\n  Lakes\n\n  16/05/2019 is the day.\n  ◦ 17/05/2019: rain\n\n  16 May 2019, too.\n• 15/04/2019\n  Rain";
    assert_eq!(
        short(text),
        ["2019-04-16|Lakes|16/05/2019 is the day.\n◦ 17/05/2019: rain|16 May 2019, too.", "2019-04-15|Rain|"]
    );
}

#[test]
fn an_unusual_date_format_begins_an_entry() {
    assert_eq!(
        short("2015.01.03 Eight\n4.1.2015 Nine\n2014-12-06\nTen\n\n6 May 2014 – eleven"),
        ["2015-01-03|Eight|", "2015-01-04|Nine|", "2014-12-06|Ten|", "2014-05-06|eleven|"]
    );
    assert_eq!(
        short(
            "- Dec 7, 2014: Before\n\n• 16/04/2015\n  First\n\n  Text\n• 15/04/2015\n  Second\n* 2014-12-03 Third\n- Dec 5, 2014 – Fourth\n\n15 декабря 2014 г. Пятое\n"
        ),
        [
            "2014-12-07|Before|", "2015-04-16|First|Text", "2015-04-15|Second|", "2014-12-03|Third|",
            "2014-12-05|Fourth|", "2014-12-15|Пятое|"
        ]
    );
    // Undated bullets stay entries beside them.
    assert_eq!(short("• 16/04/2015\n  First\n* 2014-12-03 Third\n• Fourth").len(), 3);
}

#[test]
fn dated_lines_within_text_are_listed() {
    let dated = |text: &str| {
        let listing = Listing::parse(text);
        let lines: Vec<usize> = listing.dated.iter().map(|(line, _)| *line).collect();
        (listing.entries.len(), lines)
    };
    for (text, entries, lines) in [
        ("• 16/04/2015\n  First\n\n    2014-12-03 Third\n• 15/04/2015\n  Second", 2, vec![4]),
        (
            "16/04/2015\nFirst\n\nIt lasts until\n2014-12-03 Third\n\n3 May 2015 is the day.\n\n15/04/2015\nSecond",
            2,
            vec![5, 7],
        ),
        ("16/04/2015\nFirst\n\n3 May 2015 The lakes froze.", 1, vec![4]),
        ("2015-04-16 First\nThey came on\n3 May 2015\nand went.", 1, vec![3]),
        ("    16 April 2014 Before\n• 16/04/2015\n  First", 1, vec![1]),
        (include_str!("../../../tests/fixtures/import/listing.txt"), 7, vec![]),
    ] {
        assert_eq!(dated(text), (entries, lines), "{text}");
    }
}

#[test]
fn numeric_dates() {
    let numbers = |text: &str| Listing::parse(text).entries[0].date.and_then(|found| found.date?.numbers());
    assert!(numbers("05/04/2019 A").is_some_and(|numbers| numbers.is_ambiguous()));
    assert_eq!(short("31/02/2019 A\n16/04/2019 14:30 B"), ["no such day|A|", "2019-04-16 14:30:00|B|"]);
}

#[test]
fn entries_without_a_date() {
    let text = "  • 16/04/2019\n    Lakes\n  • Undated\n    Text\n      - a point\n  • 15/04/2019\n    Rain";
    assert_eq!(short(text), ["2019-04-16|Lakes|", "none|Undated|Text\n- a point", "2019-04-15|Rain|"]);
    assert_eq!(short("- One\n  more\n- Two"), ["none|One|more", "none|Two|"]);
    assert!(short("No list at all.\n\nNothing.").is_empty());
}

#[test]
fn soft_breaks_are_joined() {
    let text = "\
16 April 2019
The Institute for Mountain Waters opens
a station

The station measures how fast glaciers
melt, and sends what it finds to all of
the valleys below, every hour of a day.
It is the first above four thousand and
the second of its kind in these ranges.

15 April 2019
Rain

It rains in the valleys of the range in
spring.
";
    let entries = short(text);
    assert!(
        entries[0].starts_with("2019-04-16|The Institute for Mountain Waters opens a station|The station measures")
    );
    assert!(entries[0].ends_with("in these ranges.") && !entries[0].contains('\n'), "{entries:?}");
    assert_eq!(entries[1], "2019-04-15|Rain|It rains in the valleys of the range in spring.");
}

#[test]
fn a_credit_ends_without_the_separator_before_the_text() {
    let (_, entries) = read("a", "• 16/04/2019 - Lakes\nPhoto: Far Agency /На озере открыта станция.");
    assert_eq!(entries[0].image.as_ref().and_then(|image| image.credit.as_deref()), Some("Photo: Far Agency"));
    assert_eq!(entries[0].summary.as_deref(), Some("На озере открыта станция."));
}
