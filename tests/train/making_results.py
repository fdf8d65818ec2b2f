"""Results as train.evaluate writes them, of a variant and a baseline."""


def score(metric: str, value: float | None, **more) -> dict:
    low, high = (None, None) if value is None else (value - 2, value + 2)
    told = {"protocol": "sweep", "metric": metric, "value": value, "low": low, "high": high,
            "found": 480, "expected": 500, "threshold": 0.4,
            "rule": "validation", "unit": "%"}  # fmt: skip
    return told | more


def results(name: str = "acl") -> dict:
    return {
        "version": 1,
        "made": {"command": "python -m train.evaluate --variant x --set world/single"},
        "sets": {"world/single": "One sounding object in a procedural scene."},
        "rows": [
            {"set": "world/single", "variant": "centre", "score": score("cIoU", 3.25)},
            {"set": "world/single", "variant": name, "score": score("cIoU", 66.125)},
            {"set": "world/single", "variant": name, "score": score("AP", None)},
        ],
        "curves": [],
        "cases": [],
        "costs": [],
    }
