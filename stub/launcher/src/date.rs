//! Times for people.

use std::fmt;

const DAY: i64 = 24 * 60 * 60;

/// Seconds since 1970, shown as `2026-11-28T02:05:00Z`.
#[derive(Debug, Clone, Copy)]
pub struct Date(pub i64);

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Years 1970 to 9999, so that no sum overflows.
        let seconds = self.0.clamp(0, 253_402_300_799);
        let (year, month, day) = civil(seconds / DAY);
        let (hour, minute) = (seconds % DAY / 3600, seconds % 3600 / 60);
        write!(f, "{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{:02}Z", seconds % 60)
    }
}

/// Year, month and day of a number of days since 1970. The algorithm is `civil_from_days` of
/// <https://howardhinnant.github.io/date_algorithms.html>, for days from 1970 on: eras of 400 years and years begin in March.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let leap = day_of_era / 1460;
    let year_of_era = (day_of_era - leap + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::Date;

    #[test]
    fn times_have_a_date_and_a_time() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (-5, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (1_795_831_500, "2026-11-28T02:05:00Z"),
            (i64::MAX, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(Date(seconds).to_string(), text);
        }
    }
}
