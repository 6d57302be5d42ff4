"""Whether a password is taken before TLS, on what grounds, and how sure that is (VERDICTS §1, "Derived").

A capability list is read whole. The faults of other readers that this one must not have: stopping at the first SASL
mechanism; finding ``USER`` anywhere in the text (courier also lists ``UTF8 USER``); overlooking that dovecot says
"not before TLS" by a bare ``SASL``; letting ``AUTH=PLAIN`` win over ``LOGINDISABLED`` in silence; clearing an IMAP server
that lists neither, though LOGIN is open there; taking ``URLAUTH=BINARY`` for a mechanism; taking silence for a "no".
"""

from enum import StrEnum

import msgspec

from openletter.dialogue.observation import Confirmation, ListSource, Observation, Protocol
from openletter.verdict.classes import Evidence


class Login(StrEnum):
    """Does the server take a password (or a bearer token) before TLS?"""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why the login fact is what it is."""

    PROVEN_OPEN = "proven_open"
    PROVEN_CLOSED = "proven_closed"
    CONFIRMED_OPEN = "confirmed_open"
    CONFIRMED_CLOSED = "confirmed_closed"
    AUTH_OFFERED = "auth_offered"
    """IMAP lists ``AUTH=`` with a mechanism that shows the password."""
    AUTH_OFFERED_DESPITE_LOGINDISABLED = "auth_offered_despite_logindisabled"
    LOGIN_NOT_DISABLED = "login_not_disabled"
    """IMAP: a list, and no ``LOGINDISABLED`` in it, so the LOGIN command is open (RFC 9051 §6.2.3)."""
    LOGIN_DISABLED = "login_disabled"
    XTLSREQUIRED = "xtlsrequired"
    """GNU mailutils' own word for "not before TLS"."""
    USER_LISTED = "user_listed"
    SASL_OFFERED = "sasl_offered"
    BARE_SASL = "bare_sasl"
    """POP3: ``SASL`` without a mechanism beside ``STLS``: dovecot's way to say "not before TLS"."""
    NO_PASSWORD_MECHANISM = "no_password_mechanism"  # noqa: S105 - a reason's name
    """POP3: a list that names neither USER nor a SASL mechanism which shows the password."""
    CAPA_REFUSED = "capa_refused"
    """POP3: a server older than RFC 2449; those knew USER and PASS and little else."""
    LIST_REFUSED = "list_refused"
    """IMAP: CAPABILITY was refused, which no server may do (RFC 9051 §6.1.1)."""
    NO_ANSWER = "no_answer"
    NOT_ASKED = "not_asked"


class Mechanisms(StrEnum):
    """What is offered before TLS besides passwords in the clear."""

    NONE = "none"
    CHALLENGE_ONLY = "challenge_only"
    """The password does not cross, but what crosses lets it be guessed offline."""
    STRONG_ONLY = "strong_only"
    MIXED = "mixed"
    """Of both kinds, or of a kind that is not known here."""
    UNKNOWN = "unknown"


PLAINTEXT = frozenset({"PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER"})
"""SASL mechanisms that show the password or the bearer token (RFC 4616, RFC 7628)."""

CHALLENGE = frozenset({"CRAM-MD5", "CRAM-SHA1", "CRAM-SHA256", "DIGEST-MD5", "NTLM", "APOP"})
"""CRAM-SHA* are courier's: RFC 2195 with another hash, and guessed offline the same way."""

STRONG = frozenset({"GSSAPI", "GSS-SPNEGO", "EXTERNAL"})


class LoginFact(msgspec.Struct, frozen=True, kw_only=True):
    """The answer, its reason and its grade. The grade of an ambiguous product is not known here."""

    login: Login
    reason: Reason
    grade: Evidence
    mechanisms: Mechanisms
    contradiction: bool = False
    """``LOGINDISABLED`` beside a mechanism that shows the password: the list contradicts itself."""


def listed(source: ListSource) -> bool:
    """Whether a list was obtained at all."""
    return source in (ListSource.GREETING, ListSource.COMMAND)


def imap_mechanisms(capabilities: tuple[str, ...]) -> frozenset[str]:
    """SASL mechanisms of an IMAP list: what follows ``AUTH=`` at the beginning of an atom."""
    return frozenset(entry[5:] for entry in capabilities if entry.startswith("AUTH="))


def pop3_words(capabilities: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """A CAPA list as words, a tuple a line. Only the first word of a line names a capability (RFC 2449 §3)."""
    return tuple(tuple(line.split()) for line in capabilities if line.strip())


def pop3_mechanisms(capabilities: tuple[str, ...]) -> frozenset[str]:
    """SASL mechanisms of all ``SASL`` lines of a CAPA list together (RFC 5034 §3)."""
    return frozenset(word for words in pop3_words(capabilities) if words[0] == "SASL" for word in words[1:])


def mechanisms_of(protocol: Protocol, capabilities: tuple[str, ...]) -> frozenset[str]:
    return imap_mechanisms(capabilities) if protocol is Protocol.IMAP else pop3_mechanisms(capabilities)


def has_capability(protocol: Protocol, capabilities: tuple[str, ...], name: str) -> bool:
    """Whether the list names it: an atom of IMAP, the first word of a line of POP3."""
    if protocol is Protocol.IMAP:
        return name in capabilities
    return any(words[0] == name for words in pop3_words(capabilities))


def login_before_tls(seen: Observation) -> LoginFact:
    """The login fact of a cleartext endpoint: what its list says, unless something stronger was had."""
    fact = _from_list(seen)
    if seen.login_proven is not None:
        open_, grade = seen.login_proven, Evidence.PROVEN
        reason = Reason.PROVEN_OPEN if open_ else Reason.PROVEN_CLOSED
    elif seen.confirmation in (Confirmation.ACCEPTED, Confirmation.REFUSED):
        open_, grade = seen.confirmation is Confirmation.ACCEPTED, Evidence.OFFERED
        reason = Reason.CONFIRMED_OPEN if open_ else Reason.CONFIRMED_CLOSED
    else:
        return fact
    login = Login.YES if open_ else Login.NO
    return msgspec.structs.replace(fact, login=login, reason=reason, grade=grade)


def _from_list(seen: Observation) -> LoginFact:
    if not listed(seen.caps_pre_source):
        return _without_list(seen)
    offered = mechanisms_of(seen.protocol, seen.caps_pre)
    shows_password = bool(offered & PLAINTEXT)
    contradiction = False
    if seen.protocol is Protocol.IMAP:
        contradiction = shows_password and "LOGINDISABLED" in seen.caps_pre
        login, reason = _imap(seen.caps_pre, shows_password)
    else:
        login, reason = _pop3(seen.caps_pre, shows_password)
    return LoginFact(
        login=login,
        reason=reason,
        grade=Evidence.ADVERTISED,
        mechanisms=_kind(offered | {"APOP"} if seen.apop else offered),
        contradiction=contradiction,
    )


def _without_list(seen: Observation) -> LoginFact:
    if seen.caps_pre_source is not ListSource.REFUSED:
        asked = seen.caps_pre_source is not ListSource.NOT_ASKED
        reason = Reason.NO_ANSWER if asked else Reason.NOT_ASKED
        login, grade = Login.UNKNOWN, Evidence.ADVERTISED
    elif seen.protocol is Protocol.IMAP:
        login, reason, grade = Login.UNKNOWN, Reason.LIST_REFUSED, Evidence.ADVERTISED
    else:
        login, reason, grade = Login.YES, Reason.CAPA_REFUSED, Evidence.ASSUMED
    return LoginFact(login=login, reason=reason, grade=grade, mechanisms=Mechanisms.UNKNOWN)


def _imap(capabilities: tuple[str, ...], shows_password: bool) -> tuple[Login, Reason]:
    disabled = "LOGINDISABLED" in capabilities
    if "XTLSREQUIRED" in capabilities:
        return Login.NO, Reason.XTLSREQUIRED
    if shows_password:
        # Real: mailutils with login-disabled lists both, and takes AUTHENTICATE PLAIN in the clear.
        return Login.YES, Reason.AUTH_OFFERED_DESPITE_LOGINDISABLED if disabled else Reason.AUTH_OFFERED
    return (Login.NO, Reason.LOGIN_DISABLED) if disabled else (Login.YES, Reason.LOGIN_NOT_DISABLED)


def _pop3(capabilities: tuple[str, ...], shows_password: bool) -> tuple[Login, Reason]:
    has_sasl = has_capability(Protocol.POP3, capabilities, "SASL")
    # The bare SASL wins over USER: dovecot lists both where ssl=required stands beside
    # disable_plaintext_auth=no, and refuses.
    if has_sasl and not pop3_mechanisms(capabilities) and has_capability(Protocol.POP3, capabilities, "STLS"):
        return Login.NO, Reason.BARE_SASL
    if has_capability(Protocol.POP3, capabilities, "USER"):
        return Login.YES, Reason.USER_LISTED
    if shows_password:
        return Login.YES, Reason.SASL_OFFERED
    return Login.NO, Reason.NO_PASSWORD_MECHANISM


def _kind(offered: frozenset[str]) -> Mechanisms:
    if not offered:
        return Mechanisms.NONE
    if offered <= CHALLENGE:
        return Mechanisms.CHALLENGE_ONLY
    if all(name in STRONG or name.startswith("SCRAM-") for name in offered):
        return Mechanisms.STRONG_ONLY
    return Mechanisms.MIXED
