"""Compares the matching crate with HiGHS, which nobody here wrote, on generated instances of every kind.

    second_solver.py GENERATE SOLVE [INSTANCES [OPEN [FIRST]]]

GENERATE and SOLVE are the examples of the crate chambre-matching. Each instance is written again here as an integer
programme, from the text of docs/match-format.md, and solved level by level by scipy.optimize.milp (HiGHS) with no
gap allowed. Every level of the objective must be the same, to the household and to the point, and every answer must
keep every rule. Prints a table; fails when one differs, or when more than OPEN (none unless said) end at the time limit
without proof: their answer and their bound must still stand on either side of HiGHS's optimum. Another FIRST (0 unless
said) draws other instances of the same families.
"""

import json
import multiprocessing
import random
import subprocess
import sys
import tempfile
import time

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_matrix, vstack


class Programme:
    """Binary variables, rows `low <= a x <= high`, levels maximised one after the other."""

    def __init__(self, size, levels):
        self.size, self.levels, self.rows = size, levels, []

    def add(self, terms, low, high):
        self.rows.append((terms, low, high))

    def solve(self):
        values = []
        for level in self.levels:
            answer = self._solve_level(level)
            if answer is None:
                return None
            values.append(answer)
            self.add([(i, c) for i, c in enumerate(level) if c], answer, np.inf)
        return values

    def _solve_level(self, level):
        if not self.size:
            return 0 if all(low <= 0 <= high for _, low, high in self.rows) else None
        data, at, column = [], [], []
        for row, (terms, _, _) in enumerate(self.rows):
            for variable, coefficient in terms:
                data.append(coefficient)
                at.append(row)
                column.append(variable)
        matrix = csr_matrix((data, (at, column)), shape=(len(self.rows), self.size))
        constraint = LinearConstraint(matrix, [r[1] for r in self.rows], [r[2] for r in self.rows])
        found = milp(
            -np.array(level, float),
            constraints=constraint,
            bounds=Bounds(0, 1),
            integrality=np.ones(self.size),
            options={"mip_rel_gap": 0.0},
        )
        if found.status == 2:
            return None
        assert found.status == 0, found.message
        chosen = np.round(found.x).astype(np.int64)
        # The answer is counted again in whole numbers: a float never decides.
        for terms, low, high in self.rows:
            total = sum(int(chosen[v]) * c for v, c in terms)
            assert low <= total <= high, "HiGHS broke a row"
        return int(np.dot(chosen, np.array(level, np.int64)))


def by_end(programme, edges, end, most=1):
    ends = {}
    for variable, edge in enumerate(edges):
        ends.setdefault(edge[end], []).append((variable, 1))
    for terms in ends.values():
        programme.add(terms, 0, most)


def passes(filtered, node):
    return all(name in node and node[name] == value for name, value in filtered.items())


def rule_row(rule, graph):
    inside = [
        (
            passes(rule.get("household", {}), graph["households"][h]),
            passes(rule.get("dwelling", {}), graph["dwellings"][d]),
        )
        for h, d, _ in graph["edges"]
    ]
    both = [int(h and d) for h, d in inside]
    if rule["type"] == "max":
        return both, -np.inf, rule["bound"]
    if rule["type"] == "min":
        return both, rule["bound"], np.inf
    if rule["type"] == "share_min":
        return [10000 * b - rule["bp"] for b in both], 0, np.inf
    return [(10000 * int(h) - rule["bp"]) * int(d) for h, d in inside], -np.inf, 0


def bipartite(graph):
    edges = graph["edges"]
    urgent = [int(graph["households"][h].get("urgent", 0)) for h, _, _ in edges]
    programme = Programme(len(edges), [urgent, [1] * len(edges), [s for _, _, s in edges]])
    by_end(programme, edges, 0)
    by_end(programme, edges, 1)
    for rule in graph.get("constraints", []):
        row, low, high = rule_row(rule, graph)
        programme.add([(i, c) for i, c in enumerate(row) if c], low, high)
    return programme


def double(graph):
    edges, households = graph["edges"], graph["households"]
    e, n = len(edges), len(households)
    urgent = [0] * e + [int(h.get("urgent", 0)) for h in households]
    programme = Programme(e + n, [urgent, [0] * e + [1] * n, [s for _, _, s in edges] + [0] * n])
    by_end(programme, edges, 1)
    for household, node in enumerate(households):
        terms = [(i, 1) for i, edge in enumerate(edges) if edge[0] == household]
        programme.add(terms + [(e + household, -2 if node.get("double") else -1)], 0, 0)
    return programme


def chain(graph):
    """A variable for each pair and each place at which it can be in a chain."""
    k, variables = graph.get("max_transfers", 0), []
    for h, d, s in graph["edges"]:
        variables.append(("home", h, ("vacant", d), s))
    for place in range(1, k + 1):
        for h, m, s in graph.get("household_to_mutation", []):
            variables.append(("home", h, ("freed", m, place), s))
        if place == 1:
            for m, d, s in graph.get("mutation_to_dwelling", []):
                variables.append(("move", (m, place), ("vacant", d), s))
        else:
            for m, other, s in graph.get("mutation_to_mutation", []):
                if m != other:
                    variables.append(("move", (m, place), ("freed", other, place - 1), s))
    home = [int(v[0] == "home") for v in variables]
    urgent = [
        int(graph["households"][v[1]].get("urgent", 0)) if v[0] == "home" else 0 for v in variables
    ]
    moves = [h - 1 for h in home]
    programme = Programme(len(variables), [urgent, home, moves, [v[3] for v in variables]])
    households, transfers, taken, moved = {}, {}, {}, {}
    for i, (what, who, source, _) in enumerate(variables):
        if what == "home":
            households.setdefault(who, []).append((i, 1))
        else:
            transfers.setdefault(who[0], []).append((i, 1))
            moved.setdefault(who, []).append((i, 1))
        taken.setdefault(source, []).append((i, 1))
    for terms in [*households.values(), *transfers.values()]:
        programme.add(terms, 0, 1)
    for source, terms in taken.items():
        if source[0] == "vacant":
            programme.add(terms, 0, 1)
        else:
            freed = [(i, -c) for i, c in moved.get((source[1], source[2]), [])]
            programme.add(terms + freed, -np.inf, 0)
    return programme


def draw_rules(graph, draw):
    """Rules that bite: bounds near what an average choice would give."""
    households, dwellings = graph["households"], graph["dwellings"]
    places = min(len(households), len(dwellings))
    rules = []

    def some(nodes, name):
        return draw.choice(nodes)[name]

    for _ in range(draw.randint(1, 6)):
        form = draw.choice(["max", "min", "share_min", "share_max_of_zone"])
        if form == "max":
            name = draw.choice(["landlord", "contingent", "epci"])
            value = some(dwellings, name)
            own = sum(d[name] == value for d in dwellings)
            rules.append({"type": form, "dwelling": {name: value}, "bound": own * draw.randint(20, 90) // 100})
        elif form == "min":
            name = draw.choice(["project", "origin"])
            value = some(households, name)
            own = sum(h[name] == value for h in households)
            share = max(1, own * places // len(households))
            rules.append(
                {"type": form, "household": {name: value}, "bound": min(own, share * draw.randint(50, 170) // 100)}
            )
        elif form == "share_min":
            rules.append({"type": form, "dwelling": {"demolisher": 0}, "bp": draw.choice([3000, 4000, 5000, 7000])})
        else:
            zones = [d["qpv"] for d in dwellings if d["qpv"] is not None]
            for zone in draw.sample(sorted(set(zones)), min(len(set(zones)), draw.randint(1, 7))):
                rules.append(
                    {
                        "type": form,
                        "dwelling": {"qpv": zone},
                        "household": {"q1": 1},
                        "bp": draw.choice([2500, 3333, 5000, 6000]),
                    }
                )
    return rules


def check_answer(graph, answer):
    """The answer keeps the rules, and is worth what it says."""
    used, score = set(), 0
    known = {(h, d): s for h, d, s in graph["edges"]}
    if graph["kind"] == "chain":
        to_dwelling = {(m, d): s for m, d, s in graph.get("mutation_to_dwelling", [])}
        to_mutation = {(m, o): s for m, o, s in graph.get("mutation_to_mutation", [])}
        of_household = {(h, m): s for h, m, s in graph.get("household_to_mutation", [])}
    for given in answer["assignments"]:
        household = given["household"]
        assert ("h", household) not in used
        used.add(("h", household))
        dwellings = given["dwellings"] if graph["kind"] == "double" else [given["dwelling"]]
        for dwelling in dwellings:
            assert ("d", dwelling) not in used
            used.add(("d", dwelling))
        links = given.get("chain", [])
        for link in links:
            assert ("m", link) not in used
            used.add(("m", link))
        if graph["kind"] == "double":
            assert len(dwellings) == (2 if graph["households"][household].get("double") else 1)
        if links:
            assert len(links) <= graph["max_transfers"]
            total = to_dwelling[links[0], dwellings[0]] + of_household[household, links[-1]]
            total += sum(to_mutation[after, before] for before, after in zip(links, links[1:]))
        else:
            total = sum(known[household, dwelling] for dwelling in dwellings)
        assert total == given["score"]
        score += total
    assert score == answer["score"]
    if graph.get("constraints"):
        chosen = {(g["household"], g["dwelling"]) for g in answer["assignments"]}
        for rule in graph["constraints"]:
            row, low, high = rule_row(rule, graph)
            total = sum(c for c, (h, d, _) in zip(row, graph["edges"]) if (h, d) in chosen)
            assert low <= total <= high, rule


def instances(count, first):
    """Kind, arguments of the generator, with rules or not: the same for the same numbers."""
    draw = random.Random(20261125 + first)
    for number in range(first, first + count):
        seed = str(number)
        turn = number % 10
        if turn < 5:
            size = draw.choice([(60, 30, 5), (150, 80, 8), (400, 160, 12), (700, 250, 16), (1000, 300, 22)])
            yield "bipartite", [*map(str, size), seed], draw
        elif turn == 5:
            yield "equal", ["300", "150", "8", seed], draw
        elif turn < 8:
            k, size = draw.randint(0, 4), draw.choice([(40, 15, 30), (90, 40, 70), (150, 60, 120)])
            per = draw.randint(2, 6)
            yield "chain", [str(size[0]), str(size[1]), str(per), seed, str(size[2]), str(k)], draw
        else:
            size = draw.choice([(40, 40), (100, 90), (200, 150)])
            yield "double", [str(size[0]), str(size[1]), str(draw.randint(3, 10)), seed, str(draw.randint(2, 4))], draw


LEVELS = {"bipartite": ["urgent", "placed", "score"], "double": ["urgent", "served", "score"]}
LEVELS["chain"] = ["urgent", "placed", "transfers", "score"]


def levels_of(graph, ours, checked=True):
    """What the answer is worth, once checked; nothing where it says that no answer exists."""
    assert ours != "Stopped", "no answer in time"
    if not ours["feasible"]:
        return None
    if checked:
        check_answer(graph, ours)
    levels = [ours[level] for level in LEVELS[graph["kind"]]]
    if graph["kind"] == "chain":
        levels[2] = -levels[2]
    return levels


def graphs(generate, count, first=0):
    """Each graph with its name and kind, drawn one after the other: the same for the same numbers."""
    for number, (kind, arguments, draw) in enumerate(instances(count, first), first):
        graph = json.loads(subprocess.check_output([generate, kind, *arguments]))
        if graph["kind"] == "bipartite":
            graph["constraints"] = draw_rules(graph, draw)
        if graph["kind"] == "chain":
            # Few dwellings fit a household directly: most are reached through transfers, and the length bites.
            own = random.Random(number)
            graph["edges"] = own.sample(graph["edges"], len(graph["edges"]) // 5)
            to_dwelling = graph["mutation_to_dwelling"]
            graph["mutation_to_dwelling"] = own.sample(to_dwelling, len(to_dwelling) // 2)
        yield f"{number} {kind} {' '.join(arguments)}", kind, graph


def solved_twice(job):
    """What the crate and HiGHS say of a graph, and how long each took."""
    solve, name, kind, graph = job
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(graph, file)
        file.flush()
        told = json.loads(subprocess.check_output([solve, "--time-limit", "60", file.name]))
    started = time.process_time()
    theirs = {"bipartite": bipartite, "double": double, "chain": chain}[graph["kind"]](graph).solve()
    return name, kind, graph, told, theirs, (time.process_time() - started) * 1000


def compare(name, kind, graph, told, theirs, theirs_ms, table, failures, open_ones):
    """Holds one answer against the other, and keeps what differs or stays open."""
    ours = told["end"]
    try:
        mine = levels_of(graph, ours)
        if mine is not None and not ours["optimal"]:
            bound = levels_of(graph, {**ours, **ours["bound"]}, checked=False)
            assert mine <= theirs <= bound, f"ours {mine}, bound {bound}, HiGHS {theirs}"
            open_ones.append(f"{name}: ours {mine}, bound {bound}, HiGHS {theirs}")
        else:
            assert mine == theirs, f"ours {mine}, HiGHS {theirs}"
    except AssertionError as error:
        failures.append(f"{name}: {error}")
    if theirs is None:
        kind = "infeasible"
    print(f"{name}: {theirs} ours {told['millis']} ms, {told['solved']} pairings; HiGHS {theirs_ms:.0f} ms", flush=True)
    line = table.setdefault(kind, [0, 0, 0.0, 0])
    line[0] += 1
    line[1] += told["millis"]
    line[2] += theirs_ms
    line[3] = max(line[3], told["millis"])


def main():
    generate, solve = sys.argv[1:3]
    failures, open_ones = [], []
    count, most_open, first = (int(word) for word in [*sys.argv[3:6], *["100", "0", "0"][len(sys.argv[3:6]) :]])
    table = {}
    jobs = ((solve, *graph) for graph in graphs(generate, count, first))
    # Two at once: each is one thread, and a bare machine has two cores.
    with multiprocessing.Pool(2) as pool:
        for name, kind, graph, told, theirs, theirs_ms in pool.imap(solved_twice, jobs):
            compare(name, kind, graph, told, theirs, theirs_ms, table, failures, open_ones)
    print("kind: instances, ours ms (longest), HiGHS ms")
    for kind, (number, mine, theirs, longest) in table.items():
        print(f"{kind}: {number}, {mine} ({longest}), {theirs:.0f}")
    for failure in failures:
        print(f"DIFFERENT: {failure}")
    for one in open_ones:
        print(f"OPEN: {one}")
    same = count - len(failures) - len(open_ones)
    print(f"{same} of {count} instances: every level the same; {len(open_ones)} not proven in time")
    if failures or len(open_ones) > most_open:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
