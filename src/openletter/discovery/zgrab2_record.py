"""The lines of zgrab2 (0.1.x of 2018 to 1.0 of 2025), as far as its modules imap and pop3 are concerned.

A line is a target: ``ip``, ``domain``, and under ``data`` what each module got, named by the module or by ``--name``. Since 0.2
a module tells its ``port``. Neither module asks for capabilities. Names and meaning are those of zgrab2's ``module.go``,
``modules/imap/scanner.go`` and ``modules/pop3/scanner.go``, and of zcrypto's handshake log.
"""

import msgspec


class Version(msgspec.Struct):
    name: str = ""
    value: int = 0


class CipherSuite(msgspec.Struct):
    name: str = ""


class SupportedVersions(msgspec.Struct):
    """TLS 1.3 says its version here (RFC 8446 §4.2.1), and 1.2 where it used to stand."""

    selected_version: Version | None = None


class ServerHello(msgspec.Struct):
    version: Version | None = None
    cipher_suite: CipherSuite | None = None
    supported_versions: SupportedVersions | None = None


class Certificate(msgspec.Struct):
    raw: str = ""
    """Base64 of the DER."""


class ServerCertificates(msgspec.Struct):
    certificate: Certificate | None = None
    chain: list[Certificate] | None = None


class HandshakeLog(msgspec.Struct):
    server_hello: ServerHello | None = None
    server_certificates: ServerCertificates | None = None


class TlsLog(msgspec.Struct):
    handshake_log: HandshakeLog | None = None
    handshake_completed_successfully: bool | None = None
    """Told since May 2026."""


class Result(msgspec.Struct):
    """What the modules imap and pop3 have in common."""

    banner: str = ""
    starttls: str = ""
    """The answer to STARTTLS or STLS, where ``--starttls`` was given."""
    tls: TlsLog | None = None


class Response(msgspec.Struct):
    """What came of one module."""

    status: str
    protocol: str
    port: int | None = None
    result: msgspec.Raw = msgspec.Raw(b"null")
    """Of any module; decoded where it is one of ours."""
    timestamp: str = ""
    error: str | None = None


class Grab(msgspec.Struct):
    """One line."""

    ip: str = ""
    domain: str = ""
    port: int | None = None
    data: dict[str, Response] | None = None


decode_grab = msgspec.json.Decoder(Grab).decode
decode_result = msgspec.json.Decoder(Result | None).decode
