//! Libraries by name: whose they are when the archive does not have them.

use snakecrate_runtime::libraries::is_libc;

/// Whose a library is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Part of glibc: there wherever glibc is.
    C,
    /// The compiler's, libstdc++ and `libgcc_s`: not in glibc, a small host may lack them.
    Compiler,
    /// Expected of a desktop host or of a driver: an application that uses it is of no use without.
    Host,
    /// Anybody's.
    Other,
}

const COMPILER: &[&str] = &["libstdc++.so", "libgcc_s.so", "libatomic.so"];

/// What `auditwheel`'s manylinux policies let a wheel take from the host, and what graphics, sound
/// and drivers consist of. Starts of names; versions of the libraries differ from host to host.
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

/// What every desktop has below its graphics, and Qt's wheels take from it. Others that need one of
/// these are told that nobody provides it.
const BELOW_DESKTOP: &[&str] = &["libbrotli", "libgssapi_krb5.so", "libzstd.so"];

/// Whether the library of this name is the host's for a component that needs its graphics, too.
pub(super) fn is_below_desktop(name: &str) -> bool {
    BELOW_DESKTOP.iter().any(|start| name.starts_with(start))
}

/// Whether the library of this name is there for nothing but graphics.
pub(super) fn is_graphics(name: &str) -> bool {
    ["libGL.so", "libEGL.so", "libX11.so", "libxcb.so"].iter().any(|start| name.starts_with(start))
}

/// Whose the library of this name is.
pub fn class(name: &str) -> Class {
    let starts = |names: &[&str]| names.iter().any(|start| name.starts_with(start));
    if starts(COMPILER) {
        Class::Compiler
    } else if starts(HOST) {
        // Before glibc's: `libnsl.so.1` was in it, and distributions leave it out now.
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
    fn every_library_is_somebodys() {
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
}
