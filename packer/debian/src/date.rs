//! Dates in releases: `Sat, 11 Jul 2026 10:16:37 UTC`.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// The moment that `text` names; `None` if it isn't a date.
pub(crate) fn moment(text: &str) -> Option<Timestamp> {
    let date = DateTime::strptime("%a, %d %b %Y %H:%M:%S UTC", text).ok()?;
    TimeZone::UTC.to_timestamp(date).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_releases_are_read() {
        let found = moment("Sat, 11 Jul 2026 10:16:37 UTC").unwrap();
        assert_eq!(found.to_string(), "2026-07-11T10:16:37Z");
        assert_eq!(
            moment("Sat, 1 Aug 2026 00:00:00 UTC").unwrap().to_string(),
            "2026-08-01T00:00:00Z"
        );
        assert_eq!(moment("yesterday"), None);
    }
}
