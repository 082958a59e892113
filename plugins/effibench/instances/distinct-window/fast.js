var longestWindow = function(s, k) {
  const held = new Map();
  let start = 0;
  let longest = 0;
  for (let end = 0; end < s.length; end++) {
    held.set(s[end], (held.get(s[end]) || 0) + 1);
    for (; held.size > k; start++) {
      const rest = held.get(s[start]) - 1;
      if (rest === 0) held.delete(s[start]);
      else held.set(s[start], rest);
    }
    longest = Math.max(longest, end + 1 - start);
  }
  return longest;
};
