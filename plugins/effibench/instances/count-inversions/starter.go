func countInversions(nums []int) int64 {

}
