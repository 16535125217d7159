"""Pure metrics, one a file. Ranks count from 1; ``None`` stands for "not found".

``canonical`` one spelling · ``facts`` nuggets · ``short_answer`` exact match and F1 · ``recall``,
``reciprocal_rank``, ``ndcg`` retrieval · ``citations`` precision, recall, verbatim · ``abstention``
precision, recall, F1 · ``crag`` · ``risk_coverage`` · ``calibration`` · ``percentile`` ·
``bootstrap`` intervals.
"""
