//! The scripts that enable, start and stop the units of a package.
//!
//! Sources: debhelper's `dh_installsystemd`, whose scripts these correspond to; Fedora's macros
//! `%systemd_post`, `%systemd_preun` and `%systemd_postun_with_restart`.

use super::units::Unit;

/// The scripts of a Debian package.
pub(super) struct Debian {
    pub(super) postinst: String,
    pub(super) prerm: String,
    pub(super) postrm: String,
}

/// The scripts of an RPM package.
pub(super) struct Rpm {
    pub(super) post: String,
    pub(super) preun: String,
    pub(super) postun: String,
}

fn join(words: impl Iterator<Item = String>) -> String {
    words.collect::<Vec<_>>().join(" ")
}

/// The units to enable; all units; the directories that systemd makes for them.
fn lists(units: &[Unit]) -> (String, String, String) {
    let all = units.iter().flat_map(|unit| unit.files().map(|(name, _)| name));
    let caches = units.iter().flat_map(|unit| {
        ["/var/cache", "/var/cache/private"].map(|place| format!("{place}/{}", unit.name))
    });
    (join(units.iter().map(Unit::enabled)), join(all), join(caches))
}

impl Debian {
    /// The scripts for `units`, of which there is at least one.
    pub(super) fn of(units: &[Unit]) -> Self {
        let (enabled, all, caches) = lists(units);
        let postinst = format!(
            "#!/bin/sh
set -e
case \"$1\" in
configure | abort-upgrade | abort-deconfigure | abort-remove)
    for unit in {enabled}; do
        if deb-systemd-helper --quiet was-enabled \"$unit\"; then
            deb-systemd-helper enable \"$unit\" >/dev/null || :
        else
            deb-systemd-helper update-state \"$unit\" >/dev/null || :
        fi
    done
    if [ -d /run/systemd/system ]; then
        systemctl --system daemon-reload >/dev/null || :
        if [ -n \"$2\" ]; then action=restart; else action=start; fi
        deb-systemd-invoke $action {enabled} >/dev/null || :
    fi
    ;;
esac
"
        );
        let prerm = format!(
            "#!/bin/sh
set -e
if [ \"$1\" = remove ] && [ -d /run/systemd/system ]; then
    deb-systemd-invoke stop {all} >/dev/null || :
fi
"
        );
        let postrm = format!(
            "#!/bin/sh
set -e
if [ \"$1\" = remove ] && [ -d /run/systemd/system ]; then
    systemctl --system daemon-reload >/dev/null || :
fi
if [ \"$1\" = purge ]; then
    if command -v deb-systemd-helper >/dev/null; then
        deb-systemd-helper purge {enabled} >/dev/null || :
    fi
    rm -rf {caches}
fi
"
        );
        Self { postinst, prerm, postrm }
    }
}

impl Rpm {
    /// The scripts for `units`, of which there is at least one. `$1` is the number of this package's
    /// versions that will be installed.
    pub(super) fn of(units: &[Unit]) -> Self {
        let (enabled, all, caches) = lists(units);
        let helper = "/usr/lib/systemd/systemd-update-helper";
        let post = format!(
            "if [ $1 -eq 1 ] && [ -x {helper} ]; then
    {helper} install-system-units {enabled} || :
elif [ $1 -eq 1 ] && [ -x /usr/bin/systemctl ]; then
    systemctl --no-reload preset {enabled} >/dev/null 2>&1 || :
fi
"
        );
        let preun = format!(
            "if [ $1 -eq 0 ] && [ -x {helper} ]; then
    {helper} remove-system-units {all} || :
elif [ $1 -eq 0 ] && [ -x /usr/bin/systemctl ]; then
    systemctl --no-reload disable --now {all} >/dev/null 2>&1 || :
fi
"
        );
        let postun = format!(
            "if [ $1 -ge 1 ] && [ -x {helper} ]; then
    {helper} mark-restart-system-units {enabled} || :
elif [ $1 -ge 1 ] && [ -x /usr/bin/systemctl ]; then
    systemctl try-restart {enabled} >/dev/null 2>&1 || :
fi
if [ $1 -eq 0 ]; then
    rm -rf {caches}
fi
"
        );
        Self { post, preun, postun }
    }
}
