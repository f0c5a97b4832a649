//! The systemd units of a package, from `[tool.snakecrate.service.NAME]`.
//!
//! Source: systemd.service(5), systemd.exec(5), systemd.timer(5), systemd.syntax(7).

use std::fmt::Write as _;

use snakecrate_format::manifest::Manifest;

use super::Error;
use super::name::is_plain;
use super::text::line;
use crate::settings::{Restart, Service, Services};

/// A service, and the timer that starts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// The name of both without their suffixes. It is the package's, or begins with it, so that no
    /// unit of another package is replaced.
    pub(super) name: String,
    /// The text of the service.
    pub(super) service: String,
    /// The text of the timer.
    pub(super) timer: Option<String>,
}

/// What units say about the package that they are in.
#[derive(Debug, Clone, Copy)]
pub(super) struct About<'a> {
    pub(super) package: &'a str,
    pub(super) summary: &'a str,
    pub(super) homepage: Option<&'a str>,
}

impl Unit {
    /// The units for all of `services`, which start entries of the archive with this manifest.
    pub(super) fn all(
        services: &Services,
        manifest: &Manifest,
        about: About<'_>,
    ) -> Result<Vec<Self>, Error> {
        services.iter().map(|(name, service)| Self::of(name, service, manifest, about)).collect()
    }

    fn of(
        name: &str,
        service: &Service,
        manifest: &Manifest,
        about: About<'_>,
    ) -> Result<Self, Error> {
        let bad = |key: &'static str, value: &str| Error::Service {
            service: name.to_owned(),
            key,
            value: value.escape_default().to_string(),
        };
        if !is_plain(name) {
            return Err(bad("name", name));
        }
        let entry = entry(name, service, manifest)?;
        let arguments = service.arguments().ok_or_else(|| bad("args", "an open quotation"))?;
        if let Some(wrong) = arguments.iter().find(|word| word.chars().any(char::is_control)) {
            return Err(bad("args", wrong));
        }
        if let Some(user) = service.user.as_deref().filter(|user| !is_user(user)) {
            return Err(bad("user", user));
        }
        if let Some(timer) = service.timer.as_deref().filter(|timer| !is_calendar(timer)) {
            return Err(bad("timer", timer));
        }
        if let Some(target) = service.wanted_by.as_deref().filter(|target| !is_target(target)) {
            return Err(bad("wanted-by", target));
        }
        // systemd starts a program that ends by itself again only if it failed.
        let starts_anew = matches!(service.restart, Some(Restart::Always | Restart::OnSuccess));
        if let (true, Some(restart)) = (starts_anew && service.timer.is_some(), service.restart) {
            return Err(bad("restart", restart.as_str()));
        }
        for (variable, value) in &service.environment {
            if !is_variable(variable) {
                return Err(bad("environment", variable));
            }
            if value.chars().any(char::is_control) {
                return Err(bad("environment", value));
            }
        }
        let name = match name.strip_prefix(about.package) {
            Some("") => name.to_owned(),
            Some(rest) if rest.starts_with('-') => name.to_owned(),
            _ => format!("{}-{name}", about.package),
        };
        let description = service.description.as_deref().unwrap_or(about.summary);
        let description = escaped(&line(description));
        Ok(Self {
            service: text_of_service(&name, &description, &entry, &arguments, service, about),
            timer: service.timer.as_ref().map(|timer| {
                let target = service.wanted_by.as_deref().unwrap_or("timers.target");
                format!(
                    "[Unit]\nDescription={description}\n\n[Timer]\nOnCalendar={timer}\n\
                     Persistent=yes\n\n[Install]\nWantedBy={target}\n"
                )
            }),
            name,
        })
    }

    /// The unit that is enabled: the timer, if there is one.
    pub(super) fn enabled(&self) -> String {
        let suffix = if self.timer.is_some() { "timer" } else { "service" };
        format!("{}.{suffix}", self.name)
    }

    /// Its files: names and texts.
    pub(super) fn files(&self) -> impl Iterator<Item = (String, &str)> {
        let timer = self.timer.as_deref().map(|text| (format!("{}.timer", self.name), text));
        [(format!("{}.service", self.name), self.service.as_str())].into_iter().chain(timer)
    }
}

/// The entry that a service starts.
fn entry(name: &str, service: &Service, manifest: &Manifest) -> Result<String, Error> {
    let is_entry = |entry: &str| manifest.entries.iter().any(|one| one.name == entry);
    let default = manifest.launch.default.as_deref();
    let only = match &*manifest.entries {
        [only] => Some(only.name.as_str()),
        _ => None,
    };
    let wanted = match &service.entry {
        Some(entry) => entry,
        None if is_entry(name) => name,
        None => default.or(only).unwrap_or(name),
    };
    if !is_entry(wanted) {
        return Err(Error::NoEntry {
            service: name.to_owned(),
            entry: wanted.to_owned(),
            archive: manifest.name.clone(),
        });
    }
    Ok(wanted.to_owned())
}

fn text_of_service(
    name: &str,
    description: &str,
    entry: &str,
    arguments: &[String],
    service: &Service,
    about: About<'_>,
) -> String {
    let mut text = format!("[Unit]\nDescription={description}\n");
    let _ = match about.homepage {
        Some(homepage) => writeln!(text, "Documentation={}", escaped(homepage)),
        None => writeln!(text, "Documentation=file:/usr/share/doc/{}/", about.package),
    };
    let has_timer = service.timer.is_some();
    let kind = if has_timer { "oneshot" } else { "exec" };
    let _ =
        write!(text, "After=network.target\n\n[Service]\nType={kind}\nExecStart=/usr/bin/{entry}");
    for argument in arguments {
        // `$` begins variables here, and only here.
        let _ = write!(text, " {}", quoted(argument).replace('$', "$$"));
    }
    text.push('\n');
    let _ = match &service.user {
        Some(user) => writeln!(text, "User={user}"),
        None => writeln!(text, "DynamicUser=yes"),
    };
    for (variable, value) in &service.environment {
        let _ = writeln!(text, "Environment={}", quoted(&format!("{variable}={value}")));
    }
    // The launcher unpacks there.
    let _ = writeln!(text, "CacheDirectory={name}");
    let default = if has_timer { None } else { Some(Restart::OnFailure) };
    if let Some(restart) = service.restart.or(default) {
        let _ = writeln!(text, "Restart={}", restart.as_str());
    }
    if !has_timer {
        let target = service.wanted_by.as_deref().unwrap_or("multi-user.target");
        let _ = write!(text, "\n[Install]\nWantedBy={target}\n");
    }
    text
}

/// `%` begins specifiers in every value.
fn escaped(text: &str) -> String {
    text.replace('%', "%%")
}

/// A word of a command or an assignment, in quotation marks where they are needed.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=,@+%$".contains(c);
    let text = escaped(word);
    if !word.is_empty() && word.chars().all(plain) {
        return text;
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn is_user(text: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.len() < 32
        && text.chars().all(is_allowed)
}

fn is_calendar(text: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || " *:,./~+_-".contains(c);
    text.trim() == text && !text.is_empty() && text.chars().all(is_allowed)
}

fn is_target(text: &str) -> bool {
    let name = text.strip_suffix(".target").or_else(|| text.strip_suffix(".service"));
    name.is_some_and(is_plain)
}

fn is_variable(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use snakecrate_format::manifest::{Entry, Start};

    use super::*;

    const ABOUT: About<'_> =
        About { package: "demo", summary: "100% demo", homepage: Some("https://demo/%20") };

    fn manifest() -> Manifest {
        let mut manifest = snakecrate_format::manifest::sample::sample();
        let start = manifest.entries[0].start.clone();
        let entry = |name: &str, start: &Start| Entry::new(name, "x", start.clone());
        manifest.entries = vec![entry("demo", &start), entry("work", &start)];
        manifest.launch.default = Some("demo".into());
        manifest
    }

    fn units(toml: &str) -> Result<Vec<Unit>, Error> {
        Unit::all(&toml::from_str(toml).unwrap(), &manifest(), ABOUT)
    }

    #[test]
    fn a_service_runs_all_the_time() {
        let units = units("[demo]\nargs = 'serve --at \"a b\" $HOME 5%'").unwrap();
        assert_eq!(
            units[0].service,
            "[Unit]\nDescription=100%% demo\nDocumentation=https://demo/%%20\n\
             After=network.target\n\n[Service]\nType=exec\n\
             ExecStart=/usr/bin/demo serve --at \"a b\" $$HOME 5%%\nDynamicUser=yes\n\
             CacheDirectory=demo\nRestart=on-failure\n\n[Install]\nWantedBy=multi-user.target\n"
        );
        assert_eq!((units[0].timer.as_deref(), &*units[0].enabled()), (None, "demo.service"));
    }

    #[test]
    fn a_timer_starts_a_service_that_ends() {
        let units = units(
            "[nightly]\nentry = 'work'\nargs = ['--all', '', 'a\\b\"$x']\ntimer = 'Mon *-*-* 04:00'\n\
             user = 'backup'\nenvironment = { A = 'b c$', B = '' }\nrestart = 'on-failure'\n\
             description = 'Backs up'",
        )
        .unwrap();
        let unit = &units[0];
        assert_eq!(unit.name, "demo-nightly");
        assert_eq!(
            unit.service,
            "[Unit]\nDescription=Backs up\nDocumentation=https://demo/%%20\n\
             After=network.target\n\n[Service]\nType=oneshot\n\
             ExecStart=/usr/bin/work --all \"\" \"a\\\\b\\\"$$x\"\nUser=backup\n\
             Environment=\"A=b c$\"\nEnvironment=B=\nCacheDirectory=demo-nightly\n\
             Restart=on-failure\n"
        );
        assert_eq!(
            unit.timer.as_deref().unwrap(),
            "[Unit]\nDescription=Backs up\n\n[Timer]\nOnCalendar=Mon *-*-* 04:00\n\
             Persistent=yes\n\n[Install]\nWantedBy=timers.target\n"
        );
        assert_eq!(unit.enabled(), "demo-nightly.timer");
    }

    #[test]
    fn values_that_would_be_lines_or_paths_are_refused() {
        for toml in [
            "['../x']\n",
            "['a b']\n",
            "[demo]\nentry = 'absent'\n",
            "[demo]\nargs = ['a\\nExecStartPre=/bin/evil']\n"
                .replace("['", "[\"")
                .replace("']", "\"]")
                .as_str(),
            "[demo]\nargs = \"'\"\n",
            "[demo]\nuser = 'a b'\n",
            "[demo]\nuser = \"a\\nb\"\n",
            "[demo]\ntimer = ''\n",
            "[demo]\ntimer = \"daily\\nUnit=evil\"\n",
            "[demo]\nwanted-by = 'x'\n",
            "[demo]\nwanted-by = '../x.target'\n",
            "[demo]\nenvironment = { 'A B' = '' }\n",
            "[demo]\nenvironment = { A = \"x\\ny\" }\n",
            "[demo]\ntimer = 'daily'\nrestart = 'always'\n",
        ] {
            assert!(units(toml).is_err(), "{toml}");
        }
        let text = units("[demo]\ndescription = \"x\\nExecStart=/evil\"").unwrap();
        assert!(text[0].service.contains("\nDescription=x ExecStart=/evil\n"), "{text:?}");
    }
}
