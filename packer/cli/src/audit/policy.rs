//! The manylinux policies, as far as symbol versions go (`PEP 600`).

use super::version::{Glibc, Version};

/// What a policy allows on x86-64: glibc, and of GCC's libraries the versions that were current when
/// distributions had that glibc: `GLIBCXX`, `CXXABI`, `GCC`.
pub(super) type Policy = (Glibc, &'static str, &'static str, &'static str);

/// The policies that `auditwheel` 6.8 knows, oldest first.
pub(super) const POLICIES: &[Policy] = &[
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

/// What is wanted, in the order of a [`Policy`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Wants {
    pub(super) glibc: Option<Version>,
    pub(super) glibcxx: Option<Version>,
    pub(super) cxxabi: Option<Version>,
    pub(super) gcc: Option<Version>,
}

impl Wants {
    /// What of it goes beyond `policy`: names of versions. Glibcs between two policies have the
    /// compiler's versions of the older one.
    pub(super) fn beyond(&self, glibc: Glibc) -> Vec<String> {
        let known = POLICIES.iter().rev().find(|policy| policy.0 <= glibc).unwrap_or(&POLICIES[0]);
        let mut beyond = Vec::new();
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

    /// The oldest policy that allows all of it.
    pub(super) fn policy(&self) -> Option<Glibc> {
        POLICIES.iter().map(|policy| policy.0).find(|glibc| self.beyond(*glibc).is_empty())
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
        assert_eq!(Wants::default().policy(), Some(Glibc(2, 5)));
        assert_eq!(wants("2.2.5", "3.4.8").policy(), Some(Glibc(2, 5)));
        assert_eq!(wants("2.14", "3.4").policy(), Some(Glibc(2, 17)));
        assert_eq!(wants("2.17", "3.4.20").policy(), Some(Glibc(2, 24)));
        assert_eq!(wants("2.28", "3.4.26").beyond(Glibc(2, 29)), ["GLIBCXX_3.4.26"]);
        assert_eq!(wants("2.99", "3.4").policy(), None);
    }
}
