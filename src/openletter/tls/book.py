"""Certificates as DER, each once, by SHA-256: an Internet of servers shows the same ones again and again."""

from hashlib import sha256


class CertificateBook:
    """Certificates that were seen since the last ``take``."""

    __slots__ = ("_ders", "_names")

    def __init__(self) -> None:
        self._ders: dict[str, bytes] = {}
        self._names: dict[bytes, str] = {}
        """The same the other way: a digest of a certificate that was seen costs more than finding it."""

    def keep(self, der: bytes) -> str:
        """Keep a certificate; its SHA-256 in lower-case hex."""
        name = self._names.get(der)
        if name is None:
            name = self._names[der] = sha256(der).hexdigest()
            self._ders[name] = der
        return name

    def get(self, name: str) -> bytes | None:
        """The DER of a SHA-256, or ``None`` where it was not seen or was taken away."""
        return self._ders.get(name)

    def chain(self, names: tuple[str, ...]) -> tuple[bytes, ...]:
        """The DERs of a chain as kept, without those that are not here."""
        return tuple(der for name in names if (der := self._ders.get(name)) is not None)

    def take(self) -> dict[str, bytes]:
        """All that was kept, SHA-256 to DER; the book is empty afterwards, so that its memory stays bounded."""
        ders, self._ders, self._names = self._ders, {}, {}
        return ders
