"""Numbers as Prometheus reads them; the only file that speaks with its library.

    FAMILIES -> one collector each, in a registry of our own -> text

The library's own registry is not used: what other code puts there does not come here. With our numbers go those of the
process: memory, processor time, open files.
"""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from bot.telemetry.metrics import FAMILIES, Family, Kind, checked

NAMESPACE: Final = "skillrally"

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
"""Of `Prometheus.text`. Source: Prometheus, "Exposition formats"."""


class Prometheus:
    """A `bot.telemetry.metrics.Metrics` that can be read."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        self._counters = {name: self._counter(name, f) for name, f in FAMILIES.items() if f.kind is Kind.COUNTER}
        self._gauges = {name: self._gauge(name, f) for name, f in FAMILIES.items() if f.kind is Kind.GAUGE}
        self._histograms = {
            name: Histogram(name, f.says, _labels(f), namespace=NAMESPACE, registry=self.registry, buckets=f.buckets)
            for name, f in FAMILIES.items()
            if f.kind is Kind.HISTOGRAM
        }
        ProcessCollector(registry=self.registry)

    def _counter(self, name: str, family: Family) -> Counter:
        made = Counter(name, family.says, _labels(family), namespace=NAMESPACE, registry=self.registry)
        for word in family.words:  # so that it is there before it happens
            made.labels(word)
        return made

    def _gauge(self, name: str, family: Family) -> Gauge:
        return Gauge(name, family.says, _labels(family), namespace=NAMESPACE, registry=self.registry)

    @property
    def kept(self) -> bool:
        """They can be read."""
        return True

    def count(self, name: str, more: float = 1, /, **labels: str) -> None:
        """Add to a counter; *more* is not negative."""
        values = checked(name, Kind.COUNTER, labels)
        counter = self._counters[name]
        (counter.labels(*values) if values else counter).inc(more)

    def set_to(self, name: str, value: float, /, **labels: str) -> None:
        """Set a gauge."""
        values = checked(name, Kind.GAUGE, labels)
        gauge = self._gauges[name]
        (gauge.labels(*values) if values else gauge).set(value)

    def observe(self, name: str, seconds: float, /, **labels: str) -> None:
        """Put a time into a histogram."""
        values = checked(name, Kind.HISTOGRAM, labels)
        histogram = self._histograms[name]
        (histogram.labels(*values) if values else histogram).observe(seconds)

    def text(self) -> bytes:
        """All of them, as Prometheus reads them."""
        return generate_latest(self.registry)

    def __repr__(self) -> str:
        return f"<Prometheus, {len(FAMILIES)} numbers>"


def _labels(family: Family) -> tuple[str, ...]:
    return (family.label,) if family.label else ()
