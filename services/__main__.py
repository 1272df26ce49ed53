"""The command eventhub: eventhub up, eventhub serve CONTEXT, eventhub migrate, eventhub keys FOLDER, eventhub probe."""

import sys
from importlib import import_module

from services.kit.values import VERSION

PROGRAMS = {
    "up": "runs the whole platform in one process",
    "serve": "runs one context in a process of its own",
    "migrate": "brings databases up to date",
    "keys": "makes the signing keys",
    "probe": "asks a process on this machine how it is",
}
HELP = "\n".join(
    (
        "usage: eventhub PROGRAM [ARGUMENT ...]",
        "       eventhub --help | --version",
        "",
        "programs:",
        *(f"  {name:9} {does}" for name, does in PROGRAMS.items()),
        "",
        "eventhub PROGRAM --help says what a program takes.",
    )
)
USAGE = 2


def main() -> None:
    """Runs a command; each one describes itself with --help."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name in ("-h", "--help"):
        print(HELP)  # noqa: T201 - the caller asked for it
    elif name == "--version":
        print(f"eventhub {VERSION}")  # noqa: T201 - the caller asked for it
    elif name in PROGRAMS:
        del sys.argv[1]
        import_module(f"services.{name}").main()
    else:
        said = f"there is no program {name!r}" if name else "say which program"
        sys.stderr.write(f"eventhub: {said}, one of: {', '.join(PROGRAMS)}\n")
        raise SystemExit(USAGE)


if __name__ == "__main__":
    main()
