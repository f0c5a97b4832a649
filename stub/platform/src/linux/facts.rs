use std::fs;
use std::os::fd::AsRawFd as _;
use std::path::Path;

use rustix::fs::{Mode, OFlags};
use rustix::process::{Resource, getrlimit};

use crate::types::{Limit, Mount};

/// Files that container engines put into containers, and their names.
const MARKS: [(&str, &str); 2] = [("/.dockerenv", "docker"), ("/run/.containerenv", "podman")];
/// systemd's file with the kind of container that it runs in.
const CONTAINER: &str = "/run/systemd/container";
/// The kernel's own processor, from Linux 6.1 on. An emulator does not change it.
const PROCESSOR: &str = "/proc/sys/kernel/arch";

pub(crate) fn kernel() -> String {
    let name = rustix::system::uname();
    let [system, release, machine] = [name.sysname(), name.release(), name.machine()];
    let all = [system, release, machine].map(|text| text.to_string_lossy());
    all.join(" ")
}

/// By the number of the mount: several mounts may have the same device, and files of btrfs and overlayfs
/// have a device that no mount has.
pub(crate) fn mount(path: &Path) -> Option<Mount> {
    let file = rustix::fs::open(path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).ok()?;
    let info = fs::read_to_string(format!("/proc/self/fdinfo/{}", file.as_raw_fd())).ok()?;
    let id = info.lines().find_map(|line| line.strip_prefix("mnt_id:"))?.trim();
    let mounts = fs::read("/proc/self/mountinfo").ok()?;
    let mounts = String::from_utf8_lossy(&mounts);
    let (kind, options) = mounts.lines().find_map(|line| described(line, id))?;
    let size =
        rustix::fs::fstatvfs(&file).map_or(0, |stat| stat.f_blocks.saturating_mul(stat.f_frsize));
    Some(Mount { kind, options, size })
}

/// The type and the options in a line of `mountinfo`, if it is of the mount with this number: see
/// `proc_pid_mountinfo(5)`.
fn described(line: &str, id: &str) -> Option<(String, String)> {
    let (mount, rest) = line.split_once(" - ")?;
    let mut fields = mount.split(' ');
    if fields.next()? != id {
        return None;
    }
    let mut options = fields.nth(4)?.to_owned();
    let mut rest = rest.split(' ');
    let kind = rest.next()?.to_owned();
    // The file system may be read-only although the mount isn't.
    let is_read_only = |list: &str| list.split(',').any(|option| option == "ro");
    if rest.nth(1).is_some_and(is_read_only) && !is_read_only(&options) {
        options.push_str(",read-only file system");
    }
    Some((kind, options))
}

pub(crate) fn limits() -> Vec<Limit> {
    let all = [
        ("open files", Resource::Nofile),
        ("processes", Resource::Nproc),
        ("file size", Resource::Fsize),
        ("address space", Resource::As),
        ("data", Resource::Data),
        ("stack", Resource::Stack),
    ];
    all.map(|(name, resource)| Limit { name, value: getrlimit(resource).current }).into()
}

pub(crate) fn surroundings() -> Vec<String> {
    let mut found: Vec<String> = MARKS
        .iter()
        .filter(|(mark, _)| Path::new(mark).exists())
        .map(|(_, name)| (*name).to_owned())
        .collect();
    let word = |path| {
        let text = fs::read_to_string(path).ok()?;
        let text = text.trim().to_owned();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        (text.len() <= 32 && !text.is_empty() && text.bytes().all(plain)).then_some(text)
    };
    found.extend(word(CONTAINER).filter(|name| !found.contains(name)));
    let machine = rustix::system::uname().machine().to_string_lossy().into_owned();
    found.extend(
        word(PROCESSOR)
            .filter(|processor| *processor != machine)
            .map(|processor| format!("emulated on {processor}")),
    );
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_mountinfo_has_type_and_options() {
        let line =
            "36 35 98:0 /mnt1 /mnt/a\\040b ro,noexec master:1 - ext3 /dev/root rw,errors=continue";
        let pair = |kind: &str, options: &str| Some((kind.to_owned(), options.to_owned()));
        assert_eq!(described(line, "36"), pair("ext3", "ro,noexec"));
        assert_eq!(described(line, "3"), None);
        let line = "40 1 0:5 / / rw,relatime - overlay overlay ro,lowerdir=/secret";
        assert_eq!(described(line, "40"), pair("overlay", "rw,relatime,read-only file system"));
        for cut in 0..line.len() {
            described(&line[..cut], "40");
        }
    }

    #[test]
    fn the_root_directory_is_on_a_mount() {
        let found = mount(Path::new("/")).unwrap();
        assert!(!found.kind.is_empty() && found.options.starts_with('r'), "{found:?}");
    }
}
