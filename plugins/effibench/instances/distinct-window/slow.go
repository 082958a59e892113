func longestWindow(s string, k int) int {
	longest := 0
	for start := range s {
		held := map[byte]bool{}
		for end := start; end < len(s); end++ {
			held[s[end]] = true
			if len(held) > k {
				break
			}
			if end+1-start > longest {
				longest = end + 1 - start
			}
		}
	}
	return longest
}
