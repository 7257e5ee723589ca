# SPDX-License-Identifier: Apache-2.0
"""Certificates of a test, made by the `openssl` command."""

import pathlib
import ssl
import subprocess

from support.serialized import SerializedSocket

SETTINGS = """
[req]
distinguished_name = name
prompt = no
[name]
CN = Weir test
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[server]
basicConstraints = CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:localhost, IP:127.0.0.1
"""


class Authority:
    """Signs certificates that only its own `client_context` trusts."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self._settings = self.directory / "settings.cnf"
        self._settings.write_text(SETTINGS)
        self.certificate = self.directory / "authority.pem"
        self._key = self.directory / "authority.key"
        self._make(self.certificate, self._key, "authority")

    def issue(self, directory):
        """Writes server.pem and server.key into the directory, over what is there; returns both."""
        paths = [pathlib.Path(directory) / name for name in ("server.pem", "server.key")]
        new = [path.with_suffix(path.suffix + ".new") for path in paths]
        self._make(*new, "server", "-CA", self.certificate, "-CAkey", self._key)
        for source, target in zip(new, paths):
            source.replace(target)
        return paths

    def _make(self, certificate, key, section, *signer):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
            + ["-config", self._settings, "-extensions", section, "-days", "30"]
            + ["-out", certificate, "-keyout", key, *signer],
            check=True,
            capture_output=True,
        )

    def client_context(self, version=None, protocols=("http/1.1",)):
        """Trusts this authority; speaks one version only where one is given."""
        context = ssl.create_default_context(cafile=self.certificate)
        context.set_alpn_protocols(list(protocols))
        context.sslsocket_class = SerializedSocket
        if version:
            context.minimum_version = context.maximum_version = version
        return context
