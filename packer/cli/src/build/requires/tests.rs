use super::*;
use crate::marker_environment;
use snakecrate_base::testing::python_at;

fn facts(name: &str, version: &str, requires: &[&str]) -> Facts {
    let own = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
    let mut facts = Facts::empty(name, version);
    facts.requires = own(requires);
    facts
}

/// What is unmet, as a user reads it.
fn unmet(all: &[Facts], asked: &Asked) -> Vec<String> {
    let environment = marker_environment::of(&python_at("/python".as_ref()));
    let requirements = Requirements::new(all.iter(), asked, &environment);
    requirements.unmet().iter().map(Unmet::to_string).collect()
}

fn asked(requirements: &[&str]) -> Asked {
    let lines = requirements.iter().map(|&text| ("--with".to_owned(), text.to_owned()));
    let mut asked = Asked::default();
    asked.requirements.extend(lines);
    asked
}

#[test]
fn requirements_are_evaluated_for_the_target() {
    let all = [
        facts(
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
        facts("met", "1.5", &[]),
        facts("met-too", "9", &[]),
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
        facts("app", "1", &["b[Fast_Path]"]),
        facts("b", "1", &["c[y] ; extra == 'fast-path'"]),
        facts("c", "1", &["d ; extra == 'y'", "e ; extra == 'z'"]),
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
        [facts("a", "1", &["a[x,y] ; extra == 'all'", "b ; extra == 'x'", "c ; extra == 'y'"])];
    let wanted = ["b, declared by a (b is not packed)", "c, declared by a (c is not packed)"];
    assert_eq!(unmet(&all, &asked(&["a[all]"])), wanted);
}

#[test]
fn pre_releases_and_local_versions_that_are_packed_meet_their_requirement() {
    let all = [facts("a", "2.0rc1+cpu", &[]), facts("b", "1", &["a>=1", "a==2.0rc1"])];
    assert!(unmet(&all, &Asked::default()).is_empty());
}

#[test]
fn a_requirement_that_cannot_be_read_is_kept_apart() {
    let all = [facts("a", "1", &["b >> 2", "c"]), facts("c", "1", &[])];
    let environment = marker_environment::of(&python_at("/python".as_ref()));
    let none = Asked::default();
    let requirements = Requirements::new(all.iter(), &none, &environment);
    assert_eq!(requirements.unreadable, [("a", "b >> 2")]);
    assert!(requirements.unmet().is_empty());
}

#[test]
fn an_extra_is_packed_if_it_was_asked_for_or_its_requirements_are_there() {
    let all = [
        facts("black", "1", &["aiohttp>=3 ; extra == 'd'", "colorama ; extra == 'colour'"]),
        facts("colorama", "1", &[]),
    ];
    let environment = marker_environment::of(&python_at("/python".as_ref()));
    let has = |asked: &Asked, extra: &str| {
        Requirements::new(all.iter(), asked, &environment).has_extra("black", extra)
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
