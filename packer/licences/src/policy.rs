//! Policies: licences that are denied, and those that are allowed.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use snakecrate_base::error::Remedy;
use spdx::{Expression, LicenseItem, LicenseReq, ParseMode};

use crate::subject::{Subject, SubjectKind};

/// A text that isn't an SPDX expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` isn't an SPDX expression: {reason}")]
pub struct BadExpression {
    /// The text.
    pub text: String,
    /// The problem with it.
    pub reason: String,
    /// What it may mean.
    pub meant: Option<String>,
}

impl Remedy for BadExpression {
    fn remedy(&self) -> Option<String> {
        Some(match &self.meant {
            Some(meant) => format!("write `{meant}`"),
            None => "write identifiers of https://spdx.org/licenses, such as GPL-3.0-only".into(),
        })
    }
}

/// Licences that are denied and allowed.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    deny: Vec<LicenseReq>,
    allow: Vec<LicenseReq>,
}

/// A thing whose licence the policy does not allow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Violation {
    /// Its name and version.
    pub subject: String,
    /// The label of the component that has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// Its licence.
    pub licence: String,
    /// Why it is not allowed: a phrase.
    pub why: String,
}

impl Policy {
    /// A policy of SPDX expressions: each of their licences counts. With no `allow`, everything that is
    /// not denied is allowed.
    ///
    /// # Errors
    ///
    /// A text is no expression.
    pub fn new(deny: &[String], allow: &[String]) -> Result<Self, BadExpression> {
        let all = |texts: &[String]| {
            let parsed = texts.iter().map(|text| parsed(text));
            Ok(parsed.collect::<Result<Vec<_>, BadExpression>>()?.into_iter().flatten().collect())
        };
        Ok(Self { deny: all(deny)?, allow: all(allow)? })
    }

    /// Whether it says anything.
    pub fn is_empty(&self) -> bool {
        self.deny.is_empty() && self.allow.is_empty()
    }

    /// The violations among `subjects`, in their order. The application itself is its vendor's, and is
    /// not checked.
    pub fn check(&self, subjects: &[Subject]) -> Vec<Violation> {
        let violation = |subject: &Subject| {
            let why = self.refuses(subject.expression.as_deref())?;
            Some(Violation {
                subject: subject.title(),
                component: subject.component.clone(),
                licence: subject.licence(),
                why,
            })
        };
        let third = |one: &&Subject| one.kind != SubjectKind::Application;
        subjects.iter().filter(third).filter_map(violation).collect()
    }

    /// Why it refuses this licence. One that is not known is only refused if licences are allowed by
    /// name.
    fn refuses(&self, expression: Option<&str>) -> Option<String> {
        let mode = ParseMode { allow_deprecated: true, ..ParseMode::STRICT };
        let parsed = expression.and_then(|text| Expression::parse_mode(text, mode).ok());
        let Some(parsed) = parsed else {
            let is_refused = !self.allow.is_empty();
            return is_refused.then(|| "it cannot be compared with the allowed licences".into());
        };
        let is_denied = |req: &LicenseReq| self.deny.iter().any(|deny| covers(deny, req));
        if !parsed.evaluate(|req| !is_denied(req)) {
            let named = parsed.requirements().map(|one| &one.req).filter(|req| is_denied(req));
            return Some(format!("{} is denied", names(named)));
        }
        let is_allowed =
            |req: &LicenseReq| self.allow.iter().any(|allow| meets(allow, req)) && !is_denied(req);
        if !self.allow.is_empty() && !parsed.evaluate(is_allowed) {
            let named = parsed.requirements().map(|one| &one.req).filter(|req| !is_allowed(req));
            return Some(format!("{} isn't allowed", names(named)));
        }
        None
    }
}

fn names<'a>(all: impl Iterator<Item = &'a LicenseReq>) -> String {
    let names: BTreeSet<String> = all.map(ToString::to_string).collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}

fn parsed(text: &str) -> Result<Vec<LicenseReq>, BadExpression> {
    let mode = ParseMode { allow_deprecated: true, ..ParseMode::STRICT };
    let expression = Expression::parse_mode(text, mode).map_err(|error| BadExpression {
        text: text.to_owned(),
        reason: error.reason.to_string(),
        meant: crate::expression::normalized(text).filter(|meant| meant != text),
    })?;
    Ok(expression.requirements().map(|one| one.req.clone()).collect())
}

/// Whether all licences that `req` leaves the choice of are `deny`.
fn covers(deny: &LicenseReq, req: &LicenseReq) -> bool {
    let (deny, req) = (Choices::of(deny), Choices::of(req));
    deny.is_comparable(&req) && req.versions.is_subset(&deny.versions)
}

/// Whether `req` leaves the choice of a licence that is `allow`.
fn meets(allow: &LicenseReq, req: &LicenseReq) -> bool {
    let (allow, req) = (Choices::of(allow), Choices::of(req));
    allow.is_comparable(&req) && !req.versions.is_disjoint(&allow.versions)
}

/// The licences that a requirement leaves the choice of: a family, an exception, and versions.
#[derive(Debug, PartialEq, Eq)]
struct Choices {
    family: String,
    exception: Option<String>,
    /// Versions, as numbers; one that is empty for a family without versions.
    versions: BTreeSet<Vec<u32>>,
}

impl Choices {
    fn of(req: &LicenseReq) -> Self {
        let exception = req.addition.as_ref().map(ToString::to_string);
        let LicenseItem::Spdx { id, or_later } = &req.license else {
            let family = req.license.to_string();
            return Self { family, exception, versions: BTreeSet::from([Vec::new()]) };
        };
        let (family, version, is_or_later) = split(id.name);
        let mut versions = BTreeSet::from([version.clone()]);
        if *or_later || is_or_later {
            let names = spdx::identifiers::LICENSES.iter().map(|license| split(license.name));
            versions.extend(
                names.filter(|other| other.0 == family && other.1 >= version).map(|other| other.1),
            );
        }
        Self { family: family.to_owned(), exception, versions }
    }

    fn is_comparable(&self, other: &Self) -> bool {
        self.family == other.family && self.exception == other.exception
    }
}

/// Family and version of an identifier, and whether it means later versions, too: `GPL-2.0-or-later`.
fn split(name: &str) -> (&str, Vec<u32>, bool) {
    let later = name.strip_suffix("-or-later").or_else(|| name.strip_suffix('+'));
    let stem = later.or_else(|| name.strip_suffix("-only")).unwrap_or(name);
    let numbers =
        |text: &str| text.split('.').map(|n| n.parse().ok()).collect::<Option<Vec<u32>>>();
    match stem.rsplit_once('-').and_then(|(family, last)| Some((family, numbers(last)?))) {
        Some((family, version)) => (family, version, later.is_some()),
        None => (stem, Vec::new(), later.is_some()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(deny: &[&str], allow: &[&str], expression: &str) -> Option<String> {
        let own = |all: &[&str]| all.iter().map(|&one| one.to_owned()).collect::<Vec<_>>();
        Policy::new(&own(deny), &own(allow)).unwrap().refuses(Some(expression))
    }

    #[test]
    fn a_licence_is_denied_if_there_is_no_other_choice() {
        let gpl3 = ["GPL-3.0-only"];
        assert_eq!(refused(&gpl3, &[], "GPL-3.0-only").unwrap(), "GPL-3.0-only is denied");
        assert!(refused(&gpl3, &[], "MIT AND GPL-3.0-or-later").is_some());
        assert_eq!(refused(&gpl3, &[], "MIT OR GPL-3.0-only"), None);
        assert_eq!(refused(&gpl3, &[], "GPL-2.0-or-later"), None, "2.0 is left");
        assert!(refused(&["GPL-2.0-or-later"], &[], "GPL-3.0-only").is_some());
        assert_eq!(refused(&gpl3, &[], "LGPL-3.0-only"), None);
        let exception = "GPL-3.0-or-later WITH GCC-exception-3.1";
        assert_eq!(refused(&["GPL-3.0-or-later"], &[], exception), None);
        assert!(refused(&[exception], &[], exception).is_some());
    }

    #[test]
    fn with_allowed_licences_all_others_are_refused() {
        let allow = ["MIT OR BSD-3-Clause", "Apache-2.0", "GPL-3.0-only"];
        for fine in ["MIT", "MIT AND Apache-2.0", "ISC OR BSD-3-Clause", "GPL-2.0-or-later"] {
            assert_eq!(refused(&[], &allow, fine), None, "{fine}");
        }
        assert_eq!(refused(&[], &allow, "MIT AND ISC").unwrap(), "ISC isn't allowed");
        assert!(refused(&[], &allow, "GPL-2.0-only").is_some());
        assert!(refused(&[], &allow, "Apache-2.0 WITH LLVM-exception").is_some());
        assert!(refused(&["MIT"], &allow, "MIT").unwrap().ends_with("is denied"));
    }

    #[test]
    fn unknown_licences_are_refused_only_beside_allowed_ones() {
        let policy = |deny: &[String], allow: &[String]| Policy::new(deny, allow).unwrap();
        assert_eq!(policy(&["MIT".into()], &[]).refuses(None), None);
        assert!(policy(&[], &["MIT".into()]).refuses(None).is_some());
    }

    #[test]
    fn an_error_says_what_a_name_may_mean() {
        let error = Policy::new(&["GPLv3".into()], &[]).unwrap_err();
        assert_eq!(error.remedy().unwrap(), "write `GPL-3.0-only`");
        assert!(Policy::new(&["free stuff".into()], &[]).unwrap_err().meant.is_none());
    }
}
