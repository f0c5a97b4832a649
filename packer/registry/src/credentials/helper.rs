//! Credential helpers: programs `docker-credential-NAME`
//! (<https://github.com/docker/docker-credential-helpers>).

use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::Login;
use crate::Error;

/// The answer of a helper that has no login (docker-credential-helpers, `credentials/error.go`).
const NOT_FOUND: &str = "credentials not found";

/// The user's name if the secret is a token.
const TOKEN: &str = "<token>";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    username: String,
    secret: String,
}

/// Asks `docker-credential-{name}`, which `file` names, for the login at `server`.
pub(super) fn ask(
    name: &str,
    file: &Path,
    registry: &str,
    server: &str,
) -> Result<Option<Login>, Error> {
    let helper = format!("docker-credential-{name}");
    let failed = |reason: String| Error::Helper {
        helper: helper.clone(),
        file: file.to_owned(),
        registry: registry.to_owned(),
        reason,
    };
    let not_started = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => failed("it isn't installed".into()),
        _ => failed(error.to_string()),
    };
    let mut child = Command::new(&helper)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(not_started)?;
    if let Some(mut input) = child.stdin.take() {
        // A helper that doesn't read has said why, or its status does.
        let _ = input.write_all(server.as_bytes());
    }
    let output = child.wait_with_output().map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        if text.contains(NOT_FOUND) {
            return Ok(None);
        }
        let first = text.lines().map(str::trim).find(|line| !line.is_empty());
        return Err(failed(first.map_or_else(|| output.status.to_string(), str::to_owned)));
    }
    // The message of the parser may quote the secret.
    let Ok(answer) = serde_json::from_slice::<Answer>(&output.stdout) else {
        return Err(failed("its answer isn't JSON with Username and Secret".into()));
    };
    Ok(Some(match answer.username.as_str() {
        TOKEN => Login::IdentityToken(answer.secret),
        _ => Login::Password { user: answer.username, password: answer.secret },
    }))
}
