//! The first line of console scripts in a prefix.

/// `script` with its line `#!python ARGUMENT` changed to the interpreter of the prefix: that at `place`, or
/// the one beside the script.
pub(super) fn with_interpreter(script: &[u8], place: Option<&str>) -> Vec<u8> {
    let end = script.iter().position(|&byte| byte == b'\n').unwrap_or(script.len());
    let (first, rest) = script.split_at(end);
    let first = String::from_utf8_lossy(first);
    let argument = first.split_once(' ').map_or("", |(_, argument)| argument.trim());
    let argument = if argument.is_empty() { String::new() } else { format!(" {argument}") };
    let line = match place {
        Some(place) => format!("#!{place}/bin/python3{argument}"),
        // For the shell the second line is an `exec`, for Python it begins a string.
        None => format!(
            "#!/bin/sh\n\
             '''exec' \"$(dirname -- \"$(realpath -- \"$0\")\")/python3\"{argument} \"$0\" \"$@\"\n\
             ' '''"
        ),
    };
    [line.as_bytes(), rest].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_gets_the_interpreter_and_keeps_the_rest() {
        let text = |script: &str, place| {
            String::from_utf8(with_interpreter(script.as_bytes(), place)).unwrap()
        };
        assert_eq!(text("#!python\nx\n", Some("/opt/a")), "#!/opt/a/bin/python3\nx\n");
        assert_eq!(text("#!pythonw -E\r\nx", Some("/a")), "#!/a/bin/python3 -E\nx");
        let relocatable = text("#!python -E\nx\n", None);
        assert!(relocatable.starts_with("#!/bin/sh\n'''exec' \"$(dirname"), "{relocatable}");
        assert!(relocatable.ends_with("/python3\" -E \"$0\" \"$@\"\n' '''\nx\n"), "{relocatable}");
    }
}
