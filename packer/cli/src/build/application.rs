//! The application in an archive: its name, its own files, and the programs among them.

use snakecrate_format::entry_path::EntryPath;

use super::facts::Facts;
use super::pack::{Prepared, Work};
use super::{Error, boot, include};
use crate::source::{Kind, LeftOut, Source, script_tree, zipapp_tree};
use crate::wheel::{self, Distribution, Script};
use snakecrate_base::APP;
use snakecrate_base::tree::{Mode, Tree};
use snakecrate_runtime::Imports;

/// The most files that the warning about files that are not packed names.
const NAMED: usize = 8;
/// Distributions that environments have for their own sake.
const TOOLS: [&str; 5] = ["pip", "setuptools", "uv", "virtualenv", "wheel"];

/// The application: the project, the script, or the wheel that gives the archive its name.
pub(super) struct Application {
    pub(super) name: String,
    pub(super) version: Option<String>,
    /// Files of the project, script or folder; a wheel is a component of its own.
    pub(super) tree: Tree,
    /// The programs among its files: names of entries, and the files.
    pub(super) files: Vec<(String, EntryPath)>,
    /// Other files that may be entries.
    pub(super) more_files: Vec<(String, EntryPath)>,
    /// Its package, if `python -m` starts it.
    pub(super) package: Option<String>,
    /// Whether it is a Django project with its `manage.py`.
    pub(super) is_django: bool,
    /// Facts about a project or wheel.
    pub(super) facts: Option<Facts>,
    /// Imports of `tree` without boot scripts: these import modules by name, but only those of the
    /// entries.
    pub(super) imports: Imports,
}

/// The files of a script, a folder or a zip file.
#[derive(Default)]
struct Files {
    tree: Tree,
    programs: Vec<(String, EntryPath)>,
    modules: Vec<(String, EntryPath)>,
    package: Option<String>,
    is_django: bool,
}

impl Work<'_> {
    /// The application of `source`.
    pub(super) fn application(
        &self,
        source: &Source,
        project: Option<Distribution>,
        wheels: &[Prepared],
    ) -> Result<Application, Error> {
        let include = |tree: &mut Tree| {
            let site = self.interpreter.site_packages();
            include::add_all(&self.settings.include, source, site, tree)
        };
        if let Some(mut project) = project {
            include(&mut project.tree)?;
            let facts = Facts::of(&project, &self.scanner)?;
            return Ok(Application {
                name: project.name,
                version: Some(project.version),
                tree: project.tree,
                files: Vec::new(),
                more_files: Vec::new(),
                package: None,
                is_django: false,
                imports: facts.imports.clone(),
                facts: Some(facts),
            });
        }
        let mut files = self.files(source)?;
        include(&mut files.tree)?;
        let imports = Imports::of(&files.tree, &self.scanner)?;
        let names_modules = !self.settings.entries.is_empty() || self.settings.first_run.is_some();
        if !matches!(source, Source::Script { .. }) || names_modules {
            self.insert_path_file(source, &mut files.tree)?;
        }
        let facts = main_wheel(source, wheels).map(|wheel| wheel.facts.clone());
        let (name, version) = match &facts {
            Some(facts) => (facts.name.clone(), Some(facts.version.clone())),
            None => (wheel::normalize(&source.name().unwrap_or_default()), None),
        };
        Ok(Application {
            name,
            version,
            tree: files.tree,
            files: files.programs,
            more_files: files.modules,
            package: files.package,
            is_django: files.is_django,
            facts,
            imports,
        })
    }

    fn files(&self, source: &Source) -> Result<Files, Error> {
        let stem = |path: &EntryPath| {
            let name = path.file_name();
            name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned()
        };
        Ok(match source {
            Source::Script { path, .. } => {
                let (file, mut tree) = script_tree(path, &self.scanner)?;
                tree.retain(|path, _| *path == file || !self.slim.is_unproven(path.as_str()));
                let name = file.file_name().strip_suffix(".py").unwrap_or(file.file_name());
                Files { tree, programs: vec![(name.to_owned(), file)], ..Files::default() }
            }
            Source::Zipapp { path } => {
                let (file, mut tree) = zipapp_tree(path, &self.unpacked)?;
                self.exclude(&mut tree, APP, &[&file]);
                let name = wheel::normalize(&source.name().unwrap_or_default());
                Files { tree, programs: vec![(name, file)], ..Files::default() }
            }
            Source::Folder(folder) => {
                let (mut tree, left_out) = folder.tree(&self.own_files())?;
                self.warn_of_left_out(&left_out);
                let named = |name: &String| {
                    let path = EntryPath::new(&format!("{}/{name}", folder.place())).ok()?;
                    Some((stem(&path), path))
                };
                let mut programs: Vec<_> = folder.programs.iter().filter_map(named).collect();
                if folder.kind != Kind::Scripts {
                    let name = wheel::normalize(&folder.name);
                    for (own, _) in &mut programs {
                        own.clone_from(&name);
                    }
                }
                let mut modules: Vec<_> = folder.modules.iter().filter_map(named).collect();
                let entries = programs.iter().chain(&modules).map(|(_, path)| path);
                self.exclude(&mut tree, &folder.place(), &entries.collect::<Vec<_>>());
                let package = (folder.kind == Kind::Package).then(|| folder.module());
                if package.is_some() {
                    (programs, modules) = (Vec::new(), Vec::new());
                }
                let is_django = folder.kind == Kind::Django;
                Files { tree, programs, modules, package, is_django }
            }
            _ => Files::default(),
        })
    }

    /// Removes files below `place` that `--exclude` matches, or that the proof did not load. The programs
    /// among them, `entries`, stay if they match nothing.
    fn exclude(&self, tree: &mut Tree, place: &str, entries: &[&EntryPath]) {
        tree.retain(|path, _| {
            let below = path.as_str().strip_prefix(place).and_then(|rest| rest.strip_prefix('/'));
            let place = if entries.contains(&path) { "" } else { path.as_str() };
            below.is_none_or(|below| self.slim.rule(place, below).is_none())
        });
    }

    /// The files that this build writes.
    fn own_files(&self) -> Vec<std::path::PathBuf> {
        let files = self.settings.output.iter().chain(&self.settings.report);
        files.filter_map(|file| std::path::absolute(file).ok()).collect()
    }

    fn warn_of_left_out(&self, left_out: &[LeftOut]) {
        let (warned, quiet): (Vec<_>, Vec<_>) =
            left_out.iter().partition(|one| one.reason.is_warned_of());
        for one in quiet {
            self.ui.detail(format_args!("not packed: {one}"));
        }
        if warned.is_empty() {
            return;
        }
        let first: Vec<String> = warned.iter().take(NAMED).map(ToString::to_string).collect();
        let more = match warned.len() - first.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        self.ui.warn_with_help(
            format_args!("not packed: {}{more}", first.join(", ")),
            "add what the application reads with --include PATH",
        );
    }

    fn insert_path_file(&self, source: &Source, tree: &mut Tree) -> Result<(), Error> {
        let site = self.interpreter.site_packages();
        let up = "../".repeat(site.split('/').count());
        let bad = |error: snakecrate_format::entry_path::BadPath| {
            Error::Archive(crate::archive::Error::Spec(error.to_string()))
        };
        if source.place().is_some() {
            let place = EntryPath::new(&format!("{site}/{}", boot::PATH_FILE)).map_err(bad)?;
            tree.insert_file(place, Mode::Plain, format!("{up}{APP}\n").into_bytes());
        }
        Ok(())
    }

    /// The scripts that are offered of a virtual environment without an application of its name: all
    /// but those of tools.
    pub(super) fn of_environment<'p>(source: &Source, wheels: &'p [Prepared]) -> Vec<&'p Script> {
        let Source::Environment { .. } = source else { return Vec::new() };
        let facts = wheels.iter().map(|wheel| &wheel.facts);
        let facts = facts.filter(|facts| !TOOLS.contains(&facts.name.as_str()));
        facts.flat_map(|facts| &facts.scripts).collect()
    }
}

/// The wheel that the archive is named after, where it isn't a project or files.
fn main_wheel<'p>(source: &Source, wheels: &'p [Prepared]) -> Option<&'p Prepared> {
    if source.place().is_some() || matches!(source, Source::Project { .. }) {
        return None;
    }
    let name = wheel::normalize(&source.name()?);
    wheels.iter().find(|wheel| wheel.facts.name == name)
}
