//! Errors of uv. Its text is shown as it is; only its kind is recognised, for the line before it and
//! the help after it.

use super::error::Error;
use super::failure::{BuildFailure, Lines};
use super::program::Ran;
use snakecrate_base::redact::redacted;

/// uv's output as an error.
pub(super) fn failure(ran: &Ran, offline: bool) -> Error {
    let text = message(&ran.stderr);
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if has(&["Git operation failed"]) {
        return Error::Git { address: git_address(&text), message: Lines::of(&text) };
    }
    let build = ["build backend returned", "Build backend failed", "Failed to build"];
    if has(&build) && !has(&["No solution found", "Failed to resolve requirements"]) {
        let what = named(&text).unwrap_or_else(|| "a requirement".to_owned());
        // The back end's own output is before uv's message, or in it.
        let failure = Box::new(BuildFailure::of(output(&ran.stderr), None).and(reasons(&text)));
        return Error::Build { what, failure };
    }
    let message = Lines::of(&text);
    if offline
        && has(&[
            "No solution found",
            "network was disabled",
            "network connectivity is disabled",
            "--offline",
        ])
    {
        return Error::OfflineResolution(message);
    }
    if has(&["no usable wheels", "building from source is disabled"]) {
        return Error::OnlySource(message);
    }
    if has(&["No solution found"]) {
        return Error::Unsatisfiable(message);
    }
    Error::Uv(message)
}

/// uv's own message: from `error:` to the end.
fn message(stderr: &str) -> String {
    let starts = |line: &str| line.starts_with("error:") || line.trim_start().starts_with('×');
    let start = stderr.lines().position(starts).unwrap_or(0);
    let text = stderr.lines().skip(start).collect::<Vec<_>>().join("\n");
    let plain = text.strip_prefix("error: ").or_else(|| text.trim_start().strip_prefix("× "));
    plain.unwrap_or(&text).to_owned()
}

/// The output of a build back end in that of uv.
fn output(stderr: &str) -> &str {
    // Metadata builds have it in uv's message, other builds before it.
    for mark in ["[stderr]", "[stdout]"] {
        if let Some(at) = stderr.find(mark) {
            let text = &stderr[at + mark.len()..];
            return &text[..text.find("\nhint:").unwrap_or(text.len())];
        }
    }
    let end = ["\nerror: ", "\n  × "].iter().filter_map(|mark| stderr.find(mark)).min();
    &stderr[..end.unwrap_or(stderr.len())]
}

/// The reasons why uv built something: "`a` was included because `b` depends on it".
fn reasons(text: &str) -> Vec<String> {
    let is_reason =
        |line: &&str| line.starts_with("hint:") && line.contains("was included because");
    text.lines().filter(is_reason).map(|line| redacted(line).into_owned()).collect()
}

/// The distribution or path in "Failed to build `…`".
fn named(text: &str) -> Option<String> {
    let rest = ["Failed to build `", "Failed to download and build `"]
        .iter()
        .find_map(|start| text.split_once(start))?
        .1;
    let name = rest.split('`').next()?;
    Some(redacted(name).into_owned())
}

/// The address of a git repository: `x @ git+https://host/x.git@main` has it.
fn git_address(text: &str) -> String {
    let name = named(text).unwrap_or_default();
    let (_, address) = name.split_once(" @ ").unwrap_or(("", &name));
    address.strip_prefix("git+").unwrap_or(address).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use snakecrate_base::error::Remedy as _;

    fn failed(stderr: &str, offline: bool) -> Error {
        failure(&Ran { success: false, stdout: String::new(), stderr: stderr.to_owned() }, offline)
    }

    const CONFLICT: &str = "error: No solution found when resolving dependencies\n  cause: Because a \
                            depends on c<2 and b on c>=2, no.\n         And because of that, no.\n";

    #[test]
    fn a_conflict_is_shown_whole_as_uv_explains_it() {
        assert_eq!(
            failed(CONFLICT, false).to_string(),
            "uv cannot resolve the requirements\n    No solution found when resolving dependencies\n      \
             cause: Because a depends on c<2 and b on c>=2, no.\n             And because of that, no."
        );
        assert!(matches!(failed(CONFLICT, true), Error::OfflineResolution(_)));
    }

    #[test]
    fn a_package_that_does_not_exist_may_be_misspelt() {
        let stderr = "error: No solution found when resolving dependencies\n  cause: Because blakc was not found \
                      in the package registry and you require blakc, we can conclude that your \
                      requirements are unsatisfiable.\n";
        let remedy = |stderr| failed(stderr, false).remedy().unwrap();
        assert_eq!(
            remedy(stderr),
            "check its name, or choose the index that has it with --index-url"
        );
        assert!(remedy(CONFLICT).starts_with("change the requirements"));
    }

    #[test]
    fn the_exception_of_a_metadata_build_is_found() {
        let stderr = "   Updating x\nerror: Failed to build `demo @ file:///demo`\n  cause: The build backend \
                      returned an error\n  cause: Call to `setuptools.build_meta` failed (exit status: \
                      1)\n\n         [stderr]\n         Traceback (most recent call last):\n           File \
                      \"<string>\", line 14, in <module>\n         ValueError: no\n\nhint: `demo` was \
                      included because `app` depends on `demo`\n";
        assert_eq!(
            failed(stderr, false).to_string(),
            "cannot build a wheel of demo @ file:///demo: ValueError: no\n    hint: `demo` was included \
             because `app` depends on `demo`"
        );
    }

    #[test]
    fn a_git_source_is_named_without_its_password() {
        let stderr = "error: Failed to download and build `x @ git+https://me:****@host/x.git@v1`\n  cause: \
                      Git operation failed\n  cause: process didn't exit successfully: `git fetch \
                      'https://me:secret@host/x.git'`\n         --- stderr\n         fatal: repository \
                      not found\n";
        let text = failed(stderr, false).to_string();
        let first = "cannot fetch the git source https://host/x.git@v1\n    Failed to download";
        assert!(text.starts_with(first) && text.contains("fatal: repository not found"), "{text}");
        assert!(!text.contains("secret") && !text.contains("me:"), "{text}");
    }

    #[test]
    fn a_distribution_without_wheels_is_told_apart() {
        let stderr = "error: No solution found when resolving dependencies\n  cause: Because all versions of \
                      docopt have no usable wheels\n\nhint: Wheels are required\n";
        assert!(matches!(failed(stderr, false), Error::OnlySource(_)));
        assert!(matches!(failed("error: Request failed after 3 retries\n", false), Error::Uv(_)));
    }
}
