//! A model, live or replayed.

use crate::cassette::{Call, CassetteError, Player, Recorder};
use crate::{Client, ModelError};
use perfagent_core::chat::{ChatReply, ChatRequest};
use std::path::{Path, PathBuf};

/// What a call belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallContext {
    /// The run's iteration, from 1.
    pub iteration: u32,
}

/// A model, live or replayed.
#[derive(Debug)]
pub struct Model(Source);

#[derive(Debug)]
enum Source {
    Live(Box<Client>),
    Recorded { client: Box<Client>, recorder: Recorder, path: PathBuf },
    Replayed(Player),
}

impl Model {
    /// Asks `client`.
    pub fn live(client: Client) -> Self {
        Self(Source::Live(Box::new(client)))
    }

    /// Asks `client` and appends every call to the cassette at `path`, which is made where it is
    /// missing.
    ///
    /// # Errors
    /// [`ModelError::Cassette`] when the file cannot be written or is no cassette.
    pub fn record(client: Client, path: &Path) -> Result<Self, ModelError> {
        let recorder = Recorder::open(path).map_err(cassette_error(path))?;
        Ok(Self(Source::Recorded { client: Box::new(client), recorder, path: path.to_owned() }))
    }

    /// Replays the cassette at `path`; needs neither network nor key.
    ///
    /// # Errors
    /// [`ModelError::Cassette`] when the file cannot be read or is no cassette.
    pub fn replay(path: &Path) -> Result<Self, ModelError> {
        Player::open(path).map(|player| Self(Source::Replayed(player))).map_err(cassette_error(path))
    }

    /// The reply to `request`.
    ///
    /// # Errors
    /// See [`ModelError`].
    pub async fn complete(&self, request: &ChatRequest, context: CallContext) -> Result<ChatReply, ModelError> {
        match &self.0 {
            Source::Live(client) => client.complete(request, context).await,
            Source::Recorded { client, recorder, path } => {
                let reply = client.complete(request, context).await?;
                let call = Call { request: request.clone(), reply };
                recorder.record(&call).map_err(cassette_error(path))?;
                Ok(call.reply)
            }
            Source::Replayed(player) => player.reply(request).map_err(ModelError::NotRecorded),
        }
    }
}

fn cassette_error(path: &Path) -> impl FnOnce(CassetteError) -> ModelError + use<'_> {
    move |source| ModelError::Cassette { path: path.to_owned(), source }
}
