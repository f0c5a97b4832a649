//! Features: an archive that requires what its reader does not know is refused, and so is one that
//! uses a feature without requiring it. Fields that change nothing are ignored.

use serde_json::{Value, json};

use super::{Refusal, hostile, manifest};
use crate::support::forge::{Forge, SAYS};

fn changed(change: impl FnOnce(&mut Value) + 'static) -> Forge {
    Forge::honest().manifest(change)
}

/// The archive requires a feature that no reader of this version knows.
fn unknown(name: &'static str) -> Forge {
    changed(move |m| m["requires"] = json!([name]))
}

/// The launcher's refusal; the packer has the same words.
fn newer(name: &str) -> Refusal {
    let what = format!("this archive needs a newer launcher: feature `{name}`");
    Refusal::new(what.clone(), &what, false).help("run it with its own launcher")
}

/// The launcher's refusal of a feature that the packer's commands know.
fn newer_launcher(name: &str) -> Refusal {
    newer(name).by_the_launcher_alone()
}

/// A field of the entry, and the feature that it needs.
fn entry(feature: &'static str, field: &'static str, value: Value) -> Forge {
    changed(move |m| {
        m["requires"] = json!([feature]);
        m["entries"][0][field] = value;
    })
}

fn unreadable(what: &str) -> Refusal {
    manifest(&format!("cannot be read: {what}"))
}

/// The launcher knows no field of a feature, so it cannot name the feature as the packer does.
fn unrequired(what: &str) -> Refusal {
    unreadable("a field of a feature that is not required at line").packer(what)
}

fn nonsense(what: &str) -> Refusal {
    manifest(&format!("makes no sense: {what}"))
}

hostile! {
    an_unknown_feature: unknown("unheard-of") => newer("unheard-of");
    an_unknown_feature_with_an_entry_of_another_form: changed(|m| {
        m["requires"] = json!(["unheard-of"]);
        m["entries"] = json!({ "new": 1 });
    }) => newer("unheard-of");
    a_feature_with_an_escape_sequence: unknown("\u{1b}[2J")
        => nonsense(r#"a feature called "\u{1b}[2J""#);
    features_that_are_no_list: changed(|m| m["requires"] = "entry-arguments".into())
        => unreadable(r#"invalid type: string "entry-arguments", expected a sequence at line"#);

    fixed_arguments: entry("entry-arguments", "arguments", json!(["-b", ":80"]))
        => newer_launcher("entry-arguments");
    an_environment: entry("entry-environment", "environment", json!({ "unset": ["A"] }))
        => newer_launcher("entry-environment");
    a_working_directory: entry("entry-directory", "directory", "{home}".into())
        => newer_launcher("entry-directory");
    scripts_on_the_path: entry("expose-path", "expose_path", true.into())
        => newer_launcher("expose-path");
    a_first_run_hook_that_is_not_in_it: entry("first-run", "first_run", "boot/x.py".into())
        => nonsense("`boot/x.py` is to run, and not in it").but_trees_are_well();
    a_first_run_hook_elsewhere: entry("first-run", "first_run", "../x.py".into())
        => unreadable("`../x.py` has `.` or `..` in it at line");
    a_first_run_hook_without_its_feature: changed(|m| {
        m["entries"][0]["first_run"] = "boot/hello.py".into();
    }) => nonsense("it uses `first-run` and does not require it");
    a_runtime_in_parts: changed(|m| {
        m["requires"] = json!(["runtime-parts"]);
        m["components"][1]["kind"] = "part".into();
    }) => nonsense("`boot/hello.py` is to run, and not in it").but_trees_are_well();
    a_window_of_8_mib: changed(|m| {
        m["requires"] = json!(["large-windows"]);
        m["window_log"] = 23.into();
    }) => newer("large-windows");
    a_component_that_is_downloaded: changed(|m| {
        m["requires"] = json!(["remote-components"]);
        let digest = m["components"][2]["digest"].clone();
        m["components"][2]["download"] =
            json!({ "urls": ["https://example.org/x"], "length": 1 << 30, "blake3": digest });
    }) => newer("remote-components");
    a_runtime_file: changed(|m| {
        m["requires"] = json!(["runtime-file"]);
        m["role"] = "runtime".into();
        m["entries"] = json!([]);
    }) => newer("runtime-file").packer("a runtime file with an application");
    a_runtime_file_without_its_feature: changed(|m| m["role"] = "runtime".into())
        => nonsense("it uses `runtime-file` and does not require it");
    an_external_runtime_that_the_record_does_not_name: changed(|m| {
        m["requires"] = json!(["external-runtime"]);
        m["runtime"] = json!({ "at_least": "3.12.1" });
        m["python"]["abi"] = "cp312".into();
        m["components"].as_array_mut().unwrap().remove(0);
    }) => nonsense("the boot record names another runtime file");
    an_external_runtime_beside_one_inside: changed(|m| {
        m["requires"] = json!(["external-runtime"]);
        m["runtime"] = json!({ "at_least": "3.12.1" });
        m["python"]["abi"] = "cp312".into();
    }) => nonsense("a runtime inside, and another one required");
    an_external_runtime_without_its_feature: changed(|m| {
        m["runtime"] = json!({ "at_least": "3.12.1" });
    }) => nonsense("it uses `external-runtime` and does not require it");
    an_external_runtime_with_an_unknown_field: changed(|m| {
        m["requires"] = json!(["external-runtime"]);
        m["runtime"] = json!({ "at_least": "3.12.1", "at_most": "3.12.9" });
    }) => unreadable("unknown field `at_most`, expected one of `at_least`, `needs`, `parts` at line");

    arguments_without_their_feature: changed(|m| m["entries"][0]["arguments"] = json!(["-x"]))
        => unrequired("it uses `entry-arguments` and does not require it");
    disabled_commands_without_their_feature: changed(|m| {
        m["launch"]["disabled_commands"] = json!(["python"]);
    }) => nonsense("it uses `disabled-commands` and does not require it");
    a_window_without_its_feature: changed(|m| m["window_log"] = 27.into())
        => nonsense("it uses a feature and does not require it")
            .packer("it uses `large-windows` and does not require it");
    a_window_that_no_reader_has: changed(|m| m["window_log"] = 28.into())
        => nonsense("it uses a feature and does not require it")
            .packer("it uses `large-windows` and does not require it");
    an_unknown_role: changed(|m| m["role"] = "service".into())
        => unreadable("unknown variant `service`, expected `application` or `runtime` at line");
    a_part_without_its_feature: changed(|m| m["components"][1]["kind"] = "part".into())
        => nonsense("it uses `runtime-parts` and does not require it");
    an_unknown_field_of_a_member: changed(|m| m["components"][2]["tree"]["cipher"] = "x".into())
        => unreadable(
            "unknown field `cipher`, expected one of `offset`, `length`, `unpacked`, `blake3` at line"
        );
}

#[test]
fn fields_that_change_nothing_are_ignored() {
    let forge = changed(|m| {
        m["later"] = json!({ "deep": [1] });
        m["entries"][0]["later"] = 1.into();
        m["components"][2]["later"] = "x".into();
    });
    let sandbox = forge.sandbox();
    sandbox.archive("app").expect(0, SAYS, "");
    sandbox.run(["verify", "app"]).success().stdout_contains("app").any_stderr().done();
}

#[test]
fn a_disabled_command_is_refused_and_the_entry_starts() {
    let forge = changed(|m| {
        m["requires"] = json!(["disabled-commands"]);
        m["launch"]["disabled_commands"] = json!(["python", "run"]);
    });
    let sandbox = forge.sandbox();
    sandbox.archive("app").expect(0, SAYS, "");
    for command in ["python", "run"] {
        sandbox.archive("app").env("SNAKECRATE", command).expect(
            2,
            "",
            &format!(
                "snakecrate: this archive was built without `SNAKECRATE={command}`\n\
                 snakecrate: ask its publisher for one that allows it\n"
            ),
        );
    }
    sandbox
        .archive("app")
        .env("SNAKECRATE", "prepare")
        .output()
        .success()
        .stdout_contains("/v2/envs/")
        .done();
}

#[test]
fn fields_for_people_start_as_before() {
    let forge = changed(|m| {
        m["vendor"] = "Example Ltd".into();
        m["contact"] = "help@example.org".into();
        m["mime_types"] = json!(["text/csv"]);
        m["launch"]["keep_days"] = 30.into();
        m["window_log"] = 22.into();
        m["entries"][0]["graphical"] = true.into();
    });
    let sandbox = forge.sandbox();
    sandbox.archive("app").expect(0, SAYS, "");
    sandbox.run(["verify", "app"]).success().stdout_contains("app").any_stderr().done();
}
