"""One contender in a process of its own, kept warm: answers each request with the seconds that the work took.

Requests and answers are lines of JSON: {"verb": "train", "arguments": {…}} → {"seconds": 0.123}. The number of threads
is set by the environment, before anything is imported.
"""

import json
import os
import sys
import time

from contenders import contender
from passes import Pass


def main() -> None:
    """Serve requests until the input ends."""
    name, threads = sys.argv[1], int(os.environ["OMP_NUM_THREADS"])
    one = contender(name)
    one.threads = threads
    if name.startswith("PyTorch"):
        import torch

        torch.set_num_threads(threads)
    prepared = {}
    for line in sys.stdin:
        if line not in prepared:
            request = json.loads(line)
            arguments = request["arguments"]
            if request["verb"] == "train":
                arguments["sizes"] = tuple(arguments["sizes"])
                arguments = {"task": Pass(**arguments)}
            prepared[line] = getattr(one, request["verb"])(**arguments)
            prepared[line]()  # The first run compiles and warms up; it is not counted.
        work, repeats = prepared[line], 0
        began = time.perf_counter()
        while repeats == 0 or time.perf_counter() - began < 0.2:  # Short work is repeated until it can be timed.
            work()
            repeats += 1
        print(json.dumps({"seconds": (time.perf_counter() - began) / repeats}), flush=True)


if __name__ == "__main__":
    main()
