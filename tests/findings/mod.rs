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
        "an entry whose import fails was built",
        &["an_entry_whose_import_fails_fails_the_build_with_its_traceback"],
    ),
    (
        "blank lines in a License header lost all dependencies",
        &["license_texts_with_blank_lines_hide_no_requirement"],
    ),
    ("a requirement that nothing meets was not noticed", &["all_unmet_requirements_are_one_error"]),
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
