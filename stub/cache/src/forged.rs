//! A forged cache for the tests of this crate.

use std::fs::{self, File, FileTimes};
use std::time::{Duration, SystemTime};

use snakecrate_format::digest::Digest;
use snakecrate_format::manifest::{Kind, Manifest, sample::sample};

use crate::layout::{COMPONENT, COMPONENTS, ENVS, LAUNCH, MANIFEST};
use crate::root::Root;

pub(crate) const DAY: Duration = Duration::from_hours(24);

/// A cache whose trees hold only the files that prune reads.
pub(crate) struct Cache {
    _directory: tempfile::TempDir,
    pub(crate) root: Root,
}

/// So many days before now.
pub(crate) fn ago(days: u32) -> SystemTime {
    SystemTime::now() - days * DAY
}

impl Cache {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let root = Root::create(&directory.path().join("cache")).unwrap();
        Self { _directory: directory, root }
    }

    /// Adds an environment of a runtime and wheels, each with its size.
    pub(crate) fn env(
        self,
        key: &str,
        used: SystemTime,
        made: SystemTime,
        parts: &[(&str, u64)],
    ) -> Self {
        self.env_with(key, used, made, parts, |_| {})
    }

    /// Like [`Cache::env`], with a change of its manifest.
    pub(crate) fn env_with(
        self,
        key: &str,
        used: SystemTime,
        made: SystemTime,
        parts: &[(&str, u64)],
        change: impl FnOnce(&mut Manifest),
    ) -> Self {
        let mut manifest = sample();
        let runtime = manifest.components[0].clone();
        manifest.components.clear();
        for (index, (name, bytes)) in (0..).zip(parts) {
            let mut part = runtime.clone();
            (part.name, part.bytes) = ((*name).to_owned(), *bytes);
            part.tree.offset += 100 * index;
            part.blobs[0].offset += 100 * index;
            part.digest = Digest::of(name.as_bytes());
            if !manifest.components.is_empty() {
                part.kind = Kind::Wheel;
            }
            let record = serde_json::to_vec(&part).unwrap();
            self.write(COMPONENTS, &part.digest.key(), COMPONENT, &record);
            manifest.components.push(part);
        }
        change(&mut manifest);
        self.write(ENVS, key, MANIFEST, &manifest.encode());
        let plan = self.write(ENVS, key, LAUNCH, b"");
        plan.set_times(FileTimes::new().set_accessed(used).set_modified(made)).unwrap();
        self
    }

    pub(crate) fn write(&self, area: &str, key: &str, path: &str, bytes: &[u8]) -> File {
        let path = self.root.path_of(area, key).join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        File::options().write(true).open(path).unwrap()
    }
}
