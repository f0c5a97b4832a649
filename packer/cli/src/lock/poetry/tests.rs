use crate::lock::model::Origin;
use crate::lock::read::Format;
use crate::lock::testing::Forged;

const PYPROJECT: &str = "
[project]
name = 'demo'
dynamic = ['dependencies']
[tool.poetry.dependencies]
python = '^3.9'
";

fn versions(lock: &str, pyproject: &str) -> Vec<String> {
    Forged::new(Format::Poetry, lock, pyproject).versions()
}

fn package(name: &str, version: &str, more: &str) -> String {
    format!(
        "[[package]]\nname = '{name}'\nversion = '{version}'\noptional = false\n\
         python-versions = '>=3.8'\n{more}\n"
    )
}

fn metadata(version: &str) -> String {
    format!("[metadata]\nlock-version = '{version}'\npython-versions = '^3.9'\n")
}

const FILES: &str = "files = [{file = 'a-1-py3-none-any.whl', hash = 'sha256:aa'}]";

#[test]
fn packages_of_a_new_lock_are_those_of_the_groups_and_markers() {
    let lock = [
        package("A.b", "1", "groups = ['main']\nfiles = []"),
        package("win", "1", "groups = ['main']\nmarkers = 'sys_platform == \"win32\"'\nfiles = []"),
        package("old", "1", "groups = ['main']\nmarkers = 'python_version < \"3.12\"'\nfiles = []"),
        package(
            "old",
            "2",
            "groups = ['main']\nmarkers = 'python_version >= \"3.12\"'\nfiles = []",
        ),
        package("speed", "3", "groups = ['main']\nmarkers = 'extra == \"fast\"'\nfiles = []"),
        package("pytest", "4", "groups = ['dev']\nfiles = []"),
        package(
            "sphinx",
            "5",
            "groups = ['main', 'docs']\nfiles = []\n\
             markers = {main = 'sys_platform == \"win32\"', docs = 'python_version > \"3\"'}",
        ),
        package("theme", "6", "groups = ['Docs']\nmarkers = {}\nfiles = []"),
        "[extras]\nfast = ['speed']\n".into(),
        metadata("2.1"),
    ]
    .concat();
    let pyproject = "[tool.poetry.group.docs.dependencies]\nsphinx = '*'\n";
    assert_eq!(versions(&lock, pyproject), ["a-b==1", "old==2"]);
    let forged =
        |extras, groups| Forged { extras, groups, ..Forged::new(Format::Poetry, &lock, pyproject) };
    assert_eq!(forged(&["fast"], &[]).versions(), ["a-b==1", "old==2", "speed==3"]);
    assert_eq!(forged(&[], &["docs"]).versions(), ["a-b==1", "old==2", "sphinx==5", "theme==6"]);
    assert_eq!(forged(&["slow"], &[]).versions(), ["the project has no extra `slow`"]);
    assert_eq!(forged(&[], &["main2"]).versions(), ["the project has no group `main2`"]);
    let all = Forged { all_extras: true, ..Forged::new(Format::Poetry, &lock, pyproject) };
    assert_eq!(all.versions(), ["a-b==1", "old==2", "speed==3"]);
}

#[test]
fn an_old_lock_is_walked_from_the_projects_requirements() {
    let lock = [
        package(
            "web",
            "1.5",
            "files = []\n[package.dependencies]\nidna = '>=2'\n\
             h2 = {version = '>=3,<5', optional = true, markers = 'extra == \"http2\"'}\n\
             brotli = {version = '*', optional = true}\n\
             colorama = {version = '*', markers = 'sys_platform == \"win32\"'}\n\
             [package.extras]\nhttp2 = ['h2 (>=3,<5)']\nbr = ['brotli (>=1)']",
        ),
        package("idna", "3", "files = []"),
        package("h2", "4", "files = []"),
        package("brotli", "1", "files = []"),
        package("colorama", "1", "files = []"),
        package("speed", "1", "files = []"),
        package("pytest", "1", "files = []\n[package.dependencies]\nsetuptools = '*'"),
        package("docs", "1", "files = []"),
        "[extras]\nfast = ['speed']\n".into(),
        metadata("2.0"),
    ]
    .concat();
    let more = "web = {version = '^1.2', extras = ['http2']}\n\
        speed = {version = '*', optional = true}\nabsent = {version = '*', python = '<3.9'}\n\
        apple = {version = '*', platform = 'darwin'}\n\
        [tool.poetry.extras]\nfast = ['speed']\n[tool.poetry.dev-dependencies]\npytest = '*'\n\
        [tool.poetry.group.docs.dependencies]\ndocs = '*'\n\
        [tool.poetry.group.all]\ninclude-groups = ['docs', 'dev']\n";
    let pyproject = format!("{PYPROJECT}{more}");
    assert_eq!(versions(&lock, &pyproject), ["h2==4", "idna==3", "web==1.5"]);
    let forged = |extras, groups| Forged {
        extras,
        groups,
        ..Forged::new(Format::Poetry, &lock, &pyproject)
    };
    assert_eq!(forged(&["fast"], &[]).versions(), ["h2==4", "idna==3", "speed==1", "web==1.5"]);
    assert_eq!(
        forged(&[], &["all"]).versions(),
        // Old locks lack setuptools.
        ["docs==1", "h2==4", "idna==3", "pytest==1", "web==1.5"]
    );
    let other = pyproject.replace("'http2'", "'br'");
    assert_eq!(versions(&lock, &other), ["brotli==1", "idna==3", "web==1.5"]);
}

/// Each of the two versions fits `any`; only together with `low` is it clear which one is meant.
#[test]
fn requirements_together_decide_between_versions() {
    let numpy =
        |version, pythons| package("numpy", version, "files = []").replace(">=3.8", pythons);
    let lock = [
        numpy("1.24.0", ">=3.8"),
        numpy("1.26.0", ">=3.8"),
        numpy("2.9.0", ">=3.14"),
        package("any", "1", "files = []\n[package.dependencies]\nnumpy = '*'"),
        package(
            "low",
            "1",
            "files = []\n[package.dependencies]\nnumpy = [\n\
             {version = '<1.25 || >1.25,<1.26', markers = 'python_version >= \"3.12\"'},\n\
             {version = '>=1.26', markers = 'python_version < \"3.12\"'},\n]",
        ),
        metadata("2.0"),
    ]
    .concat();
    let any = format!("{PYPROJECT}any = '*'\n");
    assert_eq!(
        versions(&lock, &any),
        ["any==1", "numpy==1.26.0"],
        "the newest one for Python 3.12"
    );
    let both = format!("{any}low = '*'\n");
    assert_eq!(versions(&lock, &both), ["any==1", "low==1", "numpy==1.24.0"]);
    let wrong = format!("{any}numpy = '>=3'\n");
    assert_eq!(
        versions(&lock, &wrong),
        ["/project/a.lock: the project requires numpy>=3, which the lock does not have"]
    );
}

#[test]
fn files_and_their_places_are_the_locks() {
    let source = |text: &str| format!("{FILES}\ngroups = ['main']\n[package.source]\n{text}");
    let lock = [
        package("a", "1", &format!("{FILES}\ngroups = ['main']")),
        package("b", "1", &source("type = 'legacy'\nurl = 'https://h/simple'\nreference = 'x'")),
        package(
            "c",
            "1",
            &source(
                "type = 'git'\nurl = 'https://h/c.git'\nreference = 'main'\n\
                 resolved_reference = 'abc'\nsubdirectory = 'sub'",
            ),
        ),
        package("d", "1", &source("type = 'url'\nurl = 'https://h/a-1-py3-none-any.whl'")),
        package("e", "1", &source("type = 'directory'\nurl = '../e/./f'")),
        package("f", "1", &source("type = 'file'\nurl = 'wheels/a-1-py3-none-any.whl'")),
        metadata("2.1"),
    ]
    .concat();
    let (lock, selection) = Forged::new(Format::Poetry, &lock, "").select().unwrap();
    assert_eq!(lock.requires_python.as_deref(), Some(">=3.9,<4"));
    let origins: Vec<Origin> = selection.packages.into_iter().map(|one| one.origin).collect();
    let hash = |origin: &Origin| match origin {
        Origin::Files { files, .. } => files[0].hashes[0].hex.clone(),
        Origin::Archive { file, .. } => file.hashes[0].hex.clone(),
        _ => String::new(),
    };
    assert!([0, 1, 3, 5].iter().all(|at| hash(&origins[*at]) == "aa"), "{origins:?}");
    let Origin::Files { index: None, files } = &origins[0] else { panic!("{origins:?}") };
    assert_eq!((files[0].name.as_str(), &files[0].url), ("a-1-py3-none-any.whl", &None));
    let Origin::Files { index: Some(index), .. } = &origins[1] else { panic!("{origins:?}") };
    assert_eq!(index, "https://h/simple");
    let Origin::Git { url, commit, subdirectory } = &origins[2] else { panic!("{origins:?}") };
    assert_eq!((url.as_str(), commit.as_str()), ("https://h/c.git", "abc"));
    assert_eq!(subdirectory.as_deref(), Some("sub"));
    let url = |origin: &Origin| match origin {
        Origin::Archive { file, .. } => file.url.clone().unwrap_or_default(),
        _ => String::new(),
    };
    assert_eq!(url(&origins[3]), "https://h/a-1-py3-none-any.whl");
    assert_eq!(origins[4], Origin::Directory("/e/f".into()));
    assert_eq!(url(&origins[5]), "file:///project/wheels/a-1-py3-none-any.whl");
}

#[test]
fn the_oldest_locks_list_files_or_digests_at_the_end() {
    let one = package("a", "1", "") + &package("a", "2", "");
    let pyproject = format!("{PYPROJECT}a = '<2'\n");
    let files = "[metadata.files]\na = [\n{file = 'a-1.tar.gz', hash = 'sha256:aa'},\n\
        {file = 'a-2-py3-none-any.whl', hash = 'sha256:bb'},\n]\n";
    let origin = |version, end: &str| {
        let lock = format!("{one}{}{end}", metadata(version));
        let (_, selection) = Forged::new(Format::Poetry, &lock, &pyproject).select().unwrap();
        selection.packages.into_iter().next().unwrap().origin
    };
    let Origin::Files { files, .. } = origin("1.1", files) else { panic!("no files") };
    assert_eq!(files.len(), 1, "those of the other version do not count");
    let Origin::Digests { hashes, .. } = origin("1.0", "[metadata.hashes]\na = ['cc']\n") else {
        panic!("no digests")
    };
    assert_eq!(hashes[0].hex, "cc");
}

#[test]
fn other_versions_and_broken_locks_are_refused() {
    let lock = "[metadata]\nlock-version = '3.0'\n";
    assert_eq!(versions(lock, ""), ["/project/a.lock: lock-version 3.0: only 1 and 2 can be read"]);
    let error = versions("package = 3\n", "");
    assert!(error[0].starts_with("/project/a.lock: line 1: "), "{error:?}");
    let git = package("a", "1", "groups = ['main']\n[package.source]\ntype = 'git'\nurl = 'u'")
        + &metadata("2.1");
    assert_eq!(versions(&git, ""), ["/project/a.lock: a has no resolved_reference"]);
}

/// The digests are those that Poetry 2.5.1 computes of these tables.
#[test]
fn the_content_hash_tells_whether_the_lock_is_outdated() {
    let outdated = |first: &str, hash: &str, pyproject: &str| {
        let lock = format!("{first}\n{}content-hash = '{hash}'\n", metadata("2.1"));
        Forged::new(Format::Poetry, &lock, pyproject).select().unwrap().0.outdated.is_some()
    };
    let new = "# Generated by Poetry 2.3.0 and so on";
    let old = "# Generated by Poetry 2.2.9 and so on";
    let poetry = "[tool.poetry]\nname = 'demo'\n[tool.poetry.dependencies]\npython = '^3.9'\n";
    let hash = "c595a0588c25d58f3e3834ad7169126836d262b925fe6ca9b5d540dcf301d254";
    assert!(!outdated(new, hash, poetry));
    assert!(!outdated(new, hash, &poetry.replace("demo", "other")), "the name does not count");
    assert!(outdated(new, hash, &poetry.replace("3.9", "3.10")));
    let project = "[project]\nname = 'demo'\ndependencies = ['é>=1']\n[dependency-groups]\n\
        docs = ['b']\n";
    assert!(!outdated(
        new,
        "0a21774d13bc57fba33b08b0a7cb89f7339e4b34f76a60ef04d36d0fea3e0042",
        project
    ));
    assert!(
        !outdated(old, "4d460537c786d02dc5db3c13882db7dced62a0a9685d8150efa3c9f5083f5f16", project),
        "it did not count groups"
    );
    assert!(outdated(
        new,
        "4d460537c786d02dc5db3c13882db7dced62a0a9685d8150efa3c9f5083f5f16",
        project
    ));
}
