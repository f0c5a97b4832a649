use std::fs;

use super::*;
use crate::forged::{Cache, DAY, ago};
use crate::layout::MANIFEST;

/// The names of removed environments and the sizes of removed components, after checking that a dry
/// run reports the same.
#[track_caller]
fn pruned_by(cache: &Cache, rules: Rules) -> (Vec<String>, Vec<u64>) {
    let there = || (names(&cache.root, ENVS).unwrap(), names(&cache.root, COMPONENTS).unwrap());
    let before = there();
    let inventory = Inventory::read(&cache.root).unwrap();
    let announced = prune(&cache.root, &rules, true).unwrap();
    assert_eq!(there(), before, "a dry run removes nothing");
    assert_eq!(prune(&cache.root, &rules, false).unwrap(), announced);
    let Pruned { envs, components } = announced;
    let after = there();
    let gone = |before: &BTreeSet<String>, after| before.difference(after).cloned().collect();
    let gone: [BTreeSet<String>; 2] = [gone(&before.0, &after.0), gone(&before.1, &after.1)];
    assert_eq!(gone, [envs.iter().cloned().collect(), components.iter().cloned().collect()]);
    assert!(names(&cache.root, STAGING).unwrap().is_empty());
    let size = |key: &String| {
        let info = inventory.components.iter().find(|info| info.key == *key).unwrap();
        info.component.as_ref().unwrap().bytes
    };
    let mut sizes: Vec<_> = components.iter().map(size).collect();
    sizes.sort_unstable();
    (envs, sizes)
}
fn three() -> Cache {
    Cache::new()
        .env("old", ago(40), ago(50), &[("python", 100), ("a", 10)])
        .env("newer", ago(20), ago(60), &[("python", 100), ("b", 20)])
        .env("newest", ago(1), ago(2), &[("other", 200), ("b", 20)])
}

#[test]
fn unused_environments_go_with_their_own_components() {
    let cache = three();
    let rules = |days| Rules { unused_since: Some(ago(days)), ..Rules::default() };
    assert_eq!(pruned_by(&cache, rules(41)), (vec![], vec![]));
    assert_eq!(pruned_by(&cache, rules(30)), (vec!["old".into()], vec![10]));
    assert_eq!(pruned_by(&cache, rules(10)), (vec!["newer".into()], vec![100]));
}

#[test]
fn old_environments_go_however_often_they_are_used() {
    let rules = Rules { made_before: Some(ago(55)), ..Rules::default() };
    assert_eq!(pruned_by(&three(), rules), (vec!["newer".into()], vec![]));
}

#[test]
fn the_least_recently_used_go_until_the_others_fit() {
    let rules = |size| Rules { max_size: Some(size), ..Rules::default() };
    assert_eq!(pruned_by(&three(), rules(330)), (vec![], vec![]));
    assert_eq!(pruned_by(&three(), rules(329)), (vec!["old".into()], vec![10]));
    // Components that `newer` shares with `newest` stay.
    assert_eq!(
        pruned_by(&three(), rules(319)),
        (vec!["old".into(), "newer".into()], vec![10, 100])
    );
    let (envs, _) = pruned_by(&three(), rules(0));
    assert_eq!(envs, ["old", "newer", "newest"]);
}

#[test]
fn each_rule_is_a_reason_of_its_own() {
    let rules =
        Rules { unused_since: Some(ago(30)), made_before: Some(ago(55)), max_size: Some(219) };
    let (mut envs, sizes) = pruned_by(&three(), rules);
    envs.sort();
    assert_eq!(
        (envs.as_slice(), sizes.as_slice()),
        (&["newer", "newest", "old"].map(String::from)[..], &[10, 20, 100, 200][..])
    );
}

#[test]
fn without_a_rule_only_components_that_nothing_uses_go() {
    let cache = three();
    fs::remove_dir_all(cache.root.path_of(ENVS, "old")).unwrap();
    assert_eq!(pruned_by(&cache, Rules::default()), (vec![], vec![10]));
}

/// A newer launcher may have made it, of any components.
#[test]
fn an_environment_that_cannot_be_read_keeps_all_components() {
    let cache = three();
    cache.write(ENVS, "newest", MANIFEST, br#"{"format": 3}"#);
    let rules = Rules { unused_since: Some(ago(30)), ..Rules::default() };
    assert_eq!(pruned_by(&cache, rules), (vec!["old".into()], vec![]));
}

#[test]
fn leased_environments_stay_and_are_counted() {
    let cache = three();
    let leased = cache.root.open_tree(ENVS, "old").unwrap();
    assert_eq!(lease::take(&leased), Lock::Taken);
    let all = Rules { unused_since: Some(ago(0)), made_before: Some(ago(0)), max_size: Some(110) };
    let rules = Rules { max_size: Some(130), ..Rules::default() };
    assert_eq!(pruned_by(&cache, rules), (vec!["newer".into(), "newest".into()], vec![20, 200]));
    assert_eq!(pruned_by(&cache, all), (vec![], vec![]));
}

/// The clock may have been wrong once, or may be wrong now.
#[test]
fn times_in_the_future_are_now_and_times_before_1970_are_1970() {
    let before_time = SystemTime::UNIX_EPOCH - 400 * DAY;
    let in_2099 = SystemTime::UNIX_EPOCH + 47_100 * DAY;
    let cache = Cache::new()
        .env("future", in_2099, in_2099, &[("a", 1)])
        .env("made in the future", ago(90), in_2099, &[("b", 2)])
        .env("past", before_time, before_time, &[("c", 4)])
        .env("now", ago(1), ago(2), &[("d", 8)]);
    let inventory = Inventory::read(&cache.root).unwrap();
    let now = SystemTime::now();
    assert!(inventory.envs.iter().all(|env| env.last_used <= now && env.made <= now));
    let since = |since| Rules { unused_since: Some(since), ..Rules::default() };
    assert_eq!(pruned_by(&cache, since(SystemTime::UNIX_EPOCH)), (vec![], vec![]));
    assert_eq!(pruned_by(&cache, since(ago(30))), (vec!["past".into()], vec![4]));
    // The limit that a clock in 1970 would give.
    assert_eq!(pruned_by(&cache, since(before_time)), (vec![], vec![]));
    let rules = Rules { max_size: Some(3), ..Rules::default() };
    assert_eq!(pruned_by(&cache, rules), (vec!["now".into()], vec![8]));
    let (envs, _) = pruned_by(&cache, since(in_2099));
    assert_eq!(envs.len(), 2);
}

/// Another program may swap the cache's own directories for links while it is pruned.
#[test]
fn areas_that_are_links_are_not_followed() {
    let cache = three();
    let root = cache.root.path();
    let precious = root.with_file_name("precious");
    fs::create_dir_all(precious.join("old")).unwrap();
    fs::create_dir_all(precious.join("components/old")).unwrap();
    fs::create_dir_all(precious.join("staging/dead")).unwrap();
    for place in ["v2/components", "v2"] {
        let (place, aside) = (root.join(place), root.join("aside"));
        fs::rename(&place, &aside).unwrap();
        snakecrate_platform::file::symlink(&precious, &place).unwrap();
        for area in [COMPONENTS, STAGING] {
            let _ = take_away(&cache.root, area, "old");
            let _ = sweep(&cache.root);
        }
        fs::remove_file(&place).unwrap();
        fs::rename(&aside, &place).unwrap();
    }
    for name in ["old", "components/old", "staging/dead"] {
        assert!(precious.join(name).exists(), "{name}");
    }
}

/// A cache with one component, `key`.
fn root() -> (tempfile::TempDir, Root) {
    let dir = tempfile::tempdir().unwrap();
    let root = Root::create(&dir.path().join("cache")).unwrap();
    fs::create_dir_all(root.path_of(COMPONENTS, "key").join("lib")).unwrap();
    (dir, root)
}

fn remove(root: &Root) -> bool {
    remove_component(root, "key", &["old".to_owned()].into(), None).unwrap()
}

#[test]
fn a_component_stays_if_somebody_may_have_found_it() {
    let (_dir, root) = root();
    let (component, other) = (root.path_of(COMPONENTS, "key"), "0123.pruned.1");
    for (area, name) in [(STAGING, "being made"), (ENVS, "new")] {
        let path = root.path_of(area, name);
        fs::create_dir(&path).unwrap();
        assert!(!remove(&root) && component.join("lib").exists(), "{area}");
        fs::remove_dir(path).unwrap();
    }
    for (area, name) in [(STAGING, other), (ENVS, "old")] {
        fs::create_dir(root.path_of(area, name)).unwrap();
    }
    assert!(remove(&root) && !component.exists());
    assert_eq!(Vec::from_iter(names(&root, STAGING).unwrap()), [other]);
}

#[test]
fn a_tree_goes_without_a_staging_area() {
    let (_dir, root) = root();
    fs::remove_dir(root.path_of(STAGING, "")).unwrap();
    take_away(&root, COMPONENTS, "key").unwrap();
    assert!(!root.path_of(COMPONENTS, "key").exists());
}

#[test]
fn leftovers_of_the_same_process_id_are_in_nobodys_way() {
    let (_dir, root) = root();
    let left = format!("key{PRUNED}{}", std::process::id());
    fs::create_dir_all(root.path_of(STAGING, left).join("lib")).unwrap();
    take_away(&root, COMPONENTS, "key").unwrap();
    assert!(!root.path_of(COMPONENTS, "key").exists());
    assert!(names(&root, STAGING).unwrap().is_empty());
}
