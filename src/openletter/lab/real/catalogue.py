"""All configurations of the lab: what administrators do, and what they do wrong.

The third number of an address says the server: 1 dovecot, 2 courier, 3 cyrus, 4 mailutils.
"""

from collections.abc import Iterable

from openletter.lab.real.certificates import Fault
from openletter.lab.real.configuration import (
    CLEARTEXT_PORTS,
    IMAP,
    IMPLICIT_PORTS,
    POP3,
    Certificate,
    Configuration,
    Server,
)

ISSUED, UNUSABLE = Certificate.ISSUED, Certificate.UNUSABLE
DOVECOT, COURIER, CYRUS, MAILUTILS = Server

PLAIN_LOGIN = "auth_mechanisms = plain login"
OPTIONAL = ("ssl = yes", "disable_plaintext_auth = no", PLAIN_LOGIN)
REQUIRED = ("ssl = required", "disable_plaintext_auth = yes", PLAIN_LOGIN)
WEAK_CIPHERS = "ssl_cipher_list = ALL:@SECLEVEL=0"
"""OpenSSL does not load a certificate with a small key or an SHA-1 signature at any higher level."""


_DOVECOT = (
    Configuration(
        name="dovecot-none",
        address="127.10.1.1",
        server=DOVECOT,
        title="No TLS at all, passwords in the clear.",
        ports=CLEARTEXT_PORTS,
        settings=("ssl = no", "disable_plaintext_auth = no", PLAIN_LOGIN),
    ),
    Configuration(
        name="dovecot-optional",
        address="127.10.1.2",
        server=DOVECOT,
        title="TLS is offered, and passwords are taken in the clear all the same.",
        settings=OPTIONAL,
        certificate=ISSUED,
    ),
    Configuration(
        name="dovecot-required",
        address="127.10.1.3",
        server=DOVECOT,
        title="TLS is required before a login.",
        settings=REQUIRED,
        certificate=ISSUED,
    ),
    Configuration(
        name="dovecot-required-plaintext-allowed",
        address="127.10.1.4",
        server=DOVECOT,
        title="`ssl = required` beside `disable_plaintext_auth = no`: POP3 lists USER, and refuses it before TLS.",
        settings=("ssl = required", "disable_plaintext_auth = no", PLAIN_LOGIN),
        certificate=ISSUED,
    ),
    Configuration(
        name="dovecot-plaintext-disabled",
        address="127.10.1.5",
        server=DOVECOT,
        title="`ssl = yes` with `disable_plaintext_auth = yes`: no password before TLS.",
        settings=("ssl = yes", "disable_plaintext_auth = yes", PLAIN_LOGIN),
        certificate=ISSUED,
    ),
    Configuration(
        name="dovecot-no-tls-no-login",
        address="127.10.1.6",
        server=DOVECOT,
        title="No TLS, and no login without it: nobody gets in.",
        ports=CLEARTEXT_PORTS,
        settings=("ssl = no", "disable_plaintext_auth = yes", PLAIN_LOGIN),
    ),
    Configuration(
        name="dovecot-implicit-only",
        address="127.10.1.7",
        server=DOVECOT,
        title="Only 993 and 995 are open.",
        ports=IMPLICIT_PORTS,
        settings=REQUIRED,
        certificate=ISSUED,
    ),
    Configuration(
        name="dovecot-broken-optional",
        address="127.10.1.8",
        server=DOVECOT,
        title="The certificate's file is unusable: STARTTLS is promised and fails, and passwords cross in the clear.",
        settings=OPTIONAL,
        certificate=UNUSABLE,
    ),
    Configuration(
        name="dovecot-broken-required",
        address="127.10.1.9",
        server=DOVECOT,
        title="The certificate's file is unusable and TLS is required: nobody gets in.",
        settings=REQUIRED,
        certificate=UNUSABLE,
    ),
    Configuration(
        name="dovecot-dead-implicit",
        address="127.10.1.10",
        server=DOVECOT,
        title="No TLS for this address, yet 993 and 995 are open: they close at once.",
        settings=(*OPTIONAL, "local 127.10.1.10 {\n  ssl = no\n}"),
        certificate=ISSUED,
    ),
    Configuration(
        name="dovecot-challenge-only",
        address="127.10.1.11",
        server=DOVECOT,
        title="No TLS; CRAM-MD5 alone before it, APOP too on POP3.",
        ports=CLEARTEXT_PORTS,
        settings=("ssl = no", "disable_plaintext_auth = yes", "auth_mechanisms = cram-md5 apop"),
    ),
    Configuration(
        name="dovecot-challenge-beside-login",
        address="127.10.1.12",
        server=DOVECOT,
        title="No TLS; CRAM-MD5 is the only mechanism, while plain passwords are not disabled.",
        ports=CLEARTEXT_PORTS,
        settings=("ssl = no", "disable_plaintext_auth = no", "auth_mechanisms = cram-md5"),
        misleading=CLEARTEXT_PORTS,
    ),
    Configuration(
        name="dovecot-challenge-before-tls",
        address="127.10.1.13",
        server=DOVECOT,
        title="CRAM-MD5 before TLS, passwords only inside it.",
        settings=("ssl = yes", "disable_plaintext_auth = yes", "auth_mechanisms = plain cram-md5"),
        certificate=ISSUED,
    ),
    Configuration(
        name="dovecot-scram-only",
        address="127.10.1.14",
        server=DOVECOT,
        title="No TLS; SCRAM-SHA-256 alone.",
        ports=CLEARTEXT_PORTS,
        settings=("ssl = no", "disable_plaintext_auth = yes", "auth_mechanisms = scram-sha-256"),
    ),
    *(
        Configuration(
            name=f"dovecot-{word}",
            address=f"127.10.1.{20 + number}",
            server=DOVECOT,
            title=title,
            settings=(*REQUIRED, WEAK_CIPHERS),
            certificate=ISSUED,
            faults=(fault,),
        )
        for number, (word, fault, title) in enumerate(
            (
                ("expired", Fault.EXPIRED, "TLS is required; the certificate is out of date."),
                ("not-yet-valid", Fault.NOT_YET_VALID, "TLS is required; the certificate is not valid yet."),
                ("self-signed", Fault.SELF_SIGNED, "TLS is required; the certificate is signed by itself."),
                (
                    "unknown-authority",
                    Fault.UNKNOWN_CA,
                    "TLS is required; nobody knows who issued the certificate.",
                ),
                ("weak-key", Fault.WEAK_KEY, "TLS is required; the key is RSA of 1024 bits."),
                (
                    "weak-signature",
                    Fault.WEAK_SIGNATURE,
                    "TLS is required; the certificate is signed with SHA-1.",
                ),
                ("wrong-name", Fault.NAME_MISMATCH, "TLS is required; the certificate is for another name."),
            )
        )
    ),
    Configuration(
        name="dovecot-tls10",
        address="127.10.1.30",
        server=DOVECOT,
        title="TLS is required, and it is TLS 1.0.",
        settings=(*REQUIRED, WEAK_CIPHERS, "ssl_min_protocol = TLSv1"),
        certificate=ISSUED,
        openssl=("MinProtocol = TLSv1", "MaxProtocol = TLSv1", "CipherString = ALL:@SECLEVEL=0"),
    ),
)

_COURIER_STARTTLS = ("IMAP_STARTTLS=YES", "POP3_STARTTLS=YES")
_COURIER_LISTED = (
    "IMAP_CAPABILITY=IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT SORT QUOTA AUTH=PLAIN IDLE",
    "POP3AUTH=PLAIN LOGIN",
    "POP3AUTH_TLS=PLAIN LOGIN",
)
_COURIER = (
    Configuration(
        name="courier-none",
        address="127.10.2.1",
        server=COURIER,
        title="No TLS at all, passwords in the clear; AUTH=PLAIN is listed.",
        ports=CLEARTEXT_PORTS,
        settings=_COURIER_LISTED,
    ),
    Configuration(
        name="courier-none-unlisted",
        address="127.10.2.2",
        server=COURIER,
        title="No TLS at all and no AUTH= in the list, and yet passwords are taken in the clear.",
        ports=CLEARTEXT_PORTS,
    ),
    Configuration(
        name="courier-optional",
        address="127.10.2.3",
        server=COURIER,
        title="TLS is offered, and passwords are taken in the clear all the same.",
        settings=(*_COURIER_STARTTLS, *_COURIER_LISTED),
        certificate=ISSUED,
    ),
    Configuration(
        name="courier-optional-unlisted",
        address="127.10.2.4",
        server=COURIER,
        title="TLS is offered; no AUTH= is listed before it, and yet passwords are taken in the clear.",
        settings=_COURIER_STARTTLS,
        certificate=ISSUED,
    ),
    Configuration(
        name="courier-required",
        address="127.10.2.5",
        server=COURIER,
        title="TLS is required before a login; POP3 lists USER all the same.",
        settings=(*_COURIER_STARTTLS, "IMAP_TLS_REQUIRED=1", "POP3_TLS_REQUIRED=1"),
        certificate=ISSUED,
        misleading=(POP3,),
    ),
    Configuration(
        name="courier-beside-implicit",
        address="127.10.2.6",
        server=COURIER,
        title="993 and 995 have TLS; 143 and 110 have none and take passwords.",
        settings=_COURIER_LISTED,
        certificate=ISSUED,
    ),
    Configuration(
        name="courier-implicit-only",
        address="127.10.2.7",
        server=COURIER,
        title="Only 993 and 995 are open.",
        ports=IMPLICIT_PORTS,
        certificate=ISSUED,
    ),
    Configuration(
        name="courier-broken-optional",
        address="127.10.2.8",
        server=COURIER,
        title="The certificate's file is unusable: STARTTLS is promised and fails, and passwords cross in the clear.",
        settings=(*_COURIER_STARTTLS, *_COURIER_LISTED),
        certificate=UNUSABLE,
    ),
    Configuration(
        name="courier-tls10",
        address="127.10.2.9",
        server=COURIER,
        title="TLS is required, and it is TLS 1.0.",
        settings=(
            *_COURIER_STARTTLS,
            "IMAP_TLS_REQUIRED=1",
            "POP3_TLS_REQUIRED=1",
            "TLS_PRIORITY=NORMAL:-VERS-ALL:+VERS-TLS1.0:%COMPAT",
        ),
        certificate=ISSUED,
        misleading=(POP3,),
    ),
    Configuration(
        name="courier-key-unreadable",
        address="127.10.2.10",
        server=COURIER,
        title="Only root can read the key: 993 and 995 have TLS, STARTTLS is promised and fails.",
        settings=_COURIER_STARTTLS,
        certificate=Certificate.ROOT_ONLY,
    ),
)

PLAIN_LISTED = "sasl_mech_list: PLAIN LOGIN"
_CYRUS = (
    Configuration(
        name="cyrus-none",
        address="127.10.3.1",
        server=CYRUS,
        title="No TLS at all, passwords in the clear.",
        ports=CLEARTEXT_PORTS,
        settings=("allowplaintext: yes", PLAIN_LISTED),
    ),
    Configuration(
        name="cyrus-no-tls-no-login",
        address="127.10.3.2",
        server=CYRUS,
        title="No TLS, and no login without it: nobody gets in.",
        ports=CLEARTEXT_PORTS,
        settings=("allowplaintext: no", "allowapop: no", PLAIN_LISTED),
    ),
    Configuration(
        name="cyrus-optional",
        address="127.10.3.3",
        server=CYRUS,
        title="TLS is offered, and passwords are taken in the clear all the same.",
        settings=("allowplaintext: yes", PLAIN_LISTED),
        certificate=ISSUED,
    ),
    Configuration(
        name="cyrus-required",
        address="127.10.3.4",
        server=CYRUS,
        title="Passwords only inside TLS.",
        settings=("allowplaintext: no", PLAIN_LISTED),
        certificate=ISSUED,
    ),
    Configuration(
        name="cyrus-tls-required",
        address="127.10.3.5",
        server=CYRUS,
        title="`tls_required: yes` beside `allowplaintext: yes`.",
        settings=("tls_required: yes", "allowplaintext: yes", PLAIN_LISTED),
        certificate=ISSUED,
    ),
    Configuration(
        name="cyrus-broken-optional",
        address="127.10.3.6",
        server=CYRUS,
        title="The certificate's file is unusable: STARTTLS is refused, and passwords cross in the clear.",
        settings=("allowplaintext: yes", PLAIN_LISTED),
        certificate=UNUSABLE,
    ),
    Configuration(
        name="cyrus-broken-required",
        address="127.10.3.7",
        server=CYRUS,
        title="The certificate's file is unusable and passwords need TLS: nobody gets in.",
        settings=("allowplaintext: no", PLAIN_LISTED),
        certificate=UNUSABLE,
    ),
    Configuration(
        name="cyrus-challenge-only",
        address="127.10.3.8",
        server=CYRUS,
        title="No TLS; CRAM-MD5 alone.",
        ports=CLEARTEXT_PORTS,
        settings=("allowplaintext: no", "sasl_mech_list: CRAM-MD5"),
    ),
    Configuration(
        name="cyrus-apop-only",
        address="127.10.3.11",
        server=CYRUS,
        title="No TLS and no password in the clear; APOP, which POP3 has on by itself, lets in.",
        ports=CLEARTEXT_PORTS,
        settings=("allowplaintext: no", PLAIN_LISTED),
    ),
    Configuration(
        name="cyrus-implicit-only",
        address="127.10.3.9",
        server=CYRUS,
        title="Only 993 and 995 are open.",
        ports=IMPLICIT_PORTS,
        settings=("allowplaintext: no", PLAIN_LISTED),
        certificate=ISSUED,
    ),
    Configuration(
        name="cyrus-tls10",
        address="127.10.3.10",
        server=CYRUS,
        title="Passwords only inside TLS, and it is TLS 1.0.",
        settings=("allowplaintext: no", PLAIN_LISTED, "tls_versions: tls1_0", "tls_ciphers: ALL:@SECLEVEL=0"),
        certificate=ISSUED,
    ),
)

_MAILUTILS = (
    Configuration(
        name="mailutils-none",
        address="127.10.4.1",
        server=MAILUTILS,
        title="No TLS at all, passwords in the clear; the greeting lists nothing.",
        ports=CLEARTEXT_PORTS,
    ),
    Configuration(
        name="mailutils-optional",
        address="127.10.4.2",
        server=MAILUTILS,
        title="TLS is offered, and passwords are taken in the clear all the same.",
        settings=("tls-mode ondemand",),
        certificate=ISSUED,
    ),
    Configuration(
        name="mailutils-required",
        address="127.10.4.3",
        server=MAILUTILS,
        title="TLS is required before a login; IMAP says XTLSREQUIRED and not LOGINDISABLED.",
        settings=("tls-mode required",),
        certificate=ISSUED,
    ),
    Configuration(
        name="mailutils-login-disabled",
        address="127.10.4.4",
        server=MAILUTILS,
        title="LOGINDISABLED beside AUTH=PLAIN: AUTHENTICATE PLAIN takes passwords in the clear.",
        ports=(IMAP,),
        settings=("login-disabled yes;",),
    ),
    Configuration(
        name="mailutils-preauth",
        address="127.10.4.5",
        server=MAILUTILS,
        title="PREAUTH: the mailbox is open to whoever connects.",
        ports=(IMAP,),
        settings=("tls-mode ondemand", 'preauth "prog://{preauth}";'),
        certificate=ISSUED,
    ),
    Configuration(
        name="mailutils-beside-implicit",
        address="127.10.4.6",
        server=MAILUTILS,
        title="993 and 995 have TLS; 143 and 110 have none and take passwords.",
        certificate=ISSUED,
    ),
    Configuration(
        name="mailutils-cleartext-on-implicit",
        address="127.10.4.7",
        server=MAILUTILS,
        title="993 and 995 greet in the clear, as 143 and 110 do: no TLS anywhere.",
        settings=("implicit tls-mode no",),
    ),
    Configuration(
        name="mailutils-implicit-only",
        address="127.10.4.8",
        server=MAILUTILS,
        title="Only 993 and 995 are open.",
        ports=IMPLICIT_PORTS,
        certificate=ISSUED,
    ),
    Configuration(
        name="mailutils-broken-optional",
        address="127.10.4.9",
        server=MAILUTILS,
        title="The certificate's file is unusable.",
        settings=("tls-mode ondemand",),
        certificate=UNUSABLE,
    ),
)

CATALOGUE: tuple[Configuration, ...] = (*_DOVECOT, *_COURIER, *_CYRUS, *_MAILUTILS)


def chosen(names: Iterable[str]) -> tuple[Configuration, ...]:
    """The configurations of these names, in the catalogue's order. ValueError names those that do not exist."""
    wanted = set(names)
    unknown = wanted - {configuration.name for configuration in CATALOGUE}
    if unknown:
        raise ValueError(f"no such configuration: {', '.join(sorted(unknown))}")
    return tuple(configuration for configuration in CATALOGUE if configuration.name in wanted)
