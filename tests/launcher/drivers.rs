//! Libraries of the host, such as drivers, in an archive that runs on its own C library.

use std::fs;

use crate::support::needs::needs;
use crate::support::sandbox::{Run, Sandbox};
use crate::support::wheel::{Wheel, library};

/// Makes a driver that only a host with a mount has: the directory is on no search path, but in the
/// host's `ld.so.cache`.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    let driver = sandbox.path("drivers/libcuda.so.1");
    library(&driver, "int answer(void) { return 42; }", &["-nostdlib", "-Wl,-soname,libcuda.so.1"]);
    sandbox
}

/// A wheel whose module needs the driver.
fn wheel(sandbox: &Sandbox) -> String {
    let source = "int answer(void);\nvoid *PyInit_gpu(void) { return 0; }\n\
                  int ask(void) { return answer(); }\n";
    let driver = sandbox.path("drivers/libcuda.so.1");
    library(&sandbox.path("gpu.so"), source, &[driver.to_str().unwrap()]);
    let python = "import ctypes, os\n\
                  def main():\n    \
                  name = os.path.join(os.path.dirname(__file__), 'gpu.so')\n    \
                  print(ctypes.CDLL(name).ask())\n    \
                  print(sorted({line.split()[-1].rsplit('/', 1)[-1] for line in open('/proc/self/maps')\n        \
                  if '.so' in line and not line.split()[-1].startswith(os.environ['SNAKECRATE_CACHE'])}))\n";
    let wheel = Wheel::new("gpu", "1.0")
        .tags("py3-none-manylinux1_x86_64")
        .file("gpu/__init__.py", python)
        .file("gpu/gpu.so", fs::read(sandbox.path("gpu.so")).unwrap());
    wheel.write(&sandbox.path("")).to_str().unwrap().to_owned()
}

/// The archive `app` on a host that has the driver.
fn with_driver(sandbox: &Sandbox) -> Run<'_> {
    sandbox.place(
        "app",
        "mount --bind drivers /srv
         cp /etc/ld.so.conf conf; echo /srv >> conf
         /sbin/ldconfig -X -f conf -C cache
         mount --bind cache /etc/ld.so.cache\n",
    )
}

/// The loader of the archive's C library knew no directory of the host.
#[test]
fn archives_on_their_own_c_library_find_a_driver_that_they_need() {
    needs!(Root, Native("the driver would have to be its target's"));
    let sandbox = sandbox();
    let wheel = wheel(&sandbox);
    let build = [wheel.as_str(), "-o", "app", "--libc", "bundled"];
    sandbox.build(build).expect(0, "", "");
    for _ in 0..2 {
        with_driver(&sandbox).env("SNAKECRATE_CACHE", "/tmp/snakecrate").expect(
            0,
            "42\n['libcuda.so.1']\n",
            "",
        );
    }
}

/// Without a need for the host's libraries, they stay out of the archive's C library.
#[test]
fn libraries_loaded_by_name_are_found_if_the_build_allows_them() {
    needs!(Root, Native("the driver would have to be its target's"));
    let script = "import ctypes\n\
                  try: print(ctypes.CDLL('libcuda.so.1').answer())\n\
                  except OSError as error: print(error)\n";
    let sandbox = sandbox().file("tool.py", script);
    let absent = "libcuda.so.1: cannot open shared object file: No such file or directory\n";
    for (flag, expected) in [("--loader-variables", "42\n"), ("--no-fast-start", absent)] {
        sandbox.build(["tool.py", "-o", "app", "--libc", "bundled", flag]).expect(0, "", "");
        let run = with_driver(&sandbox).env("SNAKECRATE_CACHE", "/tmp/snakecrate");
        run.expect(0, expected, "");
    }
}
