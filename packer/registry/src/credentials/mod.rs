//! Logins of registries, where docker and podman keep them.
//!
//! The files are, in this order: the one that `REGISTRY_AUTH_FILE` names, docker's `config.json`
//! (in `DOCKER_CONFIG`, else `~/.docker`), podman's `auth.json` (in `$XDG_RUNTIME_DIR/containers`,
//! else `~/.config/containers`). The first that has a login for the registry wins. Within a file a
//! helper for the registry (`credHelpers`) comes first, then `auths`, then `credsStore`.
//!
//! Sources: <https://docs.docker.com/reference/cli/docker/login/>,
//! <https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md>. The crate
//! `docker_credential` reads one file only, knows no keys of repositories, and doesn't name a helper
//! that is missing.

mod file;
mod helper;

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::Error;

use self::file::File;

/// Docker's registry in files of logins and for helpers.
const DOCKER_HUB: &str = "https://index.docker.io/v1/";

/// A login at a registry.
#[derive(Clone, PartialEq, Eq)]
pub enum Login {
    /// A user and a password.
    Password {
        /// The user.
        user: String,
        /// The password.
        password: String,
    },
    /// A token that is exchanged for others (OAuth 2.0's refresh token).
    IdentityToken(String),
}

impl Login {
    /// The user's name in messages.
    pub(crate) fn user(&self) -> &str {
        match self {
            Self::Password { user, .. } => user,
            Self::IdentityToken(_) => "the stored token",
        }
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Login of {}", self.user())
    }
}

/// The files that may have logins.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    files: Vec<PathBuf>,
}

impl Credentials {
    /// The files of this user.
    pub fn of_user() -> Self {
        let directory =
            |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let home = directory("HOME");
        let at_home = |path: &str| home.as_ref().map(|home| home.join(path));
        let docker = directory("DOCKER_CONFIG").or_else(|| at_home(".docker"));
        let files = [
            directory("REGISTRY_AUTH_FILE"),
            docker.map(|docker| docker.join("config.json")),
            directory("XDG_RUNTIME_DIR").map(|place| place.join("containers/auth.json")),
            at_home(".config/containers/auth.json"),
        ];
        Self { files: files.into_iter().flatten().collect() }
    }

    /// These files only.
    pub fn in_files(files: impl IntoIterator<Item = PathBuf>) -> Self {
        Self { files: files.into_iter().collect() }
    }

    /// The login for a repository, if there is one. It may start a helper.
    ///
    /// # Errors
    ///
    /// A file or a helper's answer cannot be read, or the helper fails.
    pub fn login(&self, registry: &str, repository: &str) -> Result<Option<Login>, Error> {
        for path in &self.files {
            let Some(file) = File::read(path)? else { continue };
            if let Some(login) = login_in(&file, path, registry, repository)? {
                return Ok(Some(login));
            }
        }
        Ok(None)
    }
}

fn login_in(
    file: &File,
    path: &Path,
    registry: &str,
    repository: &str,
) -> Result<Option<Login>, Error> {
    let ask = |helper: &str| helper::ask(helper, path, registry, server_of(registry));
    if let Some(helper) = file.helper(registry) {
        return ask(helper);
    }
    if let Some(login) = file.login(path, registry, repository)? {
        return Ok(Some(login));
    }
    file.store().map_or(Ok(None), ask)
}

/// The name of a registry for helpers.
fn server_of(registry: &str) -> &str {
    if registry == "docker.io" { DOCKER_HUB } else { registry }
}

#[cfg(test)]
mod tests;
