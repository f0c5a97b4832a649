//! What the user's commands load: each interpreter that they start reports it when it ends.
//!
//! A `.pth` file in the environment, which is in the packer's own cache, has `site` run the recorder. Only
//! modules that are built into the interpreter are imported for it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::json;

use super::python::SCRIPT;
use super::surroundings::Surroundings;
use super::{Error, Proof};

/// The recorder of the environment at `env`.
pub(super) struct Record {
    hook: PathBuf,
    results: PathBuf,
}

/// The report of one interpreter, or of a child that it forked.
#[derive(Deserialize)]
struct Loaded {
    #[serde(default)]
    modules: BTreeMap<String, Option<String>>,
    #[serde(default)]
    libraries: Vec<String>,
    files: Vec<String>,
}

impl Record {
    /// Begins to record; `python` is the name of the interpreter, `python3.12`. `None` if the environment cannot be changed.
    pub(super) fn begin(
        surroundings: &Surroundings<'_>,
        python: &str,
    ) -> Result<Option<Self>, Error> {
        let env = surroundings.environment_path()?;
        let (script, results) = (surroundings.file("record.py"), surroundings.file("recorded"));
        let call = format!("\n\nrecord({})\n", json!(results.to_string_lossy()));
        fs::write(&script, [SCRIPT, &call].concat()).map_err(Error::Scratch)?;
        let site = env.join("lib").join(python).join("site-packages");
        Ok(Self::hook(&site, &script).map(|hook| Self { hook, results }))
    }

    /// Has interpreters with this directory of distributions run `script`, if it is still there.
    fn hook(site: &Path, script: &Path) -> Option<PathBuf> {
        // The environment of a script without distributions has none.
        fs::create_dir_all(site).ok()?;
        let hook = site.join(format!("snakecrate-proof-{}.pth", std::process::id()));
        let script = json!(script.to_string_lossy());
        // Only lines that begin with `import` are run.
        let line = format!(
            "import posix; exec(compile(open({script}).read(), {script}, 'exec'), {{'__name__': 'proof'}}) \
             if {script}.rpartition('/')[2] in posix.listdir({script}.rpartition('/')[0]) else None\n"
        );
        fs::write(&hook, line).ok()?;
        Some(hook)
    }

    /// Adds to `proof` what was loaded since the last call. Returns whether anything was recorded.
    pub(super) fn take(&self, proof: &mut Proof) -> bool {
        let Ok(text) = fs::read_to_string(&self.results) else { return false };
        let _ = fs::remove_file(&self.results);
        let loaded: Vec<Loaded> =
            text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        // A process that was cut off has told of some files only.
        let is_recorded = loaded.iter().any(|one| !one.modules.is_empty());
        for Loaded { modules, libraries, files } in loaded {
            for (name, file) in modules {
                match proof.modules.get(&name) {
                    // Another module has this name in another process.
                    Some(known) if *known != file => proof.files.extend(file),
                    Some(_) => {}
                    None => _ = proof.modules.insert(name, file),
                }
            }
            proof.libraries.extend(libraries);
            proof.files.extend(files);
        }
        is_recorded
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.hook);
    }
}
