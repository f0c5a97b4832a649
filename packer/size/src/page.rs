//! One self-contained page with a treemap.

use std::fmt::Write as _;

use serde_json::{Value, json};
use snakecrate_format::size::Size;

use crate::classify::FileKind;
use crate::compare::{Change, Comparison, label};
use crate::report::Part;
use crate::savings::Advice;
use crate::text::{count, percent, short};
use crate::view::View;

const TEMPLATE: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/page.css");
const SCRIPT: &str = include_str!("page/page.js");

/// The rows of the tables below the treemap.
const LONGEST: usize = 200;

impl View<'_> {
    /// The page. It needs no other file and no network.
    pub fn html(&self) -> String {
        let measured = self.measured;
        let version = measured.version.as_deref().unwrap_or_default();
        let name = format!("{} {version}", measured.name);
        let heading = format!("{}: {}", name.trim_end(), Size(measured.packed));
        let counts = &measured.counts;
        let facts = format!(
            "{} unpacked, {}, {}, {}, {}, {}; for {}",
            Size(measured.unpacked),
            count(counts.components, "component", "components"),
            count(counts.files, "file", "files"),
            count(counts.native_libraries, "native library", "native libraries"),
            count(counts.modules, "importable module", "importable modules"),
            count(counts.executables, "executable", "executables"),
            measured.target,
        );
        let footer = "Lengths of components are exact. Files share compressed blobs, so packed \
                      lengths with ~ are estimates.";
        let fills = [
            ("{{title}}", escape(&heading)),
            ("{{style}}", STYLE.to_owned()),
            ("{{heading}}", escape(&heading)),
            ("{{facts}}", escape(&facts)),
            ("{{tables}}", self.tables()),
            ("{{footer}}", footer.to_owned()),
            ("{{data}}", self.data(&heading)),
            ("{{script}}", SCRIPT.to_owned()),
        ];
        let (mut page, mut rest) = (String::new(), TEMPLATE);
        // In the order of the template: nothing that was filled in is searched.
        for (mark, text) in fills {
            let (before, behind) = rest.split_once(mark).unwrap_or((rest, ""));
            page.push_str(before);
            page.push_str(&text);
            rest = behind;
        }
        page + rest
    }

    /// The data for the script, as JSON that may stand in a script element.
    fn data(&self, title: &str) -> String {
        let measured = self.measured;
        let kinds = FileKind::ALL.map(FileKind::as_str);
        let number = |kind: FileKind| FileKind::ALL.iter().position(|one| *one == kind);
        let part = |row: &crate::Row| -> Value {
            let label = label(row);
            let of_part =
                measured.files.iter().filter(|file| Some(&file.component) == label.as_ref());
            let files = of_part.map(|file| {
                let unloaded =
                    self.proof.is_some_and(|(evidence, _)| evidence.loaded(file) == Some(false));
                // A module in a pack is no file of its own.
                let in_pack = u8::from(file.pack.is_some()) << 2;
                let flags = u8::from(file.estimated) | u8::from(unloaded) << 1 | in_pack;
                json!([file.path, number(file.kind), file.packed, file.unpacked, flags])
            });
            let files: Option<Vec<Value>> = (row.part == Part::Component).then(|| files.collect());
            let kind = match row.part {
                Part::Launcher => FileKind::Launcher,
                _ => FileKind::Archive,
            };
            json!({
                "name": row.name,
                "version": row.version,
                "kind": row.kind,
                "packed": row.bytes.packed,
                "unpacked": row.bytes.unpacked,
                "count": row.bytes.files,
                "file_kind": number(kind),
                "files": files,
            })
        };
        let data = json!({
            "title": title,
            "name": measured.name,
            "kinds": kinds,
            "proven": self.proof.is_some(),
            "parts": measured.parts.iter().map(part).collect::<Vec<_>>(),
        });
        // `</script>` or `<!--` in a path would end the element.
        data.to_string().replace('<', "\\u003c")
    }

    /// Tables that need no script.
    fn tables(&self) -> String {
        let measured = self.measured;
        let mut text = String::new();
        if let Some(comparison) = self.comparison {
            push_comparison(&mut text, comparison);
        }
        if let Some((_, advice)) = self.proof {
            push_advice(&mut text, advice);
        }
        let rows = measured.parts.iter().map(|one| {
            let kind = one.kind.map_or("", |kind| kind.as_str()).to_owned();
            let name = format!("{} {}", one.name, one.version.as_deref().unwrap_or_default());
            let unpacked = Size(one.bytes.unpacked).to_string();
            let packed = Size(one.bytes.packed).to_string();
            [name, kind, unpacked, packed, percent(one.bytes.share)].map(|text| (text, ""))
        });
        let head = ["Part", "Kind", "Unpacked", "Packed", "Share"];
        push_table(&mut text, "All parts of the file", false, "", head, 2, rows);
        let rows = measured.kinds.iter().map(|one| {
            let packed = crate::text::packed(&one.bytes);
            let (files, unpacked) =
                (one.bytes.files.to_string(), Size(one.bytes.unpacked).to_string());
            [one.kind.as_str().to_owned(), files, unpacked, packed, percent(one.bytes.share)]
                .map(|text| (text, ""))
        });
        let head = ["Kind", "Files", "Unpacked", "Packed", "Share"];
        push_table(&mut text, "Kinds of files", false, "", head, 1, rows);
        if !measured.duplicates.is_empty() {
            let rows = measured.duplicates.iter().take(LONGEST).map(|one| {
                let copy =
                    |(component, path): &(String, String)| format!("{component} {}", short(path));
                let copies: Vec<String> = one.copies.iter().map(copy).collect();
                let again = Size(one.unpacked_again()).to_string();
                let packed = format!("~{}", Size(one.packed_again));
                [copies.join(", "), again, packed].map(|text| (text, ""))
            });
            let head = ["The same contents in", "Unpacked again", "Packed again"];
            push_table(&mut text, "Files that several components have", false, "", head, 1, rows);
        }
        text
    }
}

fn push_comparison(text: &mut String, comparison: &Comparison) {
    let sign = |change: Change| match change.growth() {
        0 => "",
        1.. => "grew",
        _ => "shrank",
    };
    let rows = comparison.parts.iter().map(|one| {
        let size = |bytes| if bytes == 0 { String::new() } else { Size(bytes).to_string() };
        [
            (one.name.clone(), ""),
            (one.versions(), ""),
            (size(one.packed.old), ""),
            (size(one.packed.new), ""),
            (one.packed.signed(), sign(one.packed)),
        ]
    });
    let version = comparison.version.as_deref().unwrap_or_default();
    let about = format!(
        "{} since {} {version} ({}); {} unpacked.",
        comparison.packed.signed(),
        comparison.name,
        Size(comparison.packed.old),
        comparison.unpacked.signed(),
    );
    let head = ["Part", "Version", "Before", "Now", "Packed"];
    push_table(text, "What changed", true, &about, head, 2, rows);
    let grown = comparison.files.iter().filter(|one| one.packed.growth() > 0).take(LONGEST);
    let rows = grown.map(|one| {
        let packed = format!("~{}", one.packed.signed());
        [
            (short(&one.path).to_owned(), ""),
            (one.component.clone(), ""),
            (one.unpacked.signed(), ""),
            (packed, "grew"),
        ]
    });
    let head = ["File", "Component", "Unpacked", "Packed"];
    push_table(text, "Files that grew", false, "", head, 2, rows);
}

fn push_advice(text: &mut String, advice: &Advice) {
    let mut about = format!(
        "The proof never loaded {} modules and libraries: ~{} packed, {} unpacked.",
        advice.unloaded_files,
        Size(advice.unloaded_packed),
        Size(advice.unloaded_unpacked)
    );
    if !advice.unknown_commands.is_empty() {
        about += " What these commands of the proof loaded is not known: ";
        about += &advice.unknown_commands.join("; ");
        about += ".";
    }
    let rows = advice.savings.iter().take(LONGEST).map(|one| {
        let saves = format!("~{}", Size(one.packed));
        let (files, unpacked) = (one.files.to_string(), Size(one.unpacked).to_string());
        [one.setting(), one.loses.clone(), files, unpacked, saves].map(|text| (text, ""))
    });
    let head = ["Could go by", "Is lost", "Files", "Unpacked", "Saves"];
    push_table(text, "What the proof never loaded", true, &about, head, 2, rows);
}

/// A table in an element that opens. Columns from `numbers` on are to the right; each cell has a class.
fn push_table<const N: usize>(
    text: &mut String,
    title: &str,
    is_open: bool,
    about: &str,
    head: [&str; N],
    numbers: usize,
    rows: impl Iterator<Item = [(String, &'static str); N]>,
) {
    let open = if is_open { " open" } else { "" };
    let _ = write!(text, "<details{open}><summary>{}</summary>", escape(title));
    if !about.is_empty() {
        let _ = write!(text, "<p>{}</p>", escape(about));
    }
    text.push_str("<div class=\"scroll\"><table><thead><tr>");
    // A narrow window shows the first column and the last two.
    let class = |at: usize| match (at >= numbers, at > 0 && at + 2 < N) {
        (true, true) => "number wide",
        (true, false) => "number",
        (false, true) => "wide",
        (false, false) => "",
    };
    for (at, name) in head.iter().enumerate() {
        let _ = write!(text, "<th scope=\"col\" class=\"{}\">{}</th>", class(at), escape(name));
    }
    text.push_str("</tr></thead><tbody>");
    for row in rows {
        text.push_str("<tr>");
        for (at, (cell, mark)) in row.iter().enumerate() {
            let class = format!("{} {mark}", class(at));
            let _ = write!(text, "<td class=\"{}\">{}</td>", class.trim(), escape(cell));
        }
        text.push_str("</tr>");
    }
    text.push_str("</tbody></table></div></details>\n");
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::measured;

    #[test]
    fn paths_cannot_leave_the_data_or_the_tables() {
        let evil = "lib/</script><img src=x onerror=alert(1)>{{script}}<!--/a.py";
        let archive = measured(&[("<b>&", "1", &[(evil, 100)])]);
        let page = View { measured: &archive, proof: None, comparison: None }.html();
        assert_eq!(page.matches("</script>").count(), 2, "the data's and the script's");
        assert!(!page.contains("<img") && !page.contains("<b>&amp;") && !page.contains("<!--"));
        assert!(page.contains("&lt;b&gt;&amp; 1"));
        let data = page.split("id=\"data\">").nth(1).unwrap().split("</script>").next().unwrap();
        let data: Value = serde_json::from_str(data).unwrap();
        assert_eq!(data["parts"][0]["files"][0][0], evil);
    }

    #[test]
    fn the_page_refers_to_nothing_outside() {
        let archive = measured(&[("a", "1", &[("lib/a.py", 100)])]);
        let page = View { measured: &archive, proof: None, comparison: None }.html();
        for outside in ["http:", "https:", " src=", "@import", "url(", "fetch(", "{{"] {
            assert!(!page.contains(outside), "{outside}");
        }
    }
}
