//! The part of OSV records that counts here (<https://ossf.github.io/osv-schema/>).

use serde::{Deserialize, Deserializer};

use crate::version::{Ecosystem, Order};

/// A list, or `null`. OSV's schema allows `null` for `aliases` and `affected`.
fn or_empty<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// A vulnerability.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Record {
    pub(crate) id: String,
    #[serde(default, deserialize_with = "or_empty")]
    pub(crate) aliases: Vec<String>,
    #[serde(default, deserialize_with = "or_empty")]
    pub(crate) upstream: Vec<String>,
    #[serde(default)]
    pub(crate) summary: Option<String>,
    #[serde(default)]
    pub(crate) details: Option<String>,
    #[serde(default)]
    pub(crate) withdrawn: Option<String>,
    #[serde(default, deserialize_with = "or_empty")]
    pub(crate) affected: Vec<Affected>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Affected {
    #[serde(default)]
    pub(crate) package: Option<Package>,
    #[serde(default, deserialize_with = "or_empty")]
    pub(crate) ranges: Vec<Range>,
    #[serde(default, deserialize_with = "or_empty")]
    pub(crate) versions: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Package {
    pub(crate) ecosystem: String,
    pub(crate) name: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Range {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) events: Vec<Event>,
}

/// One of them is there.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Event {
    pub(crate) introduced: Option<String>,
    pub(crate) fixed: Option<String>,
    pub(crate) last_affected: Option<String>,
    pub(crate) limit: Option<String>,
}

/// Whether a version is affected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is, and these versions have a fix.
    Yes(Vec<String>),
    No,
    /// A version cannot be compared.
    Unknown(String),
}

impl Affected {
    /// Whether `version` of the package is affected.
    pub(crate) fn verdict(&self, ecosystem: Ecosystem, version: &str) -> Verdict {
        let order = |a: &str, b: &str| ecosystem.compare(a, b);
        let fixed = || {
            let events = self.ranges.iter().filter(|range| range.kind != "GIT");
            let events = events.flat_map(|range| &range.events);
            let mut all: Vec<String> = events.filter_map(|event| event.fixed.clone()).collect();
            all.dedup();
            all
        };
        if self
            .versions
            .iter()
            .any(|one| one == version || order(one, version) == Some(std::cmp::Ordering::Equal))
        {
            return Verdict::Yes(fixed());
        }
        // A range that cannot be compared doesn't end the search: another one may hold the version.
        let mut unknown = None;
        for range in self.ranges.iter().filter(|range| range.kind != "GIT") {
            match range.holds(version, &order) {
                Ok(true) => return Verdict::Yes(fixed()),
                Ok(false) => {}
                Err(version) => unknown = unknown.or(Some(version)),
            }
        }
        unknown.map_or(Verdict::No, Verdict::Unknown)
    }
}

impl Range {
    /// The algorithm of the specification: events in the order of their versions, each of which changes
    /// the state.
    fn holds(&self, version: &str, order: &impl Fn(&str, &str) -> Order) -> Result<bool, String> {
        let at_least = |other: &str| -> Result<bool, String> {
            if other == "0" {
                return Ok(true);
            }
            let found = order(version, other).ok_or_else(|| other.to_owned())?;
            Ok(found != std::cmp::Ordering::Less)
        };
        let mut limits = self.events.iter().filter_map(|event| event.limit.as_deref()).peekable();
        if limits.peek().is_some() {
            let mut is_before = false;
            for limit in limits {
                is_before |= limit == "*" || !at_least(limit)?;
            }
            if !is_before {
                return Ok(false);
            }
        }
        // Events may be in any order, so the last one at or before the version decides.
        let mut last: Option<(String, bool)> = None;
        for event in &self.events {
            let (at, affected) = match event {
                Event { introduced: Some(at), .. } => (at, true),
                Event { fixed: Some(at), .. } => (at, false),
                Event { last_affected: Some(at), .. } => {
                    let is_past =
                        at_least(at)? && order(version, at) != Some(std::cmp::Ordering::Equal);
                    if is_past {
                        (at, false)
                    } else {
                        continue;
                    }
                }
                Event { .. } => continue,
            };
            if !at_least(at)? {
                continue;
            }
            let is_later = match &last {
                None => true,
                Some((before, _)) if before == "0" => true,
                Some(_) if at == "0" => false,
                Some((before, _)) => {
                    let found = order(at, before).ok_or_else(|| at.clone())?;
                    found != std::cmp::Ordering::Less
                }
            };
            if is_later {
                last = Some((at.clone(), affected));
            }
        }
        Ok(last.is_some_and(|(_, affected)| affected))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn affected(json: &str) -> Affected {
        serde_json::from_str(json).unwrap()
    }

    fn record(affected: &str) -> Record {
        serde_json::from_str(&format!(r#"{{"id": "A", "affected": {affected}}}"#)).unwrap()
    }

    #[test]
    fn lists_that_are_null_made_records_bad() {
        let text = r#"{"id": "A", "aliases": null, "upstream": null, "affected": null}"#;
        assert!(serde_json::from_str::<Record>(text).unwrap().affected.is_empty());
        let yaml = "{id: A, aliases: null, upstream: , affected: ~}";
        assert!(serde_saphyr::from_str::<Record>(yaml).unwrap().aliases.is_empty());
        let some =
            record(r#"[{"ranges": null, "versions": ["1"]}, {"ranges": [], "versions": null}]"#);
        assert_eq!(some.affected[0].verdict(Ecosystem::PyPi, "1.0"), Verdict::Yes(Vec::new()));
        assert_eq!(some.affected[1].verdict(Ecosystem::PyPi, "1.0"), Verdict::No);
    }

    #[test]
    fn incomparable_ranges_hid_ranges_behind_them() {
        let one = affected(
            r#"{"ranges": [
                {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "odd?"}]},
                {"type": "ECOSYSTEM", "events": [{"introduced": "2"}, {"fixed": "3"}]}]}"#,
        );
        let fixed = Verdict::Yes(vec!["odd?".into(), "3".into()]);
        assert_eq!(one.verdict(Ecosystem::PyPi, "2.1"), fixed);
        assert_eq!(one.verdict(Ecosystem::PyPi, "3"), Verdict::Unknown("odd?".into()));
    }

    #[test]
    fn limits_of_ranges_were_ignored() {
        let limited = |limits: &str| {
            affected(&format!(
                r#"{{"ranges": [{{"type": "ECOSYSTEM", "events": [{{"introduced": "1"}}, {limits}]}}]}}"#
            ))
        };
        let two = limited(r#"{"limit": "2"}, {"limit": "1.5"}"#);
        for (version, expected) in [("0.9", false), ("1", true), ("1.9", true), ("2", false)] {
            let expected = if expected { Verdict::Yes(Vec::new()) } else { Verdict::No };
            assert_eq!(two.verdict(Ecosystem::PyPi, version), expected, "{version}");
        }
        let endless = limited(r#"{"limit": "*"}, {"limit": "2"}"#);
        assert_eq!(endless.verdict(Ecosystem::PyPi, "9"), Verdict::Yes(Vec::new()));
    }

    #[test]
    fn events_open_and_close_ranges_in_any_order() {
        let one = affected(
            r#"{"ranges": [{"type": "ECOSYSTEM", "events": [{"fixed": "2.0"}, {"introduced": "0"},
                {"introduced": "3.0rc1"}, {"last_affected": "3.1"}]}, {"type": "GIT", "events": []}],
                "versions": ["9.0"]}"#,
        );
        let fixed = Verdict::Yes(vec!["2.0".into()]);
        for version in ["1.9", "0.1", "3.0rc1", "3.0", "3.1", "3.1.0", "9", "9.0"] {
            assert_eq!(one.verdict(Ecosystem::PyPi, version), fixed, "{version}");
        }
        for version in ["2.0", "2.9", "3.0b1", "3.1.1", "4"] {
            assert_eq!(one.verdict(Ecosystem::PyPi, version), Verdict::No, "{version}");
        }
        assert_eq!(one.verdict(Ecosystem::PyPi, "nonsense!"), Verdict::Unknown("2.0".into()));
    }
}
