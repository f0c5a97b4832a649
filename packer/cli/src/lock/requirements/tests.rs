use std::fs;
use std::path::Path;

use super::is_lock;
use crate::lock::model::Origin;
use crate::lock::read::Format;
use crate::lock::testing::Forged;
use crate::lock::wanted::LockFile;

fn versions(text: &str) -> Vec<String> {
    Forged::new(Format::Requirements, text, "").versions()
}

fn locks(path: &Path, text: &str) -> bool {
    is_lock(&LockFile { path: path.to_owned(), text: text.to_owned() })
}

const LOCK: &str = "\
# made by hand
--index-url https://h/simple
A.b[x]==1.0 \\
    --hash=sha256:AA \\
    --hash=sha256:bb
    # via demo
old==1 ; python_version < '3.12' --hash=sha256:cc
old==2; python_version >= '3.12' \\
    --hash sha256:dd
a.B==1.0 --hash=sha256:ee
win===1 ; sys_platform == 'win32' --hash=sha256:ff
";

#[test]
fn pinned_and_hashed_lines_are_the_lock() {
    assert_eq!(versions(LOCK), ["a-b==1.0", "old==2"]);
    let (_, selection) = Forged::new(Format::Requirements, LOCK, "").select().unwrap();
    let Origin::Digests { index, hashes } = &selection.packages[0].origin else { panic!() };
    assert_eq!(index.as_deref(), Some("https://h/simple"));
    let hashes: Vec<&str> = hashes.iter().map(|hash| hash.hex.as_str()).collect();
    assert_eq!(hashes, ["aa", "bb", "ee"]);
}

#[test]
fn a_group_that_the_project_lacks_was_ignored() {
    let asked = |groups, pyproject| {
        Forged { groups, ..Forged::new(Format::Requirements, LOCK, pyproject) }.versions()
    };
    assert_eq!(asked(&["dev"], ""), ["the project has no group `dev`"]);
    for pyproject in [
        "[dependency-groups]\nDev = []\n",
        "[tool.poetry.group.dev.dependencies]\n",
        "[tool.poetry.dev-dependencies]\n",
        "[tool.pdm.dev-dependencies]\ndev = []\n",
    ] {
        assert_eq!(asked(&["dev"], pyproject), ["a-b==1.0", "old==2"], "{pyproject}");
    }
}

#[test]
fn a_list_with_one_open_requirement_is_no_lock() {
    let path = Path::new("/project/requirements.txt");
    assert!(locks(path, LOCK));
    assert!(!locks(path, "a==1\nb==2\n"));
    for line in ["c>=1 --hash=sha256:aa", "c==1.*  --hash=sha256:aa", "c", "c==1", "-e ./c", "./c"]
    {
        assert!(!locks(path, &format!("{LOCK}{line}\n")), "{line}");
    }
    assert!(!locks(path, "-r gone.txt\na==1 --hash=sha256:aa\n"));
    let error = versions(&format!("{LOCK}c>=1 --hash=sha256:aa\n"));
    assert_eq!(error, ["/project/a.lock: `c>=1` is not pinned"]);
    assert_eq!(versions("a==1\n"), ["/project/a.lock: `a==1` has no hash"]);
    assert_eq!(versions("# none\n"), ["/project/a.lock: it has no requirements with hashes"]);
}

#[test]
fn urls_commits_and_local_files_are_places() {
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let text = format!(
        "a @ https://h/a-1-py3-none-any.whl --hash=sha256:aa\n\
         https://h/B_c-1.tar.gz#sha256=bb\n\
         c @ git+https://h/c.git@{commit}#subdirectory=s ; python_version > '3'\n\
         ./w/d-1-py3-none-any.whl --hash=sha256:dd\n\
         e @ file:///w/e-1.tar.gz --hash=sha256:ee\n\
         -e .\n"
    );
    let (_, selection) = Forged::new(Format::Requirements, &text, "").select().unwrap();
    let names: Vec<&str> = selection.packages.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["a", "b-c", "c", "d", "e"]);
    let place = |at: usize| match &selection.packages[at].origin {
        Origin::Archive { file, .. } => (file.url.clone().unwrap(), file.hashes[0].hex.clone()),
        Origin::Git { url, commit, .. } => (url.clone(), commit.clone()),
        other => panic!("{other:?}"),
    };
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(place(0), pair("https://h/a-1-py3-none-any.whl", "aa"));
    assert_eq!(place(1), pair("https://h/B_c-1.tar.gz", "bb"));
    assert_eq!(place(2), pair("https://h/c.git", commit));
    assert_eq!(place(3), pair("file:///project/w/d-1-py3-none-any.whl", "dd"));
    assert_eq!(place(4), pair("file:///w/e-1.tar.gz", "ee"));
    let branch = versions("c @ git+https://h/c.git@main\n");
    assert_eq!(
        branch,
        ["/project/a.lock: `c @ git+https://h/c.git@main` has neither a hash nor a commit"]
    );
}

#[test]
fn included_files_and_local_projects_are_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("requirements.txt");
    fs::create_dir_all(directory.path().join("more/member")).unwrap();
    let member = "[project]\nname = 'The.Member'\n";
    fs::write(directory.path().join("more/member/pyproject.toml"), member).unwrap();
    let included = "-r ../requirements.txt\nb==2 --hash=sha256:bb\n./member\n";
    fs::write(directory.path().join("more/b.txt"), included).unwrap();
    let text = "-r more/b.txt\n-c missing.txt\na==1 --hash=sha256:aa\n";
    fs::write(&path, text).unwrap();
    let file = LockFile { path: path.clone(), text: text.into() };
    assert!(is_lock(&file));
    let lock = super::lock(&file, Some(directory.path())).unwrap();
    let names: Vec<&str> = lock.nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["b", "the-member", "a"]);
    assert_eq!(lock.nodes[1].origin, Origin::Directory(directory.path().join("more/member")));
}
