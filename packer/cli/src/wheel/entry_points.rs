//! `entry_points.txt`
//! ([specification](https://packaging.python.org/en/latest/specifications/entry-points/)).

use configparser::ini::{Ini, IniDefault};

use super::filename::normalize;

/// The function that a script calls.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryPoint {
    /// The script's name.
    pub name: String,
    /// `package.module`.
    pub module: String,
    /// `main`, `App.run`.
    pub attr: String,
    /// Whether it is a GUI script.
    pub graphical: bool,
    /// The extras that it requires, normalised: `d` in `blackd = blackd:patched_main [d]`.
    pub extras: Vec<String>,
}

/// Console and GUI scripts of `entry_points.txt`, sorted by name.
///
/// # Errors
///
/// The line that names no function, or the fault of the file.
pub(crate) fn scripts(text: &str) -> Result<Vec<EntryPoint>, String> {
    // As `importlib.metadata` reads it: every line is an item, and names may have colons.
    let mut form = IniDefault::default();
    form.case_sensitive = true;
    form.delimiters = vec!['='];
    form.enable_inline_comments = false;
    let sections =
        Ini::new_from_defaults(form).read(text.trim_start_matches('\u{feff}').to_owned())?;
    let mut scripts = Vec::new();
    for (section, graphical) in [("console_scripts", false), ("gui_scripts", true)] {
        for (name, value) in sections.get(section).into_iter().flatten() {
            let script = script(name, value.as_deref().unwrap_or_default())?;
            scripts.push(EntryPoint { graphical, ..script });
        }
    }
    scripts.sort();
    scripts.dedup_by(|a, b| a.name == b.name);
    Ok(scripts)
}

fn script(name: &str, value: &str) -> Result<EntryPoint, String> {
    // Installers ignore `[extra]` after the function, and install the script all the same.
    let (object, extras) = value.split_once('[').unwrap_or((value, ""));
    let object = object.trim();
    let extras = extras.trim_end().trim_end_matches(']').split(',').map(normalize);
    let extras = extras.filter(|extra| !extra.is_empty()).collect();
    let parts = object.split_once(':').map(|(module, attr)| (module.trim(), attr.trim()));
    match parts {
        Some((module, attr))
            if is_dotted(module)
                && is_dotted(attr)
                && !name.contains(['/', '\\'])
                && !name.contains(char::is_control) =>
        {
            let (name, module, attr) = (name.into(), module.into(), attr.into());
            Ok(EntryPoint { name, module, attr, graphical: false, extras })
        }
        _ => Err(format!("{name} = {value}")),
    }
}

/// Whether `text` is names with dots between them.
fn is_dotted(text: &str) -> bool {
    text.split('.').all(|name| {
        !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(|c| c == '_' || c.is_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_console_and_gui_scripts() {
        let text = "# comment\n[console_scripts]\nb = pkg.mod:App.run [Fast_,x ]\n\n[gui_scripts]\n\
                    a=pkg:main\n[other]\nc = x\n";
        let call = |name: &str, module: &str, attr: &str, graphical, extras: &[&str]| EntryPoint {
            name: name.into(),
            module: module.into(),
            attr: attr.into(),
            graphical,
            extras: extras.iter().map(|&extra| extra.into()).collect(),
        };
        assert_eq!(
            scripts(text).unwrap(),
            [
                call("a", "pkg", "main", true, &[]),
                call("b", "pkg.mod", "App.run", false, &["fast-", "x"])
            ]
        );
    }

    #[test]
    fn indented_entry_points_are_read() {
        let text = "  [console_scripts]\n  a = pkg:main\n    b = pkg:main\n";
        let names: Vec<_> = scripts(text).unwrap().into_iter().map(|point| point.name).collect();
        assert_eq!(names, ["a", "b"]);
    }

    #[test]
    fn lines_that_name_no_function_are_refused() {
        for line in ["a = pkg", "a = pkg:main()", "a = pkg:import os", "../a = p:m", "a = :m"] {
            let text = format!("[console_scripts]\n{line}\n");
            assert_eq!(scripts(&text).unwrap_err(), line);
        }
    }
}
