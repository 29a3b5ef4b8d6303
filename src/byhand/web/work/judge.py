"""The process that judges networks on images that it keeps: the larger the network, the longer that takes."""

import json
from functools import partial

from byhand.data.datasets import Split
from byhand.web.work import judging
from byhand.web.work.tasks import Images, Network, Task, serve


def work(split: Split, task: Task) -> bytes:
    """Judge a network; return JSON."""
    judge = {"accuracy": judging.accuracy, "judgement": judging.judgement, "robustness": judging.robustness}[task.verb]
    return json.dumps(judge(Network(task.facts, task.theta).model(), split), separators=(",", ":")).encode()


def main() -> None:
    """Judge networks until the server is gone."""
    serve(Images, lambda images: partial(work, images.split()))


if __name__ == "__main__":
    main()
