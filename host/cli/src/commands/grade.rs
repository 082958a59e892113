//! `perfagent evaluate --instances …`: the solutions of a whole data set, and its score.

use crate::args::{EvaluateArgs, Many};
use crate::config::Settings;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::opening::{OpenPlugin, open_source, read_text, refuse_direction};
use crate::output::{json, note, print};
use crate::progress::Count;
use crate::runner::Runner;
use crate::surroundings::Surroundings;
use futures_util::{StreamExt as _, stream};
use perfagent_agent::dataset::{Dataset, Source};
use perfagent_agent::files::{self, FileError};
use perfagent_agent::grading::{Efficiency, Grade, GradeFile, PassAt, Score, Solutions, Window, grade, score};
use perfagent_agent::{Task, chain};
use perfagent_core::digest::Digest;
use serde::Serialize;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// What the command line and the configuration opened.
pub(crate) struct Opened<'a> {
    pub(crate) plugin: OpenPlugin,
    pub(crate) settings: Settings,
    pub(crate) surroundings: &'a Surroundings,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Printed<'a> {
    score: &'a Score,
    /// Instances that could not be read or loaded, and why.
    refused: &'a [String],
    grades: &'a [Grade],
}

/// Everything that grading one instance needs.
struct Grader<'a> {
    opened: &'a Opened<'a>,
    runner: Runner,
    solutions: Solutions,
    window: Window,
    /// Grades of an earlier call, by instance, sample and digest.
    known: HashMap<(String, Option<u32>, Digest), Grade>,
    kept: Mutex<Kept<'a>>,
}

/// What has come of it so far.
struct Kept<'a> {
    file: Option<GradeFile>,
    grades: Vec<Grade>,
    refused: Vec<String>,
    /// Instances outside the window.
    left_out: usize,
    progress: &'a Count,
}

/// Judges all solutions, and says what they amount to.
pub(crate) async fn grade_all(args: &EvaluateArgs, many: Many<'_>, opened: &Opened<'_>) -> Result<Exit, Failure> {
    let runner = Runner::start(&opened.settings, opened.surroundings).await?;
    let solutions = solutions(many.solutions, &opened.settings, &runner)?;
    let (file, before) = match many.base_dir {
        Some(directory) => {
            let failed = |source| FileError { action: "make", path: directory.to_owned(), source };
            std::fs::create_dir_all(directory).map_err(failed)?;
            let (file, before) = GradeFile::open(&directory.join("grades.jsonl"))?;
            (Some(file), before)
        }
        None => (None, Vec::new()),
    };
    if !before.is_empty() {
        note(&format!("going on: {} solutions have been judged before", before.len()));
    }
    let progress = Count::new(solutions.count());
    let known = before.into_iter().map(|grade| ((grade.id.clone(), grade.sample, grade.digest.clone()), grade));
    let grader = Grader {
        opened,
        runner,
        solutions,
        window: many.window,
        known: known.collect(),
        kept: Mutex::new(Kept { file, grades: Vec::new(), refused: Vec::new(), left_out: 0, progress: &progress }),
    };
    let parallel = many.max_parallel.map_or(opened.surroundings.cores.count(), |parallel| parallel as usize);
    let dataset = Dataset::open(many.instances)?;
    let mut graded = stream::iter(dataset).map(|source| grader.instance(source)).buffer_unordered(parallel);
    while let Some(done) = graded.next().await {
        done?;
    }
    drop(graded);
    let Kept { mut grades, refused, left_out, .. } = grader.kept.into_inner().unwrap_or_else(PoisonError::into_inner);
    grades.sort_by(|one, other| (&one.id, one.sample).cmp(&(&other.id, other.sample)));
    let score = score(&grades);
    if left_out > 0 {
        note(&format!("{left_out} instances have no date between --start-date and --end-date and were left out"));
    }
    if let Some(directory) = many.base_dir {
        files::write(&directory.join("score.json"), json(&score).as_bytes())?;
    }
    let text = if args.json {
        json(&Printed { score: &score, refused: &refused, grades: &grades })
    } else {
        text(&score, refused.len())
    };
    print(&text)?;
    Ok(if score.instances == 0 { Exit::NoSolution } else { Exit::Success })
}

/// The solutions in `path`; of several languages those that the task is about.
fn solutions(path: &Path, settings: &Settings, runner: &Runner) -> Result<Solutions, Failure> {
    let text = read_text(path, "solutions")?;
    let named = settings.task_config.get("language").and_then(|language| language.as_str()).unwrap_or("python3");
    let languages = runner.languages();
    let wanted = languages.find(named).map(|language| &language.name);
    let is_wanted = |name: &str| languages.find(name).is_some_and(|language| Some(&language.name) == wanted);
    Solutions::parse(&text, is_wanted).map_err(|error| Failure::from_error(Exit::Files, &error).of(path.display()))
}

impl Grader<'_> {
    /// Judges the solutions of one instance. One that is refused does not stop the others.
    async fn instance(&self, source: Result<Source, FileError>) -> Result<(), Failure> {
        let source = source?;
        let opened = self.opened;
        let data = (source.name.as_str(), source.data.clone());
        let mut task = match open_source(&opened.plugin, data, &opened.settings, &self.runner).await {
            Ok(task) => task,
            Err(error) => {
                self.refuse(&source.origin, &chain(&error));
                return Ok(());
            }
        };
        refuse_direction(task.description(), &opened.settings)?;
        let id = task.metadata().id.clone();
        let solutions = self.solutions.of(&[&id, &source.name]);
        if !self.window.holds(&task.summary().details) {
            self.leave_out(solutions.len());
            return Ok(());
        }
        let mut measured = false;
        for (sample, code) in solutions.iter().enumerate() {
            let sample = u32::try_from(sample).unwrap_or(u32::MAX);
            measured |= self.one(&mut task, Some(sample), code).await?.measures.is_some();
        }
        if measured {
            // What they are compared with, in the same conditions.
            let own = task.initial_solution().await;
            if let Some(own) = own.ok().filter(|own| own.judged) {
                self.one(&mut task, None, &own.code).await?;
            }
        }
        Ok(())
    }

    /// The grade of one solution, judged now unless it is known.
    async fn one(&self, task: &mut Task, sample: Option<u32>, code: &str) -> Result<Grade, Failure> {
        let key = (task.metadata().id.clone(), sample, Digest::of(code.as_bytes()));
        let known = self.known.get(&key);
        let grade = match known {
            Some(known) => known.clone(),
            None => grade(task, sample, code).await,
        };
        self.keep(&grade, known.is_some())?;
        Ok(grade)
    }

    fn keep(&self, grade: &Grade, is_known: bool) -> Result<(), Failure> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(file), false) = (&mut kept.file, is_known) {
            file.append(grade)?;
        }
        kept.grades.push(grade.clone());
        if grade.sample.is_some() {
            kept.progress.step(&format!("{}: {}", grade.id, grade.error.as_deref().unwrap_or(&grade.summary)));
        }
        Ok(())
    }

    /// Counts an instance of another time and its solutions.
    fn leave_out(&self, solutions: usize) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.left_out += 1;
        kept.progress.leave_out(solutions);
    }

    fn refuse(&self, origin: &str, why: &str) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let line = format!("{origin}: {why}");
        note(&line);
        kept.refused.push(line);
    }
}

fn text(score: &Score, refused: usize) -> String {
    let mut text = format!("{} instances, {} solutions", score.instances, score.solutions);
    for (count, what) in
        [(score.errors, "could not be judged and count as failed"), (refused, "instances were refused")]
    {
        if count > 0 {
            let _ = write!(text, "\n{count} {what}");
        }
    }
    let mut line = |name: &str, shares: &[PassAt]| {
        let cells = shares.iter().map(|at| format!("@{} {:.2} % of {}", at.k, at.share * 100.0, at.instances));
        let cells: Vec<String> = cells.collect();
        if !cells.is_empty() {
            let _ = write!(text, "\n{name:<28}{}", cells.join("  "));
        }
    };
    line("pass", &score.pass_at);
    line("majority", &score.majority_at);
    for (name, value, shares) in &score.groups {
        line(&format!("pass, {name} {value}"), shares);
    }
    if !score.efficiency.is_empty() {
        let mut table = comfy_table::Table::new();
        table.load_style(comfy_table::presets::NOTHING);
        table.set_header(["%", "ET", "MP", "MI", "pass", "problems"]);
        for Efficiency { language, problems, runtime, memory, integral, pass_rate } in &score.efficiency {
            let cell = |share: &f64| format!("{:.2}", share * 100.0);
            let cells = [language.clone(), cell(runtime), cell(memory), cell(integral), cell(pass_rate)];
            table.add_row(cells.into_iter().chain([problems.to_string()]));
        }
        let _ = write!(text, "\n\n{table}");
    }
    text
}
