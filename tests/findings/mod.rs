//! What 47 real projects, built from fresh clones without any flag, have shown: each fault with the
//! tests that reproduce it offline. Most of them are where their subject is.

/// Missing libraries and modules: what a trial shows, and what the message names.
mod evidence;

use crate::docs::tests_of_all_crates;

/// A fault, and the tests that fail if it comes back.
const FINDINGS: &[(&str, &[&str])] = &[
    (
        "a plug-in that nobody needs refused a build for its missing libraries",
        &["a_missing_library_that_no_import_needs_is_one_warning"],
    ),
    (
        "a library that an entry needs was reported without the flag that bundles it",
        &["a_missing_library_that_an_import_needs_fails_the_build"],
    ),
    (
        "each missing library was an error of its own, found one build after the other",
        &[
            "several_missing_libraries_are_one_error_with_one_flag",
            "several_missing_libraries_are_one_problem_with_one_flag",
        ],
    ),
    (
        "an archive on its own C library did not find the host's driver",
        &["archives_on_their_own_c_library_find_a_driver_that_they_need"],
    ),
    (
        "a missing module was reported without the distribution that has it",
        &[
            "a_missing_module_is_named_with_its_distribution",
            "a_missing_module_is_named_with_the_extra_that_has_it",
            "a_module_that_was_left_out_is_named_with_its_flag",
        ],
    ),
    (
        "an entry whose module is missing was built",
        &["an_entry_whose_import_fails_fails_the_build_with_its_traceback"],
    ),
    (
        "a function that does not exist was built",
        &["a_function_that_does_not_exist_fails_the_build"],
    ),
    ("-m PACKAGE.nope was built", &["a_module_that_python_m_would_not_find_fails_the_build"]),
    (
        "an entry whose extra is not packed was offered, and failed",
        &["entries_whose_extra_is_not_packed_are_not_offered"],
    ),
    (
        "versions differed from uv.lock",
        &[
            "a_lock_decides_versions_and_groups_are_packed_on_demand",
            "dependencies_are_followed_where_their_markers_hold",
        ],
    ),
    (
        "versions differed from pylock.toml",
        &[
            "locks_that_differ_are_an_error_unless_one_is_named",
            "one_of_several_entries_of_a_name_applies",
        ],
    ),
    (
        "versions differed from poetry.lock and pdm.lock",
        &["versions_extras_and_groups_are_those_of_poetry_and_pdm"],
    ),
    (
        "versions differed from a hashed requirements.txt",
        &["a_list_is_a_lock_only_if_everything_is_pinned_and_hashed"],
    ),
    ("versions differed from script.py.lock", &["a_script_has_its_own_lock"]),
    (
        "an outdated lock was not noticed",
        &[
            "an_outdated_lock_warns_and_locked_refuses_it",
            "an_outdated_lock_warns_and_is_refused_if_it_must_be_current",
        ],
    ),
    (
        "a workspace was refused without naming its members",
        &[
            "members_of_a_workspace_are_chosen_by_name_and_locked_above",
            "members_with_commands_come_first",
        ],
    ),
    (
        "blank lines in a License header lost all dependencies",
        &["license_texts_with_blank_lines_hide_no_requirement"],
    ),
    (
        "a requirement that nothing meets was not noticed",
        &["all_unmet_requirements_are_one_error", "an_overridden_requirement_is_a_warning"],
    ),
    (
        "files of wheels were dropped in silence",
        &["no_file_of_a_wheel_is_unaccounted_for", "inspect_lists_each_dropped_file_with_its_rule"],
    ),
    (
        "a setup.py that raises failed without a word",
        &[
            "a_setup_py_that_raises_is_reported_with_its_exception",
            "an_exception_of_a_back_end_is_the_first_line_of_the_error",
        ],
    ),
    (
        "a missing compiler or header was reported as a failed build",
        &[
            "a_missing_compiler_is_reported_as_that",
            "a_missing_header_is_reported_with_its_package",
        ],
    ),
    (
        "a git source that cannot be fetched was not named",
        &["a_git_source_that_cannot_be_fetched_is_named_without_credentials"],
    ),
    (
        "passwords of index URLs could get into what is written",
        &[
            "a_password_in_the_index_url_is_used_and_not_written",
            "a_password_in_netrc_is_used_and_not_written",
            "a_wrong_password_is_not_in_the_error",
        ],
    ),
    (
        "wheels of another resolver could not be packed",
        &["a_requirement_is_packed_from_the_directory_alone"],
    ),
    (
        "--offline needed what no command fetches",
        &["what_was_fetched_builds_offline_to_the_same_bytes"],
    ),
    (
        "a proof must not change the archive",
        &["an_archive_has_the_same_bytes_with_and_without_a_proof"],
    ),
];

#[test]
fn every_finding_has_its_tests() {
    let tests = tests_of_all_crates();
    for (finding, named) in FINDINGS {
        assert!(!named.is_empty(), "no test for: {finding}");
        for name in *named {
            assert!(tests.contains(*name), "{finding}: there is no test `{name}`");
        }
    }
}
