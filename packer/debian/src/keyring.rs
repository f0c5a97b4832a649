//! Signatures of releases, and the keys that are trusted to make them.
//!
//! As apt does, one good signature is enough: Debian signs a release with the keys of the last two
//! releases, so that each can be verified with the keys of its predecessor.

use std::fs::File;
use std::io::{BufReader, Cursor};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use pgp::composed::{CleartextSignedMessage, Deserializable as _, SignedPublicKey};
use pgp::packet::{PublicKey, PublicSubkey, Signature, SignatureType};
use pgp::types::{KeyDetails as _, Tag};

use crate::error::Error;

/// Debian's keys for bookworm and trixie, without the signatures of others. From debian-archive-keyring
/// 2023.3+deb12u2; `gpg --export-options export-minimal --export`:
///
/// ```text
/// B8B80B5B623EAB6AD8775C45B7C5D7D6350947F8   Archive Automatic Signing Key (12/bookworm)
/// 4D64FEC119C2029067D6E791F8D2585B8783D481   Stable Release Key (12/bookworm)
/// 04B54C3CDCA79751B16BC6B5225629DF75B188BD   Archive Automatic Signing Key (13/trixie)
/// 41587F7DB8C774BCCF131416762F67A0B2C39DE4   Stable Release Key (13/trixie)
/// ```
const DEBIAN: &[u8] = include_bytes!("../keys/debian-archive.pgp");

/// Keys that are trusted to sign releases.
#[derive(Debug)]
pub struct Keyring {
    keys: Vec<SignedPublicKey>,
}

impl Keyring {
    /// The keys in the file at `path`, armoured or not; without one, Debian's.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or has no key.
    pub fn open(path: Option<&Path>) -> Result<Self, Error> {
        let Some(path) = path else {
            return Self::read(Cursor::new(DEBIAN)).map_err(|reason| Error::Keyring {
                path: PathBuf::from("debian-archive.pgp"),
                reason,
            });
        };
        let file =
            File::open(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        Self::read(BufReader::new(file))
            .map_err(|reason| Error::Keyring { path: path.to_owned(), reason })
    }

    fn read(bytes: impl std::io::BufRead) -> Result<Self, String> {
        let text = |error: pgp::errors::Error| error.to_string();
        let (keys, _) = SignedPublicKey::from_reader_many_buf(bytes).map_err(text)?;
        let keys: Vec<_> = keys.collect::<Result<_, _>>().map_err(text)?;
        if keys.is_empty() { Err("it has no public key".into()) } else { Ok(Self { keys }) }
    }

    /// The fingerprints of the primary keys, in capital hex digits.
    pub fn fingerprints(&self) -> Vec<String> {
        self.keys.iter().map(|key| format!("{:X}", key.primary_key.fingerprint())).collect()
    }

    /// The text that is signed in `message` (RFC 9580, 7: the cleartext signature framework).
    ///
    /// # Errors
    ///
    /// A phrase: no key of the ring that was valid at `now` has signed exactly this text.
    pub(crate) fn verified(&self, message: &str, now: SystemTime) -> Result<String, String> {
        let (message, _) = CleartextSignedMessage::from_string(message)
            .map_err(|error| format!("it isn't a signed text ({error})"))?;
        let text = message.signed_text();
        let mut why = "it is signed by no key of the keyring".to_owned();
        for signature in message.signatures() {
            for key in &self.keys {
                match signer(key, signature, text.as_bytes(), now) {
                    Some(Ok(())) => return Ok(text.replace("\r\n", "\n")),
                    Some(Err(reason)) => why = reason,
                    None => {}
                }
            }
        }
        Err(why)
    }
}

/// Whether `key` has made `signature` over `text`; `None` if it names another key.
fn signer(
    key: &SignedPublicKey,
    signature: &Signature,
    text: &[u8],
    now: SystemTime,
) -> Option<Result<(), String>> {
    let names = |fingerprint: &pgp::types::Fingerprint, id: &pgp::types::KeyId| {
        let prints = signature.issuer_fingerprint();
        prints.contains(&fingerprint)
            || (prints.is_empty() && signature.issuer_key_id().contains(&id))
    };
    let primary = &key.primary_key;
    let is_primary = names(&primary.fingerprint(), &primary.legacy_key_id());
    let subkey = key
        .public_subkeys
        .iter()
        .find(|subkey| names(&subkey.key.fingerprint(), &subkey.key.legacy_key_id()));
    if !is_primary && subkey.is_none() {
        return None;
    }
    let check = || {
        if !matches!(signature.typ(), Some(SignatureType::Text | SignatureType::Binary)) {
            return Err("is of the wrong type");
        }
        let made = signature.created().ok_or("has no date")?;
        if SystemTime::from(made) > now + CLOCK_SKEW {
            return Err("is made in the future");
        }
        if let Some(life) = signature.signature_expiration_time()
            && SystemTime::from(made) + life.into() < now
        {
            return Err("has expired");
        }
        let flags_of_primary = primary_is_valid(key, now)?;
        match subkey.filter(|_| !is_primary) {
            None if !flags_of_primary => Err("is by a key that may not sign"),
            None => signature.verify(primary, text).map_err(|_| "is wrong: the text was altered"),
            Some(subkey) => {
                subkey_is_valid(primary, &subkey.key, &subkey.signatures, now)?;
                signature.verify(&subkey.key, text).map_err(|_| "is wrong: the text was altered")
            }
        }
    };
    let name = primary.fingerprint();
    Some(check().map_err(|reason| format!("the signature by {name:X} {reason}")))
}

/// Clocks may differ by this much.
const CLOCK_SKEW: std::time::Duration = std::time::Duration::from_hours(24);

/// Whether the primary key may sign data; it must be neither expired nor revoked.
fn primary_is_valid(key: &SignedPublicKey, now: SystemTime) -> Result<bool, &'static str> {
    let primary = &key.primary_key;
    // A revocation that cannot be verified counts, too: no use is made of doubtful keys.
    if !key.details.revocation_signatures.is_empty() {
        return Err("is by a revoked key");
    }
    let by_users = key.details.users.iter().flat_map(|user| {
        user.signatures.iter().filter(|signature| {
            signature.is_certification()
                && signature.verify_certification(primary, Tag::UserId, &user.id).is_ok()
        })
    });
    let direct = key.details.direct_signatures.iter();
    let direct = direct.filter(|signature| signature.verify_key(primary).is_ok());
    let newest = by_users.chain(direct).max_by_key(|signature| signature.created());
    let newest = newest.ok_or("is by a key without a valid self-signature")?;
    if is_expired(SystemTime::from(primary.created_at()), newest, now) {
        return Err("is by an expired key");
    }
    Ok(newest.key_flags().sign())
}

/// Checks that the subkey belongs to `primary` for signing, and is neither expired nor revoked.
fn subkey_is_valid(
    primary: &PublicKey,
    subkey: &PublicSubkey,
    signatures: &[Signature],
    now: SystemTime,
) -> Result<(), &'static str> {
    if signatures.iter().any(|one| one.typ() == Some(SignatureType::SubkeyRevocation)) {
        return Err("is by a revoked subkey");
    }
    let bindings = signatures.iter().filter(|binding| {
        binding.typ() == Some(SignatureType::SubkeyBinding)
            && binding.verify_subkey_binding(primary, subkey).is_ok()
    });
    let newest = bindings.max_by_key(|binding| binding.created());
    let newest = newest.ok_or("is by a subkey that isn't bound to its key")?;
    // Without the subkey's consent, a stranger's subkey could be bound.
    let consents = newest
        .embedded_signature()
        .is_some_and(|back| back.verify_primary_key_binding(subkey, primary).is_ok());
    if !newest.key_flags().sign() || !consents {
        return Err("is by a subkey that may not sign");
    }
    if is_expired(SystemTime::from(subkey.created_at()), newest, now) {
        return Err("is by an expired subkey");
    }
    Ok(())
}

fn is_expired(created: SystemTime, binding: &Signature, now: SystemTime) -> bool {
    let life = binding.key_expiration_time().map(std::time::Duration::from);
    life.is_some_and(|life| !life.is_zero() && created + life < now)
}
