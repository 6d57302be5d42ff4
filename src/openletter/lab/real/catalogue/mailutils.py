"""The configurations of mailutils: what administrators do, and what they do wrong."""

from openletter.lab.real.configuration import (
    CLEARTEXT_PORTS,
    IMAP,
    IMPLICIT_PORTS,
    Certificate,
    Configuration,
    Server,
)

ISSUED, UNUSABLE = Certificate.ISSUED, Certificate.UNUSABLE

MAILUTILS = (
    Configuration(
        name="mailutils-none",
        address="127.10.4.1",
        server=Server.MAILUTILS,
        title="No TLS at all, passwords in the clear; the greeting lists nothing.",
        ports=CLEARTEXT_PORTS,
    ),
    Configuration(
        name="mailutils-optional",
        address="127.10.4.2",
        server=Server.MAILUTILS,
        title="TLS is offered, and passwords are taken in the clear all the same.",
        settings=("tls-mode ondemand",),
        certificate=ISSUED,
    ),
    Configuration(
        name="mailutils-required",
        address="127.10.4.3",
        server=Server.MAILUTILS,
        title="TLS is required before a login; IMAP says XTLSREQUIRED and not LOGINDISABLED.",
        settings=("tls-mode required",),
        certificate=ISSUED,
    ),
    Configuration(
        name="mailutils-login-disabled",
        address="127.10.4.4",
        server=Server.MAILUTILS,
        title="LOGINDISABLED beside AUTH=PLAIN: AUTHENTICATE PLAIN takes passwords in the clear.",
        ports=(IMAP,),
        settings=("login-disabled yes;",),
    ),
    Configuration(
        name="mailutils-preauth",
        address="127.10.4.5",
        server=Server.MAILUTILS,
        title="PREAUTH: the mailbox is open to whoever connects.",
        ports=(IMAP,),
        settings=("tls-mode ondemand", 'preauth "prog://{preauth}";'),
        certificate=ISSUED,
    ),
    Configuration(
        name="mailutils-beside-implicit",
        address="127.10.4.6",
        server=Server.MAILUTILS,
        title="993 and 995 have TLS; 143 and 110 have none and take passwords.",
        certificate=ISSUED,
    ),
    Configuration(
        name="mailutils-cleartext-on-implicit",
        address="127.10.4.7",
        server=Server.MAILUTILS,
        title="993 and 995 greet in the clear, as 143 and 110 do: no TLS anywhere.",
        settings=("implicit tls-mode no",),
    ),
    Configuration(
        name="mailutils-implicit-only",
        address="127.10.4.8",
        server=Server.MAILUTILS,
        title="Only 993 and 995 are open.",
        ports=IMPLICIT_PORTS,
        certificate=ISSUED,
    ),
    Configuration(
        name="mailutils-broken-optional",
        address="127.10.4.9",
        server=Server.MAILUTILS,
        title="The certificate's file is unusable.",
        settings=("tls-mode ondemand",),
        certificate=UNUSABLE,
    ),
)
