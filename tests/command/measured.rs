//! `size`: where the bytes of an archive go; budgets of builds.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;

use serde_json::Value;

use crate::support::sandbox::shared::{self, PAIR, PROBE};
use crate::support::sandbox::{Outcome, Run, Sandbox};
use crate::support::target;
use crate::support::wheel::Wheel;

fn sizes(sandbox: &Sandbox, arguments: &[&str]) -> Value {
    sandbox.run([&["size", "--json"], arguments].concat()).json()
}

fn sum(rows: &Value, field: &str) -> u64 {
    rows.as_array().unwrap().iter().map(|row| row[field].as_u64().unwrap()).sum()
}

fn length(sandbox: &Sandbox, name: &str) -> u64 {
    fs::metadata(sandbox.path(name)).unwrap().len()
}

#[test]
fn every_byte_of_the_archive_belongs_to_a_row() {
    let sandbox = Sandbox::new().with(&PROBE, "app").with(&PROBE, "signed");
    let mut file = fs::OpenOptions::new().append(true).open(sandbox.path("signed")).unwrap();
    file.write_all(&[7; 1234]).unwrap();
    drop(file);
    for name in ["app", "signed"] {
        let all = sizes(&sandbox, &[name]);
        let length = length(&sandbox, name);
        assert_eq!(all["packed"], length);
        assert_eq!(sum(&all["parts"], "packed"), length, "{name}");
        assert_eq!(sum(&all["kinds"], "packed"), length, "{name}");
        let share = |rows: &Value| -> f64 {
            rows.as_array().unwrap().iter().map(|row| row["share"].as_f64().unwrap()).sum()
        };
        assert!((share(&all["parts"]) - 1.0).abs() < 1e-9);
        assert!((share(&all["kinds"]) - 1.0).abs() < 1e-9);
        let appended =
            all["parts"].as_array().unwrap().iter().find(|row| row["part"] == "appended");
        assert_eq!(
            appended.map(|row| row["packed"].as_u64().unwrap()),
            (name == "signed").then_some(1234)
        );
    }
}

#[test]
fn files_of_a_component_have_all_bytes_of_its_blobs() {
    let sandbox = Sandbox::new().with(&PROBE, "app");
    let all = sizes(&sandbox, &["app"]);
    let inspected = sandbox.run(["inspect", "--json", "app"]).json();
    let files = all["files"].as_array().unwrap();
    assert_eq!(all["counts"]["files"], inspected["files"]);
    assert_eq!(all["counts"]["components"], inspected["components"].as_array().unwrap().len());
    assert_eq!(all["unpacked"], inspected["unpacked"]);
    for component in inspected["components"].as_array().unwrap() {
        let text = |field: &str| component[field].as_str().unwrap();
        let label = format!("{}-{}-{}", text("kind"), text("name"), text("version"));
        let own: Vec<&Value> = files.iter().filter(|file| file["component"] == *label).collect();
        let sum = |field: &str| own.iter().map(|file| file[field].as_u64().unwrap()).sum::<u64>();
        assert_eq!(own.len() as u64, component["files"].as_u64().unwrap(), "{label}");
        assert_eq!(sum("unpacked"), component["unpacked"].as_u64().unwrap(), "{label}");
        // The listing is stored, too.
        let stored = component["stored"].as_u64().unwrap();
        assert!(sum("packed") < stored && sum("packed") > stored * 9 / 10, "{label}");
    }
    let directories = all["directories"].as_array().unwrap();
    let lib = directories.iter().find(|one| one["path"] == "lib").unwrap();
    assert!(lib["estimated"].as_bool().unwrap());
}

/// An archive of the wheels in `directory` and no runtime.
fn wheels(sandbox: &Sandbox, directory: &str, output: &str, more: &[&str]) -> Outcome {
    let arguments = ["sized", "-o", output, "--wheelhouse", directory, "--runtime", "external"];
    sandbox.build([&arguments, more].concat())
}

/// A text that does not compress.
fn noise(length: u32) -> String {
    let mut state = 7_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        char::from(b'!' + u8::try_from((state >> 33) % 90).unwrap())
            .to_string()
            .replace(['"', '\\'], "x")
    };
    (0..length).map(|_| next()).collect()
}

/// Runs of blanks as two, since columns are as wide as numbers.
fn narrow(text: &str) -> String {
    let words = |line: &str| {
        line.split("  ")
            .map(str::trim)
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join("  ")
    };
    text.lines().map(words).collect::<Vec<_>>().join("\n") + "\n"
}

fn two_versions() -> Sandbox {
    let sandbox = Sandbox::new();
    Wheel::new("sized", "1").write(&sandbox.path("1"));
    Wheel::new("sized", "2").file("sized_data.txt", noise(5_000)).write(&sandbox.path("2"));
    Wheel::new("sized-more", "1").file("more.txt", noise(2_000)).write(&sandbox.path("2"));
    let both = Wheel::new("sized", "2").file("sized_data.txt", noise(5_000)).requires("sized-more");
    both.write(&sandbox.path("2"));
    wheels(&sandbox, "1", "app1", &[]).expect(0, "", "");
    wheels(&sandbox, "2", "app2", &[]).expect(0, "", "");
    sandbox
}

#[test]
fn a_comparison_shows_what_grew() {
    let sandbox = two_versions();
    let all = sizes(&sandbox, &["app2", "--compare", "app1"]);
    let changes = &all["comparison"];
    assert_eq!(changes["packed"]["old"], length(&sandbox, "app1"));
    assert_eq!(changes["packed"]["new"], length(&sandbox, "app2"));
    let part = |name: &str| {
        let parts = changes["parts"].as_array().unwrap();
        parts.iter().find(|one| one["name"] == name && one["kind"] == "wheel").unwrap().clone()
    };
    assert_eq!(
        (&part("sized")["old_version"], &part("sized")["new_version"]),
        (&"1".into(), &"2".into())
    );
    assert!(part("sized-more")["old_version"].is_null());
    assert_eq!(part("sized-more")["packed"]["old"], 0);
    let first = &changes["files"][0];
    assert!(first["path"] == "sized_data.txt", "{first}");
    assert_eq!(first["unpacked"]["new"], 5_000);
    let text = sandbox.run(["size", "app2", "--compare", "app1"]).text();
    let line = |start: &str| {
        narrow(&text)
            .lines()
            .filter(|line| line.starts_with(start))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert!(line("since sized 1: +")[0].contains(" before), +"), "{text}");
    assert!(line("sized-more  wheel  1, new")[0].contains('+'), "{text}");
    assert!(line("sized_data.txt  wheel-sized  ~")[0].contains("~+"), "{text}");
}

#[test]
fn the_page_is_one_file_with_all_files() {
    let sandbox = two_versions();
    let written = sandbox.run(["size", "app2", "--html", "size.html", "--compare", "app1"]);
    written.expect(0, "", "       Wrote size.html\n");
    let page = fs::read_to_string(sandbox.path("size.html")).unwrap();
    for part in ["sized_data.txt", "<h1>sized 2: ", "What changed", "prefers-color-scheme: dark"] {
        assert!(page.contains(part), "{part}");
    }
    for outside in ["http:", "https:", " src=", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn a_page_that_cannot_be_written_is_named() {
    let sandbox = Sandbox::new().with(&PAIR, "app");
    sandbox.run(["size", "app", "--html", "no/size.html"]).expect(
        1,
        "",
        "error: cannot write the page no/size.html: No such file or directory (os error 2)\n \
         help: name a file in a directory that you can write to with --html\n",
    );
}

/// `snakecrate build` with a proof and a report.
fn proven<'s>(sandbox: &'s Sandbox, arguments: &[&str]) -> Run<'s> {
    let packer = sandbox.packer(["build", "--quiet", "--level", "3", "--offline"]);
    packer.args(target::options()).args(arguments).env("SNAKECRATE_CACHE", shared::packer_cache())
}

/// A project with a module that only a command imports, and a package that nothing does.
fn lazy() -> Sandbox {
    let main =
        "import sys\ndef main():\n    if sys.argv[1:] == ['go']:\n        import lazy_sized.used\n";
    let data = noise(120_000);
    Sandbox::new()
        .bare_project("lazy-sized", "[project.scripts]\nlazy-sized = 'lazy_sized:main'\n")
        .file("lazy-sized/lazy_sized/__init__.py", main)
        .file("lazy-sized/lazy_sized/used.py", format!("TEXT = \"\"\"{}\"\"\"\n", noise(60_000)))
        .file("lazy-sized/lazy_sized/unused/__init__.py", "")
        .file("lazy-sized/lazy_sized/unused/big.py", format!("TEXT = \"\"\"{data}\"\"\"\n"))
}

#[test]
fn what_the_proof_never_loaded_could_go_and_saves_what_is_said() {
    let sandbox = lazy();
    let arguments = ["lazy-sized", "-o", "app", "--proof-command", "lazy-sized go"];
    proven(&sandbox, &[&arguments[..], &["--report", "report.json"]].concat()).expect(0, "", "");
    let all = sizes(&sandbox, &["app", "--report", "report.json"]);
    let proof = &all["proof"];
    assert!(proof.get("unknown_commands").is_none(), "{}", proof["unknown_commands"]);
    let savings = proof["savings"].as_array().unwrap();
    let of =
        |value: &str| savings.iter().find(|one| one["key"] == "exclude" && one["value"] == value);
    assert!(of("lazy_sized/used.py").is_none(), "a command loaded it");
    let saved = of("lazy_sized/unused").expect("nothing loaded it")["packed"].as_u64().unwrap();
    let without = ["lazy-sized", "-o", "less", "--no-proof", "--exclude", "lazy_sized/unused"];
    proven(&sandbox, &without).expect(0, "", "");
    let really = length(&sandbox, "app") - length(&sandbox, "less");
    assert!(saved.abs_diff(really) * 10 < really, "said {saved}, and it is {really}");
    let text = sandbox.run(["size", "app", "--report", "report.json"]).text();
    assert!(narrow(&text).contains("\nruntime-drop = [\"asyncio\"]  "), "{text}");
}

/// A project with so many modules that their bytecode is in a pack. Nothing imports those in `unused`.
fn large() -> Sandbox {
    let mut sandbox = Sandbox::new()
        .bare_project("large-sized", "[project.scripts]\nlarge-sized = 'large_sized:main'\n")
        .file("large-sized/large_sized/__init__.py", "def main():\n    pass\n")
        .file("large-sized/large_sized/unused/__init__.py", "");
    let names = noise(160 * 20 * 12).replace(|other: char| !other.is_ascii_alphanumeric(), "_");
    for number in 0..160 {
        let directory = if number % 2 == 0 { "large_sized" } else { "large_sized/unused" };
        let mut text = String::new();
        for line in 0..20 {
            let at = (number * 20 + line) * 12;
            let name = &names[at..at + 12];
            writeln!(text, "def f{name}(a, b):\n    return a.y{name}(b[{line}]) or b.z(a, {at})")
                .unwrap();
        }
        sandbox = sandbox.file(&format!("large-sized/{directory}/m{number}.py"), text);
    }
    sandbox
}

#[test]
fn the_modules_in_packs_have_rows_and_what_they_save_is_said() {
    // Packs were one file of data, so nothing inside them could go, and `sourceless` seemed to save little.
    let sandbox = large();
    let arguments = ["large-sized", "-o", "app", "--report", "report.json"];
    proven(&sandbox, &arguments).expect(0, "", "");
    let all = sizes(&sandbox, &["app", "--report", "report.json"]);
    let files = all["files"].as_array().unwrap();
    let of_pack: Vec<_> = files.iter().filter(|file| file.get("pack").is_some()).collect();
    assert_eq!(of_pack.len(), 162);
    assert!(of_pack.iter().all(|file| file["kind"] == "bytecode"));
    let place = |file: &Value| file["path"].as_str().unwrap().to_owned();
    let is_place =
        |file: &&Value| place(file).contains("/large_sized/unused/__pycache__/m1.cpython-");
    assert_eq!(of_pack.iter().copied().filter(is_place).count(), 1);
    assert_eq!(sum(&all["parts"], "packed"), length(&sandbox, "app"));
    assert_eq!(sum(&all["kinds"], "packed"), length(&sandbox, "app"));
    let inspected = sandbox.run(["inspect", "--json", "app"]).json();
    assert_eq!(all["counts"]["files"], inspected["files"]);
    assert_eq!(sum(&all["files"], "unpacked"), inspected["unpacked"].as_u64().unwrap());
    let savings = all["proof"]["savings"].as_array().unwrap();
    for (key, value, options) in [
        ("exclude", "large_sized/unused", &["--exclude", "large_sized/unused"][..]),
        ("sourceless", "true", &["--sourceless"]),
    ] {
        let saving = savings.iter().find(|one| one["key"] == key && one["value"] == value);
        let said = saving.unwrap()["packed"].as_u64().unwrap();
        proven(&sandbox, &[&["large-sized", "-o", key, "--no-proof"], options].concat())
            .expect(0, "", "");
        let really = length(&sandbox, "app") - length(&sandbox, key);
        assert!(said.abs_diff(really) * 10 < really, "{key}: said {said}, and it is {really}");
    }
}

#[test]
fn commands_whose_modules_are_unknown_are_named() {
    // Such an end runs no exit handlers, so that nothing is reported.
    let main = "import os\ndef main():\n    os._exit(0)\n";
    let sandbox = Sandbox::new()
        .bare_project("quiet-sized", "[project.scripts]\nquiet-sized = 'quiet_sized:main'\n")
        .file("quiet-sized/quiet_sized.py", main);
    let arguments = ["quiet-sized", "-o", "app", "--report", "report.json"];
    let command = ["--proof-command", "quiet-sized go"];
    proven(&sandbox, &[&arguments[..], &command].concat()).expect(0, "", "");
    let text = sandbox.run(["size", "app", "--report", "report.json"]).text();
    let line = "\nwhat these commands of the proof loaded is not known: quiet-sized go\n";
    assert!(text.contains(line), "{text}");
}

#[test]
fn only_the_report_of_this_archive_is_used() {
    let sandbox = lazy();
    let arguments = ["lazy-sized", "-o", "app", "--report", "report.json"];
    proven(&sandbox, &[&arguments[..], &["--no-proof"]].concat()).expect(0, "", "");
    let size = |name: &str| sandbox.run(["size", name, "--report", "report.json"]);
    size("app").expect(
        1,
        "",
        "error: cannot use the report report.json: the archive was not proven in this build\n \
         help: build the archive without --no-proof\n",
    );
    proven(&sandbox, &arguments).expect(0, "", "");
    fs::copy(sandbox.path("app"), sandbox.path("other")).unwrap();
    let mut file = fs::OpenOptions::new().append(true).open(sandbox.path("other")).unwrap();
    file.write_all(b"x").unwrap();
    drop(file);
    size("other").expect(
        1,
        "",
        "error: cannot use the report report.json: it is about another archive, of [SIZE]\n \
         help: give the file that `build --report` wrote for this archive\n",
    );
}

#[test]
fn a_build_over_its_budget_fails_and_names_the_largest_parts() {
    let sandbox = two_versions();
    let limits = ["--budget-size", "1 kB", "--budget-components", "1"];
    let over = wheels(&sandbox, "1", "new", &limits);
    over.expect(
        1,
        "",
        "error: the archive is over its budget: [SIZE], and [SIZE] are allowed\n\
         the archive is over its budget: 2 components, and 1 are allowed\n\
         largest components: sized 1 ([SIZE]), sized 1 ([SIZE])\n \
         help: leave something out, or raise the limit in [tool.snakecrate.budget]; `snakecrate size \
         new.failed` shows what is in the archive\n",
    );
    assert!(!sandbox.path("new").exists());
    assert_eq!(sizes(&sandbox, &["new.failed"])["counts"]["components"], 2);
    // Beside the last build, the additions are named.
    let over = wheels(&sandbox, "2", "app1", &["--budget-components", "2"]);
    let (status, _, stderr) = over.parts();
    assert_eq!(status.code(), Some(1));
    assert_eq!(sizes(&sandbox, &["app1"])["counts"]["components"], 2, "the last build stays");
    assert_eq!(sizes(&sandbox, &["app1.failed"])["counts"]["components"], 3);
    let line = stderr.lines().nth(1).unwrap();
    let start = "largest additions to app1: sized 1 → 2 (+";
    assert!(line.starts_with(start) && line.contains("sized-more 1, new (+"), "{stderr}");
    let within = ["--budget-components", "3", "--budget-size", "50MB"];
    wheels(&sandbox, "2", "app1", &within).expect(0, "", "");
    assert!(!sandbox.path("app1.failed").exists());
}

#[test]
fn the_budget_is_a_table_of_the_project() {
    let limits = "[project.scripts]\nsmall-sized = 'small_sized:main'\n\
                  [tool.snakecrate.budget]\nsize = '900 MB'\nnative-libraries = 0\n";
    let sandbox = Sandbox::new()
        .bare_project("small-sized", limits)
        .file("small-sized/small_sized.py", "def main(): pass\n");
    let (status, _, stderr) = sandbox.build(["small-sized", "-o", "app"]).parts();
    assert_eq!(status.code(), Some(1));
    assert!(
        stderr.contains(" native libraries, and 0 are allowed\nlargest components: "),
        "{stderr}"
    );
    let line = stderr.lines().find(|line| line.starts_with("largest")).unwrap();
    assert!(line.contains("cpython 3."), "{line}");
}
