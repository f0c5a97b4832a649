//! Directories that are Python environments.

use std::path::Path;

/// Names of environments that say nothing about what is in them.
const USUAL: [&str; 5] = [".venv", "venv", ".env", "env", "virtualenv"];

/// Whether `directory` is a virtual environment (PEP 405).
pub(super) fn is_virtual(directory: &Path) -> bool {
    directory.join("pyvenv.cfg").is_file()
}

/// Whether `directory` is a conda environment.
pub(super) fn is_conda(directory: &Path) -> bool {
    directory.join("conda-meta").is_dir()
}

/// The name of the environment's directory; where that says nothing, of the one that it is in.
pub(super) fn name(directory: &Path) -> Option<String> {
    let own = directory.file_name()?.to_str()?;
    let project = || directory.parent()?.file_name()?.to_str();
    let name = if USUAL.contains(&own) { project().unwrap_or(own) } else { own };
    Some(name.trim_start_matches('.').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environments_are_named_after_their_project() {
        for (path, wanted) in [("/x/shop/.venv", "shop"), ("/x/tools", "tools"), ("/venv", "venv")]
        {
            assert_eq!(name(Path::new(path)).unwrap(), wanted);
        }
    }
}
