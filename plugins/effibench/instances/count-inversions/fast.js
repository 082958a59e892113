var countInversions = function(nums) {
  // A Fenwick tree over the ranks of the values.
  const values = [...new Set(nums)].sort((one, other) => one - other);
  const ranks = new Map(values.map((value, index) => [value, index + 1]));
  const tree = new Array(values.length + 1).fill(0);
  let inversions = 0;
  nums.forEach((num, seen) => {
    let smaller = 0;
    for (let at = ranks.get(num); at > 0; at -= at & -at) smaller += tree[at];
    for (let at = ranks.get(num); at <= values.length; at += at & -at) tree[at]++;
    inversions += seen - smaller;
  });
  return inversions;
};
