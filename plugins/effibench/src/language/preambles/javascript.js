// Names of packages are properties of the global object: a program may declare them itself, and a
// package is loaded when it is first used.
for (const [name, load] of Object.entries({
  _: () => require('lodash'),
  fs: () => require('fs'),
  readline: () => require('readline'),
  util: () => require('util'),
  assert: () => require('assert'),
  ...Object.fromEntries([
    'PriorityQueue', 'MinPriorityQueue', 'MaxPriorityQueue', 'Heap', 'MinHeap', 'MaxHeap', 'Queue', 'Deque', 'Stack',
    'LinkedList', 'LinkedListNode', 'DoublyLinkedList', 'EnhancedSet', 'BinarySearchTree', 'AvlTree', 'Trie', 'Graph',
    'DirectedGraph',
  ].map((name) => [name, () => require('datastructures-js')[name]])),
})) {
  const settle = (value) => Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
  Object.defineProperty(globalThis, name, { configurable: true, get: () => settle(load())[name], set: settle });
}
