/**
 * @param {number[]} nums
 * @return {number}
 */
var countInversions = function(nums) {

};
