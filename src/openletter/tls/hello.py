"""What can be read of a peer's first flight by hand, also where our TLS gives up on it.

RFC 8446 §4.1.3 and §5.1, RFC 5246 §7.2 and §7.4.1.3, RFC 6101 §5.6 (SSL 3.0 has the same shape).
"""

import msgspec

VERSIONS = {0x0300: "SSLv3", 0x0301: "TLSv1", 0x0302: "TLSv1.1", 0x0303: "TLSv1.2", 0x0304: "TLSv1.3"}

_ALERT, _HANDSHAKE = 21, 22
_SERVER_HELLO = 2
_SUPPORTED_VERSIONS = 43
_SENTINELS = (b"DOWNGRD\x01", b"DOWNGRD\x00")

ALERTS = {
    0: "close_notify",
    10: "unexpected_message",
    20: "bad_record_mac",
    21: "decryption_failed",
    22: "record_overflow",
    30: "decompression_failure",
    40: "handshake_failure",
    41: "no_certificate",
    42: "bad_certificate",
    43: "unsupported_certificate",
    44: "certificate_revoked",
    45: "certificate_expired",
    46: "certificate_unknown",
    47: "illegal_parameter",
    48: "unknown_ca",
    49: "access_denied",
    50: "decode_error",
    51: "decrypt_error",
    60: "export_restriction",
    70: "protocol_version",
    71: "insufficient_security",
    80: "internal_error",
    86: "inappropriate_fallback",
    90: "user_canceled",
    100: "no_renegotiation",
    109: "missing_extension",
    110: "unsupported_extension",
    112: "unrecognized_name",
    113: "bad_certificate_status_response",
    115: "unknown_psk_identity",
    116: "certificate_required",
    120: "no_application_protocol",
}
"""RFC 8446 §6, RFC 5246 §7.2, RFC 2246 §7.2, and the registry of TLS alerts."""


class ServerHello(msgspec.Struct, frozen=True):
    version: str
    """``SSLv3`` ... ``TLSv1.3``, or ``0x....`` for one that does not exist."""
    cipher: int
    """The two octets of the cipher suite."""
    downgrade_sentinel: bool


def is_record(data: bytes) -> bool:
    """Whether octets could begin a TLS record; true of none at all."""
    return (not data or 20 <= data[0] <= 23) and (len(data) < 2 or data[1] == 3)


def alert(data: bytes) -> str:
    """Name of the alert that a flight begins with; empty where it does not, ``alert_N`` where it has no name."""
    if len(data) < 7 or data[0] != _ALERT or data[3:5] != b"\x00\x02":
        return ""
    return ALERTS.get(data[6], f"alert_{data[6]}")


def _selected_version(extensions: bytes) -> int | None:
    at = 0
    while at + 4 <= len(extensions):
        kind = int.from_bytes(extensions[at : at + 2], "big")
        length = int.from_bytes(extensions[at + 2 : at + 4], "big")
        if kind == _SUPPORTED_VERSIONS and length == 2:
            return int.from_bytes(extensions[at + 4 : at + 6], "big")
        at += 4 + length
    return None


def server_hello(data: bytes) -> ServerHello | None:
    """The ServerHello at the front of a flight, or ``None`` where there is none or too little of it. Never raises."""
    if len(data) < 44 or data[0] != _HANDSHAKE or data[5] != _SERVER_HELLO:
        return None
    body = data[9 : 9 + int.from_bytes(data[6:9], "big")]
    version = int.from_bytes(body[:2], "big")
    random = body[2:34]
    if len(body) < 38 or len(body) < 35 + body[34] + 3:
        return None
    after_session = 35 + body[34]
    cipher = int.from_bytes(body[after_session : after_session + 2], "big")
    selected = _selected_version(body[after_session + 5 :])
    if selected is not None:
        version = selected
    return ServerHello(VERSIONS.get(version, f"0x{version:04x}"), cipher, random[-8:] in _SENTINELS)
