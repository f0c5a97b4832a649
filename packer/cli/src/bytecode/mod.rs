//! Compiles bytecode at build time, so that the environment of an archive never writes `.pyc`.
//!
//! Each `.py` below [`ROOTS`] gets an unchecked hash-based `.pyc` (PEP 552). Python reads it without
//! looking at the source's time or contents. The same source becomes the same bytes, independently
//! of the worker that compiles it and of its work before; see [`marshal`]. Large packages have theirs in one
//! file each; see [`pack`].

mod marshal;
mod pack;

use std::collections::VecDeque;
use std::io;
use std::sync::{Mutex, PoisonError};

use snakecrate_format::entry_path::EntryPath;

use marshal::Layout;
use pack::Packs;
pub use pack::is_of_packs;
use snakecrate_base::error::Remedy;
use snakecrate_base::python::Interpreter;
use snakecrate_base::tree::{Content, Mode, Node, Tree};
use snakecrate_base::ui::Ui;
use snakecrate_runtime::worker::{Answer, NotStarted, Workers};

/// The directories of a component that have modules, and the boot scripts.
const ROOTS: [&str; 3] = ["lib/", "app/", "boot/"];
/// The bytes of a `.pyc` before its code.
const HEADER: usize = 16;
/// Stack of a thread, in bytes: enough for the recursion of `marshal`, whose depth Python bounds.
const STACK: usize = 16 << 20;

/// The form of bytecode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Form {
    /// 1: without `assert`, as `python -O` has it; 2: also without docstrings, as `-OO` has it.
    pub optimize: u8,
    /// Whether bytecode replaces its source: `a.pyc` for `a.py`, without columns of instructions. Only
    /// below `lib/`, since a script and the modules beside it run as files.
    pub sourceless: bool,
}

impl Form {
    /// What names bytecode between its module and `.pyc`.
    fn tag(self, cache_tag: &str) -> String {
        match self.optimize {
            0 => cache_tag.to_owned(),
            level => format!("{cache_tag}.opt-{level}"),
        }
    }
}

/// The outcome of [`compile`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Number of files that got bytecode.
    pub compiled: usize,
    /// Sources that their bytecode replaced, in no particular order.
    pub replaced: Vec<EntryPath>,
    /// Files that do not compile, with the reason, sorted by path. They stay as they are: templates,
    /// code for another Python, test data.
    pub refused: Vec<(EntryPath, String)>,
}

/// Why a tree cannot be compiled.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The interpreter does not start, or is not the expected one.
    #[error(transparent)]
    Interpreter(#[from] NotStarted),
    /// The system cannot start a thread.
    #[error("cannot start a thread to compile: {0}")]
    Thread(io::Error),
    /// A source cannot be read.
    #[error("cannot read the contents of `{path}`: {source}")]
    Read {
        /// Its path in the component.
        path: EntryPath,
        /// The cause.
        source: io::Error,
    },
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        match self {
            Self::Interpreter(error) => error.remedy(),
            Self::Thread(_) => Some("raise the limit on processes (ulimit -u)".into()),
            Self::Read { .. } => Some("check that the file exists and can be read".into()),
        }
    }
}

/// Builds with this interpreter are not reproducible: the form of its code objects is unknown, so
/// [`compile`] stores what the compiler writes, which depends on what it compiled before.
#[derive(Debug, thiserror::Error)]
#[error("the bytecode of {implementation} {version} may differ from one build to the next")]
pub struct Unreproducible {
    implementation: String,
    version: String,
}

impl Remedy for Unreproducible {
    fn remedy(&self) -> Option<String> {
        Some(format!(
            "for reproducible archives choose CPython {} with --python, or update snakecrate",
            marshal::KNOWN
        ))
    }
}

/// Checks whether builds with `interpreter` give the same bytes each time.
///
/// # Errors
///
/// The form of its code objects is unknown, so the bytes may differ between builds.
pub fn check_reproducible(interpreter: &Interpreter) -> Result<(), Unreproducible> {
    let unknown = || Unreproducible {
        implementation: match interpreter.implementation.as_str() {
            "cpython" => "CPython".into(),
            other => other.into(),
        },
        version: interpreter.full_version.clone(),
    };
    layout(interpreter).map(|_| ()).ok_or_else(unknown)
}

/// A source, and the path of its bytecode.
struct Job {
    source: EntryPath,
    target: EntryPath,
    content: Content,
}

/// Adds `__pycache__/<module>.<cache tag>.pyc` (`….opt-1.pyc`; or see [`Form`] and [`pack`]) for every
/// Python source of `tree` below [`ROOTS`], compiled by as many workers as there are processors.
///
/// # Errors
///
/// See [`Error`]. A file that does not compile is not an error.
pub fn compile(tree: &mut Tree, workers: &Workers, form: Form, ui: Ui) -> Result<Report, Error> {
    let tag = form.tag(&workers.interpreter().cache_tag);
    let mut jobs = jobs(tree, &tag, form);
    if jobs.is_empty() {
        return Ok(Report::default());
    }
    let mut packs = Packs::default();
    if !form.sourceless {
        packs = Packs::new(jobs.iter().map(|job| &job.source), tree);
    }
    let modules = jobs.len();
    jobs.extend(packs.hook(&tag).map(|(source, target)| {
        let content = pack::HOOK.as_bytes().to_vec().into();
        Job { source, target, content }
    }));
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(jobs.len());
    let progress = ui.spinner("Compiling", format_args!("{modules} modules"));
    let queue = Mutex::new(VecDeque::from(jobs));
    let results: Result<Vec<Vec<Compiled>>, Error> = std::thread::scope(|scope| {
        let spawn = |_| {
            let thread = std::thread::Builder::new().stack_size(STACK);
            let thread = thread.spawn_scoped(scope, || drain(&queue, workers, form.optimize));
            thread.map_err(Error::Thread)
        };
        let threads: Vec<_> = (0..threads).map(spawn).collect();
        threads.into_iter().map(|thread| join(thread?)).collect()
    });
    drop(progress);
    let mut report = Report::default();
    for compiled in results?.into_iter().flatten() {
        match compiled {
            Compiled::Code(Job { source, target, .. }, pyc) => {
                if is_beside(&source, &target) {
                    tree.remove(&source);
                    report.replaced.push(source.clone());
                }
                if let Some(pyc) = packs.take(&source, pyc) {
                    tree.insert_file(target, Mode::Plain, pyc);
                }
                report.compiled += 1;
            }
            Compiled::Refused(path, reason) => report.refused.push((path, reason)),
        }
    }
    packs.insert(&tag, tree);
    report.refused.sort();
    for (path, reason) in &report.refused {
        ui.detail(format_args!("not compiled: {path}: {reason}"));
    }
    Ok(report)
}

enum Compiled {
    Code(Job, Vec<u8>),
    Refused(EntryPath, String),
}

type Thread<'scope> = std::thread::ScopedJoinHandle<'scope, Result<Vec<Compiled>, Error>>;

fn join(thread: Thread<'_>) -> Result<Vec<Compiled>, Error> {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Whether bytecode at `target` replaces its source.
fn is_beside(source: &EntryPath, target: &EntryPath) -> bool {
    source.parent() == target.parent()
}

fn jobs(tree: &Tree, tag: &str, form: Form) -> Vec<Job> {
    let job = |(path, node): (&EntryPath, &Node)| {
        let Node::File { content, .. } = node else { return None };
        if !ROOTS.iter().any(|root| path.as_str().starts_with(root)) {
            return None;
        }
        let stem = path.file_name().strip_suffix(".py")?;
        let parent = path.parent()?;
        // If the tag makes the name too long, Python cannot look for the bytecode either.
        let target = if form.sourceless && parent.starts_with("lib/") {
            format!("{parent}/{stem}.pyc")
        } else {
            format!("{parent}/__pycache__/{stem}.{tag}.pyc")
        };
        let target = target.parse().ok()?;
        Some(Job { source: path.clone(), target, content: content.clone() })
    };
    tree.iter().filter_map(job).collect()
}

/// Compiles the jobs in `queue` until it is empty.
fn drain(
    queue: &Mutex<VecDeque<Job>>,
    workers: &Workers,
    optimize: u8,
) -> Result<Vec<Compiled>, Error> {
    let interpreter = workers.interpreter();
    let (header, layout) = (header(interpreter), layout(interpreter));
    let mut done = Vec::new();
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let Some(job) = job else { return Ok(done) };
        let source = job.source.clone();
        let bytes = match job.content.read() {
            Ok(bytes) => bytes,
            Err(error) => return Err(Error::Read { path: source, source: error }),
        };
        done.push(match workers.compile(source.as_str(), &bytes, optimize)? {
            Answer::Done(code) if code.len() >= 8 => {
                let (hash, code) = code.split_at(8);
                let canonical = layout.and_then(|layout| {
                    if is_beside(&job.source, &job.target) {
                        marshal::canonical_without_columns(code, layout)
                    } else {
                        marshal::canonical(code, layout)
                    }
                });
                let pyc = [&header, hash, canonical.as_deref().unwrap_or(code)].concat();
                Compiled::Code(job, pyc)
            }
            Answer::Done(_) => Compiled::Refused(source, "the answer is malformed".into()),
            Answer::Refused(reason) => Compiled::Refused(source, reason),
        });
    }
}

/// Turns bytecode that stands beside its source into bytecode that replaces it ([`Form::sourceless`]). `version`
/// is that of its `CPython`: `3.12.1`. `None` if the form of the bytecode isn't known.
pub fn replacing_source(version: &str, pyc: &[u8]) -> Option<Vec<u8>> {
    let mut numbers = version.split('.').map(|number| number.parse().ok());
    let layout = Layout::of((numbers.next()??, numbers.next()??, 0))?;
    let (header, code) = pyc.split_at_checked(HEADER)?;
    Some([header, &marshal::canonical_without_columns(code, layout)?].concat())
}

/// The layout of this interpreter's code objects, if it is known.
fn layout(interpreter: &Interpreter) -> Option<Layout> {
    (interpreter.implementation == "cpython").then(|| Layout::of(interpreter.version)).flatten()
}

/// The first eight bytes of a `.pyc`: magic, and the flags of PEP 552 for hash-based, not checked.
fn header(interpreter: &Interpreter) -> Vec<u8> {
    let mut header = interpreter.magic_bytes().unwrap_or_default();
    header.extend(1u32.to_le_bytes());
    header
}

#[cfg(test)]
mod tests;
