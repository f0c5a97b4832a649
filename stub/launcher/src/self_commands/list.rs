//! The commands and their help.

/// A command.
#[derive(Debug, Clone, Copy)]
pub enum Command {
    Help,
    Inspect,
    Info,
    Report,
    Python,
    Run,
    Prepare,
    Verify,
    Repair,
    Extract,
    DesktopInstall,
    DesktopRemove,
    Uninstall,
}

/// A command's name and help.
pub struct CommandText {
    pub command: Command,
    pub name: &'static str,
    pub argument: &'static str,
    pub help: &'static str,
}

/// All commands, in the order of the help.
pub const COMMANDS: [CommandText; 13] = [
    CommandText { command: Command::Help, name: "help", argument: "", help: "show this text" },
    CommandText {
        command: Command::Inspect,
        name: "inspect",
        argument: "[--json]",
        help: "show the contents and where they are unpacked (with --json: the manifest)",
    },
    CommandText {
        command: Command::Info,
        name: "info",
        argument: "",
        help: "show what a start does here: C library, cache, interpreter, variables",
    },
    CommandText {
        command: Command::Report,
        name: "report",
        argument: "",
        help: "print what a publisher needs for a bug report, without your data: versions, cache, mounts, the last error",
    },
    CommandText {
        command: Command::Python,
        name: "python",
        argument: "[ARGUMENTS]",
        help: "start the interpreter inside, as python ARGUMENTS does (-c CODE, -m MODULE, FILE)",
    },
    CommandText {
        command: Command::Run,
        name: "run",
        argument: "NAME [ARGUMENTS]",
        help: "run the script NAME of any distribution inside",
    },
    CommandText {
        command: Command::Prepare,
        name: "prepare",
        argument: "[--all-users]",
        help: "unpack this file, and show where to (with --all-users, as root: once for everybody)",
    },
    CommandText {
        command: Command::Verify,
        name: "verify",
        argument: "",
        help: "check this file and the unpacked files",
    },
    CommandText {
        command: Command::Repair,
        name: "repair",
        argument: "[--exit-code] [--all-users]",
        help: "check the unpacked files and repair them (with --exit-code: 10 if anything was repaired)",
    },
    CommandText {
        command: Command::Extract,
        name: "extract",
        argument: "DIRECTORY",
        help: "write the components to DIRECTORY as ordinary files",
    },
    CommandText {
        command: Command::DesktopInstall,
        name: "desktop-install",
        argument: "",
        help: "add it to your desktop's menu, with its icon and the types of its documents",
    },
    CommandText {
        command: Command::DesktopRemove,
        name: "desktop-remove",
        argument: "",
        help: "remove what desktop-install has added",
    },
    CommandText {
        command: Command::Uninstall,
        name: "uninstall",
        argument: "[--all-users]",
        help: "remove the unpacked files that no other archive uses (with --all-users: what prepare --all-users has unpacked)",
    },
];
