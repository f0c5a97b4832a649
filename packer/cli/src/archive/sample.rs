//! An archive for tests.

use std::path::{Path, PathBuf};

use object::write::Object;
use object::{Architecture, BinaryFormat, Endianness, SectionKind};
use snakecrate_format::entry_path::{EntryPath, LinkTarget};
use snakecrate_format::manifest::{Entry, Kind, Launch, Python, Role, Source, Start};
use snakecrate_format::record::{BLANK, SECTION};

use super::{About, ArchiveSpec, AttachmentSpec, ComponentSpec};
use crate::build_cache::BuildCache;
use crate::component::Store;
use snakecrate_base::tree::{Mode, Node, Tree};
use snakecrate_base::ui::{Ui, Verbosity};

/// An ELF file with a blank boot record in a section of this name, between other bytes.
pub(super) fn stub_with(section: &str, record: &[u8]) -> Vec<u8> {
    let mut object = Object::new(BinaryFormat::Elf, Architecture::X86_64, Endianness::Little);
    let text = object.add_section(vec![], b".text".to_vec(), SectionKind::Text);
    object.append_section_data(text, &[0xcc; 1000], 16);
    let id = object.add_section(vec![], section.into(), SectionKind::Data);
    object.append_section_data(id, record, 16);
    let data = object.add_section(vec![], b".data".to_vec(), SectionKind::Data);
    object.append_section_data(data, &[0xdd; 500], 16);
    object.write().unwrap()
}

/// A launcher.
pub(crate) fn stub() -> Vec<u8> {
    stub_with(SECTION, &BLANK)
}

pub(super) fn ui() -> Ui {
    Ui::new(Verbosity::Quiet)
}

fn path(text: &str) -> EntryPath {
    EntryPath::new(text).unwrap()
}

fn runtime() -> Tree {
    let mut tree = Tree::default();
    tree.insert_file(path("bin/python3.12"), Mode::Executable, b"\x7fELF".to_vec());
    for n in 0..60 {
        let text = format!("def f{n}(): return {n}\n").repeat(n);
        tree.insert_file(path(&format!("lib/m{n}.py")), Mode::Plain, text.into_bytes());
    }
    let link = path("bin/python3");
    let target = LinkTarget::new(&link, "python3.12").unwrap();
    tree.insert(link, Node::Link(target));
    tree
}

fn wheel() -> Tree {
    let mut tree = Tree::default();
    tree.insert_file(path("lib/click/__init__.py"), Mode::Plain, b"x = 1\n".to_vec());
    tree.insert_file(path("bin/click"), Mode::Script, b"#!python\nprint(1)\n".to_vec());
    tree
}

/// A runtime, an application with an empty tree and a wheel, packed below `directory`.
pub(crate) fn spec(directory: &Path) -> ArchiveSpec {
    let store = Store::new(&BuildCache::at(directory));
    let component = |kind, name: &str, version: &str, tree: &Tree| ComponentSpec {
        kind,
        name: name.into(),
        version: version.into(),
        source: (kind == Kind::Wheel).then(|| Source { file: "w.whl".into(), sha256: "00".into() }),
        packed: store.pack(tree, 3, &ui().bytes("", 0)).unwrap(),
    };
    let entry =
        |name: &str| Entry::new(name, format!("{name}:main"), Start::Python(path("bin/click")));
    ArchiveSpec {
        role: Role::Application,
        runtime: None,
        name: "hello".into(),
        version: Some("1.0".into()),
        about: About::default(),
        target: &snakecrate_format::target::X86_64_LINUX,
        python: Python {
            implementation: "cpython".into(),
            version: "3.12.1".into(),
            abi: None,
            executable: path("bin/python3.12"),
        },
        c_library: None,
        launch: Launch {
            default: Some("hello".into()),
            options: vec!["-I".into()],
            ..Launch::default()
        },
        entries: vec![entry("hello"), entry("bye")],
        components: vec![
            component(Kind::Wheel, "click", "8.1.7", &wheel()),
            component(Kind::App, "hello", "1.0", &Tree::default()),
            component(Kind::Runtime, "cpython", "3.12.1", &runtime()),
        ],
        attachments: vec![AttachmentSpec::sbom(b"{\"bomFormat\": \"CycloneDX\"}\n".repeat(20))],
    }
}

/// The sample, written to `directory`.
pub(crate) fn archive(directory: &Path) -> PathBuf {
    let out = directory.join("hello");
    super::write(&out, &stub(), spec(&directory.join("cache"))).unwrap();
    out
}
