"""Peers are software of others, installed by a command of their own: without it nothing here is even collected."""

from __future__ import annotations

import os

collect_ignore_glob = [] if os.environ.get("PEERS") else ["test_*.py"]
