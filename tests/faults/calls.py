"""System calls: which ones a program makes, and what happens if one of them fails."""

import os
import re
import signal
import subprocess
from collections import Counter
from dataclasses import dataclass

# What stays of a process that was not reaped in time is a wedge.
PATIENCE = 20

SPACE = ("ENOSPC", "EDQUOT")
WRITES = (*SPACE, "EROFS", "EIO", "EACCES")
READS = ("EIO", "EACCES", "ENOMEM")
MEMORY = ("ENOMEM",)

# Errors of each call that users can meet: from disks, quotas, network file systems, FUSE, limits, and
# sandboxes that don't know a call.
ERRORS = {
    "access": READS,
    "brk": MEMORY,
    "clone": ("EAGAIN", "ENOMEM"),
    "clone3": ("EAGAIN", "ENOMEM", "ENOSYS"),
    "close": (*SPACE, "EIO", "EINTR"),
    "execve": ("EACCES", "EIO", "ENOMEM", "ENOEXEC", "E2BIG", "ETXTBSY", "EPERM"),
    # EACCES is an answer here.
    "faccessat": ("EIO", "ENOMEM"),
    "faccessat2": ("EIO", "ENOMEM"),
    "fcntl": (),
    "flock": ("ENOLCK", "ENOSYS", "EIO", "EINTR", "EOPNOTSUPP"),
    "fstat": READS,
    "fstatfs": (*READS, "ENOSYS", "EINTR"),
    "futex": (),
    "getdents64": ("EIO", "EACCES", "EINTR"),
    "getrandom": ("ENOSYS", "EINTR"),
    "linkat": (*WRITES, "EPERM", "EXDEV", "EMLINK", "ENOSYS"),
    "mkdir": (*WRITES, "ENOMEM"),
    "mkdirat": (*WRITES, "ENOMEM"),
    "mmap": MEMORY,
    "mremap": MEMORY,
    "newfstatat": READS,
    "open": (*READS, "EINTR", "EMFILE", "ENFILE"),
    "openat": (*READS, "EINTR", "EMFILE", "ENFILE"),
    "pread64": ("EIO", "EINTR"),
    "read": ("EIO", "EINTR"),
    "readlink": READS,
    "readlinkat": READS,
    "renameat": (*WRITES, "EINTR"),
    "renameat2": (*WRITES, "ENOSYS", "EINVAL"),
    "sched_getaffinity": ("ENOSYS", "EPERM"),
    "stat": READS,
    "statfs": (*READS, "ENOSYS", "EINTR"),
    "symlinkat": (*WRITES, "EPERM"),
    "unlinkat": (*WRITES[2:], "EBUSY"),
    # For signs of life, and the last use.
    "utimensat": ("EPERM", "EACCES", "EROFS", "EIO", "ENOSYS"),
    "write": (*SPACE, "EIO", "EINTR"),
}
# These cannot fail, or fail only if called wrongly.
NEVER = {
    "arch_prctl", "exit", "exit_group", "fchmod", "getpid", "gettid", "ioctl", "madvise", "mprotect",
    "munmap", "nanosleep", "clock_nanosleep", "poll", "prlimit64", "rseq", "rt_sigaction", "rt_sigprocmask",
    "rt_sigreturn", "set_robust_list", "set_tid_address", "sigaltstack", "umask", "uname", "lseek", "tkill",
    "clock_gettime", "getpgrp", "getpgid", "tcgetpgrp", "setitimer",
}  # fmt: skip

LINE = re.compile(r"^(?:(?P<pid>\d+) +)?(?P<name>\w+)\((?P<arguments>.*)$")


@dataclass(frozen=True)
class Call:
    """The `number`th call of this name in its thread, counted from 1."""

    name: str
    number: int
    arguments: str = ""

    def errors(self):
        """The errors that it can return."""
        found = ERRORS.get(self.name)
        if found is None:
            if self.name in NEVER:
                return ()
            raise KeyError(f"nothing is said of the errors of {self.name}, in calls.py")
        if self.name in ("open", "openat") and "O_CREAT" in self.arguments:
            found += WRITES[:3]
        if self.name == "fcntl" and "F_DUPFD" in self.arguments:
            found += ("EMFILE",)
        return found

    def __str__(self):
        return f"{self.name} {self.number}: {self.arguments[:100]}"


@dataclass(frozen=True)
class Injection:
    """An event at a call: a signal kills the program before it, or the call fails."""

    call: Call
    kind: str

    @property
    def option(self):
        what = "signal=KILL" if self.kind == "KILL" else f"error={self.kind}"
        return f"inject={self.call.name}:{what}:when={self.call.number}"


@dataclass(frozen=True)
class End:
    """The exit status of a process as in a shell, with 128 + N for a signal; `None` for a hang."""

    status: int | None
    output: bytes
    errors: bytes

    def __str__(self):
        status = "it hung" if self.status is None else f"status {self.status}"
        return f"{status}\n  stdout {self.output[-2000:]!r}\n  stderr {self.errors[-2000:]!r}"


def run(words, env, processor=None, patience=PATIENCE):
    """Runs a program to its end, or kills it with all its descendants if it takes too long."""
    if processor is not None:
        words = ["taskset", "-c", str(processor), *words]
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        [str(word) for word in words], env=env, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe,
        start_new_session=True,
    )  # fmt: skip
    try:
        output, errors = process.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, errors = process.communicate()
        return End(None, output, errors)
    status = process.returncode
    return End(status if status >= 0 else 128 - status, output, errors)


def inject(injection, words, env, processor):
    """Runs `words` with one failing call."""
    name = injection.call.name
    options = ["-f", "-qqq", "-o", "/dev/null", "-e", f"trace={name}"]
    if injection.kind != "KILL":
        # This is quicker, but strace 6.1 then delivers no signals.
        options.append("--seccomp-bpf")
    return run(["strace", *options, "-e", injection.option, *words], env, processor)


def trace(words, env, log, processor=None):
    """All calls up to the one that starts the application. With several threads, the longest series
    of each call."""
    end = run(["strace", "-f", "-qqq", "-s", "200", "-o", log, *words], env, processor)
    counts, found = {}, {}
    executed = 0
    with open(log, errors="replace") as lines:
        for line in lines:
            match = LINE.match(line)
            if not match or "resumed>" in line.split("(")[0]:
                continue
            name, pid = match["name"], match["pid"]
            if name == "execve":
                executed += 1
                if executed == 1:
                    continue  # strace's own, which it does not count
            counter = counts.setdefault(pid, Counter())
            counter[name] += 1
            call = Call(name, counter[name], match["arguments"])
            found.setdefault((name, counter[name]), call)
            if name == "execve":
                break
    return end, list(found.values())
