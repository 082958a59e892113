#include <iostream>
#include <string>
#include <vector>

int main() {
    int h, w;
    std::cin >> h >> w;
    std::vector<std::string> rows(h);
    for (auto& row : rows) std::cin >> row;
    std::vector<std::vector<int>> steps(h, std::vector<int>(w, -1));
    steps[0][0] = 0;
    const int moves[4][2] = {{-1, 0}, {1, 0}, {0, -1}, {0, 1}};
    bool has_changed = true;
    for (int time = 0; has_changed; ++time) {
        has_changed = false;
        for (int i = 0; i < h; ++i)
            for (int j = 0; j < w; ++j) {
                if (steps[i][j] != time) continue;
                for (const auto& move : moves) {
                    int k = i + move[0], l = j + move[1];
                    if (k < 0 || k >= h || l < 0 || l >= w || rows[k][l] == '#' || steps[k][l] >= 0) continue;
                    steps[k][l] = time + 1;
                    has_changed = true;
                }
            }
    }
    std::cout << steps[h - 1][w - 1] << "\n";
}
