"""Names of alerts and incidents: short hashes of what they are, the same in every run and every process."""

import hashlib


def alert_id(rule: str, gateway_name: str, began_at: int) -> str:
    """Name of the alert of a rule over a gateway that began at a time; its transitions lead to it too.

    >>> alert_id("fail_rate", "*", 0)
    'a57c8583'
    """
    return _short_hash(rule, gateway_name, str(began_at))


def incident_id(kind: str, gateway_name: str, began_at: int) -> str:
    """Name of the incident that an alert of this kind opened; later alerts may have joined it."""
    return _short_hash(kind, gateway_name, str(began_at))


def _short_hash(*parts: str) -> str:
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=4).hexdigest()
