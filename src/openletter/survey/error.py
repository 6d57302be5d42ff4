"""What can end a survey before its time."""


class SurveyError(Exception):
    """``str()`` is one line for the user. What was published before is kept."""


class WorkerLostError(SurveyError):
    """A process of the survey died: killed from outside, or by the system for want of memory."""


class WorkerFailedError(SurveyError):
    """A process of the survey gave up, and said why: no space, no sockets."""


class LeaveEndedError(SurveyError):
    """The last day of the authorisation passed while the survey went on."""
