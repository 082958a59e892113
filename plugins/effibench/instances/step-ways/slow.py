MODULUS = 10**9 + 7


def main():
    for _ in range(int(input())):
        a, b, c = 1, 1, 2
        for _ in range(int(input())):
            a, b, c = b, c, (a + b + c) % MODULUS
        print(a)


main()
