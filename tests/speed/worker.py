"""One contender in a process of its own: takes some steps, and prints their time, whenever it is given a line.

    python worker.py MODULE SHAPE STEPS [OPTION]

MODULE is a file beside this one whose `prepare(shape, n_steps, ...)` returns a function that takes that many steps, and
the number of the model's parameters. Waiting for its line, a contender uses no processor.
"""

import importlib
import json
import os
import sys
import time

from shapes import SHAPES


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a package prints is no answer
    module, shape, n_steps, *options = sys.argv[1:]
    run, n_parameters = importlib.import_module(module).prepare(SHAPES[shape], int(n_steps), *options)
    for _ in range(2):
        run()
    print(json.dumps({"parameters": n_parameters}), file=answers, flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        run()
        seconds = (time.perf_counter() - start) / int(n_steps)
        print(json.dumps({"seconds": seconds}), file=answers, flush=True)


if __name__ == "__main__":
    main()
