//! Texts of others, such as a project's summary, in the fields of packages.

/// `text` in one line without characters that control anything, and without blanks at its ends.
pub(super) fn line(text: &str) -> String {
    let is_hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let visible: String = text.chars().map(|c| if is_hidden(c) { ' ' } else { c }).collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text as the lines of a Debian field behind the first: each begins with a blank, and empty ones
/// are dots.
pub(super) fn continued(text: &str) -> String {
    let mut lines = String::new();
    for line in text.lines() {
        let line: String = line.chars().filter(|c| !c.is_control() || *c == '\t').collect();
        let line = line.trim_end();
        lines += if line.is_empty() { " ." } else { " " };
        lines += line;
        lines.push('\n');
    }
    lines
}

/// `text` in lines of at most `width` characters, broken at blanks.
pub(super) fn wrapped(text: &str, width: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(last) if last.chars().count() + 1 + word.chars().count() <= width => {
                last.push(' ');
                last.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}

/// The longest synopsis, by Debian's policy 3.4.1.
const LONGEST: usize = 80;

/// A summary as Debian and RPM want it: a noun phrase without article, name and full stop, not longer
/// than 79 characters.
pub(super) fn synopsis(summary: &str, name: &str) -> String {
    let mut text = line(summary);
    // `Demo: a tool`, `demo - a tool`, `Demo is a tool`
    if let Some(start) = text.get(..name.len())
        && start.eq_ignore_ascii_case(name)
    {
        let rest = text[name.len()..].trim_start();
        let after = [":", "-", "–", "—", "is "].iter().find_map(|mark| rest.strip_prefix(mark));
        if let Some(after) = after.map(str::trim_start).filter(|after| !after.is_empty()) {
            text = after.to_owned();
        }
    }
    for article in ["a ", "an ", "the "] {
        if let Some(start) = text.get(..article.len())
            && start.eq_ignore_ascii_case(article)
        {
            text = text[article.len()..].to_owned();
            break;
        }
    }
    while text.ends_with(['.', '!']) {
        text.pop();
    }
    if text.chars().count() >= LONGEST {
        let short = wrapped(&text, LONGEST - 5);
        let first = short.lines().next().unwrap_or_default();
        let first: String = first.chars().take(LONGEST - 5).collect();
        text = format!("{} …", first.trim_end_matches([',', ';', ':', '-', ' ']));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_stay_in_their_lines() {
        assert_eq!(line(" A tool\nDepends: evil\r\n\u{202e}x\u{0} "), "A tool Depends: evil x");
        assert_eq!(continued("one\n\ntwo\u{7}\n  three  "), " one\n .\n two\n   three\n");
        assert_eq!(wrapped("aa bb cc dd", 5), "aa bb\ncc dd");
    }

    #[test]
    fn summaries_become_synopses() {
        for (summary, wanted) in [
            ("A tool for everything.", "tool for everything"),
            ("HTTPie: modern CLI HTTP client", "modern CLI HTTP client"),
            ("httpie is an HTTP client!", "HTTP client"),
            ("Deploys applications", "Deploys applications"),
            ("httpie", "httpie"),
            ("", ""),
        ] {
            assert_eq!(synopsis(summary, "httpie"), wanted);
        }
        let long = synopsis(&"word ".repeat(40), "x");
        assert!(long.chars().count() < LONGEST && long.ends_with("word …"), "{long}");
        assert!(synopsis(&"ä".repeat(200), "x").chars().count() < LONGEST);
    }
}
