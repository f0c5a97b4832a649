//! What an archive was made from: wheels, sources, the interpreter, packages of the host.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use snakecrate_base::python::{DistributionPackage, Interpreter};
use snakecrate_base::redact::redacted;
use snakecrate_format::manifest::Kind;
use snakecrate_licences::{HOST_PACKAGES, HostPackage};
use snakecrate_provenance::statement::Resource;
use snakecrate_sbom::{debian, generic};

use crate::archive::ArchiveSpec;
use crate::attestations::Attested;
use crate::resolve::{Fetched, Material, Origin};
use crate::source::Source;

/// The distributions, the source and the interpreter of a build.
pub fn of_inputs(
    source: &Source,
    distributions: &[Fetched],
    attested: &[Attested],
    interpreter: &Interpreter,
) -> Vec<Resource> {
    let with_publishers = |one: &Fetched| {
        let mut found = distribution(one);
        let attested = attested.iter().find(|other| other.name == one.name);
        let publishers = attested.and_then(|other| serde_json::to_value(&other.publishers).ok());
        found.annotations.extend(publishers.map(|all| ("publishers".to_owned(), all)));
        found
    };
    let mut all: Vec<_> = distributions.iter().map(with_publishers).collect();
    all.extend(source.directory_of_files().and_then(commit));
    all.extend(interpreter.package.as_ref().map(package));
    all
}

/// A distribution: the published wheel, or what the wheel was built from.
fn distribution(one: &Fetched) -> Resource {
    let own = one.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let wheel = Resource { name: own.clone(), uri: Some(one.purl()), ..Resource::default() };
    let mut found = match (&one.from, &one.origin) {
        (from, Origin::Index { sha256, .. }) => {
            let url = match from {
                Some(Material::File { url, .. }) => url.clone(),
                _ => None,
            };
            let digest = BTreeMap::from([("sha256".to_owned(), sha256.clone())]);
            return Resource { digest, download_location: url, ..wheel };
        }
        (Some(Material::File { name, url, sha256, .. }), Origin::Built) => Resource {
            name: name.clone(),
            digest: sha256.iter().map(|sha256| ("sha256".into(), sha256.clone())).collect(),
            download_location: url.clone(),
            ..wheel
        },
        (Some(Material::Git { url, commit }), Origin::Built) => {
            Resource::new(&one.name, "gitCommit", commit).with_uri(format!("git+{url}"))
        }
        // A directory: the wheel's digest has the time of its build.
        (None, Origin::Built) => return wheel,
    };
    found.annotations.insert("wheel".into(), own.into());
    found
}

/// The commit that the sources in `directory` are at, if git knows it.
fn commit(directory: &Path) -> Option<Resource> {
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        // Without the program that a repository may name for `status`.
        command.arg("-c").arg("core.fsmonitor=false").arg("-C").arg(directory).args(arguments);
        let output = command.output().ok().filter(|output| output.status.success())?;
        Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
    };
    let commit = git(&["rev-parse", "HEAD"])?;
    let is_hex = commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_hex || !matches!(commit.len(), 40 | 64) {
        return None;
    }
    let name = directory.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut found = Resource::new(&name, "gitCommit", &commit);
    let origin = git(&["config", "--get", "remote.origin.url"]);
    let origin = origin.filter(|url| url.contains("://") && !url.starts_with("file:"));
    found.uri = origin.map(|url| format!("git+{}", redacted(&url)));
    let is_changed = git(&["status", "--porcelain", "."]).is_none_or(|changes| !changes.is_empty());
    found.annotations.insert("modified".into(), is_changed.into());
    Some(found)
}

fn package(package: &DistributionPackage) -> Resource {
    let DistributionPackage { suite, name, version, architecture, file, sha256, .. } = package;
    let qualifiers = [("arch", &**architecture), ("distro", &**suite)];
    let uri = debian(&package.distribution, name, version, &qualifiers);
    Resource::new(file, "sha256", sha256).with_uri(uri)
}

/// The components of `spec` that are no wheels, and the packages of the host that they are from.
pub fn of_components(spec: &ArchiveSpec) -> Vec<Resource> {
    let is_meant = |kind: Kind| kind != Kind::Wheel;
    let components = spec.components.iter().filter(|one| is_meant(one.kind)).map(|one| {
        let found = Resource::new(&one.name, "blake3", &one.packed.digest.to_string());
        let mut found = match one.kind {
            Kind::App => found,
            _ => found.with_uri(generic(&one.name, &one.version)),
        };
        found.annotations.insert("component".into(), one.kind.as_str().into());
        found
    });
    let mut all: Vec<_> = components.collect();
    for attachment in spec.attachments.iter().filter(|one| one.role == HOST_PACKAGES) {
        let packages: Vec<HostPackage> =
            serde_json::from_slice(&attachment.contents).unwrap_or_default();
        all.extend(packages.iter().map(|one| Resource {
            name: one.name.clone(),
            uri: Some(debian("debian", &one.name, &one.version, &[("arch", &one.architecture)])),
            ..Resource::default()
        }));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fetched(from: Option<Material>) -> Fetched {
        Fetched {
            name: "a-b".into(),
            version: "1+x".into(),
            path: "/c/a_b-1+x-py3-none-any.whl".into(),
            sha256: "aa".into(),
            origin: Origin::Built,
            from,
            local: false,
        }
    }

    #[test]
    fn a_built_wheel_is_named_by_its_source() {
        let url = Some("https://h/a-b-1.tar.gz".to_owned());
        let name = "a-b-1.tar.gz".to_owned();
        let sdist = Material::File {
            name,
            url: url.clone(),
            sha256: Some("bb".into()),
            index: Some("https://i.example/simple".into()),
        };
        let found = distribution(&fetched(Some(sdist)));
        assert_eq!((&*found.name, &*found.digest["sha256"]), ("a-b-1.tar.gz", "bb"));
        assert_eq!(found.download_location, url);
        let uri = "pkg:pypi/a-b@1%2Bx?repository_url=https:%2F%2Fi.example%2Fsimple";
        assert_eq!(found.uri.as_deref(), Some(uri));
        assert_eq!(found.annotations["wheel"], "a_b-1+x-py3-none-any.whl");
        let git = Material::Git { url: "https://h/r".into(), commit: "0b".into() };
        let found = distribution(&fetched(Some(git)));
        assert_eq!(found.uri.as_deref(), Some("git+https://h/r"));
        assert_eq!(found.digest["gitCommit"], "0b");
        let local = distribution(&fetched(None));
        assert_eq!((local.uri.as_deref(), local.digest.len()), (Some("pkg:pypi/a-b@1%2Bx"), 0));
        let origin = Origin::Index { file: "a.whl".into(), sha256: "aa".into() };
        let wheel = distribution(&Fetched { origin, ..fetched(None) });
        assert_eq!(wheel.digest["sha256"], "aa");
    }
}
