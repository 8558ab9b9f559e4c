"""What a trained prompt looks like in the vocabulary of its backbone (paper, section 7).

For each row the nearest pieces of the vocabulary by cosine, and of all rows: how many have nearest pieces that are
close to one another, how many share their nearest piece with another row, whether label words are still near.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

NEAREST = 5  # section 7: the five nearest tokens
RANDOM = 200  # random vectors that a neighbourhood is compared with
GROUPS = 10  # prompts of random vectors that a prompt is compared with
SURE = 0.95  # the share of those whose neighbourhoods are looser than a cluster


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of a prompt: its Euclidean norm, and its nearest pieces, ids and cosines, nearest first."""

    norm: float
    ids: tuple[int, ...]
    cosines: tuple[float, ...]
    clustered: bool  # its pieces are closer to one another than those near a random vector


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """Shares are of the rows, fractions; norms are (least, mean, most)."""

    rows: tuple[Row, ...]
    clustered: float
    duplicate: float  # rows whose nearest piece is another row's too
    norms: tuple[float, float, float]
    vocabulary_norms: tuple[float, float, float]


def inspect(prompt: Tensor, embeddings: Tensor) -> Inspection:
    """Of a prompt `[P, H]` beside the embedding table `[V, H]`."""
    table, count = embeddings.detach().float(), min(NEAREST, len(embeddings))
    unit = F.normalize(table, dim=1)
    cosines, ids = _nearest(prompt.float(), unit, count)
    # Directions without meaning, always the same ones: their nearest pieces are what chance puts together.
    chance = torch.randn(RANDOM, table.shape[1], generator=torch.Generator().manual_seed(0))
    limit = _tightness(_nearest(chance, unit, count)[1], unit).quantile(SURE).item()
    tight = (_tightness(ids, unit) > limit).tolist()
    first = Counter(ids[:, 0].tolist())
    norms = prompt.float().norm(dim=1)
    rows = tuple(
        Row(norm=norm, ids=tuple(near), cosines=tuple(closeness), clustered=clustered)
        for norm, near, closeness, clustered in zip(norms.tolist(), ids.tolist(), cosines.tolist(), tight, strict=True)
    )
    return Inspection(
        rows=rows,
        clustered=sum(tight) / len(rows),
        duplicate=sum(first[row.ids[0]] > 1 for row in rows) / len(rows),
        norms=_spread(norms),
        vocabulary_norms=_spread(table.norm(dim=1)),
    )


def near_labels(rows: Sequence[Row], pieces: Sequence[int]) -> list[int]:
    """The rows, from 0, among whose nearest pieces is one of those of a label word."""
    return [index for index, row in enumerate(rows) if set(row.ids) & set(pieces)]


def by_chance(rows: int, embeddings: Tensor) -> list[Inspection]:
    """What prompts `[rows, H]` of random vectors are near to: always the same ones, other than those of a cluster."""
    prompts = torch.randn(GROUPS, rows, embeddings.shape[1], generator=torch.Generator().manual_seed(1))
    return [inspect(prompt, embeddings) for prompt in prompts]


def _nearest(vectors: Tensor, unit: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Cosines and ids `[N, count]` of the rows of `unit` `[V, H]` that are nearest to each of `vectors` `[N, H]`."""
    nearest = (F.normalize(vectors, dim=1) @ unit.T).topk(count, dim=1)
    return nearest.values, nearest.indices


def _tightness(ids: Tensor, unit: Tensor) -> Tensor:
    """The mean cosine between two of the pieces of each neighbourhood, `[N]`."""
    near = unit[ids]
    count = ids.shape[1]
    pairs = near @ near.transpose(1, 2)
    return (pairs.sum((1, 2)) - pairs.diagonal(dim1=1, dim2=2).sum(1)) / max(1, count * (count - 1))


def _spread(norms: Tensor) -> tuple[float, float, float]:
    return norms.min().item(), norms.mean().item(), norms.max().item()
