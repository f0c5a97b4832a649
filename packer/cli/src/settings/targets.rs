//! Targets of archives, and the Pythons that are named for them.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserializer, de};
use snakecrate_format::target::{TARGETS, Target};

use super::lists::one_or_many;

/// A text that names no target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no target `{0}`: choose {known}, and see `snakecrate targets`", known = known())]
pub struct UnknownTarget(String);

/// The name or triple of a target, in the JSON schema.
pub(super) struct TargetName;

impl JsonSchema for TargetName {
    fn schema_name() -> Cow<'static, str> {
        "TargetName".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names = TARGETS.iter().flat_map(|target| [target.name, target.triple]);
        json_schema!({ "type": "string", "enum": names.collect::<Vec<_>>() })
    }
}

/// The names of all targets, in words.
fn known() -> String {
    TARGETS.iter().map(|target| target.name).collect::<Vec<_>>().join(" or ")
}

/// Reads the name or triple of a target.
///
/// # Errors
///
/// There is none of this name.
pub fn target(text: &str) -> Result<&'static Target, UnknownTarget> {
    Target::named(text).ok_or_else(|| UnknownTarget(text.to_owned()))
}

/// Reads targets, or one in place of a list.
pub(super) fn targets<'de, D>(deserializer: D) -> Result<Vec<&'static Target>, D::Error>
where
    D: Deserializer<'de>,
{
    let names: Vec<String> = one_or_many(deserializer)?;
    names.iter().map(|name| target(name).map_err(de::Error::custom)).collect()
}

/// A value of `--python`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PythonChoice {
    /// The target that it is for; `None` where the value names none.
    pub target: Option<&'static Target>,
    /// The value without the target: see [`snakecrate_runtime::discover::Spec`].
    pub spec: String,
}

impl FromStr for PythonChoice {
    type Err = UnknownTarget;

    /// Reads `SPEC` or `TARGET=SPEC`.
    fn from_str(text: &str) -> Result<Self, UnknownTarget> {
        let plain = || Self { target: None, spec: text.to_owned() };
        let Some((name, spec)) = text.split_once('=') else { return Ok(plain()) };
        match target(name) {
            Ok(target) => Ok(Self { target: Some(target), spec: spec.to_owned() }),
            Err(unknown) if looks_like_target(name) && !Path::new(text).exists() => Err(unknown),
            Err(_) => Ok(plain()),
        }
    }
}

/// As in the arguments.
impl fmt::Display for PythonChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.target {
            Some(target) => write!(f, "{target}={}", self.spec),
            None => f.write_str(&self.spec),
        }
    }
}

/// Whether a text is made like `riscv64-linux`: versions, paths and URLs are not.
fn looks_like_target(text: &str) -> bool {
    let is_word = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    text.contains('-') && text.split('-').all(is_word)
}

/// Reads values of `--python`, or one in place of a list.
pub(super) fn pythons<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<PythonChoice>, D::Error> {
    let texts: Vec<String> = one_or_many(deserializer)?;
    texts.iter().map(|text| text.parse().map_err(de::Error::custom)).collect()
}

#[cfg(test)]
mod tests {
    use snakecrate_format::target::AARCH64_LINUX;

    use super::*;

    #[test]
    fn a_python_may_be_for_one_target() {
        let parse = |text: &str| text.parse::<PythonChoice>();
        for text in ["aarch64-linux=3.12", "aarch64-unknown-linux-gnu=3.12"] {
            let choice = parse(text).unwrap();
            assert_eq!((choice.target, &*choice.spec), (Some(&AARCH64_LINUX), "3.12"));
            assert_eq!(choice.to_string(), "aarch64-linux=3.12");
        }
        let url = "aarch64-linux=https://h/p#sha256=00";
        assert_eq!(parse(url).unwrap().spec, "https://h/p#sha256=00");
    }

    #[test]
    fn versions_paths_and_urls_are_for_no_target_of_their_own() {
        let digest = "https://a-b/p.tar.gz#sha256=00";
        for text in ["3.12", ">=3.11,<3.13", "==3.12", "~=3.11", "!=3.12", "/a-b=c/python", digest]
        {
            let choice = text.parse::<PythonChoice>().unwrap();
            assert_eq!((choice.target, &*choice.spec), (None, text));
        }
    }

    #[test]
    fn unknown_targets_are_refused_with_the_names_of_all() {
        let error = "riscv64-linux=3.12".parse::<PythonChoice>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no target `riscv64-linux`: choose x86_64-linux or aarch64-linux, and see \
             `snakecrate targets`"
        );
        assert_eq!(target("riscv64-linux").unwrap_err(), error);
    }
}
