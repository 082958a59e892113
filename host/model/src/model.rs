//! A model, live, replayed or scripted.

use crate::budget::Charge;
use crate::cassette::{Call, CassetteError, Player, Recorder};
use crate::{Client, Leftover, LogSettings, ModelError};
use perfagent_core::chat::{ChatReply, ChatRequest, FinishReason, Usage};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a call belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallContext {
    /// The run's iteration, from 1.
    pub iteration: u32,
}

/// A model, live, replayed or scripted. Clones share the client's connections, or the cassette.
#[derive(Clone, Debug)]
pub struct Model(Source);

#[derive(Clone, Debug)]
enum Source {
    Live(Client),
    Recorded { client: Client, recorder: Arc<Recorder>, path: PathBuf },
    Replayed(Arc<Player>),
    Scripted(Arc<[String]>),
}

impl Model {
    /// Asks `client`.
    pub fn live(client: Client) -> Self {
        Self(Source::Live(client))
    }

    /// Asks `client` and appends every call to the cassette at `path`, which is made where it is
    /// missing.
    ///
    /// # Errors
    /// [`ModelError::Cassette`] when the file cannot be written or is no cassette.
    pub fn record(client: Client, path: &Path) -> Result<Self, ModelError> {
        let recorder = Arc::new(Recorder::open(path).map_err(cassette_error(path))?);
        Ok(Self(Source::Recorded { client, recorder, path: path.to_owned() }))
    }

    /// Replays the cassette at `path`; needs neither network nor key.
    ///
    /// # Errors
    /// [`ModelError::Cassette`] when the file cannot be read or is no cassette.
    pub fn replay(path: &Path) -> Result<Self, ModelError> {
        let player = Player::open(path).map_err(cassette_error(path))?;
        Ok(Self(Source::Replayed(Arc::new(player))))
    }

    /// Answers each iteration with the reply of its number, whatever it is asked; needs neither
    /// network nor key.
    pub fn scripted(replies: impl Into<Arc<[String]>>) -> Self {
        Self(Source::Scripted(replies.into()))
    }

    /// The same model with other logs; a replay and a script write none.
    ///
    /// # Errors
    /// [`ModelError::Log`] when a log cannot be opened.
    pub fn with_logs(&self, logs: &LogSettings) -> Result<Self, ModelError> {
        let mut model = self.clone();
        match &mut model.0 {
            Source::Live(client) | Source::Recorded { client, .. } => *client = client.with_logs(logs)?,
            Source::Replayed(_) | Source::Scripted(_) => {}
        }
        Ok(model)
    }

    /// Takes note that `request` was answered in an earlier process, so that a replay gives its reply to no other.
    pub fn skip(&self, request: &ChatRequest) {
        if let Source::Replayed(player) = &self.0 {
            let _ = player.skip(request);
        }
    }

    /// The recorded calls that nothing has asked for, of a replay that left some.
    pub fn leftover(&self) -> Option<Leftover> {
        match &self.0 {
            Source::Replayed(player) => player.leftover(),
            Source::Live(_) | Source::Recorded { .. } | Source::Scripted(_) => None,
        }
    }

    /// The reply to `request`, which is settled in `charge`. A replayed one counts as it did when it was
    /// recorded, so that the run ends where it ended.
    ///
    /// # Errors
    /// See [`ModelError`]. What the call cost all the same is settled, too.
    pub async fn complete(
        &self,
        request: &ChatRequest,
        context: CallContext,
        charge: &mut Charge,
    ) -> Result<ChatReply, ModelError> {
        match &self.0 {
            Source::Live(client) => client.complete(request, context, charge).await,
            Source::Recorded { client, recorder, path } => {
                let reply = client.complete(request, context, charge).await?;
                let call = Call { request: request.clone(), reply };
                recorder.record(&call).map_err(cassette_error(path))?;
                Ok(call.reply)
            }
            Source::Replayed(player) => {
                let reply = player.reply(request).map_err(ModelError::NotRecorded)?;
                // The reply has come, whatever those before it cost.
                let _ = charge.failed(reply.lost);
                charge.settle(reply.usage);
                Ok(reply)
            }
            Source::Scripted(replies) => {
                let reply = scripted(replies, context.iteration)?;
                charge.settle(reply.usage);
                Ok(reply)
            }
        }
    }
}

fn scripted(replies: &[String], iteration: u32) -> Result<ChatReply, ModelError> {
    let index = (iteration as usize).checked_sub(1);
    let content = index.and_then(|index| replies.get(index));
    let content = content.ok_or(ModelError::ScriptEnded { iteration, replies: replies.len() })?.clone();
    let (finish_reason, usage) = (FinishReason::Stop, Usage::default());
    Ok(ChatReply { content, finish_reason, usage, attempts: 1, lost: Usage::default() })
}

fn cassette_error(path: &Path) -> impl FnOnce(CassetteError) -> ModelError + use<'_> {
    move |source| ModelError::Cassette { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_has_one_reply_for_each_iteration() {
        let replies = ["one".to_owned(), "two".to_owned()];
        assert_eq!(scripted(&replies, 2).unwrap().content, "two");
        for iteration in [0, 3] {
            let error = scripted(&replies, iteration).unwrap_err();
            assert_eq!(error.to_string(), format!("the script has 2 replies, and none for iteration {iteration}"));
        }
    }
}
