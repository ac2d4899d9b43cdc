"""`make freeze NUMBER=N`: writes rulebook N, then, with the program that has it, the histories that it judged."""

import subprocess
import sys

from tests.support.frozen import histories, released


def main() -> None:
    """Writes the rulebook; called again with `histories`, these."""
    number = int(sys.argv[1])
    if sys.argv[2:] == ["histories"]:
        for name in histories.names():
            histories.keep(number, name)
        return
    released.freeze(number)
    subprocess.run([sys.executable, "-m", "tests.support.frozen", str(number), "histories"], check=True)


if __name__ == "__main__":
    main()
