//! The files for desktops: entries of menus, the icon, types of documents.
//!
//! Sources: the Desktop Entry Specification 1.5, the Icon Theme Specification 0.13, the Shared MIME-info
//! Database 0.22.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use snakecrate_base::error::Remedy;
use snakecrate_base::tree::{Mode, Tree};
use snakecrate_base::ui::Ui;
use snakecrate_format::desktop::{ARCHIVE, FOLDER, quoted};
use snakecrate_format::entry_path::{BadPath, EntryPath};
use snakecrate_format::manifest::Entry;

use crate::archive::{About, AttachmentSpec};
use crate::settings::{Desktop, MimeType, Settings};

/// The sizes that the theme `hicolor` has directories for, in pixels.
const SIZES: [u32; 10] = [16, 22, 24, 32, 48, 64, 96, 128, 256, 512];
/// The first bytes of PNG files: the signature, and the header's length and name.
const PNG: &[u8; 16] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
/// The role of the icon among the attachments.
const ICON: &str = "icon";

/// An entry for menus that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The icon cannot be read.
    #[error("cannot read the icon {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The icon has another format or size.
    #[error("the icon {} is {what}", path.display())]
    Icon {
        /// The file.
        path: PathBuf,
        /// What it is.
        what: String,
    },
    /// A value has a control character, or a character that separates values.
    #[error("`{value}` cannot be the value of `desktop.{key}`")]
    Value {
        /// The key.
        key: &'static str,
        /// The value.
        value: String,
    },
    /// The path of a file isn't one.
    #[error("cannot pack a file of the desktop entry: {0}")]
    Path(#[from] BadPath),
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Read { .. } => {
                "check the path; it is relative to the file of the settings".into()
            }
            Self::Icon { .. } => {
                let sizes: Vec<_> = SIZES.iter().map(u32::to_string).collect();
                format!("give a square PNG file of {} pixels, or an SVG file", sizes.join(", "))
            }
            Self::Value { .. } => "use one line without `;`".into(),
            Self::Path(_) => "choose another name with --desktop-id".into(),
        })
    }
}

/// The icon of an application.
struct Icon {
    contents: Vec<u8>,
    /// `png` or `svg`.
    suffix: &'static str,
    /// Its directory in a theme: `64x64` or `scalable`.
    size: String,
}

impl Icon {
    fn read(path: &Path) -> Result<Self, Error> {
        let contents =
            fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        let bad = |what: String| Error::Icon { path: path.to_owned(), what };
        if contents.starts_with(PNG) {
            let side = |at: usize| {
                let bytes = contents.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
                bytes.map_or(0, u32::from_be_bytes)
            };
            let (width, height) = (side(16), side(20));
            if width != height || !SIZES.contains(&width) {
                return Err(bad(format!("a PNG of {width}×{height} pixels")));
            }
            return Ok(Self { contents, suffix: "png", size: format!("{width}x{width}") });
        }
        let text = std::str::from_utf8(&contents).unwrap_or_default();
        if text.trim_start_matches('\u{feff}').trim_start().starts_with('<')
            && text.contains("<svg")
        {
            return Ok(Self { contents, suffix: "svg", size: "scalable".into() });
        }
        Err(bad("neither PNG nor SVG".into()))
    }
}

/// Adds files for the graphical ones of `entries` to the application's `tree`. `default` is the default
/// entry's name, and `summary` describes the application `name`.
pub(super) fn insert(
    settings: &Desktop,
    ui: Ui,
    name: &str,
    summary: Option<&str>,
    entries: &[Entry],
    default: Option<&str>,
    tree: &mut Tree,
) -> Result<(), Error> {
    let graphical: Vec<&Entry> = entries.iter().filter(|entry| entry.graphical).collect();
    if graphical.is_empty() {
        if settings.icon.is_some() || !settings.mime_types.is_empty() {
            ui.warn_with_help(
                format_args!("{name} has an icon or types of documents, and no graphical entry"),
                "declare commands in [project.gui-scripts], or set `gui = true`",
            );
        }
        return Ok(());
    }
    let icon = settings.icon.as_deref().map(Icon::read).transpose()?;
    let id = settings.id.as_ref().map_or_else(|| file_name(name), |id| id.0.clone());
    let main = graphical.iter().find(|entry| default == Some(&entry.name));
    let main = main.unwrap_or(&graphical[0]).name.clone();
    let mut files = BTreeMap::new();
    for entry in &graphical {
        let is_main = entry.name == main;
        let names = Names {
            id: if is_main { id.clone() } else { format!("{id}.{}", file_name(&entry.name)) },
            icon: icon.as_ref().map(|_| id.as_str()),
            title: match &settings.name {
                Some(title) if is_main => title,
                _ if is_main => name,
                _ => &entry.name,
            },
            summary,
            argument: (entries.len() > 1 && default != Some(&entry.name)).then_some(&entry.name),
        };
        let text = names.entry(settings)?;
        files.insert(format!("applications/{}.desktop", names.id), text.into_bytes());
    }
    if let Some(types) = types(settings, name, icon.as_ref().map(|_| id.as_str())) {
        files.insert(format!("mime/packages/{id}.xml"), types.into_bytes());
    }
    if let Some(Icon { contents, suffix, size }) = icon {
        files.insert(format!("icons/hicolor/{size}/apps/{id}.{suffix}"), contents);
    }
    for (path, contents) in files {
        tree.insert_file(EntryPath::new(&format!("{FOLDER}/{path}"))?, Mode::Plain, contents);
    }
    Ok(())
}

/// What the manifest says to desktops about an archive with these entries, and the icon that it names.
pub(super) fn about(
    options: &Settings,
    entries: &[Entry],
) -> Result<(About, Option<AttachmentSpec>), Error> {
    let mut about = About {
        vendor: options.vendor.clone(),
        contact: options.contact.clone(),
        ..About::default()
    };
    if !entries.iter().any(|entry| entry.graphical) {
        return Ok((about, None));
    }
    let settings = &options.desktop;
    about.mime_types = settings.mime_types.iter().map(|one| one.name.clone()).collect();
    let Some(path) = &settings.icon else { return Ok((about, None)) };
    let Icon { contents, suffix, .. } = Icon::read(path)?;
    let icon = AttachmentSpec::file(&format!("icon.{suffix}"), ICON, contents)?;
    about.icon = Some(icon.name.clone());
    Ok((about, Some(icon)))
}

/// The names in a desktop entry.
struct Names<'a> {
    id: String,
    icon: Option<&'a str>,
    title: &'a str,
    summary: Option<&'a str>,
    /// The argument that chooses the archive's entry.
    argument: Option<&'a str>,
}

impl Names<'_> {
    /// The text of the desktop entry.
    fn entry(&self, settings: &Desktop) -> Result<String, Error> {
        let mut text = String::from("[Desktop Entry]\nType=Application\n");
        let mut field = |key: &str, value: &str| {
            let _ = writeln!(text, "{key}={}", value.replace('\\', "\\\\"));
        };
        field("Name", &line(self.title));
        let comment = settings.comment.as_deref().or(self.summary).map(line);
        if let Some(comment) = comment.filter(|comment| !comment.is_empty()) {
            field("Comment", &comment);
        }
        if let Some(icon) = self.icon {
            field("Icon", icon);
        }
        field("Terminal", "false");
        field("Categories", &list("categories", settings.categories.iter().map(String::as_str))?);
        if !settings.mime_types.is_empty() {
            let types = settings.mime_types.iter().map(|one| one.name.as_str());
            field("MimeType", &list("mime-types", types)?);
        }
        if let Some(class) = &settings.wm_class {
            field("StartupWMClass", one("wm-class", class)?);
        }
        let bad = |name: &str| Error::Value { key: "id", value: name.to_owned() };
        let argument = self.argument.map(|name| quoted(name).ok_or_else(|| bad(name)));
        let argument = argument.transpose()?.map(|name| format!(" {name}")).unwrap_or_default();
        let files = if settings.mime_types.is_empty() { "" } else { " %f" };
        let _ = writeln!(text, "Exec={ARCHIVE}{argument}{files}");
        Ok(text)
    }
}

/// The types of documents that desktops don't know, as a package for their database.
fn types(settings: &Desktop, name: &str, icon: Option<&str>) -> Option<String> {
    let own: Vec<&MimeType> =
        settings.mime_types.iter().filter(|one| !one.globs.is_empty()).collect();
    if own.is_empty() {
        return None;
    }
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <mime-info xmlns=\"http://www.freedesktop.org/standards/shared-mime-info\">\n",
    );
    let title = escaped(&line(settings.name.as_deref().unwrap_or(name)));
    for MimeType { name, globs } in own {
        let _ = writeln!(text, "  <mime-type type=\"{}\">", escaped(name));
        let _ = writeln!(text, "    <comment>{title} document</comment>");
        if let Some(icon) = icon {
            let _ = writeln!(text, "    <icon name=\"{icon}\"/>");
        }
        for glob in globs {
            let _ = writeln!(text, "    <glob pattern=\"{}\"/>", escaped(glob));
        }
        text.push_str("  </mime-type>\n");
    }
    text.push_str("</mime-info>\n");
    Some(text)
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;")
}

/// `text` in one line.
fn line(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `name` as the name of a file.
fn file_name(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let plain: String = name.chars().map(|c| if is_plain(c) { c } else { '-' }).collect();
    let plain = plain.trim_start_matches(['-', '.']);
    if plain.is_empty() { "app".into() } else { plain.to_owned() }
}

/// A value of one line without separators.
fn one<'a>(key: &'static str, value: &'a str) -> Result<&'a str, Error> {
    let is_bad = value.is_empty() || value.contains(|c: char| c == ';' || c.is_control());
    if is_bad {
        Err(Error::Value { key, value: value.escape_debug().to_string() })
    } else {
        Ok(value)
    }
}

/// A list of values, each of which ends with a semicolon.
fn list<'a>(key: &'static str, values: impl Iterator<Item = &'a str>) -> Result<String, Error> {
    values.map(|value| Ok(one(key, value)?.to_owned() + ";")).collect()
}
