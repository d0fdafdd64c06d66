"""SMAX battles against JaxMARL's on the same CPU, part of ``python -m benchmarks.envs``."""

from __future__ import annotations

from .envs import batch_case, batched, first_step, growth, jaxmarl, threads
from .harness import Case

BOTH = "smax/5m(opponent=self_play)"
"""JaxMARL's SMAX without a scenario: five marines on each side, all ten played from outside."""


def cases() -> list[Case]:
    """Five marines a side, played and scripted, and the published scenarios alone."""
    sides = {"num_allies": 5, "num_enemies": 5}
    return [
        batch_case(BOTH, 10, "jaxmarl", lambda: jaxmarl("SMAX", 20, **sides), "smax, 10 agents"),
        batch_case("smax/5m", 10, "jaxmarl", lambda: jaxmarl("HeuristicEnemySMAX", 20, **sides)),
        *(
            Case(f"{id}, batch of 1024", "steps/s", lambda id=id: batched(id, steps=100))
            for id in ("smax/3m", "smax/2s3z")
        ),
        Case("smax/27m_vs_30m, batch of 256", "steps/s", lambda: batched("smax/27m_vs_30m", 256, 40)),
        growth("smax/2s3z"),
        threads("smax/2s3z"),
        first_step("smax/2s3z"),
    ]
