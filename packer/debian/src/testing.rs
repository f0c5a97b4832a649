//! A forged mirror, and keys that sign it, for tests.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use pgp::composed::{
    ArmorOptions, CleartextSignedMessage, EncryptionCaps, KeyType, SecretKeyParamsBuilder,
    SignedSecretKey, SubkeyParamsBuilder,
};
use pgp::ser::Serialize as _;
use pgp::types::Password;
use rand::thread_rng;
use tar::{EntryType, Header};

/// A key that signs releases.
#[derive(Debug)]
pub struct Signer(SignedSecretKey);

impl Default for Signer {
    fn default() -> Self {
        Self::new()
    }
}

impl Signer {
    /// A new key; its subkey may sign, too.
    ///
    /// # Panics
    ///
    /// It cannot be made.
    pub fn new() -> Self {
        let mut subkey = SubkeyParamsBuilder::default();
        subkey.key_type(KeyType::Ed25519Legacy).can_sign(true);
        let mut key = SecretKeyParamsBuilder::default();
        key.key_type(KeyType::Ed25519Legacy)
            .can_certify(true)
            .can_sign(true)
            .can_encrypt(EncryptionCaps::None)
            .primary_user_id("Test <test@example.org>".into())
            .subkeys(vec![subkey.build().unwrap()]);
        Self(key.build().unwrap().generate(thread_rng()).unwrap())
    }

    /// The public key, not armoured.
    ///
    /// # Panics
    ///
    /// It cannot be written.
    pub fn keyring(&self) -> Vec<u8> {
        self.0.to_public_key().to_bytes().unwrap()
    }

    /// `text`, signed by the key or its subkey.
    ///
    /// # Panics
    ///
    /// It cannot be signed.
    pub fn sign(&self, text: &str, by_subkey: bool) -> String {
        let password = Password::empty();
        let message = if by_subkey {
            let subkey = &self.0.secret_subkeys[0].key;
            CleartextSignedMessage::sign(thread_rng(), text, subkey, &password)
        } else {
            CleartextSignedMessage::sign(thread_rng(), text, &self.0.primary_key, &password)
        };
        message.unwrap().to_armored_string(ArmorOptions::default()).unwrap()
    }
}

/// A member of a package: its path, and its content with its mode, or the target of a link.
#[derive(Debug, Clone)]
pub enum Member {
    /// A regular file.
    File(String, u32, Vec<u8>),
    /// A symbolic link.
    Link(String, String),
}

/// The file of a package with these members.
///
/// # Panics
///
/// It cannot be written.
pub fn deb(members: &[Member]) -> Vec<u8> {
    let mut data = tar::Builder::new(Vec::new());
    for member in members {
        let mut header = Header::new_gnu();
        match member {
            Member::File(path, mode, content) => {
                header.set_mode(*mode);
                header.set_size(content.len() as u64);
                data.append_data(&mut header, path, &content[..]).unwrap();
            }
            Member::Link(path, target) => {
                header.set_entry_type(EntryType::Symlink);
                header.set_size(0);
                data.append_link(&mut header, path, target).unwrap();
            }
        }
    }
    let data = data.into_inner().unwrap();
    let mut archive = ar::Builder::new(Vec::new());
    for (name, content) in [("debian-binary", &b"2.0\n"[..]), ("data.tar", &data)] {
        let header = ar::Header::new(name.into(), content.len() as u64);
        archive.append(&header, content).unwrap();
    }
    archive.into_inner().unwrap()
}

/// The files of a mirror with one suite and one architecture.
#[derive(Debug, Clone, Default)]
pub struct Mirror {
    /// Contents by path.
    pub files: BTreeMap<String, Vec<u8>>,
    /// The list of the suite, before it is signed.
    pub release: String,
    suite: String,
}

impl Mirror {
    /// The mirror of the packages `all`: name, fields that end with a newline each, and file.
    pub fn new(suite: &str, architecture: &str, all: &[(&str, &str, Vec<u8>)]) -> Self {
        let mut files = BTreeMap::new();
        let mut packages = String::new();
        for (name, fields, file) in all {
            let path = format!("pool/{name}_1+x_{architecture}.deb");
            let _ = write!(
                packages,
                "Package: {name}\nVersion: 1+x\nArchitecture: {architecture}\nFilename: {path}\n\
                 Size: {}\nSHA256: {}\n{fields}\n",
                file.len(),
                sha256(file)
            );
            files.insert(path.replace('+', "%2B"), file.clone());
        }
        let index = packages.into_bytes();
        let list = format!("main/binary-{architecture}/Packages.xz");
        let release = format!(
            "Origin: Debian\nSuite: {suite}-suite\nCodename: {suite}\nVersion: 12.9\n\
             Date: Sat, 11 Jul 2026 10:16:37 UTC\nAcquire-By-Hash: yes\nSHA256:\n {} {} {list}\n",
            sha256(&index),
            index.len()
        );
        let by_hash = format!("main/binary-{architecture}/by-hash/SHA256/{}", sha256(&index));
        files.insert(format!("dists/{suite}/{by_hash}"), index);
        Self { files, release, suite: suite.to_owned() }
    }

    /// Adds the list, signed by `signer`.
    #[must_use]
    pub fn signed(mut self, signer: &Signer) -> Self {
        let text = signer.sign(&self.release, false);
        self.files.insert(format!("dists/{}/InRelease", self.suite), text.into_bytes());
        self
    }

    /// The answer to a request for `path`.
    pub fn answer(&self, path: &str) -> Vec<u8> {
        match self.files.get(path.trim_start_matches('/')) {
            Some(content) => snakecrate_base::testing::ok(content),
            None => snakecrate_base::testing::status("404 Not Found"),
        }
    }
}

fn sha256(bytes: &[u8]) -> String {
    let hex = |text: &mut String, byte: &u8| write!(text, "{byte:02x}");
    let digest = <sha2::Sha256 as sha2::Digest>::digest(bytes);
    digest.iter().fold(String::new(), |mut text, byte| {
        let _ = hex(&mut text, byte);
        text
    })
}
