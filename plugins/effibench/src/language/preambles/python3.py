import array
import bisect
import collections
import copy
import datetime
import decimal
import fractions
import functools
import heapq
import io
import itertools
import json
import math
import numpy as np
import operator
import os
import pickle
import random
import re
import sortedcontainers
import statistics
import string
import sys
import time
import typing
from bisect import bisect_left, bisect_right, insort, insort_left, insort_right
from collections import ChainMap, Counter, OrderedDict, defaultdict, deque, namedtuple
from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, IntEnum
from fractions import Fraction
from functools import cache, cached_property, cmp_to_key, lru_cache, partial, reduce, total_ordering
from heapq import heapify, heappop, heappush, heappushpop, heapreplace, merge, nlargest, nsmallest
from itertools import accumulate, chain, combinations, combinations_with_replacement, compress, count, cycle
from itertools import dropwhile, filterfalse, groupby, islice, pairwise, permutations, product, repeat, starmap
from itertools import takewhile, tee, zip_longest
from json import loads
from math import ceil, comb, cos, dist, e, exp, factorial, floor, gcd, hypot, inf, isqrt, lcm, log, log10, log2, perm
from math import pi, prod, sin, sqrt, tan
from operator import add, and_, attrgetter, itemgetter, mul, or_, xor
from queue import PriorityQueue, Queue
from random import choice, randint, randrange, shuffle
from re import findall, finditer, match, search, split, sub
from sortedcontainers import SortedDict, SortedList, SortedSet
from string import ascii_letters, ascii_lowercase, ascii_uppercase, digits, hexdigits, punctuation, whitespace
from sys import maxsize, stdin
from typing import Any, Callable, DefaultDict, Deque, Dict, Generator, Generic, Iterable, Iterator, List, Literal
from typing import Mapping, NamedTuple, NoReturn, Optional, Sequence, Set, Tuple, Type, TypeVar, Union
