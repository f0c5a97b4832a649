//! The file with third-party notices that a vendor ships with an application.

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::subject::{Subject, SubjectKind};

/// The width of rules between notices.
const WIDTH: usize = 80;

/// The notices of everything but the application itself. `name` and `version` are the application's.
/// Texts that occur several times are printed once.
pub fn notices(name: &str, version: Option<&str>, subjects: &[Subject]) -> String {
    let title = match version {
        Some(version) => format!("{name} {version}"),
        None => name.to_owned(),
    };
    let heading = format!("Third-party notices of {title}");
    let third: Vec<&Subject> =
        subjects.iter().filter(|one| one.kind != SubjectKind::Application).collect();
    let mut text = format!("{heading}\n{}\n\n", "=".repeat(heading.chars().count()));
    text.push_str(
        "This file lists the software of others in the application, with its licences.\n\n",
    );
    for (at, subject) in third.iter().enumerate() {
        let _ = writeln!(text, "{:4}. {}: {}", at + 1, titled(subject), subject.licence());
    }
    let mut printed: HashMap<&str, (usize, &str)> = HashMap::new();
    for (at, subject) in third.iter().enumerate() {
        let _ = write!(text, "\n\n{}\n{}. {}\n", "-".repeat(WIDTH), at + 1, titled(subject));
        let _ = writeln!(text, "\nLicence: {}", subject.licence());
        if let Some(package) = &subject.package {
            let _ = writeln!(text, "Package: {package}");
        }
        if subject.texts.is_empty() {
            text.push_str("\nIt came without a licence text.\n");
        }
        for one in &subject.texts {
            let body = one.text.trim_end().trim_start_matches(['\n', '\r']);
            if let Some((number, name)) = printed.get(body) {
                let _ = writeln!(text, "\n{}: as {name} of {number}.", one.name);
                continue;
            }
            printed.insert(body, (at + 1, &one.name));
            let _ = writeln!(text, "\n{}:\n\n{}", one.name, body.replace('\r', ""));
        }
    }
    text
}

/// `libssl 3, in runtime-cpython-3.12.1`
fn titled(subject: &Subject) -> String {
    let place = subject.component.as_ref().filter(|_| subject.kind == SubjectKind::Library);
    match (place, subject.kind) {
        (Some(component), _) => format!("{}, in {component}", subject.title()),
        (None, SubjectKind::Launcher) => format!("{}, in the launcher", subject.title()),
        (None, _) => subject.title(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subject::{Known, Text};

    #[test]
    fn notices_have_each_text_once_and_not_the_application() {
        let text = |name: &str, text: &str| Text { name: name.into(), text: text.into() };
        let wheel = |name: &str, texts| Subject {
            texts,
            ..Subject::new(SubjectKind::Wheel, name, Some("1"))
                .with(Some("MIT".into()), Known::Declared)
        };
        let library = Subject {
            component: Some("wheel-b-1".into()),
            declared: vec!["BSD".into()],
            ..Subject::new(SubjectKind::Library, "libx", None)
        };
        let subjects = [
            Subject::new(SubjectKind::Application, "demo", Some("2")),
            wheel("a", vec![text("LICENSE", "\nMIT text\n"), text("NOTICE", "by A\r\n")]),
            wheel("b", vec![text("COPYING", "MIT text")]),
            library,
        ];
        pretty_assertions::assert_eq!(
            notices("demo", Some("2"), &subjects),
            "Third-party notices of demo 2
=============================

This file lists the software of others in the application, with its licences.

   1. a 1: MIT
   2. b 1: MIT
   3. libx, in wheel-b-1: BSD


--------------------------------------------------------------------------------
1. a 1

Licence: MIT

LICENSE:

MIT text

NOTICE:

by A


--------------------------------------------------------------------------------
2. b 1

Licence: MIT

COPYING: as LICENSE of 1.


--------------------------------------------------------------------------------
3. libx, in wheel-b-1

Licence: BSD

It came without a licence text.
"
        );
    }
}
