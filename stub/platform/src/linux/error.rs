use std::io;

use rustix::io::Errno;

fn is(error: &io::Error, errno: Errno) -> bool {
    error.raw_os_error() == Some(errno.raw_os_error())
}

pub(crate) fn is_link_refused(error: &io::Error) -> bool {
    is(error, Errno::LOOP)
}

pub(crate) fn is_wrong_format(error: &io::Error) -> bool {
    is(error, Errno::NOEXEC)
}

pub(crate) fn is_execution_refused(error: &io::Error) -> bool {
    is(error, Errno::NOEXEC) || is(error, Errno::ACCESS)
}

pub(crate) fn is_not_permitted(error: &io::Error) -> bool {
    is(error, Errno::PERM)
}
