//! `SNAKECRATE=report`, and the errors of starts that it shows.

use std::fs;

use pretty_assertions::assert_eq;

use crate::support::forge::Forge;
use crate::support::sandbox::{Run, Sandbox};

fn report<'a>(sandbox: &'a Sandbox, archive: &str) -> Run<'a> {
    sandbox.archive(archive).env("SNAKECRATE", "report")
}

/// Values that differ from host to host become their labels, after a look at their form.
fn normalised(text: &str) -> String {
    let value = |label: &str, value: &str| {
        let numbers = |text: &str| text.split(|c: char| !c.is_ascii_digit()).all(|n| n.len() < 20);
        assert!(numbers(value), "{value}");
        match label {
            "digest" => assert!(value.len() == 64 && value.bytes().all(|b| b.is_ascii_hexdigit())),
            "kernel" => assert!(value.starts_with("Linux ") && value.split(' ').count() == 3),
            "archive" => {
                assert!(value.contains(" kB, on ") || value.contains(" MB, on "), "{value}");
            }
            "limits" => {
                assert!(value.starts_with("open files ") && value.contains(", stack "), "{value}");
            }
            "launcher" => assert!(value.ends_with(", archive format 2, cache v2"), "{value}"),
            "starts in" => {
                let (place, mount) = value.split_once(", on ").unwrap();
                assert!(mount.contains(" (rw") && mount.ends_with(" free"), "{mount}");
                return format!("{place}, on MOUNT");
            }
            "last error" if value.starts_with("20") => {
                let (date, rest) = value.split_once(", launcher ").unwrap();
                assert!(date.len() == 20 && date.ends_with('Z'), "{date}");
                return format!("DATE, launcher {rest}");
            }
            _ => return value.to_owned(),
        }
        label.to_uppercase()
    };
    let lines = text.lines().filter(|line| !line.starts_with("inside ")).map(|line| {
        let (label, rest) = line.split_at(11);
        format!("{label}{}\n", value(label.trim(), rest.trim()))
    });
    lines.collect()
}

#[test]
fn the_report_has_everything_that_a_publisher_asks_for() {
    let forge = || Forge::honest().manifest(|m| m["vendor"] = "Example Ltd".into());
    let sandbox = forge().sandbox();
    let target = crate::support::target::target().triple;
    let with = |cache: &str, place: &str, error: &str| {
        format!(
            "report     1\n\
             launcher   LAUNCHER\n\
             name       hello 1.0\n\
             publisher  Example Ltd\n\
             digest     DIGEST\n\
             target     {target}\n\
             python     cpython 3.12.1 -I\n\
             libc       the host's, as the archive bundles none; the host has glibc\n\
             kernel     KERNEL\n\
             archive    ARCHIVE\n\
             cache      $SNAKECRATE_CACHE: {cache}\n\
             starts in  $SNAKECRATE_CACHE, on MOUNT\n\
             limits     LIMITS\n\
             variables  SNAKECRATE_CACHE\n\
             last error {error}\n{place}"
        )
    };
    let none =
        with("not unpacked; 0 of 3 components, 0 checked since the last boot", "", "none is known");
    let said = report(&sandbox, "app").output().success().text();
    assert_eq!(normalised(&said), none);
    sandbox.archive("app").env("SNAKECRATE", "prepare").output().success().text();
    let ready = with(
        "unpacked and ready; 3 of 3 components, 3 checked since the last boot",
        "",
        "none is known",
    );
    let said = report(&sandbox, "app").output().success().text();
    assert_eq!(normalised(&said), ready);
    report(&sandbox, "app").arg("--json").expect(
        2,
        "",
        "snakecrate: `--json` is not an argument of this command\n\
         snakecrate: see SNAKECRATE=help\n\
         snakecrate: for help, contact Example Ltd\n",
    );
}

/// In its cache, the directory for unfinished trees is a file.
fn without_staging(sandbox: &Sandbox, cache: &str) {
    sandbox
        .archive("app")
        .env("SNAKECRATE", "prepare")
        .env("SNAKECRATE_CACHE", sandbox.path(cache))
        .output()
        .success()
        .text();
    let cache = sandbox.path(cache);
    fs::remove_dir_all(cache.join("v2/envs")).unwrap();
    fs::write(cache.join("v2/envs"), "").unwrap();
}

#[test]
fn the_report_shows_the_last_error() {
    let sandbox = Forge::honest().sandbox();
    without_staging(&sandbox, "other");
    let cache = sandbox.path("other");
    let failed = sandbox.archive("app").env("SNAKECRATE_CACHE", &cache).output();
    let (status, _, stderr) = failed.parts();
    assert_eq!(status.code(), Some(122), "{stderr}");
    let what = stderr.lines().next().unwrap().strip_prefix("snakecrate: ").unwrap();
    let what = what.replace(cache.to_str().unwrap(), "$SNAKECRATE_CACHE");
    let said = report(&sandbox, "app").env("SNAKECRATE_CACHE", &cache).output().success().text();
    let version = env!("CARGO_PKG_VERSION");
    let line = format!("\nlast error DATE, launcher {version}, 122: {what}\n");
    assert!(normalised(&said).contains(&line), "{line} in {said}");
    let file = cache.join("v2/errors");
    assert!(fs::metadata(&file).unwrap().len() < 1_000);
    fs::remove_file(cache.join("v2/envs")).unwrap();
    sandbox.archive("app").env("SNAKECRATE_CACHE", &cache).output().success().text();
    let uninstall = sandbox.archive("app").env("SNAKECRATE", "uninstall");
    uninstall.env("SNAKECRATE_CACHE", &cache).output().success().text();
    assert!(!cache.exists(), "its errors go with the archive");
}

#[test]
fn the_report_has_no_secrets() {
    let sandbox = Forge::honest().sandbox();
    let home = "home-s3cret-ada";
    for place in ["cache-s3cret", "home-s3cret-ada/.cache/snakecrate", "xdg-s3cret/snakecrate"] {
        without_staging(&sandbox, place);
        fs::create_dir_all(sandbox.path("place-s3cret")).unwrap();
        let archive = sandbox.path("place-s3cret/name-s3cret");
        fs::copy(sandbox.path("app"), &archive).unwrap();
        let run = |word: &str| {
            let mut run = sandbox.archive("place-s3cret/name-s3cret").env("SNAKECRATE", word);
            run = run.env("HOME", sandbox.path(home)).env("TOKEN", "t0ken-s3cret");
            run = run.env("LD_LIBRARY_PATH", "/s3cret/lib").env("PYTHONPATH", "/s3cret/python");
            run = run.env("SNAKECRATE_S3CRET", "s3cret").argv0("s3cret-argv0");
            match place.split_once('/') {
                None => run.env("SNAKECRATE_CACHE", sandbox.path(place)),
                Some(("xdg-s3cret", _)) => run
                    .env("SNAKECRATE_CACHE", "")
                    .env("XDG_CACHE_HOME", sandbox.path("xdg-s3cret")),
                Some(_) => run.env("SNAKECRATE_CACHE", ""),
            }
        };
        if place == "cache-s3cret" {
            // With any other, the start would go on to `/var/tmp`.
            run("").arg("argument-s3cret").output().code(122).any_stderr().done();
            let kept = fs::read_to_string(sandbox.path(place).join("v2/errors")).unwrap();
            assert!(!kept.contains("s3cret") && kept.contains(" in $SNAKECRATE_CACHE "), "{kept}");
        }
        let said = run("report").output().success().text();
        assert!(!said.contains("s3cret"), "{said}");
        let name = match place.split_once('/') {
            None => "$SNAKECRATE_CACHE",
            Some(("xdg-s3cret", _)) => "$XDG_CACHE_HOME/snakecrate",
            Some(_) => "~/.cache/snakecrate",
        };
        assert!(said.contains(&format!("\ncache      {name}: ")), "{said}");
        assert!(said.contains("SNAKECRATE_S3CRET"), "names are shown: {said}");
    }
}

#[test]
fn a_wrong_argument_is_not_kept() {
    let sandbox = Forge::honest().second_entry().sandbox();
    sandbox.archive("app").env("SNAKECRATE", "prepare").output().success().text();
    let (status, ..) = sandbox.archive("app").arg("s3cret").output().parts();
    assert_eq!(status.code(), Some(2));
    assert!(!sandbox.cache().join("v2/errors").exists());
}
