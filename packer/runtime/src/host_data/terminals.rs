//! The descriptions of terminals (terminfo): of terminals in use today, not of all
//! that ever existed.
//!
//! They don't serve `readline`: it makes ncurses search for them before any code of ours runs. Without
//! a description, it still edits lines, as on an unknown terminal.

use std::path::PathBuf;

use crate::error::Error;
use crate::root::Root;
use crate::trim::Trim;
use snakecrate_base::python::Interpreter;
use snakecrate_base::tree::{Content, Tree};
use snakecrate_base::ui::Ui;

const OWN_SOURCE: &str = include_str!("own_terminals.py");

/// The statement of `curses/__init__.py` that takes the names of `_curses`.
const IMPORT: &str = "\nfrom _curses import *";

/// The directories of ncurses' descriptions; each has a directory for each first letter.
const PLACES: &[&str] =
    &["/etc/terminfo", "/lib/terminfo", "/usr/share/terminfo", "/usr/lib/terminfo"];

/// Values of `TERM`: those of Debian's ncurses-base, and of newer emulators.
const NAMES: &[&str] = &[
    "alacritty",
    "alacritty-direct",
    "ansi",
    "cygwin",
    "dumb",
    "eterm-color",
    "foot",
    "foot-direct",
    "gnome",
    "gnome-256color",
    "konsole",
    "konsole-256color",
    "kitty",
    "linux",
    "linux-16color",
    "ms-terminal",
    "putty",
    "putty-256color",
    "rxvt",
    "rxvt-256color",
    "rxvt-unicode",
    "rxvt-unicode-256color",
    "screen",
    "screen-256color",
    "screen-256color-bce",
    "screen.xterm-256color",
    "st",
    "st-256color",
    "tmux",
    "tmux-256color",
    "tmux-direct",
    "vt100",
    "vt102",
    "vt220",
    "vte",
    "vte-256color",
    "wezterm",
    "xterm",
    "xterm-16color",
    "xterm-256color",
    "xterm-color",
    "xterm-direct",
    "xterm-ghostty",
    "xterm-kitty",
    "xterm-mono",
    "xterm-vt220",
];

pub(super) fn equip(
    tree: &mut Tree,
    interpreter: &Interpreter,
    trim: &Trim,
    ui: Ui,
) -> Result<(), Error> {
    let curses = format!("{}/curses", interpreter.lib());
    // On the existing line, so that line numbers in tracebacks stay right.
    let import = format!("\nfrom . import _own_terminals; {}", &IMPORT[1..]);
    let init = format!("{curses}/__init__.py");
    if !super::change(tree, &init, |text| text.replacen(IMPORT, &import, 1))? {
        return Ok(());
    }
    super::put(tree, &format!("{curses}/_own_terminals.py"), OWN_SOURCE)?;
    let found = descriptions(interpreter);
    if found.is_empty() {
        let root = Root::new(&interpreter.root);
        let system =
            if root.is_own() { "this machine".into() } else { root.path().display().to_string() };
        ui.warn(format_args!(
            "{system} has no descriptions of terminals (terminfo): curses will need the host's"
        ));
    }
    for (name, file) in found {
        let path = format!("share/terminfo/{}/{name}", &name[..1]);
        super::insert(tree, trim, &path, Content::Disk(file))?;
    }
    Ok(())
}

/// The descriptions of the interpreter's system, with their values of `TERM`; the interpreter's own, which a
/// standalone Python has, come first.
pub fn descriptions(interpreter: &Interpreter) -> Vec<(&'static str, PathBuf)> {
    let own = interpreter.prefix.join("share/terminfo");
    let root = Root::new(&interpreter.root);
    let system = PLACES.iter().map(|place| root.place(place));
    let places: Vec<PathBuf> = std::iter::once(own).chain(system).collect();
    let file = |name: &&'static str| {
        let files = places.iter().map(|place| place.join(&name[..1]).join(name));
        let found = files.filter_map(|file| root.resolve(&file).ok()).find(|file| file.is_file());
        Some((*name, found?))
    };
    NAMES.iter().filter_map(file).collect()
}
