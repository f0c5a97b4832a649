//! Search paths with `$ORIGIN`, inside a tree.

/// Expands `$ORIGIN` in a search path of an object whose directory is `origin`. `None` if the result
/// is outside the tree, as every path without `$ORIGIN` is.
pub(crate) fn expand(path: &str, origin: &str) -> Option<String> {
    let rest = path.strip_prefix("$ORIGIN").or_else(|| path.strip_prefix("${ORIGIN}"))?;
    (rest.is_empty() || rest.starts_with('/')).then_some(())?;
    join(origin, rest)
}

/// `directory/path` without dots; `None` if it leads out of the tree.
pub(crate) fn join(directory: &str, path: &str) -> Option<String> {
    let mut parts = Vec::new();
    for part in directory.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origin_leads_to_siblings_and_not_out_of_the_tree() {
        assert_eq!(expand("$ORIGIN/../x.libs", "site/x").unwrap(), "site/x.libs");
        assert_eq!(expand("${ORIGIN}/.", "site/x").unwrap(), "site/x");
        assert_eq!(expand("$ORIGIN", "").unwrap(), "");
        for bad in ["$ORIGIN/../..", "/opt/lib", "$ORIGINAL", "lib"] {
            assert_eq!(expand(bad, "x"), None, "{bad}");
        }
    }
}
