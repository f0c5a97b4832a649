//! Runtime files, and what an archive without a runtime needs of one.

use std::str::FromStr as _;

use pep440_rs::{Version, VersionSpecifiers};
use snakecrate_audit::{self as audit, Object, Report};
use snakecrate_base::python::Interpreter;
use snakecrate_format::manifest::{CLibrary, ExternalRuntime, Kind, Launch, Python, Role};
use snakecrate_runtime::{IncludedLibs, Policy};

use super::assemble::component;
use super::facts::Facts;
use super::pack::Work;
use super::requires::{Asked, Declared, Requirements};
use super::sbom_parts::sbom_document;
use super::{Bundled, Error};
use crate::archive::{About, ArchiveSpec, AttachmentSpec, ComponentSpec};
use crate::marker_environment;
use crate::settings::LibcChoice;

impl Work<'_> {
    /// Makes a runtime file of the interpreter.
    pub(super) fn plan_runtime_file(&self) -> Result<ArchiveSpec, Error> {
        let settings = self.settings;
        let included = IncludedLibs::find(&settings.include_lib, self.interpreter, self.ui)?;
        let progress = self.ui.bytes("Packing", 0);
        let runtime = self.runtime(&self.policy_of_all(), &included, &progress)?;
        drop(progress);
        let report = self.audit_runtime(&runtime.objects);
        for problem in report.problems.iter().skip(1) {
            self.ui.warn(problem);
        }
        audit::Error::check(&report)?;
        self.ui.step("Audited", report.line());
        let mut components = self.runtime_components(runtime);
        let c_library = self.c_library_for_all(&report)?.map(|bundled| {
            let Bundled { version, packed, facts } = bundled;
            components.push(component(Kind::CLibrary, "glibc", &version, packed));
            facts
        });
        self.runtime_file(components, c_library)
    }

    /// The policy of a runtime for all applications; fails if an option is about the runtime and would
    /// have no effect on the file of another build.
    pub(super) fn policy_for_all(&self) -> Result<Policy, Error> {
        let settings = self.settings;
        for (is_given, option) in [
            (!settings.include_lib.is_empty(), "--include-lib"),
            (settings.libc == LibcChoice::Bundled, "--libc bundled"),
            (settings.runtime_minimal, "--runtime-minimal"),
        ] {
            if is_given {
                return Err(Error::External { option });
            }
        }
        Ok(self.policy_of_all())
    }

    pub(super) fn policy_of_all(&self) -> Policy {
        let Self { settings, .. } = self;
        Policy {
            keep: settings.runtime_keep.clone(),
            drop: settings.runtime_drop.clone(),
            ..Policy::default()
        }
    }

    /// Audits the native code of a runtime alone.
    pub(super) fn audit_runtime(&self, objects: &[Object]) -> Report {
        self.audit_alone(&self.interpreter.implementation, objects.to_vec(), std::iter::empty())
    }

    /// The contents of a runtime file with these components.
    pub(super) fn runtime_file(
        &self,
        components: Vec<ComponentSpec>,
        c_library: Option<CLibrary>,
    ) -> Result<ArchiveSpec, Error> {
        let python = self.interpreter;
        let (name, version) = (&python.implementation, &python.full_version);
        let package = python.package.as_ref();
        let sbom = sbom_document(name, Some(version), &components, package, None, &[]);
        let packages = self.host_packages(&components)?;
        Ok(ArchiveSpec {
            role: Role::Runtime,
            name: name.clone(),
            version: Some(version.clone()),
            about: About::default(),
            target: python.target,
            python: Python { abi: Some(python.abi()), ..self.python()? },
            runtime: None,
            launch: Launch::default(),
            c_library,
            entries: Vec::new(),
            components,
            attachments: std::iter::once(AttachmentSpec::sbom(sbom)).chain(packages).collect(),
        })
    }

    /// Takes the runtime out of the `components` of an archive, with the C library: they become the
    /// contents of a runtime file.
    pub(super) fn split_runtime(
        &self,
        components: &mut Vec<ComponentSpec>,
        c_library: &mut Option<CLibrary>,
    ) -> Result<ArchiveSpec, Error> {
        let all = std::mem::take(components).into_iter();
        let (of_runtime, own) = all.partition(|one| one.kind.is_in_runtime_file());
        *components = own;
        self.runtime_file(of_runtime, c_library.take())
    }

    /// The needs of an archive of these distributions: `alone` is the audit of its native code, `stated`
    /// are the versions of Python that its source allows.
    pub(super) fn external_runtime(
        &self,
        alone: &Report,
        stated: Vec<VersionSpecifiers>,
        all: &[&Facts],
        asked: &Asked,
        parts: Vec<String>,
    ) -> ExternalRuntime {
        let of_wheels = all.iter().filter_map(|facts| facts.requires_python.as_deref());
        let of_wheels = of_wheels.filter_map(|text| VersionSpecifiers::from_str(text).ok());
        let allowed: Vec<_> = of_wheels.chain(stated).collect();
        let declared: Vec<_> = all.iter().map(|facts| facts.declared()).collect();
        let at_least = lowest_patch(self.interpreter, &allowed, &declared, asked);
        ExternalRuntime { at_least, needs: self.needs_of(alone), parts }
    }
}

/// The lowest patch release from which on, up to that of `python`, each release is in all `allowed`
/// versions, and nothing is required that isn't packed.
fn lowest_patch(
    python: &Interpreter,
    allowed: &[VersionSpecifiers],
    declared: &[Declared<'_>],
    asked: &Asked,
) -> String {
    let unmet = |version: &str| {
        let environment = marker_environment::of_version(python, version);
        Requirements::new(declared.iter().copied(), asked, &environment).unmet()
    };
    let known = unmet(&python.full_version);
    let is_allowed = |version: &String| {
        let Ok(release) = Version::from_str(version) else { return false };
        allowed.iter().all(|versions| versions.contains(&release))
            && unmet(version).is_subset(&known)
    };
    let (major, minor, patch) = python.version;
    let earlier = (0..patch).rev().map(|patch| format!("{major}.{minor}.{patch}"));
    earlier.take_while(is_allowed).last().unwrap_or_else(|| python.full_version.clone())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn lowest(allowed: &[&str], requires: &[&str]) -> String {
        let python = Interpreter {
            version: (3, 11, 7),
            full_version: "3.11.7".into(),
            ..snakecrate_base::testing::python_at(Path::new("/usr"))
        };
        let allowed: Vec<_> =
            allowed.iter().map(|text| VersionSpecifiers::from_str(text).unwrap()).collect();
        let requires: Vec<String> = requires.iter().map(|&text| text.to_owned()).collect();
        let declared = Declared { name: "app", version: "1", requires: &requires, provides: &[] };
        lowest_patch(&python, &allowed, &[declared], &Asked::default())
    }

    #[test]
    fn each_release_up_to_the_interpreters_own_has_to_be_allowed() {
        assert_eq!(lowest(&[">=3.9"], &[]), "3.11.0");
        assert_eq!(lowest(&[">=3.9", ">=3.11.4"], &[]), "3.11.4");
        assert_eq!(lowest(&[">=3.9,!=3.11.5"], &[]), "3.11.6");
        assert_eq!(lowest(&[">=3.11.8"], &[]), "3.11.7", "the build has its own rule for that");
    }

    #[test]
    fn a_release_that_requires_what_is_not_packed_is_too_low() {
        assert_eq!(lowest(&[], &["backport; python_full_version < '3.11.3'"]), "3.11.3");
        assert_eq!(lowest(&[], &["backport; python_version < '3.11'"]), "3.11.0");
        assert_eq!(lowest(&[], &["absent"]), "3.11.0", "no release has it, and that is allowed");
    }
}
