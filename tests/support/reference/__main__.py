"""Write the reference pages: `python -m tests.support.reference FOLDER`."""

import sys
from pathlib import Path

from tests.support.reference.pages import write

if __name__ == "__main__":
    write(Path(sys.argv[1]))
