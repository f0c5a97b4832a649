//! Translates Poetry's version constraints to PEP 440
//! (<https://python-poetry.org/docs/dependency-specification/>).

use std::str::FromStr as _;

use pep440_rs::Version;

/// `^3.9` → `>=3.9,<4`. The last of several alternatives wins (`~3.8 || ^3.10`): PEP 440 has no
/// "or", and any alternative is good enough to choose an interpreter. `None` means any version.
pub(crate) fn specifier(constraint: &str) -> Option<String> {
    alternatives(constraint).pop().filter(|specifier| !specifier.is_empty())
}

/// All alternatives of a constraint, each as a PEP 440 specifier; an empty one allows any version.
pub(crate) fn alternatives(constraint: &str) -> Vec<String> {
    let parts = constraint.split('|').map(str::trim);
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    if parts.is_empty() {
        return vec![String::new()];
    }
    parts.into_iter().map(all_of).collect()
}

/// One alternative: `>=1.0 <2.0`, `>=1,!=1.5`.
fn all_of(constraint: &str) -> String {
    let spaced = constraint.replace(',', " ");
    let mut parts: Vec<String> = Vec::new();
    for word in spaced.split_whitespace() {
        match parts.last_mut() {
            // `>= 3.9`: a blank follows the operator.
            Some(part) if part.chars().all(|c| "<>=!~^".contains(c)) => part.push_str(word),
            _ => parts.push(word.to_owned()),
        }
    }
    let parts: Vec<String> = parts.iter().filter_map(|part| convert(part)).collect();
    parts.join(",")
}

fn convert(part: &str) -> Option<String> {
    let any = |version: &str| version.split('.').all(|number| matches!(number, "*" | "x" | "X"));
    if any(part) || part.strip_prefix("==").is_some_and(any) {
        return None;
    }
    if let Some(version) = part.strip_prefix('^') {
        return Some(format!(">={version},<{}", above(version, breaking(version))));
    }
    if let Some(version) = part.strip_prefix('~').filter(|version| !version.starts_with('=')) {
        return Some(format!(">={version},<{}", above(version, 2)));
    }
    let start = part.find(|c: char| !"<>=!~".contains(c)).unwrap_or(part.len());
    let (operator, version) = part.split_at(start);
    let version = version.strip_prefix(['v', 'V']).unwrap_or(version);
    let operator = match operator {
        "" | "=" => "==",
        "<>" => "!=",
        other => other,
    };
    // `1.*.*` is as good as `1.*`.
    let stem = version.trim_end_matches(".*");
    let wildcard = if stem.len() < version.len() { ".*" } else { "" };
    Some(format!("{operator}{stem}{wildcard}"))
}

/// How many numbers of `version` may not change: up to the first one that isn't 0.
fn breaking(version: &str) -> usize {
    let numbers = release(version);
    numbers.iter().position(|number| *number > 0).map_or(numbers.len(), |at| at + 1)
}

/// The first version after all that share the first `length` numbers of `version`.
fn above(version: &str, length: usize) -> String {
    let mut numbers = release(version);
    numbers.truncate(length);
    if let Some(last) = numbers.last_mut() {
        *last += 1;
    }
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(".")
}

fn release(version: &str) -> Vec<u64> {
    match Version::from_str(version) {
        Ok(version) => version.release().to_vec(),
        Err(_) => version.split('.').map_while(|part| part.parse().ok()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_become_specifiers() {
        let cases = [
            ("^3.9", ">=3.9,<4"),
            ("~3.9", ">=3.9,<3.10"),
            ("~3", ">=3,<4"),
            (">=3.8,<4.0", ">=3.8,<4.0"),
            (">= 3.8 < 4.0", ">=3.8,<4.0"),
            ("~=3.8", "~=3.8"),
            ("3.11.*", "==3.11.*"),
            ("~3.8 || ^3.10", ">=3.10,<4"),
            ("1.2", "==1.2"),
            ("=1.2", "==1.2"),
            ("==1.2.*.*", "==1.2.*"),
            ("<>v1", "!=1"),
            ("~1.2.3rc1", ">=1.2.3rc1,<1.3"),
        ];
        for (constraint, wanted) in cases {
            assert_eq!(specifier(constraint).as_deref(), Some(wanted), "{constraint}");
        }
        assert_eq!(specifier("*"), None);
        assert_eq!(specifier(""), None);
        assert_eq!(specifier("x.x"), None);
    }

    #[test]
    fn a_caret_keeps_the_first_number_that_is_not_zero() {
        let cases = [
            ("^1.2.3", ">=1.2.3,<2"),
            ("^0.2.3", ">=0.2.3,<0.3"),
            ("^0.0.3", ">=0.0.3,<0.0.4"),
            ("^0.0", ">=0.0,<0.1"),
            ("^0", ">=0,<1"),
            ("^2.0b1", ">=2.0b1,<3"),
        ];
        for (constraint, wanted) in cases {
            assert_eq!(specifier(constraint).as_deref(), Some(wanted), "{constraint}");
        }
    }

    #[test]
    fn every_alternative_is_kept() {
        assert_eq!(alternatives(">=1,<2 || >=3"), [">=1,<2", ">=3"]);
        assert_eq!(alternatives("^1|^2"), [">=1,<2", ">=2,<3"]);
        assert_eq!(alternatives("*"), [""]);
    }
}
