//! From what was asked for to what can be run.

use super::java;
use crate::effibench_x::protocol::{BYTES_PER_LIMIT_MB, Request};
use perfagent_core::execution::{Limits, RunRequest};
use perfagent_sandbox::{LanguageTable, Sandbox};
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

/// The most that may be asked for: an hour, and 256 GB.
const MOST_SECONDS: f64 = 3600.0;
const MOST_MEMORY_MB: f64 = 262_144.0;

/// A program; those of one batch that are equal share their text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Source {
    /// Its language, as the sandbox calls it.
    pub(super) language: Arc<str>,
    pub(super) code: Arc<str>,
}

/// One run.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) source: Source,
    pub(super) run: RunRequest,
}

impl Job {
    /// What it occupies while it waits.
    pub(super) fn bytes(&self) -> usize {
        self.source.code.len() + self.run.input.len()
    }
}

/// A field and what is wrong with it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unfit {
    pub(super) field: &'static str,
    pub(super) why: String,
}

/// The languages whose programs can be run here.
#[derive(Debug)]
pub(super) struct Languages {
    table: LanguageTable,
    present: BTreeSet<String>,
}

impl Languages {
    /// Those whose toolchains the machine has.
    pub(super) async fn of(sandbox: &Sandbox) -> Self {
        let toolchains = sandbox.toolchains().await.into_iter();
        let present = toolchains.filter(|toolchain| toolchain.version.is_ok()).map(|toolchain| toolchain.language);
        Self { table: sandbox.languages().clone(), present: present.collect() }
    }

    /// What `requests` ask for, or the number of the first that cannot be run and why.
    pub(super) fn jobs(&self, requests: Vec<Request>) -> Result<Vec<Job>, (usize, Unfit)> {
        let mut texts = HashSet::new();
        let jobs = requests
            .into_iter()
            .enumerate()
            .map(|(index, request)| self.job(request, &mut texts).map_err(|unfit| (index, unfit)));
        jobs.collect()
    }

    fn job(&self, request: Request, texts: &mut HashSet<Arc<str>>) -> Result<Job, Unfit> {
        if request.code.trim().is_empty() {
            return Err(Unfit { field: "code", why: "there is none".to_owned() });
        }
        let language = self.table.find(&request.language).filter(|language| self.present.contains(&language.name));
        let language = language.ok_or_else(|| {
            let present: Vec<&str> = self.present.iter().map(String::as_str).collect();
            let why =
                format!("{:?} is not a language of this backend; it has {}", request.language, present.join(", "));
            Unfit { field: "language", why }
        })?;
        let mut shared = |text: &str| {
            texts.get(text).cloned().unwrap_or_else(|| {
                let text: Arc<str> = text.into();
                texts.insert(Arc::clone(&text));
                text
            })
        };
        let code = if language.name == "java" { java::with_main(&request.code) } else { request.code.into() };
        let source = Source { language: shared(&language.name), code: shared(&code) };
        let limits = Limits {
            wall_ms: bounded("time_limit", request.time_limit, MOST_SECONDS)?.map(|s| (s * 1000.0).ceil() as u32),
            memory_bytes: bounded("memory_limit", request.memory_limit, MOST_MEMORY_MB)?
                .map(|mb| (mb * BYTES_PER_LIMIT_MB).ceil() as u64),
            ..Limits::default()
        };
        // The original writes a line's end where the input is empty.
        let input = match request.stdin {
            Some(text) if text.is_empty() => b"\n".to_vec(),
            text => text.unwrap_or_default().into_bytes(),
        };
        Ok(Job { source, run: RunRequest { input, arguments: Vec::new(), limits } })
    }
}

/// A limit; 0 is none, as in the original, which means this sandbox's default.
fn bounded(field: &'static str, value: Option<f64>, most: f64) -> Result<Option<f64>, Unfit> {
    match value {
        Some(value) if !(0.0..=most).contains(&value) => {
            Err(Unfit { field, why: format!("{value} is not from 0 to {most}") })
        }
        value => Ok(value.filter(|&value| value > 0.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn languages() -> Languages {
        let present = ["python3", "java"].map(str::to_owned);
        Languages { table: LanguageTable::built_in(), present: present.into() }
    }

    fn request(code: &str, language: &str) -> Request {
        Request {
            code: code.to_owned(),
            language: language.to_owned(),
            libraries: Some(vec!["numpy".to_owned()]),
            stdin: None,
            time_limit: None,
            memory_limit: None,
        }
    }

    #[test]
    fn equal_programs_share_their_text() {
        let jobs = languages().jobs(vec![request("print()", "python"), request("print()", "python3")]).unwrap();
        assert!(Arc::ptr_eq(&jobs[0].source.code, &jobs[1].source.code));
        assert_eq!(&*jobs[0].source.language, "python3");
    }

    #[test]
    fn what_cannot_be_run_is_named() {
        let wrong = |change: fn(&mut Request)| {
            let mut second = request("print()", "python");
            change(&mut second);
            let (index, unfit) = languages().jobs(vec![request("print()", "python"), second]).unwrap_err();
            assert_eq!(index, 1);
            format!("{}: {}", unfit.field, unfit.why)
        };
        assert_eq!(wrong(|it| it.code = " \n".to_owned()), "code: there is none");
        assert_eq!(
            wrong(|it| it.language = "go".to_owned()),
            "language: \"go\" is not a language of this backend; it has java, python3"
        );
        assert_eq!(wrong(|it| it.time_limit = Some(-1.0)), "time_limit: -1 is not from 0 to 3600");
        assert_eq!(wrong(|it| it.memory_limit = Some(1e9)), "memory_limit: 1000000000 is not from 0 to 262144");
    }

    #[test]
    fn limits_and_inputs_are_as_in_the_original() {
        let mut asked = request("print()", "python");
        (asked.time_limit, asked.memory_limit, asked.stdin) = (Some(0.0), Some(1.5), Some(String::new()));
        let job = languages().jobs(vec![asked]).unwrap().remove(0);
        assert_eq!((job.run.limits.wall_ms, job.run.limits.memory_bytes), (None, Some(3 << 19)));
        assert_eq!(job.run.input, b"\n");
    }

    proptest! {
        #[test]
        fn any_request_is_taken_or_refused(json in "\\{(\"(code|language|stdin|time_limit)\": ?(\"[a-z ]{0,9}\"|-?[0-9e.]{1,5}|null),?){0,5}\\}") {
            if let Ok(request) = serde_json::from_str::<Request>(&json)
                && let Ok(jobs) = languages().jobs(vec![request])
            {
                prop_assert!(jobs[0].run.limits.wall_ms.is_none_or(|ms| (1..=3_600_000).contains(&ms)));
            }
        }
    }
}
