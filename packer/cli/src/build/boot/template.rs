//! Python sources with placeholders: `@NAME@`.

/// Fills in the placeholders of `template`.
///
/// A placeholder that is alone on its line stands for any number of lines, which get its
/// indentation; if its value is empty, the line is removed. Placeholders in values stay as they are.
pub(super) fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let value = |name: &str| values.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
    let mut filled = String::new();
    for line in template.lines() {
        let text = line.trim_start();
        let indent = &line[..line.len() - text.len()];
        let block = text.strip_prefix('@').and_then(|text| text.strip_suffix('@')).and_then(value);
        if let Some(block) = block {
            for line in block.lines() {
                filled.extend([indent, line, "\n"]);
            }
            continue;
        }
        for (index, part) in line.split('@').enumerate() {
            // Every second part is between two `@`.
            filled.push_str(if index % 2 == 1 { value(part).unwrap_or(part) } else { part });
        }
        filled.push('\n');
    }
    filled
}

/// `text` as a Python string.
pub(super) fn literal(text: &str) -> String {
    // Python reads JSON's escapes the same way.
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_in_once_and_blocks_are_indented() {
        let template = "a = @A@ + @B@\nif a:\n    @BLOCK@\n    @NOTHING@\n";
        let values =
            [("A", "@B@"), ("B", "2"), ("BLOCK", "try: x()\nexcept: pass\n"), ("NOTHING", "")];
        let wanted = "a = @B@ + 2\nif a:\n    try: x()\n    except: pass\n";
        assert_eq!(fill(template, &values), wanted);
    }

    #[test]
    fn literals_are_valid_python() {
        assert_eq!(literal("a\"b\\\n\u{e9}\u{301}"), "\"a\\\"b\\\\\\n\u{e9}\u{301}\"");
    }
}
