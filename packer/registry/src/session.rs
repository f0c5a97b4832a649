//! Requests to one repository: login, tokens, redirects, addresses.
//!
//! Credentials go to the registry's own origin only, and to the server of tokens that it names.
//! Redirects and upload addresses elsewhere get none.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use snakecrate_base::ui::Ui;
use ureq::http::Method;
use url::Url;

use crate::Error;
use crate::challenge::Challenge;
use crate::credentials::{Credentials, Login};
use crate::http::{Answer, Http, Payload};
use crate::reference::{Reference, is_loopback};
use crate::retry::Patience;
use crate::token::{self, Token};

/// The number of redirects that are followed.
const MAX_REDIRECTS: u32 = 5;

/// How registries are used.
#[derive(Debug, Clone)]
pub struct Access {
    /// Where logins are.
    pub credentials: Credentials,
    /// Whether registries on other machines are asked without encryption. Those on this machine are anyway.
    pub plain_http: bool,
    /// The directory of notes about the repositories that have a layer.
    pub records: Option<PathBuf>,
    /// How often requests are repeated.
    pub patience: Patience,
    /// Progress and warnings.
    pub ui: Ui,
}

impl Access {
    /// Makes attempts, which get their number from 1, until one succeeds, fails for good, or is the last.
    pub(crate) fn persist<T>(
        &self,
        attempt: impl FnMut(u32) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.patience.persist(self.ui, attempt)
    }
}

/// What a request does with the repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Right {
    /// It reads.
    Pull,
    /// It reads and writes.
    Push,
}

/// A way to open a request's bytes again for each attempt.
type Opener<'a> = &'a dyn Fn() -> io::Result<Box<dyn Read + 'a>>;

/// What a request carries.
#[derive(Clone, Copy)]
pub(crate) enum Content<'a> {
    /// No body at all.
    None,
    /// These bytes.
    Bytes(&'a [u8]),
    /// As many bytes as the number says, from a reader.
    Open(Opener<'a>, u64),
}

/// A request to the registry.
pub(crate) struct Call<'a> {
    /// The method.
    pub(crate) method: Method,
    /// The address.
    pub(crate) url: Url,
    /// Headers without `Authorization`.
    pub(crate) headers: &'a [(&'a str, &'a str)],
    /// The body.
    pub(crate) content: Content<'a>,
    /// Another repository that it reads.
    pub(crate) reads: Option<&'a str>,
    /// What it is for, as an infinitive for messages.
    pub(crate) doing: &'a str,
}

impl<'a> Call<'a> {
    /// A request without a body.
    pub(crate) fn new(method: Method, url: Url, doing: &'a str) -> Self {
        Self { method, url, headers: &[], content: Content::None, reads: None, doing }
    }
}

/// One repository of a registry, to which requests are sent.
pub(crate) struct Session<'a> {
    /// How registries are used.
    pub(crate) access: &'a Access,
    http: Http,
    base: Url,
    registry: String,
    repository: String,
    right: Right,
    login: Mutex<Stored>,
    challenge: Mutex<Option<Challenge>>,
    tokens: Mutex<BTreeMap<Vec<String>, Token>>,
}

/// The login in the user's files.
#[derive(Default)]
enum Stored {
    /// Nobody has looked.
    #[default]
    Unknown,
    /// There is this one, or none.
    Known(Option<Login>),
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'a> Session<'a> {
    /// Asks the registry of `reference` how it wants to be used.
    pub(crate) fn open(
        access: &'a Access,
        reference: &Reference,
        right: Right,
    ) -> Result<Self, Error> {
        let host = reference.host();
        let plain = access.plain_http || reference.is_loopback();
        let mut session = Self {
            access,
            http: Http::new(host),
            base: address(if plain { "http" } else { "https" }, host)?,
            registry: reference.registry().to_owned(),
            repository: reference.repository().to_owned(),
            right,
            login: Mutex::default(),
            challenge: Mutex::default(),
            tokens: Mutex::default(),
        };
        let mut answer = session.greet()?;
        // Go's servers answer so to plain HTTP where they expect TLS.
        if plain && !access.plain_http && answer.status() == 400 {
            session.base = address("https", host)?;
            answer = session.greet()?;
        }
        if answer.status() == 401 {
            session.learn(&answer)?;
        }
        Ok(session)
    }

    fn greet(&self) -> Result<Answer, Error> {
        let doing = "use the registry";
        self.access.persist(|_| {
            let sent = self.http.send(Method::GET, &self.base, &[], Payload::None);
            let answer = sent.map_err(|source| self.network(doing, source))?;
            // A proxy in front of a registry that is starting.
            if answer.status().is_server_error() {
                return Err(self.refused(answer, doing));
            }
            Ok(answer)
        })
    }

    /// The registry's name in messages.
    pub(crate) fn registry(&self) -> &str {
        &self.registry
    }

    /// The repository's name.
    pub(crate) fn repository(&self) -> &str {
        &self.repository
    }

    /// The address of something in the repository, such as `blobs/sha256:…`.
    ///
    /// # Errors
    ///
    /// Never for names that were checked.
    pub(crate) fn url(&self, path: &str) -> Result<Url, Error> {
        let path = format!("{}/{path}", self.repository);
        self.base.join(&path).map_err(|error| self.protocol(format!("{path}: {error}")))
    }

    /// The address that an answer leads to by its header `Location`.
    pub(crate) fn location(&self, answer: &Answer) -> Result<Url, Error> {
        let text = answer.header("location");
        let text = text.ok_or_else(|| self.protocol("it has no header Location".into()))?;
        let mut url = answer
            .url()
            .join(text)
            .map_err(|error| self.protocol(format!("Location `{text}`: {error}")))?;
        if self.base.scheme() == "https" && url.scheme() == "http" {
            // Registries behind a proxy that ends TLS forget to say https.
            let is_own = url.host() == self.base.host();
            if !is_own
                || url.set_scheme("https").is_err()
                || url.set_port(self.base.port()).is_err()
            {
                url.set_query(None);
                return Err(Error::Downgrade { registry: self.registry.clone(), url: url.into() });
            }
        }
        Ok(url)
    }

    /// Sends a request once, with the login or token that the registry asks for. Follows redirects of
    /// requests that read.
    pub(crate) fn send(&self, call: &Call<'_>) -> Result<Answer, Error> {
        let scopes = self.scopes(call.reads);
        let known = self.authorization(&scopes)?;
        let mut answer = self.once(call, &call.url, known.as_deref())?;
        if answer.status() == 401 && self.is_own(&call.url) {
            self.learn(&answer)?;
            lock(&self.tokens).retain(|_, token| Some(&token.authorization) != known.as_ref());
            let new = self.authorization(&scopes)?;
            // The same password is refused again.
            if new.is_some() && new != known {
                answer = self.once(call, &call.url, new.as_deref())?;
            }
        }
        let reads = matches!(call.method, Method::GET | Method::HEAD);
        for _ in 0..MAX_REDIRECTS {
            if !(reads && answer.status().is_redirection()) {
                break;
            }
            let url = self.location(&answer)?;
            let own = if self.is_own(&url) { self.authorization(&scopes)? } else { None };
            answer = self.once(call, &url, own.as_deref())?;
        }
        Ok(answer)
    }

    /// Like [`send`](Self::send), repeated while the network or the registry fails.
    pub(crate) fn persist(&self, call: &Call<'_>) -> Result<Answer, Error> {
        self.access.persist(|_| {
            let answer = self.send(call)?;
            match answer.status().as_u16() {
                408 | 429 | 500.. => Err(self.refused(answer, call.doing)),
                _ => Ok(answer),
            }
        })
    }

    fn once(
        &self,
        call: &Call<'_>,
        url: &Url,
        authorization: Option<&str>,
    ) -> Result<Answer, Error> {
        let mut headers = call.headers.to_vec();
        let own = self.is_own(url);
        headers.extend(authorization.filter(|_| own).map(|value| ("authorization", value)));
        let method = call.method.clone();
        let sent = match call.content {
            Content::None => self.http.send(method, url, &headers, Payload::None),
            Content::Bytes(bytes) => self.http.send(method, url, &headers, Payload::Bytes(bytes)),
            Content::Open(open, size) => {
                let inner = open().map_err(|error| self.unreadable(call, error))?;
                let mut reader = Watched { inner, left: size, failed: None };
                let payload = Payload::Reader(&mut reader, size);
                let sent = self.http.send(method, url, &headers, payload);
                if let Some(error) = reader.failed {
                    return Err(self.unreadable(call, error));
                }
                sent
            }
        };
        sent.map_err(|source| self.network(call.doing, source))
    }

    /// Whether `url` is the registry itself.
    fn is_own(&self, url: &Url) -> bool {
        url.origin() == self.base.origin()
    }

    fn scopes(&self, reads: Option<&str>) -> Vec<String> {
        let actions = if self.right == Right::Push { "pull,push" } else { "pull" };
        let own = format!("repository:{}:{actions}", self.repository);
        let other = reads.map(|other| format!("repository:{other}:pull"));
        [own].into_iter().chain(other).collect()
    }

    fn learn(&self, answer: &Answer) -> Result<(), Error> {
        let values = answer.headers().get_all("www-authenticate");
        let values = values.iter().filter_map(|value| value.to_str().ok());
        let challenge = Challenge::parse(values).ok_or_else(|| {
            self.protocol("it requires a login by none of the schemes Basic and Bearer".into())
        })?;
        *lock(&self.challenge) = Some(challenge);
        Ok(())
    }

    fn login(&self) -> Result<Option<Login>, Error> {
        let mut stored = lock(&self.login);
        if let Stored::Known(login) = &*stored {
            return Ok(login.clone());
        }
        let login = self.access.credentials.login(&self.registry, &self.repository)?;
        *stored = Stored::Known(login.clone());
        Ok(login)
    }

    /// The value of `Authorization` that the registry wants, as far as is known.
    fn authorization(&self, scopes: &[String]) -> Result<Option<String>, Error> {
        let challenge = lock(&self.challenge).clone();
        let Some(challenge) = challenge else { return Ok(None) };
        let login = self.login()?;
        let Challenge::Bearer { realm, service, scope } = challenge else {
            return Ok(match login {
                Some(Login::Password { user, password }) => Some(token::basic(&user, &password)),
                _ => None,
            });
        };
        // A second thread waits for the token of the first.
        let mut tokens = lock(&self.tokens);
        if let Some(token) = tokens.get(scopes).filter(|token| token.is_fresh()) {
            return Ok(Some(token.authorization.clone()));
        }
        let url = self.realm(&realm)?;
        // Scopes of other resources, such as `registry:catalog:*`, are the registry's own business.
        let asked: Vec<_> = match scope {
            Some(scope) if !scope.is_empty() && !scope.starts_with("repository:") => {
                scopes.iter().cloned().chain([scope]).collect()
            }
            _ => scopes.to_vec(),
        };
        let token = token::fetch(
            &self.http,
            &self.registry,
            &url,
            service.as_deref(),
            &asked,
            login.as_ref(),
        )?;
        tokens.insert(scopes.to_vec(), token.clone());
        Ok(Some(token.authorization))
    }

    /// The address of the server of tokens. Without encryption it gets no password.
    fn realm(&self, text: &str) -> Result<Url, Error> {
        let url = Url::parse(text)
            .map_err(|error| self.protocol(format!("the realm `{text}`: {error}")))?;
        let is_safe = url.scheme() == "https"
            || self.access.plain_http
            || url.host_str().is_some_and(is_loopback);
        if is_safe {
            return Ok(url);
        }
        Err(Error::Downgrade { registry: self.registry.clone(), url: text.to_owned() })
    }

    /// The error of an answer whose status isn't one of those that the protocol has for success.
    pub(crate) fn refused(&self, answer: Answer, doing: &str) -> Error {
        let registry = self.registry.clone();
        let doing = doing.to_owned();
        let status = answer.status().as_u16();
        let retry_after = answer.header("retry-after").and_then(|value| value.parse().ok());
        let (codes, message) = answer.complaint();
        match (status, self.login()) {
            (401, Ok(Some(login))) => {
                Error::LoginRefused { registry, user: login.user().into(), message }
            }
            (401, _) => Error::LoginRequired { registry, doing },
            (403, _) => Error::Denied { registry, doing, message },
            _ => {
                let retry_after = retry_after.map(Duration::from_secs);
                Error::Status { registry, doing, status, codes, message, retry_after }
            }
        }
    }

    pub(crate) fn network(&self, doing: &str, source: ureq::Error) -> Error {
        let (registry, doing) = (self.registry.clone(), doing.to_owned());
        Error::Network { registry, doing, source: Box::new(source) }
    }

    pub(crate) fn protocol(&self, reason: String) -> Error {
        Error::Protocol { registry: self.registry.clone(), reason }
    }

    fn unreadable(&self, call: &Call<'_>, source: io::Error) -> Error {
        let what = call.doing.strip_prefix("store ").unwrap_or(call.doing).to_owned();
        Error::Read { registry: self.registry.clone(), what, source }
    }
}

fn address(scheme: &str, host: &str) -> Result<Url, Error> {
    let text = format!("{scheme}://{host}/v2/");
    Url::parse(&text)
        .map_err(|error| Error::Reference { text: host.into(), reason: error.to_string() })
}

/// A reader of a local file. Its errors are told from those of the network.
struct Watched<R> {
    inner: R,
    left: u64,
    failed: Option<io::Error>,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match self.inner.read(buffer) {
            // The server would wait for the rest.
            Ok(0) if self.left > 0 && !buffer.is_empty() => {
                Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file has become shorter"))
            }
            other => other,
        };
        let count = count.inspect_err(|error| {
            self.failed = Some(io::Error::new(error.kind(), error.to_string()));
        })?;
        self.left = self.left.saturating_sub(count as u64);
        Ok(count)
    }
}
