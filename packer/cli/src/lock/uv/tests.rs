//! Forged `uv.lock` files.

use crate::lock::model::{Lock, Origin, Selection};
use crate::lock::read::Format;
use crate::lock::testing::Forged;

const REGISTRY: &str = "source = { registry = 'https://index.test/simple' }";

/// A lock of `demo` whose table has `more`, then packages of an index: name, version, lines.
fn lock(more: &str, packages: &[(&str, &str, &str)]) -> String {
    let mut text = format!(
        "version = 1\nrevision = 3\nrequires-python = '>=3.10'\n\n[[package]]\nname = 'demo'\n\
         version = '1'\nsource = {{ editable = '.' }}\n{more}\n"
    );
    for (name, version, lines) in packages {
        let package = format!("\n[[package]]\nname = '{name}'\nversion = '{version}'\n{lines}\n");
        text.push_str(&package);
        if !lines.contains("source") {
            text.push_str(REGISTRY);
        }
    }
    text
}

fn forged(lock: &str) -> Forged<'_> {
    Forged::new(Format::Uv, lock, "[project]\nname = 'Demo'\nversion = '1'\n")
}

fn origins(lock: &str) -> Vec<Origin> {
    let (_, selection): (Lock, Selection) = forged(lock).select().unwrap();
    selection.packages.into_iter().map(|package| package.origin).collect()
}

#[test]
fn dependencies_are_followed_where_their_markers_hold() {
    let text = lock(
        "dependencies = [{ name = 'a' }, { name = 'win', marker = \"sys_platform == 'win32'\" }]",
        &[
            (
                "a",
                "1",
                "dependencies = [{ name = 'b', marker = \"python_full_version >= '3.12'\" }]",
            ),
            ("b", "2", "dependencies = [{ name = 'a' }, { name = 'demo' }]"),
            ("win", "1", ""),
            ("unused", "1", ""),
        ],
    );
    assert_eq!(forged(&text).versions(), ["a==1", "b==2"]);
    let (_, selection) = forged(&text).select().unwrap();
    let others = [("unused".into(), "1".into()), ("win".into(), "1".into())];
    assert_eq!(selection.others, others);
}

#[test]
fn extras_and_groups_are_added_when_wanted() {
    let text = lock(
        "dependencies = [{ name = 'a', extra = ['Fast'] }]\n\
         [package.optional-dependencies]\ncli = [{ name = 'rich' }]\nall-of-it = [{ name = 'rich' }, { name = 'c' }]\n\
         [package.dev-dependencies]\ndev = [{ name = 'pytest' }]",
        &[
            (
                "a",
                "1",
                &format!(
                    "{REGISTRY}\n[package.optional-dependencies]\nfast = [{{ name = 'b' }}]\nslow = [{{ name = 'c' }}]\n"
                ),
            ),
            ("b", "1", ""),
            ("c", "1", ""),
            ("rich", "1", ""),
            ("pytest", "1", ""),
        ],
    );
    assert_eq!(forged(&text).versions(), ["a==1", "b==1"]);
    let cli = Forged { extras: &["cli"], ..forged(&text) };
    assert_eq!(cli.versions(), ["a==1", "b==1", "rich==1"]);
    let all = Forged { all_extras: true, ..forged(&text) };
    assert_eq!(all.versions(), ["a==1", "b==1", "c==1", "rich==1"]);
    let dev = Forged { groups: &["dev"], ..forged(&text) };
    assert_eq!(dev.versions(), ["a==1", "b==1", "pytest==1"]);
    let unknown = Forged { extras: &["gui"], ..forged(&text) }.select().unwrap_err();
    assert_eq!(unknown.to_string(), "the project has no extra `gui`");
    let unknown = Forged { groups: &["docs"], ..forged(&text) }.select().unwrap_err();
    assert_eq!(unknown.to_string(), "the project has no group `docs`");
}

#[test]
fn forks_are_told_apart_by_version_source_and_markers() {
    let fork =
        |python: &str| format!("resolution-markers = [\"python_full_version {python} '3.12'\"]");
    let text = lock(
        "dependencies = [\
           { name = 'numpy', version = '1.26', marker = \"python_full_version < '3.12'\" },\
           { name = 'numpy', version = '2.5', marker = \"python_full_version >= '3.12'\" },\
           { name = 'torch', version = '2', source = { registry = 'https://cpu.test' } },\
           { name = 'click' }]",
        &[
            ("numpy", "1.26", &fork("<")),
            ("numpy", "2.5", &fork(">=")),
            ("torch", "2", ""),
            ("torch", "2", "source = { registry = 'https://cpu.test' }"),
            ("click", "7", &fork("<")),
            ("click", "8", &fork(">=")),
        ],
    );
    assert_eq!(forged(&text).versions(), ["click==8", "numpy==2.5", "torch==2"]);
    let torch = forged(&text).select().unwrap().1.packages.pop().unwrap();
    assert!(
        matches!(torch.origin, Origin::Files { index: Some(url), .. } if url == "https://cpu.test")
    );
}

#[test]
fn markers_of_conflicts_see_extras_and_groups() {
    let dependency = |version: &str, marker: &str| {
        format!("{{ name = 's', version = '{version}', marker = \"{marker}\" }}")
    };
    let [one, two, three] = [
        dependency("1", "extra == 'extra-4-demo-x1'"),
        dependency("2", "extra == 'extra-4-demo-x2'"),
        dependency("3", "extra == 'group-4-demo-g'"),
    ];
    let more = format!(
        "dependencies = [{{ name = 'lib' }}]\n\
         [package.optional-dependencies]\nx1 = [{{ name = 'lib' }}]\nx2 = [{{ name = 'lib' }}]\n\
         [package.dev-dependencies]\ng = [{three}]"
    );
    let lib = format!("dependencies = [{one}, {two}]");
    let packages = [("lib", "1", &*lib), ("s", "1", ""), ("s", "2", ""), ("s", "3", "")];
    let text = lock(&more, &packages).replace(
        "requires-python",
        "conflicts = [[{ package = 'demo', extra = 'x1' }, { package = 'demo', extra = 'x2' }, \
         { package = 'demo', group = 'g' }]]\nrequires-python",
    );
    assert_eq!(forged(&text).versions(), ["lib==1"]);
    assert_eq!(Forged { extras: &["x1"], ..forged(&text) }.versions(), ["lib==1", "s==1"]);
    assert_eq!(Forged { extras: &["x2"], ..forged(&text) }.versions(), ["lib==1", "s==2"]);
    assert_eq!(Forged { groups: &["g"], ..forged(&text) }.versions(), ["lib==1", "s==3"]);
    let both = Forged { extras: &["x1"], groups: &["g"], ..forged(&text) }.select().unwrap_err();
    assert_eq!(both.to_string(), "/project/a.lock: extra `x1` and group `g` are in conflict");
}

#[test]
fn each_kind_of_source_has_its_place() {
    let names = ["dir", "edit", "flat", "git", "index", "path", "url", "virt"];
    let dependencies: String = names.map(|name| format!("{{ name = '{name}' }},")).concat();
    let text = lock(
        &format!("dependencies = [{dependencies}]"),
        &[
            ("dir", "1", "source = { directory = '../dir' }"),
            ("edit", "1", "source = { editable = 'packages/edit' }"),
            (
                "flat",
                "1",
                "source = { registry = 'links' }\nwheels = [{ path = 'flat-1-py3-none-any.whl' }]",
            ),
            ("git", "1", "source = { git = 'https://h/r.git?subdirectory=s&rev=main#0a1b' }"),
            (
                "index",
                "1",
                "source = { registry = 'https://index.test/simple' }\n\
              sdist = { url = 'https://h/index-1.tar.gz', hash = 'sha256:0A' }\n\
              wheels = [{ url = 'https://h/index-1-py3-none-any.whl', hash = 'sha256:0b' }]",
            ),
            (
                "path",
                "1",
                "source = { path = 'w/path-1-py3-none-any.whl' }\n\
              wheels = [{ filename = 'path-1-py3-none-any.whl', hash = 'sha256:0c' }]",
            ),
            (
                "url",
                "1",
                "source = { url = 'https://h/url-1.zip', subdirectory = 'u' }\nsdist = { hash = 'sha256:0d' }",
            ),
            (
                "virt",
                "1",
                "source = { virtual = 'packages/virt' }\ndependencies = [{ name = 'index' }]",
            ),
        ],
    );
    let origins: Vec<String> = origins(&text).iter().map(|origin| format!("{origin:?}")).collect();
    let hash = |hex: &str| format!("hashes: [Hash {{ algorithm: \"sha256\", hex: \"{hex}\" }}]");
    assert_eq!(origins.len(), 7, "nothing is installed for a virtual member");
    assert_eq!(origins[0], "Directory(\"/dir\")");
    assert_eq!(origins[1], "Directory(\"/project/packages/edit\")");
    assert!(origins[2].contains("index: None"), "{}", origins[2]);
    assert!(origins[2].contains("file:///project/links/flat-1-py3-none-any.whl"), "{}", origins[2]);
    assert_eq!(
        origins[3],
        "Git { url: \"https://h/r.git\", commit: \"0a1b\", subdirectory: Some(\"s\") }"
    );
    assert!(origins[4].contains(&hash("0a")) && origins[4].contains(&hash("0b")), "{}", origins[4]);
    assert!(origins[5].contains("file:///project/w/path-1"), "{}", origins[5]);
    assert!(origins[5].contains(&hash("0c")), "{}", origins[5]);
    assert!(
        origins[6].contains("url-1.zip") && origins[6].contains("Some(\"u\")"),
        "{}",
        origins[6]
    );
}

#[test]
fn a_lock_of_another_project_is_refused() {
    let text = lock("", &[]).replace("'demo'", "'other'").replace("'.'", "'../other'");
    let error = forged(&text).select().unwrap_err().to_string();
    assert_eq!(error, "/project/a.lock does not lock this project");
    let renamed = lock("dependencies = [{ name = 'a' }]", &[("a", "1", "")]);
    let renamed = renamed.replace("'demo'", "'old-name'");
    assert_eq!(forged(&renamed).versions(), ["a==1"], "its directory is the same");
}

#[test]
fn unknown_versions_and_missing_packages_are_errors() {
    let text = lock("dependencies = [{ name = 'gone' }]", &[]);
    let error = forged(&text).select().unwrap_err().to_string();
    assert_eq!(error, "/project/a.lock: demo requires gone, which the lock does not have");
    let text = text.replace("version = 1\n", "version = 2\n");
    let error = forged(&text).select().unwrap_err().to_string();
    assert_eq!(error, "/project/a.lock: version 2 of the format is unknown");
}

/// What `uv lock` records for the requirements below, and how they may be written otherwise.
#[test]
fn metadata_that_means_the_same_is_fresh() {
    let text = lock(
        "dependencies = [{ name = 'a' }]\n\
         [package.optional-dependencies]\ncli = [{ name = 'a' }]\n\
         [package.metadata]\nrequires-dist = [\
           { name = 'a', specifier = '>=1,<3' },\
           { name = 'b', marker = \"python_full_version < '3.10'\" },\
           { name = 'git-dep', git = 'https://h/r.git' },\
           { name = 'demo', extras = ['cli'], marker = \"extra == 'all'\" },\
           { name = 'a', extras = ['x'], marker = \"extra == 'cli'\", specifier = '>=1' }]\n\
         [package.metadata.requires-dev]\ndev = [{ name = 'c' }, { name = 'd' }]\nlint = [{ name = 'd' }]",
        &[("a", "1", "")],
    );
    let pyproject = "[project]\nname = 'demo'\nrequires-python = '>=3.10'\n\
        dependencies = ['A<3,>=1', \"b ; python_version < '3.9'\", 'git_dep>=2']\n\
        [project.optional-dependencies]\ncli = ['a[X] >= 1']\nall = ['demo[cli]']\n\
        [dependency-groups]\ndev = ['c', {include-group = 'lint'}]\nlint = ['d']\n\
        [tool.uv.sources]\ngit-dep = { git = 'https://h/r.git' }\n";
    let outdated =
        |pyproject: &str| Forged::new(Format::Uv, &text, pyproject).select().unwrap().1.outdated;
    assert_eq!(outdated(pyproject), None);
    let flat = text.replace(
        "{ name = 'demo', extras = ['cli'], marker = \"extra == 'all'\" }",
        "{ name = 'a', extras = ['x'], marker = \"extra == 'all'\", specifier = '>=1' }",
    );
    assert_eq!(Forged::new(Format::Uv, &flat, pyproject).select().unwrap().1.outdated, None);

    let cases = [
        ("'A<3,>=1'", "'a<3,>=2'", "it lacks the requirement `a>=2,<3`"),
        ("'A<3,>=1', ", "", "it has the requirement `a>=1,<3`, which the project no longer has"),
        ("'a[X] >= 1'", "'a>=1'", "it lacks the requirement `a>=1; extra == 'cli'`"),
        ("lint = ['d']", "lint = ['e']", "it lacks the requirement `e` (group `dev`)"),
        ("'>=3.10'", "'>=3.11'", "requires-python is `>=3.11`, and `>=3.10` in the lock"),
        (
            "[tool.uv.sources]",
            "[tool.uv]\noverride-dependencies = ['a==9']\n[tool.uv.sources]",
            "override-dependencies in pyproject.toml differ in `a`",
        ),
        (
            "[tool.uv.sources]\ngit-dep = { git = 'https://h/r.git' }\n",
            "",
            "it lacks the requirement `git-dep>=2`",
        ),
    ];
    for (was, is, wanted) in cases {
        assert_eq!(outdated(&pyproject.replace(was, is)).as_deref(), Some(wanted), "{is}");
    }
}

#[test]
fn dynamic_metadata_is_not_compared() {
    let text = lock("[package.metadata]\nrequires-dist = [{ name = 'a' }]", &[]);
    let pyproject = "[project]\nname = 'demo'\ndynamic = ['dependencies']\n";
    assert_eq!(Forged::new(Format::Uv, &text, pyproject).select().unwrap().1.outdated, None);
}

/// `mkdocs` was called outdated.
#[test]
fn systems_that_uv_writes_in_another_way_are_fresh() {
    let text = lock(
        "[package.metadata]\nrequires-dist = [\
           { name = 'a', marker = \"sys_platform == 'win32'\" },\
           { name = 'b', marker = \"sys_platform != 'darwin'\" },\
           { name = 'c', marker = \"platform_system == 'FreeBSD'\" }]",
        &[],
    );
    let pyproject = "[project]\nname = 'demo'\nrequires-python = '>=3.10'\ndependencies = [\
        \"a; platform_system == 'Windows'\", \"b; platform_system != 'Darwin'\", \
        \"c; platform_system == 'FreeBSD'\"]\n";
    let outdated =
        |pyproject: &str| Forged::new(Format::Uv, &text, pyproject).select().unwrap().1.outdated;
    assert_eq!(outdated(pyproject), None);
    assert!(outdated(&pyproject.replace("'Windows'", "'Linux'")).is_some());
}
