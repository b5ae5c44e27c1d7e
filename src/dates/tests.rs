use super::*;

/// Dates as the CLDR's patterns of each language write them: language, date, text.
const SAMPLES: &str = include_str!("samples.tsv");

fn display(found: Option<DateMatch>) -> String {
    let Some(found) = found else { return "no date".to_owned() };
    let doubt = if found.doubt.is_some() { "?" } else { "" };
    match found.date {
        None => "no such day".to_owned(),
        Some(ParsedDate::Exact(date)) => format!("{date}{doubt}"),
        Some(ParsedDate::Numeric(numbers)) => {
            let [day, month] = [FieldOrder::DayFirst, FieldOrder::MonthFirst].map(|order| numbers.day(order));
            let days: Vec<String> = [day, month].into_iter().flatten().map(|day| day.to_string()).collect();
            format!("{}{doubt}", days.join(" or "))
        }
    }
}

#[test]
fn dates_of_every_language_are_read() {
    // Names of two words, with a hyphen, or of one letter, and numbers parted by blanks.
    let is_unread = |language: &str, text: &str| match language {
        "mn" => true,
        "ga" => text.contains("Fómhair"),
        "gd" => text.contains("t-"),
        "my" => text.contains(" ဧ ") || text.contains(" ဩ "),
        "yo" => text.as_bytes().get(3).is_some_and(u8::is_ascii_digit),
        _ => false,
    };
    let failed: Vec<String> = SAMPLES
        .lines()
        .skip(1)
        .filter_map(|line| {
            let mut fields = line.split('\t');
            let (language, date, text) = (fields.next()?, fields.next()?, fields.next()?);
            let shown = display(parse(text));
            let is_read = shown.trim_end_matches('?') == date;
            (is_read == is_unread(language, text)).then(|| format!("{language} {text}: {shown}"))
        })
        .collect();
    assert!(failed.is_empty(), "{} {failed:#?}", failed.len());
}

#[test]
fn dates_in_fields() {
    let cases = [
        // RFC 822, RFC 2822 and mistakes.
        ("Wed, 11 Jan 2006 16:43:21 -0800", "2006-01-11T16:43:21-08:00"),
        ("Mon, 11 Jan 2006 16:43:21 GMT", "2006-01-11T16:43:21+00:00"),
        ("11 January 06 16:43 EST", "2006-01-11T16:43:00-05:00"),
        ("11 Jan 99", "1999-01-11"),
        ("Wed, 1 Sept 1999 16:43:21 Z", "1999-09-01T16:43:21+00:00"),
        ("Wed, 11-Jan-2006 16:43:21 +000", "2006-01-11T16:43:21+00:00"),
        ("Wed, 11 Jan 2006 16:43:21 +0100 (CET)", "2006-01-11T16:43:21+01:00"),
        ("Wed, 11 Jan 2006 16:43:21 AEDT", "2006-01-11T16:43:21+11:00"),
        ("Wed, 11 Jan 2006 16:43:21 IST", "2006-01-11 16:43:21?"),
        ("Thu, 05 Sep 2002 0:00:01 GMT", "2002-09-05T00:00:01+00:00"),
        ("2 May 2004 10:00:00 GMT+0200", "2004-05-02T10:00:00+02:00"),
        ("Fri, 03 May 2024 10:00:00 +0200", "2024-05-03T10:00:00+02:00"),
        ("30 Nov -0001 00:00:00 +0000", "no date"),
        // asctime.
        ("Wed Jan 11 16:43:21 2006", "2006-01-11 16:43:21"),
        ("Wed Jan 11 16:43:21 PST 2006", "2006-01-11T16:43:21-08:00"),
        // With words.
        ("January 11, 2006", "2006-01-11"),
        ("Jan 11th, 2006 4:43 pm", "2006-01-11 16:43:00"),
        ("May 3, 2024 at 2:30 a.m. UTC", "2024-05-03T02:30:00+00:00"),
        ("Published: 3 May 2024", "2024-05-03"),
        ("16 avril 2015 à 14h30", "2015-04-16 14:30:00"),
        ("16. April 2015, 14:30 Uhr", "2015-04-16 14:30:00?"),
        ("16 de abril de 2015 a las 9:05", "2015-04-16?"),
        ("16. listopada 2015.", "2015-10-16?"),
        ("16 listopada 2015", "2015-11-16?"),
        // ISO 8601 and RFC 3339.
        ("2006-01-11T16:43:21Z", "2006-01-11T16:43:21+00:00"),
        ("2006-01-11t16:43:21z", "2006-01-11T16:43:21+00:00"),
        ("2006-01-11T16:43:21.52-08:00", "2006-01-11T16:43:21.520-08:00"),
        ("2006-01-11T16:43:21,5Z", "2006-01-11T16:43:21.500+00:00"),
        ("2006-01-11T16:43-0800", "2006-01-11T16:43:00-08:00"),
        ("2006-01-11T16:43.5Z", "2006-01-11T16:43:30+00:00"),
        ("2006-01-11T16Z", "2006-01-11T16:00:00+00:00"),
        ("2006-01-11T16,5", "2006-01-11 16:30:00"),
        ("2006-01-11 16:43:21 -0800", "2006-01-11T16:43:21-08:00"),
        ("2006-01-11 16:43:21−08:00", "2006-01-11T16:43:21-08:00"),
        ("2006-01-11 T 16:43:21 Z", "2006-01-11T16:43:21+00:00"),
        ("2006-01-11T16:43:21+01:00[Europe/Vienna]", "2006-01-11T16:43:21+01:00"),
        ("20060111T164321Z", "2006-01-11T16:43:21+00:00"),
        ("20060111T1643+0100", "2006-01-11T16:43:00+01:00"),
        ("20060111", "2006-01-11"),
        ("2015-W16-4", "2015-04-16"),
        ("2015W164", "2015-04-16"),
        ("2015-W16", "2015-04-13"),
        ("2015-W16-4T14:30Z", "2015-04-16T14:30:00+00:00"),
        ("2015-106", "2015-04-16"),
        ("2015106", "2015-04-16"),
        ("2015-W54-1", "no such day"),
        ("2015-366", "no such day"),
        ("2006/01/11", "2006-01-11"),
        ("2006-01-11", "2006-01-11"),
        ("2006-01", "2006-01-01"),
        ("2006", "2006-01-01"),
        ("2006-01-11T24:00:00Z", "2006-01-12T00:00:00+00:00"),
        ("2006-01-11T24:00", "2006-01-12 00:00:00"),
        ("2006-01-11T24:01", "2006-01-11?"),
        ("2006-01-11T16:43:60Z", "2006-01-11T16:43:59+00:00"),
        // Of programs and people.
        ("2019-06-14 00:58:05.044 +0200", "2019-06-14T00:58:05.044+02:00"),
        ("2010-05-06 13:00:57+16:00", "2010-05-06T13:00:57+16:00"),
        ("2010-05-06 13:00", "2010-05-06 13:00:00"),
        ("2020-03-01 09:15-:00+09:15", "2020-03-01 09:15:00?"),
        ("2023-2-07T00:00:00.000Z", "2023-02-07T00:00:00+00:00"),
        ("2024/5/3", "2024-05-03"),
        ("2024-05-03 10:00 PM UTC", "2024-05-03T22:00:00+00:00"),
        ("\"2024-05-03\"", "2024-05-03"),
        ("05/04/2015", "2015-04-05 or 2015-05-04"),
        ("05.04.15 09:30", "2015-04-05 or 2015-05-04"),
        ("16/04/2015", "2015-04-16"),
        ("16‏/04‏/2015", "2015-04-16"),
        ("2015年4月16日木曜日", "2015-04-16"),
        ("٢٠١٥-٠٤-١٦", "2015-04-16"),
        ("१६ अप्रैल २०१५", "2015-04-16"),
        // None.
        ("32/13/2015", "no such day"),
        ("2024-02-31", "no such day"),
        ("2006-13-01", "no such day"),
        ("31 Feb 2006", "no such day"),
        ("Tue, 40 Jan 2006", "no such day"),
        ("0000-00-00 00:00:00", "no such day"),
        ("", "no date"),
        ("soon", "no date"),
        ("yesterday", "no date"),
        ("20081-01-01", "no date"),
        ("12:00", "no date"),
        ("in 2015", "no date"),
        ("١١ يناير", "no date"),
    ];
    let shown = |text: &str| display(parse(text));
    let wrong = cases.iter().filter(|(text, expected)| shown(text) != *expected);
    let wrong: Vec<_> = wrong.map(|(text, expected)| format!("{text}: {}, not {expected}", shown(text))).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn dates_at_the_start_of_a_text() {
    for text in [
        "2015-04-16",
        "2015/4/16 Title",
        "2015.04.16",
        "2015年4月16日 标题",
        "2015年4月16日标题",
        "2015년 4월 16일",
        "16 April 2015",
        "16-Apr-2015: x",
        "April 16, 2015",
        "Apr. 16th, 2015",
        "16 de abril de 2015",
        "16 avril 2015 - x",
        "16 апреля 2015 г. Вода",
        "16. April 2015",
        "Thursday, 16 April 2015",
        "(16 April 2015)",
        "16 avr. 2015",
        "١٦ نيسان ٢٠١٥",
        "jeudi 16 avril 2015",
        "16 Απριλίου 2015",
        "16 Nisan 2015",
        "16. huhtikuuta 2015",
        "16. dubna 2015",
        "16 април 2015 г.",
        "16 aprilie 2015",
        "16 באפריל 2015",
        "16 آوریل 2015",
        "16 April 2015 by 50 people",
    ] {
        assert_eq!(display(parse_prefix(text)), "2015-04-16", "{text}");
    }
    assert_eq!(display(parse_prefix("2015-04-16T14:30:00Z")), "2015-04-16T14:30:00+00:00");
    assert_eq!(display(parse_prefix("1er mai 2015")), "2015-05-01");
    assert_eq!(display(parse_prefix("31 April 2015")), "no such day");
    for text in [
        "", "8.5.10.2", "16/04", "Mars 2015", "16 Aprils of 2015", "2015", "12345/01/01", "16/04/20155", "June",
        "(16/04/2015", "1.2.3", "20150416", "2015-106", "2558-04-16", "16 April 20 wells", "2015 Report, May 5",
    ] {
        assert_eq!(parse_prefix(text), None, "{text}");
    }
}

#[test]
fn length_includes_the_time_of_day() {
    for (text, rest) in [
        ("16/04/2015 14:30 Title", " Title"),
        ("2015-04-16 14:30:00 +0200 Title", " Title"),
        ("16/04/2015 12 wells", " 12 wells"),
        ("4 мая 2014 года. Второе", ". Второе"),
        ("16.04.2015г. Заголовок", " Заголовок"),
        ("16.04.2015 г. Заголовок", " Заголовок"),
        ("4 травня 2014 року Друге", " Друге"),
        ("16.04.2015 Рыба", " Рыба"),
        ("16/04/2015 Zebra", " Zebra"),
        ("16 April 2015 at the lake", " at the lake"),
        ("16 April 2015. Title", ". Title"),
    ] {
        assert_eq!(parse_prefix(text).map(|date| &text[date.length..]), Some(rest), "{text}");
    }
}

#[test]
fn the_first_date_of_a_text_is_found() {
    assert_eq!(display(find("Posted by a person on 16 April 2015 at noon")), "2015-04-16");
    assert_eq!(display(find("Room 101, floor 2")), "no date");
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_without_a_panic(text in "\\PC{0,40}|[0-9:/. T+-]{0,24}|[0-9]{1,4}[ ./-]\\p{L}{0,9}[ ./-][0-9]{2,4}.{0,12}") {
        for found in [parse(&text), parse_prefix(&text), find(&text)].into_iter().flatten() {
            proptest::prop_assert!(found.length <= text.len());
            let _ = found.remark();
        }
    }
}
