"""From the arguments of a command to the mathematics, what is read, and how the answer is printed.

An option's value goes to whoever needs it: `settings_of` makes the `Settings` of the mathematics, `read_options_of` the
`ReadOptions` for the sources, `printing_of` the `Printing` of the answer.

Options that contradict each other are refused here, before anything is read.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from math import inf, isfinite

from losscli.commands.arguments import Arguments
from losscli.data.columns import ColumnSelection
from losscli.enums import Missing, Reduction, Scale, Unmatched
from losscli.errors import UsageError
from losscli.evaluation.evaluate import balanced_weights
from losscli.evaluation.problem import PHRASES, LabelOptions, Settings, problem_of
from losscli.output.formats import Printing
from losscli.reading.lists import is_list, reads_as_numbers
from losscli.reading.open import ReadOptions, open_data
from losscli.reading.text.dialect import Style, given_delimiter


def settings_of(args: Arguments, options: ReadOptions | None = None) -> Settings:
    """The settings of the mathematics; with `options`, balanced class weights are counted in what these read."""
    if args.alpha is not None and args.focal is None:
        raise UsageError("--alpha is the weight of the focal loss; add --focal GAMMA")
    base = None
    if args.base.strip().lower() != "e":
        try:
            base = float(args.base)
        except ValueError:
            base = 0.0
        if not (base > 1.0 and isfinite(base)):
            what = f"--base: {args.base!r} is not the base of a logarithm"
            raise UsageError(f"{what}; give e (nats), 2 (bits), 10 or a number above 1")
    balanced = args.class_weight == "balanced"
    pos_weight = _weights(args.pos_weight, "--pos-weight")
    class_weight = None if balanced else _weights(args.class_weight, "--class-weight")
    typed_order = bool(args.prob) and "," in args.prob[0] and "*" not in args.prob[0]
    shown = {
        **{name: getattr(args, name) for name in PHRASES},
        "pos_weight": pos_weight[0] if pos_weight and len(pos_weight) == 1 else pos_weight,
        "class_weight": args.class_weight if balanced else class_weight,
        "like": args.like and args.like.value,
    }
    settings = Settings(
        loss=args.loss,
        scale=args.scale,
        reduction=args.reduction,
        base=base,
        eps=args.eps,
        like=args.like,
        smoothing=args.smoothing or 0.0,
        focal=args.focal or 0.0,
        alpha=args.alpha,
        pos_weight=pos_weight,
        class_weight=class_weight,
        balanced=balanced,
        weights_by_place=class_weight is not None and not args.classes and not typed_order,
        normalize=args.normalize,
        labels=LabelOptions(args.positive, _class_names(args.classes), args.ignore),
        ci=args.ci,
        options={name: value for name, value in shown.items() if value is not None and value is not False},
    )
    if options is None or not balanced:
        return settings
    return replace(settings, class_weight=_counted_weights(settings, options))


def _counted_weights(settings: Settings, options: ReadOptions) -> tuple[float, ...]:
    """Balanced class weights, counted in a first pass over the table."""

    def is_pipe(path: str) -> bool:
        return os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path))

    if any(one == "-" or (not is_list(one) and is_pipe(one)) for one in options.tokens or ("-",)):
        raise UsageError(
            "--class-weight balanced reads the labels twice, but a pipe can be read only once; give a file, or"
            " the weights"
        )
    with closing(open_data(options)) as table:
        return balanced_weights(problem_of(settings, table), table)


def read_options_of(args: Arguments, compared: bool = False) -> ReadOptions:
    """The options of reading; `compared` says that several models may be given."""
    if len(args.prob) > 1 and not compared:
        raise UsageError("one model at a time: give -p once; several columns are a list, as in -p p0,p1")
    wanted = ColumnSelection(
        forms=frozenset(args.loss.kernels),
        scale=args.scale,
        label=",".join(args.label) or None,
        prob=args.prob[0] if args.prob else None,
        models=tuple(args.prob[1:]),
        weight=args.weight,
        extra={purpose: text for purpose in ("key", "by", "show") if (text := getattr(args, purpose)) is not None},
        header=args.header,
        exact=args.scale is Scale.PROBS and args.eps is None and args.like is None,
        named_labels=(*(_class_names(args.classes) or ()), *filter(None, (args.positive, args.ignore))),
    )
    delimiter = given_delimiter(args.delimiter) if args.delimiter is not None else None
    if args.decimal not in (None, ".", ","):
        raise UsageError(f"--decimal: {args.decimal!r} is not a decimal mark; give . or ,")
    if args.decimal == "," == delimiter:
        raise UsageError("--decimal: the comma can't be the delimiter and the decimal mark; give another -d")
    style = Style(delimiter, args.na is Missing.DROP, decimal_comma=args.decimal == ",")
    drop_unmatched = None if args.unmatched is None else args.unmatched is Unmatched.DROP
    return ReadOptions(args.sources, wanted, style, args.encoding, args.threads, args.cluster, drop_unmatched)


def analysis_options(args: Arguments) -> list[str]:
    """The options that analyze more than the mean of one model, as messages call them."""
    asked = {
        "--worst": args.worst,
        "--by": args.by,
        "--calibration": args.calibration,
        "--quantiles": args.quantiles,
        "--plot": args.plot,
        "--show": args.show,
        "--fail-if-worse": args.fail_if_worse is not None,
    }
    return [*(["-p given twice"] if len(args.prob) > 1 else []), *(name for name, value in asked.items() if value)]


def printing_of(args: Arguments) -> Printing:
    """How the answer is printed."""
    silent = args.quiet and args.expect is not None
    return Printing(args.command, args.format, args.quiet, args.digits, args.explain, args.save, silent)


PICTURES = (".png", ".svg", ".pdf", ".jpg", ".html")


def refuse_contradictions(args: Arguments) -> None:
    """Refuse options that contradict each other, and those without the option that they belong to."""
    if args.cluster is not None:
        rows = "-r none" if args.reduction is Reduction.NONE else "--explain" if args.explain else None
        if rows or args.expect is not None:
            raise UsageError(f"{rows or '--expect'} needs rows in order; it contradicts --cluster")
    if args.fail_above is not None and args.reduction is Reduction.NONE:
        raise UsageError("--fail-above needs one number; it contradicts -r none")
    if not args.sources and args.prob and "." in args.prob[0] and reads_as_numbers(args.prob[0]):
        lists = f'"{",".join(args.label)}" "{args.prob[0]}"'
        raise UsageError(f"-y and -p choose columns of a table; lists go without them: {lists}")
    if args.plot and args.sources[1:] and args.sources[-1].lower().endswith(PICTURES):
        raise UsageError("--plot draws in the terminal; --save FILE.svg keeps what is printed, pictures too")
    if args.save is not None:
        from losscli.output.save import refuse_ending

        refuse_ending(args.save)
        if args.reduction is Reduction.NONE:
            what = "--save keeps a report, but -r none prints a line for each row"
            raise UsageError(f"{what}; send these to a file with >")
        refuse_overwriting("--save", args.save, args)
    if args.expect is None and (args.tolerance is not None or args.hide_answer):
        option = "--hide-answer" if args.hide_answer else "--tolerance"
        raise UsageError(f"{option} is for checking an answer; add --expect X")
    if args.hide_answer and (args.explain or args.fail_above is not None):
        option = "--explain" if args.explain else "--fail-above"
        raise UsageError(f"{option} shows the answer; it contradicts --hide-answer")
    if args.quiet and args.format != "table":
        raise UsageError(f"--quiet prints only the number; it contradicts --format {args.format}")
    if args.plot and not printing_of(args).writer.pictures:
        other = "--quiet" if args.quiet else f"--format {args.format}"
        raise UsageError(f"--plot draws for people; it contradicts {other}")
    if args.positive is not None and args.classes:
        raise UsageError("--positive is for two classes and --classes for several; give one of them")


def refuse_overwriting(option: str, path: str, args: Arguments) -> None:
    """Refuse to write to a file that is read, by any name or link."""
    read = (*(args.sources or ("-",)), args.weight, getattr(args, "test", None))
    with suppress(OSError, ValueError):
        written = os.stat(path)
        if any(os.path.samestat(written, one) for source in read if source for one in _files(source)):
            raise UsageError(f"{option}: {path} is an input file; choose another")


def _files(source: str) -> Iterator[os.stat_result]:
    """The regular files that a source names: standard input, a path, what is in a directory, or what a glob matches."""
    from glob import escape, glob  # which only answers that are written to files need
    from stat import S_ISREG

    names = [source, *glob(source), *glob(os.path.join(escape(source), "*"))]
    for name in filter(None, [sys.stdin]) if source == "-" else names:
        with suppress(OSError, ValueError):
            status = os.stat(name if isinstance(name, str) else name.fileno())
            if S_ISREG(status.st_mode):
                yield status


def _weights(text: str | None, option: str) -> tuple[float, ...] | None:
    if text is None:
        return None
    try:
        text = text.strip("[]() ")
        weights = tuple(float(part) for part in (text.split(",") if "," in text else text.split()))
    except ValueError:
        raise UsageError(f"{option}: {text!r} is not a list of numbers, as in 1,2") from None
    if not weights or any(not (0.0 <= weight < inf) for weight in weights):
        raise UsageError(f"{option}: weights must be finite and not negative")
    return weights


def _class_names(text: str | None) -> tuple[str, ...] | None:
    if text is None:
        return None
    names = tuple(name.strip() for name in text.split(","))
    if "" in names:
        raise UsageError(f"--classes: {text!r} has an empty name")
    return names
