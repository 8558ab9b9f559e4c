"""Section 7: what trained prompts look like among the words of the vocabulary."""

from softscale.claims.claim import Claim, Finding, Material, Missing, OutOfScale


def _unmeasured(words: str) -> Claim:
    return _without(words, Missing("prompts were not compared with the vocabulary: records hold scores, not prompts"))


def _without(words: str, why: Exception) -> Claim:
    """A claim that nothing here measures, so that the list is whole."""

    def judge(_: Material) -> Finding:
        raise why

    return Claim(place="section 7", words=words, rule="-", experiment="", judge=judge)


tight_clusters = _unmeasured("The nearest words to a row of a prompt form tight clusters")
no_clusters_at_random = _unmeasured("Random vectors have no such clusters")
labels_persist = _unmeasured("Class labels of the initialisation stay the nearest words to their rows")
labels_appear = _unmeasured("With other initialisations class labels come to be near some rows")
neighbours_repeat = _unmeasured("In long prompts several rows have the same nearest words")
domain_words = _without(
    "The prompt of BoolQ is near words of its domain (science, technology, engineering)",
    OutOfScale("the generated world has no domains of knowledge that a task would lean to"),
)
