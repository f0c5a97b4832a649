//! Who published a file: a workflow of a repository, as package indexes know it
//! ([PEP 740](https://peps.python.org/pep-0740/), "trusted publishers").

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A publisher.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind")]
pub enum Publisher {
    /// A workflow of GitHub Actions.
    GitHub {
        /// `OWNER/NAME`.
        repository: String,
        /// The name of the workflow's file.
        workflow: String,
        /// The environment that it ran in. The index claims it; older certificates do not have it.
        #[serde(default)]
        environment: Option<String>,
    },
    /// A pipeline of gitlab.com.
    GitLab {
        /// `GROUP/NAME`.
        repository: String,
        /// The path of the pipeline's file.
        #[serde(rename = "workflow_filepath")]
        workflow: String,
        /// The environment that it ran in, as the index claims it.
        #[serde(default)]
        environment: Option<String>,
    },
    /// A service account of Google Cloud.
    Google {
        /// Its address.
        email: String,
    },
}

/// The publishers that a user allows for a distribution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Any that an attestation proves.
    Any,
    /// A repository, and one workflow if it is named.
    Repository {
        /// Its host: `github` or `gitlab`.
        host: &'static str,
        /// `OWNER/NAME`.
        repository: String,
        /// The workflow's file.
        workflow: Option<String>,
    },
    /// A service account of Google Cloud.
    Google(String),
}

/// A text that names no publisher.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` names no publisher: expected any, github:OWNER/NAME, github:OWNER/NAME:WORKFLOW, \
     gitlab:GROUP/NAME or google:ADDRESS"
)]
pub struct NoPublisher(pub String);

impl FromStr for Wanted {
    type Err = NoPublisher;

    fn from_str(text: &str) -> Result<Self, NoPublisher> {
        let wrong = || NoPublisher(text.to_owned());
        if text == "any" {
            return Ok(Self::Any);
        }
        let (host, rest) = text.split_once(':').ok_or_else(wrong)?;
        let host = match host {
            "github" => "github",
            "gitlab" => "gitlab",
            "google" if rest.contains('@') => return Ok(Self::Google(rest.to_owned())),
            _ => return Err(wrong()),
        };
        let (repository, workflow) = match rest.split_once(':') {
            Some((repository, workflow)) => (repository, Some(workflow.to_owned())),
            None => (rest, None),
        };
        let has_empty_part = repository.split('/').any(str::is_empty);
        if has_empty_part || !repository.contains('/') || workflow.as_deref() == Some("") {
            return Err(wrong());
        }
        Ok(Self::Repository { host, repository: repository.to_owned(), workflow })
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::Google(email) => write!(f, "google:{email}"),
            Self::Repository { host, repository, workflow } => {
                write!(f, "{host}:{repository}")?;
                workflow.as_ref().map_or(Ok(()), |workflow| write!(f, ":{workflow}"))
            }
        }
    }
}

impl Wanted {
    /// Whether `publisher` is allowed. Names of repositories do not depend on case.
    pub fn allows(&self, publisher: &Publisher) -> bool {
        let (found, at, by) = match publisher {
            Publisher::GitHub { repository, workflow, .. } => (repository, "github", workflow),
            Publisher::GitLab { repository, workflow, .. } => (repository, "gitlab", workflow),
            Publisher::Google { email } => {
                return *self == Self::Any || *self == Self::Google(email.clone());
            }
        };
        match self {
            Self::Any => true,
            Self::Google(_) => false,
            Self::Repository { host, repository, workflow } => {
                *host == at
                    && repository.eq_ignore_ascii_case(found)
                    && workflow.as_ref().is_none_or(|workflow| workflow == by)
            }
        }
    }
}

/// As [`Wanted`] is written.
impl fmt::Display for Publisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GitHub { repository, workflow, .. } => {
                write!(f, "github:{repository}:{workflow}")
            }
            Self::GitLab { repository, workflow, .. } => {
                write!(f, "gitlab:{repository}:{workflow}")
            }
            Self::Google { email } => write!(f, "google:{email}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn black() -> Publisher {
        Publisher::GitHub {
            repository: "psf/black".into(),
            workflow: "pypi_upload.yml".into(),
            environment: None,
        }
    }

    #[test]
    fn a_publisher_is_allowed_by_its_repository_and_workflow() {
        let allows = |text: &str| text.parse::<Wanted>().unwrap().allows(&black());
        for text in
            ["any", "github:psf/black", "github:PSF/Black", "github:psf/black:pypi_upload.yml"]
        {
            assert!(allows(text), "{text}");
        }
        for text in
            ["gitlab:psf/black", "github:psf/black:test.yml", "github:psf/blac", "google:a@b.c"]
        {
            assert!(!allows(text), "{text}");
        }
        assert!(black().to_string().parse::<Wanted>().unwrap().allows(&black()));
    }

    #[test]
    fn texts_that_name_no_publisher_are_refused() {
        for text in
            ["", "all", "github:", "github:psf", "github:psf/", "github:/b", "x:a/b", "github:a/b:"]
        {
            assert_eq!(text.parse::<Wanted>(), Err(NoPublisher(text.into())));
        }
    }
}
