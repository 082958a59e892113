func longestWindow(s string, k int) int {
	var held [26]int
	start, longest, different := 0, 0, 0
	for end := range s {
		if held[s[end]-'a'] == 0 {
			different++
		}
		held[s[end]-'a']++
		for different > k {
			held[s[start]-'a']--
			if held[s[start]-'a'] == 0 {
				different--
			}
			start++
		}
		if end+1-start > longest {
			longest = end + 1 - start
		}
	}
	return longest
}
