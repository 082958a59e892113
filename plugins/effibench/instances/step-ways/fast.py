MODULUS = 10**9 + 7


def product(one, other):
    return [[sum(one[i][k] * other[k][j] for k in range(3)) % MODULUS for j in range(3)] for i in range(3)]


def ways(n):
    result = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    power = [[0, 1, 0], [0, 0, 1], [1, 1, 1]]
    while n:
        if n & 1:
            result = product(result, power)
        power = product(power, power)
        n >>= 1
    first = result[0]
    return (first[0] + first[1] + 2 * first[2]) % MODULUS


def main():
    for _ in range(int(input())):
        print(ways(int(input())))


main()
