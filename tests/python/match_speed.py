"""Times the batch beside OR-Tools, SciPy and LEMON, in one run, on the same generated instances.

    match_speed.py GENERATE MEASURE [LEMON]

GENERATE and MEASURE are release examples of the crate chambre-matching; LEMON is crates/matching/compare/lemon.cc,
compiled. CPU seconds, one thread, building the graph included, reading the file not. The three levels are one weight
for the others, and their objective must be ours. SciPy matches the smaller side whole, which only some instances
allow: it is told as not applicable where it cannot.
"""

import json
import math
import subprocess
import sys
import tempfile
import time

import numpy as np
from ortools.graph.python import min_cost_flow
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

CASES = [
    ("10 000 × 3 000", "bipartite", 10000, 3000, 41),
    ("40 000 × 15 000, 36 each", "bipartite", 40000, 15000, 36),
    ("40 000 × 15 000, 86 each", "bipartite", 40000, 15000, 86),
    ("20 000 × 20 000, balanced", "bipartite", 20000, 20000, 86),
    ("12 000 × 24 000, surplus", "bipartite", 12000, 24000, 85),
    ("40 000 × 15 000, equal scores", "equal", 40000, 15000, 36),
]


def read(name):
    data = np.fromfile(name, "<i4")
    households, dwellings, edges = map(int, data[:3])
    urgent = data[3 : 3 + households].astype(np.int64)
    return households, dwellings, urgent, data[3 + households :].reshape(-1, 3).astype(np.int64)


def weights(households, dwellings, urgent, edges):
    size = min(households, dwellings)
    placed = 1000 * size + 1
    first = 2 * placed * size
    return urgent[edges[:, 0]] * first + placed + edges[:, 2], placed, first


def ortools(households, dwellings, urgent, edges):
    started = time.process_time()
    worth, placed, first = weights(households, dwellings, urgent, edges)
    source, sink, size = households + dwellings, households + dwellings + 1, min(households, dwellings)
    everyone, every = np.arange(households), households + np.arange(dwellings)
    flow = min_cost_flow.SimpleMinCostFlow()
    flow.add_arcs_with_capacity_and_unit_cost(
        np.concatenate([edges[:, 0], np.full(households, source), every, [source]]),
        np.concatenate([households + edges[:, 1], everyone, np.full(dwellings, sink), [sink]]),
        np.concatenate([np.ones(len(edges) + households + dwellings, np.int64), [size]]),
        np.concatenate([-worth, np.zeros(households + dwellings + 1, np.int64)]),
    )
    flow.set_node_supply(source, size)
    flow.set_node_supply(sink, -size)
    assert flow.solve() == flow.OPTIMAL
    return -flow.optimal_cost(), time.process_time() - started


def scipy(households, dwellings, urgent, edges):
    started = time.process_time()
    worth, _, _ = weights(households, dwellings, urgent, edges)
    # A zero would be no entry, and weights beyond 2^53 would lose their points.
    if worth.max() >= 2**53:
        return None, None
    matrix = csr_matrix((worth.astype(float), (edges[:, 0], edges[:, 1])), shape=(households, dwellings))
    try:
        rows, columns = min_weight_full_bipartite_matching(matrix, maximize=True)
    except ValueError:
        return None, None
    taken = time.process_time() - started
    return int(np.asarray(matrix[rows, columns]).astype(np.int64).sum()), taken


def main():
    generate, measure = sys.argv[1:3]
    lemon = sys.argv[3] if len(sys.argv) > 3 else None
    ratios, below = [], []
    print("| instance | pairs | ours | OR-Tools | SciPy | LEMON | ours / OR-Tools | ours / LEMON |")
    print("|---|---|---|---|---|---|---|---|")
    for name, kind, households, dwellings, per in CASES:
        with tempfile.NamedTemporaryFile() as file:
            command = [generate, "binary", kind, *map(str, (households, dwellings, per)), "1"]
            subprocess.run(command, stdout=file, check=True)
            ours = json.loads(subprocess.check_output([measure, file.name]).splitlines()[-1])
            data = read(file.name)
            _, placed, first = weights(*data)
            worth = ours["urgent"] * first + ours["placed"] * placed + ours["score"]
            other, flow = ortools(*data)
            assert other == worth, (name, "OR-Tools", other, worth)
            other, full = scipy(*data)
            assert other is None or other == worth, (name, "SciPy", other, worth)
            simplex = None
            if lemon:
                told = json.loads(subprocess.check_output([lemon, file.name]))
                assert told["total"] == worth, (name, "LEMON", told, worth)
                simplex = told["seconds"]
        seconds = ours["micros"] / 1e6
        ratios.append(seconds / flow)
        shown = [f"{value:.2f}" if value else "n/a" for value in (flow, full, simplex)]
        beside = f"{seconds / simplex:.3f}" if simplex else "n/a"
        below.append(simplex is None or seconds <= simplex)
        print(
            f"| {name} | {ours['edges']} | {seconds:.3f} | {' | '.join(shown)} | {seconds / flow:.3f} | {beside} |",
            flush=True,
        )
    mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
    print(f"\nGeometric mean of ours / OR-Tools: {mean:.3f}. Never slower than LEMON: {all(below) if lemon else 'n/a'}.")


if __name__ == "__main__":
    main()
