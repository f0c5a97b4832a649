//! Attachments: the launcher ignores them, and `verify` compares them with the manifest.

use serde_json::Value;

use crate::support::forge::{Forge, SAYS};

const NAME: &str = "attachments/licenses/click.txt";

fn licensed() -> Forge {
    Forge::honest().attachment(NAME, b"A licence text\n")
}

fn changed(change: impl FnOnce(&mut Value) + 'static) -> Forge {
    licensed().manifest(|m| change(&mut m["attachments"][0]))
}

/// The launcher ignores attachments and starts; the packer refuses the manifest for what is wrong.
macro_rules! refused_by_the_packer {
    ($($name:ident: $forge:expr => $what:expr;)*) => {
        $(#[test]
        fn $name() {
            let sandbox = $forge.sandbox();
            sandbox.archive("app").expect(0, SAYS, "");
            for command in ["inspect", "verify"] {
                sandbox.run([command, "app"]).refused(1, $what, "download it again");
            }
        })*
    };
}

refused_by_the_packer! {
    an_attachment_in_the_place_of_a_member: changed(|a| a["name"] = "components/x".into())
        => "an attachment called `components/x`";
    an_attachment_outside_its_folder: changed(|a| a["name"] = "attachments/../x".into())
        => "`attachments/../x` has `.` or `..` in it at line";
    an_attachment_of_no_component: changed(|a| a["component"] = "wheel-x-1".into())
        => r#"an attachment of "wheel-x-1", which is not in it"#;
    an_attachment_of_no_role: changed(|a| a["role"] = "".into())
        => r#"an attachment that is """#;
    an_attachment_longer_than_any: changed(|a| a["bytes"] = (1u64 << 40).into())
        => "`attachments/licenses/click.txt` has";
    attachments_out_of_order: licensed().manifest(|m| {
        m["attachments"].as_array_mut().unwrap().reverse();
    }) => "attachments that are not sorted, or two of a name";
    an_icon_that_is_not_attached: licensed().manifest(|m| m["icon"] = "attachments/x.png".into())
        => "the icon `attachments/x.png` is not attached";
}

#[track_caller]
fn starts_and_does_not_verify(forge: Forge, what: &str) {
    let sandbox = forge.sandbox();
    sandbox.archive("app").expect(0, SAYS, "");
    sandbox.run(["verify", "app"]).refused(1, what, "download it again");
}

#[test]
fn verify_compares_attachments_with_the_manifest() {
    let sandbox = licensed().sandbox();
    sandbox.archive("app").expect(0, SAYS, "");
    sandbox.run(["verify", "app"]).success().stdout_contains("app").any_stderr().done();
    let other = "another length or digest than the manifest says";
    starts_and_does_not_verify(changed(|a| a["bytes"] = 1.into()), other);
    let digest = |a: &mut Value| a["blake3"] = blake3::hash(b"").to_hex().as_str().into();
    starts_and_does_not_verify(changed(digest), other);
    let renamed = changed(|a| a["name"] = "attachments/x".into());
    starts_and_does_not_verify(renamed, "stands in its place");
}

#[test]
fn verify_finds_attachments_that_the_manifest_lacks() {
    let forge = licensed().manifest(|m| drop(m["attachments"].as_array_mut().unwrap().remove(0)));
    starts_and_does_not_verify(forge, "10 members, the manifest names 9");
}
