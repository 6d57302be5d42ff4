"""The configurations of courier: what administrators do, and what they do wrong."""

from openletter.lab.real.configuration import (
    CLEARTEXT_PORTS,
    IMPLICIT_PORTS,
    POP3,
    Certificate,
    Configuration,
    Server,
)

ISSUED, UNUSABLE = Certificate.ISSUED, Certificate.UNUSABLE
STARTTLS = ("IMAP_STARTTLS=YES", "POP3_STARTTLS=YES")
LISTED = (
    "IMAP_CAPABILITY=IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT SORT QUOTA AUTH=PLAIN IDLE",
    "POP3AUTH=PLAIN LOGIN",
    "POP3AUTH_TLS=PLAIN LOGIN",
)

COURIER = (
    Configuration(
        name="courier-none",
        address="127.10.2.1",
        server=Server.COURIER,
        title="No TLS at all, passwords in the clear; AUTH=PLAIN is listed.",
        ports=CLEARTEXT_PORTS,
        settings=LISTED,
    ),
    Configuration(
        name="courier-none-unlisted",
        address="127.10.2.2",
        server=Server.COURIER,
        title="No TLS at all and no AUTH= in the list, and yet passwords are taken in the clear.",
        ports=CLEARTEXT_PORTS,
    ),
    Configuration(
        name="courier-optional",
        address="127.10.2.3",
        server=Server.COURIER,
        title="TLS is offered, and passwords are taken in the clear all the same.",
        settings=(*STARTTLS, *LISTED),
        certificate=ISSUED,
    ),
    Configuration(
        name="courier-optional-unlisted",
        address="127.10.2.4",
        server=Server.COURIER,
        title="TLS is offered; no AUTH= is listed before it, and yet passwords are taken in the clear.",
        settings=STARTTLS,
        certificate=ISSUED,
    ),
    Configuration(
        name="courier-required",
        address="127.10.2.5",
        server=Server.COURIER,
        title="TLS is required before a login; POP3 lists USER all the same.",
        settings=(*STARTTLS, "IMAP_TLS_REQUIRED=1", "POP3_TLS_REQUIRED=1"),
        certificate=ISSUED,
        misleading=(POP3,),
    ),
    Configuration(
        name="courier-beside-implicit",
        address="127.10.2.6",
        server=Server.COURIER,
        title="993 and 995 have TLS; 143 and 110 have none and take passwords.",
        settings=LISTED,
        certificate=ISSUED,
    ),
    Configuration(
        name="courier-implicit-only",
        address="127.10.2.7",
        server=Server.COURIER,
        title="Only 993 and 995 are open.",
        ports=IMPLICIT_PORTS,
        certificate=ISSUED,
    ),
    Configuration(
        name="courier-broken-optional",
        address="127.10.2.8",
        server=Server.COURIER,
        title="The certificate's file is unusable: STARTTLS is promised and fails, and passwords cross in the clear.",
        settings=(*STARTTLS, *LISTED),
        certificate=UNUSABLE,
    ),
    Configuration(
        name="courier-tls10",
        address="127.10.2.9",
        server=Server.COURIER,
        title="TLS is required, and it is TLS 1.0.",
        settings=(
            *STARTTLS,
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
        server=Server.COURIER,
        title="Only root can read the key: 993 and 995 have TLS, STARTTLS is promised and fails.",
        settings=STARTTLS,
        certificate=Certificate.ROOT_ONLY,
    ),
)
