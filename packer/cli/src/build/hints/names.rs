//! Distributions whose modules have other names.
//!
//! The names are from the documentation of each project: what it says to install, and what to
//! import. Only well-known distributions are here. Where several have the module, the one that its
//! documentation recommends is named.

/// A module and its distribution, sorted by module.
const NAMES: &[(&str, &str)] = &[
    ("Crypto", "pycryptodome"),
    ("Cryptodome", "pycryptodomex"),
    ("MySQLdb", "mysqlclient"),
    ("OpenGL", "PyOpenGL"),
    ("OpenSSL", "pyOpenSSL"),
    ("PIL", "Pillow"),
    ("Xlib", "python-xlib"),
    ("attr", "attrs"),
    ("bs4", "beautifulsoup4"),
    ("bson", "pymongo"),
    ("cairo", "pycairo"),
    ("cv2", "opencv-python"),
    ("dateutil", "python-dateutil"),
    ("decouple", "python-decouple"),
    ("discord", "discord.py"),
    ("dns", "dnspython"),
    ("docx", "python-docx"),
    ("dotenv", "python-dotenv"),
    ("fitz", "PyMuPDF"),
    ("gi", "PyGObject"),
    ("git", "GitPython"),
    ("github", "PyGithub"),
    ("google.oauth2", "google-auth"),
    ("google.protobuf", "protobuf"),
    ("googleapiclient", "google-api-python-client"),
    ("grpc", "grpcio"),
    ("gridfs", "pymongo"),
    ("jose", "python-jose"),
    ("jwt", "PyJWT"),
    ("kafka", "kafka-python"),
    ("ldap", "python-ldap"),
    ("magic", "python-magic"),
    ("mpl_toolkits", "matplotlib"),
    ("multipart", "python-multipart"),
    ("mysql", "mysql-connector-python"),
    ("nacl", "PyNaCl"),
    ("pkg_resources", "setuptools"),
    ("pptx", "python-pptx"),
    ("psycopg2", "psycopg2-binary"),
    ("pylab", "matplotlib"),
    ("pythonjsonlogger", "python-json-logger"),
    ("pywt", "PyWavelets"),
    ("rest_framework", "djangorestframework"),
    ("serial", "pyserial"),
    ("shapefile", "pyshp"),
    ("skimage", "scikit-image"),
    ("sklearn", "scikit-learn"),
    ("slugify", "python-slugify"),
    ("socks", "PySocks"),
    ("telegram", "python-telegram-bot"),
    ("umap", "umap-learn"),
    ("usb", "pyusb"),
    ("wx", "wxPython"),
    ("yaml", "PyYAML"),
    ("zmq", "pyzmq"),
];

/// The distribution that has `module`, or a package that contains it.
pub(super) fn distribution(module: &str) -> Option<&'static str> {
    super::prefixes(module)
        .find_map(|prefix| NAMES.iter().find(|(known, _)| *known == prefix))
        .map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_module_of_another_name_is_listed_once() {
        let mut modules: Vec<_> = NAMES.iter().map(|(module, _)| module).collect();
        modules.sort_unstable();
        modules.dedup();
        assert_eq!(modules.len(), NAMES.len());
        let same = NAMES.iter().find(|(module, name)| {
            crate::wheel::normalize(module) == crate::wheel::normalize(name)
        });
        assert_eq!(same, None, "only names that differ are listed");
    }
}
