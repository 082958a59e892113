package main

import "sort"

func countInversions(nums []int) int64 {
	// A Fenwick tree over the ranks of the values.
	values := append([]int(nil), nums...)
	sort.Ints(values)
	tree := make([]int64, len(values)+1)
	var inversions int64
	for seen, num := range nums {
		rank := sort.SearchInts(values, num) + 1
		for at := rank; at > 0; at -= at & -at {
			inversions -= tree[at]
		}
		for at := rank; at < len(tree); at += at & -at {
			tree[at]++
		}
		inversions += int64(seen)
	}
	return inversions
}
