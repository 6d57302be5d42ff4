"""What the page of a finding says of a second look at it."""

from openletter.report.recheck.ledger import Crowd
from openletter.report.recheck.outcome import Hindrance, Outcome
from openletter.report.recheck.permission import Refusal
from openletter.web.labels import N_

OUTCOMES: dict[Outcome, str] = {
    Outcome.MENDED: N_("Mended"),
    Outcome.BETTER: N_("Better, but not mended yet"),
    Outcome.UNCHANGED: N_("Unchanged"),
    Outcome.WORSE: N_("Worse than before"),
    Outcome.UNREACHED: N_("Could not be reached"),
    Outcome.UNKNOWN: N_("Cannot be told"),
    Outcome.NOT_ASKED: N_("Not asked"),
}

OUTCOME_MEANINGS: dict[Outcome, str] = {
    Outcome.MENDED: N_(
        "Nothing is left of what there was to mend here. The finding is closed: the next report says that it is fixed, and "
        "does not remind you of it again. If a later survey finds it open, you will hear that it is back."
    ),
    Outcome.BETTER: N_("Less is open than before. What is left to do stands below."),
    Outcome.UNCHANGED: N_(
        "The server still answers as it did. If its settings were changed: was the service started anew since, and is this "
        "the machine that answers at this address?"
    ),
    Outcome.WORSE: N_("More is open than before. What to do stands below."),
    Outcome.UNREACHED: N_(
        "Nothing answers here just now. If you have closed this port, that mends it too: once surveys have met nobody here "
        "for some days, a report says so and the finding is closed. If the port is open, a firewall may be keeping us out."
    ),
    Outcome.UNKNOWN: N_(
        "The server answered, but what it exposes cannot be told from its answer. The finding stays open until a survey or "
        "another look can tell."
    ),
}
"""Of all but those that were not asked: what hindered them says more."""

HINDRANCES: dict[Hindrance, str] = {
    Hindrance.STOPPED: N_("Our server was stopped while it asked. Try again."),
    Hindrance.LEFT_OUT: N_("The address was entered into the list of those who are not to be asked."),
    Hindrance.NO_CONNECTION: N_(
        "This machine could make no connection of the kind that the survey made. Its operator can mend that."
    ),
    Hindrance.FAULT: N_("Something went wrong on our side. Its operator finds it in the server’s log."),
}

REFUSALS: dict[Refusal, str] = {
    Refusal.OPTED_OUT: N_(
        "This address is on the list of those who asked not to be asked again, so it is not asked here either. Whoever put it "
        "there can have it taken off."
    ),
    Refusal.EXCLUDED: N_("This address is excluded from being asked."),
    Refusal.NOT_IN_SCOPE: N_(
        "The survey that saw this endpoint did not ask this address on its own account, so it is not asked here either."
    ),
    Refusal.NOT_AUTHORISED: N_("The authorisation of the survey does not hold for this address any more."),
    Refusal.EXPIRED: N_("The authorisation of the survey has run out, so nobody is asked under it any more."),
    Refusal.LIST_UNREADABLE: N_(
        "The list of those who are not to be asked cannot be read just now, so nobody is asked."
    ),
}

CROWDS: dict[Crowd, str] = {
    Crowd.ENDPOINT: N_("It was asked a moment ago. It can be asked again in %(seconds)s seconds."),
    Crowd.HOST: N_("Another port of the same server is being asked. Try again in %(seconds)s seconds."),
    Crowd.NETWORK: N_("Many servers of this network were asked just now. Try again in %(seconds)s seconds."),
    Crowd.SUBSCRIBER: N_("You have had many servers asked just now. Try again in %(seconds)s seconds."),
    Crowd.ALL: N_("Many servers are being asked just now. Try again in %(seconds)s seconds."),
}
