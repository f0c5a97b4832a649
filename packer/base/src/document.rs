//! Documents for programs: the output of `--json`, and build reports.
//!
//! A document is an object whose first field is `format`, the version of its shape. Fields may be added
//! to a shape; a change of their meaning raises the number. Its schema is derived from its type, and a
//! copy is kept with the sources.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde_json::{Value, json};

/// Something that is written as JSON for programs. It has no field `format` of its own.
pub trait Document: Serialize + JsonSchema {
    /// Its name: that of the command that prints it.
    const NAME: &'static str;
    /// The version of its shape.
    const FORMAT: u32 = 1;
}

/// A document with its version.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Versioned<'a, T> {
    format: u32,
    #[serde(flatten)]
    document: &'a T,
}

impl<'a, T: Document> Versioned<'a, T> {
    /// `document` as it is written.
    pub fn new(document: &'a T) -> Self {
        Self { format: T::FORMAT, document }
    }
}

/// The document as text, with a newline at the end.
///
/// # Panics
///
/// Never: documents have strings as keys, and no code of their own that could fail.
pub fn text<T: Document>(document: &T) -> String {
    let text = serde_json::to_string_pretty(&Versioned::new(document));
    text.expect("a document can be written") + "\n"
}

/// The JSON schema (2020-12) of a document, with its version.
///
/// # Panics
///
/// The document isn't an object.
pub fn schema<T: Document>() -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    schema["title"] = format!("snakecrate {}, format {}", T::NAME, T::FORMAT).into();
    let all = schema.as_object_mut().expect("a schema is an object");
    let fields = all["properties"].as_object_mut().expect("a document is an object");
    let format = json!({ "description": "The version of this shape", "const": T::FORMAT });
    let earlier = fields.insert("format".into(), format);
    assert!(earlier.is_none(), "{} has a field `format` of its own", T::NAME);
    let required = all.entry("required").or_insert_with(|| json!([]));
    required.as_array_mut().expect("required is a list").insert(0, "format".into());
    schema
}

/// The kind of a component, for schemas: that of the archive's format.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum Kind {
    /// The interpreter with its standard library, or the core of it.
    Runtime,
    /// A part of the runtime that some archives leave out.
    Part,
    /// The application itself, with the scripts that start its entries.
    App,
    /// One distribution.
    Wheel,
    /// The C library, for hosts without a suitable one.
    Libc,
}

/// The origin of a component, for schemas: that of the archive's format.
#[derive(JsonSchema)]
pub struct Source {
    /// The file's name: `click-8.1.7-py3-none-any.whl`.
    pub file: String,
    /// Its SHA-256 in hex, as package indexes give it.
    pub sha256: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two numbers.
    #[derive(Serialize, JsonSchema)]
    struct Sample {
        /// One.
        one: u32,
        two: Option<u32>,
    }

    impl Document for Sample {
        const NAME: &'static str = "sample";
        const FORMAT: u32 = 3;
    }

    #[test]
    fn the_version_comes_first_and_is_required() {
        let text = text(&Sample { one: 1, two: None });
        assert_eq!(text, "{\n  \"format\": 3,\n  \"one\": 1,\n  \"two\": null\n}\n");
        let schema = schema::<Sample>();
        assert_eq!(schema["title"], "snakecrate sample, format 3");
        assert_eq!(schema["description"], "Two numbers.");
        assert_eq!(schema["required"], json!(["format", "one", "two"]));
        assert_eq!(schema["properties"]["format"]["const"], 3);
    }
}
