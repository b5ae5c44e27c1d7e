//! Instants, and how people write them.
//!
//! RFC 3339 (dates and times), RFC 822 with four-digit years (RSS). Gaps: leap seconds are read as the second before;
//! fractions of a second are dropped, because RSS has none.

use chrono::{
    DateTime, Datelike, FixedOffset, MappedLocalTime, NaiveDate, NaiveDateTime, Offset, TimeDelta, TimeZone, Timelike,
    Utc,
};
use chrono_tz::Tz;

/// Seconds since 1970-01-01T00:00:00Z, of a year from 1 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Later than anything.
    pub const NEVER: Timestamp = Timestamp(i64::MAX);

    /// The instant in UTC; the epoch, if it lies beyond what a calendar can express.
    pub fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.0, 0).unwrap_or_default()
    }
}

/// The time zone of the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zone(Tz);

impl Zone {
    /// A zone of the IANA database by its name.
    pub fn named(name: &str) -> Option<Self> {
        name.parse().ok().map(Zone)
    }

    /// All names, for suggestions.
    pub fn names() -> impl Iterator<Item = &'static str> {
        chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name())
    }

    /// Reads a date or a date-time, with or without offset. A bare date is its first instant here.
    ///
    /// # Errors
    /// What is wrong, in words that complete "this date …".
    pub fn read(self, text: &str) -> Result<Timestamp, &'static str> {
        let written = Written::parse(text.trim())?;
        let seconds = match written.offset {
            Some(offset) => written.local.and_utc().timestamp() - i64::from(offset),
            None => self.instant(written.local),
        };
        let in_range = |zone: Zone| zone.at(Timestamp(seconds)).is_some_and(|at| (1..=9999).contains(&at.year()));
        if in_range(self) && in_range(Zone(Tz::UTC)) {
            Ok(Timestamp(seconds))
        } else {
            Err("lies outside the years 0001 to 9999")
        }
    }

    /// The instant of a local time: in a gap the later, in a fold the earlier reading.
    fn instant(self, local: NaiveDateTime) -> i64 {
        match self.0.from_local_datetime(&local) {
            MappedLocalTime::Single(at) => at.timestamp(),
            MappedLocalTime::Ambiguous(one, other) => one.timestamp().min(other.timestamp()),
            MappedLocalTime::None => {
                let offset = |hours: i64| {
                    let near = local.checked_add_signed(TimeDelta::hours(hours)).unwrap_or(local);
                    i64::from(self.0.offset_from_utc_datetime(&near).fix().local_minus_utc())
                };
                local.and_utc().timestamp() - offset(-15).min(offset(15))
            }
        }
    }

    /// An instant as it is written here. Offsets are rounded up to minutes, as RFC 3339 asks for: the first instant of a day
    /// stays on that day.
    fn at(self, instant: Timestamp) -> Option<DateTime<FixedOffset>> {
        let utc = DateTime::from_timestamp(instant.0, 0)?;
        let seconds = self.0.offset_from_utc_datetime(&utc.naive_utc()).fix().local_minus_utc();
        let offset = FixedOffset::east_opt((seconds + 59).div_euclid(60) * 60)?;
        Some(utc.with_timezone(&offset))
    }

    /// An instant as it is written here.
    pub fn moment(self, instant: Timestamp) -> Moment {
        Moment(self.at(instant).unwrap_or_default())
    }
}

/// An instant with the offset in which it is written.
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

    /// The year and month here.
    pub fn year_month(self) -> (i32, u32) {
        (self.0.year(), self.0.month())
    }
}

/// A date as it was written.
struct Written {
    local: NaiveDateTime,
    /// Seconds east of UTC.
    offset: Option<i32>,
}

const FORM: &str = "is not a date like 2014-11-24 or a date and time like 2014-11-24T09:30:00Z";

impl Written {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let mut rest = Reader(text.as_bytes());
        let year = rest.digits(4)?;
        rest.sign(b"-")?;
        let month = rest.digits(2)?;
        rest.sign(b"-")?;
        let day = rest.digits(2)?;
        if year == 0 {
            return Err("lies outside the years 0001 to 9999");
        }
        let date = NaiveDate::from_ymd_opt(year as i32, month, day).ok_or("does not exist in the calendar")?;
        if rest.0.is_empty() {
            return Ok(Written { local: date.and_hms_opt(0, 0, 0).ok_or(FORM)?, offset: None });
        }
        rest.sign(b"Tt ")?;
        let hour = rest.digits(2)?;
        rest.sign(b":")?;
        let minute = rest.digits(2)?;
        let mut second = 0;
        if rest.next_is(b':') {
            rest.sign(b":")?;
            second = rest.digits(2)?;
            if rest.next_is(b'.') {
                rest.sign(b".")?;
                let digits = rest.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
                if digits == 0 {
                    return Err(FORM);
                }
                rest.0 = &rest.0[digits..];
            }
        }
        let second = if second == 60 { 59 } else { second };
        let local = date.and_hms_opt(hour, minute, second).ok_or("has a time of day that does not exist")?;
        Ok(Written { local, offset: rest.offset()? })
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn digits(&mut self, count: usize) -> Result<u32, &'static str> {
        let (digits, rest) = self.0.split_at_checked(count).ok_or(FORM)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(FORM);
        }
        self.0 = rest;
        Ok(digits.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0')))
    }

    fn next_is(&self, sign: u8) -> bool {
        self.0.first() == Some(&sign)
    }

    /// One of these signs, which is returned.
    fn sign(&mut self, signs: &[u8]) -> Result<u8, &'static str> {
        match self.0.split_first() {
            Some((sign, rest)) if signs.contains(sign) => {
                self.0 = rest;
                Ok(*sign)
            }
            _ => Err(FORM),
        }
    }

    fn offset(&mut self) -> Result<Option<i32>, &'static str> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let sign = self.sign(b"Zz+-")?;
        let mut seconds = 0;
        if matches!(sign, b'+' | b'-') {
            let hours = self.digits(2)?;
            // Many systems export `+0200`.
            if self.next_is(b':') {
                self.sign(b":")?;
            }
            let minutes = self.digits(2)?;
            if hours > 23 || minutes > 59 {
                return Err("has an offset that does not exist");
            }
            seconds = (hours * 3600 + minutes * 60) as i32;
        }
        if !self.0.is_empty() {
            return Err(FORM);
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
    fn dates_are_read_in_the_zone() {
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
    fn what_is_no_date_is_refused() {
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
