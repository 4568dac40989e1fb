"""What an operator has set and golive cannot use."""

from __future__ import annotations

from golive.words import Sentence


class Unusable(Exception):
    """What was set cannot be used; `sentences` say what, each with its remedy, and none shows a secret.

    Unusable
    ├── UnknownSettings    a name is that of no setting
    ├── SetByKubernetes    a port is an address that Kubernetes has put there
    ├── UnusableSecret     a secret's file cannot be read
    └── UnusableKeys       what stands where keys belong cannot sign
    """

    def __init__(self, *sentences: Sentence):
        self.sentences = sentences
        super().__init__("\n".join(map(str, sentences)))
