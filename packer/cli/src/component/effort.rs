//! The level that a blob is compressed with: less than the wanted one where that would only take time.

use std::io::{self, Read as _};

use snakecrate_format::listing::{Item, Node};
use snakecrate_format::manifest::MAX_WINDOW_LOG;
use zstd::bulk::Compressor;
use zstd::stream::raw::CParameter;

use super::Error;
use snakecrate_base::tree::{self, Tree};

/// Levels above this one are wanted at any price: they hold for every blob that can be compressed.
const BALANCED: i32 = 18;
/// Unpacked length in bytes of a component whose long files are compressed with at most [`QUICK`].
const LARGE: u64 = 64 << 20;
/// The level for long files of large components. The 5.1 GB of such files of `torch` with CUDA get
/// 6 % longer than with 18, in a 23rd of the time; with 12 they get 0.1 % shorter, in twice the time.
const QUICK: i32 = 9;
/// Those of them whose samples keep at least this share, in percent, with [`STORE`] get at most
/// [`DENSE_LEVEL`]: most of such a file is compressed already, as the code for GPUs in a library is.
const DENSE: usize = 55;
/// With it, `libcublasLt` and `libtorch_cuda` get 0.5 to 1 % longer than with 9, in a quarter of the time.
const DENSE_LEVEL: i32 = 3;
/// Those whose samples keep at most this share with [`STORE`] get the wanted level: the 41 MB of bytecode in the
/// pack of `kubernetes` (4 %) get a tenth shorter than with 9, in 4 s more. Of code, 30 to 55 % are kept.
const REPETITIVE: usize = 10;
/// Unpacked length in bytes of a component whose other files are compressed with at most [`MIDDLE`].
const HUGE: u64 = 256 << 20;
/// The level for short files of huge components, which are a few percent of it. The 178 MB of `torch` get a
/// tenth longer than with 18, in a tenth of the time.
const MIDDLE: i32 = 12;
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
    /// The level for a blob of these files, whose contents are in `tree`; one that `is_long` holds one
    /// long file. The level depends on the component's contents and the wanted level alone.
    ///
    /// # Errors
    ///
    /// A file cannot be read.
    pub(super) fn level(self, items: &[&Item], is_long: bool, tree: &Tree) -> Result<i32, Error> {
        let is_balanced = self.level <= BALANCED;
        let is_quick = is_balanced && is_long && self.component > LARGE;
        let level = if is_quick {
            self.level.min(QUICK)
        } else if is_balanced && !is_long && self.component > HUGE {
            self.level.min(MIDDLE)
        } else {
            self.level
        };
        if level <= TRIED_ABOVE {
            return Ok(level);
        }
        Ok(match kept(items, tree)? {
            HOPELESS.. => STORE,
            DENSE.. if is_quick => level.min(DENSE_LEVEL),
            ..=REPETITIVE if is_quick => self.level,
            _ => level,
        })
    }
}

/// The share of their length, in percent, that samples of the files keep. Files that are not worth a try
/// keep nothing.
fn kept(items: &[&Item], tree: &Tree) -> Result<usize, Error> {
    let total: u64 = items.iter().map(|item| size(&item.node)).sum();
    if total < SAMPLE {
        return Ok(0);
    }
    let stride = (total / SAMPLES).max(SAMPLE);
    let mut samples = Vec::new();
    // The place in the files, one behind the other, where the next sample begins.
    let (mut at, mut next) = (0, 0);
    for item in items {
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
    let packed = compressed(&samples).map_err(|source| {
        let path = items[0].path.clone();
        Error::Read { path, source }
    })?;
    Ok(packed.saturating_mul(100) / samples.len().max(1))
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
    use super::super::listing;
    use super::*;
    use snakecrate_base::tree::Mode;

    const SHORT: bool = false;
    const LONG: bool = true;

    /// Bytes that no compressor makes shorter.
    fn noise(length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        blake3::Hasher::new().finalize_xof().fill(&mut bytes);
        bytes
    }

    /// The level for a blob of these files.
    fn level(files: Vec<Vec<u8>>, is_long: bool, level: i32, component: u64) -> i32 {
        let mut tree = Tree::default();
        for (number, bytes) in files.into_iter().enumerate() {
            tree.insert_file(number.to_string().parse().unwrap(), Mode::Plain, bytes);
        }
        let listing = listing(&tree).unwrap();
        let items: Vec<&Item> = listing.items().iter().collect();
        Effort { level, component }.level(&items, is_long, &tree).unwrap()
    }

    #[test]
    fn files_that_do_not_compress_are_stored() {
        let text = b"import this\n".repeat(50_000);
        let images = || noise(600_000).chunks(50_000).map(<[u8]>::to_vec).collect();
        assert_eq!(level(images(), SHORT, 18, 0), STORE);
        assert_eq!(level(images(), SHORT, 22, 0), STORE);
        assert_eq!(level(images(), SHORT, 3, 0), 3, "it is fast enough");
        assert_eq!(level(vec![text.clone()], SHORT, 18, 0), 18);
        assert_eq!(level(vec![text, noise(600_000)], SHORT, 18, 0), 18);
        assert_eq!(level(vec![noise(1000), vec![]], SHORT, 18, 0), 18, "not worth a try");
    }

    #[test]
    fn long_files_of_large_components_take_less_time_unless_more_is_wanted() {
        let of = |is_long, wanted, component| {
            let mut bytes = noise(1 << 20);
            for piece in bytes.chunks_mut(10) {
                piece[3..].fill(b'a');
            }
            level(vec![bytes], is_long, wanted, component)
        };
        assert_eq!(of(LONG, 18, LARGE), 18);
        assert_eq!(of(LONG, 18, LARGE + 1), QUICK);
        assert_eq!(of(SHORT, 18, HUGE), 18);
        assert_eq!(of(SHORT, 18, HUGE + 1), MIDDLE);
        assert_eq!(of(SHORT, 9, HUGE + 1), 9);
        assert_eq!(of(SHORT, 19, HUGE + 1), 19);
        assert_eq!(of(LONG, 19, LARGE + 1), 19);
        assert_eq!(of(LONG, 5, LARGE + 1), 5);
    }

    #[test]
    fn long_files_that_are_mostly_compressed_take_the_least_time() {
        let of = |percent: usize, wanted, component| {
            let mut bytes = noise(4 << 20);
            for piece in bytes.chunks_mut(1000) {
                let end = piece.len() * percent / 100;
                piece[end..].fill(b'a');
            }
            level(vec![bytes], LONG, wanted, component)
        };
        assert_eq!(of(5, 18, LARGE + 1), 18, "it is not much work");
        assert_eq!(of(30, 18, LARGE + 1), QUICK);
        assert_eq!(of(80, 18, LARGE + 1), DENSE_LEVEL);
        assert_eq!(of(80, 18, LARGE), 18);
        assert_eq!(of(80, 19, LARGE + 1), 19);
    }
}
