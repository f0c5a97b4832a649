//! Patterns of file names: `lib2to3`, `encodings/cp*.py`, `**/tests`.

use glob::{MatchOptions, Pattern};

use crate::error::Error;

/// Reads patterns.
///
/// # Errors
///
/// [`Error::Pattern`].
pub fn patterns<'a>(texts: impl Iterator<Item = &'a str>) -> Result<Vec<Pattern>, Error> {
    texts
        .map(|text| {
            Pattern::new(text.trim_end_matches('/'))
                .map_err(|error| Error::Pattern { pattern: text.into(), reason: error.msg })
        })
        .collect()
}

/// Whether a pattern fits `path` or a directory that contains it.
pub fn fits(patterns: &[Pattern], path: &str) -> bool {
    let options = MatchOptions { require_literal_separator: true, ..MatchOptions::new() };
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    ends.into_iter()
        .any(|end| patterns.iter().any(|pattern| pattern.matches_with(&path[..end], options)))
}
