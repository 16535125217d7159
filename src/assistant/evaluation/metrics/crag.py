"""CRAG score (Yang et al. 2024): a wrong answer costs what a right one earns."""


def crag(right: bool, abstained: bool) -> int:
    """1 for right (a due abstention is right), 0 for an undue abstention, -1 for a wrong answer."""
    if right:
        return 1
    return 0 if abstained else -1
