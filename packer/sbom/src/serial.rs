//! Serial numbers of documents.

use snakecrate_format::digest::Digest;

/// A UUID of version 8 (RFC 9562): 122 bits of the digest.
pub fn serial_number(digest: &Digest) -> String {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.0[..16]);
    uuid::Uuid::new_v8(bytes).urn().to_string()
}
