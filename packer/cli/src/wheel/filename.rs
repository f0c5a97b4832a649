//! A wheel's file name, and the interpreters that it is for
//! ([binary distribution format](https://packaging.python.org/en/latest/specifications/binary-distribution-format/),
//! [platform tags](https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/)).
//!
//! The crates for these names are internal components of uv, without a stable interface.

use std::path::Path;

use snakecrate_audit::{Claim, Glibc, claim};

use super::error::Kind;
use snakecrate_base::python::Interpreter;
use snakecrate_format::target::Target;

/// The parts of `name-version(-build)-python-abi-platform.whl`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WheelName {
    /// As written: `Foo_Bar`.
    pub name: String,
    /// As written: `1.0.post1`.
    pub version: String,
    /// The number and the rest of the build tag. Wheels with one are preferred to those without.
    pub build: Option<(u64, String)>,
    /// `py2.py3`, split.
    pub pythons: Vec<String>,
    /// `cp312`, `abi3`, `none`.
    pub abis: Vec<String>,
    /// `manylinux_2_17_x86_64`, `any`.
    pub platforms: Vec<String>,
}

/// How well a wheel fits. Of two wheels of one version, the greater is preferred.
///
/// The order is that of `packaging.tags`: interpreter and ABI first, then the newest platform.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fit {
    class: u8,
    python: u32,
    platform: (u8, u32, u32),
    build: Option<(u64, String)>,
}

/// A distribution's name as indexes compare it (PEP 503): `Foo._Bar` is `foo-bar`.
pub fn normalize(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for c in name.trim().chars() {
        if !matches!(c, '-' | '_' | '.') {
            normal.push(c.to_ascii_lowercase());
        } else if !normal.ends_with('-') {
            normal.push('-');
        }
    }
    normal
}

impl WheelName {
    /// Parses the last name of `path`.
    pub fn of(path: &Path) -> Result<Self, Kind> {
        let file = path.file_name().and_then(|name| name.to_str()).ok_or(Kind::Name)?;
        Self::parse(file)
    }

    /// Parses `file`.
    pub fn parse(file: &str) -> Result<Self, Kind> {
        let stem = file.strip_suffix(".whl").ok_or(Kind::Name)?;
        let parts: Vec<&str> = stem.split('-').collect();
        let (build, rest) = match parts.as_slice() {
            [_, _, rest @ ..] if rest.len() == 3 => (None, rest),
            [_, _, build, rest @ ..] if rest.len() == 3 => {
                let digits = build.chars().take_while(char::is_ascii_digit).count();
                let number = build[..digits].parse().map_err(|_| Kind::Name)?;
                (Some((number, build[digits..].to_owned())), rest)
            }
            _ => return Err(Kind::Name),
        };
        if parts.iter().any(|part| part.is_empty()) {
            return Err(Kind::Name);
        }
        let split = |tags: &str| tags.split('.').map(str::to_owned).collect();
        Ok(Self {
            name: parts[0].to_owned(),
            version: parts[1].to_owned(),
            build,
            pythons: split(rest[0]),
            abis: split(rest[1]),
            platforms: split(rest[2]),
        })
    }

    /// How well the wheel fits `interpreter`.
    ///
    /// The glibc that a `manylinux` wheel requires is not compared: the resolver does that, for
    /// wheels that the user names, too.
    ///
    /// # Errors
    ///
    /// [`Kind::Platform`] or [`Kind::Python`] if it does not fit.
    pub fn fit(&self, interpreter: &Interpreter) -> Result<Fit, Kind> {
        let platform =
            self.platforms.iter().filter_map(|tag| platform(tag, interpreter.target)).max();
        let Some(platform) = platform else {
            let machine = format!("linux_{}", interpreter.target.wheel_processor);
            return Err(Kind::Platform(self.platforms.join("."), machine));
        };
        let fits = self.pythons.iter().flat_map(|python| {
            self.abis.iter().filter_map(move |abi| rank(python, abi, interpreter))
        });
        let best = fits.max();
        let Some((class, python)) = best else {
            let tags = format!("{}-{}", self.pythons.join("."), self.abis.join("."));
            let own = format!("{} {}", interpreter.implementation, interpreter.minor());
            return Err(Kind::Python(tags, own));
        };
        Ok(Fit { class, python, platform, build: self.build.clone() })
    }

    /// Whether the wheel has a platform of `target`, be it for any Python.
    pub fn is_for(&self, target: &Target) -> bool {
        self.platforms.iter().any(|tag| platform(tag, target).is_some())
    }
}

/// The rank of a pair of tags (greater is better) and the Python version in it.
fn rank(python: &str, abi: &str, interpreter: &Interpreter) -> Option<(u8, u32)> {
    let minor = u32::from(interpreter.version.1);
    let digits = python.find(|c: char| c.is_ascii_digit())?;
    let (kind, version) = python.split_at(digits);
    let (major, of) = version.split_at(1);
    if major != interpreter.version.0.to_string() {
        return None;
    }
    let of: Option<u32> = if of.is_empty() { None } else { Some(of.parse().ok()?) };
    if of.is_some_and(|of| of > minor) {
        return None;
    }
    let own = of == Some(minor);
    let own_abi = interpreter.abi();
    match (kind, abi) {
        ("cp", abi) if own && abi.trim_end_matches('m') == own_abi => Some((5, minor)),
        ("cp", "abi3") if !interpreter.is_free_threaded => Some((4, of?)),
        // PEP 803: the stable ABI of free-threaded builds, from 3.15 on.
        ("cp", "abi3t") if interpreter.is_free_threaded && of >= Some(15) => Some((4, of?)),
        ("cp", "none") if own => Some((3, minor)),
        ("py", "none") if own => Some((2, minor)),
        // Python 3.12 prefers `py3` to `py311`: it comes right after `py312`.
        ("py", "none") => Some((1, of.map_or(u32::MAX, |of| of))),
        _ => None,
    }
}

/// The rank of a platform tag among those of `target`; `None` for other targets.
fn platform(tag: &str, target: &Target) -> Option<(u8, u32, u32)> {
    let (claim, processor) = claim(tag);
    if processor.is_some_and(|processor| processor != target.wheel_processor) {
        return None;
    }
    match claim {
        Claim::Any => Some((0, 0, 0)),
        Claim::Linux => Some((1, 0, 0)),
        Claim::Manylinux(Glibc(major, minor)) => Some((2, major, minor)),
        Claim::Musllinux | Claim::Foreign => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wheel::testing::interpreter;

    fn fit(file: &str) -> Result<Fit, Kind> {
        WheelName::parse(file).unwrap().fit(&interpreter())
    }

    #[test]
    fn names_are_parsed() {
        let name = WheelName::parse("Foo_Bar-1.0-2b-py2.py3-none-any.whl").unwrap();
        assert_eq!((name.name.as_str(), name.version.as_str()), ("Foo_Bar", "1.0"));
        assert_eq!(name.build, Some((2, "b".into())));
        assert_eq!(name.pythons, ["py2", "py3"]);
        for bad in ["x.zip", "x.whl", "a-1-py3-none.whl", "a-1-b-py3-none-any.whl", "a--p-n-a.whl"]
        {
            assert!(WheelName::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(normalize("Foo._-Bar"), "foo-bar");
    }

    #[test]
    fn the_order_of_fits_is_that_of_packaging() {
        let best_first = [
            "a-1-1-cp312-cp312-manylinux_2_28_x86_64.whl",
            "a-1-cp312-cp312-manylinux_2_28_x86_64.whl",
            "a-1-cp312-cp312-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
            "a-1-cp312-cp312-linux_x86_64.whl",
            "a-1-cp311-abi3-manylinux_2_34_x86_64.whl",
            "a-1-cp39-abi3-manylinux_2_34_x86_64.whl",
            "a-1-cp39-abi3-manylinux1_x86_64.whl",
            "a-1-cp312-none-any.whl",
            "a-1-py3-none-manylinux_2_17_x86_64.whl",
            "a-1-py2.py3-none-any.whl",
            "a-1-py310-none-any.whl",
        ];
        for pair in best_first.windows(2) {
            assert!(fit(pair[0]).unwrap() > fit(pair[1]).unwrap(), "{pair:?}");
        }
    }

    #[test]
    fn wheels_for_other_hosts_are_refused() {
        let other_machine = fit("a-1-cp312-cp312-manylinux_2_28_aarch64.whl").unwrap_err();
        assert!(other_machine.to_string().starts_with("wrong architecture"), "{other_machine}");
        assert!(matches!(fit("a-1-py3-none-win_amd64.whl"), Err(Kind::Platform(..))));
        assert!(matches!(fit("a-1-py3-none-musllinux_1_2_x86_64.whl"), Err(Kind::Platform(..))));
        let other_python = fit("a-1-cp39-cp39-manylinux_2_28_x86_64.whl").unwrap_err();
        assert_eq!(
            other_python.to_string(),
            "the wheel is for cp39-cp39, the interpreter is cpython 3.12"
        );
        assert!(matches!(fit("a-1-cp313-abi3-linux_x86_64.whl"), Err(Kind::Python(..))));
        assert!(matches!(fit("a-1-py2-none-any.whl"), Err(Kind::Python(..))));
    }
}
