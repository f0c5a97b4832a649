//! Names in the fields `Depends` and `Provides`.

/// The dependencies in `text`, each with the names of its alternatives:
/// `libc6 (>= 2.36), a | b:any [arm64]`.
pub(crate) fn alternatives(text: &str) -> Vec<Vec<String>> {
    let names = |text: &str| text.split('|').filter_map(name).collect::<Vec<_>>();
    text.split(',').map(names).filter(|names| !names.is_empty()).collect()
}

/// The name at the start of `text`, without version, architecture and profile.
fn name(text: &str) -> Option<String> {
    let text = text.trim();
    let end = text.find(|c: char| c.is_whitespace() || "(:[<".contains(c)).unwrap_or(text.len());
    (end > 0).then(|| text[..end].to_owned())
}

/// The names in a `Provides`.
pub(crate) fn provided(text: &str) -> Vec<String> {
    alternatives(text).into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_architectures_are_no_part_of_names() {
        let found = alternatives("libc6 (>= 2.36), a(>>1) | b:any,\n c [arm64] <!nocheck>, ");
        assert_eq!(found, [vec!["libc6"], vec!["a", "b"], vec!["c"]]);
        assert_eq!(provided("x (= 1), y"), ["x", "y"]);
    }
}
