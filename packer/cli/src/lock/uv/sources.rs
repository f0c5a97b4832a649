//! `[tool.uv.sources]`, and whether the lock was made with the same
//! ([documentation](https://docs.astral.sh/uv/concepts/projects/dependencies/#dependency-sources)).

use std::collections::BTreeMap;

use toml::Value;

use super::file::{Declared, Source};
use crate::wheel::normalize;

/// Sources by normalised name.
#[derive(Debug, Default)]
pub(super) struct Sources(BTreeMap<String, Value>);

impl Sources {
    /// Adds those of a pyproject.toml, which win over earlier ones.
    pub(super) fn add(&mut self, pyproject: &toml::Table) {
        let tool = pyproject.get("tool");
        let sources = tool.and_then(|tool| tool.get("uv")?.get("sources")?.as_table());
        let sources = sources.into_iter().flatten();
        self.0.extend(sources.map(|(name, value)| (normalize(name), value.clone())));
    }

    /// Whether `name` has a source.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Whether the source of `name` applies under a condition only, which is then part of the locked
    /// markers.
    pub(super) fn is_conditional(&self, name: &str) -> bool {
        let conditions = ["marker", "extra", "group"];
        self.0.get(name).is_some_and(|value| {
            value.is_array() || conditions.iter().any(|key| value.get(key).is_some())
        })
    }

    /// The first requirement whose locked source is another one, as a clause about the lock.
    pub(super) fn difference<'a>(
        &self,
        locked: impl IntoIterator<Item = &'a Declared>,
    ) -> Option<String> {
        let changed = locked.into_iter().find(|declared| {
            let name = normalize(&declared.name);
            let value = self.0.get(&name).filter(|_| !self.is_conditional(&name));
            value.is_some_and(|value| differs(value, &declared.source))
        });
        changed.map(|declared| {
            format!("its source of `{}` differs from [tool.uv.sources]", declared.name)
        })
    }
}

fn differs(value: &Value, locked: &Source) -> bool {
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    match (text("git"), text("url")) {
        (Some(git), _) => {
            let Some(locked) = &locked.git else { return true };
            let (address, query) = locked.split_once('?').unwrap_or((locked, ""));
            let query: BTreeMap<_, _> =
                url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
            let keys = ["rev", "tag", "branch", "subdirectory"];
            plain(address) != plain(git)
                || keys.iter().any(|key| query.get(*key).map(String::as_str) != text(key))
        }
        (None, Some(url)) => locked.url.as_deref() != Some(url),
        (None, None) => locked.git.is_some() || locked.url.is_some(),
    }
}

/// The address of a repository as uv compares it, without a user or password.
fn plain(address: &str) -> String {
    let address = address.trim_end_matches('/').trim_end_matches(".git");
    match url::Url::parse(address) {
        Ok(mut url) => {
            let _ = url.set_username("");
            let _ = url.set_password(None);
            url.to_string().to_lowercase()
        }
        Err(_) => address.to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_compared_with_its_reference() {
        let declared = |source: &str| -> Declared {
            toml::from_str(&format!("name = 'a'\n{source}")).unwrap()
        };
        let same = |value: &str, locked: &str| {
            let mut sources = Sources::default();
            sources.add(&format!("[tool.uv.sources]\nA = {value}").parse().unwrap());
            sources.difference([&declared(locked)]).is_none()
        };
        let git = "{ git = 'https://u@h/R.git', tag = 'v1', subdirectory = 's' }";
        assert!(same(git, "git = 'https://h/r?subdirectory=s&tag=v1'"));
        assert!(!same(git, "git = 'https://h/r?subdirectory=s&tag=v2'"));
        assert!(!same(git, "git = 'https://h/other?subdirectory=s&tag=v1'"));
        assert!(!same(git, "specifier = '>=1'"));
        assert!(same("{ workspace = true }", "editable = 'packages/a'"));
        assert!(!same("{ index = 'own' }", "git = 'https://h/r'"));
        assert!(!same("{ url = 'https://h/a-2.whl' }", "url = 'https://h/a-1.whl'"));
        assert!(same("[{ index = 'own' }]", "git = 'https://h/r'"), "conditional ones are skipped");
    }
}
