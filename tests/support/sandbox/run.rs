//! A command: its arguments, environment, streams and user; then it runs to its end, or in the
//! background.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, geteuid, kill_process, kill_process_group};

use super::{Outcome, PACKER, Sandbox};

/// Seconds after which a command counts as hung. A debug build takes longest to harvest a runtime.
const TIMEOUT: u64 = 240;

/// Hides the data of the host that runs the tests.
const BARE_HOST: &str = "for directory in /etc /lib/terminfo /usr/lib/locale /usr/lib/ssl \
    /usr/share/ca-certificates /usr/share/terminfo /usr/share/zoneinfo; do
    ! test -d $directory || mount -t tmpfs none $directory
done";

/// The beginning of a command in a mount namespace of its own.
pub fn unshare() -> Command {
    let mut command = Command::new("unshare");
    command.arg(if geteuid().is_root() { "-m" } else { "-rm" });
    command
}

/// The uv that the packer uses: that of the environment, the one that `ci/setup` installs, or the
/// first on the `PATH`.
pub fn uv() -> OsString {
    let given = std::env::var_os("UV").filter(|uv| !uv.is_empty());
    let installed = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../uv/bin/uv");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut on_path = std::env::split_paths(&path).map(|directory| directory.join("uv"));
    let installed = Some(installed).filter(|uv| uv.is_file());
    let found = installed.or_else(|| on_path.find(|uv| uv.is_file()));
    given.or(found.map(PathBuf::into_os_string)).expect("uv; ci/setup installs it")
}

/// A command to be run in a sandbox.
pub struct Run<'a> {
    sandbox: &'a Sandbox,
    /// The program that starts this one, with its arguments.
    starter: Vec<OsString>,
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    inherit: bool,
    directory: PathBuf,
    argv0: Option<OsString>,
    stdin: Vec<u8>,
    redirections: String,
    user: Option<u32>,
    leads_group: bool,
    mounts: Option<String>,
}

impl<'a> Run<'a> {
    /// The packer, in the tests' own environment, which leads to the Pythons, without our variables
    /// and a time for its results.
    pub(super) fn packer(sandbox: &'a Sandbox, cache: &Path) -> Self {
        let mut run = Self::new(sandbox, Path::new(PACKER));
        run.inherit = true;
        run.env("SNAKECRATE_CACHE", cache).env("NO_COLOR", "1").env("UV", uv())
    }

    /// An archive, with nothing but a home and a cache.
    pub(super) fn archive(sandbox: &'a Sandbox, archive: &Path) -> Self {
        Self::new(sandbox, archive)
            .env("HOME", sandbox.home())
            .env("SNAKECRATE_CACHE", sandbox.cache())
    }

    fn new(sandbox: &'a Sandbox, program: &Path) -> Self {
        Self {
            sandbox,
            starter: vec![],
            program: program.to_owned(),
            arguments: vec![],
            environment: vec![],
            inherit: false,
            directory: sandbox.path(""),
            argv0: None,
            stdin: vec![],
            redirections: String::new(),
            user: None,
            leads_group: false,
            mounts: None,
        }
    }

    /// An archive in a mount namespace of its own, with an empty environment: see [`Sandbox::place`].
    pub(super) fn place(sandbox: &'a Sandbox, archive: &Path, mounts: String) -> Self {
        Self { mounts: Some(mounts), ..Self::new(sandbox, archive) }
    }

    pub(super) fn sandbox(&self) -> &'a Sandbox {
        self.sandbox
    }

    /// Lets another program start it. If called twice, the later program starts first.
    pub(super) fn under(mut self, starter: impl IntoIterator<Item = OsString>) -> Self {
        self.starter.splice(..0, starter);
        self
    }

    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|a| a.as_ref().to_owned()));
        self
    }

    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Empties the environment, as `env -i`: not even a home or a cache stays. Call `env` after it.
    pub fn clean_env(mut self) -> Self {
        self.inherit = false;
        self.environment.clear();
        self
    }

    pub fn in_dir(mut self, directory: impl AsRef<Path>) -> Self {
        self.directory = self.sandbox.path(directory);
        self
    }

    /// The `argv[0]` of the program.
    pub fn argv0(mut self, name: impl AsRef<OsStr>) -> Self {
        self.argv0 = Some(name.as_ref().to_owned());
        self
    }

    pub fn stdin(mut self, bytes: impl AsRef<[u8]>) -> Self {
        bytes.as_ref().clone_into(&mut self.stdin);
        self
    }

    /// Starts it from a shell: with redirections such as `<&-`, or with a command such as
    /// `trap '' HUP;` before it.
    pub fn redirected(mut self, redirection: &str) -> Self {
        self.redirections.push_str(redirection);
        self
    }

    /// Runs it as the user with this id, with a home and a cache of its own and no other groups. For
    /// root only, see [`Root`](crate::support::needs::Need).
    #[expect(clippy::wrong_self_convention, reason = "reads well where it is used")]
    pub fn as_user(mut self, uid: u32) -> Self {
        let home = self.sandbox.root().join(format!("user-{uid}"));
        let _ = fs::create_dir(&home);
        chown(&home, Some(uid), Some(uid)).unwrap();
        self.environment.retain(|(name, _)| name != "HOME" && name != "SNAKECRATE_CACHE");
        self.user = Some(uid);
        let cache = home.join("cache");
        self.env("HOME", home).env("SNAKECRATE_CACHE", cache)
    }

    /// Runs it as the user with this id, without a home, a cache, and other groups.
    pub fn uid(mut self, uid: u32) -> Self {
        self.user = Some(uid);
        self
    }

    /// Makes it the first process of a group of its own, as a shell does on a terminal: see
    /// [`Running::signal_group`].
    pub fn leading_a_group(mut self) -> Self {
        self.leads_group = true;
        self
    }

    /// Runs it in a mount namespace on a host with nothing in `/etc`, and without certificates, locales,
    /// time zones and descriptions of terminals. The shell command `prepare` can then add some. See
    /// [`Mounts`](crate::support::needs::Need).
    pub fn bare_host(mut self, prepare: &str) -> Self {
        self.mounts = Some(format!("{BARE_HOST}\n{prepare}"));
        self
    }

    /// Runs it in a mount namespace, after this shell command. See
    /// [`Mounts`](crate::support::needs::Need).
    pub fn mounted(mut self, command: &str) -> Self {
        self.mounts = Some(command.to_owned());
        self
    }

    /// Runs it to its end.
    pub fn output(self) -> Outcome {
        self.spawn().finish()
    }

    /// Runs it to its end, and checks everything: see [`Outcome::expect`].
    #[track_caller]
    pub fn expect(self, status: i32, stdout: &str, stderr: &str) {
        self.output().expect(status, stdout, stderr);
    }

    /// Starts it.
    pub fn spawn(self) -> Running<'a> {
        let mut child = self.command().spawn().unwrap_or_else(|error| {
            panic!("{} does not start: {error}", self.program.display());
        });
        let mut stdin = child.stdin.take().unwrap();
        let bytes = self.stdin.clone();
        // On a thread, as neither side may wait for the other. The child may ignore its input.
        std::thread::spawn(move || drop(stdin.write_all(&bytes)));
        let mut stderr = child.stderr.take().unwrap();
        let stderr = std::thread::spawn(move || {
            let mut bytes = vec![];
            stderr.read_to_end(&mut bytes).unwrap();
            bytes
        });
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Running { sandbox: self.sandbox, child, stdout, stderr, read: vec![] }
    }

    fn command(&self) -> Command {
        let mut command = if let Some(mounts) = &self.mounts {
            assert!(self.argv0.is_none() && self.redirections.is_empty(), "not with mounts");
            // Only root can mount, so the user changes after that.
            let user = self.user.map_or(String::new(), |uid| {
                format!("setpriv --reuid {uid} --regid {uid} --clear-groups --")
            });
            let script = format!("{mounts}\nexec {user} \"$@\"");
            let mut command = unshare();
            command.args(["--pid", "--fork", "--kill-child"]);
            command.args(["/bin/sh", "-ec", &script, "sh"]).arg(&self.program);
            command
        } else if let Some((first, rest)) = self.starter.split_first() {
            assert!(self.argv0.is_none() && self.redirections.is_empty(), "not with a starter");
            let mut command = Command::new(first);
            command.args(rest).arg(&self.program);
            command
        } else if self.redirections.is_empty() {
            let mut command = Command::new(&self.program);
            if let Some(argv0) = &self.argv0 {
                command.arg0(argv0);
            }
            command
        } else {
            assert!(self.argv0.is_none(), "the shell sets argv[0]");
            let script = match self.redirections.strip_suffix(';') {
                Some(before) => format!(r#"{before}; exec "$@""#),
                None => format!(r#"exec "$@" {}"#, self.redirections),
            };
            let mut command = Command::new("/bin/sh");
            command.args(["-c", &script, "sh"]).arg(&self.program);
            command
        };
        command.args(&self.arguments).current_dir(&self.directory);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if self.inherit {
            for (name, _) in std::env::vars_os() {
                let text = name.to_string_lossy();
                if text.starts_with("SNAKECRATE_") || text == "SOURCE_DATE_EPOCH" {
                    command.env_remove(name);
                }
            }
        } else {
            command.env_clear();
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        if self.leads_group {
            command.process_group(0);
        }
        if let Some(uid) = self.user.filter(|_| self.mounts.is_none()) {
            command.uid(uid).gid(uid);
        }
        command
    }
}

/// A command in the background.
pub struct Running<'a> {
    sandbox: &'a Sandbox,
    child: Child,
    stdout: BufReader<ChildStdout>,
    stderr: JoinHandle<Vec<u8>>,
    read: Vec<u8>,
}

impl Running<'_> {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the next line of its standard output, and checks it.
    #[track_caller]
    pub fn line(&mut self, expected: &str) -> &mut Self {
        assert_eq!(self.next_line(), expected);
        self
    }

    /// Waits for the next line of its standard output.
    pub fn next_line(&mut self) -> String {
        let mut line = vec![];
        self.stdout.read_until(b'\n', &mut line).unwrap();
        String::from_utf8_lossy(&line).trim_end().to_owned()
    }

    /// Sends it a signal.
    pub fn signal(&mut self, signal: Signal) -> &mut Self {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        self
    }

    /// Sends a signal to all processes of the group that it leads, as Ctrl-C does.
    pub fn signal_group(&mut self, signal: Signal) -> &mut Self {
        kill_process_group(Pid::from_child(&self.child), signal).unwrap();
        self
    }

    /// Closes our end of its standard output, then waits for it to end.
    pub fn hang_up(self) -> Outcome {
        let Self { sandbox, mut child, stdout, stderr, .. } = self;
        drop(stdout);
        let status = wait(&mut child);
        Outcome::new(sandbox, status, vec![], stderr.join().unwrap())
    }

    /// Waits for it to end. Lines read before are not part of the outcome.
    pub fn finish(self) -> Outcome {
        let Self { sandbox, mut child, mut stdout, stderr, mut read } = self;
        let reader = std::thread::spawn(move || {
            stdout.read_to_end(&mut read).unwrap();
            read
        });
        let status = wait(&mut child);
        Outcome::new(sandbox, status, reader.join().unwrap(), stderr.join().unwrap())
    }
}

fn wait(child: &mut Child) -> ExitStatus {
    let deadline = Instant::now() + Duration::from_secs(TIMEOUT);
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if Instant::now() > deadline {
            child.kill().unwrap();
            panic!("it hangs: it is still running after {TIMEOUT} s");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}
