use std::fs;

use super::*;
use crate::forged::{Cache, ago};
use crate::layout::{PRUNED, STAGING};
use crate::lease;

/// What is left after a cold start of `own`: the keys of environments, and the number of components.
fn left(cache: &Cache, variable: Option<&str>) -> (BTreeSet<String>, usize) {
    clean(&cache.root, "own", variable, Instant::now() + Duration::from_mins(1)).unwrap();
    assert!(names(&cache.root, STAGING).unwrap().is_empty());
    (names(&cache.root, ENVS).unwrap(), names(&cache.root, COMPONENTS).unwrap().len())
}

fn keys(keys: &[&str]) -> BTreeSet<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

/// An environment of the start, one of last week, and an old one with a component of its own.
fn three() -> Cache {
    Cache::new()
        .env("own", ago(0), ago(0), &[("python", 100), ("a2", 10)])
        .env("recent", ago(7), ago(300), &[("python", 100), ("b", 20)])
        .env("old", ago(91), ago(300), &[("python", 100), ("a1", 10)])
}

#[test]
fn what_was_unused_for_90_days_goes_with_its_components() {
    assert_eq!(left(&three(), None), (keys(&["own", "recent"]), 3));
}

#[test]
fn the_users_variable_sets_the_days_or_keeps_all() {
    assert_eq!(left(&three(), Some("92")), (keys(&["own", "recent", "old"]), 4));
    assert_eq!(left(&three(), Some("90")), (keys(&["own", "recent"]), 3));
    for off in ["0", "", "90 days"] {
        assert_eq!(left(&three(), Some(off)), (keys(&["own", "recent", "old"]), 4), "{off}");
    }
}

#[test]
fn each_archive_sets_the_days_of_its_own_environment() {
    let cache = || {
        let days = |days| {
            move |manifest: &mut snakecrate_format::manifest::Manifest| {
                manifest.launch.keep_days = Some(days);
            }
        };
        Cache::new()
            .env_with("own", ago(0), ago(0), &[("python", 1)], days(1))
            .env("recent", ago(7), ago(7), &[("python", 1)])
            .env_with("for ever", ago(900), ago(900), &[("python", 1), ("a", 1)], days(0))
            .env_with("for a week", ago(8), ago(8), &[("python", 1), ("b", 1)], days(7))
    };
    assert_eq!(left(&cache(), None), (keys(&["own", "recent", "for ever"]), 2));
    assert_eq!(left(&cache(), Some("90")), (keys(&["own", "recent", "for a week"]), 2));
}

/// A clock that is wrong makes everything look old.
#[test]
fn nothing_goes_if_every_other_environment_looks_old() {
    let cache = Cache::new()
        .env("own", ago(0), ago(0), &[("python", 100)])
        .env("one", ago(91), ago(91), &[("python", 100), ("a", 10)])
        .env("two", ago(500), ago(500), &[("python", 100), ("b", 20)]);
    assert_eq!(left(&cache, None), (keys(&["own", "one", "two"]), 3));
}

#[test]
fn a_leased_environment_stays() {
    let cache = three();
    let leased = cache.root.open_tree(ENVS, "old").unwrap();
    assert_eq!(lease::take(&leased), lease::Lock::Taken);
    assert_eq!(left(&cache, None), (keys(&["own", "recent", "old"]), 4));
}

#[test]
fn components_stay_while_an_environment_is_made() {
    let cache = three();
    fs::create_dir(cache.root.path_of(STAGING, "other")).unwrap();
    let deadline = Instant::now() + Duration::from_mins(1);
    clean(&cache.root, "own", None, deadline).unwrap();
    assert_eq!(names(&cache.root, ENVS).unwrap(), keys(&["own", "recent"]));
    assert_eq!(names(&cache.root, COMPONENTS).unwrap().len(), 4);
}

#[test]
fn a_removal_that_ran_out_of_time_is_continued_first() {
    let cache = three();
    let half = cache.root.path_of(STAGING, format!("old{PRUNED}1"));
    fs::create_dir_all(half.join("lib")).unwrap();
    let over = clean(&cache.root, "own", None, Instant::now()).unwrap_err();
    assert_eq!(over.kind(), ErrorKind::TimedOut);
    assert!(half.exists());
    assert_eq!(names(&cache.root, ENVS).unwrap().len(), 3);
    assert_eq!(left(&cache, None), (keys(&["own", "recent"]), 3));
}

#[test]
fn the_user_decides_before_the_archive_and_nothing_odd_removes() {
    let days = |count: u32| Some(count * DAY);
    assert_eq!(keep(None, None), days(90));
    assert_eq!(keep(None, Some(7)), days(7));
    assert_eq!(keep(None, Some(0)), None);
    assert_eq!(keep(Some("30"), Some(7)), days(30));
    assert_eq!(keep(Some("30"), Some(0)), days(30));
    for odd in ["0", "", "-1", "90d", "for ever", "99999999999"] {
        assert_eq!(keep(Some(odd), Some(7)), None, "{odd}");
    }
}
