//! The files of packages, as dpkg and rpm see them.

use pretty_assertions::assert_eq;

use super::*;

#[test]
fn a_debian_package_has_archive_links_pages_and_completions() {
    let sandbox = Sandbox::new();
    wheel("pack-deb").write(&sandbox.path(""));
    package(&sandbox, &["--deb", "pack_deb-1.2rc1-py3-none-any.whl"]).expect(0, "", "");
    assert_eq!(
        sandbox.names(),
        ["pack-deb_1.2.0~rc1-1_amd64.deb", "pack_deb-1.2rc1-py3-none-any.whl"]
    );
    let deb = Deb::read(&sandbox.path("pack-deb_1.2.0~rc1-1_amd64.deb"));
    assert_eq!(
        deb.listing(),
        "755 ./
755 ./usr/
755 ./usr/bin/
777 -> ../libexec/pack-deb/pack-deb ./usr/bin/pack-deb
755 ./usr/libexec/
755 ./usr/libexec/pack-deb/
755 ./usr/libexec/pack-deb/pack-deb
755 ./usr/share/
755 ./usr/share/bash-completion/
755 ./usr/share/bash-completion/completions/
644 ./usr/share/bash-completion/completions/pack-deb
755 ./usr/share/doc/
755 ./usr/share/doc/pack-deb/
644 ./usr/share/doc/pack-deb/changelog.Debian.gz
644 ./usr/share/doc/pack-deb/copyright
755 ./usr/share/fish/
755 ./usr/share/fish/vendor_completions.d/
644 ./usr/share/fish/vendor_completions.d/pack-deb.fish
755 ./usr/share/lintian/
755 ./usr/share/lintian/overrides/
644 ./usr/share/lintian/overrides/pack-deb
755 ./usr/share/man/
755 ./usr/share/man/man1/
644 ./usr/share/man/man1/pack-deb.1.gz
755 ./usr/share/zsh/
755 ./usr/share/zsh/vendor-completions/
644 ./usr/share/zsh/vendor-completions/_pack-deb
"
    );
    let control = deb.control("control");
    let size = control.lines().find_map(|line| line.strip_prefix("Installed-Size: ")).unwrap();
    assert!(size.parse::<u64>().unwrap() > 1000);
    assert_eq!(
        control.replace(size, "SIZE"),
        "Package: pack-deb
Version: 1.2.0~rc1-1
Architecture: amd64
Maintainer: Ann Author <ann@example.org>
Installed-Size: SIZE
Section: misc
Priority: optional
Homepage: https://example.org/forged
Description: forged application
 The package has one executable file with its own Python and all libraries
 that the application requires. It uses no Python of the system.
"
    );
    assert_eq!(
        deb.control.keys().map(String::as_str).collect::<Vec<_>>(),
        ["./", "./control", "./md5sums"]
    );
    assert_eq!(deb.unzipped("./usr/share/man/man1/pack-deb.1.gz"), ".TH forged 1\n");
    assert_eq!(
        deb.unzipped("./usr/share/doc/pack-deb/changelog.Debian.gz"),
        "pack-deb (1.2.0~rc1-1) unstable; urgency=medium\n\n  * pack-deb 1.2rc1, packed by \
         snakecrate.\n\n -- Ann Author <ann@example.org>  Sat, 1 Jan 2000 00:00:00 +0000\n"
    );
    let copyright = deb.text("./usr/share/doc/pack-deb/copyright");
    assert!(copyright.ends_with(
        "\nFiles: *\nCopyright: Ann Author <ann@example.org>\nLicense: MIT\n MIT License\n .\n \
         Copyright (c) 2020 Ann\n"
    ));
    assert!(copyright.contains("\n  cpython 3."), "{copyright}");
    let program = sandbox.path("program");
    fs::write(&program, &deb.data["./usr/libexec/pack-deb/pack-deb"].contents).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(&program, mode).unwrap();
    sandbox.archive("program").expect(0, "pack-deb 1.2rc1\n", "");
}

#[test]
fn dpkg_accepts_the_package_and_its_sums() {
    needs!(Program("dpkg-deb"));
    let sandbox = Sandbox::new();
    wheel("pack-sums").write(&sandbox.path(""));
    package(&sandbox, &["--deb", "pack_sums-1.2rc1-py3-none-any.whl", "-o", "p.deb"])
        .expect(0, "", "");
    let fields = ["-f", "p.deb", "Package", "Version"];
    let run = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).current_dir(sandbox.path("")).output();
        let output = output.unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let fields = run("dpkg-deb", &fields);
    assert_eq!(fields, "Package: pack-sums\nVersion: 1.2.0~rc1-1\n");
    run("dpkg-deb", &["-R", "p.deb", "root"]);
    let sums = fs::read_to_string(sandbox.path("root/DEBIAN/md5sums")).unwrap();
    assert_eq!(sums.lines().count(), 8);
    let check = Command::new("md5sum")
        .args(["--check", "--strict", "--quiet", "DEBIAN/md5sums"])
        .current_dir(sandbox.path("root"))
        .status();
    assert!(check.unwrap().success());
}

#[test]
fn an_rpm_package_has_the_same_files_at_its_places() {
    let sandbox = Sandbox::new();
    wheel("pack-rpm").write(&sandbox.path(""));
    package(&sandbox, &["--rpm", "pack_rpm-1.2rc1-py3-none-any.whl", "-o", "out/"])
        .expect(0, "", "");
    let rpm = rpm::Package::open(sandbox.path("out/pack-rpm-1.2.0~rc1-1.x86_64.rpm")).unwrap();
    let metadata = &rpm.metadata;
    let texts = [
        metadata.get_name(),
        metadata.get_version(),
        metadata.get_release(),
        metadata.get_arch(),
        metadata.get_license(),
        metadata.get_url(),
        metadata.get_summary(),
        metadata.get_packager(),
    ];
    assert_eq!(
        texts.map(Result::unwrap),
        [
            "pack-rpm",
            "1.2.0~rc1",
            "1",
            "x86_64",
            "MIT",
            "https://example.org/forged",
            "forged application",
            "Ann Author <ann@example.org>",
        ]
    );
    assert_eq!(metadata.get_build_time().unwrap(), 946_684_800);
    let files = metadata.get_file_entries().unwrap();
    let lines: Vec<String> = files
        .iter()
        .map(|file| format!("{:o} {}\n", file.mode().permissions(), file.path().display()))
        .collect();
    let listing = lines.concat();
    assert_eq!(
        listing,
        "777 /usr/bin/pack-rpm
755 /usr/libexec/pack-rpm
755 /usr/libexec/pack-rpm/pack-rpm
644 /usr/share/bash-completion/completions/pack-rpm
644 /usr/share/doc/pack-rpm/copyright
644 /usr/share/fish/vendor_completions.d/pack-rpm.fish
644 /usr/share/licenses/pack-rpm/LICENSE
644 /usr/share/man/man1/pack-rpm.1.gz
644 /usr/share/zsh/site-functions/_pack-rpm
"
    );
    assert!(files.iter().all(|file| u32::from(file.modified_at()) == 946_684_800));
    let provided: Vec<_> = metadata.get_requires().unwrap();
    let others = provided.iter().filter(|one| !one.name.starts_with("rpmlib("));
    assert_eq!(others.count(), 0, "{provided:?}");
}

#[test]
fn the_bytes_depend_on_the_archive_and_the_given_date() {
    let sandbox = Sandbox::new().with(&shared::PROBE, "app");
    let write = |name: &str, variables: &[(&str, &str)]| {
        for format in ["--deb", "--rpm"] {
            let output = format!("{name}{format}");
            let arguments =
                [&["package", "--quiet", format, "./app", "-o", &output], &MAINTAINER[..]];
            let packer = sandbox.packer(arguments.concat());
            let packer = packer.args(["--license", "MIT"]);
            let packer =
                variables.iter().fold(packer, |packer, (name, value)| packer.env(name, value));
            packer.expect(0, "", "");
        }
        ["--deb", "--rpm"].map(|format| fs::read(sandbox.path(format!("{name}{format}"))).unwrap())
    };
    let first = write("a", &[]);
    assert!(first == write("b", &[]), "two packages of one archive differ");
    let late = [("SOURCE_DATE_EPOCH", "1500000000")];
    let later = write("c", &late);
    assert!(later == write("d", &late), "two packages of one date differ");
    assert!(first[0] != later[0] && first[1] != later[1]);
    let rpm = rpm::Package::open(sandbox.path("c--rpm")).unwrap();
    assert_eq!(rpm.metadata.get_build_time().unwrap(), 1_500_000_000);
}

#[test]
fn an_archive_is_packaged_as_it_is() {
    let sandbox = Sandbox::new().with(&shared::PROBE, "app");
    let arguments =
        [&["--deb", "./app", "-o", "p.deb", "--license", "MIT"], &MAINTAINER[..]].concat();
    package_archive(&sandbox, &arguments).expect(0, "", "");
    let deb = Deb::read(&sandbox.path("p.deb"));
    let packed = &deb.data["./usr/libexec/probe/probe"].contents;
    assert!(*packed == fs::read(sandbox.path("app")).unwrap());
    assert!(deb.control("control").starts_with("Package: probe\nVersion: 1.2.3-1\n"));
    // Its build is over.
    let late = package_archive(&sandbox, &["--deb", "./app", "--sourceless"]);
    late.refused(FAILURE, "`sourceless` is an option of its build", "leave it out");
    assert_eq!(sandbox.names(), ["app", "p.deb"]);
}
