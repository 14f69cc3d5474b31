"""Certificates for the servers of one deployment: `python -m interfaces.certificates FOLDER NAME... [--owner UID]`.

Writes `ca.pem`, which clients check by, and `NAME.pem` with `NAME.key` for each server, good for that one host name
or address. The authority's own key is thrown away: nobody can make another certificate that those clients believe.
What is there and good for another half of its time is left as it is. Not for servers that others than this deployment
talk to.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography.x509 import Certificate, GeneralName

GOOD_FOR = timedelta(days=730)
# Servers and workers may not agree on the time to the minute.
_EARLIER = timedelta(hours=1)


def main(arguments: Sequence[str] | None = None) -> int:
    """The program. Returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m interfaces.certificates", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="+", metavar="NAME", help="host names or addresses of servers")
    parser.add_argument("--owner", type=int, help="user and group id that the keys are given to")
    given = parser.parse_args(arguments)
    if is_good(given.folder, given.names, now=datetime.now(UTC)):
        sys.stdout.write(f"{given.folder}: left as it is\n")
    else:
        make(given.folder, given.names, owner=given.owner, now=datetime.now(UTC))
        sys.stdout.write(f"{given.folder}: certificates made for {', '.join(given.names)}\n")
    return 0


def is_good(folder: Path, names: Sequence[str], *, now: datetime) -> bool:
    """Is everything there, of one authority, and good for half of its time."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.x509 import load_pem_x509_certificate

    try:
        authority = load_pem_x509_certificate((folder / "ca.pem").read_bytes())
        for name in names:
            (folder / f"{name}.key").stat()
            certificate = load_pem_x509_certificate((folder / f"{name}.pem").read_bytes())
            certificate.verify_directly_issued_by(authority)
            if certificate.not_valid_after_utc < now + GOOD_FOR / 2:
                return False
    except (OSError, ValueError, TypeError, InvalidSignature):
        return False
    return True


def make(folder: Path, names: Sequence[str], *, owner: int | None, now: datetime) -> None:
    """Makes all of them anew. Clients and servers have to be started again to take them up."""
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding

    folder.mkdir(parents=True, exist_ok=True)
    authority_key = generate_private_key(SECP256R1())
    authority = _certificate("settle", authority_key.public_key(), None, authority_key, now)
    for name in names:
        key = generate_private_key(SECP256R1())
        certificate = _certificate(name, key.public_key(), authority, authority_key, now)
        _write(folder / f"{name}.key", _pem_of(key), 0o600, owner)
        _write(folder / f"{name}.pem", certificate.public_bytes(Encoding.PEM), 0o644, owner)
    _write(folder / "ca.pem", authority.public_bytes(Encoding.PEM), 0o644, owner)


def _name_of(server: str) -> GeneralName:
    """The address by which sentinels call a server, or a host name."""
    from cryptography import x509

    try:
        return x509.IPAddress(ip_address(server))
    except ValueError:
        return x509.DNSName(server)


def _certificate(
    name: str, public_key: Any, authority: Certificate | None, signing_key: Any, now: datetime
) -> Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if authority is None else authority.subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now + GOOD_FOR)
        .add_extension(x509.BasicConstraints(ca=authority is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()), critical=False
        )
        .add_extension(
            x509.KeyUsage(
                digital_signature=authority is not None, key_cert_sign=authority is None, content_commitment=False,
                key_encipherment=False, data_encipherment=False, key_agreement=False, crl_sign=False,
                encipher_only=False, decipher_only=False,
            ),
            critical=True,
        )
    )  # fmt: skip
    if authority is not None:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([_name_of(name)]), critical=False
        ).add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    return builder.sign(signing_key, SHA256())


def _pem_of(key: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    pem: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem


def _write(path: Path, content: bytes, mode: int, owner: int | None) -> None:
    partial = path.with_name(f"{path.name}.partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        if owner is not None:
            os.fchown(descriptor, owner, owner)
    partial.replace(path)


if __name__ == "__main__":
    raise SystemExit(main())
