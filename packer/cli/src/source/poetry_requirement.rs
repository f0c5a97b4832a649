//! Poetry's dependencies as PEP 508 requirements
//! (<https://python-poetry.org/docs/dependency-specification/>).

use std::path::Path;

use toml::Value;

use super::poetry::alternatives;

/// The requirements that `package = constraint` means in the pyproject.toml of `directory`. Of
/// several alternatives (`^1 || ^2`) the last is taken: PEP 440 has no "or".
pub fn poetry_requirement(directory: &Path, package: &str, constraint: &Value) -> Vec<String> {
    match constraint {
        Value::String(version) => vec![line(package, "", &range(version), &[])],
        Value::Array(all) => {
            all.iter().flat_map(|one| poetry_requirement(directory, package, one)).collect()
        }
        Value::Table(table) => vec![of_table(directory, package, table)],
        _ => Vec::new(),
    }
}

fn of_table(directory: &Path, package: &str, table: &toml::Table) -> String {
    let text = |key: &str| table.get(key).and_then(Value::as_str);
    let extras = table.get("extras").and_then(Value::as_array).into_iter().flatten();
    let extras: Vec<&str> = extras.filter_map(Value::as_str).collect();
    let extras = if extras.is_empty() { String::new() } else { format!("[{}]", extras.join(",")) };
    let mut markers: Vec<String> = text("markers").map(|m| format!("({m})")).into_iter().collect();
    if let Some(python) = text("python") {
        let one = |range: &String| {
            let parts = range.split(',').filter(|part| !part.is_empty()).map(|part| {
                let digits = part.find(|c: char| c.is_ascii_digit()).unwrap_or(part.len());
                let (operator, version) = part.split_at(digits);
                format!("python_full_version {operator} '{version}'")
            });
            parts.collect::<Vec<_>>().join(" and ")
        };
        let any: Vec<String> =
            alternatives(python).iter().map(one).filter(|marker| !marker.is_empty()).collect();
        if !any.is_empty() {
            markers.push(format!("({})", any.join(" or ")));
        }
    }
    let at = if let Some(git) = text("git") {
        let reference = ["rev", "tag", "branch"].iter().find_map(|key| text(key));
        let reference = reference.map(|name| format!("@{name}")).unwrap_or_default();
        let below = text("subdirectory").map(|path| format!("#subdirectory={path}"));
        format!(" @ git+{git}{reference}{}", below.unwrap_or_default())
    } else if let Some(url) = text("url") {
        format!(" @ {url}")
    } else if let Some(path) = text("path") {
        let path = directory.join(path);
        let url = url::Url::from_file_path(&path);
        format!(" @ {}", url.map_or_else(|()| path.display().to_string(), String::from))
    } else {
        range(text("version").unwrap_or("*"))
    };
    line(package, &extras, &at, &markers)
}

fn range(constraint: &str) -> String {
    alternatives(constraint).pop().unwrap_or_default()
}

fn line(package: &str, extras: &str, version: &str, markers: &[String]) -> String {
    let markers = match markers {
        [] => String::new(),
        markers => format!(" ; {}", markers.join(" and ")),
    };
    format!("{package}{extras}{version}{markers}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_become_requirements() {
        let cases = [
            ("'^7.1'", "a>=7.1,<8"),
            ("'*'", "a"),
            ("{version = '~1.2', extras = ['x', 'y']}", "a[x,y]>=1.2,<1.3"),
            ("{version = '1.*', markers = \"os_name == 'nt'\"}", "a==1.* ; (os_name == 'nt')"),
            (
                "{version = '1', python = '^3.9'}",
                "a==1 ; (python_full_version >= '3.9' and python_full_version < '4')",
            ),
            (
                "{git = 'https://h/a.git', tag = 'v1', subdirectory = 's'}",
                "a @ git+https://h/a.git@v1#subdirectory=s",
            ),
            ("{path = '../b'}", "a @ file:///p/../b"),
            ("[{version = '1', markers = \"os_name == 'nt'\"}]", "a==1 ; (os_name == 'nt')"),
        ];
        for (constraint, wanted) in cases {
            let table: toml::Table = format!("a = {constraint}").parse().unwrap();
            let found = poetry_requirement(Path::new("/p"), "a", &table["a"]);
            assert_eq!(found, [wanted], "{constraint}");
            if !wanted.contains("file:") {
                wanted.parse::<pep508_rs::Requirement>().expect(wanted);
            }
        }
    }
}
