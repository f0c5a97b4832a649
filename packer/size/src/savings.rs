//! What could go, by which key, and what that saves.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use snakecrate_base::ui::table;
use snakecrate_format::manifest::Kind;
use snakecrate_format::size::Size;

use crate::Error;
use crate::classify::FileKind;
use crate::compare::label;
use crate::evidence::{Evidence, source_of};
use crate::marginal::{self, Change, Paths, Rewrite};
use crate::measure::Opened;
use crate::report::{FileRow, Measured, Row};
use crate::text::push;

/// Savings that are smaller than this share of the file are not listed.
const LEAST: f64 = 0.0005;
/// The savings that are shown to people.
const LONGEST: usize = 25;
/// The key that leaves sources out.
const SOURCELESS: &str = "sourceless";

/// What a proof says about the contents of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Advice {
    /// Modules and libraries that the proof never loaded.
    pub unloaded_files: u64,
    /// Their packed bytes, an estimate.
    pub unloaded_packed: u64,
    /// Their unpacked bytes.
    pub unloaded_unpacked: u64,
    /// Commands of the proof whose modules are not known: they count as if they loaded nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown_commands: Vec<String>,
    /// What could go, the largest first. They do not overlap, except for `sourceless`.
    pub savings: Vec<Saving>,
}

/// Something that could be left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Saving {
    /// The key of `[tool.snakecrate]`.
    pub key: String,
    /// Its value, or the value to add to it.
    pub value: String,
    /// Number of files that go.
    pub files: u64,
    /// The packed bytes that go, an estimate.
    pub packed: u64,
    /// The unpacked bytes that go.
    pub unpacked: u64,
    /// What is lost.
    pub loses: String,
}

/// A file of a component, with what the proof says.
struct Judged<'a> {
    file: &'a FileRow,
    row: &'a Row,
    /// Whether the proof loaded it; `None` if a proof cannot say.
    loaded: Option<bool>,
    /// The packed bytes that its line of the listing takes.
    listed: f64,
}

impl Judged<'_> {
    /// The path below the directory that patterns of its component count from.
    fn pattern_path(&self) -> Option<&str> {
        let rest = self.file.path.strip_prefix("lib/python")?.split_once('/')?.1;
        match self.row.kind? {
            Kind::Wheel | Kind::App => rest.strip_prefix("site-packages/"),
            Kind::Runtime => Some(rest),
            Kind::Part | Kind::CLibrary => None,
        }
    }
}

impl Measured {
    /// What could go, as the proof loaded nothing of it. `archive` is the one that was measured.
    /// `sourceless` gives what a file with bytecode becomes by the key `sourceless`, from its path and
    /// contents; `None` if it stays as it is.
    ///
    /// # Errors
    ///
    /// The archive cannot be read.
    pub fn advice(
        &self,
        evidence: &Evidence,
        archive: Opened<'_>,
        sourceless: Rewrite<'_>,
    ) -> Result<Advice, Error> {
        let all = self.judged(evidence);
        let mut savings = self.savings(&all);
        let changes: Vec<_> = savings.iter().map(|one| one.change(sourceless)).collect();
        let shares = |component: &str, paths: &BTreeSet<&str>| {
            let files = self.files.iter().filter(|file| file.component == component);
            files.filter(|file| paths.contains(&*file.path)).map(|file| file.packed).sum()
        };
        for (one, saved) in savings.iter_mut().zip(marginal::saved(archive, &changes, shares)?) {
            one.packed = saved.packed;
            one.rewritten = saved.rewritten;
        }
        Ok(advised(evidence, &all, savings))
    }

    fn judged(&self, evidence: &Evidence) -> Vec<Judged<'_>> {
        let rows: BTreeMap<String, &Row> =
            self.parts.iter().filter_map(|row| label(row).zip(Some(row))).collect();
        let mut of_files: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for file in &self.files {
            let sum = of_files.entry(&file.component).or_default();
            *sum = (sum.0 + file.packed, sum.1 + u64::from(file.pack.is_none()));
        }
        #[allow(clippy::cast_precision_loss, reason = "lengths of listings are small")]
        let judge = |file| {
            let file: &FileRow = file;
            let row = *rows.get(&file.component)?;
            let (packed, count) = of_files[&*file.component];
            let listed = match file.pack {
                None => row.bytes.packed.saturating_sub(packed) as f64 / count as f64,
                Some(_) => 0.0,
            };
            Some(Judged { file, row, loaded: evidence.loaded(file), listed })
        };
        self.files.iter().filter_map(judge).collect()
    }

    /// What could go. Small things are left out.
    fn savings<'a>(&self, all: &'a [Judged<'a>]) -> Vec<Candidate<'a>> {
        let mut savings = parts(all);
        savings.extend(directories(all));
        savings.extend(sources(all));
        #[allow(clippy::cast_precision_loss, reason = "a limit")]
        savings.retain(|one| one.packed as f64 >= LEAST * self.packed as f64);
        savings
    }
}

fn advised(evidence: &Evidence, all: &[Judged<'_>], savings: Vec<Candidate<'_>>) -> Advice {
    let unloaded = || all.iter().filter(|one| one.loaded == Some(false)).map(|one| one.file);
    let mut savings: Vec<Saving> = savings.into_iter().map(Saving::from).collect();
    savings.sort_by(|a, b| (b.packed, &a.value).cmp(&(a.packed, &b.value)));
    Advice {
        unloaded_files: unloaded().count() as u64,
        unloaded_packed: unloaded().map(|file| file.packed).sum(),
        unloaded_unpacked: unloaded().map(|file| file.unpacked).sum(),
        unknown_commands: evidence.unknown_commands.clone(),
        savings,
    }
}

/// Parts of the runtime of which nothing was loaded.
fn parts<'a>(all: &'a [Judged<'a>]) -> Vec<Candidate<'a>> {
    let mut parts: BTreeMap<&str, Vec<&'a Judged<'a>>> = BTreeMap::new();
    for one in all.iter().filter(|one| one.row.kind == Some(Kind::Part)) {
        parts.entry(&one.row.name).or_default().push(one);
    }
    // Libraries of several parts, such as libcrypto, go with those.
    parts.retain(|name, files| {
        let is_shared = name.starts_with("lib") && *name != "lib2to3";
        !is_shared && !files.iter().any(|one| one.loaded == Some(true))
    });
    let saving = |(name, files): (&str, Vec<&'a Judged<'a>>)| {
        let loses = format!("the module {name}, and those that import it");
        Candidate::new("runtime-drop", name.to_owned(), files, loses)
    };
    parts.into_iter().map(saving).collect()
}

/// The topmost directories, and modules, of which nothing was loaded.
fn directories<'a>(all: &'a [Judged<'a>]) -> Vec<Candidate<'a>> {
    let mut found = Vec::new();
    for (kinds, key) in
        [(&[Kind::Wheel, Kind::App][..], "exclude"), (&[Kind::Runtime], "runtime-drop")]
    {
        let files: Vec<(&str, &'a Judged<'a>)> = all
            .iter()
            .filter(|one| one.row.kind.is_some_and(|kind| kinds.contains(&kind)))
            .filter_map(|one| Some((one.pattern_path()?, one)))
            .filter(|(path, _)| !is_metadata(path))
            .collect();
        // Directories and modules with something that was loaded, and those with code at all.
        let (mut needed, mut code) = (BTreeSet::new(), BTreeSet::new());
        for (path, one) in &files {
            let all = prefixes(path);
            match one.loaded {
                Some(true) => needed.extend(all),
                Some(false) => code.extend(all),
                None => {}
            }
        }
        let mut groups: BTreeMap<String, Vec<&'a Judged<'a>>> = BTreeMap::new();
        for (path, one) in &files {
            let topmost = prefixes(path)
                .into_iter()
                .find(|at| !needed.contains(at) && code.contains(at))
                // Data beside modules that were loaded may be theirs.
                .filter(|_| one.loaded != Some(true));
            if let Some(at) = topmost.filter(|at| key == "exclude" || !is_support(at)) {
                groups.entry(at).or_default().push(one);
            }
        }
        found.extend(groups.into_iter().map(|(path, files)| {
            let name = path.trim_end_matches(".py").replace('/', ".");
            Candidate::new(key, path, files, format!("the module {name}"))
        }));
    }
    found
}

/// Files that the interpreter needs before it can import anything.
fn is_support(path: &str) -> bool {
    path == "lib-dynload"
        || path.starts_with("lib-dynload/")
        || path == "importlib"
        || path.starts_with("encodings")
        || path.starts_with("_sysconfigdata")
}

fn is_metadata(path: &str) -> bool {
    path.split('/').next().is_some_and(|top| top.ends_with(".dist-info"))
}

/// The directories above a file, topmost first, and the file. Bytecode counts as its source.
fn prefixes(path: &str) -> Vec<String> {
    let source = source_of(path).unwrap_or_else(|| path.to_owned());
    let ends = source.match_indices('/').map(|(at, _)| source[..at].to_owned());
    let mut all: Vec<String> = ends.collect();
    all.push(source);
    all
}

/// Sources whose bytecode is there, too.
fn sources<'a>(all: &'a [Judged<'a>]) -> Option<Candidate<'a>> {
    let bytecode: BTreeSet<(&str, String)> = all
        .iter()
        .filter_map(|one| Some((&*one.file.component, source_of(&one.file.path)?)))
        .collect();
    let has_bytecode = |one: &&'a Judged<'a>| {
        let key = (&*one.file.component, one.file.path.clone());
        one.file.kind == FileKind::Source && bytecode.contains(&key)
    };
    let files: Vec<&'a Judged<'a>> = all.iter().filter(has_bytecode).collect();
    let loses = "lines of code in tracebacks, and inspect.getsource".to_owned();
    (!files.is_empty()).then(|| Candidate::new(SOURCELESS, "true".into(), files, loses))
}

/// A setting, and the files that go with it.
struct Candidate<'a> {
    key: &'static str,
    value: String,
    loses: String,
    files: Vec<&'a Judged<'a>>,
    /// The packed bytes of the files: their shares at first, then what goes.
    packed: u64,
    /// The unpacked bytes that go from files that stay.
    rewritten: u64,
}

impl<'a> Candidate<'a> {
    fn new(key: &'static str, value: String, files: Vec<&'a Judged<'a>>, loses: String) -> Self {
        let packed = files.iter().map(|one| one.file.packed).sum();
        Self { key, value, loses, files, packed, rewritten: 0 }
    }

    fn change(&self, sourceless: Rewrite<'a>) -> Change<'a> {
        let mut leaving = Paths::new();
        for one in &self.files {
            leaving.entry(&one.file.component).or_default().insert(&one.file.path);
        }
        Change { leaving, rewrite: (self.key == SOURCELESS).then_some(sourceless) }
    }
}

impl From<Candidate<'_>> for Saving {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative")]
    fn from(candidate: Candidate<'_>) -> Self {
        let files = &candidate.files;
        let listed: f64 = files.iter().map(|one| one.listed).sum();
        Self {
            files: files.iter().filter(|one| one.file.pack.is_none()).count() as u64,
            packed: candidate.packed + listed as u64,
            unpacked: files.iter().map(|one| one.file.unpacked).sum::<u64>() + candidate.rewritten,
            key: candidate.key.to_owned(),
            value: candidate.value,
            loses: candidate.loses,
        }
    }
}

impl Advice {
    /// The tables for people.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let _ = writeln!(
            text,
            "the proof never loaded {} modules and libraries: ~{} packed, {} unpacked",
            self.unloaded_files,
            Size(self.unloaded_packed),
            Size(self.unloaded_unpacked)
        );
        if !self.unknown_commands.is_empty() {
            let _ = writeln!(
                text,
                "what these commands of the proof loaded is not known: {}",
                self.unknown_commands.join("; ")
            );
        }
        if self.savings.is_empty() {
            return text;
        }
        let mut rows = table(&["could go by", "files", "unpacked", "saves", "is lost"]);
        for one in self.savings.iter().take(LONGEST) {
            rows.add_row([
                &one.setting(),
                &one.files.to_string(),
                &Size(one.unpacked).to_string(),
                &format!("~{}", Size(one.packed)),
                &one.loses,
            ]);
        }
        push(&mut text, rows, 1..4);
        let left_out = self.savings.len().saturating_sub(LONGEST);
        if left_out > 0 {
            let _ = writeln!(text, "and {left_out} smaller ones: see --json");
        }
        text
    }
}

impl Saving {
    /// As it stands in `[tool.snakecrate]`: `exclude = ["a/tests"]`, `sourceless = true`.
    pub fn setting(&self) -> String {
        match &*self.key {
            SOURCELESS => format!("{} = {}", self.key, self.value),
            key => format!("{key} = [{:?}]", self.value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::measured;

    const LIB: &str = "lib/python3.12/site-packages";

    fn evidence(loaded: &[&str]) -> Evidence {
        let modules: BTreeMap<_, _> = loaded.iter().map(|path| (path, path)).collect();
        let report = serde_json::json!({
            "format": 1, "archive": {"bytes": 1, "sha256": ""},
            "proof": {"result": "proven", "modules": modules},
        });
        Evidence::read(report.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn topmost_directories_that_nothing_loaded_could_go() {
        let path = |rest: &str| format!("{LIB}/{rest}");
        let paths = [
            path("a/__init__.py"),
            path("a/__pycache__/__init__.cpython-312.pyc"),
            path("a/data.json"),
            path("a/b/__init__.py"),
            path("a/b/c/d.py"),
            path("a/b/c/d.json"),
            path("a/e.py"),
            path("a/__pycache__/e.cpython-312.pyc"),
            path("a-1.dist-info/METADATA"),
        ];
        let files: Vec<(&str, u64)> = paths.iter().map(|path| (path.as_str(), 100)).collect();
        let runtime = [("lib/python3.12/os.py", 50), ("lib/python3.12/xml/dom.py", 60)];
        let sqlite = [("lib/python3.12/sqlite3/__init__.py", 70)];
        let measured = measured(&[
            ("a", "1", &files),
            ("cpython", "3.12", &runtime),
            ("part:sqlite3", "3.12", &sqlite),
        ]);
        let evidence = evidence(&[&paths[0], "lib/python3.12/os.py"]);
        let all = measured.judged(&evidence);
        let advice = advised(&evidence, &all, measured.savings(&all));
        let found: Vec<_> =
            advice.savings.iter().map(|one| (one.setting(), one.files, one.packed)).collect();
        let expected = [
            ("exclude = [\"a/b\"]", 3, 300),
            ("exclude = [\"a/e.py\"]", 2, 200),
            ("sourceless = true", 2, 200),
            ("runtime-drop = [\"sqlite3\"]", 1, 70),
            ("runtime-drop = [\"xml\"]", 1, 60),
        ];
        let expected: Vec<_> = expected
            .iter()
            .map(|(text, files, packed)| ((*text).to_owned(), *files, *packed))
            .collect();
        assert_eq!(found, expected);
        assert_eq!(advice.unloaded_files, 4 + 2);
    }
}
