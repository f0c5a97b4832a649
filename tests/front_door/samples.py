"""The script, the action and the samples for CI, run as the services run them: samples.py COMMAND

COMMAND is the packer. Needs PyYAML. What only the services themselves have isn't run: their images, caches
and stores.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from support import ROOT, Failure, Skipped, checks, equal, has, run

COMMAND = Path(sys.argv[1]).resolve()
WORK = Path(tempfile.mkdtemp())
SCRIPT = ROOT / "integrations/ci/build.sh"
SAMPLES = SCRIPT.parent
OWN = f"{os.uname().machine}-linux"
TOOLS = WORK / "tools"
TOOLS.mkdir()
(TOOLS / "snakecrate").symlink_to(COMMAND)


def environment(**more):
    names = ("HOME", "UV", "SSL_CERT_FILE", "SNAKECRATE_CACHE", "PYENV_ROOT")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return {**kept, "PATH": f"{TOOLS}:{os.environ['PATH']}", **more}


def project(name, example="hello"):
    """A directory with an example, and the script at the place that the samples name."""
    directory = WORK / name
    shutil.copytree(ROOT / "examples" / example, directory)
    (directory / "ci").mkdir()
    shutil.copy(SCRIPT, directory / "ci/build.sh")
    return directory


def built(directory, *names, output="dist"):
    """The files that must be in the output, each with its digest and bill of materials."""
    found = sorted(path.name for path in (directory / output).iterdir())
    wanted = sorted(name + suffix for name in names for suffix in ("", ".cdx.json", ".sha256"))
    equal(found, wanted, f"files in {output}")
    for name in names:
        file = directory / output / name
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        equal((directory / output / f"{name}.sha256").read_text(), f"{digest}  {name}\n", "the digest's file")
        document = json.loads((directory / output / f"{name}.cdx.json").read_text())
        equal((document["bomFormat"], document["specVersion"]), ("CycloneDX", "1.7"), "the bill of materials")
    return [hashlib.sha256((directory / output / name).read_bytes()).hexdigest() for name in names]


def script():
    """the script builds, describes and reports one file"""
    directory = project("one")
    output = subprocess.run(
        ["sh", "ci/build.sh"], cwd=directory, env=environment(GITHUB_OUTPUT=str(WORK / "outputs")),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True,
    ).stdout
    (digest,) = built(directory, "hello")
    equal(output, f"path=dist/hello\nsbom=dist/hello.cdx.json\nsha256={digest}\n", "its output")
    equal(
        (WORK / "outputs").read_text(),
        f"path<<END_OF_path\ndist/hello\nEND_OF_path\nsbom<<END_OF_sbom\ndist/hello.cdx.json\nEND_OF_sbom\n"
        f"sha256<<END_OF_sha256\n{digest}\nEND_OF_sha256\n",
        "outputs of the workflow",
    )
    has(run(directory / "dist/hello", "--who", "CI", env={"HOME": str(WORK)}), "CI")
    if (directory / "hello").exists():
        raise Failure("the file is left beside the project's, too")


def options():
    """the script passes targets, Pythons and quoted options on"""
    directory = project("options")
    calls = WORK / "calls"
    tools = WORK / "recording"
    tools.mkdir()
    (tools / "snakecrate").write_text(f"#!/bin/sh\nfor word do echo \"<$word>\"; done >>'{calls}'\nexit 3\n")
    (tools / "snakecrate").chmod(0o755)
    settings = {
        "SOURCE": "a project", "TARGETS": "x86_64-linux, aarch64-linux", "PYTHON": "3.13",
        "OPTIONS": "--env-set 'GREETING=good day' -q", "PATH": f"{tools}:{os.environ['PATH']}",
    }
    run("sh", "ci/build.sh", cwd=directory, env=environment(**settings), expect=3)
    words = re.findall("<(.*)>", calls.read_text())
    equal(words, ["--version"], "calls when the command fails at once")
    (tools / "snakecrate").write_text(
        f"#!/bin/sh\n[ \"$1\" = --version ] && exit\nfor word do echo \"<$word>\"; done >>'{calls}'\nexit 3\n"
    )
    calls.unlink()
    run("sh", "ci/build.sh", cwd=directory, env=environment(**settings), expect=3)
    words = re.findall("<(.*)>", calls.read_text())
    report = words.index("--report")
    del words[report + 1]
    equal(
        words,
        ["build", "a project", "--report", "--env-set", "GREETING=good day", "-q", "--target", "x86_64-linux",
         "--target", "aarch64-linux", "--python", "3.13"],
        "its options",
    )


def several():
    """two targets give two files, and two lines of each output"""
    targets = json.loads(run(COMMAND, "targets", "--json", env=environment()))["targets"]
    if not all(row["launcher"] for row in targets):
        raise Skipped("this packer has one launcher only (ci/launchers)")
    directory = project("two")
    outputs = WORK / "outputs of two"
    python = [f"{row['target']}=debian:bookworm" for row in targets if not row["installed"]]
    settings = {"TARGETS": "x86_64-linux,aarch64-linux", "PYTHON": " ".join(["3.11", *python])}
    run("sh", "ci/build.sh", cwd=directory, env=environment(GITHUB_OUTPUT=str(outputs), **settings))
    names = ["hello-aarch64-linux", "hello-x86_64-linux"]
    built(directory, *names)
    has(outputs.read_text(), "path<<END_OF_path\n" + "".join(f"dist/{name}\n" for name in names) + "END_OF_path\n")


def fails():
    """a build that fails is the script's failure, and nothing is reported"""
    directory = project("failing")
    outputs = WORK / "outputs of none"
    outputs.write_text("")
    output = run(
        "sh", "ci/build.sh", cwd=directory, env=environment(SOURCE="missing.py", GITHUB_OUTPUT=str(outputs)), expect=1
    )
    has(output, "missing.py")
    equal((outputs.read_text(), (directory / "dist").exists()), ("", False), "outputs and files")


def missing_tools():
    """without snakecrate, uv and pip the script says what to do"""
    tools = WORK / "few tools"
    tools.mkdir()
    for name in "sh tr mktemp rm cut sed cat".split():
        (tools / name).symlink_to(shutil.which(name))
    output = run(tools / "sh", SCRIPT, env={"PATH": str(tools)}, expect=1)
    equal(
        output,
        "build.sh: neither uv nor pip is there to install snakecrate with\n help: use an image with Python and pip\n",
        "its output",
    )


def action():
    """the action hands each input on, and its outputs are the script's"""
    document = yaml.safe_load((ROOT / "action.yml").read_text())
    steps = document["runs"]["steps"]
    equal(document["runs"]["using"], "composite", "its kind")
    (step,) = [step for step in steps if step.get("id") == "build"]
    used = {
        name: re.fullmatch(r"\$\{\{ inputs\.([a-z]+) \}\}", value)[1]
        for name, value in step["env"].items() if "inputs." in value
    }
    equal(used, {name.upper(): name for name in document["inputs"]}, "inputs as variables")
    documented = re.findall(r"^#     ([A-Z]+) ", SCRIPT.read_text(), re.M)
    equal(sorted(used), sorted(documented), "variables that the script documents")
    printed = re.findall(r"^hand_on ([a-z0-9]+) ", SCRIPT.read_text(), re.M)
    equal(sorted(document["outputs"]), sorted(printed), "outputs")
    for name, output in document["outputs"].items():
        equal(output["value"], f"${{{{ steps.build.outputs.{name} }}}}", f"the output {name}")
    # The step as a runner starts it: the inputs' defaults, and its own shell.
    directory = project("action")
    defaults = {name.upper(): one["default"] for name, one in document["inputs"].items()}
    values = {"inputs": defaults, "temp": str(WORK / "runner"), "path": str(ROOT)}
    env = {}
    for name, value in step["env"].items():
        value = re.sub(r"\$\{\{ inputs\.([a-z]+) \}\}", lambda one: values["inputs"][one[1].upper()], value)
        value = value.replace("${{ runner.temp }}", values["temp"]).replace("${{ github.action_path }}", values["path"])
        if "${{" in value:
            raise Failure(f"{name}: {value} isn't known here")
        env[name] = value
    (cache,) = [one for one in steps if one.get("uses", "").startswith("actions/cache@")]
    equal(cache["with"]["path"], step["env"]["SNAKECRATE_CACHE"], "the directory that is kept")
    run(step["shell"], "-e", "-c", step["run"], cwd=directory, env=environment(**env))
    built(directory, "hello")


def workflow_sample():
    """the sample for GitHub gives the action inputs that it has, and uploads what it wrote"""
    document = yaml.safe_load((SAMPLES / "github.yml").read_text())
    steps = document["jobs"]["pack"]["steps"]
    (step,) = [step for step in steps if "snakecrate@" in step.get("uses", "")]
    inputs = yaml.safe_load((ROOT / "action.yml").read_text())["inputs"]
    unknown = set(step["with"]) - set(inputs)
    equal(unknown, set(), "unknown inputs")
    (upload,) = [step["run"] for step in steps if "gh release upload" in step.get("run", "")]
    has(upload, f"{inputs['output']['default']}/*")
    # Its last step, with a `gh` that has no such release yet.
    directory, calls, tools = project("workflow"), WORK / "gh calls", WORK / "gh"
    tools.mkdir()
    (tools / "gh").write_text(f"#!/bin/sh\necho \"$*\" >>'{calls}'\n[ \"$2\" != view ]\n")
    (tools / "gh").chmod(0o755)
    run("sh", "ci/build.sh", cwd=directory, env=environment())
    run(
        "bash", "-e", "-c", upload, cwd=directory,
        env={"PATH": f"{tools}:{os.environ['PATH']}", "GITHUB_REF_NAME": "v1.0"},
    )
    equal(
        calls.read_text(),
        "release view v1.0\nrelease create v1.0 --verify-tag --generate-notes\n"
        "release upload v1.0 dist/hello dist/hello.cdx.json dist/hello.sha256\n",
        "calls of gh",
    )


def run_sample(name, variables, commands, places):
    """Runs the commands of a sample in a project, and returns the place of its cache."""
    directory = project(name)
    variables = {key: value for key, value in variables.items() if isinstance(value, str)}
    # This packer may have the launcher of its own machine only.
    variables["TARGETS"] = OWN
    for key, value in variables.items():
        for name, place in places.items():
            value = value.replace(name, place.format(directory=directory))
        variables[key] = value
    if not commands:
        raise Failure("there are no commands")
    run("sh", "-e", "-c", "\n".join(commands), cwd=directory, env=environment(**variables))
    built(directory, "hello")
    return Path(variables["SNAKECRATE_CACHE"])


def gitlab_sample():
    """the sample for GitLab builds, and keeps the cache and the files"""
    job = yaml.safe_load((SAMPLES / "gitlab.yml").read_text())["pack"]
    places = {"$CI_PROJECT_DIR": "{directory}"}
    cache = run_sample("gitlab", job["variables"], job["script"], places)
    if not any(cache.iterdir()):
        raise Failure("the cache is empty")
    equal([cache.name + "/"], job["cache"]["paths"], "directories in the cache")
    equal(job["artifacts"]["paths"], ["dist/"], "files that are kept")


def circleci_sample():
    """the sample for CircleCI builds, and keeps the cache and the files"""
    job = yaml.safe_load((SAMPLES / "circleci.yml").read_text())["jobs"]["pack"]
    steps = {name: value for step in job["steps"] if isinstance(step, dict) for name, value in step.items()}
    place = job["environment"]["SNAKECRATE_CACHE"]
    equal(steps["save_cache"]["paths"], [place], "directories in the cache")
    prefix = steps["save_cache"]["key"].split("{{")[0]
    equal(steps["restore_cache"]["keys"], [prefix], "the key to begin with")
    equal(steps["store_artifacts"]["path"], "dist", "files that are kept")
    cache = run_sample("circleci", job["environment"], [steps["run"]], {place: f"{WORK}/circleci cache"})
    if not any(cache.iterdir()):
        raise Failure("the cache is empty")


def jenkins_sample():
    """the sample for Jenkins builds, and keeps the files"""
    text = (SAMPLES / "Jenkinsfile").read_text()
    variables = dict(re.findall(r"""^\s+([A-Z_]+) = ['"](.*)['"]$""", text, re.M))
    commands = re.findall(r"^\s+sh '(.*)'$", text, re.M)
    equal(re.findall("artifacts: '(.*?)'", text), ["dist/*"], "files that are kept")
    cache = run_sample("jenkins", variables, commands, {"${JENKINS_HOME}": str(WORK / "jenkins")})
    if not any(cache.iterdir()):
        raise Failure("the cache is empty")


try:
    checks(
        script, options, several, fails, missing_tools, action, workflow_sample, gitlab_sample, circleci_sample,
        jenkins_sample,
    )
finally:
    shutil.rmtree(WORK)
