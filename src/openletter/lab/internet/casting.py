"""Who plays whom: for each group of hosts, the manners of speech that go round in it.

A row names the manner on 143, the manner on 110, and what is on the implicit-TLS port beside each. Rows are in step for
both protocols, so that most hosts run one product. A group's rows may only come to classes that the group stands for:
no TLS (``strict``), a password in the clear (``wide``), or neither (``other``).
"""

from dataclasses import dataclass
from enum import Enum

from openletter.lab.internet.manners import (
    imap_oddities,
    imap_products,
    pop3_oddities,
    pop3_products,
    strangers,
)
from openletter.lab.internet.quotas import Group
from openletter.lab.internet.speech import Manner

MANNERS: dict[str, Manner] = {
    each.name: each
    for each in (
        *imap_products.MANNERS,
        *imap_oddities.MANNERS,
        *pop3_products.MANNERS,
        *pop3_oddities.MANNERS,
        *strangers.MANNERS,
    )
}


class Beside(Enum):
    """What is on the implicit-TLS port."""

    CLOSED = "closed"
    TLS = "tls"
    ALERT = "alert"
    """A ClientHello draws an alert, whatever its version."""
    CLEARTEXT = "cleartext"
    """The cleartext dialogue, as if it were the other port."""
    SSH = "ssh"
    HTTP = "http"
    SMTP = "smtp"


BESIDE_STRANGERS = {
    Beside.SSH: strangers.SSH,
    Beside.HTTP: strangers.HTTP_SERVER,
    Beside.SMTP: strangers.SMTP,
}


@dataclass(frozen=True, slots=True)
class Row:
    weight: int
    imap: Manner
    pop3: Manner
    beside: Beside


def _rows(text: str, beside: Beside) -> tuple[Row, ...]:
    """Rows of ``weight imap-manner pop3-manner [beside]``; one name stands for both where both have it."""
    rows = []
    for line in text.strip().splitlines():
        weight, imap, *rest = line.split()
        named = [word for word in rest if not word.startswith("@")]
        here = [Beside(word[1:]) for word in rest if word.startswith("@")]
        rows.append(
            Row(
                int(weight),
                _manner("imap", imap),
                _manner("pop3", named[0] if named else imap),
                here[0] if here else beside,
            )
        )
    return tuple(rows)


def _manner(protocol: str, name: str) -> Manner:
    return MANNERS.get(f"{protocol}:{name}") or MANNERS[name]


STRICT_ALONE = """
7 dovecot-none
4 courier-none
1 cyrus-none
1 mailutils-none
2 exchange-none
1 zimbra-none
1 cpanel-none
1 uw-imapd-none uw-ipop3d-none
1 uw-imapd-none qpopper-none
1 domino-none domino
1 binc-none popa3d
1 kerio-none
1 mdaemon-none
1 mailenable-none
1 axigen-none
1 zarafa-none
1 communigate-none
1 icewarp-none
1 nginx-proxy-none
1 mangled
1 contradiction cram-before-plain
1 cram-and-login apop-and-user
1 byte-by-byte
1 slow
1 bare-line-feeds
1 literal long-list
1 untagged-first dovecot-none
1 long-line long-list
1 starttls-no exchange-none
"""
STRICT_BESIDE = """
3 dovecot-none
1 courier-none
1 dovecot-none @ssh
1 exchange-none @http
1 courier-none @smtp
"""
WIDE_BESIDE = """
52 dovecot-optional
14 dovecot-none
18 cpanel-optional
18 courier-optional
4 courier-optional courier-required
5 courier-none
5 cyrus-optional
1 cyrus-none
2 mailutils-optional
1 mailutils-none
10 exchange-optional
3 exchange-none
4 zimbra-optional
1 zimbra-none
4 nginx-proxy-optional
1 nginx-proxy-none
1 uw-imapd-optional uw-ipop3d-optional
1 uw-imapd-none qpopper-none
1 uw-imapd-optional qpopper-optional
1 domino-optional domino
1 domino-none domino
1 kerio-optional
2 mdaemon-optional
1 mdaemon-none
2 mailenable-optional
2 mailenable-none
1 axigen-optional
1 zarafa-optional
1 communigate-optional
1 icewarp-optional
1 icewarp-none
1 binc-optional popa3d
1 perdition-optional
3 hmailserver-optional
1 dovecot-optional @alert
1 courier-optional @alert
2 refused
1 cyrus-no-certificate refused
1 alert
2 bye-after-ok
1 hidden
2 mangled
1 contradiction cram-before-plain
1 contradiction-starttls cram-before-plain-stls
1 cram-only
1 ntlm-digest-only
1 cram-only apop-only
1 cram-and-login apop-and-user
1 anonymous
1 oauth
1 still-listed
1 injected
1 byte-by-byte
1 segments
1 slow
1 bare-line-feeds
1 literal long-list
1 untagged-first dovecot-none
1 untagged-at-starttls cyrus-optional
1 long-line long-list
1 lower-case cyrus-optional
"""
WIDE_ALONE = """
8 dovecot-optional
2 courier-optional
1 exchange-optional
1 refused
1 bye-after-ok
1 cram-only apop-only
"""
OTHER_BESIDE = """
120 dovecot-required
40 cpanel-required
16 courier-required dovecot-required
14 cyrus-required
6 mailutils-required
20 exchange-required
14 zimbra-required
10 nginx-proxy-required
3 uw-imapd-required uw-ipop3d-required
2 uw-imapd-required qpopper-required
2 domino-required cyrus-required
3 kerio-required
3 mdaemon-required
3 mailenable-required
3 axigen-required
2 zarafa-required
2 communigate-required
2 icewarp-required
1 binc-required user-in-the-text
4 dovecot-required user-and-bare-sasl
4 dovecot-required @alert
5 too-many-connections
3 blocked
3 overloaded
4 preauth dovecot-required
2 no-capability no-login
2 refused-disabled
2 alert-disabled
3 bye-after-ok-disabled
2 hidden-disabled
2 cram-starttls cram-stls
2 scram-only
2 gssapi-only
2 no-login
2 scram-starttls scram-stls
2 anonymous-disabled
2 still-disabled dovecot-required
2 injected-disabled
2 segments-required
1 slow-required
2 bare-line-feeds-required
2 ssh
2 http
2 smtp
1 ftp
1 binary
1 pop3-on-the-imap-port imap-on-the-pop3-port
2 tls-record
1 garbage-after-ok
1 endless-line
1 endless-list
1 drip
1 mute
1 hanging-up
1 resetting
"""
OTHER_ALONE = """
12 dovecot-required
3 courier-required dovecot-required
2 exchange-required
1 no-login
1 scram-only
1 bye-after-ok-disabled
"""
IMPLICIT_ONLY = """
8 dovecot-required
2 exchange-required
1 courier-none
1 cyrus-required @alert
"""

CAST: dict[Group, tuple[Row, ...]] = {
    Group.STRICT_ALONE: _rows(STRICT_ALONE, Beside.CLOSED),
    Group.STRICT_BESIDE: _rows(STRICT_BESIDE, Beside.CLEARTEXT),
    Group.WIDE_BESIDE: _rows(WIDE_BESIDE, Beside.TLS),
    Group.WIDE_ALONE: _rows(WIDE_ALONE, Beside.CLOSED),
    Group.OTHER_BESIDE: _rows(OTHER_BESIDE, Beside.TLS),
    Group.OTHER_ALONE: _rows(OTHER_ALONE, Beside.CLOSED),
    Group.IMPLICIT_ONLY: _rows(IMPLICIT_ONLY, Beside.TLS),
}
