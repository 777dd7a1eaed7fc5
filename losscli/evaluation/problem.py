"""The problem: settings applied to a table. Settings that have no meaning for the table are refused."""

from collections.abc import Mapping
from dataclasses import field
from math import log
from typing import NamedTuple

from losscli.data.cells import number
from losscli.data.classnames import plain_truth, same_names
from losscli.data.columns import DECISION, DECISION_BESIDE, DECISION_LIKELY
from losscli.data.table import Table
from losscli.enums import Form, Like, Reduction, Scale
from losscli.errors import DataError, UsageError, plural, printable_line, shown
from losscli.evaluation.labels import ClassNames, column_classes, given_classes
from losscli.losses.conventions import MACHINE_EPSILON, Convention, convention
from losscli.losses.focal import focal_kernels
from losscli.losses.table import Kernel, Loss
from losscli.losses.wording import listed
from losscli.records import record

# The options that titles name when they are given, in this order. The keys are also those of JSON.
PHRASES = {
    "focal": "focal gamma {}",
    "alpha": "alpha {}",
    "smoothing": "smoothing {}",
    "pos_weight": "positive weight {}",
    "class_weight": "class weights {}",
    "ignore": "label {} ignored",
    "eps": "eps {}",
    "normalize": "rows normalized",
    "like": "like {}",
}


def _written(value: object) -> str:
    """The value of an option as a title has it; of a long list the first and the last entries."""
    if isinstance(value, tuple):
        return listed([f"{entry:g}" for entry in value], ", ")
    return f"{value:g}" if isinstance(value, float) else printable_line(str(value))


class LabelOptions(NamedTuple):
    """What labels mean: the one that is 1 (every other one is 0), the names of the classes, the one left out."""

    positive: str | None = None
    classes: tuple[str, ...] | None = None
    ignore: str | None = None


@record
class Settings:
    """The options that decide what is computed.

    `options` are those of `PHRASES` that were typed, by their names, with their values.
    """

    loss: Loss
    scale: Scale = Scale.PROBS
    reduction: Reduction = Reduction.MEAN
    base: float | None = None
    eps: float | None = None
    like: Like | None = None
    smoothing: float = 0.0
    focal: float = 0.0
    alpha: float | None = None
    pos_weight: tuple[float, ...] | None = None
    class_weight: tuple[float, ...] | None = None
    balanced: bool = False  # the class weights are counted from the labels: None until that is done
    weights_by_place: bool = False  # the class weights go by the columns, whose order was not typed
    normalize: bool = False
    labels: LabelOptions = LabelOptions()
    ci: float | None = None
    options: Mapping[str, object] = field(default_factory=dict)

    @property
    def titles(self) -> str:
        """What stands after the name of the loss in a title: `, focal gamma 2, smoothing 0.1`."""
        return "".join(f", {PHRASES[name].format(_written(value))}" for name, value in self.options.items())

    @property
    def level(self) -> float:
        """The confidence level of intervals."""
        return 0.95 if self.ci is None else self.ci

    @property
    def interval(self) -> str:
        """What an interval is called: `95 % CI`."""
        return f"{100.0 * self.level:g} % CI"

    @property
    def log_base(self) -> float:
        """What nats are divided by: the natural logarithm of the base."""
        return log(self.base) if self.base else 1.0

    def with_unit(self, what: str) -> str:
        """The name of a loss with its unit, where it has one: `sum (nats)`."""
        return f"{what} ({self.unit_name})" if self.unit_name else what

    @property
    def unit_name(self) -> str:
        """The unit of the loss: that of the base of its logarithm, or what a loss without one names."""
        if not self.loss.log_loss or self.base is None:
            return self.loss.unit
        return {2.0: "bits", 10.0: "bans"}.get(self.base, f"units of ln {self.base:g}")


@record
class Problem:
    """Settings applied to a table: the conventions in force and the meaning of the labels."""

    settings: Settings
    form: Form
    convention: Convention
    names: ClassNames | None
    k: int
    decision: tuple[str, int] | None = None  # the column of decisions beside the predictions: its name and place
    chosen: bool = False  # the user chose the prediction beside them
    likely: bool = False  # they may be those of another model
    epsilon: float = MACHINE_EPSILON[64]  # of the type of the predictions

    @property
    def kernels(self) -> Mapping[Scale, Kernel]:
        """The kernels of the loss; those of the focal loss where its factor belongs to the term of each class."""
        if self.settings.focal and self.convention.focal_by_class:
            return focal_kernels(self.settings.focal)
        return self.settings.loss.kernels[self.form]

    @property
    def focal(self) -> float:
        """The exponent of the factor (1 - p_t)^g of a row; 0 where there is none."""
        return 0.0 if self.convention.focal_by_class else self.settings.focal

    @property
    def kernel(self) -> Kernel:
        """The kernel on the scale of the predictions."""
        return self.kernels[self.settings.scale]


def problem_of(settings: Settings, table: Table) -> Problem:
    """The problem that the settings pose on a table; refuses settings that this form of data gives no meaning."""
    loss, form = settings.loss, table.schema.form
    kernels = loss.kernels[form]
    if settings.scale not in kernels:
        if form is Form.LIKELIHOOD and loss.log_loss:
            raise UsageError(f"{settings.scale.value} of the true labels are not likelihoods; give LABELS and PREDS")
        taken = " or ".join(scale.value for scale in kernels)
        raise UsageError(f"{loss.name} takes {taken}, not {settings.scale.value}; each row is {form.value}")
    _refuse_meaningless(settings, form)
    _refuse_widths(settings, table)
    epsilon = MACHINE_EPSILON[table.schema.float_bits]
    rule = convention(settings.like, form, settings.scale, settings.eps, settings.normalize, epsilon)
    if settings.scale not in rule.scales:
        raise UsageError(f"--like {settings.like} takes probabilities, not {settings.scale.value}")
    if settings.labels.ignore is not None and form is Form.BINARY and table.schema.label_width > 1:
        raise UsageError("--ignore leaves out rows by their label; it does not apply to several labels for each row")
    if "focal+smoothing" in rule.refused and settings.focal and settings.smoothing:
        raise UsageError(f"--like {settings.like} has no focal loss with label smoothing")
    if "class_weight" in rule.refused and (settings.class_weight or settings.balanced):
        raise UsageError(f"--like {settings.like} takes no class weights")
    names = None
    if form is Form.CATEGORICAL:
        if settings.labels.classes:
            names = given_classes(settings.labels.classes, table.schema.width)
            label = table.schema.columns.label
            named = [name for name in label if isinstance(name, str)] if isinstance(label, list) else []
            for what, columns in (("header", table.schema.classes or ()), ("labels", named)):
                order = same_names(settings.labels.classes, columns)
                if order is not None and list(order) != sorted(order):
                    listed = ", ".join(map(shown, columns))
                    raise DataError(f"--classes names the columns in another order than the {what}: {listed}")
        else:
            names = column_classes(table.schema.classes, table.schema.width)
    k = table.schema.width if form is Form.CATEGORICAL else 2
    if settings.class_weight and len(settings.class_weight) != k:
        raise UsageError(f"--class-weight gives {len(settings.class_weight)} weights, but there are {k} classes")
    if settings.weights_by_place and names is not None:
        _refuse_disorder(names)
    if settings.pos_weight and len(settings.pos_weight) not in (1, table.schema.width):
        labels = f"are {table.schema.width} labels" if table.schema.width > 1 else "is one label"
        raise UsageError(f"--pos-weight gives {len(settings.pos_weight)} weights, but there {labels}")
    uses = (DECISION, DECISION_BESIDE, DECISION_LIKELY)
    use, decision = next(
        ((use, table.schema.extra[use][0]) for use in uses if table.schema.extra.get(use)), (None, None)
    )
    return Problem(settings, form, rule, names, k, decision, use != DECISION, use == DECISION_LIKELY, epsilon)


def _refuse_disorder(names: ClassNames) -> None:
    """Refuse typed class weights for numbered classes in another order: the first weight may be for class 0."""
    numbers = [value for name in names.names if (value := number(plain_truth(name))) is not None]
    if len(numbers) == len(names.names) and numbers != sorted(numbers):
        classes = ", ".join(map(shown, names.names[:10])) + (", ..." if len(numbers) > 10 else "")
        raise DataError(
            f"--class-weight goes by the order of the columns, but the classes in them are {classes}; "
            "choose the columns in the order of the classes with -p"
        )


def _refuse_widths(settings: Settings, table: Table) -> None:
    """Refuse label columns that don't go with the prediction columns."""
    if table.schema.form is Form.CATEGORICAL and table.schema.width < 2:
        where = f"{table.name}: " if table.streamed else ""
        raise DataError(f"{where}each class needs a prediction column, but there is only one; for one column use bce")
    labels, preds, where = table.schema.label_width, table.schema.width, f"{table.name}: " if table.streamed else ""
    form = table.schema.form
    if form is Form.LIKELIHOOD or labels == preds or (labels == 1 and form is Form.CATEGORICAL):
        if labels > 1 and not settings.loss.soft_labels and form is not Form.CATEGORICAL:
            raise DataError(f"{where}{settings.loss.name} needs one label for each row; for label probabilities use ce")
        return
    found = f"{plural(labels, 'label column')} and {plural(preds, 'prediction column')}"
    wanted = (
        "give one label column, or one for each class" if labels > 1 and preds > 1 else "give the same number of each"
    )
    if form is Form.BINARY and labels == 1 and isinstance(table.schema.columns.prob, list):
        models = " ".join(f"-p {name}" for name in table.schema.columns.prob[:3])
        wanted = f"for models to compare give each a -p ({models}), for a column for each class use ce"
    raise DataError(f"{where}{found}; {wanted}")


def _refuse_meaningless(settings: Settings, form: Form) -> None:
    labels = settings.labels
    meaningless = {
        "--classes": labels.classes and form is not Form.CATEGORICAL,
        "--normalize": settings.normalize and form is not Form.CATEGORICAL,
        "--positive": labels.positive is not None and form is not Form.BINARY,
        "--class-weight": (settings.class_weight or settings.balanced) and form is Form.LIKELIHOOD,
        "--ignore": labels.ignore is not None and form is Form.LIKELIHOOD,
        "--smoothing": settings.smoothing and form is Form.LIKELIHOOD,
        "--pos-weight": settings.pos_weight and form is not Form.BINARY,
    }
    for option, given in meaningless.items():
        if given:
            raise UsageError(f"{option} does not apply: each row is {form.value}")
    if settings.eps and settings.scale is not Scale.PROBS:
        raise UsageError(f"--eps clips probabilities; it contradicts --from {settings.scale.value}")
    if settings.normalize and settings.scale is Scale.LOGITS:
        raise UsageError("--normalize rescales probabilities; it contradicts --from logits")
