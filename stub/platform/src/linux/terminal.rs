use std::io;

use rustix::event::{PollFd, PollFlags, Timespec};

pub(crate) fn is_drawable() -> bool {
    let stderr = io::stderr();
    let is_in_front = rustix::termios::tcgetpgrp(&stderr)
        .is_ok_and(|foreground| foreground == rustix::process::getpgrp());
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    let mut ready = [PollFd::new(&stderr, PollFlags::OUT)];
    is_in_front && rustix::event::poll(&mut ready, Some(&at_once)) == Ok(1)
}

pub(crate) fn columns() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stderr()).ok()?;
    Some(usize::from(size.ws_col)).filter(|&columns| columns > 0)
}

pub(crate) fn write(text: &str) {
    let _ = rustix::io::write(io::stderr(), text.as_bytes());
}
