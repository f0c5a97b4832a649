//! A file of logins: docker's `config.json`, or podman's `auth.json`.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;

use super::{DOCKER_HUB, Login};
use crate::Error;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What such a file says of logins.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct File {
    auths: BTreeMap<String, Entry>,
    creds_store: String,
    cred_helpers: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    auth: String,
    username: String,
    password: String,
    identitytoken: String,
}

impl File {
    /// The file at `path`, if there is one.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, Error> {
        let refused = |reason: String| Error::LoginFile { path: path.to_owned(), reason };
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(refused(error.to_string())),
        };
        // Its message may quote a password; the place doesn't.
        let place = |error: serde_json::Error| {
            refused(format!("line {} isn't JSON of that form", error.line()))
        };
        serde_json::from_slice(&bytes).map(Some).map_err(place)
    }

    /// The helper for this registry only.
    pub(super) fn helper(&self, registry: &str) -> Option<&str> {
        let named = |name| self.cred_helpers.get(name);
        let hub = (registry == "docker.io").then(|| named(DOCKER_HUB).or(named("index.docker.io")));
        let helper = named(registry).or(hub.flatten());
        helper.map(String::as_str).filter(|helper| !helper.is_empty())
    }

    /// The helper for all registries.
    pub(super) fn store(&self) -> Option<&str> {
        Some(&*self.creds_store).filter(|store| !store.is_empty())
    }

    /// The login in the file itself. Podman's keys may name a repository; the longest fits best.
    pub(super) fn login(
        &self,
        path: &Path,
        registry: &str,
        repository: &str,
    ) -> Result<Option<Login>, Error> {
        let full = format!("{registry}/{repository}");
        let fits = |key: &str| match host_of(key) {
            Some(host) => host == registry,
            None => full == key || full.starts_with(&format!("{key}/")),
        };
        let entries = self.auths.iter().filter(|(key, entry)| fits(key) && !entry.is_empty());
        let Some((key, entry)) = entries.max_by_key(|(key, _)| (host_of(key).is_none(), key.len()))
        else {
            return Ok(None);
        };
        entry.login().map(Some).ok_or_else(|| Error::LoginFile {
            path: path.to_owned(),
            reason: format!("`auth` of {key} isn't USER:PASSWORD in Base64"),
        })
    }
}

/// The registry that a key stands for; `None` if it names a repository.
fn host_of(key: &str) -> Option<&str> {
    let bare = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://"));
    let host = match bare {
        // Docker's addresses have a path: `https://index.docker.io/v1/`.
        Some(address) => address.split('/').next().unwrap_or(address),
        None if key.contains('/') => return None,
        None => key,
    };
    Some(match host {
        "index.docker.io" | "registry-1.docker.io" => "docker.io",
        host => host,
    })
}

impl Entry {
    /// Docker leaves such an entry where a store has the login.
    fn is_empty(&self) -> bool {
        self.auth.is_empty() && self.username.is_empty() && self.identitytoken.is_empty()
    }

    fn login(&self) -> Option<Login> {
        if !self.identitytoken.is_empty() {
            return Some(Login::IdentityToken(self.identitytoken.clone()));
        }
        if self.auth.is_empty() {
            let (user, password) = (self.username.clone(), self.password.clone());
            return Some(Login::Password { user, password });
        }
        let text = String::from_utf8(BASE64.decode(self.auth.trim()).ok()?).ok()?;
        let (user, password) = text.split_once(':')?;
        // Docker's file may end in a zero byte.
        let password = password.trim_end_matches('\0').to_owned();
        Some(Login::Password { user: user.to_owned(), password })
    }
}
