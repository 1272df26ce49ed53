"""The command eventhub: eventhub up, eventhub serve CONTEXT, eventhub migrate, eventhub keys FOLDER, eventhub probe."""

import sys
from importlib import import_module

COMMANDS = ("up", "serve", "migrate", "keys", "probe")


def main() -> None:
    """Runs a command; each one describes itself with --help."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in COMMANDS:
        sys.exit(f"eventhub: say what to do, one of: {', '.join(COMMANDS)}")
    del sys.argv[1]
    import_module(f"services.{name}").main()


if __name__ == "__main__":
    main()
