//! Units and scripts of services.

use pretty_assertions::assert_eq;

use super::*;

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
