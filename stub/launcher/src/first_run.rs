//! The first-run hook of an entry: a script of the application that runs once, before the entry
//! starts for the first time.

use std::ffi::OsStr;
use std::io;
use std::process::ExitStatus;

use snakecrate_cache::environment::first_run;
use snakecrate_cache::environment::plan::LaunchPlan;
use snakecrate_platform::directory::Directory;
use snakecrate_platform::process;

use crate::entry_choice::{Command, Hook};

impl Hook {
    /// Whether it has run in the environment `env`.
    pub fn has_run(&self, env: &Directory) -> bool {
        first_run::has_run(env, &self.script)
    }

    /// Runs it in the environment of `plan`, open as `env`, with `variable` set and those in
    /// `removed` removed. If another start runs it, waits for that instead. Returns its status if
    /// it failed: then it runs again at the next start.
    ///
    /// # Errors
    ///
    /// The system cannot execute it.
    pub fn run(
        &self,
        plan: &LaunchPlan,
        env: &Directory,
        variable: (&str, &OsStr),
        removed: &[&str],
    ) -> io::Result<Option<ExitStatus>> {
        let Some(_turn) = first_run::turn(env, &self.script) else { return Ok(None) };
        let Command { program, argv, hides, .. } = &self.command;
        let status = process::run(program, argv, variable, removed, hides)?;
        if !status.success() {
            return Ok(Some(status));
        }
        // By its name, since another process may have made the environment again meanwhile. In a
        // cache that cannot be written to, the hook runs again at the next start.
        let env = Directory::open(&plan.home);
        let _ = env.and_then(|env| first_run::record(&env, &self.script));
        Ok(None)
    }
}
