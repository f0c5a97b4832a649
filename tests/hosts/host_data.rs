//! Data that applications expect on their host, on hosts that lack it.

use std::process::Command;

use crate::support::needs::needs;
use crate::support::sandbox::shared::PROBE;
use crate::support::sandbox::{Outcome, Run, Sandbox};

/// Prints whether a client with the default trust roots connects to `localhost`, whose certificate is
/// in `server.pem`.
const HANDSHAKE: &str = "
import socket, ssl, threading
server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
server.load_cert_chain('server.pem')
ours, theirs = socket.socketpair()
def serve():
    try:
        with server.wrap_socket(theirs, server_side=True) as tls: tls.sendall(b'hello')
    except OSError: pass
threading.Thread(target=serve).start()
try:
    context = ssl.create_default_context()
    with context.wrap_socket(ours, server_hostname='localhost') as tls: print(tls.recv(5).decode())
except ssl.SSLCertVerificationError as error:
    print(error.verify_message)
";

/// Prints the default trust roots: whether there are more than 100, and their reported paths.
const TRUSTED: &str = "
import ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.set_default_verify_paths()
paths = ssl.get_default_verify_paths()
place = lambda path: path and path.replace(sys.base_prefix, '[RUNTIME]')
print(context.cert_store_stats()['x509_ca'] > 100, place(paths.cafile), place(paths.capath))
";

/// OpenSSL 3's message for a chain that ends at an untrusted certificate.
const UNTRUSTED: &str = "self-signed certificate in certificate chain\n";

/// A path that no OpenSSL reads by itself; on Fedora and Debian it is a link to one that theirs reads.
const SUSE: &str = "mkdir -p /etc/ssl; cp ca.pem /etc/ssl/ca-bundle.pem";

fn sandbox() -> Sandbox {
    Sandbox::new().with(&PROBE, "app")
}

impl Sandbox {
    /// Makes an authority, `ca.pem`; its certificate for `localhost`, `server.pem`; and another
    /// authority, `other.pem`.
    fn authorities(self) -> Self {
        let script = "
            new() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \"$@\"; }
            new -subj '/CN=Test authority' -addext keyUsage=critical,keyCertSign -keyout ca.key -out ca.pem
            new -subj '/CN=Other authority' -keyout other.key -out other.pem
            new -subj /CN=localhost -addext subjectAltName=DNS:localhost -CA ca.pem -CAkey ca.key \
                -addext basicConstraints=critical,CA:false -keyout server.key -out server.crt
            cat server.key server.crt ca.pem > server.pem";
        let made = Command::new("sh").args(["-ec", script]).current_dir(self.path("")).output();
        let made = made.unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        self
    }

    /// Runs Python code in the archive, with the variables `NAME=VALUE`, on a bare host.
    fn bare(&self, prepare: &str, variables: &[&str], code: &str) -> Outcome {
        let run = self.archive("app").args(["run", code]).bare_host(prepare);
        let variables = variables.iter().filter_map(|variable| variable.split_once('='));
        variables.fold(run, |run, (name, value)| run.env(name, value)).output()
    }
}

#[test]
fn a_certificate_that_the_host_trusts_is_found_wherever_it_is() {
    needs!(Mounts, Program("openssl"));
    let sandbox = sandbox().authorities();
    sandbox.bare("", &[], HANDSHAKE).expect(0, UNTRUSTED, "");
    for place in [
        "ssl/certs/ca-certificates.crt",
        "pki/tls/certs/ca-bundle.crt",
        "ssl/ca-bundle.pem",
        "pki/tls/cacert.pem",
        "pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
        "ssl/cert.pem",
        // A directory whose file names OpenSSL cannot look up.
        "ssl/certs/company.crt",
        "pki/tls/certs/company.crt",
    ] {
        let prepare = format!("install -D ca.pem /etc/{place}");
        sandbox.bare(&prepare, &[], HANDSHAKE).expect(0, "hello\n", "");
    }
    // A file without certificates, or with damaged ones, doesn't count.
    let damaged = format!(
        "{SUSE}; head -n 3 ca.pem | install -D /dev/stdin /etc/ssl/certs/ca-certificates.crt
        install -D app /etc/pki/tls/certs/ca-bundle.crt"
    );
    sandbox.bare(&damaged, &[], HANDSHAKE).expect(0, "hello\n", "");
}

#[test]
fn the_users_variables_win_over_the_hosts_certificates() {
    needs!(Mounts, Program("openssl"));
    let sandbox = sandbox().authorities().file("none.pem", "");
    let other = "install -D other.pem /etc/ssl/ca-bundle.pem";
    sandbox.bare(other, &[], HANDSHAKE).expect(0, UNTRUSTED, "");
    sandbox.bare(other, &["SSL_CERT_FILE=ca.pem"], HANDSHAKE).expect(0, "hello\n", "");
    for variable in ["SSL_CERT_FILE=none.pem", "SSL_CERT_DIR=/nowhere"] {
        sandbox.bare(SUSE, &[variable], HANDSHAKE).expect(0, UNTRUSTED, "");
        sandbox
            .bare(SUSE, &[variable], "import ssl; print(ssl.get_default_verify_paths()[:2])")
            .stdout(if variable.contains("FILE") {
                "('none.pem', None)\n"
            } else {
                "(None, None)\n"
            })
            .done();
    }
}

#[test]
fn a_host_without_certificates_gets_those_of_the_archive() {
    needs!(Mounts, Program("openssl"));
    let sandbox = sandbox().authorities();
    sandbox.bare("", &[], TRUSTED).expect(0, "True [RUNTIME]/share/cacert.pem None\n", "");
    sandbox.bare(SUSE, &[], TRUSTED).expect(0, "False /etc/ssl/ca-bundle.pem None\n", "");
    // Like a Debian without its package of certificates.
    let empty = "mkdir -p /etc/ssl/certs /usr/lib/ssl; ln -s /etc/ssl/certs /usr/lib/ssl/certs";
    sandbox.bare(empty, &[], TRUSTED).expect(0, "True [RUNTIME]/share/cacert.pem None\n", "");
}

#[test]
fn certificates_that_openssl_finds_by_itself_are_used() {
    needs!(Mounts, Program("openssl"));
    let sandbox = sandbox().authorities();
    let ask = "import ssl; print(*ssl.get_default_verify_paths()[3::2])";
    let places = sandbox.archive("app").args(["run", ask]).output().text();
    let (file, directory) = places.trim().split_once(' ').unwrap();
    let hash = "$(openssl x509 -hash -noout -in other.pem)";
    let in_file = format!("{SUSE}; rm -f {file}; install -D other.pem {file}");
    let in_directory = format!("{SUSE}; install -D other.pem {directory}/{hash}.0");
    for (prepare, place) in [(in_file, file), (in_directory, directory)] {
        sandbox.bare(&prepare, &[], HANDSHAKE).expect(0, UNTRUSTED, "");
        let said = sandbox.bare(&prepare, &[], TRUSTED).text();
        assert!(said.contains(place), "{said}");
    }
}

const VIENNA: &str = "
import datetime, zoneinfo
try:
    zone = zoneinfo.ZoneInfo('Europe/Vienna')
    print(datetime.datetime(2026, 7, 1, tzinfo=zone).utcoffset(), zone.key)
    print(datetime.datetime(2050, 1, 1, tzinfo=zone).utcoffset())
except zoneinfo.ZoneInfoNotFoundError as error: print(error)
for key in 'Nowhere/City', 'zones':
    try: zoneinfo.ZoneInfo(key)
    except zoneinfo.ZoneInfoNotFoundError as error: print(*error.args)
print(len(zoneinfo.available_timezones()) > 400, 'zones' in zoneinfo.available_timezones())
";

#[test]
fn time_zones_are_known_on_a_host_without_any() {
    needs!(Mounts);
    let sandbox = sandbox();
    let unknown = "No time zone found with key Nowhere/City\nNo time zone found with key zones\n";
    let expected = format!("2:00:00 Europe/Vienna\n1:00:00\n{unknown}True False\n");
    sandbox.bare("", &[], VIENNA).expect(0, &expected, "");
}

#[test]
fn the_hosts_time_zones_and_those_of_a_package_come_first() {
    needs!(Mounts);
    // Version 1 of the format is easy to write: Vienna is always 5 hours ahead.
    let mut zone = b"TZif\0".to_vec();
    zone.resize(44, 0);
    (zone[39], zone[43]) = (1, 4);
    zone.extend(18_000u32.to_be_bytes());
    zone.extend(b"\0\0XXX\0");
    let sandbox = sandbox()
        .file("zone", &zone)
        .file("tzdata/__init__.py", "")
        .file("tzdata/zoneinfo/__init__.py", "")
        .file("tzdata/zoneinfo/Europe/__init__.py", "")
        .file("tzdata/zoneinfo/Europe/Vienna", &zone);
    let host = "install -D zone /usr/share/zoneinfo/Europe/Vienna";
    for (prepare, first) in [(host, ""), ("", "import sys; sys.path.insert(0, '.')\n")] {
        let said = sandbox.bare(prepare, &[], &format!("{first}{VIENNA}")).text();
        assert!(said.starts_with("5:00:00 Europe/Vienna\n5:00:00\n"), "{said}");
        assert!(said.ends_with("True False\n"), "{said}");
    }
}

const TERMINAL: &str = "
import curses, os, pty, sys
curses.setupterm(fd=1)
print(curses.tigetnum('colors'), 'TERMINFO_DIRS' in os.environ)
pid, terminal = pty.fork()
if not pid:
    def draw(screen):
        screen.addstr(0, 0, 'drawn'); screen.refresh()
    curses.wrapper(draw)
    os._exit('TERMINFO_DIRS' in os.environ)
output = b''
try:
    while chunk := os.read(terminal, 1000): output += chunk
except OSError: pass
print(b'drawn' in output or output, os.waitpid(pid, 0)[1])
";

#[test]
fn curses_knows_terminals_that_the_host_does_not() {
    needs!(Mounts);
    let sandbox = sandbox();
    sandbox.bare("", &["TERM=xterm-256color"], TERMINAL).expect(0, "256 False\nTrue 0\n", "");
    sandbox
        .bare("", &["TERM=nonsense"], TERMINAL)
        .code(1)
        .stderr_contains("setupterm: could not find terminal")
        .done();
    // The host's own description wins.
    let host = "install -D dumb /etc/terminfo/x/xterm-256color";
    let copy = "import shutil, sys
shutil.copy(sys.base_prefix + '/share/terminfo/d/dumb', '.')";
    sandbox.archive("app").args(["run", copy]).expect(0, "", "");
    let colours = "import curses; curses.setupterm(fd=1); print(curses.tigetnum('colors'))";
    sandbox.bare(host, &["TERM=xterm-256color"], colours).expect(0, "-1\n", "");
}

const EDITING: &str = r"
import os, pty
pid, terminal = pty.fork()
if not pid:
    import readline
    print('got', input('> ')); raise SystemExit
output = b''
try:
    while chunk := os.read(terminal, 1000):
        output += chunk
        if output.endswith(b'> '): os.write(terminal, b'abc\x1b[D\x7fX\n')
except OSError: pass
print(b'got aXc' in output or output)
";

#[test]
fn lines_are_edited_without_descriptions_of_terminals() {
    needs!(Mounts);
    for term in ["TERM=xterm", "TERM="] {
        sandbox().bare("", &[term], EDITING).expect(0, "True\n", "");
    }
}

const TEXT: &str = "
import os, sys
print('\\u00fc', sys.argv[3], sys.getfilesystemencoding(), sys.stdin.errors)
with open('text', 'w') as file: file.write('\\u00fc')
print(open('text', 'rb').read(), sys.argv[3] in os.listdir())
";

/// Also with `-I`, which makes the interpreter ignore `PYTHONUTF8`.
#[test]
fn text_is_utf_8_in_c_and_missing_locales() {
    text_is_utf_8(|run| run);
}

#[test]
fn text_is_utf_8_on_a_host_without_locales() {
    needs!(Mounts);
    text_is_utf_8(|run| run.bare_host(""));
}

fn text_is_utf_8(on_host: impl Fn(Run<'_>) -> Run<'_>) {
    let sandbox = sandbox().file("ü", "");
    for variable in [
        "X=",
        "LANG=C",
        "LC_ALL=C",
        "LC_ALL=POSIX",
        "LC_CTYPE=C",
        "LC_ALL=xx_YY.UTF-8",
        "LC_CTYPE=xx_YY.UTF-8",
        "LANG=xx_YY",
        "LC_ALL=xx_YY.ISO-8859-1",
        "LC_ALL=C.UTF-8",
    ] {
        let (name, value) = variable.split_once('=').unwrap();
        let run = sandbox.archive("app").args(["run", TEXT, "ü"]).env(name, value);
        let expected = "ü ü utf-8 surrogateescape\nb'\\xc3\\xbc' True\n";
        on_host(run).expect(0, expected, "");
    }
}

#[test]
fn a_user_without_entry_or_home_gets_pythons_defaults() {
    needs!(Mounts);
    let code = "
import getpass, os, pathlib, pwd, site, sysconfig, tempfile
try: getpass.getuser()
except (KeyError, OSError): print('nobody')
print(os.path.expanduser('~'), os.path.expanduser('~root/x'), tempfile.gettempdir())
";
    let sandbox = sandbox();
    let run = sandbox.archive("app").args(["run", code]).clean_env().bare_host("");
    let run = run.env("SNAKECRATE_CACHE", sandbox.cache());
    run.expect(0, "nobody\n~ ~root/x /tmp\n", "");
}

const NAMES: &str = "
import socket
for name in '127.0.0.1', '::1', 'localhost', 'db.internal':
    try: print(name, *sorted({a[4][0] for a in socket.getaddrinfo(name, 80, type=1)}))
    except socket.gaierror: print(name, '?')
";

#[test]
fn host_names_resolve_without_the_plug_ins_of_nsswitch() {
    needs!(Mounts);
    let sandbox = sandbox();
    let numeric = "127.0.0.1 127.0.0.1\n::1 ::1\n";
    // The C library itself doesn't know a name that is in no file.
    sandbox.bare("", &[], NAMES).expect(0, &format!("{numeric}localhost ?\ndb.internal ?\n"), "");
    let hosts =
        "echo '127.0.0.1 localhost' > /etc/hosts; echo '10.1.2.3 db.internal' >> /etc/hosts";
    let expected = format!("{numeric}localhost 127.0.0.1\ndb.internal 10.1.2.3\n");
    for services in [
        "",
        "hosts: mymachines resolve files dns",
        "hosts: nowhere [NOTFOUND=return] files dns",
        "hosts: files nowhere [!UNAVAIL=return] dns",
    ] {
        let prepare = format!(
            "{hosts}; services='{services}'
            test -z \"$services\" || echo \"$services\" > /etc/nsswitch.conf"
        );
        sandbox.bare(&prepare, &[], NAMES).expect(0, &expected, "");
    }
}

/// An archive doesn't contain data that nothing in it needs.
#[test]
fn host_data_is_bundled_only_with_modules_that_need_it() {
    let sandbox = Sandbox::new()
        .file("plain.py", "print('hello')\n")
        .file("clock.py", "import zoneinfo\nprint(zoneinfo.ZoneInfo('UTC'))\n")
        .file("open.py", "import sys\nexec(sys.argv[1])\n");
    let files = |archive: &str, arguments: &[&str]| {
        let script = format!("{archive}.py");
        sandbox.build([&[script.as_str(), "-o", archive], arguments].concat()).expect(0, "", "");
        let out = format!("{archive}-out");
        sandbox.run(["extract", archive, &out]).success().any_stderr().done();
        let tree = walkdir::WalkDir::new(sandbox.path(&out)).into_iter().flatten();
        let mut names: Vec<_> =
            tree.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.retain(|name| ["cacert.pem", "tzdata.zip", "dumb"].contains(&name.as_str()));
        names.sort();
        names.join(" ")
    };
    assert_eq!(files("plain", &[]), "");
    assert_eq!(files("clock", &[]), "tzdata.zip");
    assert_eq!(files("open", &["--runtime-drop", "share/cacert.pem"]), "dumb tzdata.zip");
}
