// Times LEMON's network simplex on an instance written by `generate binary`. Prints the objective and CPU seconds.
#include <lemon/list_graph.h>
#include <lemon/network_simplex.h>
#include <lemon/smart_graph.h>

#include <cstdint>
#include <cstdio>
#include <ctime>
#include <vector>

using namespace lemon;

static double cpu() { return double(std::clock()) / CLOCKS_PER_SEC; }

int main(int, char **argv) {
    std::FILE *file = std::fopen(argv[1], "rb");
    int32_t sizes[3];
    if (!file || std::fread(sizes, 4, 3, file) != 3) return 1;
    const int households = sizes[0], dwellings = sizes[1], edges = sizes[2];
    std::vector<int32_t> urgent(households), data(3 * size_t(edges));
    if (std::fread(urgent.data(), 4, households, file) != size_t(households)) return 1;
    if (std::fread(data.data(), 4, data.size(), file) != data.size()) return 1;
    std::fclose(file);

    const double started = cpu();
    // One weight a pair; each level outweighs those below.
    const int64_t placed = 1000 * int64_t(households < dwellings ? households : dwellings) + 1;
    const int64_t first = 2 * placed * int64_t(households < dwellings ? households : dwellings);
    SmartDigraph graph;
    graph.reserveNode(households + dwellings + 2);
    graph.reserveArc(size_t(edges) + households + dwellings + 1);
    std::vector<SmartDigraph::Node> nodes(households + dwellings + 2);
    for (auto &node : nodes) node = graph.addNode();
    auto source = nodes[households + dwellings], sink = nodes[households + dwellings + 1];
    SmartDigraph::ArcMap<int64_t> cost(graph), upper(graph);
    SmartDigraph::NodeMap<int64_t> supply(graph, 0);
    for (int e = 0; e < edges; ++e) {
        auto arc = graph.addArc(nodes[data[3 * e]], nodes[households + data[3 * e + 1]]);
        cost[arc] = -(urgent[data[3 * e]] * first + placed + data[3 * e + 2]);
        upper[arc] = 1;
    }
    for (int h = 0; h < households; ++h) upper[graph.addArc(source, nodes[h])] = 1;
    for (int d = 0; d < dwellings; ++d) upper[graph.addArc(nodes[households + d], sink)] = 1;
    const int64_t most = households < dwellings ? households : dwellings;
    upper[graph.addArc(source, sink)] = most;
    supply[source] = most;
    supply[sink] = -most;
    NetworkSimplex<SmartDigraph, int64_t, int64_t> simplex(graph);
    simplex.upperMap(upper).costMap(cost).supplyMap(supply);
    const auto status = simplex.run();
    const int64_t total = -simplex.totalCost<int64_t>();
    const double taken = cpu() - started;
    std::printf("{\"status\":%d,\"total\":%lld,\"seconds\":%.4f}\n", int(status), (long long)total, taken);
}
