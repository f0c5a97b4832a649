use crate::lock::model::Origin;
use crate::lock::read::Format;
use crate::lock::testing::Forged;

const LOCK: &str = "lock-version = '1.0'\nrequires-python = '>=3.10'\ncreated-by = 'test'\n\
    extras = ['gui', 'cli']\ndependency-groups = ['dev']\ndefault-groups = ['default']\n";

const WHEEL: &str = "wheels = [{ url = 'https://h/a%2B-1-py3-none-any.whl', hashes = { sha256 = '0A', md5 = '1b' } }]";

fn lock(packages: &[(&str, &str, &str)]) -> String {
    let package = |(name, version, lines): &(&str, &str, &str)| {
        format!("[[packages]]\nname = '{name}'\nversion = '{version}'\n{lines}\n")
    };
    LOCK.to_owned() + &packages.iter().map(package).collect::<String>()
}

fn forged(lock: &str) -> Forged<'_> {
    Forged::new(
        Format::Pylock,
        lock,
        "[project]\nname = 'demo'\n[dependency-groups]\ndev = ['pytest']\n",
    )
}

#[test]
fn markers_see_extras_groups_and_default_groups() {
    let with = |marker: &str| format!("marker = \"{marker}\"\n{WHEEL}");
    let text = lock(&[
        ("always", "1", WHEEL),
        ("default", "1", &with("'default' in dependency_groups")),
        ("gui", "1", &with("'gui' in extras and sys_platform == 'linux'")),
        ("no-gui", "1", &with("'Gui' not in extras or sys_platform == 'win32'")),
        ("dev", "1", &with("('dev' in dependency_groups) and python_version >= '3'")),
        ("win", "1", &with("sys_platform in 'win32 cygwin'")),
    ]);
    assert_eq!(forged(&text).versions(), ["always==1", "default==1", "no-gui==1"]);
    let gui = Forged { extras: &["gui"], ..forged(&text) };
    assert_eq!(gui.versions(), ["always==1", "default==1", "gui==1"]);
    let dev = Forged { groups: &["dev"], ..forged(&text) };
    assert_eq!(dev.versions(), ["always==1", "default==1", "dev==1", "no-gui==1"]);
    let unknown = Forged { extras: &["web"], ..forged(&text) }.select().unwrap_err();
    assert_eq!(unknown.to_string(), "the project has no extra `web`");
}

#[test]
fn groups_for_development_are_not_packed_although_they_are_defaults() {
    let text =
        lock(&[("pytest", "1", &format!("marker = \"'dev' in dependency_groups\"\n{WHEEL}"))]);
    let text = text.replace("['default']", "['default', 'dev']");
    assert!(forged(&text).versions().is_empty());
}

#[test]
fn one_of_several_entries_of_a_name_applies() {
    let with = |marker: &str| format!("marker = \"{marker}\"\n{WHEEL}");
    let (old, new) = (with("python_version < '3.12'"), with("python_version >= '3.12'"));
    let text = lock(&[("a", "1", &old), ("a", "2", &new)]);
    assert_eq!(forged(&text).versions(), ["a==2"]);
    let python = format!("requires-python = '>=3.8,<3.12'\n{WHEEL}");
    let text = lock(&[("a", "1", &python), ("a", "2", &new)]);
    assert_eq!(forged(&text).versions(), ["a==2"]);
    let both = lock(&[("a", "1", WHEEL), ("a", "2", WHEEL)]);
    let error = forged(&both).select().unwrap_err().to_string();
    assert_eq!(error, "/project/a.lock: two versions of a apply to the target: 1 and 2");
}

#[test]
fn each_kind_of_source_has_its_place() {
    let text = lock(&[
        (
            "archive",
            "1",
            "archive = { path = 'x/archive-1.zip', subdirectory = 's', hashes = { sha256 = '0a' } }",
        ),
        ("directory", "1", "directory = { path = '../d', editable = true, subdirectory = 'sub' }"),
        (
            "files",
            "1",
            &format!(
                "index = 'https://index.test/simple'\nsdist = {{ name = 'f.tar.gz', url = 'https://h/x', hashes = {{ sha256 = '0c' }} }}\n{WHEEL}"
            ),
        ),
        (
            "git",
            "1",
            "vcs = { type = 'git', url = 'https://h/r', commit-id = '0b', requested-revision = 'main' }",
        ),
    ]);
    let (_, selection) = forged(&text).select().unwrap();
    let origins: Vec<Origin> = selection.packages.into_iter().map(|p| p.origin).collect();
    let Origin::Archive { file, subdirectory } = &origins[0] else { panic!("{:?}", origins[0]) };
    assert_eq!(file.url.as_deref(), Some("file:///project/x/archive-1.zip"));
    assert_eq!(subdirectory.as_deref(), Some("s"));
    assert_eq!(origins[1], Origin::Directory("/d/sub".into()));
    let Origin::Files { index, files } = &origins[2] else { panic!("{:?}", origins[2]) };
    assert_eq!(index.as_deref(), Some("https://index.test/simple"));
    let names: Vec<_> = files.iter().map(|file| (file.name.as_str(), file.sha256())).collect();
    assert_eq!(names, [("a+-1-py3-none-any.whl", Some("0a")), ("f.tar.gz", Some("0c"))]);
    let git = Origin::Git { url: "https://h/r".into(), commit: "0b".into(), subdirectory: None };
    assert_eq!(origins[3], git);
}

#[test]
fn other_formats_and_sources_are_refused() {
    let text = lock(&[("a", "1", "vcs = { type = 'hg', url = 'https://h', commit-id = '0' }")]);
    let error = forged(&text).select().unwrap_err().to_string();
    assert_eq!(error, "/project/a.lock: a comes from hg, not from git");
    let text = LOCK.replace("'1.0'", "'2.0'");
    let error = forged(&text).select().unwrap_err().to_string();
    assert_eq!(error, "/project/a.lock: lock-version 2.0 is unknown");
    let error = forged(&lock(&[("a", "1", "")])).select().unwrap_err().to_string();
    assert_eq!(error, "/project/a.lock: a has no usable source");
}
