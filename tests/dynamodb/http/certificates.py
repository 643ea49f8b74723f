"""A certificate for loopback, made anew for each run of the tests."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from anydynamo.adapters.dynamodb.http import ResumingContext

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Certificate"]


@dataclass
class Certificate:
    """A self-signed certificate for an address.

    Attributes:
        folder: Where its file is put.
        address: What it is for.
    """

    folder: Path
    address: str = "127.0.0.1"

    @cached_property
    def path(self) -> Path:
        """The file with the certificate and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
        today = dt.datetime.now(dt.UTC)
        alternative = x509.SubjectAlternativeName(
            [x509.IPAddress(ipaddress.ip_address(self.address))]
        )
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(today - dt.timedelta(days=1))
            .not_valid_after(today + dt.timedelta(days=1))
            .add_extension(alternative, critical=False)
            .sign(key, hashes.SHA256())
        )
        path = self.folder / f"{self.address}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + made.public_bytes(serialization.Encoding.PEM)
        )
        return path

    def server(self) -> ssl.SSLContext:
        """Make the context of a server that has it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path)
        return context

    def client(self) -> ResumingContext:
        """Make the context of a client that trusts it."""
        context = ResumingContext()
        context.load_verify_locations(self.path)
        return context
