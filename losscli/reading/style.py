"""How a text table is to be read, as far as the user says."""

from dataclasses import dataclass

BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class Style:
    """The delimiter or None to find it, rows with missing cells dropped or not, bytes a block."""

    delimiter: str | None = None
    drop: bool = False
    block_bytes: int = BLOCK_BYTES


PLAIN_STYLE = Style()
