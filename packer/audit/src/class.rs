//! Libraries by name, and their providers outside the archive.

/// Libraries that only glibc's own package has. `libnsl.so.1` is the old one that glibc had; the
/// other is `libnsl.so.2`. `libcrypt` isn't here: today it is libxcrypt's, and distributions leave
/// it out.
const LIBC: &[&str] = &[
    "ld-linux",
    "linux-vdso",
    "libBrokenLocale.so",
    "libanl.so",
    "libc.so",
    "libc_malloc_debug.so",
    "libdl.so",
    "libm.so",
    "libmvec.so",
    "libnsl.so.1",
    "libnss_",
    "libpthread.so",
    "libresolv.so",
    "librt.so",
    "libthread_db.so",
    "libutil.so",
];

/// The expected provider of a library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// glibc.
    C,
    /// The compiler's runtime, libstdc++ and `libgcc_s`: not in glibc, so a small host may lack it.
    Compiler,
    /// A desktop host or a driver: applications that use such a library are useless without.
    Host,
    /// Any other.
    Other,
}

const COMPILER: &[&str] = &["libstdc++.so", "libgcc_s.so", "libatomic.so"];

/// Libraries that `auditwheel`'s manylinux policies let a wheel take from the host, and those of
/// graphics, sound and drivers. Only starts of names: versions differ from host to host.
const HOST: &[&str] = &[
    // manylinux, PEP 513 and later.
    "libGL.so",
    "libICE.so",
    "libSM.so",
    "libX11.so",
    "libXext.so",
    "libXrender.so",
    "libexpat.so",
    "libglib-2.0.so",
    "libgobject-2.0.so",
    "libgthread-2.0.so",
    "libnsl.so",
    "libz.so",
    "libcrypt.so.1",
    // The rest of glib and GTK.
    "libatk-",
    "libatspi.so",
    "libcairo",
    "libgdk",
    "libgio-2.0.so",
    "libgmodule-2.0.so",
    "libgtk-",
    "libpango",
    "libharfbuzz.so",
    "libatk-bridge",
    // X and Wayland.
    "libX",
    "libxcb",
    "libxkb",
    "libwayland-",
    "libEGL.so",
    "libGLX.so",
    "libGLU.so",
    "libGLdispatch.so",
    "libOpenGL.so",
    "libGLES",
    "libdrm",
    "libgbm.so",
    "libdecor",
    "libinput.so",
    "libmtdev.so",
    "libts.so",
    "libfontconfig.so",
    "libfreetype.so",
    // Sound, video, devices and services of a desktop.
    "libasound.so",
    "libpulse",
    "libjack.so",
    "libpipewire",
    "libgst",
    "libdbus-1.so",
    "libcups.so",
    "libudev.so",
    "libsystemd.so",
    "libusb-",
    "libbluetooth.so",
    "libpcsclite.so",
    "libspeechd.so",
    "libva.so",
    "libva-",
    "libvdpau.so",
    "libv4l",
    "libnss3.so",
    "libnssutil3.so",
    "libnspr4.so",
    "libsmime3.so",
    "libplc4.so",
    "libplds4.so",
    // Drivers, which must be those of the host.
    "libcuda.so",
    "libnvidia-",
    "libnvcuvid.so",
    "libvulkan.so",
    "libOpenCL.so",
    "libamdhip64.so",
    "libhsa-runtime64.so",
    "libibverbs.so",
    "librdmacm.so",
    "libmlx5.so",
    "libze_loader.so",
];

/// Libraries below the graphics of every desktop, which Qt's wheels take from the host. For
/// components without graphics they are missing.
const BELOW_DESKTOP: &[&str] = &["libbrotli", "libgssapi_krb5.so", "libzstd.so"];

/// Whether a component that uses the host's graphics takes the library of this name from it, too.
pub(crate) fn is_below_desktop(name: &str) -> bool {
    BELOW_DESKTOP.iter().any(|start| name.starts_with(start))
}

/// Whether the library of this name is for graphics alone.
pub(crate) fn is_graphics(name: &str) -> bool {
    ["libGL.so", "libEGL.so", "libX11.so", "libxcb.so"].iter().any(|start| name.starts_with(start))
}

/// Whether a library of this name is part of glibc.
pub fn is_libc(name: &str) -> bool {
    LIBC.iter().any(|start| name.starts_with(start))
}

/// The expected provider of the library of this name.
pub fn class(name: &str) -> Class {
    let starts = |names: &[&str]| names.iter().any(|start| name.starts_with(start));
    if starts(COMPILER) {
        Class::Compiler
    } else if starts(HOST) {
        // Checked before glibc's libraries: `libnsl.so.1` was one, but distributions leave it out now.
        Class::Host
    } else if is_libc(name) && name != "libc.so" {
        Class::C
    } else {
        Class::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_library_has_a_class() {
        for name in ["libc.so.6", "libpthread.so.0", "libutil.so.1", "ld-linux-x86-64.so.2"] {
            assert_eq!(class(name), Class::C, "{name}");
        }
        assert_eq!(class("libstdc++.so.6"), Class::Compiler);
        for name in ["libGL.so.1", "libX11.so.6", "libxcb-cursor.so.0", "libcuda.so.1", "libz.so.1"]
        {
            assert_eq!(class(name), Class::Host, "{name}");
        }
        for name in ["libpq.so.5", "libgomp.so.1", "libc.so", "libpython3.12.so.1.0"] {
            assert_eq!(class(name), Class::Other, "{name}");
        }
    }

    #[test]
    fn glibc_is_known_by_the_names_of_its_libraries() {
        for name in ["libc.so.6", "ld-linux-x86-64.so.2", "libm.so.6", "libnss_files.so.2"] {
            assert!(is_libc(name), "{name}");
        }
        for name in
            ["libcrypt.so.1", "libcrypto.so.3", "libnsl.so.2", "libmpdec.so.3", "libcom_err.so.2"]
        {
            assert!(!is_libc(name), "{name}");
        }
    }
}
