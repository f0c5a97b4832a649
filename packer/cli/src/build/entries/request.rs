//! Entries as users ask for them: `NAME`, `NAME=MODULE:FUNCTION`, `NAME=COMMAND ARGS…`.

use super::Error;

/// An entry that the user asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Request {
    /// The entry's name.
    pub(crate) name: String,
    /// The program that it starts.
    pub(crate) program: Wanted,
    /// Arguments before the user's.
    pub(crate) arguments: Vec<String>,
}

/// A program that the user asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// `MODULE:FUNCTION`.
    Call { module: String, attr: String },
    /// `-m MODULE`.
    Module(String),
    /// A script of a distribution, or a file of a folder.
    Script(String),
}

impl Request {
    /// Reads an entry. What is behind the `=` is split by the rules of shells.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let malformed = || Error::Malformed(text.to_owned());
        let Some((name, command)) = text.split_once('=') else {
            let (name, program) = (text.to_owned(), Wanted::Script(text.to_owned()));
            return Ok(Self { name, program, arguments: Vec::new() });
        };
        let name = name.trim();
        if name.is_empty() || name.contains(|c: char| c == '/' || c.is_control()) {
            return Err(malformed());
        }
        Self::split(name, command).ok_or_else(malformed)
    }

    /// Reads a command without a name.
    pub(crate) fn parse_command(command: &str) -> Result<Self, Error> {
        Self::split("", command).ok_or_else(|| Error::Malformed(command.to_owned()))
    }

    fn split(name: &str, command: &str) -> Option<Self> {
        let mut words = shell_words::split(command).ok()?.into_iter();
        let first = words.next()?;
        let first = match first.as_str() {
            "python" | "python3" => words.next()?,
            _ => first,
        };
        let program = if first == "-m" {
            let module = words.next()?;
            check_dotted(&module).ok()?;
            Wanted::Module(module)
        } else if let Some((module, attr)) = first.split_once(':') {
            check_dotted(module).and_then(|()| check_dotted(attr)).ok()?;
            Wanted::Call { module: module.to_owned(), attr: attr.to_owned() }
        } else if first.starts_with('-') {
            return None;
        } else {
            Wanted::Script(first)
        };
        Some(Self { name: name.to_owned(), program, arguments: words.collect() })
    }

    /// The module that it names.
    pub(crate) fn module(&self) -> Option<&str> {
        match &self.program {
            Wanted::Call { module, .. } | Wanted::Module(module) => Some(module),
            Wanted::Script(_) => None,
        }
    }
}

/// Accepts dotted names only: they become Python code.
pub(super) fn check_dotted(text: &str) -> Result<(), Error> {
    let identifier = |part: &str| {
        let mut chars = part.chars();
        chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
            && chars.all(|c| c.is_alphanumeric() || c == '_')
    };
    if text.split('.').all(identifier) { Ok(()) } else { Err(Error::Malformed(text.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_split_by_the_rules_of_shells() {
        let parsed = |text: &str| {
            let Request { name, program, arguments } = Request::parse(text).unwrap();
            format!("{name} {program:?} {arguments:?}")
        };
        assert_eq!(parsed("a"), "a Script(\"a\") []");
        assert_eq!(
            parsed("serve=gunicorn 'my shop.wsgi' -b :80"),
            "serve Script(\"gunicorn\") [\"my shop.wsgi\", \"-b\", \":80\"]"
        );
        assert_eq!(parsed("x = -m http.server 80"), "x Module(\"http.server\") [\"80\"]");
        assert_eq!(parsed("x=python -m a"), "x Module(\"a\") []");
        assert_eq!(parsed("x=python manage.py check"), "x Script(\"manage.py\") [\"check\"]");
        assert_eq!(parsed("x=a.b:c.d -v"), "x Call { module: \"a.b\", attr: \"c.d\" } [\"-v\"]");
    }

    #[test]
    fn commands_that_name_no_program_are_refused() {
        for text in [
            "x=",
            "x='a",
            "x=-v",
            "x=-m",
            "x=-m a;b",
            "x=a:b()",
            "x=os;import:y",
            "x=python",
            "=a",
            "a/b=c",
        ] {
            assert!(Request::parse(text).is_err(), "{text}");
        }
    }
}
