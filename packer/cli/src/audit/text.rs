//! A report for people.

use std::fmt::Write as _;

use super::report::{Floor, Library, Problem, Report};
use super::{Glibc, Provider};
use snakecrate_base::ui::{Count, table};

/// So many names stand in one line; the rest is counted.
const NAMED: usize = 6;

/// The result in one line.
pub(super) fn verdict(report: &Report) -> String {
    if report.files == 0 {
        return "needs nothing: there is no native code".into();
    }
    let foreign =
        report.problems.iter().filter(|problem| matches!(problem, Problem::Machine { .. })).count();
    if foreign == report.files {
        return "does not run on x86-64".into();
    }
    let of = |wanted: &dyn Fn(&Library) -> bool| -> Vec<String> {
        let mut names: Vec<_> =
            report.libraries.iter().filter(|l| wanted(l)).map(|l| l.name.clone()).collect();
        names.dedup();
        names
    };
    let uses = |provider: Provider| report.libraries.iter().any(|l| l.provider == provider);
    let mut needs = Vec::new();
    if let Some((major, minor)) = report.glibc() {
        needs.push(format!("glibc {} or newer", Glibc(major, minor)));
    } else if uses(Provider::CLibrary) {
        needs.push("glibc".to_owned());
    }
    if uses(Provider::Musl) {
        needs.push("musl".to_owned());
    }
    if let Some(level) = report.level.needed.filter(|level| *level > 1) {
        needs.push(format!("an x86-64-v{level} processor"));
    }
    let host = of(&|library| matches!(library.provider, Provider::Compiler | Provider::Host));
    let nobody = of(&|library| library.provider == Provider::Nobody && library.required);
    let mut text = if needs.is_empty() {
        "needs no C library".to_owned()
    } else {
        format!("needs {}", needs.join(" and "))
    };
    let mut add = |part: std::fmt::Arguments<'_>| {
        let written = text.write_fmt(part);
        debug_assert!(written.is_ok(), "writing to a string cannot fail");
    };
    if host.is_empty() && nobody.is_empty() {
        add(format_args!(", nothing else"));
    }
    if !host.is_empty() {
        add(format_args!(", and of the host {}", names(&host)));
    }
    if !nobody.is_empty() {
        add(format_args!(", and {}, which nobody provides", names(&nobody)));
    }
    text
}

fn names(all: &[String]) -> String {
    let named = all.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    let more = all.len().saturating_sub(NAMED);
    if more > 0 { format!("{named} and {more} more") } else { named }
}

impl Report {
    /// The verdict, and the component that wants the newest glibc.
    pub fn line(&self) -> String {
        let brings = self.brings.as_ref().map(|brings| format!("; {brings}")).unwrap_or_default();
        match &self.glibc {
            Some(floor) if !floor.place.component.is_empty() => {
                let Floor { version, place } = floor;
                format!("{} ({version}: {}){brings}", self.verdict, place.component)
            }
            _ => format!("{}{brings}", self.verdict),
        }
    }

    /// The report as JSON, with a newline at the end.
    pub fn json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// The report for people.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut line = |what: std::fmt::Arguments<'_>| {
            let written = writeln!(text, "{what}");
            debug_assert!(written.is_ok(), "writing to a string cannot fail");
        };
        line(format_args!("{}: {}", self.subject, self.verdict));
        if let Some(brings) = &self.brings {
            line(format_args!("{brings}"));
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
        if self.files > 0 {
            let unknown = Count(self.level.unknown, "file");
            match (self.level.needed, &self.level.file) {
                (Some(level), Some(file)) if self.level.unknown > 0 => {
                    line(format_args!(
                        "{:<20}{file}; {unknown} of {} do not say",
                        format!("x86-64-v{level}"),
                        self.files
                    ));
                }
                (Some(level), Some(file)) => {
                    line(format_args!("{:<20}{file}", format!("x86-64-v{level}")));
                }
                _ => line(format_args!("{:<20}unknown: no file says", "x86-64 level")),
            }
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
                Provider::Nobody if library.required => "nobody".into(),
                Provider::Nobody => "nobody (plug-ins only)".into(),
            };
            let first = library.needed_by.first().map(ToString::to_string).unwrap_or_default();
            let more = library.needed_by.len().saturating_sub(1);
            let needed = if more > 0 { format!("{first} and {more} more") } else { first };
            table.add_row([library.name.clone(), provider, needed]);
        }
        (!self.libraries.is_empty()).then_some(table)
    }
}
