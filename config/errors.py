"""What can be wrong with what an operator set.

Unfit    cannot be used as it is; the message is one sentence that says what to change, and quotes nothing secret
"""

from __future__ import annotations


class Unfit(Exception):
    """What the operator set cannot be used; the message is one sentence that says what to change."""
