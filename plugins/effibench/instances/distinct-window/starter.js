/**
 * @param {string} s
 * @param {number} k
 * @return {number}
 */
var longestWindow = function(s, k) {

};
