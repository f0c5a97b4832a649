mod schema;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args as _, Command, FromArgMatches as _};
use confique::Layer as _;
use serde_json::Value;
use snakecrate_runtime::Strip;

use super::documents::{self, Description};
use super::{Document, Error, FileOptions, LibcChoice, Options, PythonChoice, Settings, file};
use crate::generated::{self, Generated};
use snakecrate_audit::Glibc;

fn read(text: &str) -> Result<Options, String> {
    file(text).map(|file| file.common).map_err(|error| error.to_string())
}

/// What a pyproject.toml sets whose `tool` table has `text`.
fn file(text: &str) -> Result<FileOptions, Error> {
    let text = text.replace("[snakecrate", "[tool.snakecrate");
    let table: toml::Table = text.parse().unwrap();
    let tool = table.get("tool").and_then(toml::Value::as_table).cloned().unwrap_or_default();
    file::read(Document::new(Path::new("/p/pyproject.toml"), text, 0), &tool)
}

fn flags(arguments: &[&str]) -> Options {
    let command = Options::augment_args(Command::new("build").no_binary_name(true));
    Options::from_arg_matches(&command.try_get_matches_from(arguments).unwrap()).unwrap()
}

/// A value of the option: as an argument, and in TOML.
fn sample(option: &Description) -> (String, String) {
    if let Some(word) = option.arg.get_possible_values().last() {
        let word = word.get_name();
        return (word.to_owned(), format!("'{word}'"));
    }
    let candidates = ["/2.28", "2.28", "2", "A=2", "A=any", "x86_64-linux", "text/x"];
    let is_allowed = |text: &&&str| {
        let flag = OsString::from(format!("--{}={text}", option.arg.get_long().unwrap()));
        let command = Options::augment_args(Command::new("build").no_binary_name(true));
        command.try_get_matches_from([flag]).is_ok()
    };
    let text = candidates.iter().find(is_allowed).expect("a sample that the option allows");
    let path = format!("/properties/{}", option.key.replace('.', "/properties/"));
    let schema = documents::schema();
    let value = match schema.pointer(&path).unwrap()["type"].as_str() {
        Some("integer") => (*text).to_owned(),
        Some("object") => format!("{{ {}' }}", text.replace('=', " = '")),
        _ => format!("'{text}'"),
    };
    ((*text).to_owned(), value)
}

#[test]
fn every_option_is_a_flag_and_a_key_of_the_same_effect() {
    let options = Description::all();
    assert!(options.len() >= 30, "{} options", options.len());
    for option in options {
        let long = format!("--{}", option.arg.get_long().expect("a long flag"));
        let (flag, key) = if let Some(value) = option.switch() {
            (flags(&[&long]), format!("{} = {value}", option.key))
        } else {
            let (argument, value) = sample(&option);
            let is_plain_list = option.key == "python-options";
            let value = if is_plain_list { format!("[{value}]") } else { value };
            (flags(&[&format!("{long}={argument}")]), format!("{} = {value}", option.key))
        };
        let key = read(&format!("[snakecrate]\n{key}\n")).unwrap();
        assert!(!flag.is_empty(), "{long} sets nothing");
        assert_eq!(flag, key, "{long} and `{}` differ", option.key);
        assert!(!option.text.is_empty(), "{long} has no help");
    }
}

#[test]
fn lists_may_be_one_string_and_keys_have_second_names() {
    let options =
        read("[snakecrate]\nentry = 'a'\nwith = ['b', 'c']\ninclude-libs = 'd'\n").unwrap();
    assert_eq!(options.entries.unwrap(), ["a"]);
    assert_eq!(options.with.unwrap(), ["b", "c"]);
    assert_eq!(options.include_lib.unwrap(), ["d"]);
    assert!(read("[snakecrate]\npython-options = '-O'\n").is_err());
}

#[test]
fn values_have_their_types() {
    let options = read(
        "[snakecrate]\nlibc = 'bundled'\nstrip = 'all'\nmax-glibc = '2.28'\noptimize = 2\n\
         isolated = false\nlevel = 3\n",
    )
    .unwrap();
    assert_eq!((options.libc, options.strip), (Some(LibcChoice::Bundled), Some(Strip::All)));
    assert_eq!((options.max_glibc, options.optimize), (Some(Glibc(2, 28)), Some(2)));
    assert_eq!((options.isolated, options.level), (Some(false), Some(3)));
    assert!(read("[other]\n").unwrap().is_empty());
}

#[test]
fn relative_paths_are_relative_to_the_file() {
    let options = read(
        "[snakecrate]\nrequirements = ['req.txt', '/abs.txt']\noutput = 'out/app'\n\
         find-links = ['wheels', 'https://w']\npython = '../py/bin/python'\n",
    )
    .unwrap();
    let paths = ["/p/req.txt", "/abs.txt"].map(PathBuf::from);
    assert_eq!(options.requirements.unwrap(), paths);
    assert_eq!(options.find_links.unwrap(), ["/p/wheels", "https://w"]);
    assert_eq!(options.output.unwrap(), Path::new("/p/out/app"));
    let python = |pythons: Option<Vec<PythonChoice>>| pythons.unwrap().remove(0).to_string();
    assert_eq!(python(options.python), "/p/../py/bin/python");
    for (text, read_as) in [
        ("3.12", "3.12"),
        ("aarch64-linux=../py", "aarch64-linux=/p/../py"),
        ("aarch64-linux=3.12", "aarch64-linux=3.12"),
    ] {
        let options = read(&format!("[snakecrate]\npython = '{text}'\n")).unwrap();
        assert_eq!(python(options.python), read_as);
    }
}

#[test]
fn unknown_keys_and_wrong_values_are_named() {
    for (text, parts) in [
        ("entrys = 'a'", ["line 2: unknown key", "`entrys` in [tool.snakecrate]"]),
        ("release = true", ["unknown key", "`release`"]),
        ("python = 3.12", ["python", "expected a string"]),
        ("with = 3", ["with", "a list of strings"]),
        ("optimize = 3", ["optimize", "0, 1 or 2"]),
        ("level = 23", ["level", "from 1 to 22"]),
        ("libc = 'musl'", ["musl", "bundled"]),
        ("proof = { time = 3 }", ["`time`", "[tool.snakecrate.proof]"]),
        ("proof.timeout = 0", ["proof.timeout", "a number of seconds"]),
        ("proof.env = { A = 1 }", ["proof.env.A", "expected a string"]),
        ("proof.env = { 'A=' = '1' }", ["variable", "`A=`"]),
        ("proof.commands = 'a \"b'", ["`a \"b`", "quotation mark"]),
        ("entries = 3", ["entries", "a table of commands"]),
        ("entries = { serve = 3 }", ["entries", "a table of commands"]),
        ("include = 3", ["include", "a list of strings"]),
        ("env.sett = { A = '1' }", ["`sett`", "[tool.snakecrate.env]"]),
        ("env.set = { LD_X = '1' }", ["`LD_X`", "cannot be set"]),
        ("env.default = { A = '{x}' }", ["`{x}`", "{archive}"]),
        ("env.unset = ['PYTHONPATH']", ["`PYTHONPATH`", "cannot be set"]),
        ("working-directory = '{'", ["`{`", "a single brace"]),
    ] {
        let error = read(&format!("[snakecrate]\n{text}\n")).unwrap_err();
        assert!(error.starts_with("/p/pyproject.toml: "), "{error}");
        assert!(parts.iter().all(|part| error.contains(part)), "{error}");
        assert!(!error.contains('\n'), "{error:?}");
    }
}

#[test]
fn entries_may_be_a_table_and_files_have_places() {
    let options = read(
        "[snakecrate]\nentries = { b = '-m x', a = 'y z' }\ninclude = ['data', '/x=etc/x']\n\
         keep = 'demo/tests'\n",
    )
    .unwrap();
    assert_eq!(options.entries.unwrap(), ["a=y z", "b=-m x"]);
    let include = options.include.unwrap();
    assert_eq!((include[0].path.as_path(), &include[0].to), (Path::new("/p/data"), &None));
    assert_eq!(
        (include[1].path.as_path(), include[1].to.as_deref()),
        (Path::new("/x"), Some("etc/x"))
    );
    assert_eq!(options.keep.unwrap(), ["demo/tests"]);
}

#[test]
fn each_artifact_has_options_of_its_own() {
    let text = "[snakecrate]\nlevel = 3\n[snakecrate.artifact.web]\nentries = 'serve'\n\
        output = 'out/web'\n[snakecrate.artifact.worker]\nlevel = 5\n";
    let found = file(text).unwrap();
    let artifacts = &found.artifacts;
    assert_eq!(artifacts["web"].output.as_deref(), Some(Path::new("/p/out/web")));
    assert_eq!((artifacts["web"].level, artifacts["worker"].level), (None, Some(5)));
    assert_eq!(found.common.level, Some(3));
    for (text, part) in [
        ("artifact = 3", "[tool.snakecrate.artifact.NAME]"),
        ("artifact.web = 3", "artifact.web"),
        ("artifact.web.entrys = 'x'", "`entrys`"),
        ("artifact.'a/b'.level = 3", "`a/b`"),
        ("artifact.web.artifact.x.level = 3", "`artifact`"),
    ] {
        let error = file(&format!("[snakecrate]\n{text}\n")).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn a_layer_may_set_a_part_of_a_table() {
    let file = read("[snakecrate.proof]\ntimeout = 5\ncommands = ['a -b', 'c \"d e\"']\n").unwrap();
    let settings = Settings::resolve([flags(&["--no-proof", "--proof-env=A=b=c"]), file]);
    let proof = settings.proof;
    assert_eq!((proof.run, proof.timeout), (false, 5));
    assert_eq!((proof.env[0].name.as_str(), proof.env[0].value.as_str()), ("A", "b=c"));
    assert_eq!(
        (proof.commands[0].name(), proof.commands[0].arguments()),
        ("a", &["-b".into()][..])
    );
    assert_eq!(proof.commands[1].arguments(), ["d e"]);
    assert_eq!(proof.commands[1].to_string(), "c 'd e'");
    assert!(Settings::resolve([]).proof.run);
}

#[test]
fn flags_win_over_the_file_and_both_over_defaults() {
    let file = read("[snakecrate]\nlevel = 2\nwith = 'b'\nmodule = 'm'\n").unwrap();
    let settings = Settings::resolve([flags(&["--level=1", "--with=a"]), file]);
    assert_eq!((settings.level, settings.with), (1, vec!["a".to_owned()]));
    assert_eq!((settings.module.as_deref(), settings.libc), (Some("m"), LibcChoice::Auto));
    let settings = Settings::resolve([]);
    assert_eq!((settings.level, settings.strip, settings.isolated), (18, Strip::Debug, true));
    assert!(!settings.loader_variables());
    assert!(Settings::resolve([flags(&["--no-isolated"])]).loader_variables());
}

/// The keys that serde accepts, second names included, are in its error for unknown ones.
#[test]
fn the_schema_has_all_keys_and_no_other() {
    let schema = documents::schema();
    let properties = schema["properties"].as_object().unwrap();
    let tables = properties.iter().filter(|(_, property)| property["properties"].is_object());
    let tables = tables.map(|(name, schema)| (format!("[{name}]"), schema));
    let all = tables.chain([(String::new(), &schema)]).collect::<Vec<_>>();
    assert!(all.len() >= 2, "there are tables");
    for (table, schema) in all {
        let error = toml::from_str::<Options>(&format!("{table}\n'?' = 0\n")).unwrap_err();
        let list = error.message().split("expected").nth(1).unwrap();
        let mut keys: Vec<&str> = list.split('`').skip(1).step_by(2).collect();
        keys.sort_unstable();
        let mut described: Vec<&str> =
            schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        // Each artifact and each service has the keys of its own table.
        described.retain(|key| !["artifact", "service"].contains(key));
        described.sort_unstable();
        assert_eq!(described, keys, "{table}");
        assert_eq!(schema["additionalProperties"], Value::Bool(false), "{table}");
        assert_eq!(schema.get("required"), None, "every key is optional");
    }
    assert_eq!(properties["proof"]["properties"]["timeout"]["default"], 120);
    assert_eq!(properties["isolated"]["default"], Value::Bool(true));
    assert_eq!(properties["strip"]["enum"], serde_json::json!(["none", "debug", "all"]));
}

const START: &str = "<!-- options: made from packer/cli/src/settings/declaration.rs -->\n";
const END: &str = "<!-- options: end -->\n";

/// Files with text from the declaration.
fn files() -> [Generated; 2] {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (page, schema) = (
        package.join("../../docs/reference/options.md"),
        package.join("tool.snakecrate.schema.json"),
    );
    let old_page = fs::read_to_string(&page).unwrap();
    let (before, rest) = old_page.split_once(START).expect("the start of the options");
    let (_, after) = rest.split_once(END).expect("the end of the options");
    let new_page = format!("{before}{START}{}{END}{after}", documents::table());
    let old_schema = fs::read_to_string(&schema).unwrap_or_default();
    let new_schema = format!("{:#}\n", documents::schema());
    [(page, old_page, new_page), (schema, old_schema, new_schema)]
}

#[test]
fn page_and_schema_follow_the_declaration() {
    generated::assert_current(files(), "write_options");
}

#[test]
#[ignore = "writes the page of options and the JSON schema"]
fn write_options() {
    generated::write(files());
}
