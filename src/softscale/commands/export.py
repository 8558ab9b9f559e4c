"""usage: softscale export run=ID format=peft|npy|t5 to=DIR|FILE.npy [runtime.runs=DIR]

What a finished run trained, in a form that others can load:
  peft  an adapter folder for peft (prompt tuning, LoRA, IA3); needs pip install -e '.[peft]'
  npy   the prompt as one float32 array [P, H], the authors' form (prompt tuning)
  t5    a T5 folder whose weights hold what was trained (model tuning, LoRA, IA3)

  softscale export run=6f3b1676dd8d format=npy to=prompt.npy
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from softscale.commands.options import check_can_be_made, options
from softscale.config import MethodConfig
from softscale.errors import InputError
from softscale.finished.run import Finished, finished
from softscale.formats.npy import write_npy
from softscale.formats.peft import write_ia3, write_lora, write_prompt
from softscale.methods.ia3 import IA3Config
from softscale.methods.lora import LoRAConfig
from softscale.methods.prompt_tuning import PromptTuningConfig

KEYS = ("run", "format", "to", "runtime.runs")


def main(arguments: Sequence[str]) -> int:
    values = options("export", arguments, KEYS, needed=("run", "format", "to"))
    if values["format"] not in FORMATS:
        raise InputError(f"format={values['format']} is not allowed: it must be one of {', '.join(FORMATS)}")
    to = Path(values["to"]).expanduser()
    check_can_be_made(to, values["to"])
    run = finished(values["run"], Path(values.get("runtime.runs", "runs")))
    if to.exists() and (to.is_file() or any(to.iterdir())):
        raise InputError(f"to={values['to']} exists already: name a new file or folder")
    FORMATS[values["format"]](run, to)
    print(f"{run.study.method.name} of run {run.id} on {run.study.model.path}: {to}")
    return 0


def _npy(trained: Finished, to: Path) -> None:
    if not isinstance(trained.study.method, PromptTuningConfig):
        raise InputError(f"format=npy is a prompt's, and this run is of {trained.study.method.name}")
    if to.suffix != ".npy":
        raise InputError(f"to={to} is not allowed: format=npy writes a file FILE.npy")
    to.parent.mkdir(parents=True, exist_ok=True)
    write_npy(to, trained.tensors["prompt"])


def _peft(trained: Finished, to: Path) -> None:
    method = trained.study.method
    for kind, write in PEFT.items():
        if isinstance(method, kind):
            return write(trained, to)
    raise InputError(NOT_IN_PEFT.get(method.name, f"softscale does not know how PEFT would hold {method.name}"))


def _peft_prompt(trained: Finished, to: Path) -> None:
    write_prompt(to, trained.tensors["prompt"], trained.study.model.path)


def _peft_lora(trained: Finished, to: Path) -> None:
    method = trained.study.method
    assert isinstance(method, LoRAConfig)
    write_lora(to, trained.tensors, method.rank, method.alpha, trained.study.model.path)


def _peft_ia3(trained: Finished, to: Path) -> None:
    write_ia3(to, trained.tensors, trained.study.model.path)


def _t5(trained: Finished, to: Path) -> None:
    import torch

    from softscale.backbone.load import load_backbone, load_tokenizer
    from softscale.backbone.t5_1_1 import save_t5
    from softscale.methods.method import Context

    tokenizer = load_tokenizer(trained.study.model)
    backbone = load_backbone(trained.study.model, tokenizer, trained.study.optim.dropout)
    context = Context(backbone=backbone, words=(), generator=torch.Generator().manual_seed(0), notes=[])
    method = trained.study.method.build(context)
    method.load(trained.tensors)
    method.merge(backbone)
    save_t5(backbone.model, to)
    tokenizer.save_pretrained(to)


FORMATS: dict[str, Callable[[Finished, Path], None]] = {"peft": _peft, "npy": _npy, "t5": _t5}
PEFT: dict[type[MethodConfig], Callable[[Finished, Path], None]] = {
    PromptTuningConfig: _peft_prompt,
    LoRAConfig: _peft_lora,
    IA3Config: _peft_ia3,
}
NOT_IN_PEFT = {
    "prefix_tuning": "PEFT cannot hold this run: its prefix tuning reaches the decoder's self-attention only, and ties "
    "layers; softscale's has keys and values of every layer's own",
    "bitfit": "PEFT cannot hold this run: it has no method that adds biases to a T5, which has none",
    "per_layer_prompts": "PEFT cannot hold this run: it has no prompts in front of each encoder layer",
    "prompt_design": "PEFT cannot hold this run: a prompt of words has nothing that was trained",
    "model_tuning": "PEFT cannot hold this run: every weight was trained; export it with format=t5",
}
