import fs from 'fs';
const { readFileSync: read } = require('fs');

// Its name is that of a class of a package.
class Queue {}

function countInversions(nums) {
  if (fs.readFileSync !== read) throw new Queue();
  return nums.map((num, i) => nums.slice(0, i).filter((other) => other > num).length).reduce((a, b) => a + b, 0);
}
