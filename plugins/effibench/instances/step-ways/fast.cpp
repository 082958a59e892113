#include <array>
#include <iostream>

using Matrix = std::array<std::array<long long, 3>, 3>;

Matrix product(const Matrix& one, const Matrix& other) {
    Matrix result{};
    for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j)
            for (int k = 0; k < 3; ++k) result[i][j] = (result[i][j] + one[i][k] * other[k][j]) % 1000000007;
    return result;
}

int main() {
    int queries;
    std::cin >> queries;
    while (queries-- > 0) {
        long long n;
        std::cin >> n;
        Matrix result{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
        Matrix power{{{0, 1, 0}, {0, 0, 1}, {1, 1, 1}}};
        for (; n > 0; n /= 2) {
            if (n % 2 == 1) result = product(result, power);
            power = product(power, power);
        }
        std::cout << (result[0][0] + result[0][1] + 2 * result[0][2]) % 1000000007 << "\n";
    }
}
