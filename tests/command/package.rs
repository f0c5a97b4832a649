//! `snakecrate package`: Debian and RPM packages.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::Command;

use flate2::read::GzDecoder;
use pretty_assertions::assert_eq;

use crate::support::needs::needs;
use crate::support::sandbox::{Outcome, Sandbox, shared};
use crate::support::wheel::Wheel;

const FAILURE: i32 = 1;

/// A person, for applications whose metadata names nobody.
const MAINTAINER: [&str; 2] = ["--maintainer", "M M <m@example.org>"];

/// A file of a Debian package: its mode, owner, time and target, and its contents.
struct Member {
    about: String,
    contents: Vec<u8>,
}

/// The two archives in a Debian package, by the paths in them.
struct Deb {
    control: BTreeMap<String, Member>,
    data: BTreeMap<String, Member>,
}

impl Deb {
    fn read(path: &Path) -> Self {
        let mut ar = ar::Archive::new(fs::File::open(path).unwrap());
        let mut next = |wanted: &str| {
            let mut member = ar.next_entry().unwrap().unwrap();
            assert_eq!(member.header().identifier(), wanted.as_bytes());
            let mut bytes = Vec::new();
            member.read_to_end(&mut bytes).unwrap();
            bytes
        };
        assert_eq!(next("debian-binary"), b"2.0\n");
        let (control, data) = (next("control.tar.gz"), next("data.tar.gz"));
        Self { control: members(&control), data: members(&data) }
    }

    fn control(&self, name: &str) -> &str {
        std::str::from_utf8(&self.control[&format!("./{name}")].contents).unwrap()
    }

    fn text(&self, path: &str) -> &str {
        std::str::from_utf8(&self.data[path].contents).unwrap()
    }

    fn unzipped(&self, path: &str) -> String {
        let mut text = String::new();
        GzDecoder::new(&self.data[path].contents[..]).read_to_string(&mut text).unwrap();
        text
    }

    fn listing(&self) -> String {
        let line = |(path, member): (&String, &Member)| format!("{} {path}\n", member.about);
        self.data.iter().map(line).collect::<Vec<_>>().concat()
    }
}

fn members(gzip: &[u8]) -> BTreeMap<String, Member> {
    let mut tar = tar::Archive::new(GzDecoder::new(gzip));
    let mut all = BTreeMap::new();
    for entry in tar.entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = String::from_utf8(entry.path_bytes().into_owned()).unwrap();
        let header = entry.header();
        let owner = (header.uid().unwrap(), header.username().unwrap().unwrap().to_owned());
        assert_eq!(owner, (0, "root".to_owned()), "{path}");
        assert_eq!(header.mtime().unwrap(), 946_684_800, "{path}");
        let link = entry.link_name().unwrap().map(|to| format!(" -> {}", to.display()));
        let mode = entry.header().mode().unwrap();
        let about = format!("{mode:o}{}", link.unwrap_or_default());
        let mut contents = Vec::new();
        entry.read_to_end(&mut contents).unwrap();
        assert!(all.insert(path, Member { about, contents }).is_none());
    }
    all
}

/// A wheel with everything that packages have a use for.
fn wheel(name: &str) -> Wheel {
    let data = format!("{}-1.2rc1.data/data/share", name.replace('-', "_"));
    Wheel::new(name, "1.2rc1")
        .metadata(
            "Summary: A forged application.\nAuthor-email: Ann Author <ann@example.org>\n\
             License-Expression: MIT\nLicense-File: LICENSE\n\
             Project-URL: Homepage, https://example.org/forged\n",
        )
        .info("licenses/LICENSE", "MIT License\n\nCopyright (c) 2020 Ann\n")
        .file(&format!("{data}/man/man1/{name}.1"), ".TH forged 1\n")
        .file(&format!("{data}/bash-completion/completions/{name}"), "complete -W a b\n")
        .file(&format!("{data}/zsh/site-functions/_{name}"), "#compdef b\n")
        .file(&format!("{data}/fish/vendor_completions.d/{name}.fish"), "complete -c b\n")
        .file(&format!("{data}/doc/other/README"), "not packaged\n")
}

/// Runs `snakecrate package ARGUMENTS…`, quickly and quietly, with the suite's cache.
fn package(sandbox: &Sandbox, arguments: &[&str]) -> Outcome {
    package_with(sandbox, arguments, &[])
}

fn package_with(sandbox: &Sandbox, arguments: &[&str], variables: &[(&str, &str)]) -> Outcome {
    let packer = sandbox.packer(["package"]).env("SNAKECRATE_CACHE", shared::packer_cache());
    let packer = packer.args(arguments).args(shared::OPTIONS);
    variables.iter().fold(packer, |packer, (name, value)| packer.env(name, value)).output()
}

/// `snakecrate package` of an archive, whose build is over.
fn package_archive(sandbox: &Sandbox, arguments: &[&str]) -> Outcome {
    sandbox.packer(["package", "--quiet"]).args(arguments).output()
}

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
fn services_become_units_with_scripts() {
    let more = "[project.scripts]\npackunits = 'units:main'\n[tool.snakecrate.packaging]\n\
        maintainer = 'M M <m@example.org>'\nlicense = 'MIT'\n[tool.snakecrate.service.packunits]\n\
        args = 'serve --port 80'\nenvironment = { A = 'b c' }\n[tool.snakecrate.service.nightly]\n\
        entry = 'packunits'\nargs = ['clean', '50%']\ntimer = '*-*-* 04:00'\nuser = 'daemon'\n";
    let sandbox = Sandbox::new()
        .bare_project("packunits", more)
        .file("packunits/units.py", "def main(): pass\n");
    package(&sandbox, &["--deb", "--rpm", "packunits", "-o", "out"]).expect(0, "", "");
    let deb = Deb::read(&sandbox.path("out/packunits_1.0.0-1_amd64.deb"));
    let unit = |name: &str| deb.text(&format!("./usr/lib/systemd/system/{name}"));
    assert_eq!(
        unit("packunits.service"),
        "[Unit]
Description=Application in one executable file
Documentation=file:/usr/share/doc/packunits/
After=network.target

[Service]
Type=exec
ExecStart=/usr/bin/packunits serve --port 80
DynamicUser=yes
Environment=\"A=b c\"
CacheDirectory=packunits
Restart=on-failure

[Install]
WantedBy=multi-user.target
"
    );
    assert!(
        unit("packunits-nightly.service")
            .contains("\nExecStart=/usr/bin/packunits clean 50%%\nUser=daemon\n")
    );
    assert!(unit("packunits-nightly.timer").contains("\nOnCalendar=*-*-* 04:00\n"));
    let enabled = "packunits-nightly.timer packunits.service";
    let loop_of = format!("    for unit in {enabled}; do\n");
    assert!(deb.control("postinst").contains(&loop_of), "{}", deb.control("postinst"));
    assert!(deb.control("prerm").contains("deb-systemd-invoke stop packunits-nightly.service"));
    assert!(deb.control("postrm").contains(&format!("deb-systemd-helper purge {enabled}")));
    for script in ["postinst", "prerm", "postrm"] {
        assert_eq!(deb.control[&format!("./{script}")].about, "755");
        let path = sandbox.path(script);
        fs::write(&path, deb.control(script)).unwrap();
        assert!(Command::new("sh").arg("-n").arg(&path).status().unwrap().success(), "{script}");
    }
    let rpm = rpm::Package::open(sandbox.path("out/packunits-1.0.0-1.x86_64.rpm")).unwrap();
    let post = rpm.metadata.get_post_install_script().unwrap();
    assert!(post.script.contains(&format!("install-system-units {enabled}")), "{}", post.script);
}

/// systemd itself reads the units.
#[test]
fn systemd_accepts_the_units() {
    needs!(Program("systemd-analyze"));
    let more = "[project.scripts]\npackverify = 'verify:main'\n\
        [tool.snakecrate.service.packverify]\nargs = ['a \"b\" \\ $HOME 50%', '']\n\
        environment = { A = 'b $c \"d\" %i' }\nrestart = 'always'\n\
        [tool.snakecrate.service.timed]\nentry = 'packverify'\n\
        timer = 'Mon..Fri *-*-* 04:00:00'\n";
    let sandbox = Sandbox::new()
        .bare_project("packverify", more)
        .file("packverify/verify.py", "def main(): pass\n");
    let arguments = [&["--deb", "packverify", "-o", "p.deb", "--license", "MIT"], &MAINTAINER[..]];
    package(&sandbox, &arguments.concat()).expect(0, "", "");
    let deb = Deb::read(&sandbox.path("p.deb"));
    let mut units = Vec::new();
    for (path, member) in &deb.data {
        let Some(name) = path.strip_prefix("./usr/lib/systemd/system/") else { continue };
        if name.is_empty() {
            continue;
        }
        // The program isn't installed here.
        let text = String::from_utf8(member.contents.clone()).unwrap();
        let text = text.replace("/usr/bin/packverify", "/bin/true");
        let path = sandbox.path(name);
        fs::write(&path, text).unwrap();
        units.push(path);
    }
    assert_eq!(units.len(), 3);
    let output = Command::new("systemd-analyze").args(["--man=no", "verify"]).args(&units).output();
    let output = output.unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let about_ours: Vec<_> = said.lines().filter(|line| line.contains("packverify")).collect();
    assert_eq!(about_ours, [] as [&str; 0]);
}

#[test]
fn a_service_needs_an_entry_and_known_keys() {
    for (table, what, help) in [
        ("entry = 'absent'", "the service `x` starts `absent`", "set `entry`"),
        ("timer = 'daily; rm'", "cannot be the timer of the service `x`", "change `timer`"),
        ("restart = 'often'", "`service.x.restart` in [tool.snakecrate]", "see snakecrate build"),
        ("exec = 'x'", "`service.x.exec` in [tool.snakecrate]: unknown field", "see snakecrate"),
    ] {
        let more = format!(
            "[project.scripts]\npackbad = 'bad:main'\n[tool.snakecrate.service.x]\n{table}\n"
        );
        let sandbox = Sandbox::new()
            .bare_project("packbad", &more)
            .file("packbad/bad.py", "def main(): pass\n");
        let arguments = [&["--deb", "packbad", "--license", "MIT"], &MAINTAINER[..]].concat();
        package(&sandbox, &arguments).refused(FAILURE, what, help);
        assert_eq!(sandbox.names(), ["packbad"]);
    }
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

#[test]
fn each_artifact_becomes_a_package_with_its_services() {
    let project = fs::read_to_string(shared::projects().join("pair/pyproject.toml")).unwrap();
    let more = "\n[tool.snakecrate.packaging]\nmaintainer = 'M M <m@example.org>'\nlicense = 'MIT'\n\
        [tool.snakecrate.artifact.pair-one]\nentries = 'left'\n[tool.snakecrate.artifact.pair-two]\n\
        entries = 'right'\n[tool.snakecrate.service.right]\n";
    let sandbox = Sandbox::new().project("pair").file("pair/pyproject.toml", project + more);
    package(&sandbox, &["--deb", "pair", "-o", "out"]).expect(0, "", "");
    let mut names: Vec<_> = fs::read_dir(sandbox.path("out"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let [one, two] = &names[..] else { panic!("{names:?}") };
    assert!(one.starts_with("pair-one_") && two.starts_with("pair-two_"), "{names:?}");
    let (one, two) = (sandbox.path("out").join(one), sandbox.path("out").join(two));
    let has_unit = |path: &Path| Deb::read(path).data.keys().any(|path| path.ends_with(".service"));
    assert_eq!((has_unit(&one), has_unit(&two)), (false, true));
}
