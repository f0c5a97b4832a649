//! Packages with an environment in `/opt`, and those that fill the cache of all users.

use pretty_assertions::assert_eq;

use super::*;

/// The package of the shared archive `probe`, with these options.
fn packaged(options: &[&str], file: &str) -> Sandbox {
    packaged_of(&shared::PROBE, options, file)
}

fn packaged_of(archive: &shared::Shared, options: &[&str], file: &str) -> Sandbox {
    let sandbox = Sandbox::new().with(archive, "app");
    let all = [&["./app", "-o", file, "--license", "MIT"], &MAINTAINER[..], options].concat();
    package_archive(&sandbox, &all).expect(0, "", "");
    sandbox
}

#[test]
fn an_unpacked_package_has_an_environment_that_runs() {
    let sandbox = packaged(&["--deb", "--unpacked"], "p.deb");
    assert_eq!(sandbox.names(), ["app", "p.deb"]);
    let deb = Deb::read(&sandbox.path("p.deb"));
    let is_usual = |path: &&str| !path.contains("/lib/") && !path.contains("/libc/");
    let listing = deb.listing();
    let listing: Vec<&str> = listing.lines().filter(is_usual).collect();
    let links: Vec<&&str> = listing.iter().filter(|line| line.contains(" -> ")).collect();
    assert!(links.contains(&&"777 -> /opt/probe/bin/probe ./usr/bin/probe"), "{links:?}");
    assert!(links.contains(&&"777 -> .snakecrate ./opt/probe/bin/probe"), "{links:?}");
    for line in [
        "755 ./opt/",
        "755 ./opt/probe/",
        "755 ./opt/probe/bin/.snakecrate",
        "644 ./opt/probe/.snakecrate/launch",
    ] {
        assert!(listing.contains(&line), "{line} in {listing:?}");
    }
    assert!(!deb.data.contains_key("./usr/libexec/probe/probe"));
    assert!(!deb.control("control").contains("Depends:"));
    let overrides = deb.text("./usr/share/lintian/overrides/probe");
    assert!(overrides.contains("\nprobe: dir-or-file-in-opt *opt/probe/*\n"), "{overrides}");
    needs!(Program("dpkg-deb"));
    let mut unpack = Command::new("dpkg-deb");
    unpack.args(["-x", "p.deb", "root"]).current_dir(sandbox.path(""));
    assert!(unpack.status().unwrap().success());
    let run = || sandbox.archive("root/opt/probe/bin/probe").clean_env();
    run().expect(0, "probe 1.2.3 ['probe:main']\n", "");
    run().args(["workers", "spawn"]).expect(0, "[0, 1, 4, 9, 16]\n", "");
}

#[test]
fn an_unpacked_rpm_owns_its_directories() {
    let sandbox = packaged(&["--rpm", "--unpacked"], "p.rpm");
    let rpm = rpm::Package::open(sandbox.path("p.rpm")).unwrap();
    let files = rpm.metadata.get_file_entries().unwrap();
    let line = |path: &str| {
        let found = files.iter().find(|file| file.path() == Path::new(path));
        found.map(|file| format!("{:o}", file.mode().raw_mode()))
    };
    assert_eq!(line("/opt"), None, "it is the system's");
    assert_eq!(line("/opt/probe").as_deref(), Some("40755"));
    assert_eq!(line("/opt/probe/bin").as_deref(), Some("40755"));
    assert_eq!(line("/opt/probe/bin/.snakecrate").as_deref(), Some("100755"));
    assert_eq!(line("/usr/bin/probe").as_deref(), Some("120777"));
}

#[test]
fn packages_for_all_users_have_scripts_that_a_shell_reads() {
    let sandbox = packaged(&["--deb", "--all-users"], "p.deb");
    let deb = Deb::read(&sandbox.path("p.deb"));
    for (script, line) in [
        ("postinst", "SNAKECRATE=prepare /usr/libexec/probe/probe --all-users >/dev/null ||"),
        ("prerm", "SNAKECRATE=uninstall /usr/libexec/probe/probe --all-users >/dev/null 2>&1"),
        ("postrm", "rm -rf /var/lib/snakecrate/probe"),
    ] {
        let text = deb.control(script);
        assert!(text.contains(line), "{script}: {text}");
        let path = sandbox.path(script);
        fs::write(&path, text).unwrap();
        assert!(Command::new("sh").arg("-n").arg(&path).status().unwrap().success(), "{script}");
    }
    let sandbox = packaged(&["--rpm", "--all-users"], "p.rpm");
    let rpm = rpm::Package::open(sandbox.path("p.rpm")).unwrap();
    let pre = rpm.metadata.get_pre_install_script().unwrap().script;
    assert!(pre.starts_with("if [ $1 -ge 2 ] && [ -x /usr/libexec/probe/probe ]; then\n"), "{pre}");
    let post = rpm.metadata.get_post_install_script().unwrap().script;
    assert!(post.starts_with("SNAKECRATE=prepare /usr/libexec/probe/probe --all-users"), "{post}");
}

#[test]
fn unpacked_packages_need_no_cache_of_all_users() {
    let sandbox = Sandbox::new().with(&shared::PROBE, "app");
    let run = package_archive(&sandbox, &["--deb", "./app", "--unpacked", "--all-users"]);
    run.code(2).stdout("").stderr_contains("cannot be used with").done();
}

#[test]
fn two_unpacked_packages_of_one_archive_are_the_same() {
    let [one, other] = ["--deb", "--rpm"].map(|format| {
        let make = || {
            let sandbox = packaged_of(&shared::TINY, &[format, "--unpacked"], "p");
            fs::read(sandbox.path("p")).unwrap()
        };
        make() == make()
    });
    assert!(one && other);
}
