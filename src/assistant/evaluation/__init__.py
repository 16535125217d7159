"""Does it answer right, and how fast? Cases and metrics are pure; running is kept apart.

A run goes ``cases`` the question files → ``runner`` answers them → ``outcomes`` on disk →
``scoring`` one outcome, by ``metrics`` → ``summary`` figures, intervals, slices → ``baseline`` what
changed → ``gate`` → ``report`` with ``plots``, ``export`` for other tools. ``suite`` puts these
together, ``commands`` is the command line. Beside it ``beir`` and ``retrieval_bench`` measure
retrieval alone, ``bench`` speed and memory, against ``baselines`` in plain LangChain.
"""
