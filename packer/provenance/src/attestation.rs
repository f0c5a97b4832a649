//! Attestations of package indexes ([PEP 740](https://peps.python.org/pep-0740/)): `sigstore-verify` checks
//! signature, certificate, transparency log and digest; this checks what PEP 740 adds.

use serde::Deserialize;
use serde_json::{Value, json};
use sigstore_verify::crypto::CertificateInfo;
use sigstore_verify::trust_root::{SIGSTORE_PRODUCTION_TRUSTED_ROOT, TrustedRoot};
use sigstore_verify::types::{Bundle, Sha256Hash};
use sigstore_verify::{VerificationPolicy, Verifier};

use crate::crypto;
use crate::publisher::Publisher;

/// The types of statements that indexes accept.
const PREDICATES: [&str; 2] =
    ["https://docs.pypi.org/attestations/publish/v1", "https://slsa.dev/provenance/v1"];
/// The longest document that is read, in bytes. Those of PyPI have about 10 kB for each attestation.
pub const MAX_DOCUMENT: usize = 4 << 20;
/// The most attestations of a file.
const MOST: usize = 64;

/// Why the attestations of a file prove nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It isn't the document that PEP 740 describes.
    #[error("the index's answer isn't a list of attestations: {0}")]
    Document(String),
    /// The trusted root that comes with the library is unusable.
    #[error("the trusted root of sigstore cannot be read: {0}")]
    Root(String),
    /// The signature, the certificate, the log or the digest is wrong.
    #[error("an attestation is wrong: {0}")]
    Signature(String),
    /// It attests another file.
    #[error("an attestation is about {0}")]
    OtherFile(String),
    /// It is of a type that says nothing about publishing.
    #[error("an attestation is of the unknown type {0}")]
    Type(String),
    /// The certificate does not belong to the publisher that the index names.
    #[error("an attestation was not signed by {publisher}, as the index says, but by {signer}")]
    Publisher {
        /// The index's claim.
        publisher: Publisher,
        /// The certificate's owner.
        signer: String,
    },
}

#[derive(Deserialize)]
struct Provenance {
    version: u32,
    attestation_bundles: Vec<AttestationBundle>,
}

#[derive(Deserialize)]
struct AttestationBundle {
    publisher: Publisher,
    attestations: Vec<Attestation>,
}

#[derive(Deserialize)]
struct Attestation {
    version: u32,
    verification_material: Material,
    envelope: Envelope,
}

#[derive(Deserialize)]
struct Material {
    certificate: String,
    transparency_entries: Vec<Value>,
}

#[derive(Deserialize)]
struct Envelope {
    statement: String,
    signature: String,
}

/// The verified part of a statement.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statement {
    subject: Vec<Subject>,
    predicate_type: String,
}

#[derive(Deserialize)]
struct Subject {
    name: String,
}

/// The publishers that the attestations in `document` prove for the file with this name and SHA-256, in
/// hex; sorted. All attestations have to be right.
///
/// # Errors
///
/// See [`Error`].
pub fn publishers(document: &[u8], file: &str, sha256: &str) -> Result<Vec<Publisher>, Error> {
    if document.len() > MAX_DOCUMENT {
        return Err(Error::Document(format!("it is longer than {MAX_DOCUMENT} bytes")));
    }
    let wrong = |error: serde_json::Error| Error::Document(error.to_string());
    let provenance: Provenance = serde_json::from_slice(document).map_err(wrong)?;
    let bundles = provenance.attestation_bundles;
    let count: usize = bundles.iter().map(|bundle| bundle.attestations.len()).sum();
    if provenance.version != 1 || count > MOST {
        let version = provenance.version;
        return Err(Error::Document(format!("version {version}, {count} attestations")));
    }
    crypto::install();
    let root = TrustedRoot::from_json(SIGSTORE_PRODUCTION_TRUSTED_ROOT);
    let root = root.map_err(|error| Error::Root(error.to_string()))?;
    let verifier = Verifier::new(&root).map_err(|error| Error::Root(error.to_string()))?;
    let mut found = Vec::new();
    for AttestationBundle { publisher, attestations } in bundles {
        for attestation in &attestations {
            verify(&verifier, attestation, &publisher, file, sha256)?;
        }
        if !attestations.is_empty() {
            found.push(publisher);
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

fn verify(
    verifier: &Verifier,
    attestation: &Attestation,
    publisher: &Publisher,
    file: &str,
    sha256: &str,
) -> Result<(), Error> {
    let Attestation { version, verification_material, envelope } = attestation;
    if *version != 1 {
        return Err(Error::Document(format!("an attestation of version {version}")));
    }
    let wrong = |error: &dyn std::fmt::Display| Error::Signature(one_line(&error.to_string()));
    let bundle = json!({
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {
            "certificate": { "rawBytes": verification_material.certificate },
            // As PyPI and its tools do: the first one counts.
            "tlogEntries": verification_material.transparency_entries.get(..1),
        },
        "dsseEnvelope": {
            "payload": envelope.statement,
            "payloadType": "application/vnd.in-toto+json",
            "signatures": [{ "sig": envelope.signature }],
        },
    });
    let bundle = Bundle::from_json(&bundle.to_string()).map_err(|error| wrong(&error))?;
    let digest = Sha256Hash::from_hex(sha256).map_err(|error| wrong(&error))?;
    let policy = VerificationPolicy::any_identity();
    let outcome = verifier.verify(digest, &bundle, &policy).map_err(|error| wrong(&error))?;
    if !(outcome.certificate_verified() && outcome.sct_verified() && outcome.tlog_verified()) {
        return Err(Error::Signature("a check was left out".into()));
    }
    let Some(certificate) = outcome.certificate() else {
        return Err(Error::Signature("it has no certificate".into()));
    };
    if !owns(publisher, certificate) {
        let signer = match (&certificate.identity, &certificate.issuer) {
            (Some(identity), Some(issuer)) => format!("{identity:?} of {issuer}"),
            _ => "somebody without a name".into(),
        };
        return Err(Error::Publisher { publisher: publisher.clone(), signer: one_line(&signer) });
    }
    let payload = match &bundle.content {
        sigstore_verify::types::SignatureContent::DsseEnvelope(envelope) => &envelope.payload,
        _ => return Err(Error::Signature("it has no statement".into())),
    };
    let statement: Statement = serde_json::from_slice(payload.as_bytes())
        .map_err(|error| Error::Document(error.to_string()))?;
    if !PREDICATES.contains(&&*statement.predicate_type) {
        return Err(Error::Type(one_line(&statement.predicate_type)));
    }
    match &statement.subject[..] {
        [only] if is_same(&only.name, file) => Ok(()),
        [other] => Err(Error::OtherFile(one_line(&other.name))),
        several => Err(Error::OtherFile(format!("{} files", several.len()))),
    }
}

/// Whether the certificate is that of `publisher`. As in PyPI's own library, the workflow is compared
/// without its commit or branch, which the index does not know.
fn owns(publisher: &Publisher, certificate: &CertificateInfo) -> bool {
    let (host, issuer, repository, workflow, folder) = match publisher {
        Publisher::GitHub { repository, workflow, .. } => {
            let issuer = "https://token.actions.githubusercontent.com";
            ("https://github.com", issuer, repository, workflow, "/.github/workflows/")
        }
        Publisher::GitLab { repository, workflow, .. } => {
            ("https://gitlab.com", "https://gitlab.com", repository, workflow, "//")
        }
        Publisher::Google { email } => {
            let is_owner = matches!(
                &certificate.identity,
                Some(sigstore_verify::SubjectAltName::Email(found)) if found == email
            );
            return is_owner
                && certificate.issuer.as_deref() == Some("https://accounts.google.com");
        }
    };
    let claims = &certificate.ci_claims;
    let source = format!("{host}/{repository}");
    let has_source = |found: &String| found.eq_ignore_ascii_case(&source);
    let workflows = [&claims.source_repository_digest, &claims.source_repository_ref]
        .into_iter()
        .flatten()
        .map(|suffix| format!("{source}{folder}{workflow}@{suffix}"));
    let built_by = claims.build_config_uri.as_ref();
    certificate.issuer.as_deref() == Some(issuer)
        && claims.source_repository_uri.as_ref().is_some_and(has_source)
        && built_by
            .is_some_and(|found| workflows.into_iter().any(|one| one.eq_ignore_ascii_case(found)))
}

/// Whether two names are of the same file. Case and separators of a distribution's name differ between
/// tools; digests have been compared before.
fn is_same(a: &str, b: &str) -> bool {
    let normal = |name: &str| name.to_ascii_lowercase().replace(['-', '.'], "_");
    normal(a) == normal(b)
}

/// Text from outside in one line, not too long.
fn one_line(text: &str) -> String {
    text.chars().take(300).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const REAL: &[u8] = include_bytes!("../tests/real/pypi_attestations-0.0.19.tar.gz.provenance");
    const FILE: &str = "pypi_attestations-0.0.19.tar.gz";
    const SHA256: &str = "9bb1add04b1b4e182be6b0b80931593f7a291eb49d69b4fd728a5d4cbcdc4bd3";
    const STAGING: &[u8] =
        include_bytes!("../tests/real/rfc8785-0.1.2-py3-none-any.whl.publish.attestation");

    fn refused(document: &[u8], file: &str, sha256: &str) -> String {
        publishers(document, file, sha256).unwrap_err().to_string()
    }

    /// The real document with one thing changed.
    fn changed(change: impl Fn(&mut Value)) -> String {
        let mut document: Value = serde_json::from_slice(REAL).unwrap();
        change(&mut document);
        refused(document.to_string().as_bytes(), FILE, SHA256)
    }

    #[test]
    fn a_real_attestation_proves_its_publisher() {
        let found = publishers(REAL, FILE, SHA256).unwrap();
        let texts: Vec<_> = found.iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["github:trailofbits/pypi-attestations:release.yml"]);
    }

    #[test]
    fn an_altered_file_is_not_attested() {
        let other = SHA256.replace('9', "8");
        let error = refused(REAL, FILE, &other);
        assert!(error.starts_with("an attestation is wrong: "), "{error}");
    }

    #[test]
    fn an_attestation_of_another_file_is_refused() {
        let error = refused(REAL, "pypi_attestations-0.0.20.tar.gz", SHA256);
        assert_eq!(error, format!("an attestation is about {FILE}"));
    }

    #[test]
    fn another_publisher_is_refused() {
        for (field, value) in [("repository", "evil/pypi-attestations"), ("workflow", "evil.yml")] {
            let error = changed(|d| d["attestation_bundles"][0]["publisher"][field] = value.into());
            let start = "an attestation was not signed by github:";
            assert!(error.starts_with(start) && error.contains(value), "{error}");
        }
    }

    #[test]
    fn an_attestation_of_another_log_is_refused() {
        let attestation: Value = serde_json::from_slice(STAGING).unwrap();
        let sha256 = "c4e92e9ecc828bef2aa7dba1de8ac983511f7532a0df11c770d39099a25cf201";
        let publisher = json!({ "kind": "GitHub", "repository": "a/b", "workflow": "c.yml" });
        let bundle = json!({ "publisher": publisher, "attestations": [attestation] });
        let document = json!({ "version": 1, "attestation_bundles": [bundle] }).to_string();
        let error = refused(document.as_bytes(), "rfc8785-0.1.2-py3-none-any.whl", sha256);
        assert!(error.contains("an attestation is wrong: ") && error.contains("log"), "{error}");
    }

    #[test]
    fn every_altered_part_of_an_attestation_is_found() {
        let swap = |text: &mut Value| {
            let old = text.as_str().unwrap().to_owned();
            let middle = old.len() / 2;
            let new = if old.as_bytes()[middle] == b'A' { "B" } else { "A" };
            *text = format!("{}{new}{}", &old[..middle], &old[middle + 1..]).into();
        };
        for path in [
            "/envelope/signature",
            "/envelope/statement",
            "/verification_material/certificate",
            "/verification_material/transparency_entries/0/canonicalizedBody",
            "/verification_material/transparency_entries/0/inclusionPromise/signedEntryTimestamp",
            "/verification_material/transparency_entries/0/inclusionProof/rootHash",
        ] {
            let error = changed(|d| {
                let attestation = &mut d["attestation_bundles"][0]["attestations"][0];
                swap(attestation.pointer_mut(path).unwrap());
            });
            assert!(error.starts_with("an attestation is wrong: "), "{path}: {error}");
        }
    }

    #[test]
    fn garbage_is_refused() {
        let texts: [&[u8]; 5] = [b"", b"[]", b"{}", b"\xff", b"<html>"];
        for text in texts {
            let error = refused(text, FILE, SHA256);
            assert!(
                error.starts_with("the index's answer isn't a list of attestations"),
                "{error}"
            );
        }
        let error = refused(&vec![b' '; MAX_DOCUMENT + 1], FILE, SHA256);
        assert!(error.contains("longer than"), "{error}");
        assert!(changed(|d| d["version"] = 2.into()).contains("version 2"));
        let unknown = changed(|d| d["attestation_bundles"][0]["publisher"]["kind"] = "X".into());
        assert!(unknown.contains("unknown variant `X`"), "{unknown}");
        assert!(changed(|d| {
            d["attestation_bundles"][0]["attestations"][0]["verification_material"]
                ["transparency_entries"] = json!([]);
        })
        .starts_with("an attestation is wrong"));
    }

    #[test]
    fn a_file_without_attestations_has_no_publisher() {
        let document = br#"{"version": 1, "attestation_bundles": []}"#;
        assert_eq!(publishers(document, FILE, SHA256).unwrap(), []);
    }
}
