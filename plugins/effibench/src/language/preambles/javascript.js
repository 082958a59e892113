// What programs may use without saying so. The names are properties of the global object, so that a
// program may declare them itself; and a module is loaded when its name is first used.
(() => {
  const settle = (name, value) => {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
    return value;
  };
  const offer = (name, load) => Object.defineProperty(globalThis, name, {
    configurable: true,
    get: () => settle(name, load()),
    set: (value) => settle(name, value),
  });
  for (const name of [
    'assert', 'buffer', 'crypto', 'events', 'fs', 'os', 'path', 'perf_hooks', 'querystring', 'readline', 'stream',
    'string_decoder', 'timers', 'url', 'util', 'vm', 'zlib',
  ]) {
    offer(name, () => require(name));
  }
  offer('_', () => require('lodash'));
  for (const name of [
    'PriorityQueue', 'MinPriorityQueue', 'MaxPriorityQueue', 'Heap', 'MinHeap', 'MaxHeap', 'Queue', 'Deque', 'Stack',
    'LinkedList', 'LinkedListNode', 'DoublyLinkedList', 'EnhancedSet', 'BinarySearchTree', 'AvlTree', 'Trie', 'Graph',
    'DirectedGraph',
  ]) {
    offer(name, () => require('datastructures-js')[name]);
  }
})();
