//! The useful part of a build back end's output.

/// How many lines of a failed build are shown.
const TAIL: usize = 12;

/// The last line of the last traceback: `ValueError: no`.
pub(super) fn exception(output: &str) -> Option<String> {
    let lines: Vec<&str> = output.lines().map(unframed).collect();
    let start =
        lines.iter().rposition(|line| line.trim_start().starts_with("Traceback (most recent"))?;
    let indent = lines[start].len() - lines[start].trim_start().len();
    let own = |line: &&&str| {
        let deep = line.len() - line.trim_start().len();
        !line.trim().is_empty() && deep <= indent
    };
    lines[start + 1..].iter().find(own).map(|line| line.trim().to_owned())
}

/// The last lines of `output`, without the places of tracebacks: the exception comes after them. The
/// line of `exception` is left out, too.
pub(super) fn tail(output: &str, exception: Option<&str>) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut frame = false;
    for line in output.lines().map(unframed) {
        let text = line.trim();
        let starts = text.starts_with("File \"");
        let marks = text.chars().all(|c| "^~ ".contains(c));
        let heads = text.starts_with("Traceback (most recent");
        if !starts && !frame && !marks && !heads && exception != Some(text) {
            kept.push(line);
        }
        frame = starts;
    }
    kept[kept.len().saturating_sub(TAIL)..].join("\n")
}

/// The line without the bars that older versions of uv put before it.
fn unframed(line: &str) -> &str {
    line.trim_start().strip_prefix('│').unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAILED: &str = "running build\n\nTraceback (most recent call last):\n  File \"x.py\", line 1, in f\n    \
                          x()\n    ^^^\nKeyError: 'a'\n\nDuring handling of the above:\n\nTraceback (most recent \
                          call last):\n  File \"y.py\", line 2, in g\n    y()\nValueError: no\n";

    #[test]
    fn the_last_exception_is_found() {
        assert_eq!(exception(FAILED).unwrap(), "ValueError: no");
        let indented: Vec<_> = FAILED.lines().map(|line| format!("         {line}")).collect();
        let indented = indented.join("\n");
        assert_eq!(exception(&indented).unwrap(), "ValueError: no");
        assert_eq!(exception("running build\n"), None);
    }

    #[test]
    fn the_last_lines_have_no_frames_of_tracebacks() {
        let lines = tail(FAILED, Some("ValueError: no"));
        assert_eq!(lines, "running build\nKeyError: 'a'\nDuring handling of the above:");
        let many: Vec<_> = (0..50).map(|number| format!("line {number}")).collect();
        assert!(tail(&many.join("\n"), None).starts_with("line 38\n"));
    }
}
