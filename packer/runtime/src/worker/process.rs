//! One process of an interpreter that compiles and parses the sources it gets.

use std::io::{self, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use snakecrate_base::python::Interpreter;

/// The program that the process runs.
pub(super) const SCRIPT: &str = include_str!("worker.py");
/// The longest answer that is read, in bytes.
const MAX_ANSWER: usize = 512 << 20;

/// The process, with its pipes.
#[derive(Debug)]
pub(super) struct Worker {
    child: Child,
    requests: Option<ChildStdin>,
    answers: ChildStdout,
}

/// The result for one source.
#[derive(Debug)]
pub enum Answer {
    /// The bytecode or the imports of the source.
    Done(Vec<u8>),
    /// The reason why the interpreter does not accept the source.
    Refused(String),
}

impl Worker {
    /// Starts `interpreter` and checks that its bytecode has the expected magic number.
    ///
    /// The options are not `-I` or `-E`: these would ignore the fixed hash seed, on which the order
    /// of some tuples in code objects depends. The empty environment isolates as well.
    pub(super) fn start(interpreter: &Interpreter) -> io::Result<Self> {
        let mut command = Command::new(&interpreter.host);
        command.args(["-s", "-S", "-B", "-W", "ignore", "-c", SCRIPT]).env_clear();
        for name in ["LD_LIBRARY_PATH", "SYSTEMROOT"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.env("PYTHONHASHSEED", "0");
        // The script imports nothing that a file could replace; the directory is a second safeguard.
        if let Some(directory) = interpreter.host.parent() {
            command.current_dir(directory);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        let (requests, answers) = (child.stdin.take(), child.stdout.take());
        let answers = answers.ok_or(io::ErrorKind::BrokenPipe)?;
        let mut worker = Self { child, requests, answers };
        let (_, magic) = worker.receive()?;
        if Some(&magic) != interpreter.magic_bytes().as_ref() {
            let text = format!("its bytecode is not that of magic {}", interpreter.magic);
            return Err(io::Error::new(io::ErrorKind::InvalidData, text));
        }
        Ok(worker)
    }

    /// Sends a request and waits for the answer.
    ///
    /// # Errors
    ///
    /// The process has ended, so this worker cannot be used again.
    pub(super) fn ask(&mut self, action: &str, path: &str, source: &[u8]) -> io::Result<Answer> {
        let requests = self.requests.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        for text in [action.as_bytes(), path.as_bytes(), source] {
            let length = u32::try_from(text.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
            requests.write_all(&length.to_le_bytes())?;
            requests.write_all(text)?;
        }
        requests.flush()?;
        Ok(match self.receive()? {
            (0, result) => Answer::Done(result),
            (_, reason) => Answer::Refused(String::from_utf8_lossy(&reason).into_owned()),
        })
    }

    fn receive(&mut self) -> io::Result<(u8, Vec<u8>)> {
        let mut head = [0; 5];
        self.answers.read_exact(&mut head)?;
        let length = u32::from_le_bytes([head[1], head[2], head[3], head[4]]);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > MAX_ANSWER {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut body = vec![0; length];
        self.answers.read_exact(&mut body)?;
        Ok((head[0], body))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // The process ends with its input.
        drop(self.requests.take());
        let _status = self.child.wait();
    }
}
