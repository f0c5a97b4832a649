//! Why an image cannot be sent or read.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use snakecrate_base::error::Remedy;

/// Why an image cannot be sent to a registry or read from one.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A text isn't the name of an image.
    #[error("`{text}` isn't the name of an image: {reason}")]
    Reference {
        /// The text.
        text: String,
        /// The reason.
        reason: String,
    },
    /// Neither the user nor the image has a tag.
    #[error("the image has no version to use as its tag in {repository}")]
    NoTag {
        /// The registry and the repository.
        repository: String,
    },
    /// The tag names another image.
    #[error("{reference} exists with other content ({digest})")]
    TagTaken {
        /// The image's name with the tag.
        reference: String,
        /// The digest of what the tag names.
        digest: String,
    },
    /// A file of logins cannot be read.
    #[error("cannot read the logins in {}: {reason}", path.display())]
    LoginFile {
        /// The file.
        path: PathBuf,
        /// The reason, without the file's content.
        reason: String,
    },
    /// A credential helper failed.
    #[error("{helper} fails to give the login for {registry}: {reason}")]
    Helper {
        /// The helper's command.
        helper: String,
        /// The file that names it.
        file: PathBuf,
        /// The registry.
        registry: String,
        /// The reason.
        reason: String,
    },
    /// The registry, or the server that gives tokens for it, refuses the login.
    #[error("{registry} refuses the login of {user}{}", detail(message))]
    LoginRefused {
        /// The registry.
        registry: String,
        /// The user.
        user: String,
        /// The server's message.
        message: String,
    },
    /// The registry requires a login, and there is none.
    #[error("{registry} requires a login to {doing}")]
    LoginRequired {
        /// The registry.
        registry: String,
        /// The action that failed.
        doing: String,
    },
    /// The login doesn't have the right.
    #[error("not allowed to {doing} at {registry}{}", detail(message))]
    Denied {
        /// The registry.
        registry: String,
        /// The action that failed.
        doing: String,
        /// The server's message.
        message: String,
    },
    /// The registry doesn't have it.
    #[error("{registry} has no {what}")]
    Missing {
        /// The registry.
        registry: String,
        /// The image, manifest or layer.
        what: String,
    },
    /// Another answer than those that the protocol has for this case.
    #[error("cannot {doing} at {registry}: status {status}{}", detail(message))]
    Status {
        /// The registry.
        registry: String,
        /// The action that failed.
        doing: String,
        /// The HTTP status.
        status: u16,
        /// The codes of the registry's error, separated by blanks.
        codes: String,
        /// The registry's message.
        message: String,
        /// How long the registry asks to wait.
        retry_after: Option<Duration>,
    },
    /// No connection, or one that broke.
    #[error("cannot {doing} at {registry}: {source}")]
    Network {
        /// The registry.
        registry: String,
        /// The action that failed.
        doing: String,
        /// The HTTP client's error.
        source: Box<ureq::Error>,
    },
    /// The registry's answer doesn't follow the protocol.
    #[error("{registry} gives an answer that isn't a registry's: {reason}")]
    Protocol {
        /// The registry.
        registry: String,
        /// The reason.
        reason: String,
    },
    /// The registry leads to an address without encryption.
    #[error("{registry} leads to {url}, which has no encryption")]
    Downgrade {
        /// The registry.
        registry: String,
        /// The address.
        url: String,
    },
    /// What the registry has isn't what the digest names.
    #[error("{registry} holds a damaged copy of {what}")]
    Damaged {
        /// The registry.
        registry: String,
        /// The manifest or layer.
        what: String,
    },
    /// A layer is neither here nor in the registry.
    #[error("{registry} lacks the layer {digest}, which is only in {source_image}")]
    Elsewhere {
        /// The registry.
        registry: String,
        /// The layer's digest.
        digest: String,
        /// The image that has it.
        source_image: String,
    },
    /// A file that is to be sent cannot be read.
    #[error("cannot read {what} to send it to {registry}: {source}")]
    Read {
        /// The registry.
        registry: String,
        /// The layer or file.
        what: String,
        /// The cause.
        source: io::Error,
    },
    /// A downloaded layer cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A manifest cannot be understood.
    #[error("{registry}: {source}")]
    Image {
        /// The registry.
        registry: String,
        /// The cause.
        source: snakecrate_image::Error,
    },
}

/// Whether the registry's certificate is refused, or TLS fails otherwise. A handshake fails as an error
/// of the connection, with the words of rustls: `invalid peer certificate: UnknownIssuer`.
fn is_of_tls(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::Tls(_) => true,
        ureq::Error::Io(error) => error.to_string().contains("certificate"),
        _ => false,
    }
}

/// `: text`, or nothing.
fn detail(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(": {text}") }
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Reference { .. } => "write it as HOST/REPOSITORY:TAG".into(),
            Self::NoTag { repository } => format!("name a tag: {repository}:TAG"),
            Self::TagTaken { .. } => "replace it with --retag, or name another tag".into(),
            Self::LoginFile { path, .. } => {
                format!("repair {}, or log in again with `docker login`", path.display())
            }
            Self::Helper { helper, file, .. } => {
                format!("make `{helper} get` work, or remove it from {}", file.display())
            }
            Self::LoginRefused { registry, .. } | Self::LoginRequired { registry, .. } => {
                format!("log in with `docker login {registry}` or `podman login {registry}`")
            }
            Self::Denied { registry, .. } => {
                format!("log in to {registry} as a user who may do that, or use another repository")
            }
            Self::Missing { .. } => "check the name and the tag".into(),
            Self::Status { codes, .. } if codes.contains("NAME_UNKNOWN") => {
                "create the repository first, as this registry doesn't create it".into()
            }
            Self::Status { status: 404 | 405, .. } => {
                "check that the host is a registry, and the repository's name".into()
            }
            Self::Status { status: 429, .. } => "wait, then run the command again".into(),
            Self::Status { status: 413, .. } => {
                "raise the limit on the size of requests in the registry, or its proxy".into()
            }
            Self::Status { status: 500.., .. } => {
                "look at the registry's log, then run the command again; \
                 it skips what has arrived"
                    .into()
            }
            Self::Status { .. } | Self::Protocol { .. } => {
                "check that the registry follows the OCI distribution specification".into()
            }
            Self::Network { source, .. } if is_of_tls(source) => {
                "name the file with the certificate of its authority in SSL_CERT_FILE, \
                 or use --plain-http if it has no encryption"
                    .into()
            }
            Self::Network { .. } => {
                "check that the registry runs and can be reached, then run the command again; \
                 it skips what has arrived"
                    .into()
            }
            Self::Downgrade { .. } => "let the registry use https throughout".into(),
            Self::Damaged { .. } => {
                "check the registry's storage and delete that copy, then run the command again"
                    .into()
            }
            Self::Elsewhere { source_image, .. } => {
                format!("check that {source_image} can be pulled")
            }
            Self::Read { .. } | Self::Image { .. } => "make the image again".into(),
            Self::Write { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                "free some space and try again".into()
            }
            Self::Write { .. } => "check that the directory can be written".into(),
        })
    }
}

impl Error {
    /// Whether another attempt may succeed.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Network { source, .. } => {
                let is_final = matches!(**source, ureq::Error::BadUri(_) | ureq::Error::Http(_));
                !(is_final || is_of_tls(source))
            }
            // A registry that was restarted has forgotten its uploads.
            Self::Status { status, codes, .. } => {
                matches!(status, 408 | 429 | 500 | 502 | 503 | 504)
                    || codes.contains("BLOB_UPLOAD_")
            }
            _ => false,
        }
    }

    /// How long the registry asks to wait before the next attempt.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// The HTTP status, if that is the reason.
    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Self::Status { status, .. } => Some(*status),
            Self::Missing { .. } => Some(404),
            Self::Denied { .. } => Some(403),
            Self::LoginRequired { .. } => Some(401),
            _ => None,
        }
    }
}
