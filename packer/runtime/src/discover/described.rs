//! Facts about an interpreter that this machine does not run, read from its tree.
//!
//! It is for another processor, or belongs to an unpacked system with a C library of its own.

mod host;
mod own_loader;
#[cfg(test)]
mod tests;

use std::path::Path;

use snakecrate_audit::elf::{HEADER, foreign_machine, is_elf};
use snakecrate_base::python::Interpreter;

use super::error::Error;
use super::probe::{check_supported, header};
use super::request::Job;
use super::tree::{Facts, Layout};

/// The interpreter whose executable is at `path`. A CPython of this machine works for it.
///
/// # Errors
///
/// The tree isn't that of a supported CPython for the target, or no interpreter of this machine has
/// its minor version.
pub(super) fn interpreter(path: &Path, job: &Job<'_>) -> Result<Interpreter, Error> {
    let layout = Layout::of(path, job.target)?;
    let path = &layout.executable;
    let no = |problem| Error::NoPython { path: path.clone(), problem };
    let header: [u8; HEADER] =
        header(path).map_err(|source| Error::Read { path: path.clone(), source })?;
    if !is_elf(&header) {
        return Err(no("isn't the interpreter itself; name the executable"));
    }
    if let Some(machine) = foreign_machine(&header, job.target) {
        return Err(Error::Machine { path: path.clone(), machine, target: job.target });
    }
    let facts = Facts::of(&layout, job.target)?;
    check_supported(path, &facts.implementation, facts.version, &facts.full_version)?;
    let host = host::of(&layout, &facts, job)?;
    let Layout { executable, root, prefix, stdlib } = layout;
    Ok(Interpreter {
        executable,
        host: host.executable,
        root,
        implementation: facts.implementation,
        version: facts.version,
        full_version: facts.full_version,
        cache_tag: host.cache_tag,
        magic: host.magic,
        is_free_threaded: facts.is_free_threaded,
        target: job.target,
        prefix,
        dynload: stdlib.join("lib-dynload"),
        stdlib,
        package: None,
    })
}
