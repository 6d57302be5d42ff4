"""The configurations of dovecot: what administrators do, and what they do wrong."""

from openletter.lab.real.certificates import Fault
from openletter.lab.real.configuration import (
    CLEARTEXT_PORTS,
    IMPLICIT_PORTS,
    Certificate,
    Configuration,
    Server,
)

ISSUED, UNUSABLE = Certificate.ISSUED, Certificate.UNUSABLE
PLAIN_LOGIN = "auth_mechanisms = plain login"
OPTIONAL = ("ssl = yes", "disable_plaintext_auth = no", PLAIN_LOGIN)
REQUIRED = ("ssl = required", "disable_plaintext_auth = yes", PLAIN_LOGIN)
WEAK_CIPHERS = "ssl_cipher_list = ALL:@SECLEVEL=0"
"""OpenSSL does not load a certificate with a small key or an SHA-1 signature at any higher level."""

DOVECOT = (
    Configuration(
        name="dovecot-none",
        address="127.10.1.1",
        server=Server.DOVECOT,
        title="No TLS at all, passwords in the clear.",
        ports=CLEARTEXT_PORTS,
        settings=("ssl = no", "disable_plaintext_auth = no", PLAIN_LOGIN),
    ),
    Configuration(
        name="dovecot-optional",
        address="127.10.1.2",
        server=Server.DOVECOT,
        title="TLS is offered, and passwords are taken in the clear all the same.",
        settings=OPTIONAL,
        certificate=ISSUED,
    ),
    Configuration(
        name="dovecot-required",
        address="127.10.1.3",
        server=Server.DOVECOT,
        title="TLS is required before a login.",
        settings=REQUIRED,
        certificate=ISSUED,
    ),
    Configuration(
        name="dovecot-required-plaintext-allowed",
        address="127.10.1.4",
        server=Server.DOVECOT,
        title="`ssl = required` beside `disable_plaintext_auth = no`: POP3 lists USER, and refuses it before TLS.",
        settings=("ssl = required", "disable_plaintext_auth = no", PLAIN_LOGIN),
        certificate=ISSUED,
    ),
    Configuration(
        name="dovecot-plaintext-disabled",
        address="127.10.1.5",
        server=Server.DOVECOT,
        title="`ssl = yes` with `disable_plaintext_auth = yes`: no password before TLS.",
        settings=("ssl = yes", "disable_plaintext_auth = yes", PLAIN_LOGIN),
        certificate=ISSUED,
    ),
    Configuration(
        name="dovecot-no-tls-no-login",
        address="127.10.1.6",
        server=Server.DOVECOT,
        title="No TLS, and no login without it: nobody gets in.",
        ports=CLEARTEXT_PORTS,
        settings=("ssl = no", "disable_plaintext_auth = yes", PLAIN_LOGIN),
    ),
    Configuration(
        name="dovecot-implicit-only",
        address="127.10.1.7",
        server=Server.DOVECOT,
        title="Only 993 and 995 are open.",
        ports=IMPLICIT_PORTS,
        settings=REQUIRED,
        certificate=ISSUED,
    ),
    Configuration(
        name="dovecot-broken-optional",
        address="127.10.1.8",
        server=Server.DOVECOT,
        title="The certificate's file is unusable: STARTTLS is promised and fails, and passwords cross in the clear.",
        settings=OPTIONAL,
        certificate=UNUSABLE,
    ),
    Configuration(
        name="dovecot-broken-required",
        address="127.10.1.9",
        server=Server.DOVECOT,
        title="The certificate's file is unusable and TLS is required: nobody gets in.",
        settings=REQUIRED,
        certificate=UNUSABLE,
    ),
    Configuration(
        name="dovecot-dead-implicit",
        address="127.10.1.10",
        server=Server.DOVECOT,
        title="No TLS for this address, yet 993 and 995 are open: they close at once.",
        settings=(*OPTIONAL, "local 127.10.1.10 {\n  ssl = no\n}"),
        certificate=ISSUED,
    ),
    Configuration(
        name="dovecot-challenge-only",
        address="127.10.1.11",
        server=Server.DOVECOT,
        title="No TLS; CRAM-MD5 alone before it, APOP too on POP3.",
        ports=CLEARTEXT_PORTS,
        settings=("ssl = no", "disable_plaintext_auth = yes", "auth_mechanisms = cram-md5 apop"),
    ),
    Configuration(
        name="dovecot-challenge-beside-login",
        address="127.10.1.12",
        server=Server.DOVECOT,
        title="No TLS; CRAM-MD5 is the only mechanism, while plain passwords are not disabled.",
        ports=CLEARTEXT_PORTS,
        settings=("ssl = no", "disable_plaintext_auth = no", "auth_mechanisms = cram-md5"),
        misleading=CLEARTEXT_PORTS,
    ),
    Configuration(
        name="dovecot-challenge-before-tls",
        address="127.10.1.13",
        server=Server.DOVECOT,
        title="CRAM-MD5 before TLS, passwords only inside it.",
        settings=("ssl = yes", "disable_plaintext_auth = yes", "auth_mechanisms = plain cram-md5"),
        certificate=ISSUED,
    ),
    Configuration(
        name="dovecot-scram-only",
        address="127.10.1.14",
        server=Server.DOVECOT,
        title="No TLS; SCRAM-SHA-256 alone.",
        ports=CLEARTEXT_PORTS,
        settings=("ssl = no", "disable_plaintext_auth = yes", "auth_mechanisms = scram-sha-256"),
    ),
    *(
        Configuration(
            name=f"dovecot-{word}",
            address=f"127.10.1.{20 + number}",
            server=Server.DOVECOT,
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
        server=Server.DOVECOT,
        title="TLS is required, and it is TLS 1.0.",
        settings=(*REQUIRED, WEAK_CIPHERS, "ssl_min_protocol = TLSv1"),
        certificate=ISSUED,
        openssl=("MinProtocol = TLSv1", "MaxProtocol = TLSv1", "CipherString = ALL:@SECLEVEL=0"),
    ),
)
