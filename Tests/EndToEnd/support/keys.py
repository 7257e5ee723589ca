# SPDX-License-Identifier: Apache-2.0
"""Keys for tokens, one of each algorithm, and tokens that nobody should accept."""

import base64
import hashlib
import hmac
import json

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

ALGORITHMS = ["HS256", "RS256", "ES256", "EdDSA"]
SECRET = "a secret of more than 32 bytes, for tests"


class Keys:
    """One key of each algorithm, in files and in the form that PyJWT takes."""

    def __init__(self, directory):
        self.directory = directory
        self.private = {
            "RS256": rsa.generate_private_key(public_exponent=65537, key_size=2048),
            "ES256": ec.generate_private_key(ec.SECP256R1()),
            "EdDSA": ed25519.Ed25519PrivateKey.generate(),
        }
        self.secret_file = self._write("secret", SECRET.encode() + b"\n")
        for name, key in self.private.items():
            pem = key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            self._write(f"{name}.pem", pem)
            self._write(f"{name}.pub", self.public_pem(name))
        self.key_set = self._write("keys.json", json.dumps(self.jwks(*self.private)).encode())

    def _write(self, name, content):
        file = self.directory / name
        file.write_bytes(content)
        return file

    def public_pem(self, name):
        return (
            self.private[name]
            .public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        )

    def jwks(self, *names):
        classes = {
            "RS256": jwt.algorithms.RSAAlgorithm,
            "ES256": jwt.algorithms.ECAlgorithm,
            "EdDSA": jwt.algorithms.OKPAlgorithm,
        }
        keys = [
            {**json.loads(classes[name].to_jwk(self.private[name].public_key())), "kid": name}
            for name in names
        ]
        return {"keys": keys}

    def signing(self, name):
        return SECRET if name == "HS256" else self.private[name]

    def verifying(self, name):
        return SECRET if name == "HS256" else self.private[name].public_key()

    def signing_options(self, name):
        if name == "HS256":
            return ["--secret-file", self.secret_file]
        return ["--key", self.directory / f"{name}.pem"]

    def verifying_options(self, name):
        if name == "HS256":
            return ["--secret-file", self.secret_file]
        return ["--key", self.directory / f"{name}.pub"]


def base64url(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=")


def forged(claims, secret, **header):
    """A token that HS256 has signed with any bytes: PyJWT refuses some of them."""
    head = base64url(json.dumps({"alg": "HS256", "typ": "JWT", **header}).encode())
    signed = head + b"." + base64url(json.dumps(claims).encode())
    return (signed + b"." + base64url(hmac.new(secret, signed, hashlib.sha256).digest())).decode()
