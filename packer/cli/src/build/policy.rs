//! The choice of the parts of the runtime that an archive contains.

use super::Error;
use super::entries::Request;
use super::pack::{Prepared, Work};
use snakecrate_runtime::{Imports, Part, Policy, reach};

/// The value of `runtime-keep` that keeps the whole standard library, and `tkinter` only if it is
/// used. Applications with this setting can share one runtime in the cache.
const WHOLE_LIBRARY: &str = "stdlib";

impl Work<'_> {
    /// The policy that leaves out the parts that nothing in the archive can import, and reports
    /// them. `name` and `app` are the application's name and imports.
    pub(super) fn policy(
        &self,
        name: &str,
        app: &Imports,
        wheels: &[Prepared],
    ) -> Result<Policy, Error> {
        let settings = self.settings;
        let modules = self.modules_of_entries();
        let launch = reach::Launch {
            isolated: settings.isolated,
            options: &settings.python_options,
            modules: &modules,
        };
        let wheels = wheels.iter().map(|wheel| (wheel.facts.name.as_str(), &wheel.facts.imports));
        let mut need =
            reach::need(&self.scanner, std::iter::once((name, app)).chain(wheels), launch)?;
        if need.open.is_none() && settings.runtime_keep.iter().any(|part| part == WHOLE_LIBRARY) {
            need.leave_out.retain(|part| *part == Part::Tkinter);
            need.open = Some("runtime-keep".into());
        }
        need.leave_out.retain(|part| !settings.runtime_keep.iter().any(|name| name == part.name()));
        let minimal = settings.runtime_minimal;
        let mut policy = Policy {
            keep: settings
                .runtime_keep
                .iter()
                .filter(|name| *name != WHOLE_LIBRARY)
                .cloned()
                .collect(),
            drop: settings.runtime_drop.clone(),
            leave_out: need.leave_out.clone(),
            only: None,
        };
        if let Some(footprint) = &self.footprint {
            let modules = footprint.library_modules();
            let is_loaded = |part: &Part| modules.iter().any(|module| part.is_needed_by(module));
            policy.leave_out.extend(Part::all().filter(|part| !is_loaded(part)));
            policy.only = Some(modules);
            return Ok(policy);
        }
        if let Some(why) = &need.open {
            if minimal {
                self.ui.warn(format_args!(
                    "runtime-minimal has no effect: the imports cannot be determined: {why}"
                ));
            } else {
                self.ui.detail(format_args!("keeping the whole standard library: {why}"));
            }
            return Ok(policy);
        }
        if minimal {
            policy.only = Some(need.reached);
        }
        let parts: Vec<_> = need.leave_out.iter().map(ToString::to_string).collect();
        self.ui.detail(format_args!("leaving out what nothing can import: {}", parts.join(", ")));
        if !need.kept.is_empty() {
            self.ui.detail(format_args!("keeping {}", need.kept.join(", ")));
        }
        Ok(policy)
    }

    /// The modules that entries and the first-run hook start, as the settings name them.
    pub(super) fn modules_of_entries(&self) -> Vec<String> {
        let settings = self.settings;
        // Entries that name no module are scripts of distributions.
        let requests = settings.entries.iter().map(|entry| Request::parse(entry));
        let hook = settings.first_run.iter().map(|command| Request::parse_command(command));
        let named =
            requests.chain(hook).filter_map(|request| Some(request.ok()?.module()?.to_owned()));
        named.chain(settings.module.clone()).collect()
    }
}
