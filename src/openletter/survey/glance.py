"""A quick look for the progress display. It is no verdict: one word about a list, with no sibling and no proof."""

from openletter.dialogue.observation import Greeting, ListSource, Mode, Observation, Protocol, Tcp


def answered(seen: Observation) -> bool:
    return seen.tcp is Tcp.OPEN


def exposed(seen: Observation) -> bool:
    """Whether a password could probably cross in the clear."""
    if seen.mode is not Mode.CLEARTEXT or seen.greeting is not Greeting.OK:
        return False
    listed = seen.caps_pre_source in (ListSource.GREETING, ListSource.COMMAND)
    if seen.protocol is Protocol.IMAP:
        return listed and "LOGINDISABLED" not in seen.caps_pre and "XTLSREQUIRED" not in seen.caps_pre
    if not listed:
        return seen.caps_pre_source is ListSource.REFUSED
    return "USER" in seen.caps_pre and not ("SASL" in seen.caps_pre and "STLS" in seen.caps_pre)
