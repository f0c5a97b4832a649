//! A report for people.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};

use snakecrate_base::ui::{Count, table};
use snakecrate_format::target::Processor;

use crate::provide::Provider;
use crate::report::{Absent, Floor, Library, Pages, Place, Problem, Report};
use crate::version::Glibc;

/// The number of names in one line; the rest is counted.
const NAMED: usize = 6;

/// Whether a verdict names the component that requires the newest glibc.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blame {
    Yes,
    No,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Machine { place, machine, wanted } => {
                write!(f, "{place} is for {machine}, not for {wanted}")
            }
            Self::Damaged { place } => write!(f, "{place} is a damaged ELF file"),
            Self::Musl { place } => write!(f, "{place} is for musl, the rest for glibc"),
            Self::Missing { libraries } => f.write_str(&missing(libraries)),
            Self::Glibc { place, wanted, allowed, more } => {
                write!(f, "{place} requires GLIBC_{wanted}, but at most {allowed} is allowed")?;
                if *more > 0 { write!(f, " ({more} more of its files)") } else { Ok(()) }
            }
            Self::Libstdcxx { place, wanted, has } => write!(
                f,
                "{place} requires GLIBCXX_{wanted}, but the archive's libstdc++ has only {has}"
            ),
        }
    }
}

/// The result in one line.
pub(crate) fn verdict(report: &Report, blame: Blame) -> String {
    if report.files == 0 {
        return "requires nothing: there is no native code".into();
    }
    let is_foreign = |problem: &&Problem| matches!(problem, Problem::Machine { .. });
    if report.problems.iter().filter(is_foreign).count() == report.files {
        return format!("does not run on {}", report.options.target.processor);
    }
    let uses = |provider: Provider| report.libraries.iter().any(|l| l.provider == provider);
    let mut requires = Vec::new();
    if let Some(Floor { version, place }) = &report.glibc {
        let component = match blame {
            Blame::Yes if !place.component.is_empty() => format!(" ({})", place.component),
            _ => String::new(),
        };
        requires.push(format!("glibc \u{2265} {}{component}", version.glibc()));
    } else if uses(Provider::CLibrary) {
        requires.push("glibc".to_owned());
    }
    if uses(Provider::Musl) {
        requires.push("musl".to_owned());
    }
    if let Some(level) = report.level.needed.filter(|level| *level > 1) {
        requires.push(format!("an x86-64-v{level} processor"));
    }
    if let Some(pages) = &report.pages {
        requires.push(format!("a kernel with pages of at most {} KiB", pages.largest >> 10));
    }
    let mut text = if requires.is_empty() {
        "requires no C library".to_owned()
    } else {
        format!("requires {}", requires.join(" and "))
    };
    let libraries = |wanted: &dyn Fn(&Library) -> bool| -> Vec<String> {
        let wanted = report.libraries.iter().filter(|library| wanted(library));
        let mut names: Vec<_> = wanted.map(|library| library.name.clone()).collect();
        names.dedup();
        names
    };
    let from_host = |l: &Library| matches!(l.provider, Provider::Compiler | Provider::Host);
    let is_missing = |l: &Library| l.provider == Provider::Missing && l.required;
    for (what, all) in
        [("from the host", libraries(&from_host)), ("missing", libraries(&is_missing))]
    {
        if !all.is_empty() {
            let written = write!(text, "; {what}: {}", names(&all));
            debug_assert!(written.is_ok(), "writing to a string cannot fail");
        }
    }
    text
}

/// The first of these names, and the number of the others.
pub(crate) fn names(all: &[String]) -> String {
    let named = all.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    let more = all.len().saturating_sub(NAMED);
    if more > 0 { format!("{named} and {more} more") } else { named }
}

/// The problem of required libraries that no one provides.
pub(crate) fn missing(libraries: &[Absent]) -> String {
    if let [Absent { library, place }] = libraries {
        return format!("{library} is missing: {} needs it ({})", place.component, place.path);
    }
    let all: Vec<_> = libraries.iter().map(|absent| absent.library.clone()).collect();
    let components = components(libraries.iter().map(|absent| &absent.place));
    format!(
        "{} are missing, which {} {}: {}",
        Libraries(libraries.len()),
        names(&components),
        if components.len() == 1 { "needs" } else { "need" },
        names(&all)
    )
}

/// The warning about libraries that may turn out not to be needed.
pub(crate) fn absent(libraries: &[&Library]) -> String {
    let places = || libraries.iter().flat_map(|library| &library.needed_by);
    let files: BTreeSet<_> = places().collect();
    let components = names(&components(places()));
    if let [library] = libraries {
        let files = Count(files.len(), "file");
        return format!("{components}: {} is missing for {files}", library.name);
    }
    format!(
        "{components}: {} are missing for {}; `snakecrate audit` lists them",
        Libraries(libraries.len()),
        Count(files.len(), "file")
    )
}

/// The names of the components of `places`, each once.
fn components<'a>(places: impl Iterator<Item = &'a Place>) -> Vec<String> {
    let all: BTreeSet<_> = places.map(|place| place.component.clone()).collect();
    all.into_iter().collect()
}

/// A number of libraries.
struct Libraries(usize);

impl fmt::Display for Libraries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0, if self.0 == 1 { "library" } else { "libraries" })
    }
}

impl Report {
    /// The verdict with the component that requires the newest glibc, and the bundled glibc.
    pub fn line(&self) -> String {
        let verdict = verdict(self, Blame::Yes);
        match &self.bundles {
            Some(bundled) => format!("{verdict}; {bundled}"),
            None => verdict,
        }
    }

    /// The report as JSON, with a newline at the end.
    pub fn json(&self) -> String {
        snakecrate_base::document::text(self)
    }

    /// The report for people.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut line = |what: std::fmt::Arguments<'_>| {
            let written = writeln!(text, "{what}");
            debug_assert!(written.is_ok(), "writing to a string cannot fail");
        };
        line(format_args!("{}: {}", self.subject, self.verdict));
        if let Some(bundled) = &self.bundles {
            line(format_args!("{bundled}"));
        }
        for (family, floor) in [
            ("GLIBC", &self.glibc),
            ("GLIBCXX", &self.glibcxx),
            ("CXXABI", &self.cxxabi),
            ("GCC", &self.gcc),
        ] {
            if let Some(Floor { version, place }) = floor {
                line(format_args!("{:<20}{place}", format!("{family}_{version}")));
            }
        }
        if let Some(level) = self.level_line() {
            line(format_args!("{level}"));
        }
        if let Some(pages) = &self.pages {
            let Pages { largest, place, files } = pages;
            let more = match files - 1 {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let most = format!("pages \u{2264} {} KiB", largest >> 10);
            line(format_args!("{most:<20}{place}{more}"));
        }
        for table in [self.components_table(), self.libraries_table()].into_iter().flatten() {
            line(format_args!(""));
            for row in table.to_string().lines() {
                line(format_args!("{}", row.trim_end()));
            }
        }
        let problems = self.problems.iter().map(|problem| format!("error: {problem}"));
        let warnings = self.warnings.iter().map(|warning| format!("warning: {warning}"));
        let mut remarks = problems.chain(warnings).peekable();
        if remarks.peek().is_some() {
            line(format_args!(""));
        }
        for remark in remarks {
            line(format_args!("{remark}"));
        }
        text
    }

    /// The processor: the x86-64 level, as far as files declare one.
    fn level_line(&self) -> Option<String> {
        if self.files == 0 {
            return None;
        }
        if self.options.target.processor != Processor::X86_64 {
            let what = format!("{} features", self.options.target.processor);
            return Some(format!("{what:<20}unknown: no file declares them"));
        }
        let (Some(level), Some(file)) = (self.level.needed, &self.level.file) else {
            return Some(format!("{:<20}unknown: no file declares one", "x86-64 level"));
        };
        let line = format!("{:<20}{file}", format!("x86-64-v{level}"));
        Some(match self.level.unknown {
            0 => line,
            unknown => {
                let unknown = Count(unknown, "file");
                format!("{line}; {unknown} of {} declare none", self.files)
            }
        })
    }

    fn components_table(&self) -> Option<comfy_table::Table> {
        let native: Vec<_> = self.components.iter().filter(|want| want.files > 0).collect();
        let mut table = table(&["component", "files", "glibc", "libstdc++", "policy", "tags"]);
        for want in &native {
            let version = |floor: &Option<Floor>| {
                floor.as_ref().map_or_else(|| "-".into(), |floor| floor.version.to_string())
            };
            let policy = want.policy.map_or_else(
                || "-".into(),
                |Glibc(major, minor)| format!("manylinux_{major}_{minor}"),
            );
            table.add_row([
                want.name.clone(),
                want.files.to_string(),
                version(&want.glibc),
                version(&want.glibcxx),
                policy,
                want.tags.join(" "),
            ]);
        }
        (!native.is_empty()).then_some(table)
    }

    fn libraries_table(&self) -> Option<comfy_table::Table> {
        let mut table = table(&["library", "provided by", "needed by"]);
        for library in &self.libraries {
            let provider = match &library.provider {
                Provider::Archive { component, path, by_name } => {
                    let by_name = if *by_name { " (by its name only)" } else { "" };
                    let file = path.rsplit('/').next().unwrap_or_default();
                    if library.name == file {
                        format!("{component}{by_name}")
                    } else {
                        format!("{component}: {path}{by_name}")
                    }
                }
                Provider::CLibrary => "glibc".into(),
                Provider::Musl => "musl".into(),
                Provider::Compiler => "the host, which may lack it".into(),
                Provider::Host => "the host, if it is a desktop".into(),
                Provider::Missing if library.required => "missing".into(),
                Provider::Missing => "missing (plug-ins only)".into(),
            };
            let first = library.needed_by.first().map(ToString::to_string).unwrap_or_default();
            let more = library.needed_by.len().saturating_sub(1);
            let needed = if more > 0 { format!("{first} and {more} more") } else { first };
            table.add_row([library.name.clone(), provider, needed]);
        }
        (!self.libraries.is_empty()).then_some(table)
    }
}
