//! Ages, dates and sizes as users write them.

use std::str::FromStr;
use std::time::{Duration, SystemTime};

use jiff::civil::Date;
use jiff::tz::Offset;

const DAY: Duration = Duration::from_hours(24);

/// A number of days ago, or a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Days before now.
    Days(u64),
    /// The start of a day, in UTC.
    Date(Date),
}

impl When {
    /// The moment, as seen from `now`; the start of 1970 for any that is before it.
    pub fn before(self, now: SystemTime) -> SystemTime {
        let moment = match self {
            Self::Days(count) => {
                let ago = Duration::from_secs(count.saturating_mul(DAY.as_secs()));
                now.checked_sub(ago)
            }
            Self::Date(date) => Offset::UTC
                .to_timestamp(date.into())
                .ok()
                .and_then(|moment| u64::try_from(moment.as_second()).ok())
                .map(|seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)),
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
        Date::strptime("%Y-%m-%d", text)
            .map(Self::Date)
            .map_err(|_| "give a number of days, or a date such as 2026-10-31")
    }
}

/// A number of bytes: `500M`, `1.5GiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bytes(pub u64);

impl FromStr for Bytes {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse_size::parse_size(text).map(Self).map_err(|_| "give a size such as 500M, 2G or 1.5GiB")
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn days_and_dates_are_told_apart() {
        assert_eq!("30".parse(), Ok(When::Days(30)));
        assert_eq!("0".parse(), Ok(When::Days(0)));
        assert_eq!("1970-01-01".parse(), Ok(When::Date(date(1970, 1, 1))));
        assert_eq!("2024-02-29".parse(), Ok(When::Date(date(2024, 2, 29))));
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
            "2026-11-21T00:00",
        ] {
            assert!(wrong.parse::<When>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn dates_start_at_midnight_utc_and_not_before_1970() {
        let now = SystemTime::UNIX_EPOCH + 40 * DAY;
        assert_eq!(When::Days(30).before(now), SystemTime::UNIX_EPOCH + 10 * DAY);
        assert_eq!(When::Days(u64::MAX).before(now), SystemTime::UNIX_EPOCH);
        let day = |year, month, day| When::Date(date(year, month, day)).before(now);
        assert_eq!(day(1970, 1, 4), SystemTime::UNIX_EPOCH + 3 * DAY);
        assert_eq!(day(2024, 2, 29), SystemTime::UNIX_EPOCH + 19_782 * DAY);
        assert_eq!(day(1969, 12, 31), SystemTime::UNIX_EPOCH);
    }

    #[test]
    fn sizes_have_decimal_and_binary_units() {
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
        for wrong in ["", "M", "-1", "1..5G", "5X", "5GG", "many", "99999999999T"] {
            assert!(wrong.parse::<Bytes>().is_err(), "{wrong}");
        }
    }
}
