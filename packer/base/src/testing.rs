//! Helpers for the tests of several crates.

mod skip;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use snakecrate_format::target::X86_64_LINUX;

use crate::python::Interpreter;

pub use skip::{SKIPPED, record_skip};

/// A Python 3.12.1 below `prefix`, as it would describe itself.
pub fn python_at(prefix: &Path) -> Interpreter {
    let stdlib = prefix.join("lib/python3.12");
    Interpreter {
        executable: prefix.join("bin/python3.12"),
        host: prefix.join("bin/python3.12"),
        root: "/".into(),
        implementation: "cpython".into(),
        version: (3, 12, 1),
        full_version: "3.12.1".into(),
        cache_tag: "cpython-312".into(),
        is_free_threaded: false,
        magic: "cb0d0d0a".into(),
        target: &X86_64_LINUX,
        prefix: prefix.to_owned(),
        dynload: stdlib.join("lib-dynload"),
        stdlib,
        package: None,
    }
}

/// Starts an HTTP server on a loopback port until the test ends. Returns its address, and a function
/// that counts its requests. `answer` gets the path and the number of earlier requests.
///
/// # Panics
///
/// No port can be opened.
pub fn serve(
    answer: impl Fn(&str, usize) -> Vec<u8> + Send + 'static,
) -> (String, impl Fn() -> usize) {
    serve_requests(move |path, _, before| answer(path, before))
}

/// Like [`serve`], but only requests with this value of `Authorization`, such as `Basic …`, get an
/// answer other than 401.
pub fn serve_with_login(
    authorization: &'static str,
    answer: impl Fn(&str) -> Vec<u8> + Send + 'static,
) -> (String, impl Fn() -> usize) {
    serve_requests(move |path, headers, _| {
        let sent = headers.iter().filter_map(|line| line.split_once(": ")).any(|(name, value)| {
            name.eq_ignore_ascii_case("authorization") && value == authorization
        });
        if sent {
            return answer(path);
        }
        let head = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"test\"";
        format!("{head}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").into()
    })
}

/// A server whose `answer` gets the path, the lines of the headers, and the number of earlier
/// requests.
fn serve_requests(
    answer: impl Fn(&str, &[String], usize) -> Vec<u8> + Send + 'static,
) -> (String, impl Fn() -> usize) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let count = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&count);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
            let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
            let Some(request) = head.first() else { continue };
            let path = request.split(' ').nth(1).unwrap_or_default();
            // The client may close the connection early.
            let before = seen.fetch_add(1, Ordering::SeqCst);
            let _ = stream.write_all(&answer(path, &head[1..], before));
        }
    });
    (url, move || count.load(Ordering::SeqCst))
}

/// Like [`serve`], with each of `answers` in turn and then always the last.
pub fn serve_in_turn(answers: Vec<Vec<u8>>) -> (String, impl Fn() -> usize) {
    serve(move |_, before| answers[before.min(answers.len() - 1)].clone())
}

/// An answer with this body.
pub fn ok(body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    [head.as_bytes(), body].concat()
}

/// An answer with this page of HTML.
pub fn html(page: &str) -> Vec<u8> {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close";
    format!("{head}\r\nContent-Length: {}\r\n\r\n{page}", page.len()).into()
}

/// An answer with this status and no body.
pub fn status(line: &str) -> Vec<u8> {
    format!("HTTP/1.1 {line}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").into()
}
