//! The server alone.

use super::{Backend, answer};
use perfagent_server::effibench_x::ServerSettings;
use serde_json::{Value, json};

const FOREVER: &str = "while True: pass";

async fn run(backend: &Backend, request: &Value) -> Value {
    let (status, body) = backend.post("submit", request).await;
    assert_eq!(status, 200, "{body}");
    backend.ended(body["submission_id"].as_u64().unwrap()).await
}

#[tokio::test]
async fn each_ending_has_its_status() {
    let backend = Backend::start(ServerSettings::default()).await;
    let done = run(
        &backend,
        &json!({
            "code": "import sys\nprint(input()[::-1])\nprint('aside', file=sys.stderr)", "language": "python",
            "libraries": ["sortedcontainers", "numpy"], "stdin": "abc\n", "time_limit": 10, "memory_limit": 1024,
        }),
    )
    .await;
    assert_eq!((&done["status"], &done["exit_code"], &done["text"]), (&"done".into(), &0.into(), &"cba\n".into()));
    let measured = |name: &str| done[name].as_f64().unwrap();
    assert!(measured("runtime") > 1e5 && measured("memory") > 1000.0 && measured("integral") > 0.0, "{done}");

    let failed = json!({"code": "import sys\nprint('so far')\nsys.exit('why')", "language": "python"});
    let failed = run(&backend, &failed).await;
    assert_eq!((&failed["status"], &failed["exit_code"]), (&"error".into(), &1.into()));
    assert_eq!(failed["text"], "so far\n\nwhy\n");

    let late = run(&backend, &json!({"code": FOREVER, "language": "python", "time_limit": 0.3})).await;
    assert_eq!((&late["status"], &late["exit_code"]), (&"timeout".into(), &124.into()));
    assert!(late["text"].as_str().unwrap().starts_with("Time limit exceeded (0.3 s)"), "{late}");

    let large = "x = bytearray(400 << 20)\nfor i in range(0, len(x), 4096): x[i] = 1";
    let large = run(&backend, &json!({"code": large, "language": "python", "memory_limit": 100})).await;
    assert_eq!((&large["status"], &large["exit_code"]), (&"oom".into(), &137.into()));

    let faked = run(&backend, &json!({"code": "raise SystemExit(137)", "language": "python"})).await;
    assert_eq!((&faked["status"], &faked["exit_code"]), (&"error".into(), &137.into()));

    let broken = run(&backend, &json!({"code": "int main() { return x; }", "language": "cpp"})).await;
    assert_eq!((&broken["status"], &broken["exit_code"]), (&"error".into(), &1.into()));
    assert!(broken["text"].as_str().unwrap().contains("not declared"), "{broken}");
}

#[tokio::test]
async fn cancelling_ends_what_waits_and_what_runs() {
    let backend = Backend::start(ServerSettings::default()).await;
    let ids = backend.submit(&[FOREVER, FOREVER, "print(3)"]).await;
    backend.until(ids[0], |status| status == "processing").await;
    assert_eq!(backend.get("health").await, (200, json!({"status": "ok", "queue_size": 2})));
    assert_eq!(backend.get(&format!("submission/{}", ids[1])).await.1["status"], "waiting");
    for id in &ids[..2] {
        let (status, body) = backend.post_text(&format!("cancel/{id}"), "").await;
        assert_eq!((status, body), (200, json!({"submission_id": id, "status": "cancelled"})));
    }
    // The worker is free again long before the time limit.
    assert_eq!(backend.ended(ids[2]).await["text"], "3\n");
    let (status, body) = backend.post("submissions", &json!({"submission_ids": [ids[0], 7, ids[1], ids[2]]})).await;
    let statuses: Vec<_> = body["results"].as_array().unwrap().iter().map(|it| it["status"].clone()).collect();
    assert_eq!((status, statuses), (200, vec!["cancelled".into(), "cancelled".into(), "done".into()]));
    assert_eq!(backend.post_text(&format!("cancel/{}", ids[2]), "").await.1["status"], "done");
}

#[tokio::test]
async fn what_cannot_be_taken_is_told() {
    let settings = ServerSettings { waiting: 2, body_bytes: 2000, ..ServerSettings::default() };
    let backend = Backend::start(settings).await;
    let long = format!(r#"{{"code": "{}", "language": "python"}}"#, "x".repeat(3000));
    let python = json!({"code": "print()", "language": "python"});
    for (path, body, expected, part) in [
        ("submit", r#"{"code": "print()"}"#.to_owned(), 422, "language"),
        ("submit", r#"{"code": 5, "language": "python"}"#.to_owned(), 422, "code"),
        ("submit", r#"{"code": "#.to_owned(), 400, "JSON"),
        ("submit", r#"{"code": " ", "language": "python"}"#.to_owned(), 400, "code: there is none"),
        ("submit", r#"{"code": "x", "language": "cobol"}"#.to_owned(), 400, "language: \"cobol\""),
        ("submit", long, 413, ""),
        ("submit_batch", r#"{"requests": []}"#.to_owned(), 400, "requests"),
        (
            "submit_batch",
            json!({"requests": [python, {"code": "x", "language": "python", "stdin": 3}]}).to_string(),
            422,
            "requests[1].stdin",
        ),
        (
            "submit_batch",
            json!({"requests": [python, {"code": "x", "language": "python", "time_limit": -3}]}).to_string(),
            400,
            "requests[1].time_limit: -3",
        ),
        ("submit_batch", json!({"requests": [python, python, python]}).to_string(), 503, "the queue is full"),
        ("submissions", r#"{"submission_ids": [-1]}"#.to_owned(), 422, "submission_ids[0]"),
        ("cancel/7", String::new(), 404, "no submission 7"),
        ("cancel/x", String::new(), 400, ""),
        ("health", String::new(), 405, ""),
        ("nothing", String::new(), 404, ""),
    ] {
        let (status, answer) = backend.post_text(path, &body).await;
        let detail = answer["detail"].as_str().unwrap_or_else(|| unreachable!("{path} {body}: {answer}"));
        assert!(status == expected && detail.contains(part), "{path} {body}: {status} {detail}");
    }
    assert_eq!(backend.get("submission/7").await.0, 404);
    assert_eq!(backend.get("health").await.1["queue_size"], 0);
}

/// A page in a browser can make a name of its own mean the loopback address, but it sends that name.
#[tokio::test]
async fn only_requests_to_local_names_are_answered() {
    let backend = Backend::start(ServerSettings::default()).await;
    for (host, expected) in
        [("localhost:1", 200), ("[::1]:1", 200), ("rebound.test", 403), ("127.0.0.1.rebound.test:1", 403)]
    {
        let request = backend.http.get(format!("{}/health", backend.url)).header("host", host);
        let (status, body) = answer(request).await;
        assert_eq!(status, expected, "{host}: {body}");
        assert!(status == 200 || body["detail"].as_str().unwrap().contains(host), "{body}");
    }
}

#[tokio::test]
async fn the_end_kills_what_runs_and_answers_no_more() {
    let mut backend = Backend::start(ServerSettings::default()).await;
    let ids = backend.submit(&[FOREVER]).await;
    backend.until(ids[0], |status| status == "processing").await;
    drop(backend.stop.take());
    (&mut backend.serving).await.unwrap().unwrap();
    let asked = backend.http.get(format!("{}/health", backend.url)).send().await;
    assert!(asked.unwrap_err().is_connect());
}
