use std::io;

use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_BAD_EXE_FORMAT, ERROR_STOPPED_ON_SYMLINK,
};

fn is(error: &io::Error, code: u32) -> bool {
    error.raw_os_error().map(i32::cast_unsigned) == Some(code)
}

pub(crate) fn is_link_refused(error: &io::Error) -> bool {
    is(error, ERROR_STOPPED_ON_SYMLINK)
}

pub(crate) fn is_wrong_format(error: &io::Error) -> bool {
    is(error, ERROR_BAD_EXE_FORMAT)
}

pub(crate) fn is_execution_refused(error: &io::Error) -> bool {
    is_wrong_format(error) || is(error, ERROR_ACCESS_DENIED)
}

pub(crate) fn is_not_permitted(error: &io::Error) -> bool {
    is(error, ERROR_ACCESS_DENIED)
}
