//! What commands start from: a plugin, an instance, and the two brought together over a sandbox.

use crate::config::{SettingOrigin, Settings, nearest};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::logging;
use crate::output::note;
use crate::plugins::{Found, Trust};
use crate::runner::Runner;
use crate::surroundings::Surroundings;
use perfagent_agent::files;
use perfagent_agent::{NoExecution, RunError, Task};
use perfagent_core::digest::Digest;
use perfagent_core::isolation::Strictness;
use perfagent_core::metric::Direction;
use perfagent_core::spec::Named;
use perfagent_core::task::Description;
use perfagent_plugin::{
    Compiler, Grants, HostOptions, Plugin, PluginError, PluginHost, PluginLimits, Services, TaskError,
};
use perfagent_sandbox::{LanguageTable, Sandbox, SandboxOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// A component and what it is called.
pub(crate) struct OpenPlugin {
    /// The component.
    pub(crate) plugin: Plugin,
    /// Where it was found.
    pub(crate) found: Found,
}

impl OpenPlugin {
    /// Loads what `--plugin` means, whoever vouches for it: for commands that read no configuration.
    pub(crate) async fn load(wanted: &str, surroundings: &Surroundings) -> Result<Self, Failure> {
        Self::checked(wanted, (&Trust::default(), &PluginLimits::default()), surroundings).await
    }

    /// Loads what `--plugin` means as the settings say: only if it is trusted, and under their limits. None
    /// of its code runs before that is known.
    pub(crate) async fn load_for(
        wanted: &str,
        settings: &Settings,
        surroundings: &Surroundings,
    ) -> Result<Self, Failure> {
        Self::checked(wanted, (&settings.trust, &settings.plugin_limits), surroundings).await
    }

    async fn checked(
        wanted: &str,
        (trust, limits): (&Trust, &PluginLimits),
        surroundings: &Surroundings,
    ) -> Result<Self, Failure> {
        let found = surroundings.sources.find(wanted).await?;
        let plugin = Self::open_limited(found, limits, surroundings).await?;
        trust.check(&plugin.found, plugin.plugin.digest(), &surroundings.sources).await?;
        Ok(plugin)
    }

    /// Loads a component that was found, if it is the one that was looked for.
    pub(crate) async fn open(found: Found, surroundings: &Surroundings) -> Result<Self, Failure> {
        Self::open_limited(found, &PluginLimits::default(), surroundings).await
    }

    async fn open_limited(found: Found, limits: &PluginLimits, surroundings: &Surroundings) -> Result<Self, Failure> {
        let host = plugin_host(limits, surroundings)?;
        for line in host.notes() {
            note(&format!("note: {line}"));
        }
        let slow = || note(&format!("compiling {} (once; the result is kept)", found.title));
        match host.load_file(&found.path, slow).await {
            Ok(plugin) => {
                found.check(plugin.digest())?;
                Ok(Self { plugin, found })
            }
            // This one names the file by itself.
            Err(error @ PluginError::Read { .. }) => Err(error.into()),
            Err(error) => Err(Failure::from(error).of(&found.title)),
        }
    }

    /// What it says of itself. It gets no grants and no programs while it says so, and not much time: whoever
    /// only looks at a plugin need not wait as long as for one at work.
    pub(crate) async fn describe(&self) -> Result<Description, PluginError> {
        const LIMIT: Duration = Duration::from_secs(60);
        let described = async { self.plugin.open(without_programs()).await?.describe().await };
        let late = Err(PluginError::WallLimit { export: "describe", limit: LIMIT });
        timeout(LIMIT, described).await.unwrap_or(late)
    }

    /// The bytes of its file, if they still are those that were loaded.
    pub(crate) fn bytes(&self) -> Result<Vec<u8>, Failure> {
        let bytes = self.found.read()?;
        if Digest::of(&bytes) != *self.plugin.digest() {
            let message = format!("{} is another one than a moment ago; try again", self.found.title);
            return Err(Failure::new(Exit::Plugin, message));
        }
        Ok(bytes)
    }

    /// What names it in a run's specification.
    pub(crate) fn named(&self) -> Named {
        Named { name: self.found.name.clone(), digest: self.plugin.digest().clone() }
    }
}

/// Says what the settings should not be silent about.
pub(crate) fn warn(settings: &Settings) {
    for warning in &settings.warnings {
        note(&format!("warning: {warning}"));
    }
}

/// Services for calls that run no programs.
pub(crate) fn without_programs() -> Services {
    Services { execution: Arc::new(NoExecution), grants: Grants::default(), log: logging::plugin_sink() }
}

/// The plugin host of this process.
pub(crate) fn plugin_host(limits: &PluginLimits, surroundings: &Surroundings) -> Result<PluginHost, Failure> {
    Ok(plugin_host_with(limits, surroundings.cache_dir.clone())?)
}

/// A plugin host that keeps what it compiles in `cache_dir`.
pub(crate) fn plugin_host_with(limits: &PluginLimits, cache_dir: Option<PathBuf>) -> Result<PluginHost, PluginError> {
    // This program, even if its file has been replaced since it was started.
    let compiler = Compiler { program: "/proc/self/exe".into(), arguments: vec!["compile-plugin".into()] };
    PluginHost::new(HostOptions { compiler, cache_dir, limits: limits.clone() })
}

/// An instance's bytes and what they are called.
pub(crate) struct Instance {
    /// Its file.
    pub(crate) path: PathBuf,
    /// Stem of the file; names all outputs.
    pub(crate) name: String,
    /// The bytes.
    pub(crate) data: Arc<[u8]>,
}

impl Instance {
    /// Reads an instance.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let data = read(path, "instance")?;
        let stem = path.file_stem().and_then(|stem| stem.to_str()).filter(|stem| !stem.starts_with('.'));
        let name = stem.ok_or_else(|| {
            let message =
                format!("the instance {} needs a name in UTF-8 that does not start with a dot", path.display());
            Failure::new(Exit::Usage, message)
        })?;
        Ok(Self { path: path.to_owned(), name: name.to_owned(), data: data.into() })
    }

    /// What names it in a run's specification.
    pub(crate) fn named(&self) -> Named {
        Named { name: self.name.clone(), digest: Digest::of(&self.data) }
    }

    /// A plugin's failure on this instance, which says so where the instance is to blame.
    pub(crate) fn blame(&self, error: RunError) -> Failure {
        let bad = matches!(&error, RunError::Plugin(PluginError::Task { error: TaskError::BadInstance(_), .. }));
        let failure = Failure::from(error);
        if bad { failure.of(self.path.display()) } else { failure }
    }
}

/// The bytes of a file that the user named; `what` says which.
pub(crate) fn read(path: &Path, what: &str) -> Result<Vec<u8>, Failure> {
    let unreadable =
        |error| Failure::from_error(Exit::Files, &error).of(format!("cannot read the {what} {}", path.display()));
    files::read(path).map_err(unreadable)
}

/// The text of a file that the user named; `what` says which.
pub(crate) fn read_text(path: &Path, what: &str) -> Result<String, Failure> {
    String::from_utf8(read(path, what)?)
        .map_err(|error| Failure::from_error(Exit::Usage, &error).of(format!("the {what} {}", path.display())))
}

/// Starts the sandbox of this process.
pub(crate) async fn start_sandbox(settings: &Settings, surroundings: &Surroundings) -> Result<Sandbox, Failure> {
    let strictness = settings.sandbox;
    let mut languages = LanguageTable::built_in();
    for language in &settings.languages {
        languages.insert(language.clone());
    }
    let options = SandboxOptions {
        strictness,
        scratch: surroundings.scratch.clone(),
        search_path: surroundings.search_path.clone(),
        cores: surroundings.cores.clone(),
        slots: None,
        languages,
        told_to_wait: note,
    };
    Sandbox::start(options).await.map_err(|error| {
        let failure = Failure::from(error);
        let softer = "; --sandbox best-effort takes the isolation that there is";
        let hint = if strictness == Strictness::Strict && failure.exit == Exit::Sandbox { softer } else { "" };
        Failure::new(failure.exit, failure.message + hint)
    })
}

/// Loads `instance` into `plugin`, with a place of its own for programs.
pub(crate) async fn open_task(
    plugin: &OpenPlugin,
    instance: &Instance,
    settings: &Settings,
    surroundings: &Surroundings,
) -> Result<(Task, Runner), Failure> {
    let runner = Runner::start(settings, surroundings).await?;
    let data = Arc::clone(&instance.data);
    let opened = open_source(plugin, (&instance.name, data), settings, &runner).await;
    let task = opened.map_err(|error| instance.blame(error))?;
    refuse_direction(task.description(), settings)?;
    Ok((task, runner))
}

/// Loads an instance, given by name and bytes, into `plugin`, whose programs `runner` runs. A mistake in the task's
/// configuration is told with its place.
pub(crate) async fn open_source(
    plugin: &OpenPlugin,
    (name, data): (&str, Arc<[u8]>),
    settings: &Settings,
    runner: &Runner,
) -> Result<Task, RunError> {
    let opened = Task::open(&plugin.plugin, services(settings, runner), name, data, &settings.task_config).await;
    opened.map_err(|error| placed(error, settings))
}

/// `error`; of a mistake in the task's configuration with where that is written, and the key that was meant.
pub(crate) fn placed(error: RunError, settings: &Settings) -> RunError {
    let RunError::TaskConfig { location, mut message, known, .. } = error else { return error };
    // Where keys within keys stand is not known.
    let origin = settings.origins.get(&format!("task_config{location}"));
    let place = match (origin, settings.file.as_deref()) {
        (Some(SettingOrigin::Flag(flag)), _) => format!("{flag}: "),
        // Of JSON there are no lines.
        (Some(SettingOrigin::Line(line @ 1..)), Some(file)) => format!("{file}:{line}: "),
        (_, file) => file.map(|file| format!("{file}: ")).unwrap_or_default(),
    };
    let names: Vec<&str> = known.iter().map(String::as_str).collect();
    let key = location.rsplit('.').next().unwrap_or_default();
    if let Some(meant) = nearest(key, &names) {
        message = format!("{message}; did you mean `{meant}`?");
    } else if !names.is_empty() {
        message = format!("{message}; there are {}", names.join(", "));
    }
    RunError::TaskConfig { place, location, message, known }
}

/// What a session of a plugin gets, whose programs `runner` runs.
pub(crate) fn services(settings: &Settings, runner: &Runner) -> Services {
    let grants = settings.grants.iter().copied().collect();
    Services { execution: runner.execution(), grants, log: logging::plugin_sink() }
}

/// Refuses a task whose metric goes the other way than the configuration says.
pub(crate) fn refuse_direction(description: &Description, settings: &Settings) -> Result<(), Failure> {
    let higher = description.direction == Direction::Maximize;
    if settings.metric_higher_is_better.is_none_or(|expected| expected == higher) {
        return Ok(());
    }
    let message = format!(
        "metric_higher_is_better is {}, but of {}'s metric `{}` {} is better: correct the configuration or leave it out",
        !higher,
        description.name,
        description.metric,
        if higher { "more" } else { "less" },
    );
    Err(Failure::new(Exit::Usage, message))
}

/// The plugin that the command line or the configuration names.
pub(crate) fn wanted_plugin<'a>(argument: Option<&'a str>, settings: &'a Settings) -> Result<&'a str, Failure> {
    argument.or(settings.task_type.as_deref()).ok_or_else(|| {
        let message = "no plugin is named; give --plugin NAME|FILE, or `task_config.task_type` in the configuration";
        Failure::new(Exit::Usage, message)
    })
}
