"""usage: softscale export run=ID format=peft|npy|model to=DIR|FILE.npy [runtime.runs=DIR] [model.path=DIR]

What a finished run trained, in a form that others can load:
  peft   an adapter folder for peft (prompt tuning, LoRA, IA3, and prefix tuning of a causal model); needs
         pip install -e '.[peft]'
  npy    the prompt as one float32 array [P, H], the authors' form (prompt tuning)
  model  a folder in Hugging Face layout whose weights hold what was trained (model tuning, LoRA, IA3, and BitFit where
         the model has biases)

An adapter folder names its base model: on the hub by its name and revision, in a folder by the absolute path. Of a GGUF
file it names the folder: peft is told the file too, AutoPeftModelForCausalLM.from_pretrained(DIR, gguf_file=NAME).
model.path=DIR says where the run's model is now, if it was moved.

  softscale export run=6f3b1676dd8d format=npy to=prompt.npy
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from softscale.backbone.folder import location
from softscale.backbone.gguf_file import is_gguf
from softscale.backbone.shape import family_of, heads_of_keys
from softscale.commands.options import check_can_be_made, options
from softscale.config import MethodConfig
from softscale.errors import InputError
from softscale.files import sync_folder, writable
from softscale.finished.run import Finished, finished
from softscale.formats.npy import write_npy
from softscale.formats.peft import Base, write_ia3, write_lora, write_prefix, write_prompt
from softscale.methods.ia3 import IA3Config
from softscale.methods.lora import LoRAConfig
from softscale.methods.prefix_tuning import PrefixTuningConfig
from softscale.methods.prompt_tuning import PromptTuningConfig

if TYPE_CHECKING:
    from softscale.backbone.backbone import Backbone
    from softscale.backbone.families.family import Family

UNFINISHED = ".unfinished"
KEYS = ("run", "format", "to", "runtime.runs", "model.path")


def main(arguments: Sequence[str]) -> int:
    values = options("export", arguments, KEYS, needed=("run", "format", "to"))
    if values["format"] not in FORMATS:
        raise InputError(f"format={values['format']} is not allowed: it must be one of {', '.join(FORMATS)}")
    to = Path(values["to"]).expanduser()
    check_can_be_made(to, values["to"])
    run = finished(values["run"], Path(values.get("runtime.runs", "runs")), values.get("model.path"))
    if to.exists() and (to.is_file() or (any(to.iterdir()) and not (to / UNFINISHED).is_file())):
        raise InputError(f"to={values['to']} exists already: name a new file or folder")
    if "model.path" in values:
        _backbone(run)  # it is the model of this run, or is refused
    FORMATS[values["format"]](run, to)
    print(f"{run.study.method.name} of run {run.id} on {run.study.model.path}: {to}")
    return 0


@contextmanager
def _to_its_end(folder: Path) -> Iterator[None]:
    """Within, files are written to `folder`, which holds a mark until the end: after a kill the command begins anew."""
    mark = folder / UNFINISHED
    if mark.is_file():
        shutil.rmtree(folder)
    writable(folder)
    mark.write_text("softscale export did not end: the same command writes this folder anew\n")
    yield
    sync_folder(folder)
    mark.unlink()


def _npy(trained: Finished, to: Path) -> None:
    if not isinstance(trained.study.method, PromptTuningConfig):
        raise InputError(f"format=npy is a prompt's, and this run is of {trained.study.method.name}")
    if to.suffix != ".npy":
        raise InputError(f"to={to} is not allowed: format=npy writes a file FILE.npy")
    write_npy(to, trained.tensors["prompt"])


def _peft(trained: Finished, to: Path) -> None:
    method, family = trained.study.method, family_of(trained.study.model)
    write = PEFT.get(type(method))
    if write is None or (isinstance(method, PrefixTuningConfig) and not family.peft_holds_prefix):
        raise InputError(NOT_IN_PEFT.get(method.name, f"softscale does not know how PEFT would hold {method.name}"))
    with _to_its_end(to):
        write(trained, to, _base(trained, family))


def _peft_prompt(trained: Finished, to: Path, base: Base) -> None:
    write_prompt(to, trained.tensors["prompt"], base)


def _peft_prefix(trained: Finished, to: Path, base: Base) -> None:
    (keys_values,) = trained.tensors.values()
    write_prefix(to, keys_values, heads_of_keys(trained.study.model), base)


def _peft_lora(trained: Finished, to: Path, base: Base) -> None:
    method = trained.study.method
    assert isinstance(method, LoRAConfig)
    write_lora(to, trained.tensors, method.rank, method.alpha, base)


def _peft_ia3(trained: Finished, to: Path, base: Base) -> None:
    write_ia3(to, trained.tensors, family_of(trained.study.model).own_names(["wo"]), base)


def _base(trained: Finished, family: "Family") -> Base:
    """What PEFT loads a run's model by, from any folder: where it is, and its revision on the hub."""
    model = trained.study.model
    path = location(model)
    return Base(
        path=str(Path(path).parent) if is_gguf(Path(path)) else path,
        revision=model.revision if model.source == "hub" else None,
        task=family.peft_task,
    )


def _backbone(trained: Finished) -> "Backbone":
    """The run's model. Raises InputError where it is another one."""
    from softscale.backbone.load import load_tokenizer
    from softscale.finished.backbone import backbone_of

    return backbone_of(trained, load_tokenizer(trained.study.model), trained.study.optim.dropout)


def _model(trained: Finished, to: Path) -> None:
    import torch

    from softscale.methods.method import Context

    backbone = _backbone(trained)
    context = Context(backbone=backbone, words=(), generator=torch.Generator().manual_seed(0), notes=[])
    method = trained.study.method.build(context)
    method.load(trained.tensors)
    method.merge(backbone)
    with _to_its_end(to):
        backbone.save(to)
        backbone.tokenizer.save_pretrained(to)


FORMATS: dict[str, Callable[[Finished, Path], None]] = {"peft": _peft, "npy": _npy, "model": _model}
PEFT: dict[type[MethodConfig], Callable[[Finished, Path, Base], None]] = {
    PromptTuningConfig: _peft_prompt,
    PrefixTuningConfig: _peft_prefix,
    LoRAConfig: _peft_lora,
    IA3Config: _peft_ia3,
}
NOT_IN_PEFT = {
    "prefix_tuning": "PEFT cannot hold this run: its prefix tuning reaches the decoder's self-attention only, and ties "
    "layers; softscale's has keys and values of every layer's own",
    "bitfit": "PEFT cannot hold this run: it has no method that adds biases to linear maps",
    "per_layer_prompts": "PEFT cannot hold this run: it has no prompts in front of each layer",
    "prompt_design": "PEFT cannot hold this run: a prompt of words has nothing that was trained",
    "model_tuning": "PEFT cannot hold this run: every weight was trained; export it with format=model",
}
