use crate::lock::model::Origin;
use crate::lock::read::Format;
use crate::lock::testing::Forged;

const PYPROJECT: &str = "
[project]
name = 'demo'
dependencies = ['web[http2,br]>=1', 'plain; sys_platform == \"win32\"']
[project.optional-dependencies]
fast = ['speed']
all = ['demo[fast]']
[dependency-groups]
Docs = ['sphinx']
[tool.pdm.dev-dependencies]
test = ['-e file:///${PROJECT_ROOT}/helper#egg=helper']
";

fn metadata(more: &str) -> String {
    format!("[metadata]\nlock_version = '4.5.0'\n{more}\n")
}

fn package(name: &str, version: &str, more: &str) -> String {
    format!("[[package]]\nname = '{name}'\nversion = '{version}'\n{more}\n")
}

fn forged<'a>(lock: &'a str, extras: &'a [&'a str], groups: &'a [&'a str]) -> Forged<'a> {
    Forged { extras, groups, ..Forged::new(Format::Pdm, lock, PYPROJECT) }
}

#[test]
fn packages_are_those_of_the_groups_and_markers() {
    let lock = [
        metadata(
            "strategy = ['inherit_metadata']\ngroups = ['default', 'fast', 'docs']\n\
             targets = [{requires_python = '>=3.9,<4'}]",
        ),
        package("web", "1", "groups = ['default', 'docs']"),
        package("web", "1", "groups = ['default']\nextras = ['br', 'http2']"),
        package("plain", "1", "groups = ['default']\nmarker = 'sys_platform == \"win32\"'"),
        package("speed", "2", "groups = ['fast', 'all']"),
        package("sphinx", "1", "groups = ['docs']\nmarker = 'python_version < \"3.12\"'"),
        package("sphinx", "2", "groups = ['docs']\nmarker = 'python_version >= \"3.12\"'"),
    ]
    .concat();
    assert_eq!(forged(&lock, &[], &[]).versions(), ["web==1"]);
    assert_eq!(forged(&lock, &["fast"], &[]).versions(), ["speed==2", "web==1"]);
    assert_eq!(forged(&lock, &[], &["docs"]).versions(), ["sphinx==2", "web==1"]);
    assert_eq!(
        forged(&lock, &[], &["test"]).versions(),
        ["/project/a.lock: it was made without the group or extra `test`"]
    );
    assert_eq!(forged(&lock, &["slow"], &[]).versions(), ["the project has no extra `slow`"]);
    // What isn't selected still limits what is resolved in addition.
    let (_, selection) = forged(&lock, &[], &[]).select().unwrap();
    let others: Vec<&str> = selection.others.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(others, ["speed", "sphinx"]);
}

#[test]
fn a_lock_without_groups_is_walked_from_the_projects_requirements() {
    let lock = [
        metadata("strategy = []"),
        package("web", "1", "dependencies = ['idna>=2', 'Colorama; os_name == \"nt\"']"),
        package("web", "1", "extras = ['br', 'http2']\ndependencies = ['brotli', 'h2', 'web==1']"),
        package("web", "1", "extras = ['http2']\ndependencies = ['wrong', 'web==1']"),
        package("idna", "3", ""),
        package("h2", "4", ""),
        package("brotli", "1", "dependencies = ['demo[fast]', 'gone']"),
        package("speed", "2", ""),
        package("sphinx", "1", "dependencies = ['idna<3']"),
        package("helper", "0.1", "path = './helper'\neditable = true"),
        package("wrong", "1", ""),
    ]
    .concat();
    let pyproject = format!("{PYPROJECT}[tool.pdm.resolution]\nexcludes = ['gone']\n");
    let forged = |extras, groups, pyproject| Forged {
        extras,
        groups,
        ..Forged::new(Format::Pdm, &lock, pyproject)
    };
    let always = ["brotli==1", "h2==4", "idna==3", "web==1"];
    assert_eq!(forged(&[], &[], &pyproject).versions(), always);
    let all = ["brotli==1", "h2==4", "idna==3", "speed==2", "web==1"];
    assert_eq!(forged(&["all"], &[], &pyproject).versions(), all);
    let test = ["brotli==1", "h2==4", "helper==0.1", "idna==3", "web==1"];
    assert_eq!(forged(&[], &["test"], &pyproject).versions(), test);
    assert_eq!(
        forged(&[], &["docs"], &pyproject).versions(),
        ["/project/a.lock: sphinx requires idna<3, which the lock does not have"]
    );
    let overridden = format!("{pyproject}[tool.pdm.resolution.overrides]\nidna = '3'\n");
    let docs = ["brotli==1", "h2==4", "idna==3", "sphinx==1", "web==1"];
    assert_eq!(forged(&[], &["docs"], &overridden).versions(), docs);
    let (lock, _) = forged(&[], &[], &overridden).select().unwrap();
    assert_eq!(lock.overrides.into_iter().collect::<Vec<_>>(), ["gone", "idna"]);
}

#[test]
fn files_and_their_places_are_the_locks() {
    let lock = [
        metadata("strategy = ['inherit_metadata', 'static_urls']"),
        package("a", "1", "files = [{url = 'https://h/a-1%2Bx.tar.gz', hash = 'sha256:aa'}]"),
        package("b", "1", "files = [{file = 'b-1.tar.gz', hash = 'sha256:bb'}]"),
        package("c", "1", "git = 'https://h/c.git'\nref = 'main'\nrevision = 'abc'\nsubdirectory = 's'"),
        package("d", "1", "url = 'https://h/d-1.tar.gz'\nfiles = [{url = 'https://h/d-1.tar.gz', hash = 'sha256:dd'}]"),
        package("e", "1", "path = './w/e-1-py3-none-any.whl'\nfiles = [{file = 'e-1-py3-none-any.whl', hash = 'sha256:ee'}]"),
        package("f", "1", "url = 'file:///${PROJECT_ROOT}/f-1.tar.gz'"),
    ]
    .concat();
    let sources = "[[tool.pdm.source]]\nname = 'own'\nurl = 'https://own/simple'\n\
        include_packages = ['b*']\n[[tool.pdm.source]]\nname = 'pypi'\nurl = 'https://all/simple'\n";
    let forged = Forged::new(Format::Pdm, &lock, sources);
    let (_, selection) = forged.select().unwrap();
    let origins: Vec<Origin> = selection.packages.into_iter().map(|one| one.origin).collect();
    let Origin::Files { index: Some(index), files } = &origins[0] else { panic!("{origins:?}") };
    assert_eq!((index.as_str(), files[0].name.as_str()), ("https://all/simple", "a-1+x.tar.gz"));
    assert_eq!(files[0].url.as_deref(), Some("https://h/a-1%2Bx.tar.gz"));
    let Origin::Files { index: Some(index), files } = &origins[1] else { panic!("{origins:?}") };
    assert_eq!((index.as_str(), files[0].name.as_str()), ("https://own/simple", "b-1.tar.gz"));
    assert_eq!((&files[0].url, files[0].sha256()), (&None, Some("bb")));
    let Origin::Git { url, commit, subdirectory } = &origins[2] else { panic!("{origins:?}") };
    assert_eq!((url.as_str(), commit.as_str()), ("https://h/c.git", "abc"));
    assert_eq!(subdirectory.as_deref(), Some("s"));
    let archive = |origin: &Origin| match origin {
        Origin::Archive { file, .. } => (file.url.clone().unwrap(), file.hashes.len()),
        _ => panic!("{origin:?}"),
    };
    assert_eq!(archive(&origins[3]), ("https://h/d-1.tar.gz".into(), 1));
    assert_eq!(archive(&origins[4]), ("file:///project/w/e-1-py3-none-any.whl".into(), 1));
    assert_eq!(archive(&origins[5]), ("file:///project/f-1.tar.gz".into(), 0));
}

#[test]
fn old_locks_list_files_at_the_end() {
    let lock = package("a", "1", "")
        + "[metadata]\nlock_version = '4.1'\nstrategy = ['inherit_metadata']\n\
           [metadata.files]\n'a 1' = [{file = 'a-1.tar.gz', hash = 'sha256:aa'}]\n";
    let (_, selection) = Forged::new(Format::Pdm, &lock, "").select().unwrap();
    let Origin::Files { files, .. } = &selection.packages[0].origin else { panic!("no files") };
    assert_eq!(files[0].sha256(), Some("aa"));
}

#[test]
fn targets_limit_where_the_lock_counts() {
    let lock = metadata(
        "strategy = ['inherit_metadata']\ntargets = [{requires_python = '==3.12.*', platform = \
         'manylinux_2_17_aarch64', implementation = 'cpython'}, {requires_python = '~=3.10', \
         platform = 'windows'}]",
    );
    let (lock, _) = Forged::new(Format::Pdm, &lock, "").select().unwrap();
    let texts: Vec<String> =
        lock.environments.iter().filter_map(pep508_rs::MarkerTree::try_to_string).collect();
    assert_eq!(
        texts,
        [
            "python_full_version == '3.12.*' and platform_machine == 'aarch64' and \
             sys_platform == 'linux'",
            "python_full_version >= '3.10' and python_full_version < '4' and sys_platform == 'win32'"
        ]
    );
}

#[test]
fn what_cannot_be_packed_is_refused() {
    let versions = |lock: &str| Forged::new(Format::Pdm, lock, "").versions();
    assert_eq!(
        versions("[metadata]\nlock_version = '5'\n"),
        ["/project/a.lock: lock_version 5: only 4 can be read"]
    );
    let of = |more: &str| metadata("strategy = ['inherit_metadata']") + &package("a", "1", more);
    assert_eq!(
        versions(&of("hg = 'https://h/a'")),
        ["/project/a.lock: a is from a version control system other than git"]
    );
    assert_eq!(versions(&of("git = 'u'")), ["/project/a.lock: a has no revision"]);
    assert_eq!(
        versions(&of("files = [{file = 'a', hash = 'x'}]")),
        ["/project/a.lock: `x` is not a digest"]
    );
}

/// The first digest is what PDM 2.29.4 computes of these tables, the second what 2.15.4 does.
#[test]
fn the_content_hash_tells_whether_the_lock_is_outdated() {
    let pyproject = "[project]\nname = 'demo'\nrequires-python = '>=3.9'\ndependencies = ['a>=1']\n\
        [dependency-groups]\nDocs = ['b', {include-group = 'dev'}]\n[tool.pdm.dev-dependencies]\n\
        docs = ['c']\ndev = ['d']\n[tool.pdm.resolution.overrides]\nx = '1'\n";
    let outdated = |hash: &str, pyproject: &str| {
        let strategy = "strategy = ['inherit_metadata']";
        let lock = metadata(&format!("{strategy}\ncontent_hash = 'sha256:{hash}'"));
        Forged::new(Format::Pdm, &lock, pyproject).select().unwrap().0.outdated
    };
    let new = "24266ea3b919eab5f7c47ee2a67eaa48a897687eb9bcb939c9d9f68b60eea1d7";
    let old = "b2025379447a5d1be01aa6dda5f7c7ebec90cdaa4782d153f7ecb41d67b32b98";
    for hash in [new, old] {
        assert_eq!(outdated(hash, pyproject), None);
        assert_eq!(outdated(hash, &pyproject.replace("'demo'", "'other'")), None);
        let cause = outdated(hash, &pyproject.replace("a>=1", "a>=2")).unwrap();
        assert_eq!(cause, "its content_hash is not that of pyproject.toml");
    }
}
