func countInversions(nums []int) int64 {
	var inversions int64
	for i := range nums {
		for j := i + 1; j < len(nums); j++ {
			if nums[i] > nums[j] {
				inversions++
			}
		}
	}
	return inversions
}
