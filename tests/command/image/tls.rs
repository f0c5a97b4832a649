//! A registry with TLS, whose certificate only a private authority vouches for.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::registries::{archive, push};
use super::*;

/// docker-registry with a certificate for 127.0.0.1; it ends with the test.
struct Registry {
    host: String,
    process: Child,
}

impl Registry {
    /// Makes the authority `ca.pem` and a certificate of its, and starts the registry.
    fn start(sandbox: &Sandbox) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let root = sandbox.path("tls");
        fs::create_dir(&root).unwrap();
        let script = "set -e
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
                -subj /CN=private -keyout ca.key -out ca.pem
            openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=registry \
                -keyout key.pem -out request.pem
            echo subjectAltName=IP:127.0.0.1 >names
            openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
                -extfile names -out cert.pem";
        let made = Command::new("sh").args(["-c", script]).current_dir(&root).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let place = root.display();
        let settings = format!(
            "version: 0.1\nstorage: {{filesystem: {{rootdirectory: {place}/storage}}}}\n\
             http: {{addr: '127.0.0.1:{port}', secret: one, tls: {{certificate: {place}/cert.pem, \
             key: {place}/key.pem}}}}\n"
        );
        fs::write(root.join("config.yml"), settings).unwrap();
        let process = Command::new("docker-registry")
            .arg("serve")
            .arg(root.join("config.yml"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let host = format!("127.0.0.1:{port}");
        let registry = Self { host, process };
        let end = Instant::now() + Duration::from_secs(30);
        while std::net::TcpStream::connect(&registry.host).is_err() {
            assert!(Instant::now() < end, "docker-registry doesn't start");
            std::thread::sleep(Duration::from_millis(20));
        }
        registry
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_private_authority_comes_from_ssl_cert_file() {
    needs!(Program("docker-registry"), Program("openssl"));
    let sandbox = archive("pushtls");
    let registry = Registry::start(&sandbox);
    let place = format!("{}/team/app", registry.host);
    let (status, _, stderr) = push(&sandbox, &["--push", &place]).output().parts();
    assert_eq!(status.code(), Some(FAILURE));
    let expected = format!("error: cannot use the registry at {}: ", registry.host);
    assert!(stderr.starts_with(&expected), "{stderr}");
    assert!(stderr.contains("certificate"), "{stderr}");
    assert!(
        stderr
            .contains("help: name the file with the certificate of its authority in SSL_CERT_FILE"),
        "{stderr}"
    );
    let trusting = |arguments: &[&str]| {
        let run = push(&sandbox, arguments).env("SSL_CERT_FILE", sandbox.path("tls/ca.pem"));
        let (status, stdout, stderr) = run.output().parts();
        assert!(status.success(), "{stderr}");
        (stdout, stderr)
    };
    let (_, said) = trusting(&["--push", &place]);
    assert!(said.contains("Pushed"), "{said}");
    let (_, said) = trusting(&["--push", &place]);
    assert!(said.contains("Unchanged"), "{said}");
    // Pulled from it, too.
    let other = format!("{}/other:1", registry.host);
    trusting(&["--base", &format!("{place}:1"), "--push", &other]);
}
