//! Tokens for requests (<https://distribution.github.io/distribution/spec/auth/token/> and `/oauth/`).

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use ureq::http::Method;
use url::{Url, form_urlencoded};

use crate::Error;
use crate::credentials::Login;
use crate::http::{Answer, Http, Payload};

/// The life of a token whose server doesn't say it.
const LIFE: Duration = Duration::from_mins(1);

/// The part of a token's life at whose end a new one is fetched.
const EARLY: Duration = Duration::from_secs(10);

/// A token, and when a new one is needed.
#[derive(Clone)]
pub(crate) struct Token {
    /// The value of `Authorization`.
    pub(crate) authorization: String,
    until: Instant,
}

#[derive(Deserialize)]
struct Given {
    #[serde(default)]
    token: String,
    #[serde(default)]
    access_token: String,
    #[serde(default)]
    expires_in: Option<u64>,
}

impl Token {
    /// Whether it can still be used.
    pub(crate) fn is_fresh(&self) -> bool {
        Instant::now() < self.until
    }
}

/// The value of `Authorization` for a password (RFC 7617).
pub(crate) fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")))
}

/// Fetches a token from `realm` for all `scopes`.
pub(crate) fn fetch(
    http: &Http,
    registry: &str,
    realm: &Url,
    service: Option<&str>,
    scopes: &[String],
    login: Option<&Login>,
) -> Result<Token, Error> {
    let doing = || format!("give a token ({})", realm.host_str().unwrap_or_default());
    let network = |source| Error::Network {
        registry: registry.into(),
        doing: doing(),
        source: Box::new(source),
    };
    let answer = ask(http, realm, service, scopes, login).map_err(network)?;
    let status = answer.status().as_u16();
    if status != 200 {
        let (codes, message) = answer.complaint();
        return Err(match login {
            // Docker's server answers a wrong password with 401, GitHub's with 403.
            Some(login) if matches!(status, 400 | 401 | 403) => Error::LoginRefused {
                registry: registry.into(),
                user: login.user().into(),
                message,
            },
            None if matches!(status, 401 | 403) => Error::LoginRequired {
                registry: registry.into(),
                doing: format!("use {}", scopes.join(" and ")),
            },
            _ => Error::Status {
                registry: registry.into(),
                doing: doing(),
                status,
                codes,
                message,
                retry_after: None,
            },
        });
    }
    let bytes = answer.document().map_err(|error| network(ureq::Error::Io(error)))?;
    let given: Option<Given> = serde_json::from_slice(&bytes).ok();
    let text = |given: Given| {
        let token = if given.token.is_empty() { given.access_token } else { given.token };
        (token, given.expires_in)
    };
    match given.map(text) {
        Some((token, life)) if !token.is_empty() => {
            let life = life.map_or(LIFE, Duration::from_secs);
            let until = Instant::now() + life.saturating_sub(EARLY.min(life / 2));
            Ok(Token { authorization: format!("Bearer {token}"), until })
        }
        _ => Err(Error::Protocol {
            registry: registry.into(),
            reason: format!("{} gives no token", realm.host_str().unwrap_or_default()),
        }),
    }
}

fn ask(
    http: &Http,
    realm: &Url,
    service: Option<&str>,
    scopes: &[String],
    login: Option<&Login>,
) -> Result<Answer, ureq::Error> {
    if let Some(Login::IdentityToken(token)) = login {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "refresh_token");
        form.append_pair("service", service.unwrap_or_default());
        form.append_pair("client_id", "snakecrate");
        form.append_pair("scope", &scopes.join(" "));
        form.append_pair("refresh_token", token);
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        return http.send(Method::POST, realm, &headers, Payload::Bytes(form.finish().as_bytes()));
    }
    let mut url = realm.clone();
    if let Some(service) = service {
        url.query_pairs_mut().append_pair("service", service);
    }
    for scope in scopes {
        url.query_pairs_mut().append_pair("scope", scope);
    }
    let Some(Login::Password { user, password }) = login else {
        return http.send(Method::GET, &url, &[], Payload::None);
    };
    let authorization = basic(user, password);
    http.send(Method::GET, &url, &[("authorization", &authorization)], Payload::None)
}
