//! What reads untrusted bytes, as functions of bytes that panic where a promise is broken.
//!
//! libFuzzer calls them with what it makes up (`fuzz_targets/`), the suite with what is in `seeds/`
//! (`tests/fuzzed.rs`). Each asserts more than that nothing panics: what is read and written again is
//! the same, paths are safe by another check than the reader's own, nothing gives more than was
//! declared. `zip.rs` is not part of this library: what needs the packer takes minutes more to build.

mod blob;
pub mod safe;

use snakecrate_cache::environment::guards::{self, Guard};
use snakecrate_cache::environment::plan::{LaunchPlan, LibcInUse};
use snakecrate_format::listing::Listing;
use snakecrate_format::manifest::{Feature, Manifest};
use snakecrate_format::patch_area;
use snakecrate_format::record::{BLANK, BootRecord, LENGTH, MAX_MANIFEST};
use snakecrate_launcher::entry_choice::choose;

pub use blob::{blob, memory};

/// A boot record: 256 bytes as they are, then with the right magic and checksum.
pub fn record(data: &[u8]) {
    let mut bytes = [0; LENGTH];
    let length = data.len().min(LENGTH);
    bytes[..length].copy_from_slice(&data[..length]);
    for sealed in [false, true] {
        if sealed {
            bytes[..8].copy_from_slice(&BLANK[..8]);
            let sum = blake3::hash(&bytes[..240]);
            bytes[240..].copy_from_slice(&sum.as_bytes()[..16]);
        }
        let Ok(record) = BootRecord::parse(&bytes) else { continue };
        let end = u128::from(record.manifest_offset) + u128::from(record.manifest_length);
        assert!(end <= u128::from(record.archive_length), "it lies inside");
        assert!(record.manifest_length <= MAX_MANIFEST);
        let again = record.encode();
        assert_eq!(again[..152], bytes[..152], "all that is looked at");
        assert_eq!(BootRecord::parse(&again), Ok(record));
    }
}

/// A manifest in an archive of a mebibyte.
pub fn manifest(data: &[u8]) {
    const LENGTH: u64 = 1 << 20;
    match Manifest::parse(data, LENGTH, Feature::ALL) {
        Err(error) => safe::message(&error.to_string()),
        Ok(manifest) => {
            let again = manifest.encode();
            let second = Manifest::parse(&again, LENGTH, Feature::ALL);
            assert_eq!(second.as_ref().ok(), Some(&manifest));
            safe::manifest(&manifest, LENGTH);
            let used = manifest.features();
            assert!(used.iter().all(|feature| manifest.requires.contains(feature)));
            if manifest.requires.iter().any(|one| !Feature::LAUNCHER.contains(one)) {
                let refused = Manifest::parse(data, LENGTH, Feature::LAUNCHER);
                return safe::message(&refused.expect_err("it is not known").to_string());
            }
            // What a cold start makes of it, and a warm one reads.
            let home = std::path::Path::new("/home");
            let guards = guards::rows(&manifest, &[], &[], vec![Guard::of("made", data)]);
            let plan =
                LaunchPlan::new(&manifest, home, LibcInUse::Only, guards, |_| true, |_| Some(1));
            assert_eq!(LaunchPlan::parse(plan.encode()), Some(plan));
        }
    }
}

/// A listing.
pub fn listing(data: &[u8]) {
    match Listing::parse(data) {
        Err(error) => safe::message(&error.to_string()),
        Ok(listing) => {
            assert_eq!(listing.encode().as_bytes(), data, "there is one way to write it");
            safe::listing(&listing);
        }
    }
}

/// A launch plan.
pub fn plan(data: &[u8]) {
    if let Some(plan) = LaunchPlan::parse(data.to_vec()) {
        assert_eq!(LaunchPlan::parse(plan.encode()).as_ref(), Some(&plan));
        for random in [0, 1, usize::MAX] {
            let (first, other) = plan.guards(random);
            for (path, size) in first.chain(other) {
                assert!(path.len() < data.len() && size < u64::MAX);
            }
        }
        let arguments = ["x".into(), "y".into()];
        let _ = choose(&plan, &arguments, "/found".as_ref());
    }
}

/// A patch area: what is left of an executable, then a path for it and a library.
pub fn patch_area(data: &[u8]) {
    let (&[loader, library], rest) = data.split_first_chunk().map_or((&[0, 0], data), |p| p);
    let mut executable = rest.to_vec();
    let path = vec![b'p'; usize::from(loader) * 10];
    let name = &rest[..rest.len().min(usize::from(library))];
    let libraries = [String::from_utf8_lossy(name).into_owned()];
    if patch_area::fill(&mut executable, &path, &path, &libraries).is_ok() {
        assert_eq!(executable.len(), rest.len());
        let changed = executable.iter().zip(rest).filter(|(a, b)| a != b).count();
        assert!(changed <= patch_area::LOADER + patch_area::SEARCH + 8, "the paths and one entry");
        let again = executable.clone();
        patch_area::fill(&mut executable, &path, &path, &libraries)
            .expect("it is a patch area still");
        assert_eq!(executable, again);
    }
}
