//! What a build knows about modules and libraries that its archive might lack.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::Error;
use super::application::Application;
use super::facts::Facts;
use super::hints::{Hints, Packed, Unprovided};
use super::pack::{Prepared, Work};
use crate::source::Source;
use snakecrate_audit::Report;
use snakecrate_base::below_app;
use snakecrate_runtime::{Called, Part, called};

impl Work<'_> {
    /// The modules that functions of the user's own code import, beside the modules of that code. Nobody asks for
    /// them without a proof.
    pub(super) fn called_modules(
        &self,
        source: &Source,
        app: &Application,
    ) -> Result<Vec<Called>, Error> {
        let is_own =
            matches!(source, Source::Project { .. } | Source::Script { .. } | Source::Folder(_));
        if !is_own || !self.settings.proof.run {
            return Ok(Vec::new());
        }
        let beside = app.tree.iter().filter_map(|(path, _)| below_app(path.as_str()));
        let beside: BTreeSet<&str> =
            beside.filter_map(|path| path.split(['/', '.']).next()).collect();
        let mut called = called(&app.tree, &self.scanner)?;
        called.retain(|one| !beside.contains(&*one.module));
        Ok(called)
    }

    /// The facts for [`Hints`]. `project` has those of a project that is packed.
    pub(super) fn hints(
        &self,
        source: Option<&Source>,
        project: Option<&Facts>,
        wheels: &[Prepared],
        left_out: Vec<Part>,
        report: &Report,
        called: Vec<Called>,
    ) -> Hints {
        let packed = |facts: &Facts, is_project| Packed {
            name: facts.name.clone(),
            version: facts.version.clone(),
            top_level: facts.top_level.clone(),
            extras: facts.extras.clone(),
            is_project,
        };
        let unprovided = report.missing().flat_map(|library| {
            library.needed_by.iter().map(|place| Unprovided {
                library: library.name.clone(),
                component: place.component.clone(),
                object: place.path.clone(),
            })
        });
        let python = self.interpreter;
        Hints {
            packed: project
                .into_iter()
                .map(|facts| packed(facts, true))
                .chain(wheels.iter().map(|wheel| packed(&wheel.facts, false)))
                .collect(),
            unprovided: unprovided.collect(),
            left_out,
            stdlib: [&python.stdlib, &python.dynload]
                .into_iter()
                .filter(|p| p.is_absolute())
                .cloned()
                .collect(),
            installed: installed(source, &python.stdlib),
            how_to_add: how_to_add(source),
            called,
        }
    }
}

/// What the user does to add a distribution to `source`.
fn how_to_add(source: Option<&Source>) -> String {
    match source {
        Some(Source::Script { path, .. }) => {
            let listed = path.with_file_name("requirements.txt");
            let file = if listed.is_file() {
                format!("use -r {}, or ", listed.display())
            } else {
                String::new()
            };
            format!(
                "{file}name its distribution in the script's `# /// script` block, or with --with"
            )
        }
        Some(Source::Project { .. } | Source::Folder(_)) => {
            "add its distribution to the dependencies in pyproject.toml, or use --with".into()
        }
        _ => "name its distribution with --with".into(),
    }
}

/// The directories of distributions that are installed for this project: in its virtual
/// environment, in the one that is active, and in the interpreter's own directory.
fn installed(source: Option<&Source>, stdlib: &std::path::Path) -> Vec<PathBuf> {
    let beside = match source {
        Some(Source::Project { directory, .. }) => Some(directory.join(".venv")),
        Some(Source::Folder(folder)) => Some(folder.directory.join(".venv")),
        Some(Source::Script { path, .. }) => path.parent().map(|parent| parent.join(".venv")),
        _ => None,
    };
    let active = std::env::var_os("VIRTUAL_ENV").map(PathBuf::from);
    let environments = beside.into_iter().chain(active).flat_map(|environment| {
        let versions = std::fs::read_dir(environment.join("lib")).into_iter().flatten().flatten();
        let mut sites: Vec<_> =
            versions.map(|version| version.path().join("site-packages")).collect();
        sites.sort();
        sites
    });
    environments.chain([stdlib.join("site-packages")]).filter(|site| site.is_dir()).collect()
}
