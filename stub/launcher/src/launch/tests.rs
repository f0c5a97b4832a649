use super::*;
use snakecrate_format::entry_path::EntryPath;
use snakecrate_format::manifest::{Entry, sample::sample};

fn plan(names: &[&str], default: Option<&str>) -> Plan {
    let mut manifest = sample();
    let entry = |name: &&str| Entry {
        name: (*name).into(),
        runs: String::new(),
        start: Start::Python(EntryPath::new(&format!("boot/{name}.py")).unwrap()),
    };
    manifest.entries = names.iter().map(entry).collect();
    manifest.launch.default = default.map(Into::into);
    let guards = Rows::new(b"7\0a/b\x000\0c\0".to_vec(), vec![0..10, 10..10]).unwrap();
    let size = |path: &EntryPath| path.as_str().contains('a').then_some(99);
    Plan::new(&manifest, Path::new("/c/env"), Libc::Only, guards, |_| true, size)
}

fn argv(plan: &Plan, arguments: &[&str]) -> Result<Vec<String>, NoEntry> {
    let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
    let command = plan.command(&arguments, Path::new("/found/a"))?;
    Ok(command.argv.into_iter().map(|a| a.into_string().unwrap()).collect())
}

#[test]
fn a_plan_survives_the_round_trip() {
    let plan = plan(&["a", "b"], Some("b"));
    assert_eq!(Plan::parse(plan.encode()), Some(plan));
}

#[test]
fn cut_and_foreign_plans_are_none() {
    let bytes = plan(&["a", "b"], None).encode();
    for length in 0..bytes.len() {
        let cut = Plan::parse(bytes[..length].to_vec());
        // A cut behind a whole entry leaves a whole plan: plans are renamed into place.
        assert!(cut.is_none_or(|cut| cut.entries.len() == 1), "{length}");
    }
    assert_eq!(Plan::parse(b"something else\0".to_vec()), None);
}

#[test]
fn the_only_entry_runs_under_any_name() {
    let expected = ["/c/env/bin/python3", "-I", "/c/env/boot/a.py", "./x", "b"];
    assert_eq!(argv(&plan(&["a"], None), &["./x", "b"]).unwrap(), expected);
    assert_eq!(argv(&plan(&["a"], None), &[]).unwrap()[3], "a");
}

#[test]
fn a_name_from_the_path_is_where_it_was_found() {
    let only = plan(&["a"], None);
    assert_eq!(argv(&only, &["a", "x"]).unwrap()[3..], ["/found/a", "x"]);
    assert_eq!(argv(&only, &["./a"]).unwrap()[3..], ["./a"]);
    assert_eq!(argv(&only, &["given"]).unwrap()[3..], ["given"]);
}

#[test]
fn of_several_the_name_then_the_default_then_the_first_argument_decide() {
    let run = |default, arguments: &[&str]| argv(&plan(&["a", "b"], default), arguments);
    assert_eq!(run(None, &["/x/b", "a"]).unwrap()[2..], ["/c/env/boot/b.py", "/x/b", "a"]);
    assert_eq!(run(Some("a"), &["x", "b"]).unwrap()[2..], ["/c/env/boot/a.py", "x", "b"]);
    assert_eq!(run(None, &["x", "b", "1"]).unwrap()[2..], ["/c/env/boot/b.py", "b", "1"]);
    let none = |unknown: Option<&str>| NoEntry {
        names: vec!["a".into(), "b".into()],
        unknown: unknown.map(Into::into),
    };
    assert_eq!(run(None, &["x"]), Err(none(None)));
    assert_eq!(run(None, &["x", "c"]), Err(none(Some("c"))));
}

#[test]
fn a_native_entry_gets_the_users_own_arguments() {
    let mut plan = plan(&["ruff"], None);
    plan.entries[0].how = How::Native;
    plan.entries[0].path = b"bin/ruff".to_vec();
    let command = plan.command(&["ruff".into(), "check".into()], Path::new("/found/ruff")).unwrap();
    assert_eq!(command.program, Path::new("/c/env/bin/ruff"));
    assert_eq!(command.argv, ["ruff", "check"]);
}

#[test]
fn on_a_c_library_of_its_own_the_loader_starts_a_native_entry() {
    let mut manifest = sample();
    let ruff = EntryPath::new("bin/ruff").unwrap();
    let start = Start::Native(ruff);
    manifest.entries = vec![Entry { name: "ruff".into(), runs: String::new(), start }];
    let loaded = |is_loaded| {
        let own = Libc::Own("/c/lib/ld.so".into());
        let plan = Plan::new(
            &manifest,
            Path::new("/c/env"),
            own,
            Rows::default(),
            |_| is_loaded,
            |_| None,
        );
        assert_eq!(Plan::parse(plan.encode()), Some(plan.clone()));
        plan.command(&["./ruff".into(), "x".into()], Path::new("")).unwrap()
    };
    let command = loaded(true);
    assert_eq!(command.program, Path::new("/c/lib/ld.so"));
    assert_eq!(
        command.argv[1..],
        ["--library-path", "/c/lib", "--argv0", "./ruff", "/c/env/bin/ruff", "x"]
    );
    assert_eq!(loaded(false).program, Path::new("/c/env/bin/ruff"), "a static one");
}
