#include <iostream>

int main() {
    int queries;
    std::cin >> queries;
    while (queries-- > 0) {
        long long n, a = 1, b = 1, c = 2;
        std::cin >> n;
        while (n-- > 0) {
            long long next = (a + b + c) % 1000000007;
            a = b, b = c, c = next;
        }
        std::cout << a << "\n";
    }
}
