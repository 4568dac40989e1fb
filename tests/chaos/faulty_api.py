"""`python -m tests.chaos.faulty_api`: the API with what is planted in it."""

from __future__ import annotations

from api import __main__ as real
from tests.chaos.faults import IN_API, plant

if __name__ == "__main__":
    plant(IN_API)
    real.main()
