r"""Mathematics as text for people and machines, and the same as LaTeX for Markdown: there is one text of each formula.

`-ln(1 - p) / 4` is `-\frac{\ln(1 - p)}{4}`. The LaTeX is well formed whatever the text is. A letter is a symbol, and
several are a word; in `q[k]`, k is an index; `^` raises to the atom behind it, with its sign, and `/` divides the atom
before it by the atom behind it.
"""

import re
from collections import deque
from collections.abc import Sequence
from itertools import groupby

from losscli.records import record

SYMBOLS = {
    **{"*": r"\cdot", "...": r"\ldots", "theta": r"\theta", "inf": r"\infty", "\\": r"\backslash"},
    **{"~": r"\sim", "^": r"\wedge", "`": r"\text{'}", "'": r"\text{'}"},
    **{one: f"\\{one}" for one in "{}%$&#_"},
}

FUNCTIONS = {"ln": r"\ln", "max": r"\max", "sigmoid": r"\mathrm{sigmoid}", "softmax": r"\mathrm{softmax}"}

CLOSING = {"(": ")", "[": "]"}

IN_WORDS = {**{one: f"\\{one}" for one in "{}%$&#_"}, **dict.fromkeys("\\~^", "-"), "|": "/", "`": "'"}

_TOKEN = re.compile(
    r"""sum\ over\ \w\ of\b
    |[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?  # a number
    |d(?=(?:loss|theta|[pxz])(?!\w))      # what a slope is a quotient of, as dp in dp/dz
    |log[0-9]+(?:\.[0-9]+)?               # a logarithm to a base
    |[^\W\d_]+(?:'s?)?(?:\[[^][]*\])?     # a word or a letter, and its index
    |\.\.\.|\S""",
    re.VERBOSE,
)

DIGITS = "0123456789"

_POWER = re.compile(r"\^[+-]?[\w(\[]")

_UNARY = re.compile(r"(^|= )- ")  # a minus with nothing before it to subtract from

Tokens = deque[str]


@record
class Formula:
    """A cell of mathematics: its parts, and `words` around them with a `{}` for each."""

    parts: tuple[str, ...]
    words: str = "{}"

    def __str__(self) -> str:
        return self.words.format(*self.parts)


def maths(*parts: str, words: str = "{}") -> Formula:
    """A cell of mathematics."""
    return Formula(parts, words)


@record
class _Piece:
    """LaTeX of a part. An `atom` can be divided and raised, `inner` is it without its brackets, a `word` is text."""

    text: str
    atom: bool = True
    inner: str = ""
    word: bool = False

    @property
    def bare(self) -> str:
        return self.inner or (_text(self.text) if self.word else self.text)


def latex(text: str) -> str:
    """A formula as LaTeX, without the dollars around it."""
    tokens = Tokens(_TOKEN.findall(text))
    pieces: list[_Piece] = []
    while tokens:  # a bracket that closes nothing ends a sequence
        pieces += [*_sequence(tokens), *([_Piece(tokens.popleft(), atom=False)] if tokens else [])]
    return _joined(pieces)


def in_words(text: str) -> str:
    r"""Text as `\text{}` holds it."""
    return "".join(IN_WORDS.get(one, one) for one in text)


def _sequence(tokens: Tokens) -> list[_Piece]:
    """The pieces up to a closing bracket, which is left in the tokens."""
    pieces: list[_Piece] = []
    while tokens and tokens[0] not in CLOSING.values():
        divides = tokens[0] == "/" and pieces and pieces[-1].atom and len(tokens) > 1 and _begins_atom(tokens[1])
        if divides:
            tokens.popleft()
            pieces[-1] = _Piece(f"\\frac{{{pieces[-1].bare}}}{{{_raised(tokens).bare}}}")
        else:
            pieces.append(_raised(tokens))
    return pieces


def _begins_atom(token: str) -> bool:
    return token[0].isalnum() or token in CLOSING


def _raised(tokens: Tokens) -> _Piece:
    """An atom with its power, or an operator."""
    piece = _atom(tokens)
    while piece.atom and _POWER.match("".join(list(tokens)[:3])):
        tokens.popleft()
        sign = tokens.popleft() if tokens[0] in "+-" else ""
        base = f"{{{piece.text}}}" if "^" in piece.text and not piece.inner else _own(piece)
        piece = _Piece(f"{base}^{{{sign}{_atom(tokens).bare}}}")
    return piece


def _own(piece: _Piece) -> str:
    return piece.bare if piece.word else piece.text


def _atom(tokens: Tokens) -> _Piece:
    token = tokens.popleft()
    if token in CLOSING:
        return _bracket(token, tokens)
    if token == "d" and tokens and tokens[0] != "d":
        return _Piece(f"\\partial {_own(_atom(tokens))}")
    if token.startswith("sum over "):
        return _Piece(f"\\sum_{{{token.split()[2]}}}", atom=False)
    name = f"\\log_{{{token[3:]}}}" if re.match("log[0-9]", token) else FUNCTIONS.get(token)
    if name is None:
        return _Piece(_number(token)) if token[0] in DIGITS else _symbol(token)
    if not (tokens and _begins_atom(tokens[0])):
        return _Piece(name)
    argument = _atom(tokens)
    return _Piece(f"{name}{'' if argument.inner else ' '}{_own(argument)}")


def _bracket(opening: str, tokens: Tokens) -> _Piece:
    """The part in brackets; a fraction or a power drops these unless they hold a list."""
    inside = _sequence(tokens)
    inner, closed = _joined(inside), bool(tokens) and tokens[0] == CLOSING[opening]
    text = f"{opening}{inner}{tokens.popleft() if closed else ''}"
    return _Piece(text, inner="" if any(piece.text == "," for piece in inside) else inner)


def _number(token: str) -> str:
    """A number; one with an exponent as a multiple of a power of ten."""
    digits, _, power = token.partition("e")
    if not power:
        return token
    return ("" if digits == "1" else f"{digits} \\cdot ") + f"10^{{{int(power)}}}"


def _symbol(token: str) -> _Piece:
    if token in SYMBOLS or (token.isascii() and not token[0].isalpha()):
        return _Piece(SYMBOLS.get(token, token), atom=token[0].isalpha())
    name, _, index = token.removesuffix("]").partition("[")
    if not index:
        return _Piece(in_words(name), word=len(name) > 1 or not name.isascii())
    return _Piece(f"{_letter(name)}_{{{_letter(index)}}}")


def _letter(name: str) -> str:
    return name if len(name) == 1 and name.isascii() and name.isalnum() else _text(in_words(name))


def _text(words: str) -> str:
    return f"\\text{{{words}}}"


def _joined(pieces: Sequence[_Piece]) -> str:
    """The pieces one after the other, with spaces around words."""
    runs = [(word, list(run)) for word, run in groupby(pieces, key=lambda piece: piece.word)]
    found = []
    for at, (word, run) in enumerate(runs):
        texts = " ".join(piece.text for piece in run)
        if word:
            before = at > 0 and (runs[at - 1][1][-1].atom or runs[at - 1][1][-1].text == ",")
            after = at + 1 < len(runs) and runs[at + 1][1][0].atom
            texts = _text(f"{' ' * before}{texts}{' ' * after}")
        found.append(texts)
    return _UNARY.sub(r"\1-", " ".join(found)).replace(" ,", ",")
