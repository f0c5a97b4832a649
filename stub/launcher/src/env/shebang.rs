//! The first line of console scripts.

/// The longest `#!` line that every kernel reads completely, in bytes, newline included.
const SHEBANG_LIMIT: usize = 127;

/// Returns `script` with its line `#!python ARGUMENT` changed to `#!/…/bin/python3 ARGUMENT`. If
/// that is longer than a kernel reads, or the path has a space in it, the shell starts the
/// interpreter.
pub fn with_interpreter(script: &[u8], interpreter: &[u8]) -> Vec<u8> {
    let end = script.iter().position(|&b| b == b'\n').unwrap_or(script.len());
    let (first, rest) = script.split_at(end);
    let argument = first.iter().position(|&b| b == b' ').map_or(&b""[..], |at| &first[at..]);
    let argument = argument.trim_ascii_end();
    let short = interpreter.len() + argument.len() + 3 <= SHEBANG_LIMIT;
    let line = if short && !interpreter.contains(&b' ') {
        [b"#!", interpreter, argument].concat()
    } else {
        // For the shell the second line is an `exec`, for Python it begins a string.
        let interpreter = quoted(interpreter);
        [b"#!/bin/sh\n'''exec' ", &*interpreter, argument, b" \"$0\" \"$@\"\n' '''"].concat()
    };
    [&line, rest].concat()
}

/// `text` in double quotes, with the characters escaped that are special to the shell there.
fn quoted(text: &[u8]) -> Vec<u8> {
    let mut quoted = vec![b'"'];
    for &byte in text {
        if matches!(byte, b'"' | b'$' | b'`' | b'\\') {
            quoted.push(b'\\');
        }
        quoted.push(byte);
    }
    quoted.push(b'"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_gets_the_interpreter_and_keeps_the_rest() {
        let text = |script: &str, interpreter: &str| {
            String::from_utf8(with_interpreter(script.as_bytes(), interpreter.as_bytes())).unwrap()
        };
        assert_eq!(text("#!python\nx\n", "/e/bin/python3"), "#!/e/bin/python3\nx\n");
        assert_eq!(text("#!pythonw -E\r\nx", "/e/p"), "#!/e/p -E\nx");
        assert_eq!(text("#!python", "/e/p"), "#!/e/p");
        let through_shell = "#!/bin/sh\n'''exec' \"/a b/p\" -E \"$0\" \"$@\"\n' '''\nx";
        assert_eq!(text("#!python -E\nx", "/a b/p"), through_shell);
        let escaped = "#!/bin/sh\n'''exec' \"/a \\$b\\`c\\\"/p\" \"$0\" \"$@\"\n' '''\nx";
        assert_eq!(text("#!python\nx", "/a $b`c\"/p"), escaped);
        let deep = format!("/{}/p", "d".repeat(SHEBANG_LIMIT));
        assert!(text("#!python\nx", &deep).starts_with("#!/bin/sh\n'''exec' \"/ddd"));
    }
}
