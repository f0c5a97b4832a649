//! The keys of `[tool.snakecrate.desktop]`.

use std::path::PathBuf;

use serde::{Deserialize, Deserializer, Serialize, de};

use super::heading;
use super::lists::{OneOrMany, one_or_many};

/// The longest name of a file with a suffix behind it.
const LONGEST: usize = 200;

/// The entry in menus of desktops, for archives with a graphical entry.
#[derive(Debug, Clone, PartialEq, confique::Config)]
#[config(layer_attr(derive(Debug, Clone, PartialEq, clap::Args, schemars::JsonSchema)))]
#[config(layer_attr(derive(serde::Serialize)))]
#[config(layer_attr(serde(rename_all = "kebab-case", deny_unknown_fields)))]
#[config(layer_attr(schemars(inline)))]
pub struct Desktop {
    /// Name of the file of the entry in desktops' menus, such as `org.example.Notes` [default: the
    /// application's name]
    #[config(layer_attr(arg(id = "desktop.id", long = "desktop-id", value_name = "ID")))]
    #[config(layer_attr(schemars(with = "Option<IdText>")))]
    #[config(layer_attr(arg(help_heading = heading::DESKTOP)))]
    pub id: Option<DesktopId>,

    /// Name of the application in menus [default: the application's name]
    #[config(layer_attr(arg(id = "desktop.name", long = "desktop-name", value_name = "TEXT")))]
    #[config(layer_attr(arg(help_heading = heading::DESKTOP)))]
    pub name: Option<String>,

    /// What menus say about it, in one line [default: the project's description]
    #[config(layer_attr(arg(id = "desktop.comment", long = "desktop-comment")))]
    #[config(layer_attr(arg(value_name = "TEXT")))]
    #[config(layer_attr(arg(help_heading = heading::DESKTOP)))]
    pub comment: Option<String>,

    /// Icon of the application: an SVG file, or a PNG file of 16, 22, 24, 32, 48, 64, 96, 128, 256 or 512
    /// pixels [default: none]
    #[config(layer_attr(arg(id = "desktop.icon", long = "icon", value_name = "FILE")))]
    #[config(layer_attr(arg(help_heading = heading::DESKTOP)))]
    pub icon: Option<PathBuf>,

    /// Category of menus that it is in, such as Office or Graphics
    #[config(default = ["Utility"], deserialize_with = one_or_many)]
    #[config(layer_attr(arg(id = "desktop.categories", long = "category", value_name = "NAME")))]
    #[config(layer_attr(schemars(with = "OneOrMany<String>")))]
    #[config(layer_attr(arg(help_heading = heading::DESKTOP)))]
    pub categories: Vec<String>,

    /// Type of documents that it opens, such as text/csv; with the patterns of their names if the type
    /// is its own: 'application/x-note=*.note'
    #[config(default = [], deserialize_with = one_or_many)]
    #[config(layer_attr(arg(id = "desktop.mime_types", long = "mime-type")))]
    #[config(layer_attr(arg(value_name = "TYPE[=GLOB,…]")))]
    #[config(layer_attr(schemars(with = "OneOrMany<MimeText>")))]
    #[config(layer_attr(arg(help_heading = heading::DESKTOP)))]
    pub mime_types: Vec<MimeType>,

    /// Class of its windows (`WM_CLASS`), where it differs from the name of the desktop entry's file
    /// [default: none]
    #[config(layer_attr(arg(id = "desktop.wm_class", long = "wm-class", value_name = "NAME")))]
    #[config(layer_attr(arg(help_heading = heading::DESKTOP)))]
    pub wm_class: Option<String>,
}

/// The options for desktops that one layer sets.
pub type DesktopOptions = <Desktop as confique::Config>::Layer;

/// The name of a desktop entry's file without its suffix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesktopId(pub String);

/// How [`DesktopId`] is written.
#[derive(schemars::JsonSchema)]
#[schemars(inline)]
struct IdText(
    #[expect(dead_code, reason = "for the schema")]
    #[schemars(regex(pattern = r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}$"))]
    String,
);

/// How [`MimeType`] is written.
#[derive(schemars::JsonSchema)]
#[schemars(inline)]
struct MimeText(
    #[expect(dead_code, reason = "for the schema")]
    #[schemars(regex(pattern = r"^[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(=[^/]*)?$"))]
    String,
);

/// A type of documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MimeType {
    /// Its name: `text/csv`.
    pub name: String,
    /// Patterns of names of files, for a type that desktops don't know: `*.note`.
    pub globs: Vec<String>,
}

fn is_plain(text: &str, others: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || others.contains(c))
}

impl std::str::FromStr for DesktopId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_id = is_plain(text, "-_.") && !text.starts_with(['-', '.']) && text.len() <= LONGEST;
        let bad =
            || format!("`{text}` isn't the name of a desktop entry: use letters, digits, - _ .");
        is_id.then(|| Self(text.to_owned())).ok_or_else(bad)
    }
}

impl std::str::FromStr for MimeType {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, globs) = text.split_once('=').unwrap_or((text, ""));
        let is_half = |half: &str| is_plain(half, "!#$&-^_.+");
        if !name.split_once('/').is_some_and(|(a, b)| is_half(a) && is_half(b)) {
            return Err(format!("`{name}` isn't a MIME type such as text/csv"));
        }
        let globs = globs.split(',').map(str::trim).filter(|glob| !glob.is_empty());
        let globs: Vec<String> = globs.map(str::to_owned).collect();
        match globs.iter().find(|glob| glob.contains(|c: char| c == '/' || c.is_control())) {
            Some(glob) => Err(format!("`{glob}` isn't a pattern of names such as *.note")),
            None => Ok(Self { name: name.to_owned(), globs }),
        }
    }
}

impl Serialize for DesktopId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for DesktopId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl Serialize for MimeType {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.globs.as_slice() {
            [] => serializer.serialize_str(&self.name),
            globs => serializer.collect_str(&format_args!("{}={}", self.name, globs.join(","))),
        }
    }
}

impl<'de> Deserialize<'de> for MimeType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}
