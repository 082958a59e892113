//! Whole data sets without a model: solutions that came from elsewhere, each judged once, and what they
//! amount to.

mod record;
mod score;
mod solutions;
mod window;

pub use record::{Grade, GradeFile, GradeFileError};
pub(crate) use record::{answer, measures};
pub use score::{Efficiency, PassAt, Score, score};
pub use solutions::{Solutions, SolutionsError};
pub use time::Date;
pub use window::{Window, date};

use crate::Task;
use perfagent_core::digest::Digest;

/// Judges `code` as number `sample` of its instance's solutions, or as the data set's own with `None`.
/// What the plugin or the sandbox cannot do is part of the grade.
pub async fn grade(task: &mut Task, sample: Option<u32>, code: &str) -> Grade {
    let mut grade = Grade {
        id: task.metadata().id.clone(),
        sample,
        digest: Digest::of(code.as_bytes()),
        language: task.summary().language.clone(),
        groups: task.summary().details.clone(),
        metric: task.description().direction.worst(),
        success: false,
        summary: String::new(),
        measures: None,
        answer: None,
        error: None,
    };
    match task.evaluate(code, None).await {
        Ok(evaluation) => {
            grade.metric = evaluation.metric;
            grade.success = evaluation.success;
            grade.measures = record::measures(&evaluation.artifacts);
            grade.answer = record::answer(&evaluation.artifacts);
            grade.summary = evaluation.summary;
        }
        Err(error) => grade.error = Some(crate::chain(&error)),
    }
    grade
}
