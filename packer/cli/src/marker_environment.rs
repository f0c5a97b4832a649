//! The values of environment markers
//! ([specification](https://packaging.python.org/en/latest/specifications/dependency-specifiers/#environment-markers))
//! for an interpreter: those of its target, not of this host.

use pep508_rs::{MarkerEnvironment, MarkerEnvironmentBuilder};

use snakecrate_base::python::Interpreter;

/// The marker values of `python` on its target. `platform_release` and `platform_version` describe a
/// running kernel, which isn't known at build time; they are empty.
///
/// # Panics
///
/// Never: a version that isn't one by PEP 440 counts as 0.
pub fn of(python: &Interpreter) -> MarkerEnvironment {
    of_version(python, &python.full_version)
}

/// Those of `python` if it had another patch release.
///
/// # Panics
///
/// Never: as above.
pub fn of_version(python: &Interpreter, full_version: &str) -> MarkerEnvironment {
    let machine = python.target.name.split('-').next().unwrap_or_default();
    let build = |full: &str, short: &str| {
        MarkerEnvironment::try_from(MarkerEnvironmentBuilder {
            implementation_name: "cpython",
            implementation_version: full,
            os_name: "posix",
            platform_machine: machine,
            platform_python_implementation: "CPython",
            platform_release: "",
            platform_system: "Linux",
            platform_version: "",
            python_full_version: full,
            python_version: short,
            sys_platform: "linux",
        })
    };
    build(full_version, &python.minor()).or_else(|_| build("0", "0")).expect("0 is a version")
}
