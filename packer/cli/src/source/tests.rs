use super::*;
use crate::wheel::testing::Forge;
use snakecrate_base::error::Remedy as _;
use snakecrate_base::python::Interpreter;
use snakecrate_format::target::X86_64_LINUX;
use snakecrate_runtime::Workers;
use snakecrate_runtime::discover::probe::probe;

/// The first Python of the search path.
pub(super) fn interpreter() -> Interpreter {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut found = std::env::split_paths(&path).map(|directory| directory.join("python3"));
    probe(&found.find(|file| file.is_file()).expect("these tests need a Python"), &X86_64_LINUX)
        .unwrap()
}

fn write(directory: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = directory.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn detect(path: &Path) -> Result<Source, Error> {
    Source::detect(path.to_str().unwrap())
}

fn python(files: &[(&str, &str)]) -> Option<String> {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), files);
    let source = detect(directory.path()).unwrap();
    source.requires_python().unwrap().map(|range| range.to_string())
}

#[test]
fn each_kind_of_source_is_recognised() {
    let directory = tempfile::tempdir().unwrap();
    let root = fs::canonicalize(directory.path()).unwrap();
    write(
        &root,
        &[
            ("p/pyproject.toml", "[project]\nname = 'demo'\n"),
            ("s.py", "# /// script\n# dependencies = ['rich']\n# ///\n"),
            ("tool", "#!/usr/bin/env python3\n"),
            ("old/setup.py", ""),
        ],
    );
    let wheel = Forge::new().write(&root);
    let project = Source::Project { directory: root.join("p"), extras: vec![] };
    assert_eq!(detect(&root.join("p")).unwrap(), project);
    assert_eq!(detect(&root.join("p/pyproject.toml")).unwrap(), project);
    assert_eq!(project.name().as_deref(), Some("demo"));
    let with_extras = detect(&root.join("p[cli, fast]")).unwrap();
    assert!(matches!(with_extras, Source::Project { extras, .. } if extras == ["cli", "fast"]));
    assert!(matches!(detect(&root.join("old")).unwrap(), Source::Project { .. }));
    let script = detect(&root.join("s.py")).unwrap();
    assert!(
        matches!(&script, Source::Script { metadata: Some(block), .. } if block.dependencies == ["rich"])
    );
    assert!(matches!(detect(&root.join("tool")).unwrap(), Source::Script { metadata: None, .. }));
    assert_eq!(detect(&wheel).unwrap(), Source::Wheel { path: wheel, extras: vec![] });
}

#[test]
fn requirements_are_parsed_by_pep_508() {
    for (text, wanted) in [
        ("httpie==3.2.4", "httpie"),
        ("Numpy[extra]>=1", "numpy"),
        ("ruamel.yaml", "ruamel-yaml"),
        ("demo @ https://host/demo-1.0-py3-none-any.whl", "demo"),
        ("demo@git+https://host/demo", "demo"),
    ] {
        match Source::detect(text).unwrap() {
            Source::Requirement { name, .. } => assert_eq!(name, wanted),
            other => panic!("{other:?}"),
        }
    }
    assert!(matches!(Source::detect("a b"), Err(Error::Requirement { .. })));
    let url = Source::detect("https://host/demo-1.0-py3-none-any.whl").unwrap_err();
    assert_eq!(url.remedy().unwrap(), "put the name before the URL: `NAME @ URL`");
    let repository = Source::detect("https://host/demo").unwrap_err().remedy().unwrap();
    assert!(repository.contains("`NAME @ git+URL` for a repository"), "{repository}");
}

#[test]
fn missing_paths_are_not_requirements() {
    for text in ["./nothing", "no/thing", "/nothing", "nothing.py", "demo-1-py3-none-any.whl", ".."]
    {
        let result = Source::detect(text);
        let refused = matches!(result, Err(Error::Absent(_) | Error::NoProject(_)));
        assert!(refused || text == "..", "{text}: {result:?}");
    }
}

#[test]
fn directories_without_a_project_list_those_below() {
    let directory = tempfile::tempdir().unwrap();
    assert!(matches!(detect(directory.path()), Err(Error::NoProject(_))));
    // Tools may be configured where no project is.
    write(directory.path(), &[("pyproject.toml", "[tool.ruff]\nline-length = 100\n")]);
    assert!(matches!(detect(directory.path()), Err(Error::NoProject(_))));
    write(
        directory.path(),
        &[
            ("b/pyproject.toml", "[project]\nname = 'b'\n"),
            ("apps/a/pyproject.toml", "[project]\nname = 'a'\n"),
            (".venv/x/pyproject.toml", "[project]\nname = 'x'\n"),
        ],
    );
    let Err(Error::Several { projects, .. }) = detect(directory.path()) else { panic!() };
    assert_eq!(projects, [directory.path().join("apps/a"), directory.path().join("b")]);
    write(directory.path(), &[("data.csv", "1,2")]);
    assert!(matches!(detect(&directory.path().join("data.csv")), Err(Error::Kind(_))));
    write(directory.path(), &[("b/pyproject.toml", "[project\n")]);
    let error = detect(&directory.path().join("b")).unwrap_err().to_string();
    assert!(error.contains("line 1"), "{error}");
}

#[test]
fn every_place_for_requires_python_is_read() {
    let project = "[project]\nname = 'a'\nrequires-python = '>=3.10'\n";
    assert_eq!(python(&[("pyproject.toml", project)]).as_deref(), Some(">=3.10"));
    let poetry = "[tool.poetry]\nname = 'a'\n[tool.poetry.dependencies]\npython = '^3.9'\n";
    assert_eq!(python(&[("pyproject.toml", poetry)]).as_deref(), Some(">=3.9, <4"));
    let setup = "[metadata]\nname = a\n[options]\npython_requires = >=3.8\n";
    assert_eq!(python(&[("setup.cfg", setup)]).as_deref(), Some(">=3.8"));
    assert_eq!(python(&[("setup.py", "")]), None);

    let directory = tempfile::tempdir().unwrap();
    let script = directory.path().join("s.py");
    fs::write(&script, "# /// script\n# requires-python = 'three'\n# ///\n").unwrap();
    assert!(matches!(detect(&script).unwrap().requires_python(), Err(Error::Python { .. })));
    let mut forge = Forge::new();
    forge.add(
        "demo-1.0.dist-info/METADATA",
        b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Python: >=3.7\n",
    );
    let wheel = detect(&forge.write(directory.path())).unwrap();
    assert_eq!(wheel.requires_python().unwrap().unwrap().to_string(), ">=3.7");
}

#[test]
fn a_script_is_a_tree_of_one_file() {
    let directory = tempfile::tempdir().unwrap();
    let script = directory.path().join("s.py");
    fs::write(&script, "print()\n").unwrap();
    let workers = Workers::new(&interpreter());
    let (place, tree) = script_tree(&script, &Scanner::new(&workers)).unwrap();
    assert_eq!((place.as_str(), tree.len()), ("app/s.py", 1));
}

fn folder(files: &[(&str, &str)]) -> Option<Folder> {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), files);
    match detect(directory.path()) {
        Ok(Source::Folder(folder)) => Some(folder),
        _ => None,
    }
}

#[test]
fn folders_start_with_what_python_would_run() {
    let guard = "if __name__ == '__main__':\n    pass\n";
    let django = "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'x')\n";
    let of = |files: &[(&str, &str)]| {
        let found = folder(files)?;
        Some((found.kind, found.programs.join(" "), found.modules.join(" ")))
    };
    let expected =
        |kind, programs: &str, modules: &str| Some((kind, programs.to_owned(), modules.to_owned()));
    assert_eq!(of(&[("one.py", "")]), expected(Kind::Scripts, "one.py", ""));
    assert_eq!(
        of(&[("b.py", guard), ("a.py", "#!/usr/bin/env python3\n"), ("c.py", "")]),
        expected(Kind::Scripts, "a.py b.py", "c.py")
    );
    assert_eq!(of(&[("x.py", ""), ("main.py", "")]), expected(Kind::Scripts, "main.py", "x.py"));
    assert_eq!(of(&[("x.py", ""), ("y.py", "")]), None, "nothing says that it is a program");
    assert_eq!(of(&[("setup.py", guard), ("test_x.py", guard)]), None);
    assert_eq!(
        of(&[("__main__.py", ""), ("a.py", guard)]),
        expected(Kind::Main, "__main__.py", "a.py")
    );
    assert_eq!(
        of(&[("__main__.py", ""), ("__init__.py", "")]),
        expected(Kind::Package, "__main__.py", "")
    );
    assert_eq!(
        of(&[("manage.py", django), ("__main__.py", guard)]),
        expected(Kind::Django, "manage.py", "__main__.py")
    );
}

#[test]
fn projects_that_a_back_end_builds_are_no_folders() {
    let script = ("main.py", "if __name__ == '__main__':\n    pass\n");
    let manage = ("manage.py", "'DJANGO_SETTINGS_MODULE'\n");
    let is_folder =
        |text: &str, script: (&str, &str)| folder(&[("pyproject.toml", text), script]).is_some();
    for (text, wanted) in [
        ("[tool.ruff]\n", true),
        ("[project]\nname = 'a'\n", true),
        ("[project]\nname = 'a'\n[project.scripts]\na = 'main:x'\n", false),
        ("[project]\nname = 'a'\n[build-system]\nrequires = []\n", false),
        (
            "[project]\nname = 'a'\n[build-system]\nrequires = []\n[tool.uv]\npackage = false\n",
            true,
        ),
        ("[project]\nname = 'a'\n[tool.uv]\npackage = true\n", false),
        ("[tool.poetry]\nname = 'a'\n", false),
        ("[tool.poetry]\nname = 'a'\npackage-mode = false\n", true),
    ] {
        assert_eq!(is_folder(text, script), wanted, "{text}");
    }
    let built = "[project]\nname = 'a'\n[build-system]\nrequires = []\n";
    assert!(is_folder(built, manage), "Django starts through manage.py");
}

#[test]
fn requirements_of_a_folder_are_those_that_it_declares() {
    let script = "# /// script\n# requires-python = '>=3.10'\n# dependencies = ['rich']\n# ///\n";
    let listed = ("requirements.txt", "six\n");
    let found = folder(&[("a.py", script), listed]).unwrap();
    assert_eq!((found.requirements, found.files.len()), (vec!["rich".to_owned()], 1));
    assert_eq!(found.requires_python.unwrap().1, ">=3.10");
    let project = "[project]\nname = 'My App'\ndependencies = ['click']\n\
        [project.optional-dependencies]\nMore = ['x']\n";
    let found = folder(&[("a.py", script), listed, ("pyproject.toml", project)]).unwrap();
    assert_eq!(found.requirements, ["click", "rich"]);
    assert!(found.files.is_empty(), "pyproject.toml declares all of them");
    assert_eq!((found.name.as_str(), &found.extras["more"][..]), ("My App", &["x".to_owned()][..]));
    let poetry = "[tool.poetry]\nname = 'a'\npackage-mode = false\n\
        [tool.poetry.dependencies]\npython = '^3.9'\nclick = '^8.1'\n";
    let found = folder(&[("a.py", ""), ("pyproject.toml", poetry)]).unwrap();
    assert_eq!(found.requirements, ["click>=8.1,<9"]);
}

#[test]
fn environments_are_recognised() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), &[("a/pyvenv.cfg", ""), ("b/conda-meta/history", "")]);
    let found = detect(&directory.path().join("a")).unwrap();
    assert!(matches!(&found, Source::Environment { .. }));
    assert_eq!(found.name().as_deref(), Some("a"));
    assert!(matches!(detect(&directory.path().join("b")), Err(Error::Conda(_))));
}

#[test]
fn scripts_in_a_directory_of_projects_do_not_hide_them() {
    let directory = tempfile::tempdir().unwrap();
    let files = [("release.py", "#!python\n"), ("a/pyproject.toml", "[project]\nname = 'a'\n")];
    write(directory.path(), &files);
    assert!(matches!(detect(directory.path()), Err(Error::Several { .. })));
    write(directory.path(), &[("requirements.txt", "")]);
    assert!(matches!(detect(directory.path()), Ok(Source::Folder(_))));
}
