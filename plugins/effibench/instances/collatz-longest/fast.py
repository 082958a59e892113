# Little time: whatever was met once is remembered.
known = {1: 1}


def length(x):
    path = []
    while x not in known:
        path.append(x)
        x = 3 * x + 1 if x % 2 else x // 2
    count = known[x]
    for passed in reversed(path):
        count += 1
        known[passed] = count
    return count


def main():
    for _ in range(int(input())):
        a, b = map(int, input().split())
        best, longest = a, 0
        for x in range(a, b + 1):
            count = known.get(x) or length(x)
            if count > longest:
                best, longest = x, count
        print(best, longest)


main()
