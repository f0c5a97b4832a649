use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use libc::{SIGHUP, SIGINT, SIGTERM, c_int};
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, getpid, kill_process, kill_process_group,
    set_parent_process_death_signal, waitid,
};
use signal_hook::flag;
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

/// The signals that ask a process to end.
const ENDING: [c_int; 3] = [SIGINT, SIGTERM, SIGHUP];
/// The time that processes get to end by themselves.
const GRACE: Duration = Duration::from_millis(500);
/// The pause between two looks at them.
const PAUSE: Duration = Duration::from_millis(5);

static IS_INTERRUPTED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

pub(crate) fn on_interrupt(clean: fn()) -> io::Result<()> {
    let ending: Vec<c_int> = ENDING.into_iter().filter(|&signal| !is_ignored(signal)).collect();
    for &signal in &ending {
        // In this order, so that it is the second signal that ends the process.
        flag::register_conditional_default(signal, IS_INTERRUPTED.clone())?;
        flag::register(signal, IS_INTERRUPTED.clone())?;
    }
    let mut signals = Signals::new(&ending)?;
    let wait = move || {
        if let Some(signal) = signals.forever().next() {
            clean();
            let _ = emulate_default_handler(signal);
            std::process::exit(128 + signal);
        }
    };
    thread::Builder::new().name("interrupts".to_owned()).spawn(wait)?;
    Ok(())
}

pub(crate) fn is_interrupted() -> bool {
    IS_INTERRUPTED.load(Ordering::SeqCst)
}

/// As for a command that a shell starts in the background.
fn is_ignored(signal: c_int) -> bool {
    // SAFETY: zeros are a valid `sigaction`.
    let mut now: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: it changes nothing, and `now` outlives the call.
    let answer = unsafe { libc::sigaction(signal, std::ptr::null(), &raw mut now) };
    answer == 0 && now.sa_sigaction == libc::SIG_IGN
}

pub(crate) fn end_descendants() {
    end_below(getpid().as_raw_pid());
}

/// Ends the processes below that with this number.
fn end_below(id: i32) {
    let mut found = BTreeSet::new();
    for signal in [Signal::TERM, Signal::KILL] {
        let until = Instant::now() + GRACE;
        // The children of a process that ends get another parent, so all are known by then; others
        // may have come.
        descendants(id, &mut found);
        found.retain(|&id| is_alive(id));
        for id in found.iter().filter_map(|&id| Pid::from_raw(id)) {
            let _ = kill_process(id, signal);
        }
        while found.iter().any(|&id| is_alive(id)) && Instant::now() < until {
            sleep(PAUSE);
        }
    }
}

/// Adds the processes below `id` to `found`.
fn descendants(id: i32, found: &mut BTreeSet<i32>) {
    for thread in fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten() {
        let children = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
        for child in children.split_whitespace().filter_map(|child| child.parse().ok()) {
            if found.insert(child) {
                descendants(child, found);
            }
        }
    }
}

/// Whether the process exists, and isn't a zombie.
fn is_alive(id: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // The name of the program, in parentheses, may have any characters.
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

pub(crate) fn start_group(command: &mut Command) -> io::Result<Child> {
    let end_with_parent = || Ok(set_parent_process_death_signal(Some(Signal::TERM))?);
    // SAFETY: between fork and exec it makes a system call only.
    unsafe { command.pre_exec(end_with_parent) };
    command.process_group(0).spawn()
}

pub(crate) fn group_ended(leader: &mut Child) -> Option<ExitStatus> {
    let group = Pid::from_child(leader);
    // The leader stays a zombie until the end of this function, so nobody else gets its number.
    let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    waitid(WaitId::Pid(group), look).ok().flatten()?;
    let _ = kill_process_group(group, Signal::KILL);
    leader.wait().ok()
}

pub(crate) fn end_group(leader: &mut Child, limit: Duration) {
    let until = Instant::now() + limit;
    let _ = kill_process_group(Pid::from_child(leader), Signal::TERM);
    while group_ended(leader).is_none() {
        if Instant::now() >= until {
            let _ = kill_process_group(Pid::from_child(leader), Signal::KILL);
            let _ = leader.wait();
            break;
        }
        sleep(PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader};
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn children_of_children_end_too() {
        let code = "(trap '' TERM; sleep 100 & echo $!; wait) & wait";
        let mut child =
            Command::new("sh").args(["-c", code]).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let id = line.trim().parse().unwrap();
        assert!(is_alive(id));
        // Not below this process, which other tests have children of.
        end_below(i32::try_from(child.id()).unwrap());
        assert!(!is_alive(id));
        child.wait().unwrap();
    }
}
