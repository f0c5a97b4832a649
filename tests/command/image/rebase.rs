//! `image rebase`: another patch release of the interpreter under a finished image.

use pretty_assertions::assert_eq;
use snakecrate_image::spec::Arch;
use snakecrate_image::{Compression, Settings};

use super::*;

/// Runs `snakecrate image rebase ARGUMENTS…`, quickly and quietly, with the suite's cache.
fn rebase(sandbox: &Sandbox, arguments: &[&str]) -> Outcome {
    let options = ["--quiet", "--level", "3", "--offline"];
    let packer = sandbox.packer(["image", "rebase"]).args(arguments).args(options);
    packer.env("SNAKECRATE_CACHE", shared::packer_cache()).output()
}

/// The label with the image's interpreter: `cpython 3.12.1 python3.12`.
fn python(layout: &Layout) -> String {
    layout.configuration().get_config_annotation("snakecrate.python").unwrap().to_owned()
}

fn sandbox(name: &str) -> Sandbox {
    let scripts = format!("[project.scripts]\n{name} = 'demo:main'\n");
    let module = "import sqlite3, ssl\ndef main():\n    print(ssl.__name__)\n";
    Sandbox::new().bare_project(name, &scripts).file(&format!("{name}/demo.py"), module)
}

#[test]
fn the_same_interpreter_gives_the_same_image() {
    let sandbox = sandbox("rebasesame");
    image(&sandbox, &["rebasesame", "-o", "old"]).expect(0, "", "");
    let old = Layout::read(&sandbox.path("old"));
    let version = python(&old).split(' ').nth(1).unwrap().to_owned();
    rebase(&sandbox, &["old", "--python", &version, "-o", "new"]).expect(0, "", "");
    let new = Layout::read(&sandbox.path("new"));
    let text = |layout: &Layout| {
        let layers = layout.layers();
        let lines = layers.iter().map(|layer| format!("{:?} {}", contents(layer), layer.diff_id));
        lines.collect::<Vec<_>>()
    };
    assert_eq!(text(&new), text(&old));
    assert!(old.digests(Role::Part).len() > 2, "ssl, sqlite3, and what they share");
    assert_eq!(new.image.top, old.image.top);
    assert_eq!(new.image.tag, old.image.tag);
    assert_eq!(new.image.referrers.len(), 1);
}

#[test]
fn another_minor_version_is_refused() {
    let sandbox = sandbox("rebaseminor");
    image(&sandbox, &["rebaseminor", "-o", "old"]).expect(0, "", "");
    let label = python(&Layout::read(&sandbox.path("old")));
    let version = label.split(' ').nth(1).unwrap();
    let other = if version.starts_with("3.12.") { "3.11" } else { "3.12" };
    if !sandbox
        .run(["runtime", other, "-q", "--offline", "--level", "1", "-o", "x"])
        .any_stderr()
        .succeeded()
    {
        snakecrate_base::skip!("there is no Python {other}");
    }
    let (status, _, said) = rebase(&sandbox, &["old", "--python", other, "-o", "new"]).parts();
    assert_eq!(status.code(), Some(FAILURE));
    let start = format!("error: cannot replace Python {version} of the image by Python {other}.");
    assert!(said.starts_with(&start), "{said}");
    assert!(said.contains("its modules are for another interface"), "{said}");
    assert!(!sandbox.path("new").exists());
}

#[test]
fn images_of_others_and_images_without_a_place_are_refused() {
    let sandbox = Sandbox::new();
    let layer = Layer::write(
        Role::System,
        &[],
        &[snakecrate_image::File::plain("etc/x", "y")],
        Compression::None,
        &sandbox.path(""),
    );
    let settings = Settings {
        architecture: Arch::Amd64,
        entrypoint: vec!["/x".into()],
        user: "0".into(),
        directory: "/".into(),
        variables: vec![],
        labels: BTreeMap::new(),
        created: None,
    };
    let image = Image::new(&settings, None, &[layer.unwrap()], None).unwrap();
    image.write_layout(&sandbox.path("old")).unwrap();
    rebase(&sandbox, &["old", "--python", "3.12", "-o", "new"]).refused(
        FAILURE,
        "has no layers with a runtime of snakecrate",
        "make the image with `snakecrate image`",
    );
    rebase(&sandbox, &["old", "--python", "3.12"]).refused(
        FAILURE,
        "old is a directory, and nothing says where its new image goes",
        "name a directory with -o, or a repository with --push",
    );
}
