#include <cstdio>
#include <cstring>
#include <unistd.h>

static char grid[64][64];
static long long ways[8][64][64];

int main() {
    int rows, columns;
    if (scanf("%d %d", &rows, &columns) != 2) return 1;
    for (int i = 1; i <= rows; ++i)
        if (scanf("%60s", grid[i] + 1) != 1) return 1;
    const char* word = "YOKOHAMA";
    long long total = 0;
    for (int k = 0; k < 8; ++k)
        for (int i = 1; i <= rows; ++i)
            for (int j = 1; j <= columns; ++j) {
                if (grid[i][j] != word[k]) continue;
                long long count = 1;
                if (k > 0)
                    count = ways[k - 1][i - 1][j] + ways[k - 1][i + 1][j] + ways[k - 1][i][j - 1] + ways[k - 1][i][j + 1];
                ways[k][i][j] = count;
                if (k == 7) total += count;
            }
    char text[32];
    int length = snprintf(text, sizeof text, "%lld\n", total);
    if (write(1, text, length) != length) return 1;
    _exit(0);
}
