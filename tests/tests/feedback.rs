//! What became of a reply is told to the model in the next prompt.

use perfagent_tests::scene::{Scene, finish};
use perfagent_tests::server::{Answer, ModelServer};

/// An edit of the shipped program, from a line of it (or not) to another.
fn edit(search: &str, replace: &str) -> String {
    format!("<<<<<<< SEARCH\n{search}\n=======\n{replace}\n>>>>>>> REPLACE\n")
}

#[test]
fn verdicts_on_edits_and_reasons_for_no_change_reach_the_next_prompt() {
    let scene = Scene::new();
    let replies = [
        edit("    pairs = zero", "    pairs = 0"),
        edit("    pairs = 0", "    pairs = 0  # none yet") + &edit("    nothing = 1", "    nothing = 2"),
        "I have no idea.".to_owned(),
        edit("    return pairs", "    return pairs"),
        edit("pairs", "couples"),
        "Still none.".to_owned(),
    ];
    let server = ModelServer::start(replies.map(Answer::Stream).to_vec());
    let config = scene.file("c.yaml", "max_iterations: 6\ntask_config: {num_runs: 2, code_generation_mode: diff}\n");
    let mut command = scene.run(&Scene::shipped_instance(), &server.api_base());
    let printed = finish(command.arg("--config").arg(config));
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    let prompts: Vec<String> =
        server.requests().iter().map(|body| body["messages"][1]["content"].as_str().unwrap().to_owned()).collect();
    for (prompt, parts) in [
        (
            1,
            &["Edit block 1 was not applied, its SEARCH text was not found", "None of the edits in your last reply"][..],
        ),
        (
            2,
            &[
                "- Edit block 1 was applied.\n- Edit block 2 was not applied, its SEARCH text was not found",
                "pairs = 0  # none yet",
            ],
        ),
        (3, &["No solution was found in your last reply"]),
        (4, &["Your last reply did not change the program."]),
        (5, &["Edit block 1 was not applied, its SEARCH text was not found: not found as a whole line"]),
    ] {
        for part in parts {
            assert!(prompts[prompt].contains(part), "{part:?} is not in prompt {}:\n{}", prompt + 1, prompts[prompt]);
        }
    }
    assert!(!prompts[0].contains("last reply") && !prompts[2].contains("None of the edits"), "notes are of one reply");
}
