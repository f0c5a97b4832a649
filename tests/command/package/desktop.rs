//! What desktops need in packages, and `.tar.gz` files, which are for desktops first.

use pretty_assertions::assert_eq;

use super::*;
use crate::launcher::desktop::{ICON, TYPES, built, entry};

const PLACES: [&str; 3] = [
    "applications/org.example.Notes.desktop",
    "icons/hicolor/scalable/apps/org.example.Notes.svg",
    "mime/packages/org.example.Notes.xml",
];

#[test]
fn packages_have_entry_icon_and_types_for_all_users() {
    needs!(Program("rpm"), Program("rpm2cpio"));
    let sandbox = built("app");
    let person = MAINTAINER.join(" ");
    let person = person.strip_prefix("--maintainer ").unwrap();
    package_archive(
        &sandbox,
        &["--deb", "--rpm", "./app", "--maintainer", person, "--license", "MIT"],
    )
    .expect(0, "", "");
    let deb = Deb::read(&sandbox.path("notes_1.0.0-1_amd64.deb"));
    let [desktop, icon, types] = PLACES.map(|place| deb.text(&format!("./usr/share/{place}")));
    assert_eq!(desktop, entry("/usr/libexec/notes/notes"));
    assert_eq!((icon, types), (ICON, TYPES));
    let listed = Command::new("rpm")
        .args(["-qlp", "--dbpath"])
        .arg(sandbox.path("db"))
        .arg(sandbox.path("notes-1.0.0-1.x86_64.rpm"))
        .output()
        .unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    for place in PLACES {
        assert!(listed.contains(&format!("/usr/share/{place}\n")), "{place} in {listed}");
    }
}

#[test]
fn a_tar_file_keeps_the_mode_and_has_the_layout_of_a_prefix() {
    let sandbox = built("app");
    package_archive(&sandbox, &["--tar", "./app", "--license", "MIT"]).expect(0, "", "");
    let name = "notes-1-x86_64-linux.tar.gz";
    let bytes = fs::read(sandbox.path(name)).unwrap();
    let all = members(&bytes);
    let listing: String =
        all.iter().map(|(path, member)| [&member.about, " ", path, "\n"].concat()).collect();
    assert_eq!(
        listing,
        "755 notes-1/
644 notes-1/INSTALL.txt
755 notes-1/bin/
755 notes-1/bin/notes
755 notes-1/share/
755 notes-1/share/applications/
644 notes-1/share/applications/org.example.Notes.desktop
755 notes-1/share/icons/
755 notes-1/share/icons/hicolor/
755 notes-1/share/icons/hicolor/scalable/
755 notes-1/share/icons/hicolor/scalable/apps/
644 notes-1/share/icons/hicolor/scalable/apps/org.example.Notes.svg
755 notes-1/share/mime/
755 notes-1/share/mime/packages/
644 notes-1/share/mime/packages/org.example.Notes.xml
"
    );
    let text = |path: &str| String::from_utf8(all[path].contents.clone()).unwrap();
    assert_eq!(text(&format!("notes-1/share/{}", PLACES[0])), entry("notes"));
    assert!(all["notes-1/bin/notes"].contents == fs::read(sandbox.path("app")).unwrap());
    assert_eq!(
        text("notes-1/INSTALL.txt"),
        "notes 1: Notes & more

bin/notes is one executable file with its own Python and all libraries. Start it:

    bin/notes

Add it to the menu of your desktop, from where it is now; desktop-remove removes it again:

    SNAKECRATE=desktop-install bin/notes

Or copy everything to its place, for yourself or, as root, to /usr/local for all users:

    mkdir -p ~/.local && cp -R bin share ~/.local/

Before you delete it, remove what it has unpacked:

    SNAKECRATE=uninstall bin/notes
"
    );
    fs::rename(sandbox.path(name), sandbox.path("first")).unwrap();
    package_archive(&sandbox, &["--tar", "./app", "--license", "MIT"]).expect(0, "", "");
    assert!(fs::read(sandbox.path(name)).unwrap() == bytes, "the same archive, the same bytes");
}

#[test]
fn commands_of_a_tar_file_are_links_beside_the_archive() {
    let sandbox = Sandbox::new().with(&shared::PAIR, "app");
    package_archive(&sandbox, &["--tar", "./app", "--license", "MIT"]).expect(0, "", "");
    let all = members(&fs::read(sandbox.path("pair-1.0-x86_64-linux.tar.gz")).unwrap());
    let links: Vec<_> = all.iter().filter(|(path, _)| path.starts_with("pair-1.0/bin/")).collect();
    let links: Vec<_> =
        links.iter().map(|(path, member)| format!("{path} {}", member.about)).collect();
    assert_eq!(
        links,
        [
            "pair-1.0/bin/ 755",
            "pair-1.0/bin/left 777 -> pair",
            "pair-1.0/bin/pair 755",
            "pair-1.0/bin/right 777 -> pair",
        ]
    );
    let text = String::from_utf8(all["pair-1.0/INSTALL.txt"].contents.clone()).unwrap();
    assert!(text.contains("cp -R bin ~/.local/") && !text.contains("desktop-install"), "{text}");
}
