"""The launcher's own time, warm: over Python, and over a native program."""

import json
import os
import zipfile

import workloads
from timing import difference, warm


def cached(setting, archive, kind="envs"):
    """The archive's environment (or all components) in the warm cache, from `cache list`."""
    cache = {"SNAKECRATE_CACHE": setting.fast / "warm"}
    found = json.loads(setting.run(setting.snakecrate, "cache", "list", "--json", env=cache))
    name = json.loads(zipfile.ZipFile(archive).read("manifest.json"))["name"]
    return next(entry["path"] for entry in found[kind] if entry["name"] == name)


def interpreter_words(setting, archive, arguments=()):
    """The program that the archive executes after the launcher, from its manifest."""
    setting.run(archive, *arguments)
    manifest = json.loads(zipfile.ZipFile(archive).read("manifest.json"))
    env = cached(setting, archive)
    script = f"{env}/{manifest['entries'][0]['start']['python']}"
    return [f"{env}/bin/python3", *manifest["launch"]["options"], script, archive, *arguments]


def native_words(setting, archive):
    """The native program of an archive, in the cache."""
    setting.run(archive)
    env = cached(setting, archive)
    return [
        next(
            os.path.join(top, "nativetrue")
            for top, _, names in os.walk(env)
            if "nativetrue" in names
        )
    ]


def native(setting, peers, *options, level=None):
    """An archive whose entry is a copy of /bin/true, so that only the launcher does anything."""
    wheel = workloads.native(setting.directory("synthetic"))
    output = setting.packed / "-".join(["native", *(o for o in options if "==" in str(o))])

    def make():
        words, env = peers.pack(wheel, output, *options, level=level)
        setting.run(*words, env=env)
        return output

    return peers.once(f"Snakecrate: {output.name}", make)


def launcher(setting, peers, results):
    """Overhead of the launcher: what an archive takes more than what it starts."""
    hello = peers.archive("hello")
    nothing = [setting.compiled("nothing")]
    pairs = {"archive": [hello], "direct": interpreter_words(setting, hello), "nothing": nothing}
    rounds = setting.rounds(40)
    series = warm(setting, pairs, rounds, 10)
    limit = f"{series['nothing'].median * 1000:.2f} ms: `execve` of a static program"
    value = difference(series["archive"], series["direct"]) * 1000
    method = f"median of {rounds} rounds' differences, 10 and 10 runs each; the noise is as large"
    what = "launcher overhead, warm: `hello` − its interpreter with the same arguments"
    results.row(what, value, "ms", 0.2, method, limit)
    results.absolute("hello, warm", series["archive"])
    results.absolute("its interpreter, same arguments", series["direct"])
    results.absolute("a static program that does nothing", series["nothing"])

    program = native(setting, peers)
    pairs = {"archive": [program], "direct": native_words(setting, program)}
    series = warm(setting, pairs, rounds, 25)
    value = difference(series["archive"], series["direct"]) * 1000
    method = f"median of {rounds} rounds' differences, 25 and 25 runs each"
    what = "the same, an archive of `/bin/true` − the program"
    results.row(what, value, "ms", 0.2, method, limit)
    results.absolute("native archive, warm", series["archive"])
    results.absolute("the native program", series["direct"])
