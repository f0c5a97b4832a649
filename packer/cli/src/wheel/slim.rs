//! The files of wheels that are left out, and debug information that is stripped.

use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom};
use std::sync::Arc;

use glob::Pattern;

use super::dropped::UNPROVEN;
use super::error::Kind;
use super::store::{Kept, Store};
use crate::footprint::Footprint;
use snakecrate_audit::elf::is_elf;
use snakecrate_base::tree::Content;
use snakecrate_platform::map::MappedFile;
use snakecrate_runtime::elf::strip::{self, Piece};
use snakecrate_runtime::patterns::{fits, patterns};
use snakecrate_runtime::{self as runtime, Strip};

/// Names of sets of patterns.
const SETS: &[(&str, &[&str])] = &[
    ("tests", &["**/tests", "**/test", "**/conftest.py", "**/test_*.py", "**/*_test.py"]),
    ("stubs", &["**/*.pyi", "**/py.typed"]),
    (
        "sources",
        &[
            "**/*.a", "**/*.c", "**/*.cc", "**/*.cpp", "**/*.cu", "**/*.cuh", "**/*.cxx", "**/*.f",
            "**/*.f90", "**/*.h", "**/*.hh", "**/*.hpp", "**/*.hxx", "**/*.la", "**/*.o",
            "**/*.pxd", "**/*.pxi", "**/*.pyx", "**/*.rs",
        ],
    ),
];

/// Rules for the files that are left out of wheels.
///
/// Patterns apply to paths below `site-packages`, or in the environment for files elsewhere. They
/// match as those of [`runtime::Policy`] do. Metadata (`.dist-info`) and scripts always stay.
#[derive(Debug, Default)]
pub struct Slim {
    /// By the user's words: `tests`, or a pattern.
    exclude: Vec<(String, Vec<Pattern>)>,
    include: Vec<Pattern>,
    strip: Strip,
    footprint: Option<Arc<Footprint>>,
}

impl Slim {
    /// Leaves out files that match `exclude` but not `include`, which are patterns and names of
    /// sets. Strips libraries.
    ///
    /// # Errors
    ///
    /// [`runtime::Error::Pattern`].
    pub fn new(
        exclude: &[String],
        include: &[String],
        strip: Strip,
    ) -> Result<Self, runtime::Error> {
        let named = |name: &String| Ok((name.clone(), patterns(meaning(name).into_iter())?));
        Ok(Self {
            exclude: exclude.iter().map(named).collect::<Result<_, runtime::Error>>()?,
            include: patterns(include.iter().flat_map(|name| meaning(name)))?,
            strip,
            footprint: None,
        })
    }

    /// The same, which also leaves out what the proof of `footprint` did not load. `--keep` has no say in it.
    #[must_use]
    pub fn with_footprint(self, footprint: Option<Arc<Footprint>>) -> Self {
        Self { footprint, ..self }
    }

    /// The rule that leaves out a file: `path` is its path in the environment, `below` that below
    /// `site-packages` if it is there. `None` if it stays.
    pub(crate) fn rule(&self, path: &str, below: &str) -> Option<String> {
        if let Some(word) = self.excludes(below) {
            return Some(format!("--exclude {word}"));
        }
        self.is_unproven(path).then(|| UNPROVEN.to_owned())
    }

    /// Whether the file at `path` of the environment is left out because no proof loaded it.
    pub(crate) fn is_unproven(&self, path: &str) -> bool {
        self.footprint.as_ref().is_some_and(|footprint| footprint.leaves_out(path))
    }

    /// The user's word that leaves out the file at `path`; none if it stays.
    fn excludes(&self, path: &str) -> Option<&str> {
        if path.split('/').next().is_some_and(|top| top.ends_with(".dist-info")) {
            return None;
        }
        let (word, _) = self.exclude.iter().find(|(_, patterns)| fits(patterns, path))?;
        (!fits(&self.include, path)).then_some(word)
    }

    /// Strips the file `name` of a wheel. A file with a checksum beside it, as NSS has them
    /// (`libfreebl3.chk`), stays as it is. So does one that cannot be parsed.
    pub(super) fn strip(
        &self,
        name: &str,
        kept: Kept,
        has: impl Fn(&str) -> bool,
        store: &Store,
    ) -> Result<Kept, Kind> {
        if self.strip == Strip::None {
            return Ok(kept);
        }
        let mut start = [0; 4];
        let whole = kept.content.open()?.read_exact(&mut start).is_ok();
        let stem = name.strip_suffix(".so").unwrap_or(name);
        if !whole || !is_elf(&start) || has(&format!("{stem}.chk")) {
            return Ok(kept);
        }
        let stripped = match &kept.content {
            Content::Memory(bytes) => strip::strip(bytes, self.strip),
            Content::Disk(path) => strip::strip(&MappedFile::open(path)?, self.strip),
        };
        let Ok(Some(pieces)) = stripped else { return Ok(kept) };
        let size = pieces.iter().map(length).sum();
        let mut reader = Joined::new(&kept.content, pieces)?;
        let stripped = store.keep(&mut reader, size)?;
        drop(reader);
        store.discard(kept);
        Ok(stripped)
    }
}

/// The length of a piece in bytes.
fn length(piece: &Piece) -> u64 {
    let length = match piece {
        Piece::Original(range) => range.len(),
        Piece::New(bytes) => bytes.len(),
    };
    length as u64
}

/// A reader of pieces, one behind the other. A file on disk is read, not mapped: pages of a map would
/// stay in this process's memory.
struct Joined<'a> {
    source: Source<'a>,
    pieces: std::vec::IntoIter<Piece>,
    now: Piece,
}

/// The file that pieces are of.
enum Source<'a> {
    Disk(File),
    Memory(&'a [u8]),
}

impl<'a> Joined<'a> {
    fn new(content: &'a Content, pieces: Vec<Piece>) -> io::Result<Self> {
        let source = match content {
            Content::Disk(path) => Source::Disk(File::open(path)?),
            Content::Memory(bytes) => Source::Memory(bytes),
        };
        Ok(Self { source, pieces: pieces.into_iter(), now: Piece::New(Vec::new()) })
    }
}

impl Read for Joined<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while length(&self.now) == 0 {
            let Some(next) = self.pieces.next() else { return Ok(0) };
            if let (Piece::Original(range), Source::Disk(file)) = (&next, &mut self.source) {
                file.seek(SeekFrom::Start(range.start as u64))?;
            }
            self.now = next;
        }
        match &mut self.now {
            Piece::New(bytes) => {
                let got = (&bytes[..]).read(buffer)?;
                bytes.drain(..got);
                Ok(got)
            }
            Piece::Original(range) => {
                let want = buffer.len().min(range.len());
                let got = match &mut self.source {
                    Source::Disk(file) => file.read(&mut buffer[..want])?,
                    Source::Memory(bytes) => (&bytes[range.start..]).read(&mut buffer[..want])?,
                };
                if got == 0 && want > 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                range.start += got;
                Ok(got)
            }
        }
    }
}

/// The patterns of the set `name`, or `name` itself.
fn meaning(name: &str) -> Vec<&str> {
    let set = SETS.iter().find(|(set, _)| *set == name);
    set.map_or_else(|| vec![name], |(_, patterns)| patterns.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_and_patterns_exclude_and_include_wins() {
        let own = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let exclude = own(&["tests", "stubs", "sources", "demo/locale/**"]);
        let slim = Slim::new(&exclude, &own(&["demo/tests/data"]), Strip::None).unwrap();
        for path in [
            "demo/tests/test_a.py",
            "demo/sub/test/x.bin",
            "tests/__init__.py",
            "demo/conftest.py",
            "demo/a.pyi",
            "demo/py.typed",
            "demo/a.pyx",
            "include/site/python3.12/demo/a.h",
            "demo/locale/de/a.mo",
        ] {
            assert!(slim.excludes(path).is_some(), "{path}");
        }
        for path in [
            "demo/tests/data/a.json",
            "demo/testing/__init__.py",
            "demo/contest.py",
            "demo/a.so",
            "demo-1.0.dist-info/licenses/tests/LICENSE.c",
        ] {
            assert_eq!(slim.excludes(path), None, "{path}");
        }
        assert_eq!(slim.excludes("demo/locale/de/a.mo"), Some("demo/locale/**"));
        let nothing = Slim::default();
        assert_eq!(nothing.excludes("demo/tests/a.py"), None, "nothing goes unless asked for");
        assert!(Slim::new(&own(&["a["]), &[], Strip::None).is_err());
    }
}
