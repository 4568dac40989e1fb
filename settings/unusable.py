"""What an operator has set and golive cannot use."""

from __future__ import annotations

from golive.words import N_, Sentence, say


class Unusable(Exception):
    """What was set cannot be used; `sentences` say what, each with its remedy, and none shows a secret.

    Unusable
    ├── UnknownSettings    a name is that of no setting
    ├── SetByKubernetes    a port is an address that Kubernetes has put there
    ├── UnusableSecret     a secret's file cannot be read
    ├── UnusableKeys       what stands where keys belong cannot sign
    └── NoPublicUrl        in production nothing says where people reach golive
    """

    def __init__(self, *sentences: Sentence):
        self.sentences = sentences
        super().__init__("\n".join(map(str, sentences)))


class NoPublicUrl(Unusable):
    """In production nothing says where people reach golive."""

    def __init__(self) -> None:
        msgid = N_(
            "GOLIVE_ENV is production, where links and forms must not lead wherever a request says that golive is: "
            "set GOLIVE_PUBLIC_URL to the address at which people reach it, as https://golive.example.com."
        )
        super().__init__(say(msgid))
