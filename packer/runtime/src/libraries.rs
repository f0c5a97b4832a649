//! The shared libraries that an interpreter needs, found as `ld.so(8)` finds them.
//!
//! All of them come along but those of the C library: these belong to the target's loader and
//! kernel. (Its version there has to be at least that of the build machine.)

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use snakecrate_launcher::c_library::DIRECTORIES;

use super::Error;
use super::elf::Facts;
use super::elf::facts::{foreign_machine, is_elf};

/// What is in no package of glibc's but its own. `libnsl.so.1` is the old one that it had; others'
/// is `libnsl.so.2`. `libcrypt` is not here: today it is libxcrypt's, and distributions leave it out.
const LIBC: &[&str] = &[
    "ld-linux",
    "linux-vdso",
    "libBrokenLocale.so",
    "libanl.so",
    "libc.so",
    "libc_malloc_debug.so",
    "libdl.so",
    "libm.so",
    "libmvec.so",
    "libnsl.so.1",
    "libnss_",
    "libpthread.so",
    "libresolv.so",
    "librt.so",
    "libthread_db.so",
    "libutil.so",
];

/// Whether a library of this name is the C library's.
pub fn is_libc(name: &str) -> bool {
    LIBC.iter().any(|start| name.starts_with(start))
}

/// Where this machine's loader looks for libraries.
#[derive(Debug, Default)]
pub struct Host {
    /// `LD_LIBRARY_PATH`: an interpreter may work only with it.
    early: Vec<PathBuf>,
    cache: BTreeMap<String, PathBuf>,
    late: Vec<PathBuf>,
}

/// Libraries by the name that something needs.
#[derive(Debug, Default)]
pub struct Closure {
    /// Those that were found: name, and the file.
    pub libraries: BTreeMap<String, PathBuf>,
    /// Those that were not: who needs it, and its name.
    pub missing: BTreeSet<(PathBuf, String)>,
}

/// An object whose needs are still to be looked at.
struct Pending {
    path: PathBuf,
    /// The `DT_RPATH`s of those that loaded it, innermost first.
    inherited: Vec<PathBuf>,
}

impl Host {
    /// Asks `LD_LIBRARY_PATH` and `ldconfig -p`.
    pub fn of_this_machine() -> Self {
        let cache = ["/sbin/ldconfig", "/usr/sbin/ldconfig", "ldconfig"]
            .iter()
            .find_map(|program| {
                let mut command = Command::new(program);
                command.arg("-p").stdin(Stdio::null()).stderr(Stdio::null()).env("LC_ALL", "C");
                command.output().ok().filter(|output| output.status.success())
            })
            .map(|output| cache(&String::from_utf8_lossy(&output.stdout)))
            .unwrap_or_default();
        let early = env::var_os("LD_LIBRARY_PATH")
            .map(|path| env::split_paths(&path).filter(|path| path.is_absolute()).collect())
            .unwrap_or_default();
        Self { early, cache, late: DIRECTORIES.iter().map(PathBuf::from).collect() }
    }

    /// The library `name` for an object with no search path of its own.
    pub fn library(&self, name: &str) -> Option<PathBuf> {
        let early = self.early.iter().map(|directory| directory.join(name));
        let late = self.late.iter().map(|directory| directory.join(name));
        early.chain(self.cache.get(name).cloned()).chain(late).find(|path| loadable(path))
    }

    fn find(&self, name: &str, object: &Pending, facts: &Facts) -> Option<PathBuf> {
        let origin = object.path.parent().unwrap_or(Path::new("/"));
        if name.contains('/') {
            return expand(name, origin).filter(|path| loadable(path));
        }
        let expanded = |paths: &[String]| -> Vec<PathBuf> {
            paths.iter().filter_map(|path| expand(path, origin)).collect()
        };
        let own = expanded(&facts.rpath);
        let after = expanded(&facts.runpath);
        let inherited = if facts.runpath.is_empty() { &*object.inherited } else { &[] };
        let early = own.iter().chain(inherited).chain(&self.early).chain(&after);
        let cached = self.cache.get(name).cloned();
        early
            .map(|directory| directory.join(name))
            .chain(cached)
            .chain(self.late.iter().map(|directory| directory.join(name)))
            .find(|path| loadable(path))
    }
}

/// The libraries that `executable`, and `modules` loaded by it, need, directly or not.
pub fn closure(executable: &Path, modules: &[PathBuf], host: &Host) -> Result<Closure, Error> {
    let mut found = Closure::default();
    let mut pending = VecDeque::new();
    let start = Pending { path: executable.to_owned(), inherited: Vec::new() };
    let for_all = visit(&start, host, &mut found, &mut pending)?;
    for module in modules {
        let module = Pending { path: module.clone(), inherited: for_all.clone() };
        visit(&module, host, &mut found, &mut pending)?;
    }
    while let Some(library) = pending.pop_front() {
        visit(&library, host, &mut found, &mut pending)?;
    }
    Ok(found)
}

/// Finds what `object` needs; returns the search path that what it loads inherits.
fn visit(
    object: &Pending,
    host: &Host,
    found: &mut Closure,
    pending: &mut VecDeque<Pending>,
) -> Result<Vec<PathBuf>, Error> {
    let path = &object.path;
    let bytes = fs::read(path).map_err(|source| Error::Read { path: path.clone(), source })?;
    let facts = Facts::read(&bytes).map_err(|reason| Error::Elf { path: path.clone(), reason })?;
    let origin = path.parent().unwrap_or(Path::new("/"));
    let mut inherited: Vec<PathBuf> =
        facts.rpath.iter().filter_map(|path| expand(path, origin)).collect();
    inherited.extend_from_slice(&object.inherited);
    for needed in &facts.needed {
        let name = needed.rsplit('/').next().unwrap_or(needed);
        if is_libc(name) || found.libraries.contains_key(name) {
            continue;
        }
        let Some(library) = host.find(needed, object, &facts) else {
            found.missing.insert((path.clone(), needed.clone()));
            continue;
        };
        if is_libc_part(&library)? {
            continue;
        }
        found.libraries.insert(name.to_owned(), library.clone());
        pending.push_back(Pending { path: library, inherited: inherited.clone() });
    }
    Ok(inherited)
}

fn is_libc_part(library: &Path) -> Result<bool, Error> {
    let fail = |source| Error::Read { path: library.to_owned(), source };
    let bytes = fs::read(library).map_err(fail)?;
    // libstdc++ and libgcc_s may use private parts as well; they are still not glibc's.
    let name = library.file_name().unwrap_or_default().to_string_lossy();
    if name.starts_with("libstdc++") || name.starts_with("libgcc_s") {
        return Ok(false);
    }
    Facts::read(&bytes)
        .map(|facts| facts.is_libc_part)
        .map_err(|reason| Error::Elf { path: library.to_owned(), reason })
}

/// Puts the object's directory for `$ORIGIN`. Nothing for paths with other variables, or none.
fn expand(path: &str, origin: &Path) -> Option<PathBuf> {
    let rest = path.strip_prefix("$ORIGIN").or_else(|| path.strip_prefix("${ORIGIN}"));
    let expanded = match rest {
        Some(rest) => origin.join(rest.trim_start_matches('/')),
        None => PathBuf::from(path),
    };
    let plain = !expanded.to_string_lossy().contains('$');
    (plain && expanded.is_absolute()).then_some(expanded)
}

/// Whether the loader would take this file: it goes on searching when the machine is another one.
fn loadable(path: &Path) -> bool {
    use std::io::Read as _;

    let mut start = [0; 64];
    let read = fs::File::open(path).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && is_elf(&start) && foreign_machine(&start).is_none()
}

/// Reads what `ldconfig -p` prints: `\tlibz.so.1 (libc6,x86-64) => /lib/…/libz.so.1`.
///
/// Variants for newer processors (`hwcap`) are left out: the target may be older.
fn cache(printed: &str) -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    for line in printed.lines() {
        let Some((left, path)) = line.split_once(" => ") else { continue };
        let Some((name, kind)) = left.trim().split_once(" (") else { continue };
        if kind.contains("x86-64") && !kind.contains("hwcap") {
            found.entry(name.to_owned()).or_insert_with(|| PathBuf::from(path));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_c_library_stays_with_its_kernel_and_loader() {
        for name in ["libc.so.6", "ld-linux-x86-64.so.2", "libm.so.6", "libnss_files.so.2"] {
            assert!(is_libc(name), "{name}");
        }
        for name in
            ["libcrypt.so.1", "libcrypto.so.3", "libnsl.so.2", "libmpdec.so.3", "libcom_err.so.2"]
        {
            assert!(!is_libc(name), "{name}");
        }
    }

    #[test]
    fn the_loaders_cache_is_read_without_foreign_and_newer_machines() {
        let printed = "3 libs found in cache `/etc/ld.so.cache'\n\
            \tlibz.so.1 (libc6,x86-64, hwcap: \"x86-64-v3\") => /lib/glibc-hwcaps/x86-64-v3/libz.so.1\n\
            \tlibz.so.1 (libc6,x86-64) => /lib/x86_64-linux-gnu/libz.so.1\n\
            \tlibz.so.1 (libc6) => /lib/i386-linux-gnu/libz.so.1\n\
            \tliby.so.1 (libc6,x86-64, OS ABI: Linux 3.2.0) => /opt/liby.so.1\n";
        let cache = cache(printed);
        assert_eq!(cache["libz.so.1"], Path::new("/lib/x86_64-linux-gnu/libz.so.1"));
        assert_eq!(cache["liby.so.1"], Path::new("/opt/liby.so.1"));
    }

    #[test]
    fn origin_is_the_directory_of_the_object() {
        let origin = Path::new("/opt/py/bin");
        assert_eq!(expand("$ORIGIN/../lib", origin).unwrap(), Path::new("/opt/py/bin/../lib"));
        assert_eq!(expand("${ORIGIN}", origin).unwrap(), Path::new("/opt/py/bin/"));
        assert_eq!(expand("/usr/lib", origin).unwrap(), Path::new("/usr/lib"));
        assert_eq!(expand("/usr/$LIB", origin), None);
        assert_eq!(expand("lib", origin), None);
    }
}
