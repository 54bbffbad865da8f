# SPDX-License-Identifier: ISC
"""
Generated inputs.  A test of a property takes its cases from generator(), so
that a failed run can be repeated with the seed that it printed:

    TEST_SEED=1234 python3 -m pytest -q tests/e2e/senders

TEST_CASES changes the number of cases of each property.
"""
import os
import random

SEED = int(os.environ.get("TEST_SEED") or random.randrange(10**9))
CASES = int(os.environ.get("TEST_CASES") or 10000)


def generator(name):
    """Returns a random.Random of its own for each test, so that the cases of
    one do not depend on which others ran."""
    return random.Random(f"{SEED} {name}")
