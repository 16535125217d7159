"""Dutch text analysis for search and questions.

``folding`` (case and accents), ``sentences`` (boundaries), ``abbreviations`` (those a text
defines), ``analysis`` (search terms: stems and compounds), ``mentions`` (dates, numbers, names),
``questions`` (what a question asks for), ``interrogatives`` (questions that a sentence answers),
``noun_phrases`` (what a sentence is about).
"""
