//! A forged registry on a loopback port, which can refuse what registries refuse.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use snakecrate_image::Digest;
use url::Url;

/// What a forged registry demands and refuses.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a rule of its own")]
pub struct Rules {
    /// `user:password`, which each request needs.
    pub basic: Option<String>,
    /// `user:password`, for which the registry gives tokens that each request needs; the user
    /// `<token>` has an identity token as its password. An empty one lets everybody read.
    pub bearer: Option<String>,
    /// It mounts nothing.
    pub no_mounts: bool,
    /// It keeps no list of referrers.
    pub no_referrers: bool,
    /// It takes no manifests with a subject.
    pub no_subjects: bool,
    /// It takes no uploads in parts.
    pub no_parts: bool,
    /// The largest body of a request in bytes.
    pub largest: Option<u64>,
    /// Requests, counted from 1, that are answered with a status.
    pub failures: BTreeMap<usize, u16>,
    /// Requests, counted from 1, whose connection is closed without an answer.
    pub breaks: Vec<usize>,
    /// The registry answers no request with a number from this one on.
    pub dies_at: Option<usize>,
    /// An address that `GET` of blobs is redirected to, followed by the path.
    pub blobs_at: Option<String>,
    /// An address that uploads are sent to, followed by the path.
    pub uploads_at: Option<String>,
    /// The digest of a manifest that is empty and stays so: as after a crash of docker-registry, which
    /// keeps what is there.
    pub damaged: Option<String>,
    /// The value of `realm` instead of its own.
    pub realm: Option<String>,
}

/// A request as the registry has seen it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The method and the path with its query.
    pub line: String,
    /// The value of `Authorization`.
    pub authorization: Option<String>,
    /// The length of the body in bytes.
    pub length: usize,
}

/// What a registry holds.
#[derive(Debug, Default)]
pub struct Store {
    /// Blobs by repository and digest.
    pub blobs: BTreeMap<(String, String), Vec<u8>>,
    /// Types and bytes of manifests by repository, and tag or digest.
    pub manifests: BTreeMap<(String, String), (String, Vec<u8>)>,
    /// What the registry demands and refuses.
    pub rules: Rules,
    /// The requests.
    pub seen: Vec<Seen>,
    uploads: BTreeMap<String, Vec<u8>>,
    begun: usize,
}

/// A forged registry, which answers until the test ends.
#[derive(Clone)]
pub struct Registry {
    /// The host with the port.
    pub host: String,
    store: Arc<Mutex<Store>>,
}

struct Request {
    method: String,
    url: Url,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

struct Response {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

fn status(status: u16) -> Response {
    Response { status, headers: Vec::new(), body: Vec::new() }
}

fn refusal(code: u16, name: &str, message: &str) -> Response {
    let body = json!({"errors": [{"code": name, "message": message}]});
    Response { body: body.to_string().into(), ..status(code) }
}

impl Response {
    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl Registry {
    /// Starts a registry with these rules.
    ///
    /// # Panics
    ///
    /// No port can be opened.
    pub fn start(rules: Rules) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let store = Arc::new(Mutex::new(Store { rules, ..Store::default() }));
        let registry = Self { host, store };
        let server = registry.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let server = server.clone();
                std::thread::spawn(move || server.serve(stream));
            }
        });
        registry
    }

    /// What the registry holds.
    pub fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The lines of the requests since the last call that contain `part`.
    pub fn requests(&self, part: &str) -> Vec<String> {
        let seen = std::mem::take(&mut self.store().seen);
        seen.into_iter().map(|seen| seen.line).filter(|line| line.contains(part)).collect()
    }

    /// Whether everything that a tag names is in its repository.
    ///
    /// # Panics
    ///
    /// A manifest isn't JSON.
    pub fn is_whole(&self, repository: &str, tag: &str) -> bool {
        let store = self.store();
        let key = |name: &str| (repository.to_owned(), name.to_owned());
        let digest = |value: &Value| value["digest"].as_str().unwrap_or_default().to_owned();
        let mut waiting = vec![tag.to_owned()];
        while let Some(name) = waiting.pop() {
            let Some((_, bytes)) = store.manifests.get(&key(&name)) else { return false };
            let value: Value = serde_json::from_slice(bytes).unwrap();
            let list = |name: &str| value[name].as_array().cloned().unwrap_or_default();
            waiting.extend(list("manifests").iter().map(digest));
            let mut blobs = list("layers");
            blobs.extend(value.get("config").cloned());
            if !blobs.iter().all(|blob| store.blobs.contains_key(&key(&digest(blob)))) {
                return false;
            }
        }
        true
    }

    fn serve(&self, mut stream: TcpStream) {
        let Some(request) = read(&stream) else { return };
        let number = {
            let mut store = self.store();
            let path = request.url.path();
            let query = request.url.query().map(|query| format!("?{query}")).unwrap_or_default();
            store.seen.push(Seen {
                line: format!("{} {path}{query}", request.method),
                authorization: request.headers.get("authorization").cloned(),
                length: request.body.len(),
            });
            store.seen.len()
        };
        let rules = self.store().rules.clone();
        if rules.breaks.contains(&number) || rules.dies_at.is_some_and(|dies| number >= dies) {
            return;
        }
        let response = match rules.failures.get(&number) {
            Some(code) => status(*code),
            None => self.answer(&request, &rules),
        };
        let Response { status, headers, body } = response;
        let mut head = format!("HTTP/1.1 {status} X\r\nConnection: close\r\n");
        let length = body.len();
        if !headers.iter().any(|(name, _)| *name == "Content-Length") {
            let _ = write!(head, "Content-Length: {length}\r\n");
        }
        for (name, value) in headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        let body = if request.method == "HEAD" { Vec::new() } else { body };
        let _ = stream.write_all(&[head.as_bytes(), b"\r\n", &body].concat());
    }

    fn answer(&self, request: &Request, rules: &Rules) -> Response {
        if request.url.path() == "/token" {
            return give_token(request, rules);
        }
        if rules.largest.is_some_and(|largest| request.body.len() as u64 > largest) {
            return status(413);
        }
        let path = request.url.path().trim_start_matches("/v2/").to_owned();
        let ends = ["/blobs/", "/manifests/", "/referrers/"];
        let parted = ends.iter().find_map(|end| path.split_once(end).map(|parts| (*end, parts)));
        let repository = parted.map_or("", |(_, (repository, _))| repository);
        if let Some(response) = self.demand(request, rules, repository) {
            return response;
        }
        match parted {
            None if path.is_empty() => status(200),
            Some(("/blobs/", (_, rest))) => match rest.strip_prefix("uploads/") {
                Some(id) => self.upload(request, rules, repository, id),
                None => self.blob(request, rules, repository, rest),
            },
            Some(("/manifests/", (_, name))) => self.manifest(request, rules, repository, name),
            Some(("/referrers/", (_, subject))) if !rules.no_referrers => {
                self.referrers(repository, subject)
            }
            _ => status(404),
        }
    }

    /// The demand for a login, unless the request has it.
    fn demand(&self, request: &Request, rules: &Rules, repository: &str) -> Option<Response> {
        let sent = request.headers.get("authorization").map(String::as_str).unwrap_or_default();
        if let Some(basic) = &rules.basic {
            let expected = format!("Basic {}", BASE64_STANDARD.encode(basic));
            let demand = status(401).with("WWW-Authenticate", "Basic realm=\"forged\"");
            return (sent != expected).then_some(demand);
        }
        rules.bearer.as_ref()?;
        let reads = matches!(&*request.method, "GET" | "HEAD");
        let query = |name: &str| request.query(name).map(|from| format!("repository:{from}:pull"));
        let own = format!("repository:{repository}:{}", if reads { "pull" } else { "pull,push" });
        let wanted: Vec<_> = [own].into_iter().chain(query("from")).collect();
        let token = sent.strip_prefix("Bearer ").unwrap_or_default();
        let has = |scope: &String| token.split(';').any(|one| one.starts_with(&**scope));
        if !token.is_empty() && (repository.is_empty() || wanted.iter().all(has)) {
            return None;
        }
        let realm = rules.realm.clone().unwrap_or(format!("http://{}/token", self.host));
        let header = format!("Bearer realm=\"{realm}\",service=\"forged\"");
        Some(status(401).with("WWW-Authenticate", header))
    }

    fn blob(&self, request: &Request, rules: &Rules, repository: &str, digest: &str) -> Response {
        let store = self.store();
        let Some(bytes) = store.blobs.get(&(repository.into(), digest.into())) else {
            return refusal(404, "BLOB_UNKNOWN", "blob unknown to registry");
        };
        if let (Some(at), "GET") = (&rules.blobs_at, &*request.method) {
            return status(307).with("Location", format!("{at}{}", request.url.path()));
        }
        let length = bytes.len().to_string();
        let body = if request.method == "HEAD" { Vec::new() } else { bytes.clone() };
        Response { body, ..status(200) }.with("Content-Length", length)
    }

    fn upload(&self, request: &Request, rules: &Rules, repository: &str, id: &str) -> Response {
        let mut store = self.store();
        let blob = |digest: &str| (repository.to_owned(), digest.to_owned());
        match &*request.method {
            "POST" => {
                if let (Some(mount), Some(from), false) =
                    (request.query("mount"), request.query("from"), rules.no_mounts)
                    && let Some(bytes) = store.blobs.get(&(from, mount.clone())).cloned()
                {
                    store.blobs.insert(blob(&mount), bytes);
                    return status(201);
                }
                store.begun += 1;
                let id = store.begun.to_string();
                store.uploads.insert(id.clone(), Vec::new());
                let at = rules.uploads_at.clone().unwrap_or_default();
                let path = format!("{at}/v2/{repository}/blobs/uploads/{id}?state=x");
                status(202).with("Location", path)
            }
            "PATCH" if rules.no_parts => status(405),
            "PATCH" => {
                let Some(bytes) = store.uploads.get_mut(id) else {
                    return refusal(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
                };
                let range = request.headers.get("content-range").cloned().unwrap_or_default();
                if range != format!("{}-{}", bytes.len(), bytes.len() + request.body.len() - 1) {
                    return status(416);
                }
                bytes.extend_from_slice(&request.body);
                let path = format!("/v2/{repository}/blobs/uploads/{id}?state=y");
                status(202).with("Location", path)
            }
            "PUT" => {
                let Some(mut bytes) = store.uploads.remove(id) else {
                    return refusal(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
                };
                bytes.extend_from_slice(&request.body);
                let digest = request.query("digest").unwrap_or_default();
                if Digest::of(&bytes).as_str() != digest {
                    return refusal(400, "DIGEST_INVALID", "provided digest did not match");
                }
                store.blobs.insert(blob(&digest), bytes);
                status(201)
            }
            "DELETE" => {
                store.uploads.remove(id);
                status(204)
            }
            _ => status(405),
        }
    }

    fn manifest(&self, request: &Request, rules: &Rules, repository: &str, name: &str) -> Response {
        let mut store = self.store();
        if request.method != "PUT" {
            let Some((kind, bytes)) = store.manifests.get(&(repository.into(), name.into())) else {
                return refusal(404, "MANIFEST_UNKNOWN", "manifest unknown");
            };
            let answer = Response { body: bytes.clone(), ..status(200) };
            if rules.damaged.as_deref() == Some(name) {
                return status(200);
            }
            let digest = Digest::of(bytes).to_string();
            return answer.with("Content-Type", kind.clone()).with("Docker-Content-Digest", digest);
        }
        let value: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let has_subject = value.get("subject").is_some();
        if has_subject && rules.no_subjects {
            return refusal(400, "MANIFEST_INVALID", "manifest invalid");
        }
        let list = |name: &str| value[name].as_array().cloned().unwrap_or_default();
        let digest = |value: &Value| value["digest"].as_str().unwrap_or_default().to_owned();
        let key = |name: String| (repository.to_owned(), name);
        let mut blobs = list("layers");
        blobs.extend(value.get("config").cloned());
        let lacks_blob = blobs.iter().any(|blob| !store.blobs.contains_key(&key(digest(blob))));
        let mut manifests = list("manifests").into_iter();
        if lacks_blob || manifests.any(|one| !store.manifests.contains_key(&key(digest(&one)))) {
            return refusal(404, "MANIFEST_BLOB_UNKNOWN", "manifest references unknown blob");
        }
        let kind = request.headers.get("content-type").cloned().unwrap_or_default();
        let own = Digest::of(&request.body).to_string();
        for name in [name.to_owned(), own] {
            store.manifests.insert(key(name), (kind.clone(), request.body.clone()));
        }
        if has_subject && !rules.no_referrers {
            return status(201).with("OCI-Subject", digest(&value["subject"]));
        }
        status(201)
    }

    fn referrers(&self, repository: &str, subject: &str) -> Response {
        let store = self.store();
        let mut found = Vec::new();
        for ((own, name), (kind, bytes)) in &store.manifests {
            let value: Value = serde_json::from_slice(bytes).unwrap_or_default();
            if own == repository && name.contains(':') && value["subject"]["digest"] == subject {
                found.push(json!({"mediaType": kind, "digest": name, "size": bytes.len()}));
            }
        }
        let kind = "application/vnd.oci.image.index.v1+json";
        let index = json!({"schemaVersion": 2, "mediaType": kind, "manifests": found});
        Response { body: index.to_string().into(), ..status(200) }.with("Content-Type", kind)
    }
}

impl Request {
    fn query(&self, name: &str) -> Option<String> {
        self.url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }
}

/// A token is the list of rights that it gives, so that requests can be checked against it.
fn give_token(request: &Request, rules: &Rules) -> Response {
    let login = rules.bearer.clone().unwrap_or_default();
    let scopes: Vec<String> = if request.method == "POST" {
        let form: BTreeMap<_, _> =
            url::form_urlencoded::parse(&request.body).into_owned().collect();
        let sent = format!("<token>:{}", form["refresh_token"]);
        if sent != login || form["grant_type"] != "refresh_token" || form["service"] != "forged" {
            return refusal(401, "UNAUTHORIZED", "authentication required");
        }
        form["scope"].split(' ').map(str::to_owned).collect()
    } else {
        let expected = format!("Basic {}", BASE64_STANDARD.encode(&login));
        let sent = request.headers.get("authorization");
        if !login.is_empty() && sent != Some(&expected) {
            return refusal(401, "UNAUTHORIZED", "authentication required");
        }
        let pairs = request.url.query_pairs().filter(|(key, _)| key == "scope");
        pairs.map(|(_, value)| value.into_owned()).collect()
    };
    let scopes = scopes.iter().map(|scope| {
        if login.is_empty() { scope.replace("pull,push", "pull") } else { scope.clone() }
    });
    let token = scopes.collect::<Vec<_>>().join(";");
    let body = json!({"token": token, "expires_in": 300});
    Response { body: body.to_string().into(), ..status(200) }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    let url = Url::parse("http://forged").ok()?.join(&path).ok()?;
    Some(Request { method, url, headers, body })
}
