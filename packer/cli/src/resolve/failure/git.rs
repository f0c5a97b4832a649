//! Messages of git.

/// What the user can do about git's `message`.
pub(in crate::resolve) fn remedy(message: &str) -> &'static str {
    let has = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if has(&["Git executable not found", "No such file or directory (os error 2)"]) {
        return "install git";
    }
    if has(&["couldn't find remote ref", "pathspec", "reference is not a tree", "not our ref"]) {
        return "check the branch, tag or commit";
    }
    if has(&["Authentication failed", "could not read Username", "could not read Password"]) {
        return "give git access to it: a credential helper, or a user and token in the URL";
    }
    if has(&["Permission denied", "publickey", "Host key verification failed"]) {
        return "give git access to it: an SSH key that the host knows";
    }
    if has(&["not found", "does not exist", "does not appear to be a git repository"]) {
        return "check the address, and that you may read the repository";
    }
    "check the address and the network; `git ls-remote` with it shows the same error"
}
