//! Hostile and outdated mirrors.

use std::path::Path;

use snakecrate_base::testing::serve;
use snakecrate_base::ui::{Ui, Verbosity};
use tempfile::TempDir;

use crate::testing::{Member, Mirror, Signer, deb};
use crate::{Error, Keyring, Release, Source};

/// A keyring, a directory for downloads, and the key.
struct Bench {
    signer: Signer,
    directory: TempDir,
}

impl Bench {
    fn new() -> Self {
        Self { signer: Signer::new(), directory: tempfile::tempdir().unwrap() }
    }

    fn keyring(&self) -> Keyring {
        let path = self.directory.path().join("keyring");
        std::fs::write(&path, self.signer.keyring()).unwrap();
        Keyring::open(Some(&path)).unwrap()
    }

    /// Unpacks the suite `suite` of the mirror; returns the directory of its root.
    fn unpacked(&self, mirror: Mirror, suite: &str, known: Option<&str>) -> Result<TempDir, Error> {
        let (url, _) = serve(move |path, _| mirror.answer(&path.replace("-suite", "")));
        let root = tempfile::tempdir().unwrap();
        let source = Source {
            mirror: &url,
            suite,
            architecture: "arm64",
            downloads: &self.directory.path().join("downloads"),
            ui: Ui::new(Verbosity::Quiet),
        };
        let release = Release::fetch(&source, &self.keyring(), known)?;
        release.select(&source, None)?.unpack(&source, root.path())?;
        Ok(root)
    }

    fn fails(&self, mirror: Mirror) -> String {
        let error = self.unpacked(mirror, "tested", None).unwrap_err();
        assert!(snakecrate_base::error::Remedy::remedy(&error).is_some(), "{error}");
        // The server's port differs.
        let text = error.to_string();
        let Some((before, after)) = text.split_once("http://127.0.0.1:") else { return text };
        let after = after.trim_start_matches(|c: char| c.is_ascii_digit());
        format!("{before}MIRROR{after}")
    }
}

fn python() -> Vec<u8> {
    deb(&[
        Member::File("./usr/bin/python3.11".into(), 0o755, b"ELF".to_vec()),
        Member::Link("./usr/bin/python3".into(), "/usr/bin/python3.11".into()),
    ])
}

fn mirror() -> Mirror {
    let library = deb(&[Member::File("./lib/libx.so".into(), 0o644, b"x".to_vec())]);
    let all = [
        ("python3", "Depends: python3.11\n", Vec::new()),
        ("python3.11", "Depends: libx (>= 1), mime-support\n", python()),
        ("libx", "", library),
    ];
    Mirror::new("tested", "arm64", &all)
}

fn replaced(mut mirror: Mirror, from: &str, to: &str) -> Mirror {
    let release = mirror.release.replace(from, to);
    assert_ne!(release, mirror.release);
    mirror.release = release;
    mirror
}

fn read(root: &TempDir, path: &str) -> Option<String> {
    std::fs::read_to_string(root.path().join(path)).ok()
}

#[test]
fn a_signed_suite_is_unpacked() {
    let bench = Bench::new();
    let root = bench.unpacked(mirror().signed(&bench.signer), "tested", None).unwrap();
    assert_eq!(read(&root, "usr/bin/python3").as_deref(), Some("ELF"));
    assert_eq!(read(&root, "lib/libx.so").as_deref(), Some("x"));
    // Nothing is left.
    let downloads = bench.directory.path().join("downloads");
    assert_eq!(std::fs::read_dir(downloads).unwrap().count(), 0);
    bench.unpacked(mirror().signed(&bench.signer), "tested-suite", None).unwrap();
}

#[test]
fn a_signature_by_a_bound_subkey_counts() {
    let (bench, mut mirror) = (Bench::new(), mirror());
    let text = bench.signer.sign(&mirror.release, true);
    mirror.files.insert("dists/tested/InRelease".into(), text.into_bytes());
    bench.unpacked(mirror, "tested", None).unwrap();
}

#[test]
fn text_that_no_trusted_key_signed_is_refused() {
    let bench = Bench::new();
    let start = "the signature of MIRROR/dists/tested/InRelease cannot be verified: ";
    let stranger = bench.fails(mirror().signed(&Signer::new()));
    assert_eq!(stranger, format!("{start}it is signed by no key of the keyring"));

    let signed = mirror().signed(&bench.signer);
    let file = "dists/tested/InRelease";
    let text = String::from_utf8(signed.files[file].clone()).unwrap();
    let with = |text: String| {
        let mut mirror = signed.clone();
        mirror.files.insert(file.into(), text.into_bytes());
        bench.fails(mirror)
    };
    let altered = with(text.replace("12.9", "12.8"));
    assert!(altered.starts_with(&format!("{start}the signature by ")), "{altered}");
    assert!(altered.ends_with(" is wrong: the text was altered"), "{altered}");
    for text in [
        mirror().release,
        format!("Codename: tested\n\n{text}"),
        format!("{text}\nCodename: tested\n"),
        text[..text.len() / 2].to_owned(),
        String::new(),
    ] {
        let error = with(text);
        assert!(error.starts_with(&format!("{start}it isn't a signed text")), "{error}");
    }
}

#[test]
fn outdated_suites_and_other_suites_are_refused() {
    let bench = Bench::new();
    let until = "Valid-Until: Sat, 18 Jul 2026 10:16:37 UTC\nDate:";
    let until = |text: &str| replaced(mirror(), "Date:", &until.replace("2026", text));
    assert_eq!(
        bench.fails(until("2020").signed(&bench.signer)),
        "MIRROR/dists/tested/InRelease expired on Sat, 18 Jul 2020 10:16:37 UTC"
    );
    let valid = replaced(mirror(), "Date:", "Valid-Until: Sat, 18 Jul 2093 10:16:37 UTC\nDate:");
    bench.unpacked(valid.signed(&bench.signer), "tested", None).unwrap();
    let known = Some("Sun, 12 Jul 2026 00:00:00 UTC");
    let error = bench.unpacked(mirror().signed(&bench.signer), "tested", known).unwrap_err();
    assert!(matches!(error, Error::Older { .. }), "{error}");
    let other = replaced(replaced(mirror(), "e: tested\n", "e: other\n"), "tested-suite", "stable");
    assert_eq!(
        bench.fails(other.signed(&bench.signer)),
        "MIRROR/dists/tested/InRelease is the release of other or stable, not of tested"
    );
    let hostile = replaced(mirror(), "e: tested\n", "e: ../../x\n");
    let hostile = replaced(hostile, "tested-suite", "tested");
    let error = bench.fails(hostile.signed(&bench.signer));
    assert!(error.ends_with("InRelease: the Codename is `../../x`"), "{error}");
    let none = replaced(mirror(), "binary-arm64", "binary-mips");
    assert_eq!(
        bench.fails(none.signed(&bench.signer)),
        "MIRROR/dists/tested/InRelease lists no main/binary-arm64/Packages.xz"
    );
}

#[test]
fn other_files_than_the_listed_ones_are_refused() {
    let bench = Bench::new();
    let signed = mirror().signed(&bench.signer);
    let paths: Vec<String> = signed.files.keys().cloned().collect();
    for path in
        paths.iter().filter(|path| !path.ends_with("InRelease") && !path.contains("python3_"))
    {
        let with = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut mirror = signed.clone();
            change(mirror.files.get_mut(path).unwrap());
            bench.fails(mirror)
        };
        let altered = with(&|file| file[0] ^= 1);
        assert!(altered.contains(" has SHA-256 "), "{altered}");
        let shorter = with(&|file| file.truncate(file.len() - 1));
        assert!(shorter.contains(" has SHA-256 "), "{shorter}");
        let longer = with(&|file| file.push(b'\n'));
        assert!(longer.contains(" is larger than "), "{longer}");
    }
}

#[test]
fn a_mirror_without_names_by_hash_is_read() {
    let bench = Bench::new();
    let mut mirror = mirror().signed(&bench.signer);
    let path = mirror.files.keys().find(|path| path.contains("by-hash")).unwrap().clone();
    let index = mirror.files.remove(&path).unwrap();
    let error = bench.fails(mirror.clone());
    let plain = "dists/tested/main/binary-arm64/Packages.xz";
    assert_eq!(error, format!("MIRROR/{plain} answers with HTTP status 404"));
    mirror.files.insert(plain.into(), index);
    bench.unpacked(mirror, "tested", None).unwrap();
}

#[test]
fn files_that_are_no_packages_are_refused() {
    let bench = Bench::new();
    let with = |file: Vec<u8>| {
        let all = [("python3", "Depends: python3.11\n", Vec::new()), ("python3.11", "", file)];
        bench.fails(Mirror::new("tested", "arm64", &all).signed(&bench.signer))
    };
    let start = "cannot unpack python3.11_1+x_arm64.deb: ";
    for (file, reason) in [
        (deb(&[])[..68].to_vec(), "it has no data.tar"),
        (
            deb(&[Member::Link("./usr/x".into(), "../../x".into())]),
            "usr/x: it is a link out of the directory",
        ),
    ] {
        assert_eq!(with(file), format!("{start}{reason}"));
    }
    assert!(with(b"no package".to_vec()).starts_with(start));
    let whole = python();
    assert!(with(whole[..whole.len() - 900].to_vec()).starts_with(start));
}

#[test]
fn debians_keys_are_those_of_its_keyring() {
    let keyring = Keyring::open(None).unwrap();
    assert_eq!(
        keyring.fingerprints(),
        [
            "B8B80B5B623EAB6AD8775C45B7C5D7D6350947F8",
            "4D64FEC119C2029067D6E791F8D2585B8783D481",
            "04B54C3CDCA79751B16BC6B5225629DF75B188BD",
            "41587F7DB8C774BCCF131416762F67A0B2C39DE4",
        ]
    );
    let error = Keyring::open(Some(Path::new("/etc/passwd"))).unwrap_err().to_string();
    assert!(error.starts_with("/etc/passwd is no keyring: "), "{error}");
}
