"""What an administrator is told to do, and in which order."""

import pytest

from openletter.dialogue.observation import Greeting, Protocol
from openletter.enrich.product import NOT_RECOGNISED, Certainty, How, Product, Recognition, recognise
from openletter.remedy.remedies import Remedy, in_order, remedy_for
from openletter.remedy.settings import SETTINGS, Need, settings_for
from openletter.remedy.wording import CATALOGUES
from openletter.verdict.classes import WIDE, Class
from openletter.verdict.examples import (
    DOVECOT_CHALLENGE,
    DOVECOT_OPEN,
    MODERN,
    PLAINTEXT,
    TLS_1_0,
    imap,
    implicit,
    pop3,
    upgraded,
)
from openletter.verdict.facts import derive
from openletter.verdict.modifiers import MODIFIERS
from openletter.verdict.rules import RULES, Rule
from openletter.verdict.verdict import judge, judge_facts

WORDS = CATALOGUES["en"]


def known(product: Product, certainty: Certainty = Certainty.CERTAIN) -> Recognition:
    return Recognition(product=product, how=How.BANNER, certainty=certainty)


def titles(remedy: Remedy) -> list[str]:
    return [step.title for step in remedy.steps]


def lines(remedy: Remedy) -> str:
    return "\n".join(line for step in remedy.steps for change in step.changes for line in change.lines)


# VERDICTS §5, copied by hand: what must stand in the lines for login off, and for TLS on.
TABLE = [
    (Product.DOVECOT, ["ssl = required", "disable_plaintext_auth = yes", "auth_allow_cleartext = no"],
     ["ssl_cert = <", "ssl_key = <", "ssl_server_cert_file", "ssl_server_key_file"]),
    (Product.COURIER, ["IMAP_TLS_REQUIRED=1", "POP3_TLS_REQUIRED=1"], ["TLS_CERTFILE"]),
    (Product.CYRUS, ["allowplaintext: no", "tls_required: yes"], ["tls_server_cert", "tls_server_key"]),
    (Product.EXCHANGE,
     ["Set-ImapSettings -LoginType SecureLogin", "Set-PopSettings -LoginType SecureLogin"],
     ["Enable-ExchangeCertificate", "-Services IMAP,POP"]),
    (Product.ZIMBRA,
     ["zmprov mcf zimbraImapCleartextLoginEnabled FALSE zimbraPop3CleartextLoginEnabled FALSE"], ["zmcertmgr"]),
    (Product.CPANEL, ["Allow Plaintext Authentication", ": No"], ["AutoSSL"]),
    (Product.HMAILSERVER, ["Connection security: STARTTLS (required)", "SSL/TLS"], ["certificate"]),
]  # fmt: skip


@pytest.mark.parametrize(("product", "login_off", "tls_on"), TABLE, ids=[row[0] for row in TABLE])
def test_lines_are_those_of_verdicts_section_5(
    product: Product, login_off: list[str], tls_on: list[str]
) -> None:
    """An administrator would copy the wrong lines."""
    for need, wanted in ((Need.LOGIN_OFF, login_off), (Need.TLS_ON, tls_on)):
        said = "\n".join(line for setting in settings_for(product, need) for line in setting.lines)
        for text in wanted:
            assert text in said
    remedy = remedy_for(judge(imap(DOVECOT_OPEN)), known(product))
    for text in login_off + tls_on:
        assert text in lines(remedy)


def test_dovecot_gets_both_editions_since_it_does_not_say_which() -> None:
    """Half of all dovecots would refuse to start on the other half's lines."""
    remedy = remedy_for(judge(imap(DOVECOT_OPEN)), known(Product.DOVECOT))
    editions = {change.applies_to for step in remedy.steps for change in step.changes}
    assert {"Dovecot 2.3", "Dovecot 2.4"} <= editions


def test_tls_comes_before_the_end_of_cleartext_and_passwords_come_last() -> None:
    """Followed in another order the steps lock every user out, or send the new password in the clear."""
    said = titles(remedy_for(judge(imap(DOVECOT_OPEN)), known(Product.DOVECOT)))
    tls, login = WORDS.needs[Need.TLS_ON].title, WORDS.needs[Need.LOGIN_OFF].title
    assert said.index(tls) < said.index(login) < said.index(WORDS.ports.title)
    assert said[-1] == WORDS.passwords.title
    assert "8314 §4.1" in WORDS.passwords.text


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.cls)
def test_passwords_are_to_be_changed_exactly_for_the_wide_classes(rule: Rule) -> None:
    """Users whose password was readable would keep it, or all users be sent to change theirs for nothing."""
    for example in rule.examples:
        said = titles(remedy_for(judge_facts(derive(example.seen, example.sibling)), NOT_RECOGNISED))
        assert (WORDS.passwords.title in said) == (rule.cls in WIDE)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.cls)
def test_there_is_something_to_do_wherever_something_is_wrong(rule: Rule) -> None:
    """A report would name a fault and leave its reader alone with it."""
    nothing_to_do = {Class.UNREACHABLE, Class.NOT_MAIL, Class.TLS_REQUIRED, Class.IMPLICIT_TLS}
    for example in rule.examples:
        verdict = judge_facts(derive(example.seen, example.sibling))
        steps = remedy_for(verdict, NOT_RECOGNISED).steps
        assert bool(steps) == (rule.cls not in nothing_to_do or bool(verdict.findings))


def test_every_finding_has_a_step() -> None:
    """The same for single faults."""
    for modifier in MODIFIERS:
        for example in modifier.examples:
            verdict = judge(example.seen, None, example.certificate_faults)
            wanted = WORDS.finding_steps[modifier.name].title
            assert wanted in titles(remedy_for(verdict, NOT_RECOGNISED))


def test_weak_version_gets_the_product_s_lines() -> None:
    """ "Allow TLS 1.2 only" helps nobody who does not know where."""
    verdict = judge(implicit(Protocol.IMAP, TLS_1_0))
    assert "ssl_min_protocol = TLSv1.2" in lines(remedy_for(verdict, known(Product.DOVECOT)))


def test_unknown_product_gets_the_same_steps_without_lines() -> None:
    """A reader with another product would be given lines that are not his."""
    verdict = judge(imap(DOVECOT_OPEN))
    unknown = remedy_for(verdict, NOT_RECOGNISED)
    assert titles(unknown) == titles(remedy_for(verdict, known(Product.DOVECOT)))
    assert lines(unknown) == ""
    assert "not recognised" in unknown.recognised


def test_a_guessed_product_marks_its_lines() -> None:
    """A wrong guess would read as knowledge (VERDICTS §5)."""
    verdict = judge(imap(DOVECOT_OPEN))
    guessed = remedy_for(verdict, known(Product.CYRUS, Certainty.GUESS))
    assert all(change.guessed for step in guessed.steps for change in step.changes)
    sure = remedy_for(verdict, known(Product.CYRUS))
    assert not any(change.guessed for step in sure.steps for change in step.changes)


def test_cpanel_stands_beside_dovecot_as_a_guess() -> None:
    """On a cPanel host the lines for dovecot's files are lost at the next rebuild."""
    seen = imap(
        "IMAP4REV1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE NAMESPACE LITERAL+ AUTH=PLAIN",
        banner=b"* OK Dovecot ready.",
    )
    remedy = remedy_for(judge(seen), recognise(seen))
    marks = {change.applies_to: change.guessed for step in remedy.steps for change in step.changes}
    assert marks == {"Dovecot 2.3": False, "Dovecot 2.4": False, "cPanel": True}


def test_courier_pop3_says_why_a_survey_will_not_see_the_change() -> None:
    """An administrator who did everything right would be told ever again that nothing changed."""
    seen = upgraded(pop3("STLS", "USER", banner=b"+OK Hello there."), handshake=MODERN)
    remedy = remedy_for(judge(seen), recognise(seen))
    notes = [change.note for step in remedy.steps for change in step.changes]
    assert any("USER" in note for note in notes)


def test_steps_are_said_once() -> None:
    """Two findings with the same cure would double it."""
    verdict = judge(implicit(Protocol.IMAP), None, {"cert_self_signed", "cert_unknown_ca"})
    assert len(remedy_for(verdict, NOT_RECOGNISED).steps) == 1


def test_nothing_to_do_for_a_healthy_server() -> None:
    """Healthy servers would get homework."""
    assert remedy_for(judge(implicit(Protocol.IMAP)), known(Product.DOVECOT)).steps == ()


def test_settings_say_where_and_what() -> None:
    """A line without its file is of no use."""
    for setting in SETTINGS:
        assert setting.where
        assert setting.lines
        assert all(line.isprintable() for line in (*setting.lines, *setting.apply))


def test_only_a_cleartext_port_is_to_be_closed() -> None:
    """Whoever is told to close 993 is left with the port that is readable."""
    in_the_clear = implicit(Protocol.IMAP, PLAINTEXT, greeting=Greeting.OK)
    assert judge(in_the_clear).wide
    assert WORDS.ports.title not in titles(remedy_for(judge(in_the_clear), NOT_RECOGNISED))
    assert WORDS.ports.title in titles(remedy_for(judge(imap(DOVECOT_OPEN)), NOT_RECOGNISED))


def test_the_steps_of_a_host_are_said_once_with_the_lines_of_every_port() -> None:
    """Two ports with the same fault doubled the list, and a port that was only guessed spoilt the certain one."""
    verdict = judge(imap(DOVECOT_OPEN))
    guessed = remedy_for(verdict, known(Product.DOVECOT, Certainty.GUESS))
    certain = remedy_for(verdict, known(Product.DOVECOT))
    other = remedy_for(verdict, known(Product.CYRUS))
    steps = in_order([*guessed.steps, *other.steps, *certain.steps])
    assert [step.title for step in steps] == titles(certain)
    changes = [change for step in steps for change in step.changes]
    assert {change.applies_to for change in changes} == {"Dovecot 2.3", "Dovecot 2.4", "Cyrus IMAP"}
    assert len(changes) == len(set(changes))
    assert not any(change.guessed for change in changes)


def test_old_challenges_end_only_after_tls_works() -> None:
    """Users of a server that knows nothing else would be locked out by the first step."""
    said = titles(remedy_for(judge(imap(DOVECOT_CHALLENGE)), NOT_RECOGNISED))
    challenges = WORDS.class_steps[Class.CHALLENGE_ONLY_NO_TLS].title
    assert said.index(WORDS.needs[Need.TLS_ON].title) < said.index(challenges)
