"""How a state machine of rooms is played: in one shop, the same histories each time."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine
from hypothesis.stateful import run_state_machine_as_test as run_machine
from room_shop import RoomShop


def live(machine: type[RuleBasedStateMachine], shop: RoomShop, examples: int, steps: int) -> None:
    """Play so many histories of so many steps at most; the machine finds the shop as its `shop`."""
    run_machine(
        type("Machine", (machine,), {"shop": shop}),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
