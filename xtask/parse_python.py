"""Parses every Python file under the given folders, without running or writing anything.

Nothing but Python 3 itself is needed, whatever the files import.
"""

import ast
import pathlib
import sys


def main() -> None:
    count = 0
    for folder in sys.argv[1:]:
        for path in sorted(pathlib.Path(folder).rglob("*.py")):
            if any(part.startswith(".") for part in path.parts):
                continue
            ast.parse(path.read_text(encoding="utf-8"), str(path))
            count += 1
    print(f"{count} files parsed")


if __name__ == "__main__":
    main()
