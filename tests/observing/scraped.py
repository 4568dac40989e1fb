"""What Prometheus would read."""

from __future__ import annotations

from dataclasses import dataclass

import httpx
from prometheus_client.parser import text_string_to_metric_families


@dataclass(frozen=True)
class Scraped:
    samples: dict[tuple[str, frozenset[tuple[str, str]]], float]

    def __call__(self, name: str, /, **labels: str) -> float:
        """Return a sample by its exact labels."""
        return self.samples[name, frozenset(labels.items())]

    def total(self, name: str, **labels: str) -> float:
        """Return the sum of the samples that have these labels among theirs."""
        wanted = set(labels.items())
        return sum(value for (at, has), value in self.samples.items() if at == name and wanted <= has)

    def names(self) -> set[str]:
        return {name for name, _ in self.samples}

    def labels(self) -> set[str]:
        """Return every value of every label."""
        return {value for _, labels in self.samples for _, value in labels}


def parsed(text: str) -> Scraped:
    families = text_string_to_metric_families(text)
    samples = [sample for family in families for sample in family.samples]
    found = {(s.name, frozenset(s.labels.items())): s.value for s in samples}
    assert len(found) == len(samples), "a sample is told twice"
    return Scraped(found)


def scrape(port: int) -> Scraped:
    answer = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=10)
    assert answer.status_code == 200
    return parsed(answer.text)
