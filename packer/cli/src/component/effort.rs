//! The level that a blob is compressed with: less than the wanted one where that would only take time.

use std::io::{self, Read as _};

use snakecrate_format::listing::Node;
use snakecrate_format::manifest::MAX_WINDOW_LOG;
use zstd::bulk::Compressor;
use zstd::stream::raw::CParameter;

use super::Error;
use super::blob::{Group, TARGET};
use snakecrate_base::tree::{self, Tree};

/// Levels above this one are wanted at any price: they hold for every blob that can be compressed.
const BALANCED: i32 = 18;
/// Unpacked length in bytes of a component whose long files are compressed with at most [`QUICK`].
const LARGE: u64 = 64 << 20;
/// The level for long files of large components. The 5.1 GB of such files of `torch` with CUDA get
/// 6 % longer than with 18, in a 23rd of the time; with 12 they get 0.1 % shorter, in twice the time.
const QUICK: i32 = 9;
/// The level for what does not get shorter, such as images: zstd stores it, nearly as fast as it
/// reads.
const STORE: i32 = 1;

/// Files to be compressed with more than this level are tried with [`STORE`] first.
const TRIED_ABOVE: i32 = 3;
/// The length of a sample in bytes, and the number of samples of a blob.
const SAMPLE: u64 = 128 << 10;
const SAMPLES: u64 = 8;
/// Samples that keep at least this share of their length, in percent, are not worth more time.
const HOPELESS: usize = 98;

/// How much time a component is worth.
#[derive(Debug, Clone, Copy)]
pub(super) struct Effort {
    /// The level that the user wants.
    pub(super) level: i32,
    /// The bytes of the component's files.
    pub(super) component: u64,
}

impl Effort {
    /// The level for `group`, whose files are in `tree`. It depends on the component's contents and
    /// the wanted level alone.
    ///
    /// # Errors
    ///
    /// A file cannot be read.
    pub(super) fn level(self, group: &Group<'_>, tree: &Tree) -> Result<i32, Error> {
        let is_long = group.unpacked > TARGET;
        let level = if is_long && self.component > LARGE && self.level <= BALANCED {
            self.level.min(QUICK)
        } else {
            self.level
        };
        if level <= TRIED_ABOVE || group.unpacked < SAMPLE {
            return Ok(level);
        }
        Ok(if is_hopeless(group, tree)? { STORE } else { level })
    }
}

/// Whether samples of the group's files get hardly shorter.
fn is_hopeless(group: &Group<'_>, tree: &Tree) -> Result<bool, Error> {
    let total: u64 = group.items.iter().map(|item| size(&item.node)).sum();
    let stride = (total / SAMPLES).max(SAMPLE);
    let mut samples = Vec::new();
    // The place in the files, one behind the other, where the next sample begins.
    let (mut at, mut next) = (0, 0);
    for item in &group.items {
        let end = at + size(&item.node);
        while next < end {
            let length = SAMPLE.min(end - next);
            let read_error = |source| Error::Read { path: item.path.clone(), source };
            let Some(tree::Node::File { content, .. }) = tree.get(&item.path) else {
                return Err(Error::Changed(item.path.clone()));
            };
            let reader = content.open_at(next - at).map_err(read_error)?;
            reader.take(length).read_to_end(&mut samples).map_err(read_error)?;
            next += stride;
        }
        at = end;
    }
    if samples.is_empty() {
        return Ok(false);
    }
    let packed = compressed(&samples).map_err(|source| {
        let path = group.items[0].path.clone();
        Error::Read { path, source }
    })?;
    Ok(packed.saturating_mul(100) >= samples.len().saturating_mul(HOPELESS))
}

fn compressed(samples: &[u8]) -> io::Result<usize> {
    let mut compressor = Compressor::new(STORE)?;
    compressor.set_parameter(CParameter::WindowLog(MAX_WINDOW_LOG))?;
    Ok(compressor.compress(samples)?.len())
}

fn size(node: &Node) -> u64 {
    match node {
        Node::File { size, .. } => *size,
        Node::Link(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{blob, listing};
    use super::*;
    use snakecrate_base::tree::Mode;

    /// Bytes that no compressor makes shorter.
    fn noise(length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        blake3::Hasher::new().finalize_xof().fill(&mut bytes);
        bytes
    }

    /// The levels of the blobs of a component with these files, wanted with `level`.
    fn levels(files: &[(&str, Vec<u8>)], level: i32, component: u64) -> Vec<i32> {
        let mut tree = Tree::default();
        for (path, bytes) in files {
            tree.insert_file(path.parse().unwrap(), Mode::Plain, bytes.clone());
        }
        let listing = listing(&tree).unwrap();
        let effort = Effort { level, component };
        blob::groups(&listing).iter().map(|group| effort.level(group, &tree).unwrap()).collect()
    }

    #[test]
    fn files_that_do_not_compress_are_stored() {
        let text = b"import this\n".repeat(50_000);
        let small = |bytes: Vec<u8>| bytes.chunks(50_000).map(<[u8]>::to_vec).collect::<Vec<_>>();
        let names: Vec<String> = (0..12).map(|n| format!("{n}.png")).collect();
        let images: Vec<_> = names.iter().map(String::as_str).zip(small(noise(600_000))).collect();
        assert_eq!(levels(&images, 18, 0), [STORE]);
        assert_eq!(levels(&images, 22, 0), [STORE]);
        assert_eq!(levels(&images, 3, 0), [3], "it is fast enough");
        assert_eq!(levels(&[("a.py", text.clone())], 18, 0), [18]);
        let half = [text, noise(600_000)].concat();
        assert_eq!(levels(&[("half", half)], 18, 0), [18]);
        assert_eq!(levels(&[("a", noise(1000)), ("b", vec![])], 18, 0), [18], "not worth a try");
    }

    #[test]
    fn long_files_of_large_components_take_less_time_unless_more_is_wanted() {
        let long = vec![b'a'; usize::try_from(TARGET).unwrap()];
        let files = [("a.so", long), ("b.py", b"pass".to_vec())];
        assert_eq!(levels(&files, 18, LARGE), [18, 18]);
        assert_eq!(levels(&files, 18, LARGE + 1), [18, QUICK]);
        assert_eq!(levels(&files, 19, LARGE + 1), [19, 19]);
        assert_eq!(levels(&files, 5, LARGE + 1), [5, 5]);
    }
}
