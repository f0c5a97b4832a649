//! A statement about a build: an [in-toto Statement v1](https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md)
//! with the predicate [SLSA provenance v1](https://slsa.dev/spec/v1.0/provenance).
//!
//! It isn't signed: sign the file, or give it to a tool that wraps it into an envelope.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

/// The type of the document.
const STATEMENT: &str = "https://in-toto.io/Statement/v1";
/// The type of its predicate.
const PREDICATE: &str = "https://slsa.dev/provenance/v1";
/// The meaning of the parameters, which CONTRIBUTING.md explains. Nothing is there to be downloaded; the
/// number changes with their meaning.
const BUILD_TYPE: &str = "https://snakecrate.invalid/build/v1";
/// Who vouches for the statement: the packer, on a machine that its user trusts.
const BUILDER: &str = "https://snakecrate.invalid/builder/local/v1";

/// A statement about the build of one archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Statement {
    #[serde(rename = "_type")]
    kind: &'static str,
    subject: Vec<Resource>,
    #[serde(rename = "predicateType")]
    predicate_type: &'static str,
    predicate: Predicate,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Predicate {
    build_definition: BuildDefinition,
    run_details: RunDetails,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct BuildDefinition {
    build_type: &'static str,
    external_parameters: Map<String, Value>,
    internal_parameters: Map<String, Value>,
    resolved_dependencies: Vec<Resource>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct RunDetails {
    builder: Builder,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Metadata>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Builder {
    id: &'static str,
    version: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    finished_on: String,
}

/// A [resource descriptor](https://github.com/in-toto/attestation/blob/main/spec/v1/resource_descriptor.md).
/// It has a `uri` or a digest.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Resource {
    /// Its name for people.
    pub name: String,
    /// What it is: a package URL, or a repository with `git+` in front.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// Digests in hex, by algorithm: `sha256`, `gitCommit`, `blake3`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub digest: BTreeMap<String, String>,
    /// Where it was downloaded from, without credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub download_location: Option<String>,
    /// More about it.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub annotations: Map<String, Value>,
}

/// What a statement says.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The archive: its name and digest.
    pub archive: Resource,
    /// What the user chose: the source and the options, without credentials.
    pub parameters: Map<String, Value>,
    /// What the packer chose.
    pub choices: Map<String, Value>,
    /// What the archive was made from.
    pub materials: Vec<Resource>,
    /// Versions of the tools, by name.
    pub tools: BTreeMap<String, String>,
    /// When the build was done, as RFC 3339 has it, if that is to be in the statement.
    pub finished: Option<String>,
}

impl Statement {
    /// The statement with these facts. The materials are sorted; of two equal ones, one stays.
    pub fn new(facts: Facts) -> Self {
        let Facts { archive, parameters, choices, mut materials, tools, finished } = facts;
        materials.sort_by_cached_key(|one| {
            (one.name.clone(), one.uri.clone(), one.digest.clone(), one.download_location.clone())
        });
        materials.dedup();
        Self {
            kind: STATEMENT,
            subject: vec![archive],
            predicate_type: PREDICATE,
            predicate: Predicate {
                build_definition: BuildDefinition {
                    build_type: BUILD_TYPE,
                    external_parameters: parameters,
                    internal_parameters: choices,
                    resolved_dependencies: materials,
                },
                run_details: RunDetails {
                    builder: Builder { id: BUILDER, version: tools },
                    metadata: finished.map(|finished_on| Metadata { finished_on }),
                },
            },
        }
    }

    /// The document, pretty-printed, with a newline at the end.
    pub fn encode(&self) -> String {
        // Only strings, maps of strings, and JSON: nothing that could fail.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

impl Resource {
    /// A resource with one digest.
    pub fn new(name: &str, algorithm: &str, digest: &str) -> Self {
        let digest = BTreeMap::from([(algorithm.to_owned(), digest.to_owned())]);
        Self { name: name.to_owned(), digest, ..Self::default() }
    }

    /// The same with a URI.
    #[must_use]
    pub fn with_uri(self, uri: String) -> Self {
        Self { uri: Some(uri), ..self }
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_statement_has_the_form_of_slsa_provenance() {
        let material = |name: &str| Resource::new(name, "sha256", "bb");
        let facts = Facts {
            archive: Resource::new("app", "sha256", "aa"),
            materials: vec![
                material("b"),
                material("a").with_uri("pkg:pypi/a@1".into()),
                material("b"),
            ],
            tools: BTreeMap::from([("snakecrate".into(), "1.0".into())]),
            finished: Some("2000-01-01T00:00:00Z".into()),
            ..Facts::default()
        };
        let text = Statement::new(facts).encode();
        let found: Value = serde_json::from_str(&text).unwrap();
        let expected = json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{ "name": "app", "digest": { "sha256": "aa" } }],
            "predicateType": "https://slsa.dev/provenance/v1",
            "predicate": {
                "buildDefinition": {
                    "buildType": BUILD_TYPE,
                    "externalParameters": {},
                    "internalParameters": {},
                    "resolvedDependencies": [
                        { "name": "a", "uri": "pkg:pypi/a@1", "digest": { "sha256": "bb" } },
                        { "name": "b", "digest": { "sha256": "bb" } },
                    ],
                },
                "runDetails": {
                    "builder": { "id": BUILDER, "version": { "snakecrate": "1.0" } },
                    "metadata": { "finishedOn": "2000-01-01T00:00:00Z" },
                },
            },
        });
        assert_eq!(found, expected);
    }
}
