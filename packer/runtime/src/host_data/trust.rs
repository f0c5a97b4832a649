//! The certificates that TLS trusts.
//!
//! They are Mozilla's as of this program's release. The build machine's may include certificates of
//! its owner, and archives built on two machines would differ.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use webpki_root_certs::TLS_SERVER_ROOT_CERTS;

use crate::error::Error;
use crate::trim::Trim;
use snakecrate_base::tree::Tree;

/// The module that is added beside `ssl.py`.
const OWN: &str = "_snakecrate_trust.py";
const OWN_SOURCE: &str = include_str!("own_trust.py");

const CALL: &str = "from _snakecrate_trust import settle as _settle
_settle(globals())
del _settle
";

const HEADER: &str = "\
# Certificates of authorities that Mozilla trusts to vouch for servers.
# Source: the crate webpki-root-certs.
# Licence: CDLA-Permissive-2.0, https://cdla.dev/permissive-2-0/
";

pub(super) fn equip(tree: &mut Tree, stdlib: &str, trim: &Trim) -> Result<(), Error> {
    let ssl = format!("{stdlib}/ssl.py");
    if !super::change(tree, &ssl, |text| super::appended(text, CALL))? {
        return Ok(());
    }
    super::put(tree, &format!("{stdlib}/{OWN}"), OWN_SOURCE)?;
    super::insert(tree, trim, "share/cacert.pem", bundle().into_bytes())
}

/// All certificates as PEM (RFC 7468).
fn bundle() -> String {
    let mut text = HEADER.to_owned();
    for certificate in TLS_SERVER_ROOT_CERTS {
        text.push_str("-----BEGIN CERTIFICATE-----\n");
        let encoded = STANDARD.encode(certificate);
        for line in encoded.as_bytes().chunks(64) {
            text.push_str(&String::from_utf8_lossy(line));
            text.push('\n');
        }
        text.push_str("-----END CERTIFICATE-----\n");
    }
    text
}
