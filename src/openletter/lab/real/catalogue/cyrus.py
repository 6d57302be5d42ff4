"""The configurations of cyrus: what administrators do, and what they do wrong."""

from openletter.lab.real.configuration import (
    CLEARTEXT_PORTS,
    IMPLICIT_PORTS,
    Certificate,
    Configuration,
    Server,
)

ISSUED, UNUSABLE = Certificate.ISSUED, Certificate.UNUSABLE
PLAIN_LISTED = "sasl_mech_list: PLAIN LOGIN"

CYRUS = (
    Configuration(
        name="cyrus-none",
        address="127.10.3.1",
        server=Server.CYRUS,
        title="No TLS at all, passwords in the clear.",
        ports=CLEARTEXT_PORTS,
        settings=("allowplaintext: yes", PLAIN_LISTED),
    ),
    Configuration(
        name="cyrus-no-tls-no-login",
        address="127.10.3.2",
        server=Server.CYRUS,
        title="No TLS, and no login without it: nobody gets in.",
        ports=CLEARTEXT_PORTS,
        settings=("allowplaintext: no", "allowapop: no", PLAIN_LISTED),
    ),
    Configuration(
        name="cyrus-optional",
        address="127.10.3.3",
        server=Server.CYRUS,
        title="TLS is offered, and passwords are taken in the clear all the same.",
        settings=("allowplaintext: yes", PLAIN_LISTED),
        certificate=ISSUED,
    ),
    Configuration(
        name="cyrus-required",
        address="127.10.3.4",
        server=Server.CYRUS,
        title="Passwords only inside TLS.",
        settings=("allowplaintext: no", PLAIN_LISTED),
        certificate=ISSUED,
    ),
    Configuration(
        name="cyrus-tls-required",
        address="127.10.3.5",
        server=Server.CYRUS,
        title="`tls_required: yes` beside `allowplaintext: yes`.",
        settings=("tls_required: yes", "allowplaintext: yes", PLAIN_LISTED),
        certificate=ISSUED,
    ),
    Configuration(
        name="cyrus-broken-optional",
        address="127.10.3.6",
        server=Server.CYRUS,
        title="The certificate's file is unusable: STARTTLS is refused, and passwords cross in the clear.",
        settings=("allowplaintext: yes", PLAIN_LISTED),
        certificate=UNUSABLE,
    ),
    Configuration(
        name="cyrus-broken-required",
        address="127.10.3.7",
        server=Server.CYRUS,
        title="The certificate's file is unusable and passwords need TLS: nobody gets in.",
        settings=("allowplaintext: no", PLAIN_LISTED),
        certificate=UNUSABLE,
    ),
    Configuration(
        name="cyrus-challenge-only",
        address="127.10.3.8",
        server=Server.CYRUS,
        title="No TLS; CRAM-MD5 alone.",
        ports=CLEARTEXT_PORTS,
        settings=("allowplaintext: no", "sasl_mech_list: CRAM-MD5"),
    ),
    Configuration(
        name="cyrus-apop-only",
        address="127.10.3.11",
        server=Server.CYRUS,
        title="No TLS and no password in the clear; APOP, which POP3 has on by itself, lets in.",
        ports=CLEARTEXT_PORTS,
        settings=("allowplaintext: no", PLAIN_LISTED),
    ),
    Configuration(
        name="cyrus-implicit-only",
        address="127.10.3.9",
        server=Server.CYRUS,
        title="Only 993 and 995 are open.",
        ports=IMPLICIT_PORTS,
        settings=("allowplaintext: no", PLAIN_LISTED),
        certificate=ISSUED,
    ),
    Configuration(
        name="cyrus-tls10",
        address="127.10.3.10",
        server=Server.CYRUS,
        title="Passwords only inside TLS, and it is TLS 1.0.",
        settings=("allowplaintext: no", PLAIN_LISTED, "tls_versions: tls1_0", "tls_ciphers: ALL:@SECLEVEL=0"),
        certificate=ISSUED,
    ),
)
