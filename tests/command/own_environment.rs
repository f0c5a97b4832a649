//! Each kind of source prints the same, and ends with the same status, in its own environment and as one
//! file: workspaces, environments of uv, scripts with files, plug-ins. `sources` has more kinds.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use crate::support::sandbox::{Sandbox, uv};
use crate::support::wheel::Wheel;

/// The members of the workspace.
const MEMBERS: [&str; 10] = [
    "tenbase", "tencolor", "tenshape", "tendraw", "tenstore", "tennet", "tenauth", "tenapi",
    "tenjobs", "tenmain",
];

/// Prints the names of the modules that it imports, data of its own and its arguments. The status is the
/// number of its dependencies.
fn module(name: &str, dependencies: &[&str]) -> String {
    let imports: Vec<String> = dependencies.iter().map(|name| format!("import {name}\n")).collect();
    let imports = imports.concat();
    format!(
        "import sys\nfrom importlib import metadata\n{imports}\
         def name():\n    return '{name} over ' + repr([{}])\n\
         def main():\n    print(name(), metadata.version('{name}'), sys.argv[1:])\n    \
         print(sorted(entry.value for entry in metadata.entry_points(group='console_scripts')\n        \
         if entry.name.startswith('ten')))\n    print('to stderr', file=sys.stderr)\n    \
         return {}\n",
        dependencies.iter().map(|name| format!("{name}.name()")).collect::<Vec<_>>().join(", "),
        dependencies.len(),
    )
}

/// A workspace whose last member needs all others. Each has one command.
fn workspace() -> Sandbox {
    let mut sandbox =
        Sandbox::new().file("pyproject.toml", "[tool.uv.workspace]\nmembers = ['members/*']\n");
    for (number, name) in MEMBERS.iter().enumerate() {
        let dependencies = match number {
            0 => &[][..],
            9 => &MEMBERS[..9],
            _ => &MEMBERS[(number - 1) / 2..][..1],
        };
        let mut project = format!(
            "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n\
             [project]\nname = '{name}'\nversion = '1.{number}'\nrequires-python = '>=3.11'\n\
             dependencies = {dependencies:?}\n[project.scripts]\n{name} = '{name}:main'\n\
             [tool.uv.sources]\n"
        );
        for dependency in dependencies {
            writeln!(project, "{dependency} = {{ workspace = true }}").unwrap();
        }
        let folder = format!("members/{name}");
        sandbox = sandbox
            .file(&format!("{folder}/pyproject.toml"), project)
            .file(&format!("{folder}/{name}.py"), module(name, dependencies))
            .backend(&folder);
    }
    sandbox
}

/// Status and both outputs of a command.
fn answer(command: &mut Command) -> (i32, String, String) {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// uv without a network, in the working directory.
fn offline_uv(sandbox: &Sandbox, arguments: &[&str]) {
    let mut command = Command::new(uv());
    command.args(arguments).args(["--offline", "--quiet"]);
    command.current_dir(sandbox.path("")).env("UV_CACHE_DIR", sandbox.root().join("uv-cache"));
    let (status, stdout, stderr) = answer(&mut command);
    assert_eq!((status, stdout.as_str()), (0, ""), "uv {arguments:?}: {stderr}");
}

#[test]
fn a_workspace_of_ten_members_is_one_file() {
    let sandbox = workspace();
    offline_uv(&sandbox, &["lock", "--python", "python3"]);
    offline_uv(&sandbox, &["sync", "--all-packages", "--no-editable", "--python", "python3"]);
    let entries = MEMBERS.iter().flat_map(|name| ["-e", name]);
    let build = [".", "--package", "tenmain", "--locked", "--offline", "-o", "app"];
    sandbox.build(build.into_iter().chain(entries)).expect(0, "", "");
    let mut outputs = Vec::new();
    for name in MEMBERS {
        let own = sandbox.path(format!(".venv/bin/{name}"));
        let (status, stdout, stderr) = answer(Command::new(own).args(["a", "b c"]));
        assert!(stdout.starts_with(name) && stdout.contains("'tenmain:main'"), "{stdout}");
        sandbox.archive("app").argv0(name).args(["a", "b c"]).expect(status, &stdout, &stderr);
        outputs.push((status, stdout));
    }
    assert_eq!((outputs[0].0, outputs[9].0), (0, 9));
    outputs.dedup();
    assert_eq!(outputs.len(), MEMBERS.len(), "each has an output of its own");
    // Nothing of the workspace is needed any more.
    fs::remove_dir_all(sandbox.path("members")).unwrap();
    sandbox.archive("app").args(["a", "b c"]).expect(outputs[9].0, &outputs[9].1, "to stderr\n");
}

/// Plug-ins of another distribution, data of a package, a namespace package, a status.
fn plugged(sandbox: &Sandbox) -> [String; 2] {
    let host = "import pkgutil, sys\nfrom importlib import metadata, resources\nimport os\n\
        def main():\n    print(pkgutil.get_data('plughost', 'data/table.txt').decode())\n    \
        print(resources.files('plughost').joinpath('data', 'table.txt').read_text())\n    \
        with resources.as_file(resources.files('plughost') / 'data') as folder:\n        \
        print(sorted(os.listdir(folder)))\n    \
        here = os.path.join(os.path.dirname(__file__), 'data', 'table.txt')\n    \
        print(open(here).read())\n    \
        for point in sorted(metadata.entry_points(group='plughost.plugins')):\n        \
        print(point.name, point.load()(*sys.argv[1:]), point.dist.version)\n    \
        import plugspace.more\n    print(plugspace.more.X, metadata.requires('plughost'))\n    \
        sys.exit('ended')\n";
    let more = "def run(*args):\n    return len(args)\n";
    let host = Wheel::new("plughost", "3.1")
        .requires("plugmore>=1")
        .file("plughost/__init__.py", host)
        .file("plughost/data/table.txt", "1;2\n")
        .file("plugspace/own.py", "X = 1\n");
    let more = Wheel::new("plugmore", "1.4")
        .file("plugmore.py", more)
        .file("plugspace/more.py", "X = 'namespace'\n")
        .info("entry_points.txt", "[plughost.plugins]\ncount = plugmore:run\n");
    [host, more].map(|wheel| wheel.write(&sandbox.path("links")).to_str().unwrap().to_owned())
}

#[test]
fn an_environment_with_plug_ins_is_one_file() {
    let sandbox = Sandbox::new();
    let [host, more] = plugged(&sandbox);
    offline_uv(&sandbox, &["venv", "env", "--python", "python3"]);
    offline_uv(&sandbox, &["pip", "install", "--python", "env/bin/python", &host, &more]);
    let own = sandbox.path("env/bin/plughost");
    let (status, stdout, stderr) = answer(Command::new(own).args(["x", "y"]));
    assert_eq!((status, stderr.as_str()), (1, "ended\n"));
    assert!(stdout.contains("count 2 1.4\nnamespace ['plugmore>=1']\n"), "{stdout}");
    sandbox.build(["env", "-o", "app"]).expect(0, "", "");
    sandbox.archive("app").args(["x", "y"]).expect(status, &stdout, &stderr);
    // The same from the wheel, with what it requires.
    let links = ["--offline", "--find-links", "links", "-o", "other"];
    sandbox.build([host.as_str()].iter().chain(&links)).expect(0, "", "");
    sandbox.archive("other").args(["x", "y"]).expect(status, &stdout, &stderr);
}

#[test]
fn a_script_reads_the_files_that_it_includes() {
    let script = "import json, pathlib, sys\nimport helpers\n\
        here = pathlib.Path(__file__).parent\n\
        print(json.loads((here / 'data/rates.json').read_text()), helpers.WORD, sys.argv[1:])\n\
        print(sorted(path.name for path in (here / 'data').iterdir()), sys.stdin.read())\n\
        sys.exit(3)\n";
    let sandbox = Sandbox::new()
        .file(
            "tool/rates.py",
            format!("# /// script\n# [tool.snakecrate]\n# include = 'data'\n# ///\n{script}"),
        )
        .file("tool/helpers.py", "WORD = 'help'\n")
        .file("tool/data/rates.json", "{\"EUR\": 1}\n")
        .file("tool/data/other.bin", [0, 159, 146, 150]);
    let mut own = Command::new("python3");
    own.args(["-B", "tool/rates.py", "1"]).current_dir(sandbox.path(""));
    let (status, stdout, stderr) =
        answer(own.stdin(fs::File::open(sandbox.path("tool/helpers.py")).unwrap()));
    assert_eq!(status, 3, "{stderr}");
    sandbox.build(["tool/rates.py", "-o", "app"]).expect(0, "", "");
    fs::rename(sandbox.path("tool"), sandbox.path("elsewhere")).unwrap();
    sandbox.archive("app").arg("1").stdin("WORD = 'help'\n").expect(status, &stdout, &stderr);
}
