//! One run from its start to its report: starts the jail, watches limits, takes measures.

use crate::Outcome;
use crate::control::{Control, RunGroups};
use crate::fault::{Fault, during};
use crate::group::{self, Group};
use crate::jail::{self, Directories, Jail};
use crate::meter::Meter;
use crate::products;
use crate::pump::Pump;
use crate::report::{self, Charged, Seen};
use crate::sys::process::{self, Child, Image};
use crate::sys::{file, page::Notes};
use crate::walls::Walls;
use perfagent_launcher::protocol::{self, Bytes, Ending, Purpose, Run};
use std::fs;
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::sync::atomic::Ordering;

/// How often memory is read, nanoseconds.
const SAMPLE_NS: u64 = 1_000_000;
/// Every so many samples the files are looked at, too, and whether the kernel ran out of memory.
const SLOW_SAMPLES: u64 = 20;
/// Longest time between fork and exec, nanoseconds.
const START_NS: u64 = 10_000_000_000;
/// How long the first process may take to end the others before it is ended itself, nanoseconds.
const PATIENCE_NS: u64 = 1_000_000_000;
/// Longest time that a killed run may take to end, nanoseconds.
const END_NS: u64 = 10_000_000_000;

/// Names of a compilation's products, and the files.
type Products = (Vec<Bytes>, Vec<OwnedFd>);

/// A run under watch.
struct Watch<'a> {
    run: &'a Run,
    notes: &'static Notes,
    directories: &'a Directories,
    first: &'a Child,
    has_namespaces: bool,
    /// At its end when the program is about to exec.
    starting: Option<OwnedFd>,
    /// At its end when all processes but the first are gone.
    ending: OwnedFd,
    /// At its end, or with a message, when the sandbox wants no more of this.
    socket: BorrowedFd<'a>,
    output: Pump,
    error_output: Pump,
    control: &'a Control,
    groups: &'a RunGroups,
    group: Option<Group>,
    /// The run's working directory.
    work: Option<OwnedFd>,
    meter: Meter,
    /// Which limit it was killed for, and when.
    killed: Option<(Ending, u64)>,
}

impl Walls {
    /// Runs one program and waits for all of it to end.
    pub(crate) fn run(&self, run: &Run, input: BorrowedFd<'_>, socket: BorrowedFd<'_>) -> Result<Outcome, Fault> {
        let cores = &run.placement.launcher;
        process::pin(if cores.is_empty() { &self.cores } else { cores }).map_err(during("choose cores"))?;
        let directories = Directories::of(self, run);
        let restrained = self.kind == protocol::Walls::SelfRestraint;
        if restrained {
            directories.clear().map_err(during("clear the working directory"))?;
            directories.make(run, self.program_id).map_err(during("make a working directory"))?;
        }
        let result = self.run_in(run, [input, socket], &directories);
        if restrained {
            group::end_descendants();
            directories.clear().map_err(during("clear the working directory"))?;
        }
        result
    }

    fn run_in(
        &self,
        run: &Run,
        [input, socket]: [BorrowedFd<'_>; 2],
        directories: &Directories,
    ) -> Result<Outcome, Fault> {
        self.notes.clear();
        let groups = self.control.prepare(&run.bounds)?;
        let pipe = || file::pipe().map_err(during("make a pipe"));
        let (output, output_end) = pipe()?;
        let (error_output, error_end) = pipe()?;
        let (starting, starting_end) = pipe()?;
        let (ending, ending_end) = pipe()?;
        let release = file::blocking_pipe().map_err(during("make a pipe"))?;
        let mapped = file::blocking_pipe().map_err(during("make a pipe"))?;
        let expand = |texts: &[Bytes]| texts.iter().map(|text| directories.expand(&text.0)).collect::<Vec<_>>();
        let (command, environment) = (expand(&run.command), expand(&run.environment));
        let image = Image::new(command.iter().map(Vec::as_slice), environment.iter().map(Vec::as_slice))
            .map_err(during("prepare the command"))?;
        let jail = Jail {
            walls: self,
            run,
            notes: self.notes,
            image,
            directories,
            input,
            output: output_end,
            error_output: error_end,
            starting: starting_end,
            ending: ending_end,
            release: release.0,
            mapped,
            group: groups.start_in.as_ref().map(OwnedFd::as_fd),
            processes: u64::from(run.bounds.processes) + self.shared_processes(),
        };
        let first = jail.start()?;
        let keep =
            |from| Ok(Pump::new(from, file::memory_file().map_err(during("make a file"))?, run.bounds.output_bytes));
        let mut watch = Watch {
            run,
            notes: self.notes,
            directories,
            first: &first,
            has_namespaces: self.kind == protocol::Walls::Namespaces,
            starting: Some(starting),
            ending,
            socket,
            output: keep(output)?,
            error_output: keep(error_output)?,
            groups: &groups,
            control: &self.control,
            group: None,
            work: None,
            meter: Meter::default(),
            killed: None,
        };
        let watched = watch.until_end();
        if watched.is_err() {
            watch.kill();
            first.kill();
        }
        let products = watched.and_then(|()| watch.products());
        drop(release.1);
        let (_status, usage) = first.wait().map_err(during("wait for a run"))?;
        // Why there is nothing else to tell, where a step before exec failed.
        jail::failed_step(self.notes).map_or(Ok(()), Err)?;
        watch.finish(products?, &usage)
    }

    /// Processes that count beside the run's own, because they belong to the same user.
    fn shared_processes(&self) -> u64 {
        let own_user = self.kind == protocol::Walls::Namespaces || self.program_id.is_some();
        if own_user { 0 } else { group::count_of_user(process::own_ids().0) }
    }
}

impl Watch<'_> {
    /// Watches until no process but the first is left.
    fn until_end(&mut self) -> Result<(), Fault> {
        let mut buffer = vec![0; 64 << 10];
        let launched = process::now_ns();
        let mut next_sample = launched + SAMPLE_NS;
        loop {
            let now = process::now_ns();
            let wait = next_sample.saturating_sub(now);
            let files = [
                self.output.source(),
                self.error_output.source(),
                self.starting.as_ref().map(|starting| starting.as_fd()),
                Some(self.ending.as_fd()),
                Some(self.socket),
            ];
            let [output, error_output, starting, ending, socket] =
                file::wait_readable(files, wait).map_err(during("wait for a run"))?;
            if starting {
                self.starting = None;
                self.enter();
                next_sample = process::now_ns() + SAMPLE_NS;
            }
            for (pump, ready) in [(&mut self.output, output), (&mut self.error_output, error_output)] {
                if ready || ending {
                    pump.move_some(&mut buffer, ending).map_err(during("read the program's output"))?;
                }
            }
            self.check_flood();
            if ending {
                self.meter.end(self.notes.ended_ns.load(Ordering::SeqCst));
                return Ok(());
            }
            if socket {
                return Err(during("go on")(io::Error::other("the sandbox is gone")));
            }
            let now = process::now_ns();
            if now >= next_sample {
                self.sample(now, launched)?;
                next_sample = (next_sample + SAMPLE_NS).max(now + SAMPLE_NS / 2);
            }
        }
    }

    /// The program is about to start: opens what shows its use of memory and files.
    fn enter(&mut self) {
        // A run that ended already needs neither.
        let pid = self.first.pid;
        self.group = Group::new(pid, self.has_namespaces).ok();
        let root = if self.has_namespaces { format!("/proc/{pid}/root") } else { String::new() };
        self.work = fs::File::open(format!("{root}{}", self.directories.work.display())).ok().map(OwnedFd::from);
        self.meter.start(self.notes.started_ns.load(Ordering::SeqCst));
        if let Some(group) = &mut self.group {
            let used = group.sample();
            self.meter.add(process::now_ns(), used.resident_bytes);
        }
    }

    /// Reads memory, and kills the run where it is past a limit.
    fn sample(&mut self, now: u64, launched: u64) -> Result<(), Fault> {
        let bounds = &self.run.bounds;
        if let Some((_, since)) = self.killed {
            if now > since + END_NS {
                return Err(during("end a run")(io::ErrorKind::TimedOut.into()));
            }
            if now > since + PATIENCE_NS && self.has_namespaces {
                self.first.kill();
            } else {
                // Without a namespace what is killed may have started others in between.
                self.kill();
            }
            return Ok(());
        }
        let Some(group) = &mut self.group else {
            let late = now > launched + START_NS;
            return if late { Err(during("start a run")(io::ErrorKind::TimedOut.into())) } else { Ok(()) };
        };
        let used = group.sample();
        self.meter.add(now, used.resident_bytes);
        let slow = self.meter.samples().is_multiple_of(SLOW_SAMPLES);
        let started = self.notes.started_ns.load(Ordering::SeqCst);
        let reason = if used.resident_bytes > bounds.memory_bytes || (slow && self.ran_out_of_memory()) {
            Some(Ending::Memory)
        } else if now > started + bounds.wall_ns {
            Some(Ending::Wall)
        } else if used.cpu_ns.max(self.counted_ns()) > bounds.cpu_ns {
            Some(Ending::Cpu)
        } else if slow && self.has_too_many_files() {
            Some(Ending::File)
        } else {
            None
        };
        self.end_for(reason);
        Ok(())
    }

    /// Whether the kernel killed one of its processes for memory: the others would go on.
    fn ran_out_of_memory(&self) -> bool {
        self.control.ran_out_of_memory(self.groups).unwrap_or(false)
    }

    /// Processor time by the group, that before exec included.
    fn counted_ns(&self) -> u64 {
        self.groups.used().ok().flatten().map_or(0, |times| times.user_ns + times.system_ns)
    }

    fn check_flood(&mut self) {
        let bound = self.run.bounds.flood_bytes;
        if self.output.total() > bound || self.error_output.total() > bound {
            self.end_for(Some(Ending::Output));
        }
    }

    fn end_for(&mut self, reason: Option<Ending>) {
        if let (Some(reason), None) = (reason, self.killed) {
            self.killed = Some((reason, process::now_ns()));
            self.kill();
        }
    }

    fn kill(&self) {
        if self.has_namespaces {
            self.first.ask_to_end_all();
        } else {
            group::kill_descendants(self.first.pid);
        }
    }

    /// Whether the run's files are past their limit: a file system of its own has room for a little
    /// more than that.
    fn has_too_many_files(&self) -> bool {
        let usage = match &self.work {
            Some(work) if self.has_namespaces => file::usage(work.as_fd()),
            Some(_) => Ok(self.directories.usage()),
            None => return false,
        };
        usage.is_ok_and(|usage| usage.bytes > self.run.bounds.file_bytes || usage.inodes_left == 0)
    }

    fn products(&self) -> Result<Products, Fault> {
        match &self.work {
            Some(work) if self.run.purpose == Purpose::Compile && self.killed.is_none() => {
                products::collect(work.as_fd())
            }
            _ => Ok(Products::default()),
        }
    }

    fn charged(&self) -> io::Result<Charged> {
        Ok(Charged {
            times: self.groups.used()?,
            peak_bytes: self.control.peak_charged_bytes(self.groups)?,
            ran_out: self.control.ran_out_of_memory(self.groups)?,
        })
    }

    /// What was seen, as the sandbox wants to know it.
    fn finish(self, (names, files): Products, usage: &libc::rusage) -> Result<Outcome, Fault> {
        let files_full = self.has_too_many_files();
        let mut finished = report::finished(&Seen {
            notes: self.notes,
            bounds: &self.run.bounds,
            usage,
            meter: &self.meter,
            killed: self.killed.map(|(ending, _)| ending),
            charged: self.charged().map_err(during("read the run's control group"))?,
        });
        if files_full && finished.ending != Ending::Exited(0) && self.killed.is_none() {
            finished.ending = Ending::File;
        }
        let (output, output_file) = self.output.finish();
        let (error_output, error_file) = self.error_output.finish();
        finished.output = output;
        finished.error_output = error_output;
        finished.products = names;
        Ok(Outcome { finished, files: [output_file, error_file].into_iter().chain(files).collect() })
    }
}
