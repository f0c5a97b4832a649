//! The scripts that enable, start and stop the units of a package, and that fill the cache of all users
//! and remove the package's part of it.
//!
//! An archive removes its environment from that cache (`SNAKECRATE=uninstall --all-users`) unless its
//! application runs. So an upgrade keeps a hard link to the old archive in [`LEFT`], fills the cache from the new
//! one, and lets the old one remove what they do not share. While that is in use, the link stays for the next
//! script.
//!
//! Sources: debhelper's `dh_installsystemd`, whose scripts these correspond to; Fedora's macros
//! `%systemd_post`, `%systemd_preun` and `%systemd_postun_with_restart`.

use super::Package;
use super::units::Unit;

/// The directory with links to old archives whose environments were in use, one directory a package.
const LEFT: &str = "/var/lib/snakecrate";

/// The scripts of a Debian package.
pub(super) struct Debian {
    pub(super) postinst: String,
    pub(super) prerm: String,
    pub(super) postrm: String,
}

/// The scripts of an RPM package.
#[derive(Default)]
pub(super) struct Rpm {
    pub(super) pre: Option<String>,
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

/// Shell code for the cache of all users, in the package whose archive is `/FILE`.
struct AllUsers {
    /// Unpacks the archive. Without it, each user's first start does.
    fill: String,
    /// Keeps a link to the archive.
    keep: String,
    /// Removes the archive's environment, or keeps a link to the archive if it is in use.
    leave: String,
    /// Removes the environments of kept archives that are no longer in use.
    clear: String,
    /// Removes the links to those that still are.
    forget: String,
}

impl AllUsers {
    fn of(package: &Package) -> Option<Self> {
        if !package.all_users {
            return None;
        }
        let (program, name) = (package.program(), &package.name);
        let left = format!("{LEFT}/{name}");
        let keep =
            format!("mkdir -p {left}\nln -f /{program} {left}/$(stat -c %i /{program}) || :\n");
        let fill = format!(
            "SNAKECRATE=prepare /{program} --all-users >/dev/null ||
    echo \"{name}: every user unpacks it at the first start\" >&2
"
        );
        let leave = format!(
            "if ! SNAKECRATE=uninstall /{program} --all-users >/dev/null 2>&1; then\n{}fi\n",
            indented(&keep)
        );
        // The kept archive may be the installed one: it was installed again.
        let clear = format!(
            "for old in {left}/*; do
    [ -x \"$old\" ] || continue
    cmp -s \"$old\" /{program} || SNAKECRATE=uninstall \"$old\" --all-users >/dev/null 2>&1 || continue
    rm -f \"$old\"
done
rmdir {left} {LEFT} 2>/dev/null || :
"
        );
        let forget = format!("rm -rf {left}\nrmdir {LEFT} 2>/dev/null || :\n");
        Some(Self { fill, keep, leave, clear, forget })
    }
}

/// `text` with its lines indented.
fn indented(text: &str) -> String {
    text.lines().fold(String::new(), |mut indented, line| {
        indented.extend(["    ", line, "\n"]);
        indented
    })
}

impl Debian {
    /// The scripts of `package`, if it needs any.
    pub(super) fn of(package: &Package) -> Option<Self> {
        let units = (!package.units.is_empty()).then(|| Self::of_units(&package.units));
        let Some(cache) = AllUsers::of(package) else { return units };
        let empty = || "#!/bin/sh\nset -e\n".to_owned();
        let Self { postinst, prerm, postrm } =
            units.unwrap_or_else(|| Self { postinst: empty(), prerm: empty(), postrm: empty() });
        let configured = indented(&(cache.fill + &cache.clear));
        let upgraded = indented(&cache.keep);
        let left = indented(&cache.leave);
        let removed = indented(&(cache.clear + &cache.forget));
        Some(Self {
            // Before the units start, which may run from there.
            postinst: postinst.replacen(
                "set -e\n",
                &format!("set -e\nif [ \"$1\" = configure ]; then\n{configured}fi\n"),
                1,
            ),
            // After the units have been stopped.
            prerm: prerm
                + &format!(
                    "case \"$1\" in\nremove)\n{left}    ;;\nupgrade)\n{upgraded}    ;;\nesac\n"
                ),
            postrm: postrm + &format!("if [ \"$1\" = purge ]; then\n{removed}fi\n"),
        })
    }

    /// The scripts for `units`, of which there is at least one.
    fn of_units(units: &[Unit]) -> Self {
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
    /// The scripts of `package`, if it needs any. `$1` is the number of this package's versions that will be
    /// installed.
    pub(super) fn of(package: &Package) -> Option<Self> {
        let units = (!package.units.is_empty()).then(|| Self::of_units(&package.units));
        let Some(cache) = AllUsers::of(package) else { return units };
        let Self { post, preun, postun, .. } = units.unwrap_or_default();
        // The files of a new version are in place when the old version's scripts run, so its `%pre` keeps the
        // old one's archive.
        let pre = format!(
            "if [ $1 -ge 2 ] && [ -x /{} ]; then\n{}fi\n",
            package.program(),
            indented(&cache.keep)
        );
        let removed = indented(&(cache.clear.clone() + &cache.forget));
        Some(Self {
            pre: Some(pre),
            post: cache.fill + &cache.clear + &post,
            preun: preun + &format!("if [ $1 -eq 0 ]; then\n{}fi\n", indented(&cache.leave)),
            postun: postun + &format!("if [ $1 -eq 0 ]; then\n{removed}fi\n"),
        })
    }

    /// The scripts for `units`, of which there is at least one.
    fn of_units(units: &[Unit]) -> Self {
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
        Self { pre: None, post, preun, postun }
    }
}
