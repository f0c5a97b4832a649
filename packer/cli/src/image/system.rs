//! The layer below everything: what programs expect of every system.
//!
//! ```text
//! /etc/passwd, /etc/group   root and nonroot (65532), so that the user has a name and a home
//! /home/nonroot             that home
//! /tmp                      writable for everybody
//! /lib64/ld-linux-…         a link to the C library's loader, for executables of wheels
//! ```
//!
//! There is no shell. A base image has all this, so the layer is left out on top of one.

use snakecrate_format::entry_path::EntryPath;
use snakecrate_format::target::Target;
use snakecrate_image::File;

use super::place::{C_LIBRARY, absolute};

/// The user that containers run as.
pub const USER: u32 = 65532;

const PASSWD: &str = "\
root:x:0:0:root:/root:/sbin/nologin
nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin
";
const GROUP: &str = "\
root:x:0:
nonroot:x:65532:
";

/// The files for `target`, where the C library's component has the loader at `loader`.
pub fn files(target: &Target, loader: &EntryPath) -> Vec<File> {
    let mut files = vec![
        File::plain("etc/group", GROUP),
        File::plain("etc/passwd", PASSWD),
        File::directory("home/nonroot", 0o700, USER),
        File::directory("root", 0o700, 0),
        File::directory("tmp", 0o1777, 0),
    ];
    if let Some(glibc) = &target.glibc {
        let place = glibc.loader.trim_start_matches('/');
        files.push(File::link(place, absolute(&format!("{C_LIBRARY}/{loader}"))));
    }
    files
}
