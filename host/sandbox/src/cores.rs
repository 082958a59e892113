//! Which cores measure, and which do everything else.

use std::fs;

/// Share of the physical cores that is kept for measuring: one part in so many, and at least one core.
const SHARE: usize = 4;

/// How the cores of this process are used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorePlan {
    /// Each runs one measured program at a time.
    pub(crate) measuring: Vec<u32>,
    /// For this process's threads, for launchers, and for programs that are only checked. Without the
    /// second halves of measuring cores that run two threads.
    pub(crate) others: Vec<u32>,
    /// All of them.
    pub(crate) all: Vec<u32>,
}

impl CorePlan {
    /// A plan for the cores that this process may use.
    pub fn of_machine() -> Self {
        let all = own_cores();
        let siblings = |core: u32| {
            let path = format!("/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list");
            fs::read_to_string(path).map_or_else(|_| vec![core], |list| parse(&list))
        };
        Self::plan(&all, siblings)
    }

    /// How many programs can be measured at the same time.
    pub fn measured_at_once(&self) -> usize {
        self.measuring.len()
    }

    /// A plan for the cores `all`; `siblings` tells which ones are the same physical core.
    fn plan(all: &[u32], siblings: impl Fn(u32) -> Vec<u32>) -> Self {
        let mut physical: Vec<Vec<u32>> = Vec::new();
        for &core in all {
            if !physical.iter().any(|cores| cores.contains(&core)) {
                let own: Vec<u32> = siblings(core).into_iter().filter(|other| all.contains(other)).collect();
                physical.push(if own.is_empty() { vec![core] } else { own });
            }
        }
        // The last ones: the first get most interrupts.
        let kept = (physical.len() / SHARE).max(1);
        let (rest, last) = physical.split_at(physical.len() - kept.min(physical.len()));
        if rest.is_empty() {
            // One physical core. Its second half, if it has one, is all there is for the others.
            let measuring: Vec<u32> = all.last().copied().into_iter().collect();
            let others: Vec<u32> = all.iter().copied().filter(|core| !measuring.contains(core)).collect();
            let others = if others.is_empty() { all.to_vec() } else { others };
            return Self { measuring, others, all: all.to_vec() };
        }
        Self {
            measuring: last.iter().filter_map(|cores| cores.first().copied()).collect(),
            others: rest.concat(),
            all: all.to_vec(),
        }
    }

    /// Whether programs that are only checked may run while others are measured. Where one or two cores
    /// are all there is, they take turns.
    pub(crate) fn is_roomy(&self) -> bool {
        self.others.len() > 1
    }

    /// Programs that are checked at the same time.
    pub(crate) fn checking(&self) -> usize {
        if self.is_roomy() { self.others.len() } else { self.all.len() }.max(1)
    }

    /// How many cores there are.
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// Keeps this thread, and those that it starts from now on, off the measuring cores.
    pub fn keep_off(&self) {
        let mut set = rustix::thread::CpuSet::new();
        for &core in &self.others {
            set.set(core as usize);
        }
        // Measurements get noisier where it fails, and nothing else.
        let _ = rustix::thread::sched_setaffinity(None, &set);
    }
}

/// The cores that this thread may use.
fn own_cores() -> Vec<u32> {
    let Ok(set) = rustix::thread::sched_getaffinity(None) else { return vec![0] };
    let cores = (0..rustix::thread::CpuSet::MAX_CPU).filter(|&core| set.is_set(core));
    cores.filter_map(|core| u32::try_from(core).ok()).collect()
}

/// The numbers of a list as the kernel writes it: `0-2,8`.
fn parse(list: &str) -> Vec<u32> {
    let mut cores = Vec::new();
    for part in list.trim().split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        if let (Ok(first), Ok(last)) = (first.parse::<u32>(), last.parse::<u32>()) {
            cores.extend(first..=last);
        }
    }
    cores
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alone(core: u32) -> Vec<u32> {
        vec![core]
    }

    #[test]
    fn one_core_does_everything() {
        let plan = CorePlan::plan(&[3], alone);
        assert_eq!((plan.measuring.as_slice(), plan.others.as_slice()), (&[3][..], &[3][..]));
        assert!(!plan.is_roomy());
        assert_eq!(plan.checking(), 1);
    }

    #[test]
    fn two_cores_are_one_each() {
        for siblings in [alone as fn(u32) -> Vec<u32>, |_| vec![0, 1]] {
            let plan = CorePlan::plan(&[0, 1], siblings);
            assert_eq!((plan.measuring.as_slice(), plan.others.as_slice()), (&[1][..], &[0][..]));
            assert!(!plan.is_roomy());
            assert_eq!(plan.checking(), 2);
        }
    }

    #[test]
    fn sixty_four_threads_keep_a_quarter_of_the_physical_cores_whole() {
        let all: Vec<u32> = (0..64).collect();
        let plan = CorePlan::plan(&all, |core| vec![core % 32, core % 32 + 32]);
        assert_eq!(plan.measuring, (24..32).collect::<Vec<_>>());
        assert_eq!(plan.others.len(), 48);
        assert!(!plan.others.contains(&24) && !plan.others.contains(&56));
        assert!(plan.is_roomy());
        assert_eq!(plan.checking(), 48);
    }

    #[test]
    fn lists_are_read_as_the_kernel_writes_them() {
        assert_eq!(parse("0-2,8\n"), [0, 1, 2, 8]);
        assert!(parse("").is_empty());
    }
}
