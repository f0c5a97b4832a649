//! The promises of a wheel's platform tags.

use schemars::JsonSchema;
use serde::Serialize;

use crate::version::Glibc;

/// The promise of a platform tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Claim {
    /// It runs wherever this glibc or a newer one is.
    Manylinux(Glibc),
    /// It runs with musl.
    Musllinux,
    /// It runs where it was built.
    Linux,
    /// It runs anywhere: there is no native code.
    Any,
    /// It isn't for Linux.
    Foreign,
}

/// The promise of `tag`, and the processor at its end.
pub fn claim(tag: &str) -> (Claim, Option<&str>) {
    if tag == "any" {
        return (Claim::Any, None);
    }
    for (name, glibc) in [
        ("manylinux1_", Glibc(2, 5)),
        ("manylinux2010_", Glibc(2, 12)),
        ("manylinux2014_", Glibc(2, 17)),
    ] {
        if let Some(machine) = tag.strip_prefix(name) {
            return (Claim::Manylinux(glibc), Some(machine));
        }
    }
    let numbered = |rest: &str| -> Option<Glibc> {
        let mut parts = rest.splitn(3, '_');
        Some(Glibc(parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    };
    let machine = |rest: &'_ str| rest.splitn(3, '_').nth(2).map(str::len);
    let tail = |rest| machine(rest).map(|length| &tag[tag.len() - length..]);
    if let Some(rest) = tag.strip_prefix("manylinux_") {
        return numbered(rest)
            .map_or((Claim::Foreign, None), |glibc| (Claim::Manylinux(glibc), tail(rest)));
    }
    if let Some(rest) = tag.strip_prefix("musllinux_") {
        return (Claim::Musllinux, tail(rest));
    }
    match tag.strip_prefix("linux_") {
        Some(machine) => (Claim::Linux, Some(machine)),
        None => (Claim::Foreign, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_promise_a_glibc_and_a_machine() {
        let manylinux = |minor| Claim::Manylinux(Glibc(2, minor));
        for (tag, expected) in [
            ("manylinux1_x86_64", (manylinux(5), Some("x86_64"))),
            ("manylinux2014_aarch64", (manylinux(17), Some("aarch64"))),
            ("manylinux_2_28_x86_64", (manylinux(28), Some("x86_64"))),
            ("musllinux_1_2_x86_64", (Claim::Musllinux, Some("x86_64"))),
            ("linux_x86_64", (Claim::Linux, Some("x86_64"))),
            ("any", (Claim::Any, None)),
            ("win_amd64", (Claim::Foreign, None)),
        ] {
            assert_eq!(claim(tag), expected, "{tag}");
        }
    }
}
