//! Translates Poetry's version constraints to PEP 440
//! (<https://python-poetry.org/docs/dependency-specification/>).

/// `^3.9` → `>=3.9,<4`. The last of several alternatives wins (`~3.8 || ^3.10`): PEP 440 has no
/// "or", and any alternative is good enough to choose an interpreter. `None` means any version.
pub(crate) fn specifier(constraint: &str) -> Option<String> {
    let last = constraint.rsplit("||").next().unwrap_or(constraint);
    let spaced = last.replace(',', " ");
    let mut parts: Vec<String> = Vec::new();
    for word in spaced.split_whitespace() {
        match parts.last_mut() {
            // `>= 3.9`: a blank follows the operator.
            Some(part) if part.chars().all(|c| "<>=!~^".contains(c)) => part.push_str(word),
            _ => parts.push(word.to_owned()),
        }
    }
    let parts: Vec<String> = parts.iter().filter_map(|part| convert(part)).collect();
    (!parts.is_empty()).then(|| parts.join(","))
}

fn convert(part: &str) -> Option<String> {
    if part == "*" {
        return None;
    }
    if let Some(version) = part.strip_prefix('^') {
        return Some(format!(">={version},<{}", above(version, 1)));
    }
    if let Some(version) = part.strip_prefix('~').filter(|version| !version.starts_with('=')) {
        return Some(format!(">={version},<{}", above(version, 2)));
    }
    let bare = part.starts_with(|c: char| c.is_ascii_digit());
    Some(if bare { format!("=={part}") } else { part.to_owned() })
}

/// The first version after all that share the first `length` numbers of `version`.
fn above(version: &str, length: usize) -> String {
    let mut numbers: Vec<u64> =
        version.split('.').map_while(|part| part.parse().ok()).take(length).collect();
    if let Some(last) = numbers.last_mut() {
        *last += 1;
    }
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(".")
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
        ];
        for (constraint, wanted) in cases {
            assert_eq!(specifier(constraint).as_deref(), Some(wanted), "{constraint}");
        }
        assert_eq!(specifier("*"), None);
    }
}
