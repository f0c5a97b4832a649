//! Credentials for downloads: those that uv resolved with. uv gives the addresses of files without
//! them ([uv's sources](https://docs.astral.sh/uv/concepts/authentication/http/)).
//!
//! In this order: the file's own URL, the URL of an index on the same host, `netrc`, uv's own store
//! or keyring. The last is asked only when a server refuses a request.

use std::env;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use url::Url;
use uv_netrc::Netrc;

use super::indexes::{Depth, Index, configurations, of_variables};
use super::job::Job;
use super::program::prepare;
use super::requirements::logical_lines;

/// Options of requirements files with URLs of indexes.
const OPTIONS: [&str; 6] =
    ["--index-url", "--extra-index-url", "--find-links", "--pypi-url", "-i", "-f"];

static NETRC: LazyLock<Option<Netrc>> = LazyLock::new(|| Netrc::new().ok());

/// The credentials of one job.
pub(super) struct Credentials {
    /// URLs of indexes that have credentials.
    indexes: Vec<Url>,
}

impl Credentials {
    /// The credentials that `job` has.
    pub(super) fn of(job: &Job) -> Self {
        let options = job.options;
        let mut indexes: Vec<Index> = Vec::new();
        let given = options.index_url.iter().chain(&options.find_links).map(String::as_str);
        indexes.extend(given.map(Index::parse));
        indexes.extend(of_variables().map(|(_, index)| index));
        for (_, text) in &job.files.contents {
            for line in logical_lines(text) {
                let value = OPTIONS.iter().find_map(|option| line.strip_prefix(option));
                indexes
                    .extend(value.map(|value| Index::parse(value.trim_start_matches(['=', ' ']))));
            }
        }
        let configured = configurations(&job.directory, Depth::All);
        indexes.extend(configured.into_iter().map(|(_, index)| index));
        Self { indexes: indexes.into_iter().filter_map(Index::with_credentials).collect() }
    }

    /// `url` with the credentials that are known for it.
    pub(super) fn known(&self, url: &str) -> String {
        let Ok(mut parsed) = Url::parse(url) else { return url.to_owned() };
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return url.to_owned();
        }
        let on_host = self.indexes.iter().filter(|index| index.origin() == parsed.origin());
        if let Some(index) = on_host.max_by_key(|index| common(index.path(), parsed.path())) {
            let (user, password) = (index.username().to_owned(), index.password());
            let _ = parsed.set_username(&user);
            let _ = parsed.set_password(password);
            return parsed.into();
        }
        let host = parsed.host_str().unwrap_or_default().to_owned();
        let hosts = NETRC.as_ref().map(|netrc| &netrc.hosts);
        if let Some(login) =
            hosts.and_then(|hosts| hosts.get(&host).or_else(|| hosts.get("default")))
        {
            let _ = parsed.set_username(&login.login);
            let _ = parsed.set_password(Some(&login.password));
            return parsed.into();
        }
        url.to_owned()
    }
}

/// `url` with the credentials that uv's store or keyring has for its host, if they are others.
pub(super) fn stored(uv: &Path, url: &str) -> Option<String> {
    let mut parsed = Url::parse(url).ok()?;
    let user = Some(parsed.username().to_owned()).filter(|user| !user.is_empty());
    let host = parsed.origin().ascii_serialization();
    let mut command = Command::new(uv);
    prepare(&mut command);
    command.args(["auth", "token", &host]);
    if let Some(user) = &user {
        command.args(["--username", user]);
    }
    let output = command.output().ok().filter(|output| output.status.success())?;
    let password = String::from_utf8(output.stdout).ok()?;
    // Tokens have this user.
    parsed.set_username(user.as_deref().unwrap_or("__token__")).ok()?;
    parsed.set_password(Some(password.trim_end_matches('\n'))).ok()?;
    Some(parsed.into()).filter(|with: &String| with != url)
}

impl Index {
    /// Its URL, if that has credentials, or the variables for its name have some.
    fn with_credentials(self) -> Option<Url> {
        self.address().filter(|url| !url.username().is_empty() || url.password().is_some())
    }

    /// Its URL with the credentials in it, or with those in the variables for its name.
    pub(super) fn address(self) -> Option<Url> {
        let mut url = Url::parse(&self.url).ok()?;
        if let Some(name) = self.name {
            let upper =
                |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
            let name: String = name.chars().map(upper).collect();
            let variable = |end: &str| env::var(format!("UV_INDEX_{name}_{end}")).ok();
            let (user, password) = (variable("USERNAME"), variable("PASSWORD"));
            if user.is_some() || password.is_some() {
                url.set_username(user.as_deref().unwrap_or_default()).ok()?;
                url.set_password(password.as_deref()).ok()?;
            }
        }
        Some(url)
    }
}

/// The number of bytes that two paths have in common at their start.
fn common(a: &str, b: &str) -> usize {
    a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials(indexes: &[&str]) -> Credentials {
        let parse = |text: &&str| Index::parse(text).with_credentials();
        Credentials { indexes: indexes.iter().filter_map(parse).collect() }
    }

    #[test]
    fn credentials_go_to_the_indexs_host_only() {
        let known = credentials(&[
            "https://user:pw@index.test/simple",
            "name=https://other:pw@index.test/other/simple",
        ]);
        for (url, with) in [
            ("https://index.test/files/a.whl", "https://other:pw@index.test/files/a.whl"),
            ("https://index.test/simple/a.whl", "https://user:pw@index.test/simple/a.whl"),
            ("https://index.test/other/a.whl", "https://other:pw@index.test/other/a.whl"),
            ("https://me:own@index.test/a.whl", "https://me:own@index.test/a.whl"),
            ("https://files.test/a.whl", "https://files.test/a.whl"),
            ("http://index.test/a.whl", "http://index.test/a.whl"),
        ] {
            assert_eq!(known.known(url), with);
        }
    }
}
