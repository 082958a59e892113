//! The client and backends that fail, lie or come to an end.

use super::Backend;
use super::client::{MEASURE, compile, execution, inputs, outputs};
use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use perfagent_core::execution::RunOptions;
use perfagent_plugin::Execution as _;
use perfagent_server::effibench_x::ServerSettings;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// What a made-up backend answers to `/submissions`, given the ids.
type Answers = fn(&[u64]) -> Value;

#[derive(Clone)]
struct Stranger {
    url: String,
    submitted: Arc<AtomicUsize>,
    cancelled: Arc<Mutex<Vec<String>>>,
    answers: Answers,
}

/// A backend with an empty queue that takes everything and answers as it is told.
async fn stranger(answers: Answers) -> Stranger {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let stranger = Stranger { url, submitted: Arc::default(), cancelled: Arc::default(), answers };
    let submit = async |State(stranger): State<Stranger>, Json(body): Json<Value>| {
        let count = body["requests"].as_array().unwrap().len();
        let first = stranger.submitted.fetch_add(count, Ordering::Relaxed);
        Json(json!({"submission_ids": (first..first + count).collect::<Vec<_>>()}))
    };
    let submissions = async |State(stranger): State<Stranger>, Json(body): Json<Value>| {
        let ids: Vec<u64> = serde_json::from_value(body["submission_ids"].clone()).unwrap();
        Json((stranger.answers)(&ids))
    };
    let cancel = async |State(stranger): State<Stranger>, path: axum::extract::Path<String>| {
        stranger.cancelled.lock().unwrap().push(path.0.clone());
        Json(json!({"submission_id": 0, "status": "cancelled"}))
    };
    let app = Router::new()
        .route("/health", get(async || Json(json!({"status": "ok", "queue_size": 0}))))
        .route("/submit_batch", post(submit))
        .route("/submissions", post(submissions))
        .route("/cancel/{id}", post(cancel))
        .with_state(stranger.clone());
    tokio::spawn(async move { axum::serve(listener, app).await });
    stranger
}

fn done(id: u64) -> Value {
    json!({"submission_id": id, "status": "done", "exit_code": 0, "text": "theirs", "runtime": 1e6, "memory": 1, "integral": 1})
}

/// Answers that no backend gives about ids that it was asked for.
const NONSENSE: [(&str, Answers); 7] = [
    ("another's id", |_| json!({"results": [done(987_654)]})),
    ("an id twice", |ids| json!({"results": [done(ids[0]), done(ids[0])]})),
    ("a negative time", |ids| {
        let mut answer = done(ids[0]);
        answer["runtime"] = json!(-5);
        json!({"results": [answer]})
    }),
    ("a text as id", |_| json!({"results": [{"submission_id": "x", "status": "done"}]})),
    ("nothing", |_| json!({"results": []})),
    ("no list", |_| json!([])),
    (
        "cancelled by others",
        |ids| json!({"results": ids.iter().map(|id| json!({"submission_id": id, "status": "cancelled"})).collect::<Vec<_>>()}),
    ),
];

#[tokio::test]
async fn whoever_answers_nonsense_is_replaced() {
    let sound = Backend::start(ServerSettings::default()).await;
    for (what, answers) in NONSENSE {
        let liar = stranger(answers).await;
        let scratch = tempfile::tempdir().unwrap();
        let execution = execution(&[&liar.url, &sound.url], &scratch).await;
        let program = compile(&execution, "print('ours', input())").await;
        let reports = execution.run(program, inputs(4), RunOptions::default()).await.unwrap();
        let outputs = outputs(&reports);
        let taken = liar.submitted.load(Ordering::Relaxed);
        assert_eq!((outputs.len(), taken), (4, 2), "{what}: {outputs:?}");
        let ours = (0..4).filter(|&number| outputs[number] == format!("ours {number}")).count();
        let theirs = outputs.iter().filter(|output| *output == "theirs").count();
        assert!(ours + theirs == 4 && theirs <= 1, "{what}: {outputs:?}");
    }
}

#[tokio::test]
async fn what_failed_half_way_is_measured_as_a_whole_elsewhere() {
    // It answers about one and has lost the others.
    let liar = stranger(|ids| json!({"results": [done(ids[0])]})).await;
    let sound = Backend::start(ServerSettings::default()).await;
    // So that the liar's queue is the shorter one.
    let busy = sound.submit(&["import time\ntime.sleep(1)", "print()", "print()"]).await;
    let scratch = tempfile::tempdir().unwrap();
    let execution = execution(&[&liar.url, &sound.url], &scratch).await;
    let program = compile(&execution, "print('ours', input())").await;
    let reports = execution.run(program, inputs(3), MEASURE).await.unwrap();
    assert_eq!(outputs(&reports), ["ours 0", "ours 1", "ours 2"]);
    assert_eq!(liar.submitted.load(Ordering::Relaxed), 3);
    sound.ended(busy[2]).await;
    while liar.cancelled.lock().unwrap().len() < 2 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_backend_that_ends_loses_nothing() {
    let (mut first, second) =
        (Backend::start(ServerSettings::default()).await, Backend::start(ServerSettings::default()).await);
    let scratch = tempfile::tempdir().unwrap();
    let execution = execution(&[&first.url, &second.url], &scratch).await;
    let program = compile(&execution, "import time\ntime.sleep(0.05)\nprint(input())").await;
    let stop = first.stop.take();
    let url = first.url.clone();
    let end = async {
        // In the middle of its share.
        while !(1..9).contains(&first.get("health").await.1["queue_size"].as_u64().unwrap()) {}
        drop(stop);
        std::future::pending::<()>().await;
    };
    let reports = tokio::select! {
        reports = execution.run(program, inputs(24), RunOptions::default()) => reports.unwrap(),
        () = end => unreachable!("{url} waits for ever"),
    };
    assert_eq!(outputs(&reports), (0..24).map(|number| number.to_string()).collect::<Vec<_>>());
    (&mut first.serving).await.unwrap().unwrap();
}
