"""Trust roots for TLS on hosts that keep them elsewhere than this runtime's OpenSSL expects.

OpenSSL reads SSL_CERT_FILE and SSL_CERT_DIR. If they are not set, it reads the paths of the machine
that it was built on. If there are no certificates, this module loads those that the host has in
other places, or else the archive's. `ssl` imports it at its end.
"""

import os
import sys

# In the order of Go's crypto/x509/root_linux.go.
_FILES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
_DIRECTORIES = ("/etc/ssl/certs", "/etc/pki/tls/certs")
_CARRIED = os.path.join(sys.base_prefix, "share", "cacert.pem")
_HEX = frozenset("0123456789abcdef")


def _has_certificates(path):
    try:
        with open(path, "rb") as file:
            return b"-----BEGIN " in file.read()
    except OSError:
        return False


def _within(directory):
    try:
        return [os.path.join(directory, name) for name in sorted(os.listdir(directory))]
    except OSError:
        return []


def _places():
    """The host's certificates, then the archive's: pairs of a file or a directory."""
    for file in _FILES:
        if _has_certificates(file):
            yield file, None
    for directory in _DIRECTORIES:
        if any(map(_has_certificates, _within(directory))):
            yield None, directory
    if os.path.isfile(_CARRIED):
        yield _CARRIED, None


def _is_hash(name):
    stem, _, number = name.partition(".")
    return len(stem) == 8 and _HEX.issuperset(stem) and number.isdigit()


def _has_hashes(directory):
    """Whether OpenSSL finds a certificate in a directory, by a name such as 5ed36f99.0."""
    try:
        with os.scandir(directory) as entries:
            return any(_is_hash(entry.name) for entry in entries)
    except OSError:
        return False


def _openssl_finds_some(file_variable, file, directory_variable, directory):
    """Whether the user named the roots, or they are where OpenSSL expects them."""
    return (
        file_variable in os.environ
        or directory_variable in os.environ
        or _has_certificates(file)
        or any(map(_has_hashes, directory.split(":")))
    )


def settle(ssl):
    """Changes the module `ssl` that has these globals."""
    inner = ssl["_ssl"]
    get_paths = ssl["get_default_verify_paths"]

    def load(context, file):
        try:
            inner._SSLContext.load_verify_locations(context, file)
        except (OSError, ValueError):  # SSLError is an OSError.
            return False
        return True

    def load_first(context):
        for file, directory in _places():
            # In a directory, OpenSSL only finds files whose names are hashes.
            files = [file] if file else _within(directory)
            if any([load(context, file) for file in files]):
                return

    def set_default_verify_paths(self):
        inner._SSLContext.set_default_verify_paths(self)
        if not _openssl_finds_some(*inner.get_default_verify_paths()):
            load_first(self)

    def get_default_verify_paths():
        paths = get_paths()
        if _openssl_finds_some(*paths[2:]):
            return paths
        for file, directory in _places():
            return paths._replace(cafile=file, capath=directory)
        return paths

    set_default_verify_paths.__doc__ = inner._SSLContext.set_default_verify_paths.__doc__
    set_default_verify_paths.__qualname__ = "SSLContext.set_default_verify_paths"
    get_default_verify_paths.__doc__ = get_paths.__doc__
    get_default_verify_paths.__qualname__ = "get_default_verify_paths"
    for function in set_default_verify_paths, get_default_verify_paths:
        function.__module__ = "ssl"
    ssl["SSLContext"].set_default_verify_paths = set_default_verify_paths
    ssl["get_default_verify_paths"] = get_default_verify_paths
