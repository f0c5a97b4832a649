//! Archives on hosts of other kinds: with mounts in a namespace of their own, or with another root.

use std::path::Path;

use super::{Run, Sandbox};

impl Sandbox {
    /// An archive in the working directory, on a host of another kind: in a mount namespace with the
    /// sandbox at `/mnt` and empty `/home`, `/root`, `/srv`, `/tmp`, `/var/cache`, `/var/lib` and
    /// `/var/tmp`. The shell commands `mounts` then change it. The environment is empty. For root
    /// only, see [`Root`](crate::support::needs::Need).
    pub fn place(&self, name: &str, mounts: &str) -> Run<'_> {
        let common = format!(
            "mount --bind '{root}' /mnt; cd /mnt/work
             for place in /home /root /srv /tmp /var/cache /var/lib /var/tmp; do
                 mount -t tmpfs -o mode=755 tmpfs $place
             done
             chmod 1777 /tmp /var/tmp
             ro() {{ for at; do mount -o remount,bind,ro $at; done; }}
             noexec() {{ for at; do mount -o remount,noexec $at; done; }}
             mount -t proc proc /proc\n",
            root = self.root().display()
        );
        Run::place(self, &Path::new("/mnt/work").join(name), common + mounts)
    }

    /// An archive alone in a root directory of its own: `folder` of the working directory. It has
    /// `/proc` if the folder has one, and an empty environment. For root only, see
    /// [`Root`](crate::support::needs::Need).
    pub fn alone(&self, folder: &str, name: &str, uid: u32) -> Run<'_> {
        let mounts = format!(
            "[ ! -d {folder}/proc ] || mount -t proc proc {folder}/proc
             set -- --userspec={uid}:{uid} --groups= '{}' \"$@\"
             set -- /usr/bin/env -i /usr/sbin/chroot \"$@\"",
            self.path(folder).display()
        );
        Run::place(self, &Path::new("/").join(name), mounts)
    }
}
