//! Requirements as `Requires-Dist` has them
//! ([specification](https://packaging.python.org/en/latest/specifications/dependency-specifiers/)),
//! and as old builders wrote them.

use std::borrow::Cow;
use std::str::FromStr as _;
use std::sync::LazyLock;

use regex::Regex;

/// A requirement.
pub type Requirement = pep508_rs::Requirement<pep508_rs::VerbatimUrl>;

/// What old builders wrote, and what it means. uv reads these, too.
static OLD_FORMS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    [
        // Quotes around a version: `a>='2.7'`.
        (r#"['"]"#, ""),
        // No comma between two clauses: `a>=7<8`.
        (r"([<>=!~]=?\s*[0-9][0-9.]*)\s*([<>=!~])", "$1,$2"),
        // A comma behind the last clause: `a (>=1,)`.
        (r",\s*(\)?)\s*$", "$1"),
        // A wildcard that only `==` and `!=` may have: `a>=1.9.*`.
        (r"([<>]=?)\s*([0-9][0-9.]*)\.\*", "$1$2"),
        // `a!=~5.0` is `a!=5.0.*`.
        (r"!=~\s*([0-9][0-9.]*)", "!=$1.*"),
        // A wildcard without its dot: `a!=3.0*`.
        (r"([0-9])\*", "$1.*"),
        // Any release: `a>dev`.
        (r">\s*dev", ">0.dev0"),
        // A segment behind a pre-release: `a>=9.0a1.0`.
        (r"([0-9.](?:a|b|rc|post|dev)[0-9]+)\.0", "$1"),
    ]
    .into_iter()
    // The patterns are constants; a test uses each.
    .filter_map(|(pattern, meaning)| Some((Regex::new(pattern).ok()?, meaning)))
    .collect()
});

/// Reads a requirement, also in the forms that old builders wrote.
///
/// # Errors
///
/// The parser's message.
pub fn requirement(text: &str) -> Result<Requirement, String> {
    let text = text.trim();
    let first = match Requirement::from_str(text) {
        Ok(requirement) => return Ok(requirement),
        Err(error) => error.message.to_string(),
    };
    let (mut clauses, marker) = match text.split_once(';') {
        Some((clauses, marker)) => (Cow::Borrowed(clauses), format!(";{marker}")),
        None => (Cow::Borrowed(text), String::new()),
    };
    for (form, meaning) in OLD_FORMS.iter() {
        let changed = form.replace_all(&clauses, *meaning).into_owned();
        if let Ok(requirement) = Requirement::from_str(&format!("{changed}{marker}")) {
            return Ok(requirement);
        }
        clauses = Cow::Owned(changed);
    }
    Err(first.lines().next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_forms_of_requirements_are_read() {
        for (old, new) in [
            ("a (>=1.0)", "a>=1.0"),
            ("a>='2.7' ; python_version >= '3.7'", "a>=2.7 ; python_version >= '3.7'"),
            ("a (>=7.2.0<8.0.0)", "a>=7.2.0,<8.0.0"),
            ("a >=3.6,", "a>=3.6"),
            ("a (>=3.6,)", "a>=3.6"),
            ("a2>=1.9.*", "a2>=1.9"),
            ("a (>=2,!=3.0*,!=3.1*)", "a>=2,!=3.0.*,!=3.1.*"),
            ("a (!=~5.0,>=4.12)", "a!=5.0.*,>=4.12"),
            ("a>dev", "a>0.dev0"),
            ("a>=9.0a1.0", "a>=9.0a1"),
            ("a>=1.3,<1.4',", "a>=1.3,<1.4"),
        ] {
            assert_eq!(requirement(old).unwrap(), Requirement::from_str(new).unwrap(), "{old}");
        }
        assert_eq!(OLD_FORMS.len(), 8);
        for bad in ["", ">=1", "a b", "a>=x.y"] {
            assert!(requirement(bad).is_err(), "{bad}");
        }
    }
}
