"""A small calculation typed in place of its result: `1.4473/4`, `ln(2)`, `2/3`. It is parsed, never run as code.

Sums, products, quotients and powers of numbers, and ln, log2, log10, exp and sqrt. A whole number is exact; a decimal
is as precise as its last digit, unless a function is in the calculation: -ln(0.8)/2 means exactly that.
"""

import ast
import math
import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

from losscli.errors import UsageError
from losscli.records import record

FUNCTIONS: dict[str, Callable[[float], float]] = {
    "ln": math.log,
    "log2": math.log2,
    "log10": math.log10,
    "exp": math.exp,
    "sqrt": math.sqrt,
}

CONSTANTS = {"e": Fraction(math.e), "pi": Fraction(math.pi)}

AMBIGUOUS = "log can mean ln or log10; write ln(...), log2(...) or log10(...)"

LARGEST_POWER = 400

EXACT_HALF = Fraction(1, 10**9)  # relative: the result of an exact calculation is compared to nine digits

_NUMBER = r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?(?![\w.])"
_TOKEN = re.compile(rf"\s*({_NUMBER}|log10|log2|[A-Za-z]+|\*\*|[-+*/^()])")
_UNBRACKETED = re.compile(rf"\b({'|'.join(FUNCTIONS)})\s+({_NUMBER}|e\b|pi\b)")


@record
class Range:
    """A number with the least and the largest that it may stand for."""

    mid: Fraction
    low: Fraction
    high: Fraction

    @property
    def half(self) -> Fraction:
        """How far from `mid` it reaches."""
        return max(self.high - self.mid, self.mid - self.low)


def calculated(text: str) -> Range | None:
    """The result of a calculation; None where the text is none, UsageError for a logarithm without a base."""
    tokens = _TOKEN.findall(text)
    names = {token for token in tokens if token[0].isalpha()}
    if len(tokens) < 2 or _TOKEN.sub("", text).strip() or re.search(r"[-+]\s*[-+]", text):
        return None
    if "log" in names:
        raise UsageError(AMBIGUOUS)
    if not names <= {*FUNCTIONS, *CONSTANTS}:
        return None
    plain = _UNBRACKETED.sub(r"\1(\2)", text.strip().replace("^", "**"))
    plain = re.sub(r"(?<![\d.])0+(?=\d)", "", plain)  # Python has no 01
    try:
        return _value(ast.parse(plain, mode="eval").body, plain, exact=bool(names))
    except (ArithmeticError, ValueError, TypeError, LookupError, RecursionError, SyntaxError, MemoryError):
        return None


def _value(node: ast.expr, text: str, exact: bool) -> Range:
    """The result of a part of the calculation; LookupError for anything else."""
    match node:
        case ast.Constant():
            number = text[node.col_offset : node.end_col_offset]
            mid, half = Fraction(Decimal(number)), Fraction(0)
            if not exact and "." in number:
                half = Fraction(10) ** int(Decimal(number).as_tuple().exponent) / 2
            return Range(mid, mid - half, mid + half)
        case ast.Name():
            return _point(CONSTANTS[node.id])
        case ast.Call(func=ast.Name(id=name), args=[argument]):
            return _point(Fraction(FUNCTIONS[name](float(_value(argument, text, exact).mid))))
        case ast.UnaryOp():
            one = _value(node.operand, text, exact)
            return one if isinstance(node.op, ast.UAdd) else Range(-one.mid, -one.high, -one.low)
        case ast.BinOp():
            return _operation(node.op, _value(node.left, text, exact), _value(node.right, text, exact))
    raise LookupError


def _operation(operator: ast.operator, a: Range, b: Range) -> Range:
    match operator:
        case ast.Add():
            return Range(a.mid + b.mid, a.low + b.low, a.high + b.high)
        case ast.Sub():
            return Range(a.mid - b.mid, a.low - b.high, a.high - b.low)
        case ast.Div():
            if b.low <= 0 <= b.high:
                raise ZeroDivisionError
            return _operation(ast.Mult(), a, Range(1 / b.mid, 1 / b.high, 1 / b.low))
        case ast.Mult():
            ends = [x * y for x in (a.low, a.high) for y in (b.low, b.high)]
            return Range(a.mid * b.mid, min(ends), max(ends))
        case ast.Pow():
            if abs(b.mid) > LARGEST_POWER or a.mid.denominator.bit_length() > 1100:
                raise ValueError
            if b.mid.denominator != 1:
                return _point(Fraction(float(a.mid) ** float(b.mid)))
            return _point(a.mid ** int(b.mid))
    raise LookupError


def _point(value: Fraction) -> Range:
    return Range(value, value, value)
