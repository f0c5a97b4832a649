//! Name, version, licence and maintainer: where they come from, and what is refused.

use pretty_assertions::assert_eq;

use super::*;

#[test]
fn flags_replace_what_the_metadata_says() {
    let sandbox = Sandbox::new();
    wheel("pack-flags").write(&sandbox.path(""));
    let flags = [
        ["--package-name", "other-name"],
        ["--package-version", "2!7.1.post2"],
        ["--package-release", "3"],
        MAINTAINER,
        ["--summary", "The other summary."],
        ["--homepage", "https://example.org/other"],
        ["--license", "ISC"],
        ["--section", "contrib/net"],
        ["--priority", "extra"],
    ];
    let arguments =
        [&["--deb", "pack_flags-1.2rc1-py3-none-any.whl"][..], &flags.concat()].concat();
    package(&sandbox, &arguments).expect(0, "", "");
    let deb = Deb::read(&sandbox.path("other-name_7.1.0+post2-3_amd64.deb"));
    let control = deb.control("control");
    for line in [
        "Package: other-name",
        "Version: 2:7.1.0+post2-3",
        "Maintainer: M M <m@example.org>",
        "Section: contrib/net",
        "Priority: extra",
        "Homepage: https://example.org/other",
        "Description: other summary",
    ] {
        assert!(control.lines().any(|one| one == line), "`{line}` in:\n{control}");
    }
    assert_eq!(deb.data["./usr/bin/pack-flags"].about, "777 -> ../libexec/other-name/other-name");
    assert!(deb.text("./usr/share/doc/other-name/copyright").contains("\nLicense: ISC\n"));
}

#[test]
fn the_publisher_is_vendor_and_maintainer() {
    let sandbox = Sandbox::new();
    wheel("pack-publisher").write(&sandbox.path(""));
    let publisher = ["--vendor", "Example, Ltd", "--contact", "help@example.org"];
    let of = |more: &[&str]| {
        let source = ["pack_publisher-1.2rc1-py3-none-any.whl", "--package-version", "1"];
        package(&sandbox, &[&source[..], &publisher, more].concat()).expect(0, "", "");
    };
    of(&["--deb", "-o", "p.deb"]);
    let control = Deb::read(&sandbox.path("p.deb")).control("control").to_owned();
    assert!(control.contains("\nMaintainer: Example Ltd <help@example.org>\n"), "{control}");
    of(&["--rpm", "-o", "p.rpm"]);
    let rpm = rpm::Package::open(sandbox.path("p.rpm")).unwrap();
    assert_eq!(rpm.metadata.get_vendor().unwrap(), "Example, Ltd");
    of(&[&["--deb", "-o", "m.deb"], &MAINTAINER[..]].concat());
    let control = Deb::read(&sandbox.path("m.deb")).control("control").to_owned();
    assert!(control.contains("\nMaintainer: M M <m@example.org>\n"), "{control}");
}

#[test]
fn hostile_metadata_stays_in_its_fields() {
    let sandbox = Sandbox::new();
    Wheel::new("pack-hostile", "1")
        .metadata(
            "Summary: one\n Depends: evil\n\tPre-Depends: evil\n\
             Author-email: \"A\u{7} B, C\" <a@example.org>\n\
             Home-page: javascript:alert(1)\nLicense: MIT\n        Files: evil\n",
        )
        .file("pack_hostile-1.data/data/share/man/man1/../../../etc/x.1", "x")
        .write(&sandbox.path("escapes"));
    let escape = package(&sandbox, &["--deb", "escapes/pack_hostile-1-py3-none-any.whl"]);
    let (status, _, _) = escape.parts();
    assert_eq!(status.code(), Some(FAILURE), "a path with .. is no path of a wheel");
    Wheel::new("pack-hostile", "1.0")
        .metadata(
            "Summary: one\n Depends: evil\n\tPre-Depends: evil\n\
             Author-email: \"A\u{7} B, C\" <a@example.org>\n\
             Home-page: javascript:alert(1)\nLicense: MIT\n        Files: evil\n",
        )
        .file("pack_hostile-1.0.data/data/share/man/man1/a b.1", "x")
        .file("pack_hostile-1.0.data/data/share/man/man1/-x.1", "x")
        .write(&sandbox.path(""));
    package(&sandbox, &["--deb", "pack_hostile-1.0-py3-none-any.whl", "-o", "p.deb"])
        .expect(0, "", "");
    let deb = Deb::read(&sandbox.path("p.deb"));
    let control = deb.control("control");
    let names: Vec<_> = control
        .lines()
        .filter(|line| !line.starts_with(' '))
        .filter_map(|line| line.split(':').next())
        .collect();
    let wanted = [
        "Package",
        "Version",
        "Architecture",
        "Maintainer",
        "Installed-Size",
        "Section",
        "Priority",
        "Description",
    ];
    assert_eq!(names, wanted, "{control}");
    assert!(control.contains("\nDescription: one Depends: evil Pre-Depends: evil\n"), "{control}");
    assert!(control.contains("\nMaintainer: A B C <a@example.org>\n"), "{control}");
    assert!(!deb.data.keys().any(|path| path.contains("/man/")), "{}", deb.listing());
}

#[test]
fn names_of_the_system_are_refused() {
    let sandbox = Sandbox::new().file("bash.py", "print()\n").file("tool.py", "print()\n");
    let version = ["--package-version", "1", "--license", "MIT"];
    let run = |arguments: &[&str]| package(&sandbox, &[arguments, &version, &MAINTAINER].concat());
    let what = "a package called `bash` would replace a part of the system";
    run(&["--deb", "bash.py"]).refused(FAILURE, what, "--package-name");
    let what = "the entry `bash` would replace the system's command of this name";
    run(&["--deb", "bash.py", "--package-name", "my-shell"]).refused(FAILURE, what, "-e NAME");
    let name = run(&["--rpm", "tool.py", "--package-name", "../evil"]);
    name.refused(FAILURE, "no package can be called `../evil`", "lower-case letters");
    assert_eq!(sandbox.names(), ["bash.py", "tool.py"]);
}

#[test]
fn missing_facts_are_named_with_the_flags_that_give_them() {
    let sandbox = Sandbox::new().file("tool.py", "print()\n").with(&shared::PROBE, "app");
    let run = |arguments: &[&str]| package(&sandbox, &[&["tool.py"], arguments].concat());
    run(&["--deb"]).refused(FAILURE, "`tool` has no version", "--package-version");
    let version = ["--package-version", "1", "--license", "MIT"];
    run(&[&["--deb"], &version[..]].concat()).refused(
        FAILURE,
        "`tool` has no maintainer",
        "--maintainer 'NAME <MAIL>'",
    );
    run(&[&["--deb", "--maintainer", "nobody"], &version[..]].concat()).refused(
        FAILURE,
        "the maintainer `nobody` isn't `NAME <MAIL>`",
        "--maintainer",
    );
    run(&["--deb", "--package-version", "one"]).refused(FAILURE, "`one` isn't a version", "1.0");
    let date = [("SOURCE_DATE_EPOCH", "yesterday")];
    let arguments = [&["--deb", "tool.py"], &version[..], &MAINTAINER].concat();
    package_with(&sandbox, &arguments, &date).refused(FAILURE, "SOURCE_DATE_EPOCH", "unset it");
    // RPM packages need nobody, and a licence is only missed.
    let arguments = ["package", "--rpm", "./app", "-o", "t.rpm"];
    sandbox.packer(arguments).expect(
        0,
        "",
        "warning: probe names no licence\n   help: name it with --license, an SPDX expression such as \
         MIT\n    Packaged t.rpm ([SIZE])\n",
    );
    assert_eq!(sandbox.names(), ["app", "t.rpm", "tool.py"]);
    let (status, _, help) = run(&[]).parts();
    assert_eq!(status.code(), Some(2), "a format has to be chosen: {help}");
}

#[test]
fn a_failure_leaves_the_last_package_and_nothing_else() {
    let sandbox = Sandbox::new().with(&shared::PROBE, "app").file("p.deb", "last\n");
    package_archive(&sandbox, &["--deb", "./app", "-o", "p.deb", "--license", "MIT"]).refused(
        FAILURE,
        "`probe` has no maintainer",
        "--maintainer",
    );
    let both = [&["--deb", "--rpm", "./app", "-o", "p.deb"], &MAINTAINER[..]].concat();
    package_archive(&sandbox, &both).refused(FAILURE, "p.deb isn't a directory", "-o");
    let absent = [&["--deb", "./app", "-o", "absent/p.deb", "--license", "MIT"], &MAINTAINER[..]];
    package_archive(&sandbox, &absent.concat()).refused(
        FAILURE,
        "cannot write `absent/p.deb`",
        "-o",
    );
    assert_eq!(sandbox.names(), ["app", "p.deb"]);
    assert_eq!(fs::read(sandbox.path("p.deb")).unwrap(), b"last\n");
}
