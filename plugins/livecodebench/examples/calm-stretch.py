from collections import deque


def longest(temperatures, bound):
    low, high = deque(), deque()
    best = start = 0
    for end, value in enumerate(temperatures):
        while low and temperatures[low[-1]] >= value:
            low.pop()
        while high and temperatures[high[-1]] <= value:
            high.pop()
        low.append(end)
        high.append(end)
        while temperatures[high[0]] - temperatures[low[0]] > bound:
            start += 1
            if low[0] < start:
                low.popleft()
            if high[0] < start:
                high.popleft()
        best = max(best, end - start + 1)
    return best


n, bound = map(int, input().split())
print(longest(list(map(int, input().split())), bound))
