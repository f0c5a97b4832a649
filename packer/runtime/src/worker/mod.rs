//! Processes of the packed interpreter that compile and parse Python sources.
//!
//! Using the interpreter itself, and not a parser of our own, accepts exactly the syntax that the
//! application will run with. A process starts at the first request and serves all requests after
//! that, since starting takes longer than most answers.

mod process;

use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use snakecrate_base::error::Remedy;
use snakecrate_base::python::Interpreter;

pub use process::Answer;
use process::Worker;

/// Why an interpreter cannot serve.
#[derive(Debug, thiserror::Error)]
#[error("cannot compile with `{}`: {source}", executable.display())]
pub struct NotStarted {
    /// Its executable.
    executable: PathBuf,
    /// The cause.
    source: io::Error,
}

impl Remedy for NotStarted {
    fn remedy(&self) -> Option<String> {
        Some("name another interpreter with --python".into())
    }
}

/// The processes of one interpreter.
#[derive(Debug)]
pub struct Workers {
    interpreter: Interpreter,
    idle: Mutex<Vec<Worker>>,
}

impl Workers {
    /// Workers of `interpreter`; none is running yet.
    pub fn new(interpreter: &Interpreter) -> Self {
        Self { interpreter: interpreter.clone(), idle: Mutex::default() }
    }

    /// Starts one worker, so that the first request need not wait for it. If that fails, the first
    /// request says why.
    pub fn warm(&self) {
        if let Ok(worker) = Worker::start(&self.interpreter) {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(worker);
        }
    }

    /// The interpreter that they run.
    pub fn interpreter(&self) -> &Interpreter {
        &self.interpreter
    }

    /// Identifies the interpreter's grammar and `worker.py`: with equal identities, a source has
    /// equal results.
    pub(crate) fn identity(&self) -> String {
        let Interpreter { implementation, full_version, magic, .. } = &self.interpreter;
        let program = blake3::hash(process::SCRIPT.as_bytes()).to_hex();
        format!("{implementation} {full_version} {magic} {program}")
    }

    /// Compiles `source`, the contents of a file called `path`, at this optimisation level (0 to
    /// 2). The result is the source's hash (eight bytes) and marshal data.
    ///
    /// # Errors
    ///
    /// The interpreter does not start.
    pub fn compile(&self, path: &str, source: &[u8], level: u8) -> Result<Answer, NotStarted> {
        self.ask(&level.to_string(), path, source)
    }

    /// Parses `source` and returns its imports, as `worker.py` writes them.
    ///
    /// # Errors
    ///
    /// The interpreter does not start.
    pub(crate) fn imports(&self, source: &[u8]) -> Result<Answer, NotStarted> {
        self.ask("imports", "", source)
    }

    fn ask(&self, action: &str, path: &str, source: &[u8]) -> Result<Answer, NotStarted> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = idle().pop();
        let mut worker = match waiting {
            Some(worker) => worker,
            None => Worker::start(&self.interpreter).map_err(|source| NotStarted {
                executable: self.interpreter.host.clone(),
                source,
            })?,
        };
        Ok(match worker.ask(action, path, source) {
            Ok(answer) => {
                idle().push(worker);
                answer
            }
            // Deeply nested sources have crashed compilers. The next request gets a new process.
            Err(error) => Answer::Refused(format!("the interpreter crashed ({error})")),
        })
    }
}
