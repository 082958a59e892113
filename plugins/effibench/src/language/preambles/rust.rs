use std::cell::{Cell, RefCell};
use std::cmp::{max, min, Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, VecDeque};
use std::fmt::{self, Display};
use std::io::{self, BufRead, Read, Write};
use std::mem;
use std::rc::Rc;
use std::str::FromStr;
