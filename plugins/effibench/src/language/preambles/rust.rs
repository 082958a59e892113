use std::cell::{Cell, RefCell};
use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, VecDeque};
use std::fmt;
use std::io;
use std::io::{BufRead, Read, Write};
use std::rc::Rc;
use std::str::FromStr;
