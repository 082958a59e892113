//! The instances that ship with the task, and the programs that solve them.

mod support;

use perfagent_livecodebench::Livecodebench;
use perfagent_task::Task;
use serde_json::json;

#[test]
fn the_shipped_programs_solve_the_shipped_instances() {
    let examples = [
        (
            "calm-stretch",
            include_bytes!("../examples/calm-stretch.json").as_slice(),
            include_str!("../examples/calm-stretch.py"),
            12,
        ),
        (
            "fill-the-shelves",
            include_bytes!("../examples/fill-the-shelves.json").as_slice(),
            include_str!("../examples/fill-the-shelves.py"),
            11,
        ),
    ];
    for (name, data, program, tests) in examples {
        assert_eq!(Livecodebench::metadata("stem", data).unwrap().id, name);
        let Some(python) = support::python() else { return };
        let artifacts = support::judge(python, data, &json!({"timeout": 20}), program);
        assert_eq!((&artifacts["passed"], &artifacts["total_count"]), (&json!(true), &json!(tests)), "{name}");
        let starter = support::judge(python, data, &json!({}), "");
        assert_eq!(starter["test_results"], json!([-4]), "{name}");
    }
}
