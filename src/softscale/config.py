"""The typed configuration: one study (what decides a number) and its runtime (what must not).

Types live here and beside the methods and sources that they describe; values live in conf/. A field added later gets a
default that says what older runs did, and at its default is in no id (runs/fingerprint.py).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING

from softscale.errors import InputError
from softscale.ranges import LONGEST, MOST, above_zero, at_least, below_one, one_of, random_seed

PACKAGE = Path(__file__).resolve().parent
ROOT = PACKAGE if (PACKAGE / "conf").is_dir() else PACKAGE.parents[1]  # of conf/, models/, …: a wheel or a checkout

Node = TypeVar("Node", bound=type)


def schema(group: str, name: str) -> Callable[[Node], Node]:
    """Register a dataclass as `<group>/<name>_schema`, for the defaults list of the YAML files of its group."""

    def register(node: Node) -> Node:
        ConfigStore.instance().store(group=group or None, name=f"{name}_schema", node=node)
        return node

    return register


@dataclass(kw_only=True)
class Shape:
    """The shape of a T5 1.1 or a causal model, from which its parameters can be counted without weights."""

    vocab_size: int = 32128
    d_model: int = MISSING
    d_ff: int = MISSING
    d_kv: int = MISSING
    num_heads: int = MISSING
    num_layers: int = MISSING  # T5: of the encoder, and of the decoder
    family: str = "t5"  # backbone/families/
    num_kv_heads: int | None = None  # heads that keys and values have; null: num_heads
    tied: bool = False  # the output head is the input table
    context: int | None = None  # tokens that the model has positions for; null: any

    def check(self) -> None:
        for name, value in vars(self).items():
            if not isinstance(value, str | bool | None):
                at_least(f"model.shape.{name}", value, 1, 10**7)


@schema("model", "model")
@dataclass(kw_only=True)
class ModelConfig:
    """One rung: where its weights are and in which precision they are held."""

    name: str = MISSING
    source: str = MISSING  # hub | folder | miniature
    path: str = MISSING  # hub id, or folder, or a GGUF file
    revision: str | None = None  # hub: git revision; miniature: start of the sha256 of the weights
    dtype: str = MISSING  # fp32 | bf16 | mixed (weights in fp32, products in bf16)
    shape: Shape | None = None  # stated for the hub's rungs; a folder states its own in config.json
    joiner: str | None = None  # causal: what stands between input and target; null: that of backbone/text.py

    def check(self) -> None:
        if self.dtype in ("fp16", "float16", "half"):
            raise InputError(f"model.dtype={self.dtype} is not allowed: T5 overflows in it; use fp32, bf16, mixed")
        one_of("model.dtype", self.dtype, ("fp32", "bf16", "mixed"))
        one_of("model.source", self.source, ("hub", "folder", "miniature"))
        if self.source == "folder" and self.revision is not None:  # it would fork the id, and choose nothing
            raise InputError(f"model.revision={self.revision} is not allowed with model.path, which is a folder")
        if self.shape is not None:
            self.shape.check()


@dataclass(kw_only=True)
class MethodConfig:
    """How a backbone is adapted; every method's own dataclass adds fields, and builds the method (methods/)."""

    trains: ClassVar[bool] = True  # False: there is nothing to train, and `optim.steps` must be 0
    trains_backbone: ClassVar[bool] = False  # True: what trains are the backbone's own weights, and nothing else
    # `num_stored` in letters. P: length, H: width, L: layers of a stack, A: heads x d_kv, F: d_ff, M: all parameters.
    formula: ClassVar[str] = ""
    causal_formula: ClassVar[str] = ""  # on a causal model, where it differs; K: key-value heads x d_kv

    name: str = MISSING

    def check(self) -> None:
        """Raises InputError where a field's value is out of range."""

    def check_on(self, family: Any, model: str) -> None:
        """Raises InputError where a model of that `Family` (backbone/families/) cannot carry the method."""

    def num_positions(self) -> int:
        """Positions that the method adds to what the model reads."""
        return 0

    def num_places(self) -> int:  # positions of a causal model's context that the method takes
        return self.num_positions()

    def num_trained(self, shape: Shape) -> int | None:
        """Parameters that train on a model of that shape, in closed form; None where the method gives none."""
        return None

    def num_stored(self, shape: Shape) -> int | None:
        """Values that a task keeps beside the shared backbone, in closed form; most keep what they train."""
        return self.num_trained(shape)

    def find(self, runs: Path) -> None:
        """Raises InputError where a file or a run that it starts from is not there; `runs` holds all runs."""

    def reword(self, asking: Any) -> Any:  # called before any weights are loaded
        """What is asked of the dev examples of a `methods.Asking`, a `methods.Worded`; None: the task's text form.
        Raises InputError where the method cannot word this task."""
        return None

    def answers(self, labels: Sequence[str]) -> Sequence[str]:
        """The words that the model writes for these label words."""
        return labels

    def build(self, context: Any) -> Any:
        """The method itself, a `methods.Method`, for a `methods.Context`."""
        raise NotImplementedError


@schema("task", "task")
@dataclass(kw_only=True)
class TaskConfig:
    """One task, in tasks/<name>.py; or what a subclass says in its fields: one's own (custom), several (mixture)."""

    name: str = MISSING
    input_length: int = MISSING  # tokens with EOS; longer training inputs are cut, evaluation inputs never
    target_length: int = MISSING  # tokens that generation may write
    sentinel: bool = False  # targets begin with <extra_id_0>, as in span corruption (figure 3c)
    decoder: str = "greedy"  # greedy | released (t5x's beam search with one beam kept)

    def check(self) -> None:
        at_least("task.input_length", self.input_length, 1, LONGEST)
        at_least("task.target_length", self.target_length, 1, LONGEST)
        one_of("task.decoder", self.decoder, ("greedy", "released"))

    def check_within(self, study: "Study") -> None:
        """Raises InputError where the rest of a study cannot be done with this task."""

    def build(self) -> Any:
        """The task itself, a `tasks.Scored`, where the configuration describes it; None for the one of that name."""
        return None


@dataclass(kw_only=True)
class DataConfig:
    """Where examples come from; every source's own dataclass adds fields, and opens it (sources/)."""

    name: str = MISSING
    num_train: int | None = None  # use the first so many examples only
    num_dev: int | None = None

    def check(self) -> None:
        """Raises InputError where a field's value is out of range."""
        at_least("data.num_train", 1 if self.num_train is None else self.num_train, 1, MOST)
        at_least("data.num_dev", 1 if self.num_dev is None else self.num_dev, 1, MOST)

    def open(self) -> Any:
        """The source itself, a `sources.Source`."""
        raise NotImplementedError


@schema("ladder", "ladder")
@dataclass(kw_only=True)
class LadderConfig:  # what comes with the data of a ladder beside its recipes: sizes (conf/ladder/)
    prompt_length: int = MISSING  # rows
    prefix_hidden: int = MISSING  # width of the MLP that prefixes are trained through
    squad_length: int = MISSING  # tokens that an answer to SQuAD or to a set of MRQA may have
    superglue_length: int = MISSING  # those of ReCoRD, of WSC, and of a mixture with them


@schema("optim", "optim")
@dataclass(kw_only=True)
class OptimConfig:
    """A recipe: Adafactor as t5x has it (training/optim.py), the loss, and how long and how often."""

    lr: float = MISSING  # constant
    steps: int = MISSING  # 0: score the method as it starts
    batch_size: int = MISSING  # examples
    eval_every: int = MISSING  # steps; the last step is always evaluated
    decay_rate: float = MISSING  # beta2_t = 1 - (t + 1)^-decay_rate
    weight_decay: float = MISSING  # per step, not multiplied by the rate
    clip: float = MISSING  # threshold for the root mean square of an update
    parameter_scale: bool = MISSING  # multiply the rate by each parameter's root mean square
    initial_step: int = MISSING  # t of the first step; 1,100,000 where the pre-training counter is restored
    dropout: float = MISSING  # in the backbone, frozen or not
    z_loss: float = MISSING
    stop_at: float | None = None  # dev score at which training ends before its last step
    dropout_shared: bool = False  # one mask for all positions of an example, as in the released code

    def check(self) -> None:
        for name, least in (("steps", 0), ("eval_every", 1), ("initial_step", 0)):
            at_least(f"optim.{name}", getattr(self, name), least, MOST)
        at_least("optim.batch_size", self.batch_size, 1, 10**6)
        above_zero("optim.lr", self.lr, 1000)  # an update's root mean square is lr x clip: embeddings' is 1 to 50
        above_zero("optim.decay_rate", self.decay_rate, 10)  # beyond, the second moment is that of the first step
        above_zero("optim.clip", self.clip)
        below_one("optim.weight_decay", self.weight_decay)
        at_least("optim.z_loss", self.z_loss, 0, 1)
        below_one("optim.dropout", self.dropout)
        if self.stop_at is not None and not 0 < self.stop_at <= 1:
            raise InputError(f"optim.stop_at={self.stop_at} is not allowed: it must be null, or above 0 and at most 1")


@schema("runtime", "runtime")
@dataclass(kw_only=True)
class Runtime:
    """What must not change a number: devices, processes, folders, cadence."""

    device: str = MISSING  # cpu | gpu
    workers: int = MISSING  # processes of a sweep; 0 = one a core, or one a GPU
    threads: int = MISSING  # threads of each process
    eval_batch_size: int = MISSING  # examples
    checkpoint_every: int = MISSING  # steps between two last.ckpt
    runs: str = MISSING  # folder of runs/<id>/
    results: str = MISSING  # folder of records/, predictions/ and of the tables and figures
    strategy: str = "single"  # single | ddp (a whole model on each device) | fsdp (each holds a part of every weight)
    devices: int = 1  # of this machine for one run, one process each
    micro_batch: int | None = None  # examples of a batch that are computed at once; null: all
    activation_checkpointing: bool = False  # compute activations again in the backward pass instead of keeping them

    def check(self) -> None:
        one_of("runtime.device", self.device, ("cpu", "gpu"))
        one_of("runtime.strategy", self.strategy, ("single", "ddp", "fsdp"))
        at_least("runtime.workers", self.workers, 0, 1024)
        for name, folder in (("runs", self.runs), ("results", self.results)):
            if not folder.strip():
                raise InputError(f"runtime.{name}={folder!r} is not allowed: it must name a folder")
        most = {"threads": 256, "eval_batch_size": 10**6, "checkpoint_every": MOST, "devices": 64, "micro_batch": 10**6}
        for name in (name for name in most if getattr(self, name) is not None):
            at_least(f"runtime.{name}", getattr(self, name), 1, most[name])
        if self.strategy == "single" and self.devices > 1:
            why = "is not allowed with runtime.strategy=single: it must be 1, or the strategy one of ddp, fsdp"
            raise InputError(f"runtime.devices={self.devices} {why}")


@dataclass(kw_only=True)
class WandbConfig:  # Weights & Biases; off the network unless `mode` is online
    mode: str = MISSING  # offline | online | disabled
    project: str = "softscale"
    entity: str | None = None

    def check(self) -> None:
        one_of("wandb.mode", self.mode, ("offline", "online", "disabled"))


@dataclass(kw_only=True)
class Study:
    """The full description of one run."""

    model: ModelConfig = MISSING
    method: MethodConfig = MISSING
    task: TaskConfig = MISSING
    data: DataConfig = MISSING
    optim: OptimConfig = MISSING
    seed: int = MISSING
    transfer: list[str] = field(default_factory=list)  # tasks on whose dev sets the best step is scored, untrained

    def check(self) -> None:
        """Raises InputError, in one sentence, where a value is out of range."""
        for part in (self.model, self.method, self.task, self.data, self.optim):
            part.check()
        idle = "" if self.method.trains else f"method={self.method.name} trains nothing"
        if idle and self.optim.steps:
            raise InputError(f"{idle}: optim.steps={self.optim.steps} is not allowed, it must be 0")
        if idle and self.transfer:
            raise InputError(f"{idle} that could transfer: transfer=[] is what it allows")
        self.task.check_within(self)
        random_seed("seed", self.seed)


@dataclass(kw_only=True)
class ReportConfig:  # the page of an experiment: its kind, and what it says above its table
    kind: str = "score_versus_scale"  # a module of figures/
    title: str | None = None
    claim: str | None = None
    variants: dict[str, Any] = field(default_factory=dict)  # of a page that counts: grids of fields of methods


@schema("", "config")
@dataclass(kw_only=True)
class Config(Study):
    """What Hydra composes: a study, and beside it what does not belong to its identity."""

    ladder: LadderConfig = MISSING  # where a study's values came from, not what they are
    runtime: Runtime = MISSING
    wandb: WandbConfig = field(default_factory=WandbConfig)
    report: ReportConfig = field(default_factory=ReportConfig)

    def study(self) -> Study:  # what decides the numbers, and nothing else
        return Study(**{part.name: getattr(self, part.name) for part in fields(Study)})
