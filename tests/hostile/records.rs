//! Boot records with a lie in each of their fields.

use super::{Refusal, hostile, is_refused};
use crate::support::forge::Forge;

/// Puts a number into a field; the half digest is made right.
fn field(at: usize, number: u64) -> Forge {
    Forge::honest().record(move |record| record[at..at + 8].copy_from_slice(&number.to_le_bytes()))
}

fn refused(what: &str) -> Refusal {
    Refusal::new(what.to_owned(), what, false)
}

fn damaged() -> Refusal {
    refused("the boot record is damaged")
}

fn version(number: u16) -> Refusal {
    refused(&format!("the boot record has version {number}, this build knows 2"))
        .help("run it with its own launcher")
}

fn flags(found: &str) -> Refusal {
    refused(&format!("the boot record has flags {found}, this build knows 0x0003"))
        .help("run it with its own launcher")
}

fn manifest_is_not_what_was_packed() -> Refusal {
    refused("this file is damaged: its manifest is not what was packed")
        .packer("its manifest is not what was packed")
}

hostile! {
    no_magic: Forge::honest().record(|record| record[0] = 0) => refused("no boot record");
    a_blank_record: Forge::honest().broken_record(|record| record[8..].fill(0))
        => refused("this launcher carries no application").help("snakecrate build makes a complete one");
    a_record_of_version_0: Forge::honest().record(|record| record[8] = 0) => version(0);
    a_record_of_version_1: Forge::honest().record(|record| record[8] = 1) => version(1);
    a_record_of_version_3: Forge::honest().record(|record| record[8] = 3) => version(3);
    a_record_of_version_258: Forge::honest().record(|record| record[9] = 1) => version(258);
    an_unknown_flag: Forge::honest().record(|record| record[10] = 4) => flags("0x0004");
    a_runtime_without_its_name: Forge::honest().record(|record| record[10] = 2) => damaged();
    a_runtime_in_another_directory: Forge::honest().record(|record| {
        record[10] = 2;
        record[152..166].copy_from_slice(b"../a-1.runtime");
    }) => damaged();
    a_flag_of_the_second_byte: Forge::honest().record(|record| record[11] = 0x80)
        => flags("0x8000");
    a_signed_archive_without_a_signature: Forge::honest().record(|record| record[10] = 1)
        => damaged();
    a_signature_without_its_flag: Forge::honest().record(|record| record[72..152].fill(7))
        => damaged();
    a_signature_without_a_key: Forge::honest().record(|record| {
        record[10] = 1;
        record[88..152].fill(7);
    }) => damaged();
    a_key_without_a_signature: Forge::honest().record(|record| {
        record[10] = 1;
        record[72..88].fill(7);
    }) => damaged();
    bytes_that_are_zero_and_are_not: Forge::honest().record(|record| record[15] = 1) => damaged();
    a_manifest_whose_end_no_number_holds: field(16, u64::MAX) => damaged();
    a_manifest_behind_the_archive: field(16, 1 << 40) => damaged();
    a_manifest_longer_than_the_archive: field(24, 1 << 23) => damaged();
    a_manifest_longer_than_any: field(24, u64::MAX) => damaged();
    a_manifest_that_begins_elsewhere: field(16, 4096) => manifest_is_not_what_was_packed();
    a_manifest_of_no_bytes: field(24, 0) => manifest_is_not_what_was_packed();
    a_manifest_of_another_digest: Forge::honest().record(|record| record[40] ^= 1)
        => manifest_is_not_what_was_packed();
    an_archive_of_no_bytes: field(32, 0) => damaged();
    a_half_digest_of_zeros: Forge::honest().broken_record(|record| record[240..].fill(0)) => damaged();
}

#[test]
fn a_record_that_says_more_bytes_than_there_are() {
    let length = Forge::honest().bytes().len();
    let refusal =
        refused(&format!("this file is incomplete: it has {length} bytes of {}", 1u64 << 40));
    let refusal = Refusal {
        launcher: refusal.launcher.replace(&format!("{length} bytes"), "[SIZE]"),
        ..refusal
    };
    is_refused(field(32, 1 << 40), refusal.packer("truncated: have [SIZE], need 1099511627776"));
}

/// Bytes 152 to 240 are for later versions.
#[test]
fn reserved_bytes_of_the_record_are_ignored() {
    let sandbox = Forge::honest().record(|record| record[152..240].fill(0xff)).sandbox();
    sandbox.archive("app").expect(0, crate::support::forge::SAYS, "");
}

/// The launcher has no key to check a signature with.
#[test]
fn a_signed_archive_starts() {
    let forge = Forge::honest().record(|record| {
        record[10] = 1;
        record[72..152].fill(7);
    });
    let sandbox = forge.sandbox();
    sandbox.archive("app").expect(0, crate::support::forge::SAYS, "");
    sandbox.run(["verify", "app"]).success().stdout_contains("app").any_stderr().done();
}
