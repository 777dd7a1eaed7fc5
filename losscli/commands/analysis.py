"""What the commands of a loss analyze in one pass: worst rows, groups, models, quantiles and calibration."""

from dataclasses import replace
from functools import partial
from math import inf

from losscli.commands.arguments import Arguments
from losscli.data.table import Model, Table
from losscli.enums import Form, Reduction
from losscli.errors import DataError, UsageError, shown
from losscli.evaluation.analysis import AnalysisOptions, AnalysisResult, analyze
from losscli.evaluation.evaluate import Figures, folded, refuse_nothing
from losscli.evaluation.problem import Problem, problem_of
from losscli.output.formats import Printing
from losscli.output.report import Report
from losscli.reports.groups import groups_part, worst_part
from losscli.reports.loss import report, scores_for
from losscli.reports.parts import Part, with_parts
from losscli.reports.warnings import warnings_of


def with_analysis(
    args: Arguments, problem: Problem, table: Table, printing: Printing
) -> tuple[Figures, Report, list[str]]:
    """The figures of the first model, the report of all that was asked for, and which models are worse."""
    shares = _shares(args.quantiles) if args.quantiles is not None else {}
    problems = _problems(problem, table)
    if args.calibration and problem.form is Form.LIKELIHOOD:
        raise UsageError("--calibration needs labels; likelihoods have none")
    for option, text in (("by", args.by), ("show", args.show)):
        if text is not None and option not in table.schema.extra:
            raise DataError(f"{table.name}: --{option} needs a table with columns")
    found = folded(table, partial(analyze, problems, _options_of(args, table, printing)), AnalysisResult())
    refuse_nothing(problem, found.summary, table.name)
    figures = [Figures(*pair) for pair in zip(problems, (found.summary, *found.models), strict=True)]
    answer = _report(figures, table, found, args, shares, bare=printing.is_bare)
    return figures[0], answer, _worse(args, problems, found, table.schema.models)


def refuse_unsuitable(args: Arguments, asked: list[str], printing: Printing) -> None:
    """Refuse contradictions before anything is read; `asked` are the options of an analysis."""
    if args.show is not None and args.worst is None:
        raise UsageError("--show adds columns to the worst rows; add --worst N")
    if args.fail_if_worse is not None and len(args.prob) < 2:
        raise UsageError("--fail-if-worse compares models; give -p for each of them")
    for name, given in (("--expect", args.expect is not None), ("--explain", args.explain)):
        if given:
            raise UsageError(f"{name} checks one number; it contradicts {asked[0]}")
    if args.reduction is Reduction.NONE:
        raise UsageError(f"-r none prints every row; it contradicts {asked[0]}")
    tables = [name for name in asked if name not in ("--show", "--fail-if-worse", "--plot")]
    alone = [name for name in tables if not name.startswith("-p")]
    if args.quiet and alone:
        raise UsageError(f"--quiet prints only the number; it contradicts {alone[0]}")
    if not printing.quiet and not printing.writer.nested and len(tables) > 1:
        each = " and ".join(tables)
        raise UsageError(f"--format {args.format} prints one table, but {each} are separate tables; use -f json")


def _shares(text: str) -> dict[str, float]:
    """The shares of `--quantiles` by their texts."""
    found = {}
    for part in (part.strip() for part in text.split(",")):
        try:
            share = float(part)
        except ValueError:
            share = -1.0
        if not 0.0 <= share <= 1.0:
            raise UsageError(f"--quantiles: {shown(part)} is not a number from 0 to 1, as in 0.95")
        found[part] = share
    return found


def _problems(first: Problem, table: Table) -> list[Problem]:
    """The problem of each model: where classes are named by columns, each has its own."""
    models = table.schema.models or (Model(""),)
    problems = [first]
    for model in models[1:]:
        problems.append(problem_of(first.settings, replace(table, schema=replace(table.schema, classes=model.columns))))
    for model, problem in zip(models, problems, strict=True):
        if first.names and problem.names and set(first.names.names) != set(problem.names.names):
            classes = " and ".join(
                f"{shown(m.name)} has {', '.join(p.names.names)}"
                for m, p in ((models[0], problems[0]), (model, problem))
                if p.names
            )
            raise DataError(f"{table.name}: the models have different classes: {classes}; name them with --classes")
    return problems


def _options_of(args: Arguments, table: Table, printing: Printing) -> AnalysisOptions:
    def places(purpose: str) -> tuple[int, ...]:
        return tuple(place for _, place in table.schema.extra.get(purpose, ()))

    return AnalysisOptions(
        worst=args.worst or 0,
        show=places("show"),
        by=places("by"),
        most_groups=args.max_groups,
        bins=args.calibration or 0,
        in_order=printing.writer.nested or printing.save is not None,
        quantiles=args.quantiles is not None,
        by_probability=args.plot,
        scores=scores_for(printing, calibration=args.calibration is not None),
    )


def _report(
    figures: list[Figures], table: Table, found: AnalysisResult, args: Arguments, shares: dict[str, float], bare: bool
) -> Report:
    """The report of the first model with a part for each analysis; with `bare` the numbers alone."""
    problem, parts = figures[0].problem, list[Part]()
    numbers = tuple((f.value,) for f in figures)
    if len(figures) > 1:
        from losscli.reports.models import models_part

        parts.append(models_part(figures, table, found, args.digits))
    if bare:
        warnings = (*warnings_of(figures[0], table), *(text for part in parts for text in part.warnings))
        return Report(numbers=numbers, warnings=warnings)
    if found.groups is not None:
        if found.groups.beyond:
            more = "--max-groups N allows more and uses more memory"
            raise DataError(f"{table.name}: more than {args.max_groups} groups by {shown(args.by or '')}; {more}")
        parts.append(groups_part(problem, table, found))
    if found.worst is not None:
        parts.append(worst_part(problem, table, found))
    if found.quantiles is not None:
        from losscli.reports.calibration import quantile_part

        parts.append(quantile_part(problem, found.quantiles, shares))
    if found.reliability is not None:
        from losscli.reports.calibration import calibration_part

        parts.append(calibration_part(figures[0], found.reliability))
    answer = replace(with_parts(report(figures[0], table), parts), numbers=numbers)
    if not args.plot:
        return answer
    from losscli.reports.pictures import pictures_of

    return replace(answer, pictures=pictures_of(figures, table.schema.models, found))


def _worse(args: Arguments, problems: list[Problem], found: AnalysisResult, models: tuple[Model, ...]) -> list[str]:
    """A line for each model that is worse, with --fail-if-worse."""
    lines, limit = list[str](), args.fail_if_worse
    if limit is None:
        return lines
    from losscli.reports.models import differences

    for one in differences(problems, models, found):
        over = f"{one.name} is worse than {one.to}: its mean loss is higher by {one.mean:.6g}"
        if one.mean == inf:
            lines.append(over)
        elif one.low > limit:
            lines.append(f"{over}, and the interval from {one.low:.6g} lies above {limit:g}")
    return lines
