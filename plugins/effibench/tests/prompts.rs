//! What the model is told, and the task's description.

use perfagent_effibench::Effibench;
use perfagent_task::testing::{Harness, Script, check_description, exited};
use perfagent_task::{Attempt, Evaluation, PromptContext, Ratio, Task, TaskError};
use serde_json::{Value, json};

fn load(config: &str) -> Harness<Effibench> {
    let instance = json!({
        "description": "Add two numbers.\n", "type": "io", "evaluator": "def evaluate(a, b): return a == b",
        "generated_tests": [{"input": "1 2", "output": "3"}],
    });
    let script = Script::new(|_, _| Ok(exited(0, "")));
    Harness::load("add", instance.to_string().as_bytes(), config, &script).expect("the instance is right")
}

fn judged() -> Attempt {
    let interval = |low: f64, high: f64| json!({"95%_CI": [low, high]});
    let artifacts = json!({
        "final_metrics": {"runtime": 1.234_567, "memory": 10.5, "integral": 0.012_345_678},
        "benchmark_results": {"performance_analysis": {"analysis": {
            "runtime": interval(1.2, 1.3), "memory": interval(10.5, 10.5), "integral": interval(0.01, 0.02),
        }}},
    });
    let ratio = Ratio { estimate: 0.621_98, low: 0.6, high: 0.65, confidence: 0.95 };
    let evaluation = Evaluation {
        artifacts: artifacts.to_string(),
        ratio: Some(ratio),
        ..Evaluation::valid(1.234_567, "1/1 tests passed, runtime 1.235 s")
    };
    Attempt {
        solution: "print(sum(map(int, input().split())))\n".to_owned(),
        evaluation: Some(evaluation),
        notes: Vec::new(),
    }
}

#[test]
fn the_description_is_what_hosts_demand() {
    check_description(&Effibench::describe()).unwrap();
}

#[test]
fn system_prompts() {
    let context = PromptContext { additional_requirements: "Use no recursion.".to_owned(), ..PromptContext::default() };
    insta::assert_snapshot!("system_diff", load("{}").system_prompt(&context).unwrap());
    let direct = load(r#"{"code_generation_mode": "direct", "language": "c++", "target": "integral"}"#);
    let context = PromptContext {
        local_memory: "Sorting was slow.".to_owned(),
        global_memory: "Read input at once.".to_owned(),
        ..PromptContext::default()
    };
    insta::assert_snapshot!("system_direct", direct.system_prompt(&context).unwrap());
}

#[test]
fn the_prompt_after_a_success_shows_its_measurements() {
    let prompt = load("{}").optimization_prompt(&PromptContext::default(), &judged()).unwrap();
    insta::assert_snapshot!("optimization_success", prompt);
    let alone = load(r#"{"include_other_metrics_in_summary": false}"#);
    let prompt = alone.optimization_prompt(&PromptContext::default(), &judged()).unwrap();
    assert!(!prompt.contains("memory: 10.50"), "{prompt}");
}

#[test]
fn the_prompt_after_a_failure_shows_one_failure_of_each_status() {
    let test = |number: u32, status: &str, reason: &str| -> Value {
        json!({"test": number, "status": status, "reason": reason, "input": "1 2", "expected": "3", "output": "4\n5"})
    };
    let mut long = test(3, "timeout", "over the time limit");
    long["input"] = json!("9 ".repeat(5000));
    let details = [test(1, "done", "wrong answer"), test(2, "done", "wrong answer"), long];
    let artifacts = json!({"benchmark_results": {"failed_test_details": details}});
    let mut attempt = judged();
    attempt.evaluation = Some(Evaluation {
        artifacts: artifacts.to_string(),
        ..Evaluation::invalid(perfagent_task::Direction::Minimize, "0/3 tests passed")
    });
    attempt.notes = vec!["block 1: not found\nnearest is line 3".to_owned(), "the reply was cut short".to_owned()];
    let direct = load(r#"{"code_generation_mode": "direct"}"#);
    insta::assert_snapshot!(
        "optimization_failure",
        direct.optimization_prompt(&PromptContext::default(), &attempt).unwrap()
    );
}

#[test]
fn the_first_prompt_starts_from_the_placeholder() {
    let task = load("{}");
    let start = task.initial_solution().unwrap();
    assert!(!start.judged);
    let prompt = task.optimization_prompt(&PromptContext::default(), &Attempt::new(start.code)).unwrap();
    insta::assert_snapshot!("optimization_first", prompt);
}

#[test]
fn templates_of_the_user_are_filled() {
    let context = PromptContext {
        system_template: Some("{allowed_imports_scope}|{local_memory}".to_owned()),
        optimization_template: Some("{{{language}}} {progam}".to_owned()),
        local_memory: "m".to_owned(),
        ..PromptContext::default()
    };
    let task = load(r#"{"language": "c"}"#);
    assert_eq!(task.system_prompt(&context).unwrap(), "the standard library of C|m");
    let error = task.optimization_prompt(&context, &judged()).unwrap_err();
    let TaskError::BadTemplate(message) = error else { panic!("{error:?}") };
    assert!(message.contains("{progam}") && message.contains("{current_program}"), "{message}");
}

fn functional(starter: &Value) -> Vec<u8> {
    let instance = json!({
        "description": "Add two numbers.", "type": "functional", "evaluator": "def evaluate(a, b): return a == b",
        "generated_tests": [{"input": "1 2", "output": "3"}], "starter_code": starter,
        "test_runners": {"java": "// ==Code Submission==", "python3": "# ==Code Submission=="},
    });
    instance.to_string().into_bytes()
}

fn load_functional(starter: &Value, config: &Value) -> Harness<Effibench> {
    let script = Script::new(|_, _| Ok(exited(0, "")));
    Harness::load("add", &functional(starter), &config.to_string(), &script).expect("the instance is right")
}

#[test]
fn functional_problems_show_what_solutions_begin_with() {
    let starter = json!({"java": "class Solution {\n    int add(int a, int b) { {language} }\n}\n"});
    let task = load_functional(&starter, &json!({"language": "java"}));
    insta::assert_snapshot!("system_functional", task.system_prompt(&PromptContext::default()).unwrap());
    let start = task.initial_solution().unwrap();
    assert!(!start.judged && start.code.starts_with("// No program yet") && start.code.contains("int add(int a"));
    // Whatever the user's template says, the signature is needed.
    let context = PromptContext { system_template: Some("T".to_owned()), ..PromptContext::default() };
    assert!(task.system_prompt(&context).unwrap().starts_with("T\n# Signature\n"));
    for (starter, config) in [(json!(null), json!({})), (starter, json!({"language": "python3"}))] {
        let prompt = load_functional(&starter, &config).system_prompt(&PromptContext::default()).unwrap();
        assert!(!prompt.contains("# Signature") && prompt.contains("test runner"), "{prompt}");
    }
}

#[test]
fn a_language_without_a_runner_is_a_wrong_configuration() {
    let script = Script::new(|_, _| Ok(exited(0, "")));
    let loaded = Harness::<Effibench>::load("add", &functional(&json!(null)), r#"{"language": "go"}"#, &script);
    let Err(TaskError::BadConfig(message)) = loaded else { panic!("it loads") };
    assert!(message.starts_with("task_config.language: ") && message.ends_with("only for java, python3"), "{message}");
}

#[test]
fn every_language_says_what_programs_may_import() {
    let scopes = [
        ("python3", "sortedcontainers and numpy"),
        ("cpp", "standard library of C++20"),
        ("java", "standard library of Java"),
        ("javascript", "lodash and datastructures-js"),
        ("golang", "standard library of Go"),
        ("ruby", "standard library of Ruby"),
        ("c", "standard library of C"),
        ("rust", "standard library of Rust"),
    ];
    for (language, scope) in scopes {
        let task = load(&json!({ "language": language }).to_string());
        let prompt = task.system_prompt(&PromptContext::default()).unwrap();
        assert!(prompt.contains("It may use the ") && prompt.contains(scope), "{prompt}");
        assert_eq!(task.summary().language.as_deref(), Some(language));
    }
}

#[test]
fn real_instances_load() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/effibench");
    let Ok(entries) = std::fs::read_dir(folder) else {
        println!("skipped: no real instances beside the project");
        return;
    };
    let script = Script::new(|_, _| Ok(exited(0, "")));
    for entry in entries {
        let data = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!Effibench::metadata("real", &data).unwrap().problem.is_empty());
        for language in ["python3", "cpp", "java", "javascript", "golang", "ruby"] {
            let config = json!({ "language": language }).to_string();
            let task = Harness::<Effibench>::load("real", &data, &config, &script).unwrap();
            assert!(task.initial_solution().unwrap().judged);
        }
    }
}
