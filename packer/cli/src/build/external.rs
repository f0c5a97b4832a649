//! Runtime files, and what an archive without a runtime needs of one.

use std::str::FromStr as _;

use pep440_rs::{Version, VersionSpecifiers};
use snakecrate_audit::{self as audit, Object, Report};
use snakecrate_format::manifest::{CLibrary, Kind, Launch, Python, Role};
use snakecrate_runtime::{IncludedLibs, Policy};

use super::assemble::component;
use super::facts::Facts;
use super::pack::Work;
use super::requires::{Asked, Requirements};
use super::sbom_parts::sbom_document;
use super::{Bundled, Error};
use crate::archive::{About, ArchiveSpec, AttachmentSpec, ComponentSpec};
use crate::marker_environment;
use crate::settings::LibcChoice;
use crate::source::Source;

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

    fn policy_of_all(&self) -> Policy {
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
            attachments: vec![AttachmentSpec::sbom(sbom)],
        })
    }

    /// The lowest patch release that the distributions allow: from it to the interpreter's own, each
    /// allows the release, and requires nothing that isn't packed.
    pub(super) fn lowest_patch(
        &self,
        source: &Source,
        all: &[&Facts],
        asked: &Asked,
    ) -> Result<String, Error> {
        let python = self.interpreter;
        let of_source = source.requires_python()?;
        let of_wheels = all.iter().filter_map(|facts| facts.requires_python.as_deref());
        let allowed: Vec<VersionSpecifiers> = of_wheels
            .filter_map(|text| VersionSpecifiers::from_str(text).ok())
            .chain(of_source)
            .collect();
        let unmet = |version: &str| {
            let environment = marker_environment::of_version(python, version);
            Requirements::new(all.iter().map(|facts| facts.declared()), asked, &environment).unmet()
        };
        let known = unmet(&python.full_version);
        let is_allowed = |version: &String| {
            let Ok(release) = Version::from_str(version) else { return false };
            allowed.iter().all(|versions| versions.contains(&release))
                && unmet(version).is_subset(&known)
        };
        let (major, minor, patch) = python.version;
        let earlier = (0..patch).rev().map(|patch| format!("{major}.{minor}.{patch}"));
        let lowest = earlier.take_while(is_allowed).last();
        Ok(lowest.unwrap_or_else(|| python.full_version.clone()))
    }
}
