//! The useful part of the output of a tool that failed.

/// How many lines of a failed build are shown.
const TAIL: usize = 12;

/// Joins the lines to one, without the ornaments that tools put before them.
pub(super) fn one_line(lines: &[&str]) -> String {
    let ornaments = |c: char| c.is_whitespace() || "×│╰─▶├".contains(c);
    let words: Vec<&str> = lines
        .iter()
        .map(|line| line.trim_matches(ornaments))
        .map(|line| line.strip_prefix("error: ").unwrap_or(line))
        .map(|line| line.strip_prefix("ERROR: ").unwrap_or(line))
        .map(|line| line.strip_prefix("cause: ").unwrap_or(line))
        .filter(|line| !line.is_empty())
        .collect();
    words.join("; ").replace(":;", ":")
}

/// The text from `Because` on, as in "No solution found …: Because a depends on b …".
pub(super) fn because(text: &str) -> String {
    let start = text.find("Because ").unwrap_or(0);
    text[start..].replace("; ", " ")
}

/// The first text in backquotes.
pub(super) fn quoted(text: &str) -> Option<String> {
    let mut parts = text.split('`');
    parts.next()?;
    parts.next().map(str::to_owned)
}

/// The last lines of a build back end's output, taken out of that of uv or pip.
pub(super) fn tail(stderr: &str) -> Vec<String> {
    let lines: Vec<&str> = stderr
        .lines()
        .map(|line| line.trim_start_matches(['│', ' ']).trim_end())
        .filter(|line| !line.is_empty())
        .collect();
    // pip puts the output into a frame; uv puts its own message after it.
    let starts = |wanted: &str| lines.iter().position(|line| line.starts_with(wanted));
    let start =
        lines.iter().position(|line| line.ends_with("lines of output]")).map_or(0, |at| at + 1);
    let own = ["[end of output]", "error: Failed to build", "× Failed to build"];
    let end = own.iter().filter_map(|mark| starts(mark)).min().unwrap_or(lines.len());
    let mut output = lines.get(start..end).unwrap_or_default().to_vec();
    if output.is_empty() {
        // uv puts the output of metadata builds after its message: `[stderr]`.
        let marks = lines.iter().position(|line| *line == "[stderr]" || *line == "[stdout]");
        output = lines[marks.unwrap_or(0)..].to_vec();
        output.retain(|line| !line.starts_with("hint:"));
    }
    let output = without_frames(&output);
    let from = output.len().saturating_sub(TAIL);
    output[from..].iter().map(|line| (*line).to_owned()).collect()
}

/// Removes the places and source lines of tracebacks: the exception comes after them.
fn without_frames<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    let mut kept = Vec::new();
    let mut frame = false;
    for line in lines {
        let starts = line.starts_with("File \"");
        let marks = line.chars().all(|c| "^~ ".contains(c));
        if !starts && !frame && !marks && !line.starts_with("Traceback (most recent") {
            kept.push(*line);
        }
        frame = starts;
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_old_and_new_uv_become_one_line() {
        let old = [
            "  × No solution found when resolving dependencies:",
            "  ╰─▶ Because a",
            "      and b.",
        ];
        assert_eq!(
            one_line(&old),
            "No solution found when resolving dependencies: Because a; and b."
        );
        assert_eq!(because(&one_line(&old)), "Because a and b.");
        let new = ["error: No solution found", "  cause: Because a and b."];
        assert_eq!(because(&one_line(&new)), "Because a and b.");
        assert_eq!(quoted("Failed to build `demo @ file:///x`").unwrap(), "demo @ file:///x");
    }

    #[test]
    fn the_back_ends_last_lines_are_found() {
        let pip = "  error: subprocess-exited-with-error\n\n  × Building wheel failed\n  │ exit code: 1\n  \
                   ╰─> [3 lines of output]\n      running build\n      \
                   Traceback (most recent call last):\n        File \"x.py\", line 1, in f\n          \
                   x()\n          ^^^\n      ValueError: no\n      [end of output]\n  \n  \
                   note: This error originates\nERROR: Failed building wheel for demo\n";
        assert_eq!(tail(pip), ["running build", "ValueError: no"]);
        let uv = "Building wheel...\nValueError: no\nerror: Failed to build `/demo`\n  cause: The build backend\n";
        assert_eq!(tail(uv), ["Building wheel...", "ValueError: no"]);
    }
}
