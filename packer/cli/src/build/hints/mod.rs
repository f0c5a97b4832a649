//! Advice on what an archive lacks: the distribution of a module, the flag for a library.
//!
//! A failed start names a module or a library. Where the build knows who has it, [`Hints::advice`]
//! says so; where it doesn't, there is no advice: a guessed name could be anybody's package.

mod installed;
mod lacking;
mod names;

use std::path::PathBuf;

use snakecrate_runtime::{Called, Part};

pub use lacking::Lacking;

/// Modules of the standard libraries of other systems, which code asks for after it has asked for the system.
const ELSEWHERE: [&str; 9] =
    ["_scproxy", "_winapi", "_winreg", "java", "msvcrt", "nt", "ntpath", "winreg", "winsound"];

/// What a build knows about modules and libraries.
#[derive(Debug, Clone, Default)]
pub struct Hints {
    /// The packed distributions.
    pub packed: Vec<Packed>,
    /// The libraries that nobody provides.
    pub unprovided: Vec<Unprovided>,
    /// The parts of the standard library that were left out.
    pub left_out: Vec<Part>,
    /// The directories of the packed interpreter's standard library and of its extension modules.
    pub stdlib: Vec<PathBuf>,
    /// Directories of distributions that are installed here, such as that of the project's virtual
    /// environment. They are read when a module is looked for.
    pub installed: Vec<PathBuf>,
    /// What the user does to add a distribution to this source, in the imperative.
    pub how_to_add: String,
    /// The modules that functions of the user's own code import.
    pub called: Vec<Called>,
}

/// A packed distribution.
#[derive(Debug, Clone, Default)]
pub struct Packed {
    /// Its normalised name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its importable names at the top of `site-packages`.
    pub top_level: Vec<String>,
    /// Its extras with the normalised names of the distributions that each adds.
    pub extras: Vec<(String, String)>,
    /// Whether it is the project that is packed, whose extras are chosen with `--extra`.
    pub is_project: bool,
}

/// A library that nobody provides, and a file that needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unprovided {
    /// The library: `libmpi.so.40`.
    pub library: String,
    /// The component of the file.
    pub component: String,
    /// The file in it.
    pub object: String,
}

/// Advice: two sentences, without a full stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// The cause.
    pub cause: String,
    /// What to do about it, in the imperative.
    pub remedy: String,
}

impl Hints {
    /// Advice on a failure that wrote `output`: a traceback, or the message of a loader. `None` if
    /// it names nothing that is lacking, or if nothing is known about that.
    pub fn advice(&self, output: &str) -> Option<Advice> {
        match Lacking::named_in(output)? {
            Lacking::Module(module) => self.module(&module).or_else(|| self.undeclared(&module)),
            Lacking::Library(library) => Some(self.library(&library)),
            Lacking::Version { library, version } => Some(newer_library(&library, &version)),
        }
    }

    /// Advice on the module of this dotted name, which cannot be found.
    pub fn module(&self, module: &str) -> Option<Advice> {
        self.in_runtime(module)
            .or_else(|| self.in_packed(module))
            .or_else(|| self.in_extra(module))
            .or_else(|| self.in_installed(module))
            .or_else(|| {
                let name = names::distribution(module)?;
                Some(add(format!("the module {module} is in {name}, which isn't packed"), name))
            })
    }

    /// The modules that functions import and nothing in the archive has, each with the first of the files
    /// `loaded` in which one does, and what to do about it. Those of an extra that was not asked for are left
    /// out, and those that were `imported`.
    pub fn lacking_in_functions(
        &self,
        loaded: impl Fn(&str) -> bool,
        imported: impl Fn(&str) -> bool,
    ) -> Vec<(&Called, Advice)> {
        let mut found: Vec<(&Called, Advice)> = Vec::new();
        for one in self.called.iter().filter(|one| loaded(&one.path)) {
            let is_known = found.last().is_some_and(|(last, _)| last.module == one.module);
            let is_here = || {
                ELSEWHERE.contains(&&*one.module)
                    || !self.is_foreign(&one.module)
                    || imported(&one.module)
            };
            if is_known || is_here() || self.in_extra(&one.module).is_some() {
                continue;
            }
            let advice = self.module(&one.module).or_else(|| self.undeclared(&one.module));
            found.extend(advice.map(|advice| (one, advice)));
        }
        found
    }

    /// Advice on a module that nothing in the archive has, and of which nobody knows the distribution.
    fn undeclared(&self, module: &str) -> Option<Advice> {
        self.is_foreign(module).then(|| Advice {
            cause: format!("no packed distribution has the module {}", top_of(module)),
            remedy: self.how_to_add.clone(),
        })
    }

    /// Whether neither the standard library nor any packed distribution has the package of this module.
    pub fn is_foreign(&self, module: &str) -> bool {
        let top = top_of(module);
        let is_packed = self.packed.iter().any(|one| one.top_level.iter().any(|name| name == top));
        !is_packed && self.in_runtime(module).is_none()
    }

    /// Advice on the library of this name, which the loader doesn't find.
    pub fn library(&self, library: &str) -> Advice {
        let known = self.unprovided.iter().find(|one| one.library == library);
        let cause = match known {
            Some(one) => format!("{} needs {library} ({})", one.component, one.object),
            None => format!("{library} isn't in the archive, and this machine has none"),
        };
        let remedy = format!(
            "install {library} here and bundle it with --include-lib {library}; without --include-lib, each host has to have it"
        );
        Advice { cause, remedy }
    }

    /// A part of the standard library that was left out, or that this Python was built without.
    fn in_runtime(&self, module: &str) -> Option<Advice> {
        if let Some(part) = self.left_out.iter().find(|part| part.is_needed_by(module)) {
            return Some(Advice {
                cause: format!("{part} was left out of the standard library"),
                remedy: format!("use --runtime-keep {part}"),
            });
        }
        let top = top_of(module);
        if self.stdlib.iter().any(|directory| installed::has_module(directory, top)) {
            return Some(Advice {
                cause: format!("{module} of the standard library was left out"),
                remedy: format!("use --runtime-keep {top}"),
            });
        }
        Part::all().find(|part| part.is_needed_by(module)).map(|part| Advice {
            cause: format!("the packed Python was built without {part}"),
            remedy: "choose another one with --python".into(),
        })
    }

    /// A packed distribution that has the package, but not the module.
    fn in_packed(&self, module: &str) -> Option<Advice> {
        let top = top_of(module);
        // Several distributions can share a namespace; then none of them is to blame.
        let mut having =
            self.packed.iter().filter(|packed| packed.top_level.iter().any(|t| t == top));
        let Packed { name, version, .. } = having.next()?;
        if top == module || having.next().is_some() {
            return None;
        }
        Some(Advice {
            cause: format!("{name} {version} is packed, and has no module {module}"),
            remedy: format!(
                "correct the module's name, or require a version of {name} that has it"
            ),
        })
    }

    /// A distribution that an extra of a packed one adds.
    fn in_extra(&self, module: &str) -> Option<Advice> {
        let named = names::distribution(module).map(crate::wheel::normalize);
        let is_it = |wanted: &str| {
            named.as_deref() == Some(wanted)
                || prefixes(module).any(|prefix| crate::wheel::normalize(prefix) == wanted)
        };
        self.packed.iter().find_map(|packed| {
            let (extra, adds) = packed.extras.iter().find(|(_, adds)| is_it(adds))?;
            let Packed { name, is_project, .. } = packed;
            let cause = format!("the extra `{extra}` of {name} has {module}, and isn't packed");
            let remedy = if *is_project {
                format!("use --extra {extra}")
            } else {
                format!("require {name}[{extra}], or use --with '{adds}'")
            };
            Some(Advice { cause, remedy })
        })
    }

    /// A distribution that is installed on this machine.
    fn in_installed(&self, module: &str) -> Option<Advice> {
        self.installed.iter().find_map(|directory| {
            let name = installed::distribution_of(directory, module)?;
            let normalised = crate::wheel::normalize(&name);
            if self.packed.iter().any(|packed| packed.name == normalised) {
                return None;
            }
            let place = directory.display();
            Some(add(
                format!("the module {module} is in {name}, which is in {place} but isn't packed"),
                &name,
            ))
        })
    }
}

/// Advice to add a distribution.
fn add(cause: String, name: &str) -> Advice {
    Advice { cause, remedy: format!("add {name} to the dependencies, or use --with {name}") }
}

fn newer_library(library: &str, version: &str) -> Advice {
    Advice {
        cause: format!("{library} of this machine is older than {version}, which is required"),
        remedy: "build on a newer system, or use a release for older ones".into(),
    }
}

/// The first part of a dotted name.
fn top_of(module: &str) -> &str {
    module.split('.').next().unwrap_or(module)
}

/// A dotted name and the names before each of its dots, longest first.
fn prefixes(module: &str) -> impl Iterator<Item = &str> {
    let dots = module.rmatch_indices('.').map(|(at, _)| at);
    std::iter::once(module.len()).chain(dots).map(|end| &module[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_that_only_calls_import_are_named_once_where_they_are_loaded() {
        let packed = Packed {
            name: "demo".into(),
            top_level: vec!["demo".into()],
            extras: vec![("plot".into(), "matplotlib".into())],
            is_project: true,
            ..Packed::default()
        };
        let called = |module: &str, path: &str| Called { module: module.into(), path: path.into() };
        let called = vec![
            called("demo", "demo/a.py"),
            called("matplotlib", "demo/a.py"),
            called("msvcrt", "demo/a.py"),
            called("odd", "demo/a.py"),
            called("odd", "demo/b.py"),
            called("provided", "demo/a.py"),
            called("yaml", "demo/a.py"),
            called("yaml", "demo/tests.py"),
            called("zope", "demo/tests.py"),
        ];
        let hints = Hints {
            packed: vec![packed],
            how_to_add: "use --with".into(),
            called,
            ..Hints::default()
        };
        let found = hints
            .lacking_in_functions(|path| path != "demo/tests.py", |module| module == "provided");
        let found: Vec<_> =
            found.iter().map(|(one, advice)| (&*one.module, &*one.path, &*advice.remedy)).collect();
        assert_eq!(found[0], ("odd", "demo/a.py", "use --with"));
        assert_eq!((found[1].0, found[1].1, found.len()), ("yaml", "demo/a.py", 2));
        assert!(found[1].2.contains("PyYAML"), "{found:?}");
    }

    fn packed(name: &str, top_level: &[&str], extras: &[(&str, &str)]) -> Packed {
        Packed {
            name: name.into(),
            version: "1.0".into(),
            top_level: top_level.iter().map(|&name| name.into()).collect(),
            extras: extras.iter().map(|&(extra, adds)| (extra.into(), adds.into())).collect(),
            is_project: false,
        }
    }

    fn remedy(hints: &Hints, module: &str) -> Option<String> {
        let output = format!("Traceback …\nModuleNotFoundError: No module named '{module}'\n");
        hints.advice(&output).map(|advice| advice.remedy)
    }

    #[test]
    fn a_module_is_reported_with_the_distribution_of_another_name() {
        let advice = Hints::default().module("yaml").unwrap();
        assert_eq!(advice.cause, "the module yaml is in PyYAML, which isn't packed");
        assert_eq!(advice.remedy, "add PyYAML to the dependencies, or use --with PyYAML");
        assert_eq!(
            Hints::default().module("google.protobuf.message"),
            Some(Advice {
                cause: "the module google.protobuf.message is in protobuf, which isn't packed"
                    .into(),
                remedy: "add protobuf to the dependencies, or use --with protobuf".into(),
            })
        );
        assert_eq!(Hints::default().module("nobody_knows"), None);
    }

    #[test]
    fn extras_that_are_not_packed_are_named() {
        let hints = Hints {
            packed: vec![packed(
                "uvicorn",
                &["uvicorn"],
                &[("standard", "pyyaml"), ("standard", "uvloop")],
            )],
            ..Hints::default()
        };
        assert_eq!(
            remedy(&hints, "uvloop").unwrap(),
            "require uvicorn[standard], or use --with 'uvloop'"
        );
        assert!(remedy(&hints, "yaml").unwrap().starts_with("require uvicorn[standard]"));
        let mut own = hints.clone();
        own.packed[0].is_project = true;
        assert_eq!(remedy(&own, "uvloop").unwrap(), "use --extra standard");
    }

    #[test]
    fn a_packed_distribution_without_the_module_is_named() {
        let one = packed("flask", &["flask"], &[]);
        let hints = Hints { packed: vec![one.clone()], ..Hints::default() };
        let advice = hints.module("flask.nope").unwrap();
        assert_eq!(advice.cause, "flask 1.0 is packed, and has no module flask.nope");
        // Two distributions share the namespace.
        let hints = Hints { packed: vec![one.clone(), one], ..Hints::default() };
        assert_eq!(hints.module("flask.nope"), None);
    }

    #[test]
    fn parts_of_the_runtime_are_named_with_their_flag() {
        let hints = Hints { left_out: vec![Part::Sqlite3], ..Hints::default() };
        assert_eq!(remedy(&hints, "_sqlite3").unwrap(), "use --runtime-keep sqlite3");
        let advice = Hints::default().module("tkinter.ttk").unwrap();
        assert_eq!(advice.cause, "the packed Python was built without tkinter");
        let stdlib = tempfile::tempdir().unwrap();
        std::fs::write(stdlib.path().join("turtledemo.py"), "").unwrap();
        let hints = Hints { stdlib: vec![stdlib.path().into()], ..Hints::default() };
        assert_eq!(remedy(&hints, "turtledemo.x").unwrap(), "use --runtime-keep turtledemo");
    }

    #[test]
    fn an_installed_distribution_has_the_module() {
        let site = tempfile::tempdir().unwrap();
        let info = site.path().join("Company_Tools-2.0.dist-info");
        std::fs::create_dir(&info).unwrap();
        let record =
            "company/tools/__init__.py,sha256=x,1\ncompany/x.cpython-312-x86_64-linux-gnu.so,,\n";
        std::fs::write(info.join("RECORD"), record).unwrap();
        std::fs::write(info.join("METADATA"), "Name: Company.Tools\nVersion: 2.0\n\n").unwrap();
        let mut hints = Hints { installed: vec![site.path().into()], ..Hints::default() };
        for module in ["company.tools.a", "company.x", "company"] {
            let remedy = remedy(&hints, module).unwrap();
            assert!(remedy.ends_with("use --with Company.Tools"), "{module}: {remedy}");
        }
        assert_eq!(hints.module("company2"), None);
        hints.packed.push(packed("company-tools", &["company"], &[]));
        assert_eq!(remedy(&hints, "company"), None);
    }

    #[test]
    fn a_module_of_an_unknown_distribution_leads_to_where_it_is_declared() {
        let hints = Hints { how_to_add: "use --with".into(), ..Hints::default() };
        let error = "ModuleNotFoundError: No module named 'nobody.knows'\n";
        let advice = hints.advice(error).unwrap();
        assert_eq!(advice.cause, "no packed distribution has the module nobody");
        assert_eq!(advice.remedy, "use --with");
        let hints = Hints { packed: vec![packed("a", &["nobody"], &[])], ..hints };
        assert_eq!(
            hints.advice(error).unwrap().cause,
            "a 1.0 is packed, and has no module nobody.knows"
        );
    }

    #[test]
    fn a_library_is_named_with_who_needs_it_and_the_flag() {
        let unprovided = Unprovided {
            library: "libmpi.so.40".into(),
            component: "torch".into(),
            object: "lib/torch.so".into(),
        };
        let hints = Hints { unprovided: vec![unprovided], ..Hints::default() };
        let error =
            "ImportError: libmpi.so.40: cannot open shared object file: No such file or directory";
        let advice = hints.advice(error).unwrap();
        assert_eq!(advice.cause, "torch needs libmpi.so.40 (lib/torch.so)");
        assert!(advice.remedy.contains("--include-lib libmpi.so.40"), "{}", advice.remedy);
        assert!(
            hints
                .advice(&error.replace("mpi", "ucp"))
                .unwrap()
                .cause
                .starts_with("libucp.so.40 isn't")
        );
    }
}
