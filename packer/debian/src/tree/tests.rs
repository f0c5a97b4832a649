use std::os::unix::fs::PermissionsExt as _;

use super::*;

/// A member of a tar archive: its type, mode, name, and content or target.
type Member<'a> = (EntryType, u32, &'a str, &'a str);

/// A tar archive of `members`, whatever their names are.
fn archive(members: &[Member<'_>]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (kind, mode, name, content) in members {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(*kind);
        header.set_mode(*mode);
        // `set_path` would refuse hostile names.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        let is_file = matches!(kind, EntryType::Regular);
        if !is_file {
            header.as_old_mut().linkname[..content.len()].copy_from_slice(content.as_bytes());
        }
        let content = if is_file { *content } else { "" };
        header.set_size(content.len() as u64);
        header.set_cksum();
        builder.append(&header, content.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap()
}

fn unpacked(members: &[Member<'_>]) -> (tempfile::TempDir, Result<(), Error>) {
    let dir = tempfile::tempdir().unwrap();
    let outcome = Root::create(dir.path())
        .and_then(|mut root| root.add(&archive(members)[..], "x_1_all.deb"));
    (dir, outcome)
}

const FILE: EntryType = EntryType::Regular;
const LINK: EntryType = EntryType::Symlink;

#[test]
fn a_split_usr_is_merged_and_links_stay_inside() {
    let (dir, outcome) = unpacked(&[
        (EntryType::Directory, 0o755, "./", ""),
        (EntryType::Directory, 0o755, "./lib/", ""),
        (FILE, 0o755, "./lib/x86/libc.so.6", "libc"),
        (LINK, 0o777, "./lib64/ld.so", "/lib/x86/ld-2.so"),
        (FILE, 0o644, "./usr/lib/x86/ld-2.so", "loader"),
        (LINK, 0o777, "./usr/lib/x86/libm.so", "../../../lib/x86/libc.so.6"),
        (EntryType::Link, 0o644, "./usr/bin/hard", "./lib/x86/libc.so.6"),
        (FILE, 0o6755, "./bin/su", "#!"),
        (FILE, 0o644, "./usr/share/man/x", "skipped"),
        (FILE, 0o644, "./usr/share/doc/x/copyright", "licence"),
        (FILE, 0o644, "./usr/share/doc/x/changelog", "skipped"),
    ]);
    outcome.unwrap();
    let read = |path: &str| fs::read_to_string(dir.path().join(path)).ok();
    assert_eq!(read("usr/lib/x86/libc.so.6").as_deref(), Some("libc"));
    assert_eq!(read("lib/x86/libc.so.6").as_deref(), Some("libc"));
    assert_eq!(read("lib64/ld.so").as_deref(), Some("loader"));
    assert_eq!(read("usr/lib/x86/libm.so").as_deref(), Some("libc"));
    assert_eq!(read("usr/bin/hard").as_deref(), Some("libc"));
    assert_eq!(read("usr/share/doc/x/copyright").as_deref(), Some("licence"));
    assert_eq!((read("usr/share/man/x"), read("usr/share/doc/x/changelog")), (None, None));
    let link = fs::read_link(dir.path().join("usr/lib64/ld.so")).unwrap();
    assert_eq!(link, Path::new("../../usr/lib/x86/ld-2.so"));
    let mode = fs::metadata(dir.path().join("bin/su")).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o755);
}

#[test]
fn hostile_members_are_refused() {
    let outside: Member<'_> = (FILE, 0o644, "./usr/x/new", "");
    for members in [
        &[(FILE, 0o644, "../new", "")][..],
        &[(FILE, 0o644, "/etc/new", "")],
        &[(FILE, 0o644, "usr/../../new", "")],
        &[(LINK, 0o777, "./usr/x", "../../etc/passwd")],
        &[(LINK, 0o777, "./usr/x", "y/../../../etc")],
        &[(LINK, 0o777, "./usr/x", "/tmp"), outside],
        &[(LINK, 0o777, "./usr/x", "."), outside],
        &[(FILE, 0o644, "./usr/x", ""), outside],
        &[(FILE, 0o644, "./usr/x", ""), (FILE, 0o644, "./usr/x", "")],
        &[(FILE, 0o644, "./usr/lib/x", ""), (FILE, 0o644, "./lib/x", "")],
        &[(EntryType::Link, 0o644, "./usr/x", "../../etc/passwd")],
        &[(EntryType::Link, 0o644, "./usr/x", "usr/none")],
        &[(LINK, 0o777, "./usr/y", "/etc"), (EntryType::Link, 0o644, "./usr/x", "usr/y")],
        &[(EntryType::Char, 0o644, "./dev/null", "")],
        &[(EntryType::Fifo, 0o644, "./dev/fifo", "")],
        &[(EntryType::new(b'Z'), 0o644, "./x", "")],
        &[(LINK, 0o777, "./lib", "/tmp")],
    ] {
        let (dir, outcome) = unpacked(members);
        assert!(outcome.is_err(), "{members:?}");
        let beside = dir.path().parent().unwrap().join("new");
        assert!(!beside.exists() && !Path::new("/etc/new").exists(), "{members:?}");
    }
}

#[test]
fn links_in_circles_are_unpacked_and_never_followed() {
    let (dir, outcome) =
        unpacked(&[(LINK, 0o777, "./usr/a", "b"), (LINK, 0o777, "./usr/b", "/usr/a")]);
    outcome.unwrap();
    assert!(fs::metadata(dir.path().join("usr/a")).is_err());
    let (_dir, outcome) =
        unpacked(&[(LINK, 0o777, "./usr/a", "a"), (FILE, 0o644, "./usr/a/x", "")]);
    let error = outcome.unwrap_err().to_string();
    assert_eq!(error, "cannot unpack x_1_all.deb: ./usr/a/x: its directory is a link or a file");
}

#[test]
fn a_file_larger_than_the_limit_is_refused() {
    let mut data = archive(&[(FILE, 0o644, "./usr/x", "")]);
    let mut header = tar::Header::new_gnu();
    header.set_path("usr/y").unwrap();
    header.set_size(MAX_BYTES + 1);
    header.set_cksum();
    data.truncate(512);
    data.extend_from_slice(header.as_bytes());
    let dir = tempfile::tempdir().unwrap();
    let mut root = Root::create(dir.path()).unwrap();
    let error = root.add(&data[..], "x_1_all.deb").unwrap_err().to_string();
    assert_eq!(error, "cannot unpack x_1_all.deb: usr/y: the packages are too large");
}

#[test]
fn a_truncated_archive_is_refused() {
    let data = archive(&[(FILE, 0o644, "./usr/x", &"x".repeat(2000))]);
    let dir = tempfile::tempdir().unwrap();
    let mut root = Root::create(dir.path()).unwrap();
    assert!(root.add(&data[..1500], "x_1_all.deb").is_err());
}

#[test]
fn packages_are_listed_with_their_files_as_dpkg_does() {
    let dir = tempfile::tempdir().unwrap();
    let mut root = Root::create(dir.path()).unwrap();
    for (name, member) in [("libx1", "./lib/x86/libx.so.1"), ("y", "./usr/share/y/data")] {
        let members = [(EntryType::Directory, 0o755, "./usr/", ""), (FILE, 0o644, member, name)];
        root.add(&archive(&members)[..], "x_1_all.deb").unwrap();
        root.list(name, "1:2-3", "all").unwrap();
    }
    let read = |path: &str| fs::read_to_string(dir.path().join("var/lib/dpkg").join(path)).unwrap();
    assert_eq!(read("info/libx1:all.list"), "/usr/lib/x86/libx.so.1\n");
    assert_eq!(read("info/y:all.list"), "/usr/share/y/data\n");
    let paragraph = |name| format!("Package: {name}\nArchitecture: all\nVersion: 1:2-3\n\n");
    assert_eq!(read("status"), paragraph("libx1") + &paragraph("y"));
}
