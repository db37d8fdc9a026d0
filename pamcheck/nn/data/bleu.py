"""BLEU of translations, by sacrebleu."""

from __future__ import annotations

from collections.abc import Sequence

from pamcheck.nn.data.subwords import extra


def score(hypotheses: Sequence[str], references: Sequence[str]) -> float:
    """Return the corpus BLEU, 0 to 100, of translations against one reference each  [papineni2002; post2018].

    Both are tokenized text, one sentence a string, words between blanks. sacrebleu is told `tokenize="none"`,
    because Multi30k comes tokenized and lower-cased: its own tokenizer, 13a, would part words that the data has
    as one. Figures compare with others on the same tokenized, lower-cased text, and not with BLEU on plain text.

    Raises ValueError for an unequal number of sentences or none, DataError where sacrebleu is not installed.
    """
    if len(hypotheses) != len(references) or not references:
        raise ValueError(
            f"there are {len(hypotheses)} hypotheses and {len(references)} references; there must be one "
            f"reference for each hypothesis, and at least one"
        )
    # force: sacrebleu would warn that the text looks tokenized, which it is
    metric = extra("sacrebleu").metrics.BLEU(tokenize="none", force=True)
    return float(metric.corpus_score(list(hypotheses), [list(references)]).score)
