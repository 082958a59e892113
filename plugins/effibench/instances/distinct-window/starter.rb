# @param {String} s
# @param {Integer} k
# @return {Integer}
def longest_window(s, k)

end
