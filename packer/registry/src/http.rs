//! HTTP requests: one connection pool, no redirect followed, no status an error.

use std::io::{self, Read};
use std::time::Duration;

use ureq::http::{HeaderMap, Method, Request, Response, StatusCode};
use ureq::{Agent, Body, SendBody};
use url::Url;

use crate::reference::is_loopback;

/// The longest answer that is read into memory, in bytes. Manifests are smaller: registries take 4 MiB.
pub(crate) const MAX_DOCUMENT: u64 = 16 << 20;

/// The longest error message of a registry that is shown, in characters.
const LONGEST_MESSAGE: usize = 300;

/// The bytes that a request carries.
pub(crate) enum Payload<'a> {
    /// None at all: `GET`, `HEAD`, `DELETE`.
    None,
    /// These.
    Bytes(&'a [u8]),
    /// As many as the number says.
    Reader(&'a mut dyn Read, u64),
}

/// The HTTP client for one registry and those that it leads to.
#[derive(Debug)]
pub(crate) struct Http {
    agent: Agent,
}

impl Http {
    /// A client for the registry `host`. Proxies are those of the environment, except for this machine.
    pub(crate) fn new(host: &str) -> Self {
        let tls = ureq::tls::TlsConfig::builder()
            .root_certs(ureq::tls::RootCerts::PlatformVerifier)
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            // Where credentials may go is decided by the session.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("snakecrate/", env!("CARGO_PKG_VERSION")))
            // Digests are of the bytes themselves.
            .accept_encoding("identity")
            .timeout_resolve(Some(Duration::from_secs(30)))
            .timeout_connect(Some(Duration::from_secs(30)))
            // A connection that is stuck is given up, however long a layer takes.
            .timeout_per_write(Some(Duration::from_mins(2)))
            .timeout_per_read(Some(Duration::from_mins(5)))
            // Some registries hash a whole layer before they answer.
            .timeout_recv_response(Some(Duration::from_mins(5)));
        let config = if is_loopback(host) { config.proxy(None) } else { config };
        Self { agent: config.build().into() }
    }

    /// Sends one request.
    pub(crate) fn send(
        &self,
        method: Method,
        url: &Url,
        headers: &[(&str, &str)],
        payload: Payload<'_>,
    ) -> Result<Answer, ureq::Error> {
        let mut request = Request::builder().method(method).uri(url.as_str());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = match payload {
            Payload::None => self.agent.run(request.body(())?),
            Payload::Bytes(bytes) => self.agent.run(request.body(bytes)?),
            Payload::Reader(reader, size) => {
                let request = request.header("content-length", size.to_string());
                self.agent.run(request.body(SendBody::from_reader(reader))?)
            }
        }?;
        Ok(Answer { response, url: url.clone() })
    }
}

/// An answer to a request.
#[derive(Debug)]
pub(crate) struct Answer {
    response: Response<Body>,
    url: Url,
}

impl Answer {
    /// The address that was asked.
    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// The HTTP status.
    pub(crate) fn status(&self) -> StatusCode {
        self.response.status()
    }

    /// The headers.
    pub(crate) fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// The value of a header, if it is there and text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers().get(name)?.to_str().ok()
    }

    /// The content's length in bytes, if the server says it.
    pub(crate) fn length(&self) -> Option<u64> {
        self.header("content-length")?.parse().ok()
    }

    /// The body as a document of at most [`MAX_DOCUMENT`] bytes.
    pub(crate) fn document(self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.reader().take(MAX_DOCUMENT).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The body.
    pub(crate) fn reader(self) -> impl Read {
        self.response.into_body().into_with_config().limit(u64::MAX).reader()
    }

    /// The codes and the message of a registry's error (distribution specification, "Error codes").
    pub(crate) fn complaint(self) -> (String, String) {
        let bytes = self.document().unwrap_or_default();
        let Ok(value) = serde_json::from_slice::<serde_json::Value>(&bytes) else {
            return Default::default();
        };
        let errors = value["errors"].as_array().cloned().unwrap_or_default();
        let text = |key: &str, separator: &str| {
            let texts: Vec<_> = errors.iter().filter_map(|error| error[key].as_str()).collect();
            texts.join(separator)
        };
        let message = text("message", ", ");
        // One line, whatever the server says.
        let message = message.replace(char::is_control, " ");
        (text("code", " "), message.chars().take(LONGEST_MESSAGE).collect())
    }
}
