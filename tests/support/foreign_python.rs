//! A Python for another processor, as far as a build that does not start it can tell: the executable
//! is this machine's C compiler's, with the other machine in its header.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use snakecrate_format::target::Target;

use super::sandbox::Sandbox;

/// The offset of the machine in an ELF file: `e_machine`.
const MACHINE: usize = 18;

/// Makes a CPython `minor`.0 for `target` in the directory `name` of the sandbox. Returns the value of
/// `--python` that names it.
pub fn foreign_python(sandbox: &Sandbox, name: &str, target: &Target, minor: &str) -> String {
    let root = sandbox.path(name);
    let stdlib = root.join(target.python.stdlib(minor));
    let executable = root.join(target.python.executable(minor));
    fs::create_dir_all(executable.parent().unwrap()).unwrap();
    fs::create_dir_all(stdlib.join("lib-dynload")).unwrap();
    fs::write(stdlib.join("os.py"), "").unwrap();
    let source = root.join("python.c");
    let tag = format!("cpython-{}", minor.replace('.', ""));
    let text = format!(r#"const char text[] = "\0" "{tag}" "\0" "{minor}.0+";"#);
    fs::write(&source, format!("{text}\nint main(int n, char **v) {{ return text[n]; }}\n"))
        .unwrap();
    let mut cc = Command::new("cc");
    let pages = format!("-Wl,-z,max-page-size={}", target.page_size);
    assert!(cc.arg(pages).arg("-o").arg(&executable).arg(&source).status().unwrap().success());
    fs::remove_file(source).unwrap();
    let mut bytes = fs::read(&executable).unwrap();
    let machine = target.glibc.as_ref().unwrap().elf_machine;
    bytes[MACHINE..MACHINE + 2].copy_from_slice(&machine.to_le_bytes());
    fs::write(&executable, bytes).unwrap();
    fs::set_permissions(&executable, fs::Permissions::from_mode(0o755)).unwrap();
    format!("{target}={}", root.display())
}

/// The variable that names the root of an unpacked aarch64 system with a Python, such as Debian's.
const ROOT: &str = "SNAKECRATE_AARCH64_ROOT";

/// The root of an aarch64 system; the reason to skip a test if there is none.
pub fn aarch64_root() -> Result<String, String> {
    std::env::var(ROOT).map_err(|_| format!("{ROOT} names no system"))
}
