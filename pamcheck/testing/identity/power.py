"""The power of PAM: told by policy only, as a whole, since its special cases have no rules of their own here."""

from __future__ import annotations

from pamcheck.formats import FloatFormat
from pamcheck.testing.identity.asking import Asker
from pamcheck.testing.identity.cases import HOLDOUT, PAIRS, Sampler
from pamcheck.testing.identity.fitting import Case, Fit, measure
from pamcheck.testing.identity.policies import NONE, possible, reference
from pamcheck.testing.identity.probe import Probe
from pamcheck.testing.identity.record import CANNOT_TELL, Conclusion, Fingerprint


def study_power(fmt: FloatFormat, asker: Asker, seed: int) -> Fingerprint:
    """Say whether a target is papow under a named policy, and how many random cases that predicts."""
    groups = _groups(Sampler(fmt, seed))
    asker.ask(groups)
    known = asker.known
    probes = [
        case for name, cases in groups.items() if name != "holdout" for case in cases if case in known
    ]
    held = [case for case in groups["holdout"] if case in known]
    fits: dict[str, tuple[Fit, Fit]] = {}
    for name, subject in possible("papow", fmt, 0).items():
        wanted = reference(subject, [*probes, *held])
        fits[name] = measure(wanted.get, probes, known), measure(wanted.get, held, known)
    name = max(fits, key=lambda name: fits[name][0].agree)
    fit, holdout = fits[name]
    also = tuple(x for x, (one, _) in fits.items() if x != name and one.agree == fit.agree)
    fault = asker.fault([*groups["numbers"], *groups["any"]])
    is_power, exact = fit.share >= 0.9, fit.agree == fit.asked > 0
    variant = "papow, rounded at every step" if is_power else "unknown"
    if fault and not fit.asked:
        variant = f"{CANNOT_TELL}: {fault}"
    shown = tuple(Probe(fmt, case, known[case]) for case in fit.deciding)
    against = tuple(Probe(fmt, case, known[case]) for case in fit.contradicting)
    computed = Conclusion("computed", variant, fit.agree, fit.asked, shown, against, also, fault)
    differences = () if exact else (f"{fit.asked - fit.agree} of {fit.asked} answers differ from {name}",)
    policy = name if exact else NONE if fit.asked else f"{CANNOT_TELL}: {fault}"
    return Fingerprint(
        target=asker.target.name,
        op="papow",
        fmt=fmt,
        variant=variant,
        offset=None,
        policy=policy,
        nearest=name,
        differences=differences,
        confidence=holdout.share,
        conclusions=(computed,),
        asked=len(known),
        calls=asker.calls,
    )


def _groups(s: Sampler) -> dict[str, list[Case]]:
    near: list[Case] = [(s.number_near_one(), s.signed(s.number_near_one())) for _ in range(10 * PAIRS)]
    members: list[Case] = [
        (s.signed(s.magnitude(a)), s.signed(s.magnitude(b)))
        for a in s.kinds()
        for b in s.kinds()
        for _ in range(PAIRS // 2)
    ]
    held: list[Case] = [(s.number_near_one(), s.signed(s.number_near_one())) for _ in range(HOLDOUT // 2)]
    held += [(s.code(), s.code()) for _ in range(HOLDOUT // 2)]
    return {"numbers": near, "any": members, "holdout": held}
