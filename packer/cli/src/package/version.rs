//! Versions of packages: PEP 440's order is that of `dpkg --compare-versions` and of rpm.
//!
//! | PEP 440 | here | why |
//! |---|---|---|
//! | `1!2.0` | epoch 1, `2.0.0` | both formats have epochs |
//! | `2`, `2.0` | `2.0.0` | PEP 440 takes them for the same; the others don't |
//! | `2.0a1`, `2.0rc1` | `2.0.0~a1`, `2.0.0~rc1` | `~` sorts before the end |
//! | `2.0.dev1`, `2.0a1.dev1` | `2.0.0~~dev1`, `2.0.0~a1~dev1` | before every pre-release |
//! | `2.0.post1`, `2.0.post1.dev1` | `2.0.0+post1`, `2.0.0+post1~dev1` | `+` sorts before `.` |
//! | `2.0+cu118` | `2.0.0+local.cu118` | `local` sorts before `post` |
//!
//! The local parts of one version sort as dpkg and rpm have it: they are mostly digests without an
//! order.
//!
//! Sources: <https://packaging.python.org/en/latest/specifications/version-specifiers/>, deb-version(7),
//! rpm-version(7).

use std::fmt::Write as _;

use pep440_rs::Version;

/// The numbers that a release has at least. Zeros behind them are left out.
const NUMBERS: usize = 3;

/// The version without its epoch. Every character is one that both formats allow in a version, and
/// none is `-`, which separates the release in both.
pub(super) fn upstream(version: &Version) -> String {
    let mut release = version.release().to_vec();
    while release.len() > NUMBERS && release.last() == Some(&0) {
        release.pop();
    }
    release.resize(release.len().max(NUMBERS), 0);
    let numbers: Vec<String> = release.iter().map(ToString::to_string).collect();
    let mut text = numbers.join(".");
    if let Some(pre) = version.pre() {
        let _ = write!(text, "~{pre}");
    }
    if let Some(post) = version.post() {
        let _ = write!(text, "+post{post}");
    }
    if let Some(dev) = version.dev() {
        let first = version.pre().is_none() && version.post().is_none();
        let _ = write!(text, "{}dev{dev}", if first { "~~" } else { "~" });
    }
    if version.is_local() {
        text += "+local";
        for segment in version.local() {
            let _ = write!(text, ".{segment}");
        }
    }
    text
}

/// The version in a Debian package: `1:2.0.0~rc1-1`.
pub(super) fn debian(version: &Version, release: u32) -> String {
    let epoch = match version.epoch() {
        0 => String::new(),
        epoch => format!("{epoch}:"),
    };
    format!("{epoch}{}-{release}", upstream(version))
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;
    use std::process::Command;
    use std::str::FromStr;

    use super::*;

    fn version(text: &str) -> Version {
        Version::from_str(text).unwrap()
    }

    #[test]
    fn each_part_has_its_form() {
        for (pep440, wanted) in [
            ("2", "2.0.0-1"),
            ("1.4.0", "1.4.0-1"),
            ("2024.1", "2024.1.0-1"),
            ("1.2.3.4.0", "1.2.3.4-1"),
            ("1!2.0", "1:2.0.0-1"),
            ("2.0a1", "2.0.0~a1-1"),
            ("2.0.RC2", "2.0.0~rc2-1"),
            ("2.0.dev3", "2.0.0~~dev3-1"),
            ("2.0b1.dev3", "2.0.0~b1~dev3-1"),
            ("2.0-1", "2.0.0+post1-1"),
            ("2.0.post1.dev4", "2.0.0+post1~dev4-1"),
            ("2.0rc1.post2.dev3", "2.0.0~rc1+post2~dev3-1"),
            ("1.2.dev3+g12ab.d2024", "1.2.0~~dev3+local.g12ab.d2024-1"),
        ] {
            assert_eq!(debian(&version(pep440), 1), wanted, "{pep440}");
        }
    }

    /// All combinations of the parts of versions.
    fn versions() -> Vec<Version> {
        let mut all = Vec::new();
        let releases = ["0", "1", "1.0", "1.0.0.0", "1.0.1", "1.0.0.1", "1.1", "1.9", "1.10", "2"];
        for epoch in ["", "1!"] {
            for release in releases {
                for pre in ["", "a1", "a2", "a10", "b1", "rc1"] {
                    for post in ["", ".post0", ".post2", ".post10"] {
                        for dev in ["", ".dev0", ".dev3"] {
                            for local in ["", "+abc", "+zz.3"] {
                                let text = format!("{epoch}{release}{pre}{post}{dev}{local}");
                                all.push(version(&text));
                            }
                        }
                    }
                }
            }
        }
        all.sort();
        all
    }

    /// dpkg's algorithm: `verrevcmp` in lib/dpkg/version.c.
    fn by_dpkg(a: &str, b: &str) -> Ordering {
        fn order(byte: Option<&u8>) -> i32 {
            match byte {
                None => 0,
                Some(digit) if digit.is_ascii_digit() => 0,
                Some(b'~') => -1,
                Some(letter) if letter.is_ascii_alphabetic() => i32::from(*letter),
                Some(other) => i32::from(*other) + 256,
            }
        }
        let is_text = |byte: Option<&u8>| byte.is_some_and(|byte| !byte.is_ascii_digit());
        let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
        while !a.is_empty() || !b.is_empty() {
            while is_text(a.first()) || is_text(b.first()) {
                let different = order(a.first()).cmp(&order(b.first()));
                if different != Ordering::Equal {
                    return different;
                }
                (a, b) = (a.get(1..).unwrap_or_default(), b.get(1..).unwrap_or_default());
            }
            let number = |text: &mut &[u8]| {
                let end = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
                let (digits, rest) = text.split_at(end);
                *text = rest;
                std::str::from_utf8(digits).unwrap().parse::<u64>().unwrap_or(0)
            };
            let different = number(&mut a).cmp(&number(&mut b));
            if different != Ordering::Equal {
                return different;
            }
        }
        Ordering::Equal
    }

    /// rpm's algorithm, as the crate has it that writes the packages.
    fn by_rpm(a: &Version, b: &Version) -> Ordering {
        let text = |version: &Version| format!("{}:{}-1", version.epoch(), upstream(version));
        rpm_version::Evr::parse(&text(a)).cmp(&rpm_version::Evr::parse(&text(b)))
    }

    /// Public parts are compared, and local ones with those that are public.
    fn are_ordered(a: &Version, b: &Version) -> bool {
        !(a.is_local() && b.is_local()) || a.clone().without_local() != b.clone().without_local()
    }

    #[test]
    fn dpkg_and_rpm_order_versions_as_pep_440_does() {
        let all = versions();
        let mut compared = 0;
        for (at, a) in all.iter().enumerate() {
            // Neighbours, and others at growing distances.
            for distance in (0..60).chain([97, 331, 1009, 2003]) {
                let Some(b) = all.get(at + distance) else { break };
                if !are_ordered(a, b) {
                    continue;
                }
                let wanted = a.cmp(b);
                let upstreams = by_dpkg(&upstream(a), &upstream(b));
                let dpkg = a.epoch().cmp(&b.epoch()).then(upstreams);
                assert_eq!(dpkg, wanted, "dpkg: {a} and {b}");
                assert_eq!(by_rpm(a, b), wanted, "rpm: {a} and {b}");
                compared += 1;
            }
        }
        assert!(compared > 200_000, "{compared}");
    }

    /// `dpkg --compare-versions` and `rpm` themselves, for neighbours in a sample.
    #[test]
    fn the_real_dpkg_and_rpm_agree() {
        let all = versions();
        let pairs: Vec<_> =
            all.windows(2).step_by(61).filter(|pair| are_ordered(&pair[0], &pair[1])).collect();
        let name = |order| match order {
            Ordering::Less => ("lt", "-1"),
            Ordering::Equal => ("eq", "0"),
            Ordering::Greater => ("gt", "1"),
        };
        let has = |program: &str| Command::new(program).arg("--version").output().is_ok();
        if !has("dpkg") {
            snakecrate_base::skip!("dpkg is missing");
        }
        for pair in &pairs {
            let (a, b) = (&pair[0], &pair[1]);
            let mut dpkg = Command::new("dpkg");
            dpkg.args(["--compare-versions", &debian(a, 1), name(a.cmp(b)).0, &debian(b, 1)]);
            let output = dpkg.output().unwrap();
            assert!(output.status.success() && output.stderr.is_empty(), "{a} and {b}: {output:?}");
        }
        if !has("rpm") {
            snakecrate_base::skip!("rpm is missing");
        }
        let text = |version: &Version| format!("{}:{}", version.epoch(), upstream(version));
        let mut script = String::new();
        for pair in &pairs {
            let (a, b) = (text(&pair[0]), text(&pair[1]));
            let _ = writeln!(script, "print(rpm.vercmp('{a}', '{b}'))");
        }
        let output = Command::new("rpm").args(["--eval", &format!("%{{lua: {script}}}")]).output();
        let output = String::from_utf8(output.unwrap().stdout).unwrap();
        // This print() ends no lines.
        let answers = output.replace('\n', "");
        let wanted: String = pairs.iter().map(|pair| name(pair[0].cmp(&pair[1])).1).collect();
        assert_eq!(answers, wanted);
    }
}
