"""Generate the Python modules and their types from the wire contract: `python protos/generate.py FOLDER`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
GOOGLEAPIS = HERE.parent / "third_party" / "googleapis"


def generate(folder: Path) -> None:
    """Replace what FOLDER holds of `coi` by what the contract says now."""
    shutil.rmtree(folder / "coi", ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    sources = sorted(str(path.relative_to(HERE)) for path in (HERE / "coi").rglob("*.proto"))
    plugins = str(Path(sys.executable).parent)
    command = [
        *(sys.executable, "-m", "grpc_tools.protoc", f"-I{HERE}", f"-I{GOOGLEAPIS}"),
        *(f"--python_out={folder}", f"--grpc_python_out={folder}"),
        *(f"--mypy_out=quiet:{folder}", f"--mypy_grpc_out=quiet:{folder}"),
        *sources,
    ]
    environment = {**os.environ, "PATH": os.pathsep.join([plugins, os.environ.get("PATH", os.defpath)])}
    subprocess.run(command, cwd=HERE, env=environment, check=True)  # noqa: S603 (our own arguments)


if __name__ == "__main__":
    generate(Path(sys.argv[1]).resolve())
