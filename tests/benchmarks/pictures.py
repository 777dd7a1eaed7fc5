"""Draw README's picture of a terminal anew: python tests/benchmarks/pictures.py"""

import os
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

from losscli.output.save import svg_of

DATA = Path(__file__).resolve().parent.parent / "data"
WIDTH = 124
ARGUMENTS = ("bce", "1,0,0,1", "0.8,0.3,0.4,0.7", "--expect", "0.522")


def main() -> None:
    """Run the command as a terminal would see it, and save it below its own line."""
    env = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(WIDTH), "TERM": "xterm-256color"}
    done = subprocess.run([sys.executable, "-m", "losscli", *ARGUMENTS], capture_output=True, text=True, env=env)
    shown = " ".join(f'"{word}"' if "," in word else word for word in ARGUMENTS)
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=WIDTH, file=nowhere)
        console.print(Text(f"$ losscli {shown}", style="bold"))
        console.print(Text.from_ansi(done.stdout))
        picture = svg_of(console, "losscli")
    (DATA / "expect.svg").write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main()
