"""kill -9 of worker, API and Temporal server at random moments: no acknowledged act is lost, none is doubled.

client.py   patient people who remember everything that they sent and were told
live.py     a whole golive whose processes can be killed and are started again
killer.py   strikes a random victim at a random moment, both drawn from a seed
found.py    what golive holds afterwards: journal, read model, workflow, histories
check.py    with agreement.py: is it what the people were told? pure, each violation one sentence
rounds.py   people and killer at work on several runs at once, then the check
faults.py   planted faults, which the check must catch, in faulty_worker.py and faulty_api.py

`python -m tests.chaos` is the long form, `make chaos`.
"""
