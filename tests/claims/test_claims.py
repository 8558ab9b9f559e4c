"""Each claim of the paper holds, and does not, by the records that it is judged by; what is not there is said to be."""

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest
from synthetic import (
    MODEL,
    PROMPT,
    SIZES,
    TASKS,
    adaptations,
    counted,
    figure_1,
    inits,
    lengths,
    multi,
    objectives,
    paraphrases,
    question_answering,
    record_of,
    voted,
)

from softscale import claims
from softscale.claims import (
    Claim,
    Finding,
    Material,
    Verdict,
    figure_1_scale,
    figure_3a_length,
    figure_3b_init,
    figure_3c_objective,
    figure_3d_adaptation,
    figure_4_parameters,
    interpretability,
    table_1_domain_shift,
    table_2_paraphrase,
    table_3_ensemble,
)
from softscale.claims.page import to_markdown
from softscale.runs.record import Record
from softscale.world.questions import BY_DISTANCE, QUESTIONS

HOLDS, FAILS, OPEN = Verdict.HOLDS, Verdict.FAILS, Verdict.OPEN
UP = (0.6, 0.75, 0.9)
CLOSING = figure_1((0.55, 0.7, 0.9), (0.7, 0.8, 0.91))
OPENING = figure_1((0.69, 0.75, 0.7), (0.7, 0.8, 0.91))
LENGTHS = lengths((0.5, 0.6, 0.88), (0.7, 0.8, 0.9), (0.71, 0.81, 0.91), (0.7, 0.795, 0.895))
OTHER_LENGTHS = lengths((0.69, 0.79, 0.5), (0.7, 0.8, 0.9), (0.8, 0.9, 0.97), (0.85, 0.95, 0.98))
INITS = inits(UP, (0.59, 0.74, 0.895), (0.5, 0.6, 0.89))
OTHER_INITS = inits(UP, (0.65, 0.8, 0.95), (0.6, 0.75, 0.8))
NEVER = {"illegal": 100, "empty": 40, "copied": 55}
OBJECTIVES = objectives(UP, (0.5, 0.0, 0.89), (0.51, 0.01, 0.9), **NEVER)
OTHER_OBJECTIVES = objectives(UP, (0.55, 0.7, 0.8), (0.65, 0.8, 0.85), **{"illegal": 50, "empty": 0, "copied": 1})
ADAPTATIONS = adaptations((0.3, 0.4, 0.88), (0.4, 0.5, 0.885), (0.5, 0.6, 0.89), (0.6, 0.7, 0.9))
OTHER_ADAPTATIONS = adaptations((0.5, 0.6, 0.3), (0.55, 0.65, 0.5), (0.7, 0.8, 0.99), (0.6, 0.7, 0.9))
SHIFTED = question_answering(
    {"squad": 0.9, "race": 0.85, "drop": 0.6, "duorc": 0.8}, {"squad": 0.9, "race": 0.8, "drop": 0.45, "duorc": 0.7}
)
OTHER_SHIFTED = question_answering(
    {"squad": 0.8, "race": 0.75, "drop": 0.3, "duorc": 0.6}, {"squad": 0.9, "race": 0.8, "drop": 0.45, "duorc": 0.7}
)


def of(records: Iterable[Record]) -> Material:
    return Material(records=list(records))


def prompts(
    clustered: float = 0.5, duplicate: float = 0.2, labels_near: float = 0.5, labels_kept: float = 0.5
) -> Material:
    """Prompts beside the vocabulary: of random vectors 5 % of the rows are clusters, and of the others a tenth."""
    shares = {"clustered": clustered, "duplicate": duplicate, "labels_near": labels_near}
    chance = {"random_clustered": 0.05, "random_duplicate": 0.1, "random_labels_near": 0.1}
    told = [("class_labels", 20, labels_kept), ("random_uniform", 20, math.nan), ("class_labels", 100, labels_kept)]
    return Material(
        prompts=[
            {"model": "mini_1", "task": "rte", "init": init, "length": length, "labels_kept": kept, **shares, **chance}
            for init, length, kept in told
            for _ in range(3)
        ]
    )


f1, f3a, f3b, f3c, f3d = figure_1_scale, figure_3a_length, figure_3b_init, figure_3c_objective, figure_3d_adaptation
s7, f4, t1, t2, t3 = interpretability, figure_4_parameters, table_1_domain_shift, table_2_paraphrase, table_3_ensemble
DESIGNED, OTHER_DESIGNED = (0.4, 0.5, 0.56), (0.6, 0.8, 0.99)
BOTH_WAYS: list[tuple[Claim, Material, Material]] = [
    (f1.gap_shrinks, of(CLOSING), of(OPENING)),
    (f1.matches_model_tuning_at_the_top, of(CLOSING), of(OPENING)),
    (f1.matches_multi_task_model_tuning_at_the_top, of(CLOSING + multi(0.92)), of(CLOSING + multi(0.99))),
    (f1.beats_prompt_design, of(figure_1(UP, UP, DESIGNED)), of(figure_1(UP, UP, OTHER_DESIGNED))),
    (
        f1.a_small_prompt_matches_prompt_design_of_16_times_its_size,
        of(figure_1(UP, UP, DESIGNED)),
        of(figure_1(UP, UP, OTHER_DESIGNED)),
    ),
    (f3a.more_than_one_token_is_critical, of(LENGTHS), of(OTHER_LENGTHS)),
    (f3a.one_token_is_strong_at_the_top, of(LENGTHS), of(OTHER_LENGTHS)),
    (f3a.beyond_twenty_tokens_gains_are_marginal, of(LENGTHS), of(OTHER_LENGTHS)),
    (f3a.beyond_a_hundred_tokens_larger_models_lose_mildly, of(LENGTHS), of(OTHER_LENGTHS)),
    (f3b.class_labels_are_best, of(INITS), of(OTHER_INITS)),
    (f3b.random_is_behind_at_small_sizes, of(INITS), of(OTHER_INITS)),
    (f3b.no_difference_at_the_top, of(INITS), of(OTHER_INITS)),
    (f3c.adaptation_is_far_better, of(OBJECTIVES), of(OTHER_OBJECTIVES)),
    (f3c.the_sentinel_helps_little, of(OBJECTIVES), of(OTHER_OBJECTIVES)),
    (f3c.the_top_does_well_with_all, of(OBJECTIVES), of(OTHER_OBJECTIVES)),
    (f3c.span_corruption_is_not_monotone, of(OBJECTIVES), of(OTHER_OBJECTIVES)),
    (f3c.middle_sizes_never_write_a_label, of(OBJECTIVES), of(OTHER_OBJECTIVES)),
    (f3c.failures_are_copies_or_empty, of(OBJECTIVES), of(OTHER_OBJECTIVES)),
    (
        f3c.failures_differ_little_over_runs,
        of(OBJECTIVES),
        of(record_of(0.3 * seed, model="mini_1_span", seed=seed) for seed in range(3)),
    ),
    (f3d.longer_adaptation_is_better, of(ADAPTATIONS), of(OTHER_ADAPTATIONS)),
    (f3d.the_top_gains_modestly, of(ADAPTATIONS), of(OTHER_ADAPTATIONS)),
    (f4.prefixes_need_up_to_one_percent, counted(0.008, 0.0005, 0.00004), counted(0.02, 0.002, 0.0002)),
    (f4.warp_needs_less_than_a_thousandth, counted(0.008, 0.0005, 0.00004), counted(0.02, 0.002, 0.0002)),
    (f4.prompts_need_less_than_a_ten_thousandth, counted(0.008, 0.0005, 0.00004), counted(0.02, 0.002, 0.0002)),
    (
        f4.task_parameters_are_20_000_times_fewer,
        counted(0.008, 0.0005, 0.00004),
        Material(page=[{**row, "trained": 10**6} for row in counted(0.008, 0.0005, 0.00004).page]),
    ),
    (t1.equal_within_the_domain, of(SHIFTED), of(OTHER_SHIFTED)),
    (t1.better_on_other_domains, of(SHIFTED), of(OTHER_SHIFTED)),
    (t1.gains_grow_with_the_shift, of(SHIFTED), of(OTHER_SHIFTED)),
    (t2.better_from_qqp_to_mrpc, of(paraphrases(0.8, 0.75, "qqp", "mrpc")), of(paraphrases(0.7, 0.75, "qqp", "mrpc"))),
    (t2.close_from_mrpc_to_qqp, of(paraphrases(0.76, 0.75, "mrpc", "qqp")), of(paraphrases(0.85, 0.75, "mrpc", "qqp"))),
    (t3.the_vote_beats_the_mean, voted(0.9, 0.91, 0.92), voted(0.9, 0.91, 0.89)),
    (t3.the_vote_beats_the_best, voted(0.9, 0.91, 0.92), voted(0.9, 0.91, 0.905)),
    (s7.tight_clusters, prompts(clustered=0.8), prompts(clustered=0.2)),
    (s7.no_clusters_at_random, prompts(clustered=0.2), prompts(clustered=0.06)),
    (s7.labels_persist, prompts(labels_kept=1.0), prompts(labels_kept=0.0)),
    (s7.labels_appear, prompts(labels_near=0.5), prompts(labels_near=0.1)),
    (s7.neighbours_repeat, prompts(duplicate=0.5), prompts(duplicate=0.1)),
]
BY_WORDS = pytest.mark.parametrize(
    ("claim", "so", "otherwise"), BOTH_WAYS, ids=[claim.words[:60] for claim, _, _ in BOTH_WAYS]
)


@BY_WORDS
def test_a_claim_holds_by_records_that_show_it_and_not_by_records_that_show_the_contrary(
    claim: Claim, so: Material, otherwise: Material
) -> None:
    assert claim.find(so).verdict == HOLDS, claim.find(so).measured
    assert claim.find(otherwise).verdict == FAILS, claim.find(otherwise).measured


@BY_WORDS
def test_what_a_claim_is_judged_by_is_missed_where_it_is_not_there(
    claim: Claim, so: Material, otherwise: Material
) -> None:
    assert claim.find(Material(missing="no such experiment")) == Finding("no such experiment", Verdict.NOT_RUN)
    nothing = claim.find(Material())
    assert nothing.verdict == Verdict.NOT_RUN
    assert nothing.measured


def test_every_claim_is_found_and_tested_both_ways() -> None:
    found = [claim for group in claims.found().values() for claim in group]
    assert len({claim.words for claim in found}) == len(found)
    tested = [claim for claim, _, _ in BOTH_WAYS]
    untested = [claim for claim in found if claim not in tested]
    # Those that no run of this ladder could tell: of a prompt of BoolQ, and of 220 times, below.
    assert sorted(claim.section for claim in untested) == ["section 3.1", "section 7"]


@pytest.mark.parametrize(("prompt", "verdict"), [(0.6, HOLDS), (0.5, FAILS)])
def test_a_ladder_too_short_for_a_claim_cannot_test_it(
    prompt: float, verdict: Verdict, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = f1.a_prompt_beats_prompt_design_of_220_times_its_size
    records = of(figure_1((prompt, 0.7, 0.9), UP, (0.4, 0.5, 0.55)))
    assert claim.find(records) == Finding("the largest rung with prompt design is 20 times mini_1", Verdict.SCALE)
    monkeypatch.setitem(SIZES, "mini_3", 50_000_000)
    assert claim.find(of(figure_1((prompt, 0.7, 0.9), UP, (0.4, 0.5, 0.55)))).verdict == verdict


def test_models_that_always_write_a_label_cannot_tell_how_they_fail() -> None:
    found = f3c.failures_are_copies_or_empty.find(of([record_of(0.5, model="mini_1_span"), record_of(0.5)]))
    assert found == Finding("of 100 predictions of theirs none was illegal", Verdict.SCALE)


def test_the_claim_on_one_token_tells_answers_that_do_not_stop_from_others() -> None:
    runs = lengths(UP, UP, UP, UP)
    told = {"illegal": 50, "begun": 40, "begun_right": 30}
    short = [run for run in runs if run.study["method"]["length"] == 1]
    for run in short:
        run.predictions |= told
    measured = f3a.more_than_one_token_is_critical.find(of(runs)).measured
    assert measured.endswith(
        "50.0 % of the answers are no label: 80.0 % of these begin with a label and go on, 60.0 % with the right one"
    )
    for run in short:
        del run.predictions["begun"]
    assert "label" not in f3a.more_than_one_token_is_critical.find(of(runs)).measured


def test_an_interval_on_both_sides_of_the_rule_leaves_a_claim_undecided() -> None:
    scattered = [
        record_of(score + spread, model=rung, method=method, task=task, seed=seed)
        for rung, gap in (("mini_1", 0.05), ("mini_3", 0.03))
        for method, score in ((PROMPT, 0.7 - gap), (MODEL, 0.7))
        for task in TASKS
        for seed, spread in enumerate((-0.1, 0.0, 0.1))
    ]
    found = f1.gap_shrinks.find(of(scattered))
    assert found.verdict == OPEN
    assert "smaller by 2.0 [" in found.measured


def test_records_without_resamples_leave_a_claim_without_a_verdict() -> None:
    old = [replace(record, resampled={}) for record in CLOSING]
    found = f1.gap_shrinks.find(of(old))
    assert found.verdict == Verdict.NOT_RUN
    assert "records from before schema 3 lack resamples" in found.measured


def test_the_order_of_the_shifted_sets_does_not_follow_the_scores_that_are_judged() -> None:
    """Model tuning is poor, and the prompt ahead, on the nearest set only: ordered by its scores, the claim held."""
    records = question_answering(
        {"squad": 0.9, "textbookqa": 0.6, "drop": 0.8}, {"squad": 0.9, "textbookqa": 0.3, "drop": 0.8}
    )
    found = t1.gains_grow_with_the_shift.find(of(records))
    assert found.verdict is Verdict.FAILS
    assert found.measured.endswith("nearest first: textbookqa, drop")


def test_the_world_orders_every_shifted_set_once() -> None:
    assert sorted((*BY_DISTANCE, "squad")) == sorted(QUESTIONS)


def test_a_rung_that_lacks_a_task_is_named() -> None:
    some = [
        record
        for record in CLOSING
        if (record.study["model"]["name"], record.study["task"]["name"]) != ("mini_3", "wsc")
    ]
    found = f1.gap_shrinks.find(of(some))
    assert found == Finding("mini_3, model tuning: no seed has all of boolq, wsc", Verdict.NOT_RUN)


def test_the_page_has_every_claim_with_its_rule_and_says_how_many_hold() -> None:
    told = claims.found()
    material = {claim.experiment: Material(missing="not there") for group in told.values() for claim in group}
    material[f1.gap_shrinks.experiment] = Material(records=CLOSING, cells=40)
    findings = {title: [claim.find(material[claim.experiment]) for claim in group] for title, group in told.items()}
    page = to_markdown(told, findings, material)
    assert page == to_markdown(told, findings, material)
    for claim in (claim for group in told.values() for claim in group):
        assert f"| {claim.words} |" in page
        assert f"| {claim.rule} |" in page
    assert "holds 2, " in page
    assert "gap: mini_1 15.0 [" in page
    assert f"`{f1.gap_shrinks.experiment}`, {len(CLOSING)} of 40 cells run" in page


@pytest.mark.slow
def test_the_command_writes_the_page_and_takes_no_experiment(
    tmp_path: Any, refused: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    from softscale.commands.claims import main

    assert main([f"runtime.results={tmp_path}"]) == 0
    page = (tmp_path / "claims.md").read_text()
    assert "experiments/miniature/figure_1_scale" in page or "miniature/figure_1_scale" in page
    assert str(tmp_path / "claims.md") in capsys.readouterr().out
    assert "it takes runtime.results=…" in refused("claims", "experiment=miniature/figure_1_scale")
