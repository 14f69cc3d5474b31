"""TLS in front of a server that has none: what the servers of a deployment do themselves."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

# PostgreSQL's client asks in the clear whether the server speaks TLS.
_SSL_REQUEST = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"

# The kind of the first record of TLS.
_HANDSHAKE = b"\x16"


def client_certificate(folder: Path) -> Path:
    """A certificate that a client shows, signed by itself; its key is beside it, as `.key`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "client")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(
        name,
        name,
        key.public_key(),
        x509.random_serial_number(),
        now - timedelta(days=1),
        now + timedelta(days=1),
    ).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    place = folder / "client.pem"
    place.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    place.with_suffix(".key").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return place


@contextmanager
def tls_before(
    connect: Callable[[], socket.socket],
    folder: Path,
    name: str,
    *,
    postgres: bool = False,
    plain_too: bool = False,
    known: Path | None = None,
) -> Iterator[int]:
    """Listens on a port of this machine with the certificate NAME of the folder and passes on what comes.

    `plain_too`: also what comes without TLS; `known`: the one certificate that clients may show, and have to.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    if known is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(known)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(
            target=_accept, args=(listener, context, connect, postgres, plain_too), daemon=True
        ).start()
        yield listener.getsockname()[1]
        # Wakes the thread that waits for somebody.
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


def _accept(
    listener: socket.socket,
    context: ssl.SSLContext,
    connect: Callable[[], socket.socket],
    postgres: bool,
    plain_too: bool,
) -> None:
    while True:
        try:
            plain, _ = listener.accept()
        except OSError:
            return
        threading.Thread(
            target=_serve, args=(plain, context, connect, postgres, plain_too), daemon=True
        ).start()


def _serve(
    plain: socket.socket,
    context: ssl.SSLContext,
    connect: Callable[[], socket.socket],
    postgres: bool,
    plain_too: bool,
) -> None:
    try:
        if postgres:
            if plain.recv(len(_SSL_REQUEST), socket.MSG_WAITALL) != _SSL_REQUEST:
                plain.close()
                return
            plain.sendall(b"S")
        is_plain = plain_too and plain.recv(1, socket.MSG_PEEK) != _HANDSHAKE
        secured = plain if is_plain else context.wrap_socket(plain, server_side=True)
        behind = connect()
    except OSError:
        plain.close()
        return
    back = threading.Thread(target=_pass_on, args=(behind, secured), daemon=True)
    back.start()
    _pass_on(secured, behind)
    back.join()
    secured.close()
    behind.close()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError, ValueError):
        while data := source.recv(65536):
            target.sendall(data)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
