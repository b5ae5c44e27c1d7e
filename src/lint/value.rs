//! Values that formats share: dates, addresses, media types, language tags.
//!
//! Errors are phrases that complete "`value` …".

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveTime, TimeZone};
use url::Url;

use crate::model::Language;
use crate::text::ellipsis;

/// A longer value is shortened in a message.
const MAX_SHOWN: usize = 60;

/// A value for a message: on one line, shortened.
pub fn excerpt(text: &str) -> String {
    let line: String = text.split_whitespace().flat_map(|word| [" ", word]).skip(1).collect();
    ellipsis(&line, MAX_SHOWN)
}

/// Parses an RFC 3339 date and time, with upper-case `T` and `Z` as RFC 4287 §3.3 requires.
pub fn rfc3339(text: &str) -> Result<DateTime<FixedOffset>, String> {
    let text = text.trim();
    let bytes = text.as_bytes();
    let invalid = |why: &str| Err(format!("is no RFC 3339 date: {why}, as in `2014-11-24T09:30:00Z`"));
    let has_shape = |shape: &[u8]| {
        let fits = |(byte, form): (&u8, &u8)| if *form == b'0' { byte.is_ascii_digit() } else { byte == form };
        bytes.len() >= shape.len() && bytes.iter().zip(shape).all(fits)
    };
    if !has_shape(b"0000-00-00") {
        return invalid("it begins with year, month and day");
    }
    if bytes.len() == 10 {
        return invalid("it lacks the time of day");
    }
    if bytes[10] != b'T' {
        return invalid("a capital `T` stands between date and time");
    }
    if !has_shape(b"0000-00-00T00:00:00") {
        return invalid("the time has hours, minutes and seconds");
    }
    let has_offset = text.ends_with('Z') || (text.len() >= 25 && matches!(bytes[bytes.len() - 6], b'+' | b'-'));
    if !has_offset {
        return invalid("it ends with `Z` or an offset such as `+01:00`");
    }
    DateTime::parse_from_rfc3339(text).map_err(|error| format!("is no RFC 3339 date: {error}"))
}

/// An RSS date.
#[derive(Debug)]
pub struct Rfc822 {
    pub instant: DateTime<FixedOffset>,
    /// RSS discourages years of two digits.
    pub has_short_year: bool,
}

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/// The zones of RFC 822 §5.1, in hours east of UTC.
const ZONES: [(&str, i32); 11] = [
    ("GMT", 0),
    ("UT", 0),
    ("Z", 0),
    ("EST", -5),
    ("EDT", -4),
    ("CST", -6),
    ("CDT", -5),
    ("MST", -7),
    ("MDT", -6),
    ("PST", -8),
    ("PDT", -7),
];

/// Parses an RFC 822 §5 date and time with a year of two or four digits.
pub fn rfc822(text: &str) -> Result<Rfc822, String> {
    let invalid = |why: String| format!("is no RFC 822 date: {why}");
    let (weekday, rest) = match text.split_once(',') {
        Some((day, rest)) => (Some(day.trim()), rest),
        None => (None, text),
    };
    let words: Vec<&str> = rest.split_whitespace().filter(|word| !word.starts_with('(')).collect();
    let [day, month, year, time, zone] = words[..] else {
        return Err(invalid("it is written like `Mon, 24 Nov 2014 09:30:00 +0100`".to_owned()));
    };
    let named = |what: &str, name: &str, names: &[&str]| {
        let index = names.iter().position(|known| known.eq_ignore_ascii_case(name));
        index.ok_or_else(|| {
            invalid(format!("`{}` is no {what}; they are English and short, like `{}`", excerpt(name), names[0]))
        })
    };
    let number = |text: &str, lengths: &[usize]| {
        let is_number = lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse::<u32>().ok()).flatten()
    };
    let weekday = weekday.map(|name| named("day of the week", name, &DAYS)).transpose()?;
    let month = named("month", month, &MONTHS)? as u32 + 1;
    let day = number(day, &[1, 2]).ok_or_else(|| invalid(format!("`{}` is no day of the month", excerpt(day))))?;
    let digits = number(year, &[2, 4]).ok_or_else(|| invalid(format!("`{}` is no year", excerpt(year))))?;
    let has_short_year = year.len() == 2;
    let year = digits as i32
        + if !has_short_year {
            0
        } else if digits < 70 {
            2000
        } else {
            1900
        };
    let date = NaiveDate::from_ymd_opt(year, month, day).ok_or_else(|| invalid("there is no such day".to_owned()))?;
    let parts: Option<Vec<u32>> = time.split(':').map(|part| number(part, &[2])).collect();
    let time = match parts.as_deref() {
        Some([hour, minute]) => NaiveTime::from_hms_opt(*hour, *minute, 0),
        Some([hour, minute, second]) if *second <= 60 => NaiveTime::from_hms_opt(*hour, *minute, (*second).min(59)),
        _ => None,
    };
    let time = time.ok_or_else(|| invalid("the time of day is written like `09:30:00`".to_owned()))?;
    let instant = offset(zone).and_then(|offset| offset.from_local_datetime(&date.and_time(time)).single());
    let instant = instant.ok_or_else(|| invalid(format!("`{}` is no zone; write `+0000` or `GMT`", excerpt(zone))))?;
    let actual_weekday = date.weekday().num_days_from_monday() as usize;
    match weekday {
        Some(day) if day != actual_weekday => {
            Err(invalid(format!("the day was a {}, not a {}", DAYS[actual_weekday], DAYS[day])))
        }
        _ => Ok(Rfc822 { instant, has_short_year }),
    }
}

fn offset(zone: &str) -> Option<FixedOffset> {
    if let Some((_, hours)) = ZONES.iter().find(|(name, _)| name.eq_ignore_ascii_case(zone)) {
        return FixedOffset::east_opt(hours * 3600);
    }
    let sign = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits = zone.get(1..).filter(|rest| rest.len() == 4 && rest.bytes().all(|byte| byte.is_ascii_digit()))?;
    let number: i32 = digits.parse().ok()?;
    (number % 100 < 60).then(|| FixedOffset::east_opt(sign * (number / 100 * 3600 + number % 100 * 60))).flatten()
}

/// Whether an IRI (RFC 3987) is absolute; the rules of its scheme are not checked.
///
/// # Errors
/// Why it is not an IRI.
pub fn is_absolute_iri(text: &str) -> Result<bool, String> {
    let is_forbidden = |c: &char| c.is_whitespace() || c.is_control() || "<>\"{}|\\^`".contains(*c);
    if let Some(character) = text.chars().find(is_forbidden) {
        let bytes = character.to_string().into_bytes();
        let code: String = bytes.iter().map(|byte| format!("%{byte:02X}")).collect();
        return Err(format!("holds {character:?}, which no address can (RFC 3986 §2); write `{code}`"));
    }
    match scheme(text) {
        Some(scheme) if text.len() == scheme.len() + 1 => Err("is a scheme alone, not an address".to_owned()),
        scheme => Ok(scheme.is_some()),
    }
}

/// Whether a URL is absolute.
///
/// # Errors
/// Why it is not a URL.
pub fn is_absolute_url(text: &str) -> Result<bool, String> {
    if !is_absolute_iri(text)? {
        return Ok(false);
    }
    let scheme = scheme(text).unwrap_or_default();
    match scheme.to_ascii_lowercase().as_str() {
        "http" | "https" => match Url::parse(text) {
            Ok(_) if text[scheme.len()..].starts_with("://") => Ok(true),
            Ok(_) => Err("lacks the `//` and the host".to_owned()),
            Err(error) => Err(format!("is no address ({error})")),
        },
        "javascript" | "vbscript" => Err("is a script, not an address".to_owned()),
        _ => Ok(true),
    }
}

/// The scheme of a URL.
pub fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once(':')?;
    let mut bytes = scheme.bytes();
    let is_scheme = bytes.next().is_some_and(|first| first.is_ascii_alphabetic())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    is_scheme.then_some(scheme)
}

/// Whether a text is a media type (RFC 2045 §5.1), with or without parameters.
pub fn is_media_type(text: &str) -> bool {
    let is_token = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?=".contains(&byte))
    };
    let kind = text.split(';').next().unwrap_or_default().trim();
    kind.split_once('/').is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype))
}

/// Whether a text is an email address, with or without a name in parentheses.
pub fn is_email(text: &str) -> bool {
    let address = text.split_whitespace().next().unwrap_or_default();
    let parts = address.split_once('@');
    parts.is_some_and(|(user, host)| !user.is_empty() && host.contains('.') && !host.contains('@'))
}

/// Checks a BCP 47 language tag; `mul` and private-use tags are valid.
///
/// # Errors
/// Why it is not valid, as a whole sentence.
pub fn language(tag: &str) -> Result<(), String> {
    if tag.eq_ignore_ascii_case("mul") || Language::is_private(tag) {
        return Ok(());
    }
    Language::parse(tag).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_rfc_3339() {
        for good in ["2014-11-24T09:30:00Z", " 2014-11-24T09:30:00.25+01:00\n", "2016-12-31T23:59:60Z"] {
            assert!(rfc3339(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "2014-11-24",
            "2014-11-24 09:30:00Z",
            "2014-11-24t09:30:00z",
            "2014-11-24T09:30Z",
            "2014-11-24T09:30:00",
            "2014-11-24T09:30:00+0100",
            "2014-02-30T09:30:00Z",
            "2014-11-24T09:30:00é",
            "２０１４-11-24T09:30:00Z",
            "Mon, 24 Nov 2014 09:30:00 GMT",
        ] {
            assert!(rfc3339(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn dates_of_rfc_822() {
        for good in
            ["Mon, 24 Nov 2014 09:30:00 +0100", "24 Nov 2014 09:30 GMT", "mon, 4 NOV 2013 09:30:00 EST (winter)"]
        {
            let read = rfc822(good).unwrap();
            assert!(!read.has_short_year && read.instant.weekday() == chrono::Weekday::Mon, "{good}");
        }
        assert!(rfc822("Mon, 24 Nov 14 09:30:00 GMT").unwrap().has_short_year);
        for (bad, why) in [
            ("2014-11-24T09:30:00Z", "written like"),
            ("Tue, 24 Nov 2014 09:30:00 GMT", "the day was a Mon"),
            ("Пн, 24 Nov 2014 09:30:00 GMT", "`Пн` is no day"),
            ("Mon, 24 novembre 2014 09:30:00 GMT", "`novembre` is no month"),
            ("Mon, 24 Nov 2014 09:30:00 UTC", "`UTC` is no zone"),
            ("Mon, 24 Nov 2014 09:30:00 +1:00", "no zone"),
            ("Mon, 24 Nov 2014 9:30:00 GMT", "time of day"),
            ("Mon, 31 Nov 2014 09:30:00 GMT", "no such day"),
            ("Mon, 24 Nov 2014", "written like"),
            ("Mon 24 Nov 2014 09:30:00 GMT", "written like"),
            ("", "written like"),
        ] {
            assert!(rfc822(bad).unwrap_err().contains(why), "{bad}: {:?}", rfc822(bad));
        }
    }

    #[test]
    fn addresses() {
        for good in ["https://a.example/é?b", "tag:a.example,2014:x", "urn:uuid:1", "mailto:a@b.example"] {
            assert_eq!(is_absolute_url(good), Ok(true), "{good}");
        }
        for relative in ["/a", "a.html", "//a.example/b", "", "?x", "#y", "1:2"] {
            assert_eq!(is_absolute_url(relative), Ok(false), "{relative}");
        }
        for bad in
            ["https://", "https:/a", "http:", "urn:", "https://a b.example/", "javascript:x", "https://a.example/{x}"]
        {
            assert!(is_absolute_url(bad).is_err(), "{bad}");
        }
        assert_eq!(is_absolute_iri("http:x"), Ok(true));
        assert!(is_absolute_url("a b").unwrap_err().ends_with("write `%20`"));
    }

    #[test]
    fn types_tags_and_people() {
        assert!(is_media_type("application/atom+xml; charset=utf-8"));
        assert!(!["", "html", "text/", "text/ht ml", "/x", "a/b/c"].into_iter().any(is_media_type));
        assert!(is_email("a@b.example (A B)") && !is_email("A B") && !is_email("a@b") && !is_email(""));
        assert!(["en", "zh-Hans", "mul", "x-klingon"].into_iter().all(|tag| language(tag).is_ok()));
        assert!(!["en_US", "english", "", "x-", "é"].into_iter().any(|tag| language(tag).is_ok()));
        assert_eq!(excerpt(&format!(" a\n b{}", "c".repeat(90))).chars().count(), 60);
    }
}
