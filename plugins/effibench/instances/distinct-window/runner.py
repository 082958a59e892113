==Code Submission==


def main():
    lines = sys.stdin.read().split("\n")
    print(Solution().longestWindow(lines[0].strip(), int(lines[1])))


main()
