//! The symbol versions of the manylinux policies (PEP 600).

use snakecrate_format::target::Processor;

use crate::version::{Glibc, Version};

/// A glibc, and the highest versions of GCC's libraries that it allows: `GLIBCXX`, `CXXABI`, `GCC`,
/// those of the distributions that had this glibc.
pub(crate) type Policy = (Glibc, &'static str, &'static str, &'static str);

/// The policies for x86-64 that `auditwheel` 6.8 has, oldest first.
const X86_64: &[Policy] = &[
    (Glibc(2, 5), "3.4.8", "1.3.1", "4.2.0"),
    (Glibc(2, 12), "3.4.13", "1.3.3", "4.3.0"),
    (Glibc(2, 17), "3.4.19", "1.3.7", "4.8.0"),
    (Glibc(2, 24), "3.4.22", "1.3.10", "4.8.0"),
    (Glibc(2, 26), "3.4.22", "1.3.10", "4.8.0"),
    (Glibc(2, 27), "3.4.24", "1.3.11", "7.0.0"),
    (Glibc(2, 28), "3.4.24", "1.3.11", "7.0.0"),
    (Glibc(2, 31), "3.4.28", "1.3.12", "7.0.0"),
    (Glibc(2, 34), "3.4.29", "1.3.13", "7.0.0"),
    (Glibc(2, 35), "3.4.30", "1.3.13", "12.0.0"),
    (Glibc(2, 36), "3.4.30", "1.3.13", "12.0.0"),
    (Glibc(2, 37), "3.4.30", "1.3.13", "12.0.0"),
    (Glibc(2, 38), "3.4.30", "1.3.13", "12.0.0"),
    (Glibc(2, 39), "3.4.33", "1.3.15", "14.0.0"),
    (Glibc(2, 40), "3.4.33", "1.3.15", "14.0.0"),
    (Glibc(2, 41), "3.4.33", "1.3.15", "14.0.0"),
];

/// The policies for 64-bit Arm that `auditwheel` 6.8 has, oldest first.
const AARCH64: &[Policy] = &[
    (Glibc(2, 17), "3.4.19", "1.3.7", "4.7.0"),
    (Glibc(2, 24), "3.4.22", "1.3.10", "4.7.0"),
    (Glibc(2, 26), "3.4.24", "1.3.11", "7.0.0"),
    (Glibc(2, 27), "3.4.24", "1.3.11", "7.0.0"),
    (Glibc(2, 28), "3.4.24", "1.3.11", "7.0.0"),
    (Glibc(2, 31), "3.4.28", "1.3.12", "7.0.0"),
    (Glibc(2, 34), "3.4.29", "1.3.13", "11.0"),
    (Glibc(2, 35), "3.4.30", "1.3.13", "11.0"),
    (Glibc(2, 36), "3.4.30", "1.3.13", "11.0"),
    (Glibc(2, 37), "3.4.30", "1.3.13", "11.0"),
    (Glibc(2, 38), "3.4.30", "1.3.13", "11.0"),
    (Glibc(2, 39), "3.4.33", "1.3.15", "14.0.0"),
    (Glibc(2, 40), "3.4.33", "1.3.15", "14.0.0"),
    (Glibc(2, 41), "3.4.33", "1.3.15", "14.0.0"),
];

/// The policies for `processor`, oldest first.
pub(crate) fn policies(processor: Processor) -> &'static [Policy] {
    match processor {
        Processor::X86_64 => X86_64,
        Processor::Aarch64 => AARCH64,
    }
}

/// Required versions, in the order of a [`Policy`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Wants {
    pub(crate) glibc: Option<Version>,
    pub(crate) glibcxx: Option<Version>,
    pub(crate) cxxabi: Option<Version>,
    pub(crate) gcc: Option<Version>,
}

impl Wants {
    /// Names of the versions that a host with `glibc` need not have. A glibc between two policies
    /// counts as the older one for the versions of GCC's libraries.
    pub(crate) fn beyond(&self, glibc: Glibc, policies: &[Policy]) -> Vec<String> {
        let mut beyond = Vec::new();
        let Some(known) =
            policies.iter().rev().find(|policy| policy.0 <= glibc).or(policies.first())
        else {
            return beyond;
        };
        if let Some(wanted) = self.glibc.as_ref().filter(|wanted| wanted.glibc() > glibc) {
            beyond.push(format!("GLIBC_{wanted}"));
        }
        for (family, wanted, allowed) in [
            ("GLIBCXX", &self.glibcxx, known.1),
            ("CXXABI", &self.cxxabi, known.2),
            ("GCC", &self.gcc, known.3),
        ] {
            if let Some(wanted) = wanted
                && Some(wanted) > Version::parse(allowed).as_ref()
            {
                beyond.push(format!("{family}_{wanted}"));
            }
        }
        beyond
    }

    /// The oldest of `policies` that allows all of these versions.
    pub(crate) fn policy(&self, policies: &[Policy]) -> Option<Glibc> {
        let allows = |glibc: &Glibc| self.beyond(*glibc, policies).is_empty();
        policies.iter().map(|policy| policy.0).find(allows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_policy_that_fits_is_found() {
        let wants = |glibc, glibcxx| Wants {
            glibc: Version::parse(glibc),
            glibcxx: Version::parse(glibcxx),
            ..Wants::default()
        };
        assert_eq!(Wants::default().policy(X86_64), Some(Glibc(2, 5)));
        assert_eq!(wants("2.2.5", "3.4.8").policy(X86_64), Some(Glibc(2, 5)));
        assert_eq!(wants("2.14", "3.4").policy(X86_64), Some(Glibc(2, 17)));
        assert_eq!(wants("2.17", "3.4.20").policy(X86_64), Some(Glibc(2, 24)));
        assert_eq!(wants("2.28", "3.4.26").beyond(Glibc(2, 29), X86_64), ["GLIBCXX_3.4.26"]);
        assert_eq!(wants("2.99", "3.4").policy(X86_64), None);
        assert_eq!(Wants::default().policy(AARCH64), Some(Glibc(2, 17)));
        assert_eq!(wants("2.17", "3.4.24").policy(AARCH64), Some(Glibc(2, 26)));
    }
}
