//! The contents of an archive, before it is written.

use snakecrate_format::entry_path::{BadPath, EntryPath};
use snakecrate_format::manifest::{
    ATTACHMENTS, CLibrary, Entry, ExternalRuntime, Kind, Launch, Python, Role, SBOM_MEMBER, Source,
};
use snakecrate_format::target::Target;

use crate::component::Packed;

/// The role of the bill of materials.
pub const SBOM: &str = "sbom";

/// The role of the vendor's statements about vulnerabilities.
pub const VEX: &str = "vex";

/// The contents of an archive.
#[derive(Debug, Clone)]
pub struct ArchiveSpec {
    /// Whether it is an application or a runtime file.
    pub role: Role,
    /// The application's name, or the interpreter's.
    pub name: String,
    /// Its version, if it has one.
    pub version: Option<String>,
    /// What desktops and people are told about it.
    pub about: About,
    /// The hosts that it runs on.
    pub target: &'static Target,
    /// The interpreter.
    pub python: Python,
    /// The runtime file that it needs, if no runtime is inside.
    pub runtime: Option<ExternalRuntime>,
    /// How entries are started.
    pub launch: Launch,
    /// How the C library among the components is used, if there is one.
    pub c_library: Option<CLibrary>,
    /// Its entries, in any order.
    pub entries: Vec<Entry>,
    /// Its components, in any order.
    pub components: Vec<ComponentSpec>,
    /// Data for people, in any order.
    pub attachments: Vec<AttachmentSpec>,
}

/// The fields of a manifest that say something about the application.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// The publisher's name.
    pub vendor: Option<String>,
    /// An e-mail address or a URL where users get help.
    pub contact: Option<String>,
    /// The attachment that is its icon.
    pub icon: Option<EntryPath>,
    /// MIME types of documents that it opens.
    pub mime_types: Vec<String>,
}

/// A component of an [`ArchiveSpec`].
#[derive(Debug, Clone)]
pub struct ComponentSpec {
    /// Its kind.
    pub kind: Kind,
    /// Its normalised name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its origin.
    pub source: Option<Source>,
    /// Its members.
    pub packed: Packed,
}

/// An attachment of an [`ArchiveSpec`].
#[derive(Debug, Clone)]
pub struct AttachmentSpec {
    /// The name of its zip member.
    pub name: EntryPath,
    /// Its role: see [`Attachment`](snakecrate_format::manifest::Attachment).
    pub role: String,
    /// The label of the component that it belongs to.
    pub component: Option<String>,
    /// Its contents.
    pub contents: Vec<u8>,
}

impl AttachmentSpec {
    /// The bill of materials, a `CycloneDX` document in JSON.
    ///
    /// # Panics
    ///
    /// Never: the name is a constant.
    pub fn sbom(contents: Vec<u8>) -> Self {
        let name = EntryPath::new(SBOM_MEMBER).expect("the name is a path");
        Self { name, role: SBOM.into(), component: None, contents }
    }

    /// A file at `path` below the folder of attachments.
    ///
    /// # Errors
    ///
    /// A path that no component could have either.
    pub fn file(path: &str, role: &str, contents: Vec<u8>) -> Result<Self, BadPath> {
        let name = EntryPath::new(&format!("{ATTACHMENTS}{path}"))?;
        Ok(Self { name, role: role.into(), component: None, contents })
    }
}
