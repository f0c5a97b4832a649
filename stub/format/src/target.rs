//! The targets that archives are made for. One table has everything that depends on the target.
//!
//! The packer passes a [`Target`] from step to step. The launcher uses the row that it was compiled
//! for: see [`Target::of_this_build`]. A port adds a row here; the compiler and the tests
//! of this module then say what is missing.

/// An operating system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum System {
    /// Linux.
    Linux,
    /// Windows.
    Windows,
    /// macOS.
    MacOs,
}

/// A processor architecture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Processor {
    /// 64-bit x86.
    X86_64,
    /// 64-bit Arm.
    Aarch64,
}

/// The layout of a Python installation below its prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PythonLayout {
    /// `bin/python3.12`, `lib/python3.12`.
    Unix,
    /// `python.exe`, `Lib`, `DLLs`.
    Windows,
}

/// The GNU C library and ELF on a target.
#[derive(Debug, PartialEq, Eq)]
pub struct Glibc {
    /// `e_machine` of ELF files.
    pub elf_machine: u16,
    /// The loader that executables name, an absolute path.
    pub loader: &'static str,
    /// The library directories of distributions, in the loader's order: Debian; Red Hat and SUSE;
    /// Arch.
    pub library_directories: &'static [&'static str],
    /// The oldest glibc for this target, `(major, minor)`.
    pub lowest: (u32, u32),
    /// The text that marks libraries of this target in the output of `ldconfig -p`.
    pub ldconfig_mark: &'static str,
}

/// Everything that the packer and the launcher know about one target.
#[derive(Debug, PartialEq, Eq)]
pub struct Target {
    /// The Rust triple that the manifest names; python-build-standalone uses the same triples.
    pub triple: &'static str,
    /// The name that users give: `x86_64-linux`.
    pub name: &'static str,
    /// The operating system.
    pub system: System,
    /// The processor architecture.
    pub processor: Processor,
    /// The largest page that a kernel may use, in bytes. Loadable segments are aligned to it.
    pub page_size: u64,
    /// glibc and ELF, where the target has them.
    pub glibc: Option<Glibc>,
    /// The processor at the end of a wheel's platform tag: `x86_64` in `manylinux_2_17_x86_64`.
    pub wheel_processor: &'static str,
    /// The end of the directory names of uv's interpreters: `cpython-3.12.7-linux-x86_64-gnu`.
    pub uv_suffix: &'static str,
    /// The layout of a Python installation.
    pub python: PythonLayout,
    /// The Rust triple that its launcher is built for.
    pub launcher: &'static str,
}

/// 64-bit x86 Linux with glibc.
///
/// Sources: System V ABI, AMD64 supplement (loader, machine 62); binutils (`ld` aligns segments to
/// 4 KiB by default); Debian's multiarch tuples; glibc 2.2.5 is the first with this target.
pub static X86_64_LINUX: Target = Target {
    triple: "x86_64-unknown-linux-gnu",
    name: "x86_64-linux",
    system: System::Linux,
    processor: Processor::X86_64,
    page_size: 4 << 10,
    glibc: Some(Glibc {
        elf_machine: 62,
        loader: "/lib64/ld-linux-x86-64.so.2",
        library_directories: &[
            "/lib/x86_64-linux-gnu",
            "/usr/lib/x86_64-linux-gnu",
            "/lib64",
            "/usr/lib64",
            "/lib",
            "/usr/lib",
        ],
        lowest: (2, 2),
        ldconfig_mark: "x86-64",
    }),
    wheel_processor: "x86_64",
    uv_suffix: "-linux-x86_64-gnu",
    python: PythonLayout::Unix,
    launcher: "x86_64-unknown-linux-musl",
};

/// 64-bit Arm Linux with glibc.
///
/// Sources: System V ABI for the Arm 64-bit Architecture (pages up to 64 KiB, machine 183); glibc's
/// `shlib-versions` (loader; 2.17 is the first with this target); Debian's multiarch tuples.
pub static AARCH64_LINUX: Target = Target {
    triple: "aarch64-unknown-linux-gnu",
    name: "aarch64-linux",
    system: System::Linux,
    processor: Processor::Aarch64,
    page_size: 64 << 10,
    glibc: Some(Glibc {
        elf_machine: 183,
        loader: "/lib/ld-linux-aarch64.so.1",
        library_directories: &[
            "/lib/aarch64-linux-gnu",
            "/usr/lib/aarch64-linux-gnu",
            "/lib64",
            "/usr/lib64",
            "/lib",
            "/usr/lib",
        ],
        lowest: (2, 17),
        ldconfig_mark: "AArch64",
    }),
    wheel_processor: "aarch64",
    uv_suffix: "-linux-aarch64-gnu",
    python: PythonLayout::Unix,
    launcher: "aarch64-unknown-linux-musl",
};

/// All targets.
pub static TARGETS: &[&Target] = &[&X86_64_LINUX, &AARCH64_LINUX];

impl Target {
    /// The target that this code was compiled for; `None` where the table has no row for it.
    pub const fn of_this_build() -> Option<&'static Self> {
        if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
            Some(&X86_64_LINUX)
        } else if cfg!(all(target_os = "linux", target_arch = "aarch64")) {
            Some(&AARCH64_LINUX)
        } else {
            None
        }
    }

    /// The target with this name or Rust triple.
    pub fn named(text: &str) -> Option<&'static Self> {
        TARGETS.iter().copied().find(|target| target.name == text || target.triple == text)
    }

    /// The target whose ELF files are for this machine (`e_machine`).
    pub fn of_elf_machine(machine: u16) -> Option<&'static Self> {
        let has = |target: &&&Self| target.glibc.as_ref().is_some_and(|c| c.elf_machine == machine);
        TARGETS.iter().find(has).copied()
    }
}

impl PythonLayout {
    /// The executable's path below the prefix. `minor` is the version without its patch number:
    /// `3.12`.
    pub fn executable(self, minor: &str) -> String {
        match self {
            Self::Unix => format!("bin/python{minor}"),
            Self::Windows => "python.exe".to_owned(),
        }
    }

    /// The standard library's directory below the prefix.
    pub fn stdlib(self, minor: &str) -> String {
        match self {
            Self::Unix => format!("lib/python{minor}"),
            Self::Windows => "Lib".to_owned(),
        }
    }

    /// The directory of installed distributions below the prefix.
    pub fn site_packages(self, minor: &str) -> String {
        format!("{}/site-packages", self.stdlib(minor))
    }
}

impl Glibc {
    /// The loader's file name: `ld-linux-x86-64.so.2`.
    pub fn loader_name(&self) -> &'static str {
        self.loader.rsplit('/').next().unwrap_or(self.loader)
    }
}

impl Processor {
    /// The name that messages use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86-64",
            Self::Aarch64 => "AArch64",
        }
    }
}

impl std::fmt::Display for Processor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_triples_and_machines_are_unique() {
        for target in TARGETS {
            assert_eq!(Target::named(target.name), Some(*target));
            assert_eq!(Target::named(target.triple), Some(*target));
            if let Some(glibc) = &target.glibc {
                assert_eq!(Target::of_elf_machine(glibc.elf_machine), Some(*target));
            }
        }
        assert_eq!(Target::named("riscv64-linux"), None);
    }

    #[test]
    fn every_page_size_is_a_power_of_two() {
        assert!(TARGETS.iter().all(|target| target.page_size.is_power_of_two()));
    }

    #[test]
    fn glibc_paths_are_absolute() {
        for glibc in TARGETS.iter().filter_map(|target| target.glibc.as_ref()) {
            let paths = glibc.library_directories.iter().chain([&glibc.loader]);
            assert!(paths.into_iter().all(|path| path.starts_with('/')));
        }
        assert_eq!(X86_64_LINUX.glibc.as_ref().unwrap().loader_name(), "ld-linux-x86-64.so.2");
    }

    #[test]
    fn an_installation_is_laid_out_as_its_system_has_it() {
        let unix = PythonLayout::Unix;
        assert_eq!(unix.executable("3.12"), "bin/python3.12");
        assert_eq!(unix.site_packages("3.12"), "lib/python3.12/site-packages");
        let windows = PythonLayout::Windows;
        assert_eq!(windows.executable("3.12"), "python.exe");
        assert_eq!(windows.site_packages("3.12"), "Lib/site-packages");
    }

    #[test]
    fn this_build_has_a_row_for_its_own_processor() {
        if cfg!(target_os = "linux") {
            let target = Target::of_this_build().unwrap();
            assert!(target.triple.starts_with(std::env::consts::ARCH));
        }
    }
}
