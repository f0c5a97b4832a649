//! The header `WWW-Authenticate`: how a server wants to be asked (RFC 9110, section 11.6.1).

use std::collections::BTreeMap;

/// What a registry asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Challenge {
    /// User and password with each request.
    Basic,
    /// A token from another server.
    Bearer {
        /// The address that gives tokens.
        realm: String,
        /// The name of the registry for that server.
        service: Option<String>,
        /// The right that the request requires.
        scope: Option<String>,
    },
}

impl Challenge {
    /// The first challenge in the headers' values that can be met. A token is preferred.
    pub(crate) fn parse<'a>(values: impl Iterator<Item = &'a str>) -> Option<Self> {
        let mut all: Vec<_> = values.filter_map(one).collect();
        all.sort_by_key(|challenge| matches!(challenge, Self::Basic));
        all.into_iter().next()
    }
}

fn one(value: &str) -> Option<Challenge> {
    let (scheme, rest) = value.trim().split_once(' ').unwrap_or((value.trim(), ""));
    if scheme.eq_ignore_ascii_case("basic") {
        return Some(Challenge::Basic);
    }
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let mut parameters = parameters(rest);
    Some(Challenge::Bearer {
        realm: parameters.remove("realm")?,
        service: parameters.remove("service"),
        scope: parameters.remove("scope"),
    })
}

/// `name="value", name=value`, with lower-case names.
fn parameters(text: &str) -> BTreeMap<String, String> {
    let mut parameters = BTreeMap::new();
    let mut rest = text;
    while let Some((name, after)) = rest.split_once('=') {
        let mut value = String::new();
        rest = if let Some(quoted) = after.strip_prefix('"') {
            let mut characters = quoted.chars();
            loop {
                match characters.next() {
                    Some('\\') => value.extend(characters.next()),
                    Some('"') | None => break,
                    Some(character) => value.push(character),
                }
            }
            characters.as_str()
        } else {
            let end = after.find(',').unwrap_or(after.len());
            after[..end].trim().clone_into(&mut value);
            &after[end..]
        };
        let name =
            name.trim_matches(|character: char| character == ',' || character.is_whitespace());
        parameters.insert(name.to_ascii_lowercase(), value);
    }
    parameters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_of_registries_are_understood() {
        let bearer = |realm: &str, service: Option<&str>, scope: Option<&str>| Challenge::Bearer {
            realm: realm.into(),
            service: service.map(str::to_owned),
            scope: scope.map(str::to_owned),
        };
        for (value, expected) in [
            (
                r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#,
                Some(bearer(
                    "https://auth.docker.io/token",
                    Some("registry.docker.io"),
                    Some("repository:a/b:pull,push"),
                )),
            ),
            (
                r#"bearer service=x, REALM="https://h/\"t\"?a=b""#,
                Some(bearer("https://h/\"t\"?a=b", Some("x"), None)),
            ),
            (r#"Basic realm="Registry""#, Some(Challenge::Basic)),
            ("Basic", Some(Challenge::Basic)),
            ("Bearer", None),
            ("Negotiate", None),
            ("", None),
        ] {
            assert_eq!(Challenge::parse([value].into_iter()), expected, "{value}");
        }
    }

    #[test]
    fn a_token_is_preferred_to_a_password() {
        let values = ["Basic realm=\"x\"", "Bearer realm=\"https://h\""];
        assert!(matches!(Challenge::parse(values.into_iter()), Some(Challenge::Bearer { .. })));
    }
}
