"""The one severity scale, for windows and days, ordered so that `max` is the worst."""

from enum import IntEnum


class Severity(IntEnum):
    """Worst of several: CRIT, WARN, UNKNOWN, INFO, OK.

    UNKNOWN ranks above OK and INFO, since "we cannot tell" must not look healthy, and
    below WARN, since it is not an alarm.
    """

    OK = 0
    INFO = 1
    UNKNOWN = 2
    WARN = 3
    CRIT = 4

    def __str__(self) -> str:
        return self.name

    @property
    def is_alarm(self) -> bool:
        """Whether somebody should look: WARN and CRIT."""
        return self >= Severity.WARN


def worst(
    severities: "list[Severity] | tuple[Severity, ...]", default: Severity = Severity.UNKNOWN
) -> Severity:
    """The worst of `severities`; `default` when there is none to judge by.

    >>> str(worst([Severity.OK, Severity.UNKNOWN, Severity.INFO]))
    'UNKNOWN'
    """
    return max(severities, default=default)
