//! Ages, dates and sizes as users write them.

use std::str::FromStr;
use std::time::{Duration, SystemTime};

const DAY: Duration = Duration::from_hours(24);

/// So many days ago, or a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Days before now.
    Days(u64),
    /// The start of a day, in UTC; counted from 1970-01-01.
    Date(u64),
}

impl When {
    /// The moment, as seen from `now`.
    pub fn before(self, now: SystemTime) -> SystemTime {
        let days = |days: u64| Duration::from_secs(days.saturating_mul(DAY.as_secs()));
        let moment = match self {
            Self::Days(count) => now.checked_sub(days(count)),
            Self::Date(count) => SystemTime::UNIX_EPOCH.checked_add(days(count)),
        };
        moment.unwrap_or(SystemTime::UNIX_EPOCH)
    }
}

impl FromStr for When {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(days) = text.parse() {
            return Ok(Self::Days(days));
        }
        date(text).map(Self::Date).ok_or("give a number of days, or a date such as 2026-10-31")
    }
}

/// Days from 1970-01-01 to `YYYY-MM-DD`.
fn date(text: &str) -> Option<u64> {
    let parts: Vec<&str> = text.split('-').collect();
    let &[year, month, day] = parts.as_slice() else { return None };
    let is_plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if (year.len(), month.len(), day.len()) != (4, 2, 2) || !parts.iter().all(|part| is_plain(part))
    {
        return None;
    }
    let (year, month, day): (u64, usize, u64) =
        (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    let is_leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let months = [31, if is_leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let length = *months.get(month.checked_sub(1)?)?;
    if year < 1970 || day == 0 || day > length {
        return None;
    }
    let years: u64 = (1970..year).map(|year| if is_leap(year) { 366 } else { 365 }).sum();
    Some(years + months[..month - 1].iter().sum::<u64>() + day - 1)
}

/// A number of bytes: `500M`, `1.5GiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bytes(pub u64);

impl FromStr for Bytes {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "give a size such as 500M, 2G or 1.5GiB";
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let unit = unit.trim_start().to_ascii_lowercase();
        let letters = unit.strip_suffix('b').unwrap_or(&unit);
        let (letter, base) = match letters.strip_suffix('i') {
            Some(letter) if !letter.is_empty() => (letter, 1024_u64),
            Some(_) => return Err(WRONG),
            None => (letters, 1000),
        };
        let power = ["", "k", "m", "g", "t"].iter().position(|known| *known == letter);
        let unit = power.and_then(|power| base.checked_pow(u32::try_from(power).ok()?));
        let unit = u128::from(unit.ok_or(WRONG)?);
        let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
        let (whole, part_value): (u64, u64) =
            (whole.parse().map_err(|_| WRONG)?, part.parse().map_err(|_| WRONG)?);
        let tenths =
            10_u128.checked_pow(u32::try_from(part.len()).map_err(|_| WRONG)?).ok_or(WRONG)?;
        let bytes = u128::from(whole) * unit + u128::from(part_value) * unit / tenths;
        u64::try_from(bytes).map(Self).map_err(|_| WRONG)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_told_apart() {
        assert_eq!("30".parse(), Ok(When::Days(30)));
        assert_eq!("0".parse(), Ok(When::Days(0)));
        assert_eq!("1970-01-01".parse(), Ok(When::Date(0)));
        assert_eq!("2000-03-01".parse(), Ok(When::Date(11_017)));
        assert_eq!("2024-02-29".parse(), Ok(When::Date(19_782)));
        assert_eq!("2026-11-21".parse(), Ok(When::Date(20_778)));
        for wrong in [
            "",
            "-1",
            "x",
            "2026-11",
            "2026-13-01",
            "2026-00-10",
            "2026-02-29",
            "2100-02-29",
            "2026-11-31",
            "2026-11-0",
            "26-11-21",
            "1969-12-31",
            "2026-1-11",
            "+026-01-01",
            "2026-11-21T00:00",
        ] {
            assert!(wrong.parse::<When>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn moments_before_time_began_are_its_beginning() {
        let now = SystemTime::UNIX_EPOCH + 40 * DAY;
        assert_eq!(When::Days(30).before(now), SystemTime::UNIX_EPOCH + 10 * DAY);
        assert_eq!(When::Days(u64::MAX).before(now), SystemTime::UNIX_EPOCH);
        assert_eq!(When::Date(3).before(now), SystemTime::UNIX_EPOCH + 3 * DAY);
    }

    #[test]
    fn sizes_have_units_of_a_thousand_or_1024() {
        for (text, bytes) in [
            ("0", 0),
            ("17", 17),
            ("17B", 17),
            ("500M", 500_000_000),
            ("500 MB", 500_000_000),
            ("2g", 2_000_000_000),
            ("1.5GiB", 1_610_612_736),
            ("1.25k", 1250),
            ("3KiB", 3072),
            ("1T", 1_000_000_000_000),
        ] {
            assert_eq!(text.parse(), Ok(Bytes(bytes)), "{text}");
        }
        for wrong in
            ["", "M", "-1", "1.", ".5G", "1..5G", "5X", "5iB", "5GG", "1e3", "99999999999T"]
        {
            assert!(wrong.parse::<Bytes>().is_err(), "{wrong}");
        }
    }
}
