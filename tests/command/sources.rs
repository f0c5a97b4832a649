//! Directories, zip applications, source distributions and virtual environments as sources. Each
//! archive prints what the source prints in its own environment.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use pretty_assertions::assert_eq;
use sha2::{Digest as _, Sha256};

use crate::support::sandbox::Sandbox;

const FAILURE: i32 = 1;

/// Reads a file beside itself in three ways.
const READER: &str = "\
import importlib.resources, os, pkgutil, sys
import parts
def main():
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, 'data', 'table.csv')) as file:
        print(file.read().strip(), sys.argv[1:])
    print(pkgutil.get_data('parts', 'words.txt').decode().strip())
    print((importlib.resources.files('parts') / 'words.txt').read_text().strip())
if __name__ == '__main__':
    main()
";

/// What a Python prints in the working directory. `requirements` are directories and wheels that it
/// imports from.
fn python(sandbox: &Sandbox, requirements: &[&str], arguments: &[&str]) -> String {
    let found: Vec<_> = requirements.iter().map(|path| sandbox.path(path)).collect();
    run(Command::new("python3")
        .arg("-B")
        .args(arguments)
        .current_dir(sandbox.path(""))
        .env("PYTHONPATH", std::env::join_paths(found).unwrap()))
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

fn folder() -> Sandbox {
    Sandbox::new()
        .file("report/report.py", READER)
        .file("report/data/table.csv", "1,2\n")
        .file("report/parts/__init__.py", "")
        .file("report/parts/words.txt", "words\n")
}

#[test]
fn a_directory_of_scripts_brings_its_data_files() {
    let sandbox = folder();
    sandbox.build(["report", "-o", "app"]).expect(0, "", "");
    let own = python(&sandbox, &[], &["report/report.py", "a", "b"]);
    assert_eq!(own, "1,2 ['a', 'b']\nwords\nwords\n");
    sandbox.archive("app").args(["a", "b"]).expect(0, &own, "");
}

#[test]
fn a_directory_brings_its_requirements() {
    let sandbox = super::build::wheel_in_links();
    let script = "import probe, table\nprobe.distribution()\nprint(table.X)\n";
    let sandbox = sandbox
        .file("tool/tool.py", script)
        .file("tool/table.py", "X = 3\n")
        .file("tool/requirements.txt", "probe>=1\n");
    sandbox.build(["tool", "-o", "app", "--offline", "--find-links", "links"]).expect(0, "", "");
    let own = python(&sandbox, &["links/probe-1.2.3-py3-none-any.whl"], &["tool/tool.py"]);
    sandbox.archive("app").expect(0, &own, "");
}

#[test]
fn dependencies_of_an_application_without_a_build_system_are_packed() {
    let project = "[project]\nname = 'My_App'\nversion = '1'\ndependencies = ['probe']\n\
        [project.optional-dependencies]\nmore = ['absent-thing']\n";
    let sandbox = super::build::wheel_in_links()
        .file("tool/main.py", "import probe\nprobe.distribution()\n")
        .file("tool/pyproject.toml", project)
        .file("tool/requirements.txt", "absent\n");
    let links = ["--offline", "--find-links", "links", "-o", "app"];
    sandbox.build(["tool"].iter().chain(&links)).expect(0, "", "");
    sandbox.archive("app").expect(0, "probe 1.2.3 ['probe:main']\n", "");
    let more = sandbox.build(["tool", "--extra", "more"].iter().chain(&links));
    more.code(FAILURE).stdout("").stderr_contains("absent-thing").done();
    sandbox.build(["tool", "--extra", "other"].iter().chain(&links)).refused(
        FAILURE,
        "extra `other`",
        "more",
    );
}

#[test]
fn a_list_with_hashes_is_the_lock_of_a_directory() {
    let sandbox = super::build::wheel_in_links();
    let wheel = fs::read(sandbox.path("links/probe-1.2.3-py3-none-any.whl")).unwrap();
    let hash = Sha256::digest(&wheel).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    let sandbox = sandbox
        .file("tool/tool.py", "import probe\nprobe.distribution()\n")
        .file("tool/requirements.txt", format!("probe==1.2.3 --hash=sha256:{hash}\n"));
    let build = ["tool", "-o", "app", "--locked", "--offline", "--find-links", "links"];
    sandbox.build(build).expect(0, "", "");
    sandbox.archive("app").expect(0, "probe 1.2.3 ['probe:main']\n", "");
    let other = format!("probe==1.2.3 --hash=sha256:{}\n", "0".repeat(64));
    let sandbox = sandbox.file("tool/requirements.txt", other);
    sandbox.build(build).code(FAILURE).stdout("").stderr_contains("probe").done();
}

#[test]
fn every_program_of_a_directory_is_an_entry() {
    let program = |name: &str| format!("if __name__ == '__main__':\n    print('{name}')\n");
    let sandbox = Sandbox::new()
        .file("tools/one.py", program("one"))
        .file("tools/two.py", program("two"))
        .file("tools/helper.py", "print('helper')\n");
    sandbox.build(["tools", "-o", "app"]).expect(0, "", "");
    sandbox.archive("app").arg("one").expect(0, "one\n", "");
    sandbox.archive("app").arg("two").expect(0, "two\n", "");
    sandbox.build(["tools", "-o", "app", "-e", "helper"]).expect(0, "", "");
    sandbox.archive("app").expect(0, "helper\n", "");
    let unknown = sandbox.build(["tools", "-o", "app", "-e", "three"]);
    unknown.refused(FAILURE, "no entry point named `three`", "-e one, -e two, -e helper");
}

#[test]
fn a_directory_with_a_main_module_runs_as_python_runs_it() {
    let sandbox = Sandbox::new()
        .file("calc/__main__.py", "import sys, sums\nprint(__name__, sums.X, sys.argv[1:])\n")
        .file("calc/sums.py", "X = 1\n")
        .file("pack/age/__init__.py", "")
        .file("pack/age/__main__.py", "from . import sums\nprint(__package__, sums.X)\n")
        .file("pack/age/sums.py", "X = 2\n");
    sandbox.build(["calc", "-o", "app"]).expect(0, "", "");
    let own = python(&sandbox, &[], &["calc", "x"]);
    sandbox.archive("app").arg("x").expect(0, &own, "");
    sandbox.build(["pack/age", "-o", "app"]).expect(0, "", "");
    let own = python(&sandbox, &["pack"], &["-m", "age"]);
    assert_eq!(own, "age 2\n");
    sandbox.archive("app").expect(0, &own, "");
}

#[test]
fn secrets_databases_and_earlier_archives_are_not_packed() {
    let list = "import os\nif __name__ == '__main__':\n    here = os.path.dirname(__file__)\n    \
        print(sorted(os.path.relpath(os.path.join(d, f), here) for d, _, fs in os.walk(here) for f \
        in fs if not f.endswith('.pyc')))\n";
    let sandbox = folder()
        .file("report/report.py", list)
        .file("report/.env", "PASSWORD=x\n")
        .file("report/site.pem", "-----BEGIN RSA PRIVATE KEY-----\n")
        .file("report/roots.pem", "-----BEGIN CERTIFICATE-----\n")
        .file("report/notes.sqlite3", "data")
        .file("report/dist/old.whl", "")
        .file("report/.git/HEAD", "")
        .file("report/venv/pyvenv.cfg", "")
        .file("report/parts/dist/kept.txt", "");
    let packer = |options: &[&str]| {
        let run = sandbox.packer(["build", "."]).args(options).args(["--level", "3", "--no-proof"]);
        run.in_dir("report")
            .env("SNAKECRATE_CACHE", crate::support::sandbox::shared::packer_cache())
    };
    let wanted = "['data/table.csv', 'notes.sqlite3', 'parts/__init__.py', 'parts/dist/kept.txt', \
        'parts/words.txt', 'report.py', 'roots.pem']\n";
    for _ in 0..2 {
        packer(&[])
            .output()
            .success()
            .stderr_contains(
                "warning: not packed: .env (secret), site.pem (secret), dist/ (build output)\n   \
                 help: add what the application reads with --include PATH\n",
            )
            .done();
        sandbox.archive("report/report").expect(0, wanted, "");
    }
    packer(&["-q", "--include", ".env"]).expect(0, "", "");
    let text = sandbox.archive("report/report").output().text();
    assert!(text.contains("'.env'"), "{text}");
    packer(&["-q", "--exclude", "parts/**", "--keep", "parts/words.txt"]).expect(0, "", "");
    let text = sandbox.archive("report/report").output().text();
    assert!(text.contains("parts/words.txt") && !text.contains("parts/__init__"), "{text}");
}

#[test]
fn a_zip_application_runs_with_its_data() {
    let sandbox = Sandbox::new()
        .file(
            "calc/__main__.py",
            "import parts, pkgutil, sys\nprint(sys.argv[1:], parts.words())\n",
        )
        .file(
            "calc/parts/__init__.py",
            "import pkgutil\ndef words():\n    return pkgutil.get_data('parts', 'words.txt')\n",
        )
        .file("calc/parts/words.txt", "words");
    let interpreter = ["-p", "/usr/bin/env python3"];
    python(
        &sandbox,
        &[],
        &[&["-m", "zipapp", "calc", "-o", "calc.pyz"][..], &interpreter].concat(),
    );
    fs::copy(sandbox.path("calc.pyz"), sandbox.path("zipped")).unwrap();
    let own = python(&sandbox, &[], &["calc.pyz", "x"]);
    assert_eq!(own, "['x'] b'words'\n");
    for source in ["calc.pyz", "./zipped"] {
        sandbox.build([source, "-o", "app"]).expect(0, "", "");
        sandbox.archive("app").arg("x").expect(0, &own, "");
    }
    let sandbox = sandbox.file("calc/PEX-INFO", "{}");
    python(&sandbox, &[], &["-m", "zipapp", "calc", "-o", "calc.pex"]);
    sandbox.build(["calc.pex", "-o", "other"]).refused(FAILURE, "made by pex", "requirement");
}

#[test]
fn a_source_distribution_is_built() {
    let sandbox = Sandbox::new().project("probe");
    let metadata = "Metadata-Version: 2.1\nName: probe\nVersion: 1.2.3\nRequires-Python: >=3.11\n";
    let sandbox = sandbox.file("probe/PKG-INFO", metadata);
    let pack = "import os, shutil\nos.rename('probe', 'probe-1.2.3')\n\
        for kind in ('gztar', 'zip'):\n    \
        shutil.make_archive('probe-1.2.3', kind, '.', 'probe-1.2.3')\n";
    python(&sandbox, &[], &["-c", pack]);
    fs::remove_dir_all(sandbox.path("probe-1.2.3")).unwrap();
    for file in ["probe-1.2.3.tar.gz", "probe-1.2.3.zip"] {
        sandbox.build([file, "-o", "app", "--offline"]).expect(0, "", "");
        sandbox.archive("app").expect(0, "probe 1.2.3 ['probe:main']\n", "");
    }
    let sandbox = sandbox.file("notes.tar.gz", "text");
    sandbox.build(["./notes.tar.gz"]).refused(FAILURE, "none of", "requirement");
}

#[test]
fn a_second_build_of_a_requirement_ignores_the_archive_of_the_first() {
    let sandbox = super::build::wheel_in_links();
    for _ in 0..2 {
        sandbox.build(["probe", "--offline", "--find-links", "links"]).expect(0, "", "");
    }
    sandbox.archive("probe").expect(0, "probe 1.2.3 ['probe:main']\n", "");
    sandbox.build(["./probe"]).refused(FAILURE, "already an archive", "inspect");
}

#[test]
fn a_conda_environment_is_refused() {
    let sandbox = Sandbox::new().file("conda/conda-meta/history", "");
    sandbox.build(["conda", "-o", "app"]).refused(FAILURE, "conda environment", "conda-pack");
}

/// A virtual environment with a distribution `demo`, whose command prints what it finds.
fn environment() -> Sandbox {
    let module = "import sys\nfrom importlib.metadata import distribution, entry_points\n\
        from importlib.resources import files\n\
        def main():\n    one = distribution('demo')\n    print(one.version, sys.argv[1:])\n    \
        print((files('demo') / 'words.txt').read_text())\n    \
        print([point.load()() for point in entry_points(group='demo.plugins')])\n\
        def plugin():\n    return 'plugged in'\n";
    let sandbox = Sandbox::new()
        .file("site/demo/__init__.py", module)
        .file("site/demo/words.txt", "words")
        .file(
            "site/demo-1.0.dist-info/entry_points.txt",
            "[console_scripts]\ndemo = demo:main\n[demo.plugins]\none = demo:plugin\n",
        )
        .file(
            "site/demo-1.0.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n",
        )
        .file("site/demo-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        .file("site/demo-1.0.dist-info/INSTALLER", "pip\n");
    // As an installer: files, a script with the interpreter's path, RECORD.
    let install = "
import base64, hashlib, os, shutil, subprocess, sys
subprocess.run([sys.executable, '-m', 'venv', '--without-pip', 'env'], check=True)
[lib] = os.listdir('env/lib')
site = f'env/lib/{lib}/site-packages'
shutil.copytree('site', site, dirs_exist_ok=True)
with open('env/bin/demo', 'w') as file:
    file.write(f'#!{os.getcwd()}/env/bin/python\\nimport sys\\nfrom demo import main\\n'
               'sys.exit(main())\\n')
os.chmod('env/bin/demo', 0o755)
def line(path):
    data = open(os.path.join(site, path), 'rb').read()
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip('=')
    return f'{path},sha256={digest},{len(data)}\\n'
paths = [os.path.relpath(os.path.join(d, f), site) for d, _, fs in os.walk(site) for f in fs]
paths.append('../../../bin/demo')
info = 'demo-1.0.dist-info'
with open(f'{site}/{info}/RECORD', 'w') as file:
    file.write(''.join(map(line, paths)) + f'{info}/RECORD,,\\ndemo/__pycache__/x.pyc,,\\n')
";
    python(&sandbox, &[], &["-c", install]);
    sandbox
}

/// The path in `site-packages` of the environment.
fn site(sandbox: &Sandbox, path: &str) -> std::path::PathBuf {
    let mut versions = fs::read_dir(sandbox.path("env/lib")).unwrap();
    versions.next().unwrap().unwrap().path().join("site-packages").join(path)
}

#[test]
fn a_virtual_environment_is_packed_as_it_is() {
    let sandbox = environment();
    sandbox.build(["env", "-o", "app"]).expect(0, "", "");
    let own = run(Command::new(sandbox.path("env/bin/demo")).arg("x"));
    assert_eq!(own, "1.0 ['x']\nwords\n['plugged in']\n");
    fs::rename(sandbox.path("env"), sandbox.path("moved")).unwrap();
    sandbox.archive("app").arg("x").expect(0, &own, "");
}

#[test]
fn an_altered_environment_is_refused() {
    let sandbox = environment();
    let module = site(&sandbox, "demo/__init__.py");
    let text = fs::read_to_string(&module).unwrap();
    fs::write(&module, text.replace("words", "sword")).unwrap();
    let help = "pip install --force-reinstall --no-deps demo";
    let altered = "__init__.py was altered after demo was installed";
    sandbox.build(["env", "-o", "app"]).refused(FAILURE, altered, help);
    fs::remove_file(&module).unwrap();
    sandbox.build(["env", "-o", "app"]).refused(FAILURE, "demo is incomplete", help);
    assert!(!sandbox.path("app").exists());
}

#[test]
fn what_no_distribution_of_an_environment_lists_is_named() {
    let sandbox = environment();
    fs::write(site(&sandbox, "stray.py"), "").unwrap();
    let packer = sandbox.packer(["build", "env", "-o", "app", "--level", "3", "--no-proof"]);
    packer
        .env("SNAKECRATE_CACHE", crate::support::sandbox::shared::packer_cache())
        .output()
        .success()
        .stderr_contains("that no distribution lists: stray.py\n")
        .done();
    fs::write(site(&sandbox, "mine.pth"), "/somewhere\n").unwrap();
    sandbox.build(["env", "-o", "app"]).refused(FAILURE, "mine.pth", "without --editable");
}

#[test]
fn an_environment_takes_no_other_requirements() {
    let sandbox = environment();
    let with = sandbox.build(["env", "-o", "app", "--with", "probe"]);
    with.refused(FAILURE, "without --with", "into the environment first");
}

#[test]
fn an_editable_installation_is_built_from_its_project() {
    let sandbox = environment().project("probe");
    let info = site(&sandbox, "probe-1.2.3.dist-info");
    fs::create_dir(&info).unwrap();
    let url = format!("file://{}", sandbox.path("probe").display());
    let direct = format!("{{\"url\": \"{url}\", \"dir_info\": {{\"editable\": true}}}}");
    fs::write(info.join("direct_url.json"), direct).unwrap();
    fs::write(info.join("METADATA"), "Metadata-Version: 2.1\nName: probe\nVersion: 1.2.3\n")
        .unwrap();
    fs::write(info.join("RECORD"), "__editable__.probe.pth,,\nprobe-1.2.3.dist-info/RECORD,,\n")
        .unwrap();
    let path = sandbox.path("probe").display().to_string();
    fs::write(site(&sandbox, "__editable__.probe.pth"), path).unwrap();
    sandbox.build(["env", "-o", "app", "--offline", "-e", "probe"]).expect(0, "", "");
    fs::remove_dir_all(sandbox.path("probe")).unwrap();
    sandbox.archive("app").expect(0, "probe 1.2.3 ['probe:main']\n", "");
}

#[test]
fn included_files_are_found_beside_a_script() {
    let sandbox = folder()
        .file("words/more.txt", "more\n")
        .file("report/parts/__init__.py", "")
        .file("report/data/table.csv", "1,2\n");
    let packer =
        |options: &[&str]| sandbox.build([&["report/report.py", "-o", "app"], options].concat());
    // The script's own modules come without being asked, and its data does not.
    packer(&["--include", "report/data", "--include", "words/more.txt=data/table.csv"])
        .expect(0, "", "");
    sandbox.archive("app").expect(0, "more []\nwords\nwords\n", "");
    packer(&["--include", "absent"]).refused(FAILURE, "absent to include", "--keep");
    packer(&["--include", "words=../x"]).refused(FAILURE, "`../x/more.txt`", "--include PATH=DEST");
}

#[test]
fn included_files_are_found_in_a_package() {
    let module = "import pkgutil\nfrom importlib.resources import files\ndef main():\n    \
        print((files('demo') / 'data/a.txt').read_text(), pkgutil.get_data('demo', 'b.txt'))\n";
    let settings = "[project.scripts]\ndemo = 'demo:main'\n[tool.snakecrate]\n\
        include = ['demo/data', '../b.txt=demo/b.txt']\n";
    let sandbox = Sandbox::new()
        .bare_project("demo", settings)
        .file("demo/demo/__init__.py", module)
        .file("demo/demo/data/a.txt", "a")
        .file("b.txt", "b");
    sandbox.build(["demo", "-o", "app"]).expect(0, "", "");
    sandbox.archive("app").expect(0, "a b'b'\n", "");
}

#[test]
fn nothing_of_a_source_is_written_to() {
    let sandbox = folder();
    let before = listed(&sandbox.path("report"));
    sandbox.build(["report", "-o", "app"]).expect(0, "", "");
    assert_eq!(listed(&sandbox.path("report")), before);
}

fn listed(directory: &Path) -> Vec<std::path::PathBuf> {
    let files = walkdir::WalkDir::new(directory).sort_by_file_name().into_iter();
    files.map(|entry| entry.unwrap().into_path()).collect()
}
