"""Every wording on offer asks about its task, in words that its models know, and its answers can be read back."""

import re
from collections.abc import Iterator
from functools import cache
from importlib import util
from types import ModuleType

import pytest
from real_data import real
from transformers import AutoTokenizer, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from softscale import tasks
from softscale.backbone.load import load_backbone, load_tokenizer
from softscale.compose.cells import hydra_session, single
from softscale.config import ROOT, Study
from softscale.errors import InputError
from softscale.methods.prompt_design import PromptDesignConfig
from softscale.methods.wording import WordingConfig
from softscale.tasks import Example
from softscale.world.records import records
from softscale.world.superglue_records import SUPERGLUE

SOURCES = ("miniature", "local", "hub")
UNKNOWN = 2  # the id of <unk>, in T5's pieces and in the miniature's


@pytest.fixture(scope="module", autouse=True)
def _session() -> Iterator[None]:
    with hydra_session():
        yield


@cache
def study_of(task: str, source: str, *more: str) -> Study:
    typed = [f"task={task}", f"data={source}", *(["data.root=b"] if source == "local" else []), *more]
    study = single(["model=local", "model.path=a", "method=prompt_design", *typed]).config.study()
    study.check()
    return study


def wording_of(task: str, source: str, *more: str) -> WordingConfig:
    method = study_of(task, source, *more).method
    assert isinstance(method, PromptDesignConfig)
    return method.wording


def examples_of(task: str, split: str = "train", count: int = 60) -> list[Example]:
    """Of the world; the parts and labels of a task are the same whatever the source."""
    made = tasks.by_name(task)
    return [example for record in records(task, split, count, 0) for example in made.examples(record, split)]


def rte(**told: object) -> WordingConfig:
    values: dict[str, object] = {"name": "w", "task": "rte", "template": "{{ premise }} so {{ hypothesis }}"}
    return WordingConfig(**(values | told))  # type: ignore[arg-type]


@pytest.mark.parametrize("task", SUPERGLUE)
@pytest.mark.parametrize("source", [*SOURCES, "plain"])
def test_every_wording_is_chosen_by_data_and_task_and_fits_the_parts_and_labels_of_its_task(
    task: str, source: str
) -> None:
    more = ["method/wording=plain"] if source == "plain" else []
    wording = wording_of(task, "miniature" if source == "plain" else source, *more)
    examples, labels = examples_of(task), tasks.by_name(task).labels
    wording.check_for(task, labels, examples[0].parts)
    assert wording.task == (None if source == "plain" else task)
    assert set(wording.verbaliser) == (set() if source == "plain" else set(labels))
    for example in examples:
        question, shown = wording.question(example), wording.demonstration(example)
        assert question == question.strip() != ""
        assert "{{" not in question
        assert shown.startswith(f"{question} ")
        assert wording.label(shown.removeprefix(question).strip()) == example.target or not labels


def test_the_hub_and_a_local_download_have_the_same_wordings() -> None:
    assert all(wording_of(task, "hub") == wording_of(task, "local") for task in SUPERGLUE)


def test_every_folder_of_wordings_has_every_task_of_superglue() -> None:
    folders = [path for path in (ROOT / "conf" / "method" / "wording").iterdir() if path.is_dir()]
    assert {folder.name for folder in folders} == {"causal", "miniature", "paper"}
    for folder in folders:
        assert set(SUPERGLUE) <= {path.stem for path in folder.glob("*.yaml")} <= set(tasks.names())


@pytest.mark.parametrize("task", SUPERGLUE)
def test_a_miniature_wording_has_no_word_that_the_miniature_models_do_not_know(
    task: str, tokenizer: PreTrainedTokenizerFast
) -> None:
    wording = wording_of(task, "miniature")
    shown = [wording.demonstration(example) for split in ("train", "dev") for example in examples_of(task, split, 300)]
    for text in [*shown, *wording.verbaliser.values(), wording.instruction]:
        assert UNKNOWN not in tokenizer(text)["input_ids"], text


@cache
def search() -> ModuleType:
    spec = util.spec_from_file_location("wording_search", ROOT / "benchmarks" / "wording_search.py")
    assert spec
    assert spec.loader
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("task", SUPERGLUE)
def test_a_miniature_wording_is_a_candidate_of_the_search_that_chose_it(task: str) -> None:
    wording = wording_of(task, "miniature")
    offered = [(candidate.template, candidate.verbaliser) for candidate in search().CANDIDATES[task]]
    assert (wording.template, wording.verbaliser) in offered


def test_the_search_chooses_the_highest_mean_and_of_equals_the_first() -> None:
    assert search().chosen({"a": 0.2, "b": 0.7, "c": 0.7}) == "b"


@pytest.mark.parametrize("task", ["boolq", "cb", "copa", "multirc", "rte", "wic"])
def test_an_untouched_rung_answers_a_miniature_wording_in_words_of_a_label(task: str) -> None:
    """The wordings before the search got no label of cb, copa and rte from this rung."""
    wording, labels = wording_of(task, "miniature"), tasks.by_name(task).labels
    with hydra_session():
        model = single(["model=mini_4", f"task={task}"]).config.model
    read, backbone = load_tokenizer(model), load_backbone(model, load_tokenizer(model), dropout=0.0)
    questions = read([wording.question(each) for each in examples_of(task)], return_tensors="pt", padding=True)
    written = backbone.generate(backbone.embed(questions.input_ids), questions.attention_mask, 6)
    assert sum(wording.label(text) in labels for text in written) >= 0.9 * len(written)


@pytest.fixture(scope="module")
def pieces(tmp_path_factory: pytest.TempPathFactory) -> PreTrainedTokenizerBase:
    """T5's own vocabulary."""
    path = real("t5/spiece.model")
    folder = tmp_path_factory.mktemp("pieces")
    (folder / "spiece.model").write_bytes(path.read_bytes())
    (folder / "config.json").write_text('{"model_type": "t5"}')
    return AutoTokenizer.from_pretrained(folder)


@pytest.mark.parametrize("task", SUPERGLUE)
@pytest.mark.parametrize("source", ["miniature", "local"])
def test_a_label_written_in_the_model_s_own_tokens_is_read_back_as_that_label(
    task: str, source: str, tokenizer: PreTrainedTokenizerFast, request: pytest.FixtureRequest
) -> None:
    used = tokenizer if source == "miniature" else request.getfixturevalue("pieces")
    wording = wording_of(task, source)
    length = study_of(task, source).task.target_length
    for label, words in wording.verbaliser.items():
        ids = used(words)["input_ids"]
        assert UNKNOWN not in ids
        assert len(ids) <= length
        written = used.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        assert wording.label(written) == label


def test_only_the_exact_words_of_a_label_are_read_as_the_label() -> None:
    wording = rte(verbaliser={"entailment": "True", "not_entailment": "False"})
    assert [wording.label(text) for text in ("True", " False\n")] == ["entailment", "not_entailment"]
    for text in ("true", "True.", "True False", "entailment", ""):
        assert wording.label(text) == text


def test_labels_may_be_each_other_s_words() -> None:
    wording = rte(verbaliser={"entailment": "not_entailment", "not_entailment": "entailment"})
    assert wording.label("entailment") == "not_entailment"


PARTS = {"hypothesis": "h", "premise": "p"}
LABELS = ("entailment", "not_entailment")


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"template": "{{ premise"}, "method.wording.template is no Jinja2 template: "),
        ({"template": "{% if %}"}, "method.wording.template is no Jinja2 template: "),
        ({"template": " "}, "method.wording.template is empty"),
        (
            {"template": "{{ passage }}"},
            "template names passage, which task=rte has not: .* hypothesis, premise, input",
        ),
        ({"verbaliser": {"entailment": "yes"}}, "verbaliser has entailment, but task=rte has entailment, not_ent"),
        ({"verbaliser": {"entailment": "a", "not_entailment": "b ", "x": "c"}}, "verbaliser has .* each label once"),
        ({"verbaliser": {"entailment": "a", "not_entailment": "a "}}, r"verbaliser\.entailment='a' is not allowed"),
        ({"verbaliser": {"entailment": "a", "not_entailment": " "}}, r"verbaliser\.not_entailment=' ' is not allowed"),
        ({"task": "wic"}, "method.wording.task=wic is not allowed with task=rte: it must be rte"),
    ],
)
def test_a_wording_that_cannot_be_that_of_the_task_is_refused(told: dict[str, object], message: str) -> None:
    wording = rte(**told)
    with pytest.raises(InputError) as refused:
        checked(wording)
    assert re.search(message, str(refused.value))
    assert "\n" not in str(refused.value)


def checked(wording: WordingConfig) -> None:
    wording.check()
    wording.check_for("rte", LABELS, PARTS)


@pytest.mark.parametrize("template", ["{{ premise.split('*')[1] }}", "{{ premise.nope() }}", "{{ 1 // 0 }}"])
def test_a_template_that_an_example_breaks_is_refused_with_the_example(template: str) -> None:
    example = Example(input="i", target="t", parts={"premise": "no star"})
    with pytest.raises(InputError, match=r"method\.wording\.template does not fit .*no star"):
        rte(template=template).question(example)


def test_a_template_cannot_reach_python_behind_the_texts() -> None:
    with pytest.raises(InputError, match="unsafe"):
        rte(template="{{ premise.__class__.__mro__ }}").question(Example(input="i", target="t", parts=PARTS))
