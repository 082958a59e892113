# Little memory: every sequence is walked to its end each time.
def length(x):
    count = 1
    while x != 1:
        x = x // 2 if x % 2 == 0 else 3 * x + 1
        count += 1
    return count


def main():
    for _ in range(int(input())):
        a, b = map(int, input().split())
        best, longest = a, 0
        for x in range(a, b + 1):
            count = length(x)
            if count > longest:
                best, longest = x, count
        print(best, longest)


main()
