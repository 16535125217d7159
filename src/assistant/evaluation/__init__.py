"""Does it answer right, and how fast? Cases and metrics are pure; running is kept apart.

``cases`` the question files · ``metrics`` pure functions · ``runner`` answers the cases ·
``report`` scores, report and gate · ``beir`` retrieval quality on a BEIR folder · ``baselines``
plain LangChain, to compare with · ``bench`` speed and memory.
"""
