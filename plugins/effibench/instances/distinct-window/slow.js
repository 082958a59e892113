var longestWindow = function(s, k) {
  let longest = 0;
  for (let start = 0; start < s.length; start++) {
    const held = new Set();
    for (let end = start; end < s.length; end++) {
      held.add(s[end]);
      if (held.size > k) break;
      longest = Math.max(longest, end + 1 - start);
    }
  }
  return longest;
};
