//! The shared libraries that an interpreter needs, found as `ld.so(8)` finds them.
//!
//! All of them are bundled, except for the C library's, which belong to the host's loader and kernel.
//! (The audit finds the glibc that a host must have for the rest.)

mod ld_conf;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fmt, fs};

use snakecrate_audit::elf::{HEADER, foreign_machine, is_elf};
use snakecrate_audit::{Defect, Object, is_libc};
use snakecrate_base::python::Interpreter;
use snakecrate_format::target::Target;
use snakecrate_platform::map::MappedFile;

use crate::elf::Malformed;
use crate::error::Error;
use crate::root::Root;

/// The directories in which a system's loader finds libraries.
#[derive(Debug)]
pub struct Host {
    target: &'static Target,
    root: Root,
    /// `LD_LIBRARY_PATH`: an interpreter may work only with it.
    early: Vec<PathBuf>,
    cache: BTreeMap<String, PathBuf>,
    late: Vec<PathBuf>,
}

impl fmt::Display for Host {
    /// A phrase: `on this machine`, `in /roots/arm64`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.root.is_own() {
            return f.write_str("on this machine");
        }
        write!(f, "in {}", self.root.path().display())
    }
}

/// Libraries by the name that objects need them by.
#[derive(Debug, Default)]
pub struct Closure {
    /// Libraries that were found: the name, and the file.
    pub libraries: BTreeMap<String, PathBuf>,
    /// Libraries that weren't: the object that needs one, and its name.
    pub missing: BTreeSet<(PathBuf, String)>,
}

/// An object whose libraries are still to be found.
struct Pending {
    path: PathBuf,
    /// The `DT_RPATH`s of the objects that loaded it, innermost first.
    inherited: Vec<PathBuf>,
}

impl Host {
    /// The system of `interpreter`: this machine, or the unpacked system that it is in.
    pub fn of(interpreter: &Interpreter) -> Self {
        Self::in_root(interpreter.target, Root::new(&interpreter.root))
    }

    /// The system in `root`. For an unpacked one, `etc/ld.so.conf` is read: its cache may be missing,
    /// and names its files as it calls them.
    pub(crate) fn in_root(target: &'static Target, root: Root) -> Self {
        if root.is_own() {
            return Self::of_this_machine(target);
        }
        let late = target.glibc.iter().flat_map(|glibc| glibc.library_directories);
        let late = late.map(|directory| root.place(directory));
        let late = ld_conf::directories(&root).into_iter().chain(late).collect();
        Self { target, root, early: Vec::new(), cache: BTreeMap::new(), late }
    }

    /// Reads `LD_LIBRARY_PATH` and the output of `ldconfig -p`.
    fn of_this_machine(target: &'static Target) -> Self {
        let cache = ["/sbin/ldconfig", "/usr/sbin/ldconfig", "ldconfig"]
            .iter()
            .find_map(|program| {
                let mut command = Command::new(program);
                command.arg("-p").stdin(Stdio::null()).stderr(Stdio::null()).env("LC_ALL", "C");
                command.output().ok().filter(|output| output.status.success())
            })
            .map(|output| cache(&String::from_utf8_lossy(&output.stdout), target))
            .unwrap_or_default();
        let early = env::var_os("LD_LIBRARY_PATH")
            .map(|path| env::split_paths(&path).filter(|path| path.is_absolute()).collect())
            .unwrap_or_default();
        let late = target.glibc.iter().flat_map(|glibc| glibc.library_directories);
        let late = late.map(PathBuf::from).collect();
        Self { target, root: Root::new("/"), early, cache, late }
    }

    /// The directories of an unpacked system that its loader searches.
    pub(crate) fn directories(&self) -> impl Iterator<Item = PathBuf> {
        let found = self.late.iter().filter_map(|directory| self.root.resolve(directory).ok());
        found.filter(|directory| directory.is_dir())
    }

    /// The library `name` for an object with no search path of its own.
    pub fn library(&self, name: &str) -> Option<PathBuf> {
        let early = self.early.iter().map(|directory| directory.join(name));
        let late = self.late.iter().map(|directory| directory.join(name));
        early.chain(self.cache.get(name).cloned()).chain(late).find_map(|path| self.loaded(&path))
    }

    /// The file at `path` if the loader would load it. It goes on searching if the machine is another
    /// one.
    fn loaded(&self, path: &Path) -> Option<PathBuf> {
        let file =
            if self.root.is_own() { path.to_owned() } else { self.root.resolve(path).ok()? };
        let mut start = [0; HEADER];
        let read = fs::File::open(&file).and_then(|mut file| file.read_exact(&mut start));
        let loads =
            read.is_ok() && is_elf(&start) && foreign_machine(&start, self.target).is_none();
        loads.then_some(file)
    }

    /// Replaces `$ORIGIN` by the object's directory. `None` for relative paths and other variables.
    fn expand(&self, path: &str, origin: &Path) -> Option<PathBuf> {
        let rest = path.strip_prefix("$ORIGIN").or_else(|| path.strip_prefix("${ORIGIN}"));
        let (expanded, is_placed) = match rest {
            Some(rest) => (origin.join(rest.trim_start_matches('/')), true),
            None => (PathBuf::from(path), false),
        };
        let plain = !expanded.to_string_lossy().contains('$') && expanded.is_absolute();
        plain.then(|| if is_placed { expanded } else { self.root.place(expanded) })
    }

    fn find(&self, name: &str, object: &Pending, facts: &Object) -> Option<PathBuf> {
        let origin = object.path.parent().unwrap_or(Path::new("/"));
        if name.contains('/') {
            return self.expand(name, origin).and_then(|path| self.loaded(&path));
        }
        let expanded = |paths: &[String]| -> Vec<PathBuf> {
            paths.iter().filter_map(|path| self.expand(path, origin)).collect()
        };
        let own = expanded(&facts.rpath);
        let after = expanded(&facts.runpath);
        let inherited = if facts.has_runpath { &[] } else { &*object.inherited };
        let early = own.iter().chain(inherited).chain(&self.early).chain(&after);
        let cached = self.cache.get(name).cloned();
        early
            .map(|directory| directory.join(name))
            .chain(cached)
            .chain(self.late.iter().map(|directory| directory.join(name)))
            .find_map(|path| self.loaded(&path))
    }
}

/// The libraries that `executable` and the `modules` that it loads need, directly or indirectly.
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

/// Finds the libraries that `object` needs; returns the search path that they inherit.
fn visit(
    object: &Pending,
    host: &Host,
    found: &mut Closure,
    pending: &mut VecDeque<Pending>,
) -> Result<Vec<PathBuf>, Error> {
    let path = &object.path;
    let facts = facts(path, host.target)?;
    let origin = path.parent().unwrap_or(Path::new("/"));
    let mut inherited: Vec<PathBuf> =
        facts.rpath.iter().filter_map(|path| host.expand(path, origin)).collect();
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
        if is_libc_part(&library, host.target)? {
            continue;
        }
        found.libraries.insert(name.to_owned(), library.clone());
        pending.push_back(Pending { path: library, inherited: inherited.clone() });
    }
    Ok(inherited)
}

/// The facts of the executable or library at `path`.
fn facts(path: &Path, target: &Target) -> Result<Object, Error> {
    let malformed = |reason| Error::Elf { path: path.to_owned(), reason: Malformed(reason) };
    let bytes =
        MappedFile::open(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    let object = Object::read(&path.to_string_lossy(), &bytes, target)
        .ok_or(malformed("it isn't an executable or a library"))?;
    match object.defect {
        None => Ok(object),
        Some(Defect::Machine(_)) => Err(malformed("it is for another machine")),
        Some(Defect::Damaged) => Err(malformed("its ELF structure is damaged")),
    }
}

/// Whether a library uses the private parts of the C library that it was built with: such a library
/// is a part of that C library, whatever its name.
fn is_libc_part(library: &Path, target: &Target) -> Result<bool, Error> {
    // libstdc++ and libgcc_s may use private parts as well; they still aren't glibc's.
    let name = library.file_name().unwrap_or_default().to_string_lossy();
    if name.starts_with("libstdc++") || name.starts_with("libgcc_s") {
        return Ok(false);
    }
    Ok(facts(library, target)?.special.contains("GLIBC_PRIVATE"))
}

/// Reads what `ldconfig -p` prints: `\tlibz.so.1 (libc6,x86-64) => /lib/…/libz.so.1`.
///
/// Variants for newer processors (`hwcap`) are left out: the host may have an older one.
fn cache(printed: &str, target: &Target) -> BTreeMap<String, PathBuf> {
    let mark = target.glibc.as_ref().map(|glibc| glibc.ldconfig_mark);
    let mut found = BTreeMap::new();
    for line in printed.lines() {
        let Some((left, path)) = line.split_once(" => ") else { continue };
        let Some((name, kind)) = left.trim().split_once(" (") else { continue };
        if mark.is_some_and(|mark| kind.contains(mark)) && !kind.contains("hwcap") {
            found.entry(name.to_owned()).or_insert_with(|| PathBuf::from(path));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use snakecrate_format::target::{AARCH64_LINUX, X86_64_LINUX};

    #[test]
    fn the_loaders_cache_is_read_without_foreign_and_newer_machines() {
        let printed = "3 libs found in cache `/etc/ld.so.cache'\n\
            \tlibz.so.1 (libc6,x86-64, hwcap: \"x86-64-v3\") => /lib/glibc-hwcaps/x86-64-v3/libz.so.1\n\
            \tlibz.so.1 (libc6,x86-64) => /lib/x86_64-linux-gnu/libz.so.1\n\
            \tlibz.so.1 (libc6) => /lib/i386-linux-gnu/libz.so.1\n\
            \tliby.so.1 (libc6,x86-64, OS ABI: Linux 3.2.0) => /opt/liby.so.1\n";
        let arm = "\tlibz.so.1 (libc6,AArch64) => /lib/aarch64-linux-gnu/libz.so.1\n";
        let printed = format!("{printed}{arm}");
        let arm = cache(&printed, &AARCH64_LINUX);
        assert_eq!(arm["libz.so.1"], Path::new("/lib/aarch64-linux-gnu/libz.so.1"));
        let cache = cache(&printed, &X86_64_LINUX);
        assert_eq!(cache["libz.so.1"], Path::new("/lib/x86_64-linux-gnu/libz.so.1"));
        assert_eq!(cache["liby.so.1"], Path::new("/opt/liby.so.1"));
    }

    #[test]
    fn origin_is_the_directory_of_the_object() {
        let origin = Path::new("/opt/py/bin");
        let host = |root: &str| Host {
            target: &X86_64_LINUX,
            root: Root::new(root),
            early: Vec::new(),
            cache: BTreeMap::new(),
            late: Vec::new(),
        };
        let unpacked = |path| host("/opt").expand(path, origin);
        assert_eq!(unpacked("$ORIGIN/../lib").unwrap(), Path::new("/opt/py/bin/../lib"));
        assert_eq!(unpacked("/usr/lib").unwrap(), Path::new("/opt/usr/lib"));
        let expand = |path, origin| host("/").expand(path, origin);
        assert_eq!(expand("$ORIGIN/../lib", origin).unwrap(), Path::new("/opt/py/bin/../lib"));
        assert_eq!(expand("${ORIGIN}", origin).unwrap(), Path::new("/opt/py/bin/"));
        assert_eq!(expand("/usr/lib", origin).unwrap(), Path::new("/usr/lib"));
        assert_eq!(expand("/usr/$LIB", origin), None);
        assert_eq!(expand("lib", origin), None);
    }
}
