use super::*;
use crate::marker_environment;
use snakecrate_base::testing::python_at;

/// A distribution and what it requires.
struct Packed(&'static str, &'static str, Vec<String>);

fn packed(name: &'static str, version: &'static str, requires: &[&str]) -> Packed {
    Packed(name, version, requires.iter().map(|&text| text.to_owned()).collect())
}

fn declared(all: &[Packed]) -> impl Iterator<Item = Declared<'_>> {
    all.iter().map(|Packed(name, version, requires)| Declared {
        name,
        version,
        requires,
        provides: &[],
    })
}

/// What is unmet, as a user reads it.
fn unmet(all: &[Packed], asked: &Asked) -> Vec<String> {
    let environment = marker_environment::of(&python_at("/python".as_ref()));
    let requirements = Requirements::new(declared(all), asked, &environment);
    requirements.unmet().iter().map(Unmet::to_string).collect()
}

fn asked(requirements: &[&str]) -> Asked {
    let lines = requirements.iter().map(|&text| ("--with".to_owned(), text.to_owned()));
    let mut asked = Asked::default();
    asked.requirements.extend(lines);
    asked
}

#[test]
fn extras_that_nobody_has_are_named() {
    let provides = ["d".to_owned(), "two-words".to_owned()];
    let black = Declared { name: "black", version: "1", requires: &[], provides: &provides };
    let asked = asked(&["Black[D,Two_Words,nope]", "gone[x]", "black[y] ; python_version < '3'"]);
    let environment = marker_environment::of(&python_at("/python".as_ref()));
    let requirements = Requirements::new(std::iter::once(black), &asked, &environment);
    let unknown =
        UnknownExtra { extra: "nope".into(), name: "black", asked_by: "--with", known: &provides };
    assert_eq!(requirements.unknown_extras(), [unknown]);
}

#[test]
fn requirements_are_evaluated_for_the_target() {
    let all = [
        packed(
            "app",
            "1",
            &[
                "met>=1,<2",
                "missing",
                "met ; python_version < '3'",
                "windows-only ; sys_platform == 'win32'",
                "extra-only ; extra == 'x'",
                "Met.Too @ https://example.test/met-too.whl",
                "met!=1.5",
            ],
        ),
        packed("met", "1.5", &[]),
        packed("met-too", "9", &[]),
    ];
    assert_eq!(
        unmet(&all, &Asked::default()),
        [
            "met!=1.5, declared by app (met 1.5 is packed)",
            "missing, declared by app (missing is not packed)",
        ]
    );
}

#[test]
fn extras_are_followed_from_one_distribution_to_the_next() {
    let all = [
        packed("app", "1", &["b[Fast_Path]"]),
        packed("b", "1", &["c[y] ; extra == 'fast-path'"]),
        packed("c", "1", &["d ; extra == 'y'", "e ; extra == 'z'"]),
    ];
    assert_eq!(unmet(&all, &Asked::default()), ["d, declared by c (d is not packed)"]);
    assert_eq!(
        unmet(&all, &asked(&["c[z]>=2"])),
        [
            "c[z]>=2, declared by --with (c 1 is packed)",
            "d, declared by c (d is not packed)",
            "e, declared by c (e is not packed)",
        ]
    );
}

#[test]
fn extras_that_name_their_own_distribution_are_followed() {
    let all =
        [packed("a", "1", &["a[x,y] ; extra == 'all'", "b ; extra == 'x'", "c ; extra == 'y'"])];
    let wanted = ["b, declared by a (b is not packed)", "c, declared by a (c is not packed)"];
    assert_eq!(unmet(&all, &asked(&["a[all]"])), wanted);
}

#[test]
fn pre_releases_and_local_versions_that_are_packed_meet_their_requirement() {
    let all = [packed("a", "2.0rc1+cpu", &[]), packed("b", "1", &["a>=1", "a==2.0rc1"])];
    assert!(unmet(&all, &Asked::default()).is_empty());
}

#[test]
fn a_requirement_that_cannot_be_read_is_kept_apart() {
    let all = [packed("a", "1", &["b >> 2", "c"]), packed("c", "1", &[])];
    let environment = marker_environment::of(&python_at("/python".as_ref()));
    let none = Asked::default();
    let requirements = Requirements::new(declared(&all), &none, &environment);
    assert_eq!(requirements.unreadable, [("a", "b >> 2")]);
    assert!(requirements.unmet().is_empty());
}

#[test]
fn an_extra_is_packed_if_it_was_asked_for_or_its_requirements_are_there() {
    let all = [
        packed("black", "1", &["aiohttp>=3 ; extra == 'd'", "colorama ; extra == 'colour'"]),
        packed("colorama", "1", &[]),
    ];
    let environment = marker_environment::of(&python_at("/python".as_ref()));
    let has = |asked: &Asked, extra: &str| {
        Requirements::new(declared(&all), asked, &environment).has_extra("black", extra)
    };
    let none = Asked::default();
    assert!(!has(&none, "d"));
    assert!(has(&none, "colour"), "its requirement is packed");
    assert!(has(&none, "unknown"), "an extra that nothing belongs to");
    assert!(has(&asked(&["black[d]"]), "d"), "asked for, although it is not whole");
}

#[test]
fn all_unmet_requirements_are_one_message() {
    let one = |name: &str| Unmet {
        name: name.into(),
        requirement: format!("{name}>=2"),
        declared_by: "app".into(),
        packed: None,
    };
    let error = Error(vec![one("a"), one("b")]);
    assert_eq!(
        error.to_string(),
        "unmet requirements: a>=2, declared by app (a is not packed); \
         b>=2, declared by app (b is not packed)"
    );
    let help = error.remedy().unwrap();
    assert!(help.ends_with("accept it with --allow-unmet a --allow-unmet b"), "{help}");
}
