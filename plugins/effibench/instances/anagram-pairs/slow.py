import sys


def is_anagram(one, other):
    if len(one) != len(other):
        return False
    rest = list(other)
    for letter in one:
        if letter not in rest:
            return False
        rest.remove(letter)
    return True


def main():
    words = sys.stdin.read().split()[1:]
    pairs = 0
    for i in range(len(words)):
        for j in range(i + 1, len(words)):
            if is_anagram(words[i], words[j]):
                pairs += 1
    print(pairs)


main()
