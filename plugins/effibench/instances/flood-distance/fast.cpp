#include <iostream>
#include <queue>
#include <string>
#include <utility>
#include <vector>

int main() {
    int h, w;
    std::cin >> h >> w;
    std::vector<std::string> rows(h);
    for (auto& row : rows) std::cin >> row;
    std::vector<std::vector<int>> steps(h, std::vector<int>(w, -1));
    steps[0][0] = 0;
    const int moves[4][2] = {{-1, 0}, {1, 0}, {0, -1}, {0, 1}};
    std::queue<std::pair<int, int>> queue;
    for (queue.push({0, 0}); !queue.empty(); queue.pop()) {
        auto [i, j] = queue.front();
        for (const auto& move : moves) {
            int k = i + move[0], l = j + move[1];
            if (k < 0 || k >= h || l < 0 || l >= w || rows[k][l] == '#' || steps[k][l] >= 0) continue;
            steps[k][l] = steps[i][j] + 1;
            queue.push({k, l});
        }
    }
    std::cout << steps[h - 1][w - 1] << "\n";
}
