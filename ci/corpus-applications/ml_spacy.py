# /// script
# requires-python = ">=3.11"
# dependencies = ["spacy==3.8.18"]
# ///
"""Sentences and tokens; components are found through entry points."""

import spacy

nlp = spacy.blank("en")
nlp.add_pipe("sentencizer")
document = nlp("One file. It runs, doesn't it?")
print([sentence.text for sentence in document.sents], len(document))
