//! The native entries: the loader of each lists the libraries that it finds.

use super::surroundings::Surroundings;
use super::{Cause, Error, Proof};
use crate::build::{Check, Subject};

/// Makes the loader list libraries instead of starting the program: `ld.so(8)`. The archive starts the
/// program as for a user, so its C library is the one that users get.
const TRACE: &str = "LD_TRACE_LOADED_OBJECTS";

/// Proves the native entries among `subjects` that a loader loads. Other files would run.
pub(super) fn prove(
    surroundings: &Surroundings<'_>,
    subjects: &[Subject],
    proof: &mut Proof,
) -> Result<(), Error> {
    for Subject { name, check } in subjects {
        if !matches!(check, Check::Loaded) {
            continue;
        }
        let ended = surroundings.run(name, |command| {
            command.env(TRACE, "1");
        })?;
        let cause = match ended.status {
            None => Cause::TooLong(surroundings.limit()),
            Some(status) => {
                let complaints = complaints(&ended.stdout, &ended.stderr);
                if status.success() && complaints.is_empty() {
                    proof.libraries.extend(found(&ended.stdout));
                    continue;
                }
                if complaints.is_empty() {
                    Cause::Ended { status, output: ended.stderr }
                } else {
                    Cause::NotLoaded(complaints)
                }
            }
        };
        let (entry, others) = (name.clone(), Vec::new());
        return Err(Error::Entry { entry, cause, others, working: Vec::new() });
    }
    Ok(())
}

/// What the loader does not find: libraries in its list, and messages about their versions.
fn complaints(list: &str, messages: &str) -> String {
    let missing = list.lines().filter(|line| line.ends_with("=> not found"));
    let versions = messages.lines().filter(|line| line.contains("not found"));
    missing.chain(versions).map(str::trim).collect::<Vec<_>>().join("\n")
}

/// The paths in a list such as `libc.so.6 => /lib/libc.so.6 (0x00007f…)`.
fn found(list: &str) -> impl Iterator<Item = String> {
    list.lines().filter_map(|line| {
        let place = line.trim().rsplit_once(" (0x")?.0;
        let path = place.rsplit_once("=> ").map_or(place, |(_, path)| path);
        path.starts_with('/').then(|| path.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_libraries_and_versions_are_complaints() {
        let list = "\tlinux-vdso.so.1 (0x00007ffc)\n\tlibx.so.1 => not found\n\
                    \tlibc.so.6 => /lib/libc.so.6 (0x00007f1e)\n\t/lib64/ld.so (0x00007f1f)\n";
        let messages = "./x: /lib/libc.so.6: version `GLIBC_2.99' not found (required by ./x)\n";
        assert_eq!(complaints(list, ""), "libx.so.1 => not found");
        assert!(complaints("", messages).contains("GLIBC_2.99"));
        assert_eq!(found(list).collect::<Vec<_>>(), ["/lib/libc.so.6", "/lib64/ld.so"]);
    }
}
